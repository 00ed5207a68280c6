//! The question before a call that destroys: asked at a prompt, with the name of the thing. In comes the request, out
//! comes nothing, or the error that nothing was sent.

use std::sync::Arc;
use std::time::Duration;

use super::ask;
use super::session::{Mode, Session};
use crate::catalog::Api;
use crate::catalog::types::Types;
use crate::client::{Client, Options};
use crate::cloud::listing::{Choice, Listing};
use crate::cloud::{Loss, Outcome, Request};
use crate::config::resolve::Resolved;
use crate::error::{Error, Kind, Result};
use crate::line::secrets::is_secret_of;
use crate::print::surface::drives;

/// How long the names of things may take; without them they are named by their ids.
const LOOK: Duration = Duration::from_secs(2);
/// The most things that are named one by one.
const MOST_NAMED: usize = 3;
/// Longer values are shown by their beginning, in letters.
const MOST_LETTERS: usize = 60;
const ID_LETTERS: usize = 8;

impl Session {
    /// Asks before a call that takes something away for good.
    pub(super) fn confirm_call(
        &mut self,
        client: &Arc<Client>,
        request: &Request,
        api: Option<&Api>,
        options: &Options,
        resolved: &Resolved,
    ) -> Result<()> {
        if !self.asks(resolved) {
            return Ok(());
        }
        let Some(loss) = client.dialect().loses(request) else {
            return Ok(());
        };
        let words = api.map_or_else(|| request.api.clone(), Api::words);
        let things = match api {
            Some(api) => self.things_named(client, request, api, &loss, options)?,
            None => None,
        };
        let things = things.unwrap_or_else(|| params(request));
        let remark = match loss.remark {
            "" => String::new(),
            remark => format!(" ({remark})"),
        };
        let refused = format!("nothing was sent: {words} was not confirmed");
        self.ask_before(&format!("{words} {things}"), &remark, refused)
    }

    /// Asks before a command of the shell's own that takes something away for good.
    pub(super) fn confirm(&self, command: &str) -> Result<()> {
        match self.asks(&self.resolved) {
            true => {
                let refused = format!("nothing was done: {command} was not confirmed");
                self.ask_before(command, "", refused)
            }
            false => Ok(()),
        }
    }

    fn asks(&self, resolved: &Resolved) -> bool {
        self.mode == Mode::Prompt && resolved.bool("confirm") && ask::possible(&self.ui)
    }

    fn ask_before(&self, what: &str, remark: &str, refused: String) -> Result<()> {
        let presses = self.presses();
        let question = harmless(&format!("{}{remark}? [y/N] ", what.trim_end()));
        let typed = self.ui.wait_for_user(|| ask::line(&question));
        let typed = match typed {
            Ok(typed) => typed.to_lowercase(),
            Err(error) if error.kind == Kind::Interrupted => String::new(),
            Err(error) => return Err(error),
        };
        if matches!(typed.as_str(), "y" | "yes") && self.presses() == presses {
            return Ok(());
        }
        Err(Error::new(Kind::Interrupted, refused))
    }

    /// What the call names, by name and state where the cloud tells them in time. Nothing where no parameter names it.
    fn things_named(
        &mut self,
        client: &Arc<Client>,
        request: &Request,
        api: &Api,
        loss: &Loss,
        options: &Options,
    ) -> Result<Option<String>> {
        let Some(param) = &loss.param else {
            return Ok(None);
        };
        let value = request.params.iter().find(|(name, _)| name == param);
        let Some((_, value)) = value else {
            return Ok(None);
        };
        let ids: Vec<String> = value
            .split(',')
            .map(|id| id.trim().to_string())
            .filter(|id| !id.is_empty())
            .collect();
        let first: Vec<String> = ids.iter().take(MOST_NAMED).cloned().collect();
        let catalog = self.known_catalog();
        // What was typed besides is taken only where the list cannot do without.
        let listing = [&[][..], &request.params].into_iter().find_map(|given| {
            let listing = client.dialect().listing(&catalog, api, param, given)?;
            listing.missing.is_empty().then_some(listing)
        });
        let found = match listing {
            Some(listing) => self.look(client, listing, &first, options)?,
            None => Vec::new(),
        };
        let mut named: Vec<String> = first
            .iter()
            .map(|id| match found.iter().find(|choice| choice.value == *id) {
                Some(choice) => known(choice),
                None => format!("{param}={}", short(id, MOST_LETTERS)),
            })
            .collect();
        if ids.len() > first.len() {
            named.push(format!("and {} more", ids.len() - first.len()));
        }
        Ok(Some(named.join(", ")))
    }

    /// The rows of the things with these ids; none where the cloud does not tell them in time.
    fn look(
        &mut self,
        client: &Arc<Client>,
        listing: Listing,
        ids: &[String],
        options: &Options,
    ) -> Result<Vec<Choice>> {
        let Some(by) = listing.by_value else {
            return Ok(Vec::new());
        };
        let list = self.known_catalog().api(&listing.request.api)?;
        let options = Options {
            types: list.map_or(Types::default(), |list| Types::of(&list.response)),
            retries: 0,
            throttle_wait: Duration::ZERO,
            custom: None,
            ..options.clone()
        };
        let requests: Vec<Request> = ids
            .iter()
            .map(|id| {
                let mut request = listing.request.clone();
                request.params.retain(|(name, _)| name != by);
                request.params.push((by.into(), id.clone()));
                request
            })
            .collect();
        let caller = client.clone();
        let look = |mut interrupt: crate::client::network::Interrupt| async move {
            let ask = async {
                let mut found = Vec::new();
                for request in &requests {
                    // A thing that is not told of is named by its id.
                    if let Ok(Outcome::Done(answer)) = caller.fetch(request, &options).await {
                        let rows: Vec<_> = answer.records().collect();
                        found.extend(listing.choices(&rows));
                    }
                }
                found
            };
            tokio::select! {
                found = tokio::time::timeout(LOOK, ask) => Some(found.unwrap_or_default()),
                () = interrupt.pressed() => None,
            }
        };
        let found = self.on_network(client, || "asking for the name".into(), look)?;
        found.ok_or_else(|| Error::new(Kind::Interrupted, "nothing was sent: it was interrupted"))
    }
}

/// `web (2f1c8a90…, Running)`
fn known(choice: &Choice) -> String {
    let id = short(&choice.value, ID_LETTERS);
    let state = choice.state.as_ref();
    let state = state.map_or(String::new(), |state| format!(", {state}"));
    match choice.labels.first() {
        Some(label) => format!("{} ({id}{state})", short(label, MOST_LETTERS)),
        None => format!("{id}{}", state.replace(", ", " ")),
    }
}

/// The parameters as they are sent, without secrets.
fn params(request: &Request) -> String {
    let shown = request
        .params
        .iter()
        .filter(|(name, _)| !is_secret_of(&request.api, &request.params, name))
        .map(|(name, value)| format!("{name}={}", short(value, MOST_LETTERS)));
    shown.collect::<Vec<_>>().join(" ")
}

fn short(text: &str, most: usize) -> String {
    // An ellipsis in place of less than it saves tells less than the text.
    if text.chars().count() <= most + 2 {
        return text.into();
    }
    let start: String = text.chars().take(most).collect();
    format!("{start}…")
}

/// What the cloud says has no power over the terminal.
fn harmless(text: &str) -> String {
    let letter = |letter: char| match drives(letter) {
        true => char::REPLACEMENT_CHARACTER,
        false => letter,
    };
    text.chars().map(letter).collect()
}
