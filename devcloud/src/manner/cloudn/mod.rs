//! NTT Communications' Cloudn Compute (FLAT): an old CloudStack with 38 commands, by GET only, and beside it EC2's actions.
//! Source: the vendor's API manual of June 2013.

mod rules;

use crate::api::{self, Request, Ways, World, own_envelope};
use crate::wire::{Answer, Refusal};

use super::old;

/// The commands of the manual, one a line; its listSnapshot is CloudStack's listSnapshots.
const COMMANDS: &str = include_str!("commands.txt");

const WAYS: Ways = Ways {
    apis: &[rules::APIS],
    check: rules::check,
};

/// The commands that no CloudStack has.
pub fn names_of_its_own() -> impl Iterator<Item = &'static str> {
    WAYS.apis.iter().copied().flatten().map(|api| api.name)
}

pub fn answer(world: &mut World, request: &Request) -> Answer {
    let command = request.command();
    if !COMMANDS.lines().any(|known| known == command) {
        return old::spoken(old::no_such_command().answer("errorresponse"));
    }
    let outcome = api::outcome(world, request, &WAYS);
    old::spoken(outcome.written(own_envelope(command)))
}

/// A refusal that comes whatever was asked.
pub fn refused(request: &Request, refusal: &Refusal) -> Answer {
    old::spoken(refusal.answer(&own_envelope(request.command())))
}

#[cfg(test)]
mod tests {
    use crate::auth::{Params, signed_by};

    #[test]
    fn the_manuals_vector_is_signed_as_it_says() {
        let params: Params = [
            ("command", "deployVirtualMachine"),
            ("serviceofferingid", "38"),
            ("templateid", "241"),
            ("zoneid", "1"),
            ("apikey", "APIKEYSAMPLE"),
            ("signature", "8vjVFWLtIruwxdxNvG1CLs1mGVw="),
        ]
        .map(|(name, value)| (name.into(), value.into()))
        .into();
        assert!(signed_by(&params, "SECRETKEYSAMPLE"));
        assert!(!signed_by(&params, "secretkeysample"));
    }
}
