//! HTTP in, API call out, JSON or XML back; limits on heads, bodies and idle sockets.

use std::cell::RefCell;
use std::convert::Infallible;
use std::net::TcpListener;
use std::rc::Rc;
use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, COOKIE, HOST, HeaderValue, SET_COOKIE};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use percent_encoding::percent_decode_str;
use rusqlite::Connection;
use tokio::sync::oneshot;
use tokio::task::LocalSet;

use crate::api::{self, Request};
use crate::auth::{Params, value};
use crate::receive::{self, Lend};
use crate::wire::Answer;

const LONGEST_QUERY: usize = 8192;
const LARGEST_BODY: usize = 1 << 20;
const HEAD_TIME: Duration = Duration::from_secs(15);
const BODY_TIME: Duration = Duration::from_secs(30);

/// Serves until told to stop.
pub fn serve(listener: TcpListener, connection: Connection, stopped: oneshot::Receiver<()>) {
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
    else {
        return;
    };
    let connection = Rc::new(RefCell::new(connection));
    LocalSet::new().block_on(&runtime, async {
        tokio::select! {
            () = accept(listener, connection) => {}
            _ = stopped => {}
        }
    });
}

async fn accept(listener: TcpListener, connection: Rc<RefCell<Connection>>) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else {
        return;
    };
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // Too many open files, perhaps: others may close theirs meanwhile.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let connection = connection.clone();
        tokio::task::spawn_local(async move {
            let service = service_fn(move |request| {
                let connection = connection.clone();
                async move { Ok::<_, Infallible>(handle(request, &connection).await) }
            });
            // A connection that breaks is the caller's affair.
            let _ = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEAD_TIME)
                .max_buf_size(64 << 10)
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

impl Lend for RefCell<Connection> {
    fn lend<T>(&self, work: impl FnOnce(&mut Connection) -> T) -> T {
        work(&mut self.borrow_mut())
    }
}

async fn handle(
    request: hyper::Request<Incoming>,
    connection: &RefCell<Connection>,
) -> Response<Full<Bytes>> {
    if request.uri().path().starts_with(receive::PATH) {
        return receive::receive(request, connection).await;
    }
    if request.uri().path() != "/client/api" {
        return page(404, "Not Found");
    }
    let query = request.uri().query().unwrap_or_default().to_string();
    if query.len() > LONGEST_QUERY {
        return page(414, "URI Too Long");
    }
    let Some(mut params) = decode(&query) else {
        return page(400, "Bad Request");
    };
    let post = request.method() == Method::POST;
    if !post && request.method() != Method::GET {
        return empty(405);
    }
    let cookies = cookies(&request);
    let host = request
        .headers()
        .get(HOST)
        .and_then(|host| host.to_str().ok())
        .unwrap_or_default()
        .to_string();
    let form = request
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|media| media.to_str().ok())
        .is_some_and(|media| media.starts_with("application/x-www-form-urlencoded"));
    if post && form {
        let body = Limited::new(request.into_body(), LARGEST_BODY).collect();
        let Ok(Ok(body)) = tokio::time::timeout(BODY_TIME, body).await else {
            return page(400, "Bad Request");
        };
        let bytes = body.to_bytes();
        let decoded = std::str::from_utf8(&bytes).ok().and_then(decode);
        match decoded {
            Some(more) => params.extend(more),
            None => return page(400, "Bad Request"),
        }
    }
    let json = value(&params, "response").is_some_and(|form| form.eq_ignore_ascii_case("json"));
    let request = Request {
        params,
        post,
        cookies,
        host,
    };
    respond(api::answer(&mut connection.borrow_mut(), &request), json)
}

/// The names and values of the cookies that came with a request.
fn cookies(request: &hyper::Request<Incoming>) -> Vec<(String, String)> {
    request
        .headers()
        .get_all(COOKIE)
        .iter()
        .filter_map(|header| header.to_str().ok())
        .flat_map(|header| header.split(';'))
        .filter_map(|cookie| cookie.trim().split_once('='))
        .map(|(name, value)| (name.into(), value.into()))
        .collect()
}

fn respond(answer: Answer, json: bool) -> Response<Full<Bytes>> {
    let (body, media) = if json {
        (answer.body.json(), "application/json;charset=utf-8")
    } else {
        (answer.body.xml(), "text/xml;charset=utf-8")
    };
    let mut response = with_status(Response::new(Full::new(Bytes::from(body))), answer.status);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media));
    if let Some(text) = &answer.description
        && let Ok(text) = HeaderValue::from_str(text)
    {
        headers.insert("x-description", text);
    }
    for cookie in &answer.cookies {
        if let Ok(cookie) = HeaderValue::from_str(cookie) {
            headers.append(SET_COOKIE, cookie);
        }
    }
    response
}

fn with_status(mut response: Response<Full<Bytes>>, status: u16) -> Response<Full<Bytes>> {
    if let Ok(status) = hyper::StatusCode::from_u16(status) {
        *response.status_mut() = status;
    }
    response
}

/// A status that says everything.
fn empty(status: u16) -> Response<Full<Bytes>> {
    with_status(Response::new(Full::default()), status)
}

/// What stands before the API answers for itself.
fn page(status: u16, text: &str) -> Response<Full<Bytes>> {
    let html = format!(
        "<html><head><title>{status} {text}</title></head><body><h1>{text}</h1></body></html>"
    );
    let mut response = with_status(Response::new(Full::new(Bytes::from(html))), status);
    response.headers_mut().insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/html;charset=iso-8859-1"),
    );
    response
}

/// Names and values of a query or form; nothing where an escape is broken or no UTF-8 comes out.
fn decode(text: &str) -> Option<Params> {
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Some((unescape(name)?, unescape(value)?))
        })
        .collect()
}

fn unescape(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let whole = bytes.iter().enumerate().all(|(at, byte)| {
        *byte != b'%'
            || bytes
                .get(at + 1..at + 3)
                .is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    });
    if !whole {
        return None;
    }
    let text = text.replace('+', " ");
    percent_decode_str(&text)
        .decode_utf8()
        .ok()
        .map(|decoded| decoded.into_owned())
}
