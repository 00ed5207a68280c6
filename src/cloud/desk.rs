//! Who is asked where a cloud does not do as it should, and what is said of work that takes too long. A dialect and a request
//! in, words out.

use std::time::Duration;

use super::{Dialect, Request};
use crate::error::Error;

/// Work that the dialect calls slow is told of after this.
pub const OVERDUE: Duration = Duration::from_secs(3600);

/// Where a vendor takes reports.
#[derive(Debug)]
pub struct Desk {
    /// What the vendor calls the service; a profile's `service` says otherwise.
    pub service: &'static str,
    /// Where a report goes, as the end of a sentence: `the form … of the console …`.
    pub form: &'static str,
    /// Who is told before that where a whole site is cut off.
    pub line: &'static str,
    /// What the number of a contract looks like.
    pub contract: &'static str,
    pub is_contract: fn(&str) -> bool,
}

impl Desk {
    /// The error for a text that is no number of a contract with this vendor.
    pub fn no_contract(&self, text: &str) -> Error {
        Error::local(format!(
            "contract: `{text}` is no contract number of {}",
            self.service
        ))
        .hint(format!("it is {}", self.contract))
    }
}

/// What there is to say of something that was asked for so long ago and is not done; nothing where that is no wonder.
pub fn overdue(dialect: &dyn Dialect, request: &Request, elapsed: Duration) -> Option<String> {
    if elapsed < OVERDUE {
        return None;
    }
    let what = dialect.slow(request)?;
    let whom = match dialect.desk() {
        Some(desk) => format!("to be sent by {}", desk.form),
        None => "for whoever runs the cloud".into(),
    };
    Some(format!(
        "{} ({what}) is not done after an hour, which is too long: `doctor --report FILE {}` writes down what is known of it, {whom}",
        request.api, request.api
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::usual;

    #[test]
    fn only_slow_work_that_takes_over_an_hour_is_told_of() {
        let request = |api: &str, params: &[&str]| Request {
            api: api.into(),
            params: params
                .iter()
                .map(|name| (name.to_string(), "1".into()))
                .collect(),
        };
        let slow = [
            request("createVolume", &["name", "snapshotid"]),
            request("createTemplate", &["snapshotid"]),
            request("createTemplate", &["volumeid"]),
            request("deployVirtualMachine", &["templateid"]),
            request("attachVolume", &["id", "virtualmachineid"]),
        ];
        let dialect = usual();
        for request in &slow {
            assert_eq!(overdue(&*dialect, request, OVERDUE / 2), None);
            let told = overdue(&*dialect, request, OVERDUE).unwrap();
            assert!(told.contains("whoever runs the cloud"), "{told}");
            assert!(
                told.contains(&format!("doctor --report FILE {}", request.api)),
                "{told}"
            );
        }
        for request in [
            request("createVolume", &["name", "diskofferingid"]),
            request("stopVirtualMachine", &["id"]),
        ] {
            assert_eq!(overdue(&*dialect, &request, OVERDUE * 24), None);
        }
    }
}
