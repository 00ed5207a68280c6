//! Files for volumes, templates and ISOs: getUploadParamsFor… says where one goes and what goes with it, the list of the
//! thing says how far it is. The headers and the form are those that secondary storage takes them with.

use super::errors;
use crate::catalog::{Api, Param};
use crate::cloud::{Progress, Request, Uploads, Way};
use crate::config::secret::Secret;
use crate::error::{Error, Kind, Result};
use crate::record::Record;
use crate::record::answer::Answer;

/// The parameter that names a file, which is ours and never sent.
const FILE: &str = "file";
const HEADERS: [(&str, &str); 3] = [
    ("x-signature", "signature"),
    ("x-metadata", "metadata"),
    ("x-expires", "expires"),
];

/// The kinds of things that are made of files.
#[derive(Clone, Copy, PartialEq)]
pub enum Thing {
    Volume,
    Template,
    Iso,
}

/// What the API makes of a file, if it is one that takes one.
pub fn of(api: &str) -> Option<&'static dyn Uploads> {
    match api.strip_prefix("getUploadParamsFor")? {
        "Volume" => Some(&Thing::Volume),
        "Template" => Some(&Thing::Template),
        "Iso" => Some(&Thing::Iso),
        _ => None,
    }
}

/// Has the APIs that take a file say so.
pub fn with_files(mut apis: Vec<Api>) -> Vec<Api> {
    for api in &mut apis {
        if of(&api.name).is_some() && api.param(FILE).is_none() {
            api.params.push(Param {
                name: FILE.into(),
                kind: crate::catalog::FILE.into(),
                description:
                    "a file on this machine, which is uploaded once the call is made, and followed"
                        .into(),
                ..Param::default()
            });
        }
    }
    apis
}

impl Thing {
    fn list(self) -> &'static str {
        match self {
            Thing::Volume => "listVolumes",
            Thing::Template => "listTemplates",
            Thing::Iso => "listIsos",
        }
    }

    /// Whether the file is there whole, or why it never will be; nothing while the cloud works on it.
    fn judge(self, row: &Record) -> Option<std::result::Result<(), String>> {
        let state = match self {
            Thing::Volume => row.text("state"),
            Thing::Template | Thing::Iso => row.text("status"),
        };
        let state = state.unwrap_or_default();
        let done = match self {
            Thing::Volume => matches!(state.as_str(), "Uploaded" | "Ready"),
            Thing::Template | Thing::Iso => row.text("isready").as_deref() == Some("true"),
        };
        if done {
            return Some(Ok(()));
        }
        // The status of a template is a state, a percentage, or the text of an error.
        let lower = state.to_lowercase();
        let bad = ["error", "abandon", "fail", "invalid", "timed out"];
        bad.iter()
            .any(|word| lower.contains(word))
            .then_some(Err(state))
    }
}

impl Uploads for Thing {
    fn noun(&self) -> &'static str {
        match self {
            Thing::Volume => "volume",
            Thing::Template => "template",
            Thing::Iso => "iso",
        }
    }

    fn way(&self, request: &Request, answer: &Answer) -> Result<Way> {
        let row = answer.records().next();
        let text = |name: &str| {
            let value = row.as_ref().and_then(|row| row.text(name));
            value.filter(|value| !value.is_empty()).ok_or_else(|| {
                let noun = self.noun();
                Error::new(
                    Kind::JobFailed,
                    format!(
                        "{}: the answer has no {name}, so the file cannot be uploaded",
                        request.api
                    ),
                )
                .hint(format!(
                    "look for the {noun} (`list {noun}s`); it can be deleted, and the command given again"
                ))
            })
        };
        let mut headers = Vec::new();
        for (header, field) in HEADERS {
            headers.push((header, Secret::new(text(field)?)));
        }
        Ok(Way {
            url: text("postURL")?,
            id: text("id")?,
            expires: text("expires")?,
            headers,
            field: "file",
        })
    }

    fn look(&self, request: &Request, id: &str) -> Request {
        let mut params = vec![("id".to_string(), id.to_string())];
        match self {
            Thing::Volume => {}
            // Only the owner's own list has what is not ready yet.
            Thing::Template => params.push(("templatefilter".into(), "self".into())),
            Thing::Iso => params.push(("isofilter".into(), "self".into())),
        }
        let project = request
            .params
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case("projectid"));
        params.extend(project.cloned());
        Request {
            api: self.list().into(),
            params,
        }
    }

    fn look_line(&self, id: &str) -> String {
        match self {
            Thing::Volume => format!("list volumes id={id}"),
            Thing::Template => format!("list templates templatefilter=self id={id}"),
            Thing::Iso => format!("list isos isofilter=self id={id}"),
        }
    }

    fn progress(&self, request: &Request, id: &str, answer: Answer) -> Progress {
        let what = format!("{} ({} {id})", request.api, self.noun());
        let judged = match answer.records().next() {
            Some(row) => self.judge(&row),
            None => Some(Err("it is no longer in the cloud".into())),
        };
        match judged {
            None => Progress::Running,
            Some(Ok(())) => Progress::Done(answer),
            Some(Err(why)) => Progress::Failed(
                errors::upload_failed(&what, &why)
                    .hint("an upload cannot be taken up again: give the command once more"),
            ),
        }
    }

    fn hint(&self, request: &Request, name: &str) -> Option<String> {
        let format = request
            .params
            .iter()
            .find(|(param, _)| param.eq_ignore_ascii_case("format"))
            .map(|(_, value)| value.to_ascii_uppercase())?;
        let usual: &[&str] = match format.as_str() {
            "QCOW2" => &["qcow2", "img"],
            "RAW" => &["raw", "img"],
            "VHD" => &["vhd"],
            "VHDX" => &["vhdx"],
            "OVA" => &["ova"],
            "VMDK" => &["vmdk"],
            "ISO" => &["iso"],
            "TAR" => &["tar"],
            _ => return None,
        };
        let lower = name.to_ascii_lowercase();
        // Files may be compressed.
        let plain = [".gz", ".bz2", ".zip"]
            .iter()
            .find_map(|packed| lower.strip_suffix(packed))
            .unwrap_or(&lower);
        let extension = plain.rsplit_once('.').map(|(_, extension)| extension)?;
        (!usual.contains(&extension)).then(|| {
            format!("format={format} and the file {name} do not go together; is it the right one?")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::json;

    fn answer(text: &str) -> Answer {
        Answer::of(json::read(text.as_bytes()).unwrap())
    }

    fn request(params: &[(&str, &str)]) -> Request {
        Request {
            api: "getUploadParamsForX".into(),
            params: params
                .iter()
                .map(|(name, value)| (name.to_string(), value.to_string()))
                .collect(),
        }
    }

    #[test]
    fn three_apis_take_a_file_and_tell_so_once() {
        for name in ["Volume", "Template", "Iso"] {
            let name = format!("getUploadParamsFor{name}");
            assert!(of(&name).is_some(), "{name}");
            let api = Api {
                name,
                ..Api::default()
            };
            let apis = with_files(with_files(vec![api]));
            let files = apis[0].params.iter().filter(|param| param.name == "file");
            assert_eq!(files.count(), 1);
        }
        assert!(of("uploadVolume").is_none() && of("getUploadParamsForMoon").is_none());
    }

    #[test]
    fn the_way_has_what_secondary_storage_wants() {
        let whole = r#"{"getuploadparams":{"id":"I","postURL":"https://s/upload/I","metadata":"M","expires":"E","signature":"S"}}"#;
        let way = Thing::Iso.way(&request(&[]), &answer(whole)).unwrap();
        assert_eq!(
            (&*way.url, &*way.id, &*way.expires),
            ("https://s/upload/I", "I", "E")
        );
        let headers = way.headers.iter();
        let headers: Vec<_> = headers
            .map(|(name, value)| (*name, value.expose()))
            .collect();
        assert_eq!(
            headers,
            [
                ("x-signature", "S"),
                ("x-metadata", "M"),
                ("x-expires", "E")
            ]
        );
        let error = Thing::Iso
            .way(&request(&[]), &answer(&whole.replace("postURL", "other")))
            .unwrap_err();
        assert!(error.message.contains("has no postURL"), "{error}");
        assert_eq!(error.status(), 4);
    }

    #[test]
    fn lists_tell_how_far_a_file_is() {
        for (thing, row, expected) in [
            (Thing::Volume, r#""state":"NotUploaded""#, "running"),
            (Thing::Volume, r#""state":"UploadInProgress""#, "running"),
            (Thing::Volume, r#""state":"Uploaded""#, "done"),
            (Thing::Volume, r#""state":"UploadError""#, "failed"),
            (Thing::Volume, r#""state":"UploadAbandoned""#, "failed"),
            (Thing::Template, r#""isready":false"#, "running"),
            (
                Thing::Template,
                r#""isready":false,"status":"41% Downloaded""#,
                "running",
            ),
            (
                Thing::Template,
                r#""isready":false,"status":"Installing Template""#,
                "running",
            ),
            (
                Thing::Template,
                r#""isready":"true","status":"Download Complete""#,
                "done",
            ),
            (
                Thing::Template,
                r#""isready":false,"status":"Failed post download script""#,
                "failed",
            ),
            (Thing::Iso, r#""isready":true"#, "done"),
            (
                Thing::Iso,
                r#""isready":false,"status":"UploadError""#,
                "failed",
            ),
        ] {
            let list = format!(r#"{{"count":1,"x":[{{"id":"I",{row}}}]}}"#);
            let progress = thing.progress(&request(&[]), "I", answer(&list));
            let seen = match progress {
                Progress::Running => "running",
                Progress::Done(_) => "done",
                Progress::Failed(error) => {
                    assert_eq!(error.status(), 4);
                    "failed"
                }
            };
            assert_eq!(seen, expected, "{row}");
        }
        let gone = Thing::Volume.progress(&request(&[]), "I", answer("{}"));
        assert!(matches!(gone, Progress::Failed(error) if error.message.contains("no longer")));
    }

    #[test]
    fn the_list_is_asked_for_the_owners_thing() {
        let project = request(&[("projectId", "P"), ("name", "n")]);
        let look = Thing::Template.look(&project, "I");
        assert_eq!(look.api, "listTemplates");
        let names: Vec<&str> = look.params.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["id", "templatefilter", "projectId"]);
    }

    #[test]
    fn a_name_that_does_not_fit_its_format_is_pointed_out() {
        for (format, name, fits) in [
            ("QCOW2", "disk.qcow2", true),
            ("qcow2", "DISK.QCOW2.GZ", true),
            ("QCOW2", "disk.vhd", false),
            ("VHD", "disk.qcow2.bz2", false),
            ("RAW", "disk.img", true),
            ("QCOW2", "disk", true),
            ("NEW", "disk.vhd", true),
        ] {
            let hint = Thing::Volume.hint(&request(&[("format", format)]), name);
            assert_eq!(hint.is_none(), fits, "{format} {name} {hint:?}");
        }
        assert_eq!(Thing::Volume.hint(&request(&[]), "disk.vhd"), None);
    }
}
