//! Examples with what this cloud has: an API in, a line that runs as it stands out. The cloud is asked for a second at most,
//! and what it answers is kept for a minute.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::calls::options_of;
use super::help::example::{Example, example};
use super::session::Session;
use crate::catalog::names::Thing;
use crate::catalog::seen;
use crate::catalog::{Api, Param};
use crate::client::Addresses;
use crate::cloud::Outcome;
use crate::cloud::listing::Listing;
use crate::config::resolve::{Secretkey, Who};
use crate::error::{Error, Kind, Result};
use crate::record::Record;

/// How long help waits for a cloud in all.
const PATIENCE: Duration = Duration::from_secs(1);
/// How many things of a list are looked at.
const ROWS: usize = 20;

impl Session {
    /// An example of a call.
    pub(super) fn example(&mut self, api: &Api) -> Example {
        let catalog = self.known_catalog();
        let now = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC);
        let today = now.date().to_string();
        let dialect = self.dialect();
        let mut patience = self.may_ask().then_some(PATIENCE);
        let made = example(api, &catalog, &*dialect, &today, &mut |param, listing| {
            self.things(api, param, listing, &mut patience)
        });
        made.unwrap_or_default()
    }

    /// Whether the cloud can be asked without a word from the user and without running what prints a secret.
    fn may_ask(&self) -> bool {
        match self.resolved.endpoint() {
            Ok(None) => true,
            Ok(Some(endpoint)) => match &endpoint.who {
                Who::Keys { secretkey, .. } => match secretkey {
                    Secretkey::Here(_) => true,
                    Secretkey::Printed(command) => self.printed.contains_key(command),
                },
                Who::Login { password, .. } => !password.is_empty() || self.client.is_some(),
                Who::Nobody => true,
            },
            Err(_) => false,
        }
    }

    /// What a list has: as it was seen a little while ago, else as the cloud says while there is patience left.
    fn things(
        &mut self,
        api: &Api,
        param: &Param,
        listing: &Listing,
        patience: &mut Option<Duration>,
    ) -> Option<Vec<Thing>> {
        let catalogue = self.cache_path(&self.place(&self.resolved).ok()?);
        let list = key(api, param, listing);
        if let Some(things) = seen::recall(&catalogue, &list, now()) {
            return Some(things);
        }
        let left = (*patience)?;
        let start = Instant::now();
        let answered = self.ask(listing, left);
        // A cloud that does not answer one question is not asked another.
        *patience = answered
            .is_ok()
            .then(|| left.saturating_sub(start.elapsed()));
        let rows = answered.ok().flatten()?;
        let dialect = self.dialect();
        let mut things = Vec::new();
        for row in &rows {
            let fits = dialect.fits(&api.name, &param.name, row);
            let choices = listing.choices([row]);
            things.extend(choices.into_iter().map(|choice| Thing {
                label: choice.label().to_string(),
                value: choice.value,
                fits,
            }));
        }
        seen::keep(&catalogue, &list, things.clone(), now());
        Some(things)
    }

    /// Asks the cloud; nothing where it refuses, an error where it does not answer in time.
    fn ask(&mut self, listing: &Listing, limit: Duration) -> Result<Option<Vec<Record>>> {
        let resolved = self.resolved.clone();
        let client = self.client_of(&resolved)?;
        // Help never changes anything, whatever a list may be called.
        if !client.reads(&listing.request.api) {
            return Ok(None);
        }
        let api = self.known_catalog().api(&listing.request.api)?;
        let mut options = options_of(&resolved);
        options.types = self.types(api.as_deref());
        options.addresses = Addresses::Untold;
        options.retries = 0;
        options.throttle_wait = Duration::ZERO;
        let request = match listing.paged {
            true => client.page(&listing.request, 1, ROWS),
            false => listing.request.clone(),
        };
        let network = self.network()?;
        let mut interrupt = network.interrupt();
        let caller = client.clone();
        let answered = network.run(
            async move {
                tokio::select! {
                    answered = caller.fetch(&request, &options) => Some(answered),
                    () = tokio::time::sleep(limit) => None,
                    () = interrupt.pressed() => None,
                }
            },
            |_| {},
        )?;
        match answered {
            Some(Ok(Outcome::Done(answer))) => Ok(Some(answer.records().take(ROWS).collect())),
            Some(Err(error)) if error.kind != Kind::Refused => Err(error),
            Some(_) => Ok(None),
            None => Err(Error::local("the cloud did not answer in time")),
        }
    }

    /// Forgets what was seen of the cloud, since a call may change it.
    pub(super) fn forget_seen(&self) {
        if let Ok(place) = self.place(&self.resolved) {
            seen::forget(&self.cache_path(&place));
        }
    }
}

/// What tells what was looked for from all else.
fn key(api: &Api, param: &Param, listing: &Listing) -> String {
    let mut words = vec![
        api.name.clone(),
        param.name.clone(),
        listing.request.api.clone(),
    ];
    let params = listing.request.params.iter();
    words.extend(params.map(|(name, value)| format!("{name}={value}")));
    words.join(" ")
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}
