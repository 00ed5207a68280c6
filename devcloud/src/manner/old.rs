//! CloudStack 4.0 in place of later ones: the same calls, but for discovery, which came with 4.1.

use crate::api::{self, Request, World};
use crate::wire::{Answer, Refusal};

const VERSION: &str = "4.0.2";

pub fn answer(world: &mut World, request: &Request) -> Answer {
    let command = request.command();
    let there = command != "listApis" && api::names().any(|name| name == command);
    // It looked for the command before it looked who called.
    if there || command.is_empty() || command == "login" || command == "logout" {
        return spoken(api::answer(world, request));
    }
    spoken(no_such_command().answer("errorresponse"))
}

/// What it says of a command that it does not have.
pub fn no_such_command() -> Refusal {
    Refusal::new(432, 9999, "The given command does not exist")
}

/// An answer as it gives it.
pub fn spoken(answer: Answer) -> Answer {
    Answer {
        version: Some(VERSION),
        ..answer
    }
}
