//! Who provides storage, and caches in a zone for what image stores without a zone keep.

use serde_json::json;

use super::listing::{Listing, PAGED};
use super::zones::IMAGESTORE;
use super::{Call, Done, Reply};
use crate::api::fields::SUCCESS;
use crate::store;
use crate::wire::Refusal;

fields! {
    PROVIDER: name string "its name", r#type string "what it provides: primary or image";
}

/// Who provides storage of a type.
const PROVIDERS: &[(&str, &[&str])] = &[
    (
        "primary",
        &[
            "DefaultPrimary",
            "SolidFire",
            "SolidFireShared",
            "CloudByte",
        ],
    ),
    (
        "image",
        &["NFS", "S3", "Swift", "CloudStack ImageStore Provider"],
    ),
];

apis! {
    Root "listStorageProviders" "Lists who may provide storage" (PAGED) {
        req "type" Text "primary or image";
    } -> PROVIDER |call| {
            let asked = call.required("type")?;
            let known = PROVIDERS.iter().find(|(kind, _)| kind.eq_ignore_ascii_case(asked));
            let (kind, names) = known
                .ok_or_else(|| Refusal::value(format!("Invalid parameter value specified for 'type': {asked}")))?;
            let rows = names.iter().map(|name| json!({"name": name, "type": kind.to_uppercase()})).collect();
            call.page("dataStoreProvider", rows)
        };

    Root "listSecondaryStagingStores" "Lists caches of what image stores keep" (PAGED) {
        opt "id" Id("stagingstore") "its id";
        opt "name" Text "its name";
        opt "zoneid" Id("zone") "the zone it is in";
        opt "protocol" Text "what it speaks";
        opt "provider" Text "who provides it";
    } -> IMAGESTORE |call| call.list(&Listing { kind: "stagingstore", name: "imagestore", filters: &[("zoneid", "zoneid"), ("protocol", "protocol"), ("provider", "providername")] });

    Root "createSecondaryStagingStore" "Adds a cache of what image stores keep" () {
        req "url" Text "where it is, such as nfs://host/path" <= 2048;
        opt "zoneid" Id("zone") "the zone it is in";
        opt "scope" Text "ZONE";
        opt "provider" Text "who provides it";
        opt "details" Map "its details, such as details[0].name=value";
    } -> IMAGESTORE create;

    Root "deleteSecondaryStagingStore" "Deletes a cache of what image stores keep" () {
        req "id" Id("stagingstore") "its id";
    } -> SUCCESS |call| {
            let cache = call.required_thing("id", "stagingstore")?;
            store::remove(call.db, &cache)?;
            Ok(Reply::Success)
        };
}

fn create(call: &mut Call) -> Done<Reply> {
    let url = call.required("url")?;
    let provider = call.text("provider").unwrap_or("NFS");
    if !provider.eq_ignore_ascii_case("nfs") || !url.starts_with("nfs://") {
        return Err(Refusal::value(format!("{url} is not a valid uri")));
    }
    let zone = call.thing("zoneid", "zone")?;
    let body = json!({"zoneid": zone.as_ref().map(|zone| &zone.uuid), "zonename": zone.as_ref().map(|zone| &zone.name),
        "url": url, "protocol": "nfs", "providername": "NFS", "scope": "ZONE"});
    let cache = call.make_common(("stagingstore", url, "", ""), body)?;
    call.shown("imagestore", &cache)
}
