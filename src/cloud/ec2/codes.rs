//! The codes of EC2's refusals, which are names: a name in, what it means and what to do about it out. The table is codes.txt;
//! the few numbers are those that CloudStack's servlet answers with before a call gets to an action.

use crate::cloud::Code;

const TABLE: &str = include_str!("codes.txt");

const fn status(
    number: u32,
    name: &'static str,
    meaning: &'static str,
    advice: &'static str,
) -> Code {
    Code {
        number,
        name,
        member: "errorcode",
        meaning,
        advice,
    }
}

static NUMBERED: [Code; 4] = [
    status(
        403,
        "ACCESS_DENIED",
        "the signature was not accepted",
        "`set secretkey SECRET` puts a wrong secret right; host, port and path are signed as they are sent, so nothing in between may change them",
    ),
    status(
        404,
        "KEY_NOT_REGISTERED",
        "the servlet does not know the key, or there is none at this address",
        "`set userkeys` tells CloudStack's EC2 servlet the profile's keys, once; else check the url (`set url`)",
    ),
    status(
        530,
        "PARAMETER_MISSING",
        "a parameter that every call carries is missing",
        "look for what takes parameters away between this machine and the cloud",
    ),
    status(
        531,
        "PARAMETER_UNSUPPORTED",
        "the version, the digest or the time of the call was not accepted",
        "`set api_version VERSION` names another version; the servlet takes exactly one: 2009-10-31, 2010-11-15 or 2012-08-15",
    ),
];

/// Every code there is, those with numbers first.
pub fn all() -> Vec<Code> {
    NUMBERED.iter().cloned().chain(named()).collect()
}

/// The code of that name, without the side that 4.1 says before it.
pub fn find(name: &str) -> Option<Code> {
    named().find(|code| code.name == name)
}

/// The code of a status that the servlet answers with itself.
pub fn of_status(number: u32) -> Option<&'static Code> {
    NUMBERED.iter().find(|code| code.number == number)
}

fn named() -> impl Iterator<Item = Code> {
    let lines = TABLE.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(row).flatten()
}

fn row(line: &'static str) -> Option<impl Iterator<Item = Code>> {
    let mut columns = line.split(" | ");
    let (names, meaning, advice) = (columns.next()?, columns.next()?, columns.next()?);
    Some(names.split(' ').map(move |name| Code {
        number: Code::UNNUMBERED,
        name,
        member: "Code",
        meaning,
        advice,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Those that CloudStack's servlet of 4.1 can answer with, as far as they are known.
    const KNOWN: &str = "AddressLimitExceeded AttachmentLimitExceeded AuthFailure Blocked FilterLimitExceeded \
        IdempotentParameterMismatch IncorrectState InstanceLimitExceeded InsufficientInstanceCapacity InvalidAMIID.Malformed \
        InvalidAMIID.NotFound InvalidAMIID.Unavailable InvalidAttachment.NotFound InvalidDevice.InUse InvalidGroup.Duplicate \
        InvalidGroup.InUse InvalidGroup.NotFound InvalidGroup.Reserved InvalidInstanceID.Malformed InvalidInstanceID.NotFound \
        InvalidIPAddress.InUse InvalidKeyPair.Duplicate InvalidKeyPair.Format InvalidKeyPair.NotFound InvalidParameterCombination \
        InvalidParameterValue InvalidPermission.Duplicate InvalidPermission.Malformed InvalidSnapshot.NotFound \
        InvalidVolumeID.Duplicate InvalidVolumeID.Malformed InvalidVolumeID.ZoneMismatch InvalidVolume.NotFound \
        InvalidZone.NotFound PendingSnapshotLimitExceeded SnapshotLimitExceeded UnknownParameter Unsupported \
        VolumeLimitExceeded InsufficientAddressCapacity InternalError Unavailable";

    #[test]
    fn each_code_of_the_servlet_is_told_once_and_in_plain_words() {
        for name in KNOWN.split_ascii_whitespace() {
            assert!(find(name).is_some(), "{name}");
        }
        let all = all();
        for code in &all {
            assert!(
                code.meaning.len() > 10 && code.advice.len() > 10,
                "{code:?}"
            );
            assert!(!code.meaning.ends_with('.'), "{code:?}");
            let same = all.iter().filter(|other| other.name == code.name);
            assert_eq!(same.count(), 1, "{code:?}");
        }
        let lines = TABLE.lines().filter(|line| !line.starts_with('#'));
        assert!(lines.into_iter().all(|line| row(line).is_some()));
    }
}
