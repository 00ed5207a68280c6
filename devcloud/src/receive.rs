//! A file over HTTP in: its headers held against what was announced, its bytes counted and summed up as they come and kept
//! nowhere; what became of it out, as text.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::StreamExt;
use http_body_util::{BodyDataStream, BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};
use md5::{Digest, Md5};
use multer::Multipart;
use rusqlite::Connection;
use tokio::time::timeout;

use crate::api::upload::{self, Announced, Arrived};
use crate::clock;

/// What stands before the id in the path of an upload.
pub const PATH: &str = "/upload/";
/// How long the sender may pause.
const PAUSE: Duration = Duration::from_secs(30);
/// How much there may be of a form in which no file begins.
const LONGEST_HEAD: usize = 256 << 10;
/// How much of a refused file is read so that its sender sees the refusal.
const REFUSED: usize = 64 << 20;

/// Lends the cloud's state for a moment, in which nothing is waited for.
pub trait Lend {
    fn lend<T>(&self, work: impl FnOnce(&mut Connection) -> T) -> T;
}

/// Marks an upload as failed that ends without saying how, as when its sender goes away.
struct Unfinished<'a, L: Lend> {
    state: &'a L,
    uuid: &'a str,
}

impl<L: Lend> Drop for Unfinished<'_, L> {
    fn drop(&mut self) {
        // One that was finished is not failed by this.
        let _ = self.state.lend(|db| upload::fail(db, self.uuid));
    }
}

/// Takes the file that a request brings.
pub async fn receive(request: Request<Incoming>, state: &impl Lend) -> Response<Full<Bytes>> {
    let (parts, mut body) = request.into_parts();
    let header = |name: &str| {
        let value = parts
            .headers
            .get(name)
            .and_then(|value| value.to_str().ok());
        value.unwrap_or_default().to_string()
    };
    if parts.method != Method::POST {
        return text(StatusCode::BAD_REQUEST, "only post requests are allowed");
    }
    let announced = Announced {
        uuid: parts.uri.path()[PATH.len()..].to_string(),
        host: header(HOST.as_str()),
        signature: header("x-signature"),
        metadata: header("x-metadata"),
        expires: header("x-expires"),
        length: header(CONTENT_LENGTH.as_str()).parse().unwrap_or(0),
    };
    if let Err(why) = state.lend(|db| upload::begin(db, &announced, clock::now())) {
        swallow(&mut body).await;
        return text(StatusCode::BAD_REQUEST, &why);
    }
    let _unfinished = Unfinished {
        state,
        uuid: &announced.uuid,
    };
    let arrived = match multer::parse_boundary(header(CONTENT_TYPE.as_str())) {
        Ok(boundary) => file(body, boundary).await,
        Err(why) => {
            swallow(&mut body).await;
            Err(why.to_string())
        }
    };
    let arrived = match arrived {
        Ok(Some(arrived)) => arrived,
        Ok(None) => {
            return text(
                StatusCode::UNPROCESSABLE_ENTITY,
                "received entity is not a file",
            );
        }
        Err(why) => return text(StatusCode::INTERNAL_SERVER_ERROR, &why),
    };
    match state.lend(|db| upload::finish(db, &announced.uuid, &arrived, clock::now())) {
        Ok(()) => text(StatusCode::OK, "upload successful."),
        Err(why) => text(StatusCode::INTERNAL_SERVER_ERROR, &why),
    }
}

/// The one file of a form, which has to end as a form does.
async fn file(body: Incoming, boundary: String) -> Result<Option<Arrived>, String> {
    // What came since the last piece of a file is kept until the next one is found.
    let kept = Arc::new(AtomicUsize::new(0));
    let counted = kept.clone();
    let parts = BodyDataStream::new(body).map(move |chunk| {
        let chunk = chunk.map_err(|why| why.to_string())?;
        let length = counted.fetch_add(chunk.len(), Ordering::Relaxed);
        match length < LONGEST_HEAD {
            true => Ok(chunk),
            false => Err("the head of a part is too long".to_string()),
        }
    });
    let mut form = Multipart::new(parts, boundary);
    let paused = |_| "the sender paused for too long".to_string();
    let broken = |why: multer::Error| match why {
        multer::Error::StreamReadFailed(why) => format!("file receive failed: {why}"),
        other => format!("file receive failed: {other}"),
    };
    let mut arrived = None;
    while let Some(mut field) = timeout(PAUSE, form.next_field())
        .await
        .map_err(paused)?
        .map_err(broken)?
    {
        let is_file = field.file_name().is_some() && arrived.is_none();
        let (mut size, mut sum) = (0, Md5::new());
        while let Some(chunk) = timeout(PAUSE, field.chunk())
            .await
            .map_err(paused)?
            .map_err(broken)?
        {
            size += chunk.len() as u64;
            sum.update(&chunk);
            kept.store(0, Ordering::Relaxed);
        }
        if is_file {
            let checksum = sum.finalize();
            let checksum = checksum.iter().map(|byte| format!("{byte:02x}")).collect();
            arrived = Some(Arrived { size, checksum });
        }
    }
    Ok(arrived)
}

/// Reads what nobody wants, within limits: a connection that is closed before would take the answer with it.
async fn swallow(body: &mut Incoming) {
    let within = async {
        let mut left = REFUSED;
        while let Some(Ok(frame)) = body.frame().await {
            let length = frame.data_ref().map_or(0, Bytes::len);
            if length > left {
                return;
            }
            left -= length;
        }
    };
    // What is still to come after that is not waited for.
    let _ = timeout(PAUSE, within).await;
}

fn text(status: StatusCode, said: &str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(said.to_string())));
    *response.status_mut() = status;
    response.headers_mut().insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/plain; charset=UTF-8"),
    );
    response
}
