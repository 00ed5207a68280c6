//! Names for values on a line: the guide's and what the cloud itself lists, which is asked for when a name is not known, and kept.

use std::path::PathBuf;
use std::sync::Arc;

use super::session::Session;
use crate::catalog::cache;
use crate::catalog::names::{Lexicon, Named, Names};
use crate::catalog::types::Types;
use crate::client::{Client, Options};
use crate::cloud::{Dialect, Outcome, Request};
use crate::error::{Kind, Result};
use crate::line::command::Call;
use crate::line::nearest::{did_you_mean, nearest};

/// A dialect's names, and those that a cloud listed, which are kept beside its catalogue.
pub struct Vocabulary {
    dialect: Box<dyn Dialect>,
    /// Where the catalogue is.
    catalogue: PathBuf,
}

impl Vocabulary {
    pub fn beside(catalogue: PathBuf, dialect: Box<dyn Dialect>) -> Arc<Vocabulary> {
        Arc::new(Vocabulary { dialect, catalogue })
    }
}

impl Lexicon for Vocabulary {
    fn names(&self, api: &str, param: &str) -> Option<Names> {
        let mut names = self.dialect.names(api, param)?;
        names.told = names
            .list
            .and_then(|list| cache::names(&self.catalogue, list));
        Some(names)
    }

    fn choices(&self, api: &str, param: &str) -> Vec<Named> {
        self.dialect.choices(api, param)
    }

    fn own_name(&self, name: &str) -> Option<&'static str> {
        self.dialect.own_name(name)
    }

    fn is_script(&self, name: &str) -> bool {
        self.dialect.scripts().contains(&name)
    }
}

impl Session {
    /// The parameters with values in place of the names for them. A name that nobody knows is warned about and goes as it is.
    pub(super) fn by_value(
        &mut self,
        call: &Call,
        mut params: Vec<(String, String)>,
        client: &Arc<Client>,
        options: &Options,
    ) -> Result<Vec<(String, String)>> {
        if !call.checked {
            return Ok(params);
        }
        for (param, value) in &mut params {
            let Some(mut names) = self.known_catalog().names(&call.name, param) else {
                continue;
            };
            if value.is_empty() || (names.bare)(value) {
                continue;
            }
            if names.find(value).is_none() && names.told.is_none() {
                self.ask_for_names(&mut names, client, options)?;
            }
            let what = names.what;
            match names.find(value) {
                Some(found) => {
                    if found.elsewhere {
                        self.ui.warn(&format!(
                            "this cloud lists no {what} {value}; the guide does"
                        ));
                    }
                    found.named.value.clone_into(value);
                }
                None => {
                    self.ui.warn(&format!(
                        "`{param}={value}`: no {what} is known by this name; it goes as it is"
                    ));
                    let known = names.told.iter().flatten().chain(&names.first);
                    let known = known.chain(&names.more).map(|named| &named.name);
                    if let Some(question) = did_you_mean(&nearest(value, known, 4)) {
                        self.ui.say(&format!("hint: {question}"));
                    }
                }
            }
        }
        Ok(params)
    }

    /// Has the cloud list its names, if it can, and keeps them; a cloud that refuses is asked once a session.
    fn ask_for_names(
        &mut self,
        names: &mut Names,
        client: &Arc<Client>,
        options: &Options,
    ) -> Result<()> {
        let Some(list) = names.list else {
            return Ok(());
        };
        let there = self.known_catalog().api(list)?;
        if there.is_none() || self.unlisted.contains(&list) {
            return Ok(());
        }
        let request = Request {
            api: list.into(),
            params: Vec::new(),
        };
        let options = Options {
            types: there.map_or(Types::default(), |api| Types::of(&api.response)),
            ..options.clone()
        };
        let listed = self.start(client, &request, &options);
        match listed.map(|begun| begun.outcome) {
            Ok(Outcome::Done(answer)) if !answer.rows.is_empty() => {
                let told = client.dialect().listed(list, &answer);
                let path = self.cache_path(&self.place(&self.resolved)?);
                if let Err(error) = cache::store_names(&path, list, told.clone()) {
                    self.ui.warn(&error.message);
                }
                names.told = Some(told);
            }
            Err(error) if error.kind == Kind::Interrupted => return Err(error),
            _ => self.unlisted.push(list),
        }
        Ok(())
    }
}
