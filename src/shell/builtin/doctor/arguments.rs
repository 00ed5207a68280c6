//! The arguments of the command that a triage is about: read, held against what the cloud's lists have, and made a request.

use std::sync::Arc;
use std::time::Instant;

use super::{Case, Prepared};
use crate::catalog::Api;
use crate::client::{Client, Options};
use crate::cloud::Request;
use crate::cloud::listing::{Choice, Listing};
use crate::doctor::suspects::beginnings;
use crate::doctor::{Found, Step};
use crate::error::{Error, Kind, Result};
use crate::line::byname::is_list;
use crate::line::command::{Call, Given};
use crate::line::nearest::{did_you_mean, nearest};
use crate::line::shown;
use crate::shell::calls::options_of;
use crate::shell::lookup::{Listed, line_of};
use crate::shell::session::Session;

/// Ids that differ in more letters are other ids.
const MOST_SLIPS: usize = 4;

/// What was found of one value.
enum Look {
    There,
    /// Why it is wrong, and what to do.
    Wrong(Error),
    /// No list tells.
    Untold,
}

/// An argument that is looked up.
struct Argument<'a> {
    api: &'a Api,
    param: &'a str,
    request: &'a Request,
    client: &'a Arc<Client>,
    options: &'a Options,
}

impl Case {
    /// The call with its values read, and what it is made with; nothing where an argument is wrong.
    pub(super) fn arguments(
        &mut self,
        session: &mut Session,
        call: Call,
    ) -> Result<Option<Prepared>> {
        let start = Instant::now();
        let api = call.api.clone();
        let looked = self.look(session, call);
        let took = start.elapsed();
        let tried = match &api {
            Some(_) => "the parameters by the catalogue, and ids by the lists that have them",
            None => "nothing: no catalogue tells its parameters",
        };
        match looked {
            Ok((prepared, wrong, looked_up)) => match wrong {
                None => {
                    let came = match looked_up.is_empty() {
                        true => "nothing is wrong with them".to_string(),
                        false => {
                            format!("nothing is wrong with them; found {}", looked_up.join(", "))
                        }
                    };
                    let mut found = Found::well(Step::Arguments, tried, came).taking(took);
                    for hint in &prepared.0.hints {
                        found = found.noticing(hint);
                    }
                    self.findings.add(found);
                    Ok(Some(prepared))
                }
                Some(error) => {
                    self.findings
                        .add(Found::failed(Step::Arguments, tried, error).taking(took));
                    Ok(None)
                }
            },
            Err(error) if error.kind == Kind::Interrupted => Err(error),
            Err(error) => {
                self.findings
                    .add(Found::failed(Step::Arguments, tried, error).taking(took));
                Ok(None)
            }
        }
    }

    /// The call ready to be made, what is wrong with its arguments, and which of them a list has.
    fn look(
        &mut self,
        session: &mut Session,
        mut call: Call,
    ) -> Result<(Prepared, Option<Error>, Vec<String>)> {
        let (resolved, _) = session.for_line(&call.settings)?;
        session.take_file(call.api.as_deref(), &mut call.params)?;
        let of_data = call.params.iter();
        let of_data = of_data.filter(|(_, given)| matches!(given, Given::Data(_)));
        let data: Vec<String> = of_data.map(|(name, _)| name.clone()).collect();
        let params = session.given(std::mem::take(&mut call.params))?;
        let options = Options {
            types: session.types(call.api.as_deref()),
            as_typed: !call.checked,
            ..options_of(&resolved)
        };
        let client = session.client_of(&resolved)?;
        let params = session.by_value(&call, params, &client, &options)?;
        let request = Request {
            api: call.name.clone(),
            params: session.by_id(&call, params, &data, &client, &options)?,
        };
        self.request = Some(request.clone());
        if call.checked
            && let Some(error) = client.dialect().objection(&request)
        {
            return Ok(((call, client, options), Some(error), Vec::new()));
        }
        let mut looked_up = Vec::new();
        let mut wrong = None;
        if let Some(api) = call.api.clone().filter(|_| call.checked) {
            for (param, value) in &request.params {
                let argument = Argument {
                    api: &api,
                    param,
                    request: &request,
                    client: &client,
                    options: &options,
                };
                match argument.look(session, value)? {
                    Look::There => looked_up.push(format!("{param}={}", shown(value))),
                    Look::Untold => {}
                    Look::Wrong(error) => {
                        wrong = Some(error);
                        break;
                    }
                }
            }
        }
        Ok(((call, client, options), wrong, looked_up))
    }
}

impl Argument<'_> {
    fn listing(&self, session: &mut Session, param: &str) -> Option<Listing> {
        let catalog = session.known_catalog();
        let dialect = self.client.dialect();
        let listing = dialect.listing(&catalog, self.api, param, &self.request.params)?;
        listing.missing.is_empty().then_some(listing)
    }

    /// Whether the lists have the value, or each of several.
    fn look(&self, session: &mut Session, value: &str) -> Result<Look> {
        let declared = self.api.param(self.param);
        let several = is_list(self.param, declared.map_or("", |param| &param.kind));
        let values: Vec<&str> = match several {
            true => value.split(',').collect(),
            false => vec![value],
        };
        let mut look = Look::Untold;
        for value in values {
            look = match self.look_one(session, value)? {
                Look::Wrong(error) => return Ok(Look::Wrong(error)),
                look => look,
            };
        }
        Ok(look)
    }

    fn look_one(&self, session: &mut Session, value: &str) -> Result<Look> {
        if value.is_empty() || value == "-1" {
            return Ok(Look::Untold);
        }
        let wrong_place = self.place(session, value)?;
        let Some(listing) = self.listing(session, self.param) else {
            return Ok(wrong_place.map_or(Look::Untold, Look::Wrong));
        };
        let of_one = listing.by_value.map(|param| {
            let mut request = listing.request.clone();
            request.params.push((param.into(), value.into()));
            request
        });
        let alone = match of_one {
            Some(request) => self.list(session, &listing, request)?,
            None => None,
        };
        let is = |choice: &Choice| choice.value.eq_ignore_ascii_case(value);
        if alone
            .as_ref()
            .is_some_and(|listed| listed.choices.iter().any(is))
        {
            return Ok(Look::There);
        }
        let all = self.list(session, &listing, listing.request.clone())?;
        let Some(all) = all else {
            return Ok(wrong_place.map_or(Look::Untold, Look::Wrong));
        };
        if all.choices.iter().any(is) {
            return Ok(Look::There);
        }
        // The internal number of a thing, which root administrators may give, is in no list.
        let number = self.client.dialect().has_hidden_numbers()
            && value.bytes().all(|letter| letter.is_ascii_digit());
        if number || (!all.whole && alone.is_none()) {
            return Ok(wrong_place.map_or(Look::Untold, Look::Wrong));
        }
        let line = line_of(&session.known_catalog(), &listing);
        Ok(Look::Wrong(self.absent(value, &line, &all, wrong_place)))
    }

    /// The error for a value that no list has.
    fn absent(&self, value: &str, line: &str, all: &Listed, wrong_place: Option<Error>) -> Error {
        let word = format!("{}={}", self.param, shown(value));
        let among = match all.choices.len() {
            0 => format!("`{line}` has nothing in it"),
            1 => format!("`{line}` has one thing, and it is another"),
            count => format!("`{line}` has {count} things, and none is that"),
        };
        let mut message = format!("the suspicious one is `{word}`: {among}");
        let values: Vec<&str> = all.choices.iter().map(|one| one.value.as_str()).collect();
        if let Some((own, theirs)) = beginnings(value, &values) {
            message += &format!("; they begin with {theirs}, and this one with {own}");
        }
        let error = Error::new(Kind::Line, message).of(&self.api.name);
        let error = match wrong_place {
            Some(place) => error.hint(place.message),
            None => error,
        };
        let labels = all.choices.iter().flat_map(|choice| &choice.labels);
        // Ids are alike in length, and near only where a few letters are slips.
        let slips = |known: &&str| {
            known.len().abs_diff(value.len()) <= MOST_SLIPS
                && strsim::osa_distance(value, known) <= MOST_SLIPS
        };
        let near: Vec<&str> = values.into_iter().filter(slips).collect();
        let known = near.into_iter().chain(labels.map(String::as_str));
        let named = all.choices.iter().find(|choice| {
            let mut labels = choice.labels.iter();
            labels.any(|label| label.eq_ignore_ascii_case(value))
        });
        match (named, did_you_mean(&nearest(value, known, 3))) {
            (Some(choice), _) => error.hint(format!(
                "that is a name: its id is {}; `{}=name:{value}` looks it up",
                shown(&choice.value),
                self.param
            )),
            (None, Some(question)) => error.hint(question),
            (None, None) if all.choices.is_empty() => error,
            (None, None) => error.hint(format!("`{line}` shows what there is")),
        }
    }

    /// The error for a name that begins otherwise than the name of the place that the call is for.
    fn place(&self, session: &mut Session, value: &str) -> Result<Option<Error>> {
        let dialect = self.client.dialect();
        let Some(by) = dialect.placed_by(&self.api.name, self.param) else {
            return Ok(None);
        };
        let mut given = self.request.params.iter();
        let Some((_, place)) = given.find(|(name, _)| name.eq_ignore_ascii_case(by)) else {
            return Ok(None);
        };
        let Some(listing) = self.listing(session, by) else {
            return Ok(None);
        };
        let listed = self.list(session, &listing, listing.request.clone())?;
        let choices = listed.map_or(Vec::new(), |listed| listed.choices);
        let named = choices.iter().find(|choice| choice.value == *place);
        let Some(name) = named.map(Choice::label) else {
            return Ok(None);
        };
        Ok(beginnings(value, &[name]).map(|(own, theirs)| {
            Error::line(format!(
                "the suspicious one is `{}={}`: {by} is {}, whose things begin with {theirs}, and this one begins with {own}",
                self.param,
                shown(value),
                shown(name)
            ))
            .of(&self.api.name)
            .hint(format!("give one that begins with {theirs}"))
        }))
    }

    /// What the list has; nothing where the cloud does not tell.
    fn list(
        &self,
        session: &mut Session,
        listing: &Listing,
        request: Request,
    ) -> Result<Option<Listed>> {
        match session.choices(listing, request, true, self.client, self.options) {
            Ok(listed) => Ok(Some(listed)),
            Err(error) if error.kind == Kind::Interrupted => Err(error),
            Err(error) if self.client.dialect().is_absence(&error) => Ok(Some(Listed {
                choices: Vec::new(),
                whole: true,
            })),
            Err(_) => Ok(None),
        }
    }
}
