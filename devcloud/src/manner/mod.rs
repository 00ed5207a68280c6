//! How other clouds say the same: one world and its handlers, spoken to in several manners. A manner changes how CloudStack
//! speaks (`answer`), or answers some paths by itself (`answers`, `speak`); a new one is a file or folder here and a line in each.

mod cloudn;
pub mod desk;
mod ec2;
mod kcps;
mod ncloud;
mod old;

use std::str::FromStr;

use http_body_util::Full;
use hyper::Response;
use hyper::body::Bytes;

use crate::api::{self, Request, World};
use crate::wire::{Answer, Refusal};
use desk::{Desk, Heard};

/// A manner of speaking.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Manner {
    /// CloudStack as it is now.
    #[default]
    CloudStack,
    /// CloudStack 4.0, which had no discovery yet.
    Old,
    /// KDDI Cloud Platform Service Ver2.
    Kcps,
    /// Cloudn Compute, with EC2's actions at /awsapi.
    Cloudn,
    /// Naver Cloud, its services vserver and vpc.
    Ncloud,
}

/// The manners by their names.
const NAMES: &[(&str, Manner)] = &[
    ("cloudstack", Manner::CloudStack),
    ("4.0", Manner::Old),
    ("kcps", Manner::Kcps),
    ("cloudn", Manner::Cloudn),
    ("ncloud", Manner::Ncloud),
];

impl Manner {
    /// The names that `from_str` takes.
    pub fn names() -> impl Iterator<Item = &'static str> {
        NAMES.iter().map(|(name, _)| *name)
    }

    /// The path of the API, or what comes before its paths.
    pub(crate) fn path(self) -> &'static str {
        match self {
            Manner::Ncloud => "",
            Manner::CloudStack | Manner::Old | Manner::Kcps | Manner::Cloudn => "/client/api",
        }
    }

    /// The path of EC2's calls, where it has them.
    pub(crate) fn awsapi(self) -> Option<&'static str> {
        match self {
            Manner::Cloudn => Some(ec2::PATH),
            Manner::CloudStack | Manner::Old | Manner::Kcps | Manner::Ncloud => None,
        }
    }

    /// Whether what comes to this path is answered by the manner itself and not by CloudStack's API.
    pub(crate) fn answers(self, path: &str) -> bool {
        match self {
            Manner::Cloudn => ec2::is_at(path),
            Manner::Ncloud => true,
            Manner::CloudStack | Manner::Old | Manner::Kcps => false,
        }
    }

    /// By which names troubles may strike a call that the manner answers itself: its action's, the API's behind it.
    pub(crate) fn called(self, heard: &Heard) -> Vec<String> {
        match self {
            Manner::Cloudn => ec2::called(heard),
            Manner::Ncloud => ncloud::called(heard),
            Manner::CloudStack | Manner::Old | Manner::Kcps => Vec::new(),
        }
    }

    /// Answers by itself.
    pub(crate) async fn speak(self, heard: &Heard, desk: &Desk<'_>) -> Response<Full<Bytes>> {
        match self {
            Manner::Cloudn => ec2::speak(heard, desk).await,
            Manner::Ncloud => ncloud::speak(heard, desk).await,
            Manner::CloudStack | Manner::Old | Manner::Kcps => {
                desk::text(404, "text/plain", "Not Found")
            }
        }
    }

    /// A refusal that comes whatever was asked, in the manner's own words.
    pub(crate) fn spoken_refusal(self, heard: &Heard, refusal: &Refusal) -> Response<Full<Bytes>> {
        match self {
            Manner::Cloudn => ec2::spoken_refusal(refusal),
            Manner::Ncloud => ncloud::spoken_refusal(heard, refusal),
            Manner::CloudStack | Manner::Old | Manner::Kcps => {
                desk::text(refusal.code, "text/plain", refusal.text.clone())
            }
        }
    }

    /// Whether calls to CloudStack's API may come by POST.
    pub(crate) fn takes_posts(self) -> bool {
        match self {
            Manner::Cloudn => false,
            Manner::CloudStack | Manner::Old | Manner::Kcps | Manner::Ncloud => true,
        }
    }

    /// Answers a call to CloudStack's API.
    pub(crate) fn answer(self, world: &mut World, request: &Request) -> Answer {
        match self {
            Manner::CloudStack | Manner::Ncloud => api::answer(world, request),
            Manner::Old => old::answer(world, request),
            Manner::Kcps => kcps::answer(world, request),
            Manner::Cloudn => cloudn::answer(world, request),
        }
    }

    /// A refusal of CloudStack's API that comes whatever was asked.
    pub(crate) fn refused(self, request: &Request, refusal: &Refusal) -> Answer {
        match self {
            Manner::CloudStack | Manner::Ncloud => api::refused(request, refusal),
            Manner::Old => old::spoken(api::refused(request, refusal)),
            Manner::Kcps => kcps::refused(request, refusal),
            Manner::Cloudn => cloudn::refused(request, refusal),
        }
    }
}

impl FromStr for Manner {
    type Err = crate::Error;

    fn from_str(name: &str) -> Result<Manner, crate::Error> {
        let known = NAMES.iter().find(|(known, _)| *known == name);
        known.map(|(_, manner)| *manner).ok_or_else(|| {
            let names: Vec<&str> = Manner::names().collect();
            crate::Error::new(format!(
                "the built-in cloud does not speak as {name}; it speaks as {}",
                names.join(", ")
            ))
        })
    }
}

/// The names of calls that only other manners have, for troubles.
pub(crate) fn names_of_their_own() -> impl Iterator<Item = &'static str> {
    kcps::names_of_its_own()
        .chain(cloudn::names_of_its_own())
        .chain(ec2::names())
        .chain(ncloud::names())
}
