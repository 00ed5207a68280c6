//! Values from the cloud for completion: asked in the background, kept for a minute, never waited for longer than a moment.
//! They have a client of their own, so that nothing it has to say or to ask gets into a line that is being edited.

use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use crate::catalog::verb_of;
use crate::client::network::Network;
use crate::client::sessions::Sessions;
use crate::client::transport::Route;
use crate::client::{Client, Options};
use crate::cloud::listing::{Choice, Listing};
use crate::cloud::{Access, Kind as CloudKind, Outcome, Request, Sent};
use crate::error::{Error, Kind, Result};

use super::clouds::Demo;

/// How long what came is good for.
const FRESH: Duration = Duration::from_secs(60);
/// How long a cloud that gave no list is left alone.
const QUIET: Duration = Duration::from_secs(5);
/// An answer that is on its way for longer holds no line any more.
const SLOW: Duration = Duration::from_secs(1);
/// How many rows are asked for: a few screens of them, and less than any server's own limit.
const PAGE: usize = 250;
/// How many lists may be on their way at once.
const SIDE_BY_SIDE: usize = 4;
/// The parameter that narrows a list on the server.
const KEYWORD: &str = "keyword";

/// Which cloud is asked for values, by whom and how.
pub struct Source {
    pub kind: &'static CloudKind,
    /// What tells it from others: where, and who asks.
    pub place: (String, String),
    pub way: Way,
    pub route: Route,
    pub observer: Arc<dyn Fn(&Sent) + Send + Sync>,
    pub sessions: Sessions,
    pub network: Arc<Network>,
    pub options: Options,
    /// How long an answer may take.
    pub limit: Duration,
}

/// How the cloud is got at.
#[derive(PartialEq)]
pub enum Way {
    Of(Access),
    /// The built-in cloud, started by the first question.
    Demo(Arc<Demo>),
}

/// A list as it came, or its first page.
#[derive(Debug, Default, PartialEq)]
pub struct List {
    pub choices: Vec<Choice>,
    /// How many rows came, and how many there are.
    pub seen: usize,
    pub of: usize,
}

impl List {
    /// Whether nothing was left out of it.
    pub fn is_whole(&self) -> bool {
        self.seen >= self.of
    }
}

/// The lists that came and those on their way.
#[derive(Default)]
pub struct Values {
    state: Mutex<State>,
    came: Condvar,
}

#[derive(Default)]
struct State {
    source: Option<Arc<Ready>>,
    slots: HashMap<Key, Slot>,
    questions: u64,
}

/// A source and its client, made when first needed.
struct Ready {
    source: Source,
    client: tokio::sync::OnceCell<Arc<Client>>,
}

#[derive(Clone, PartialEq, Eq, Hash)]
struct Key {
    place: (String, String),
    api: String,
    params: Vec<(String, String)>,
    /// What is read of its rows.
    value: &'static str,
    within: Vec<&'static str>,
}

enum Slot {
    /// The number of the question, and when it was put.
    Asked(u64, Instant),
    Came(Instant, Arc<List>),
    Failed(Instant, Error),
}

impl Values {
    /// Has the lists come from there from now on; from nowhere, nothing is asked.
    pub fn ask_at(&self, source: Option<Source>) {
        let mut state = self.locked();
        let same = |known: &Arc<Ready>, new: &Source| {
            let Source {
                place, route, way, ..
            } = &known.source;
            let limit = known.source.limit;
            *place == new.place && *route == new.route && *way == new.way && limit == new.limit
        };
        match source {
            Some(new) if state.source.as_ref().is_some_and(|known| same(known, &new)) => {}
            source => {
                state.source = source.map(|source| {
                    Arc::new(Ready {
                        source,
                        client: tokio::sync::OnceCell::new(),
                    })
                });
            }
        }
    }

    /// The list, narrowed by a keyword where one is given: as it is kept, or as it comes until then. Nothing where it has
    /// not come by then, or there is nobody to ask.
    pub fn list(
        self: &Arc<Values>,
        listing: &Listing,
        keyword: Option<&str>,
        until: Instant,
    ) -> Option<Result<Arc<List>>> {
        let mut request = listing.request.clone();
        request
            .params
            .extend(keyword.map(|keyword| (KEYWORD.to_string(), keyword.to_string())));
        let mut state = self.locked();
        let ready = state.source.clone()?;
        let key = Key {
            place: ready.source.place.clone(),
            api: request.api.clone(),
            params: request.params.clone(),
            value: listing.value,
            within: listing.within.clone(),
        };
        state.forget_old();
        if !state.slots.contains_key(&key) {
            // One that is slow keeps no other list waiting.
            let open =
                |slot: &&Slot| matches!(slot, Slot::Asked(_, since) if since.elapsed() < SLOW);
            if state.slots.values().filter(open).count() >= SIDE_BY_SIDE {
                return None;
            }
            state.questions += 1;
            let number = state.questions;
            state
                .slots
                .insert(key.clone(), Slot::Asked(number, Instant::now()));
            let (values, listing, key) = (self.clone(), listing.clone(), key.clone());
            let network = ready.source.network.clone();
            network.spawn(async move {
                let limit = ready.source.limit;
                let came = tokio::time::timeout(limit, ready.fetch(&listing, &request)).await;
                let came = came.unwrap_or_else(|_| {
                    let what = format!("{}: no answer within {} s", request.api, limit.as_secs());
                    Err(Error::new(Kind::Unreachable, what))
                });
                values.settle(&key, number, came);
            });
        }
        loop {
            let left = match state.slots.get(&key)? {
                Slot::Came(_, list) => return Some(Ok(list.clone())),
                Slot::Failed(_, error) => return Some(Err(error.clone())),
                Slot::Asked(_, since) => {
                    let now = Instant::now();
                    let slow = now - *since > SLOW && until < now + SLOW;
                    if slow {
                        Duration::ZERO
                    } else {
                        until.saturating_duration_since(now)
                    }
                }
            };
            if left.is_zero() {
                return None;
            }
            let waited = self.came.wait_timeout(state, left);
            state = waited.unwrap_or_else(|held| held.into_inner()).0;
        }
    }

    /// Keeps what came, unless the list has changed since it was asked for.
    fn settle(&self, key: &Key, number: u64, came: Result<List>) {
        let mut state = self.locked();
        if let Some(slot) = state.slots.get_mut(key)
            && matches!(slot, Slot::Asked(asked, _) if *asked == number)
        {
            let now = Instant::now();
            *slot = match came {
                Ok(list) => Slot::Came(now, Arc::new(list)),
                Err(error) => Slot::Failed(now, error),
            };
        }
        self.came.notify_all();
    }

    /// Forgets the lists of what a changing call is named after.
    pub fn changed(&self, api: &str) {
        let thing = noun(api);
        self.locked().slots.retain(|key, _| {
            let stem = stem(&key.api);
            !thing.contains(&stem) && !stem.contains(&thing)
        });
    }

    /// Forgets all lists.
    pub fn forget(&self) {
        self.locked().slots.clear();
    }

    fn locked(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|held| held.into_inner())
    }
}

impl State {
    fn forget_old(&mut self) {
        self.slots.retain(|_, slot| match slot {
            Slot::Asked(..) => true,
            Slot::Came(at, _) => at.elapsed() < FRESH,
            Slot::Failed(at, _) => at.elapsed() < QUIET,
        });
    }
}

impl Ready {
    async fn client(&self) -> Result<Arc<Client>> {
        let made = self.client.get_or_try_init(|| async {
            let access = match &self.source.way {
                Way::Of(access) => access.clone(),
                Way::Demo(demo) => {
                    let demo = demo.clone();
                    let started = tokio::task::spawn_blocking(move || demo.access()).await;
                    started.map_err(|why| Error::local(why.to_string()))??
                }
            };
            let Source {
                route,
                observer,
                sessions,
                ..
            } = &self.source;
            let (observer, sessions) = (Some(observer.clone()), Some(sessions.clone()));
            let dialect = (self.source.kind.dialect)();
            Client::with(dialect, access, route, observer, None, sessions).map(Arc::new)
        });
        made.await.cloned()
    }

    async fn fetch(&self, listing: &Listing, request: &Request) -> Result<List> {
        let client = self.client().await?;
        let request = match listing.paged {
            true => client.page(request, 1, PAGE),
            false => request.clone(),
        };
        if !client.reads(&request.api) {
            return Err(Error::local(format!("{} is no list", request.api)));
        }
        let Outcome::Done(answer) = client.fetch(&request, &self.source.options).await? else {
            return Err(Error::local(format!("{} started a job", request.api)));
        };
        let records: Vec<_> = answer.records().collect();
        let seen = answer.rows.len();
        // A full page of a list that is not counted may be followed by another.
        let least = seen + usize::from(listing.paged && seen >= PAGE);
        let of = client.total(&answer).unwrap_or(least);
        Ok(List {
            choices: listing.choices(&records),
            seen,
            of: of.max(seen),
        })
    }
}

fn noun(api: &str) -> String {
    api[verb_of(api).len()..].to_lowercase()
}

/// What a list call lists, in the singular: `virtualmachine` of listVirtualMachinesMetrics and listVirtualMachines.
fn stem(api: &str) -> String {
    let noun = noun(api);
    let noun = noun.trim_end_matches("metrics");
    match (noun.strip_suffix("ies"), noun.strip_suffix("sses")) {
        (Some(begun), _) => format!("{begun}y"),
        (_, Some(begun)) => format!("{begun}ss"),
        _ => noun.strip_suffix('s').unwrap_or(noun).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changing_call_has_the_lists_of_its_noun_forgotten() {
        let gone = |call: &str, list: &str| {
            let values = Values::default();
            let key = Key {
                place: Default::default(),
                api: list.into(),
                params: Vec::new(),
                value: "id",
                within: Vec::new(),
            };
            let slot = Slot::Came(Instant::now(), Arc::default());
            values.locked().slots.insert(key, slot);
            values.changed(call);
            values.locked().slots.is_empty()
        };
        for (call, list, is) in [
            ("deployVirtualMachine", "listVirtualMachines", true),
            ("destroyVirtualMachine", "listVirtualMachinesMetrics", true),
            ("deployVirtualMachine", "listZones", false),
            ("associateIpAddress", "listPublicIpAddresses", true),
            ("updateStorageNetworkIpRange", "listVolumes", false),
            ("updateEgressFirewallRule", "listEgressFirewallRules", true),
            ("createNetworkOffering", "listNetworkOfferings", true),
            ("createSnapshotPolicy", "listSnapshotPolicies", true),
        ] {
            assert_eq!(gone(call, list), is, "{call} {list}");
        }
    }
}
