//! Calls whose jobs may take long, because much has to be copied: a request in, what it is that takes long out.

use crate::cloud::Request;

/// What takes long about the call, if anything does.
pub fn slow(request: &Request) -> Option<&'static str> {
    let given = |wanted: &str| {
        request
            .params
            .iter()
            .any(|(name, value)| name.eq_ignore_ascii_case(wanted) && !value.is_empty())
    };
    match request.api.as_str() {
        "createVolume" if given("snapshotid") => Some("a volume from a snapshot"),
        "createTemplate" if given("snapshotid") => Some("a template from a snapshot"),
        "createTemplate" if given("volumeid") => Some("a template from a volume"),
        "attachVolume" => Some("a volume attached to an instance"),
        api if api.starts_with("deploy")
            && api.ends_with("VirtualMachine")
            && given("templateid") =>
        {
            Some("an instance from a template")
        }
        _ => None,
    }
}
