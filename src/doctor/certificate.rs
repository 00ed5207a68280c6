//! A server's certificate for people: DER in, out come whose it is, by whom, from when until when.

use jiff::Timestamp;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer, X509Certificate};

/// How many names of a certificate are told.
const MOST_NAMES: usize = 5;

/// What a certificate says of itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Certificate {
    pub names: Vec<String>,
    pub issuer: String,
    /// In seconds since 1970.
    pub from: i64,
    pub until: i64,
}

impl Certificate {
    /// Nothing where it cannot be read.
    pub fn of(der: &[u8]) -> Option<Certificate> {
        let (_, certificate) = X509Certificate::from_der(der).ok()?;
        let alternatives = certificate.subject_alternative_name().ok().flatten();
        let mut names: Vec<String> = alternatives
            .iter()
            .flat_map(|names| &names.value.general_names)
            .filter_map(name)
            .collect();
        if names.is_empty() {
            let common = certificate.subject().iter_common_name();
            names.extend(common.filter_map(|name| name.as_str().ok().map(String::from)));
        }
        Some(Certificate {
            names,
            issuer: certificate.issuer().to_string(),
            from: certificate.validity().not_before.timestamp(),
            until: certificate.validity().not_after.timestamp(),
        })
    }

    /// How many whole days it is good for after `now`, in seconds since 1970.
    pub fn days_left(&self, now: i64) -> i64 {
        self.until.saturating_sub(now).div_euclid(24 * 3600)
    }

    /// What it is, as the end of a sentence.
    pub fn told(&self) -> String {
        let more = self.names.len().saturating_sub(MOST_NAMES);
        let mut names = match self.names.is_empty() {
            true => "nobody".to_string(),
            false => self.names[..self.names.len() - more].join(", "),
        };
        if more > 0 {
            names.push_str(&format!(" and {more} more"));
        }
        let issuer = match self.issuer.as_str() {
            "" => "nobody",
            issuer => issuer,
        };
        format!(
            "a certificate for {names}, by {issuer}, good from {} until {}",
            day(self.from),
            day(self.until)
        )
    }
}

fn name(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some(name.to_string()),
        GeneralName::IPAddress(bytes) => match <[u8; 4]>::try_from(*bytes) {
            Ok(four) => Some(std::net::Ipv4Addr::from(four).to_string()),
            Err(_) => {
                let sixteen = <[u8; 16]>::try_from(*bytes).ok()?;
                Some(std::net::Ipv6Addr::from(sixteen).to_string())
            }
        },
        _ => None,
    }
}

fn day(moment: i64) -> String {
    Timestamp::from_second(moment).map_or_else(
        |_| "a day out of all calendars".into(),
        |moment| moment.strftime("%Y-%m-%d").to_string(),
    )
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair, date_time_ymd};

    use super::*;

    #[test]
    fn names_and_days_are_told_and_rubbish_is_not() {
        let mut params =
            CertificateParams::new(vec!["cloud.example.org".into(), "192.0.2.1".into()]).unwrap();
        params.not_before = date_time_ymd(2026, 1, 2);
        params.not_after = date_time_ymd(2026, 12, 31);
        let key = KeyPair::generate().unwrap();
        let made = params.self_signed(&key).unwrap();
        let certificate = Certificate::of(made.der()).unwrap();
        let told = certificate.told();
        assert!(
            told.starts_with("a certificate for cloud.example.org, 192.0.2.1, by "),
            "{told}"
        );
        assert!(
            told.ends_with("good from 2026-01-02 until 2026-12-31"),
            "{told}"
        );
        let until = certificate.until;
        assert_eq!(certificate.days_left(until - 86_400), 1);
        assert_eq!(certificate.days_left(until + 1), -1);
        for rubbish in [&b""[..], b"\x30", &made.der()[..40], b"no certificate"] {
            assert_eq!(Certificate::of(rubbish), None);
        }
    }
}
