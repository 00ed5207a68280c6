//! What a cloud says of a call, without the secrets of that call: servers repeat values that they find wrong.

use super::Request;
use crate::error::Error;
use crate::line::secrets::{STRUCK, is_secret_of};

/// Shorter values are words that stand in any sentence.
const SHORTEST: usize = 4;

/// The error without the secrets of its request.
pub fn unsaid(mut error: Error, request: &Request) -> Error {
    let Request { api, params } = request;
    let secrets = params
        .iter()
        .filter(|(name, value)| value.len() >= SHORTEST && is_secret_of(api, params, name));
    for (_, value) in secrets {
        error.message = error.message.replace(value, STRUCK);
        if let Some(said) = &mut error.said {
            said.text = said.text.replace(value, STRUCK);
        }
    }
    error
}
