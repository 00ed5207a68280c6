//! What can be called: the cloud's own catalogue, or the shipped one where the cloud does not tell and who calls is right.

use super::{Client, Options};
use crate::catalog::Api;
use crate::error::{Doubt, Error, Kind, Result};

/// A catalogue and where it comes from.
pub struct Found {
    pub apis: Vec<Api>,
    /// Set where the cloud tells no catalogue of its own.
    pub instead: Option<Instead>,
}

/// A catalogue of somebody else.
pub struct Instead {
    pub of: &'static str,
    /// How the cloud refused to tell its own; nothing where its kind has no call for that.
    pub refusal: Option<Error>,
}

/// Asks the cloud what can be called. One that answers as an API and refuses just this has its identity tried with a call
/// that everybody may make: a wrong key refuses all of them alike.
pub async fn discover(client: &Client, options: &Options) -> Result<Found> {
    let Some(discovery) = client.dialect().discovery() else {
        return shipped(client, None);
    };
    let refusal = match client.discover(&discovery, options).await {
        Ok(apis) => {
            return Ok(Found {
                apis,
                instead: None,
            });
        }
        Err(error) if is_refusal(&error, &discovery.api) => error,
        Err(error) => return Err(error),
    };
    let probe = client.dialect().probe();
    match client.start(&probe, options).await {
        Ok(_) => shipped(client, Some(refusal)),
        Err(error) if is_refusal(&error, &probe.api) => {
            Err(both_refused(refusal, &error, &probe.api))
        }
        Err(error) => Err(error),
    }
}

fn shipped(client: &Client, refusal: Option<Error>) -> Result<Found> {
    let shipped = client.dialect().shipped()?;
    Ok(Found {
        apis: shipped.apis,
        instead: Some(Instead {
            of: shipped.of,
            refusal,
        }),
    })
}

/// Whether the API itself said no, which whatever else stands at an address does not; being asked to wait is no such
/// answer, and neither is a refused login.
fn is_refusal(error: &Error, api: &str) -> bool {
    let said = error.said.is_some() && error.api.as_deref() == Some(api);
    error.kind == Kind::Refused && said && error.code != Some(429)
}

/// The cloud refuses what everybody may ask, too: it is about who asks.
fn both_refused(mut refusal: Error, probe: &Error, api: &str) -> Error {
    let doubt = |error: &Error| error.said.as_ref().and_then(|said| said.doubt);
    if doubt(probe) == Some(Doubt::Caller) || refusal.code == Some(401) {
        refusal.hints = vec![
            format!(
                "{api} is refused too, so it is the API key, its secret, the clock, or a user who is disabled"
            ),
            "`set apikey KEY` and `set secretkey SECRET` put a wrong pair right".into(),
        ];
        return refusal;
    }
    refusal.hint(format!(
        "{api}, which everybody may call, is refused too: {}",
        probe.message
    ))
}
