//! HTTP in, API call out, JSON or XML back; limits on heads, bodies and idle sockets. Two doors: everybody's, and the
//! integration port, which opens and closes while the server runs.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Body, Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, COOKIE, DATE, HOST, HeaderValue, SET_COOKIE};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{HeaderMap, Method, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use rusqlite::Connection;
use socket2::{Domain, Socket, Type};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::LocalSet;

use crate::api::{self, Door, Request, World};
use crate::auth::value;
use crate::clock;
use crate::faults::{self, Struck};
use crate::form::{self, decode};
use crate::guests::{Guest, Guests};
use crate::manner::Manner;
use crate::manner::desk::{Desk, Heard};
use crate::patience::Patience;
use crate::receive::{self, Lend};
use crate::slow::Slow;
use crate::wire::Answer;

const LONGEST_QUERY: usize = 8192;
const LARGEST_BODY: usize = 1 << 20;
/// How many may wait to be let in.
const WAITING: i32 = 4096;

/// Where the integration port is open, told to those outside the server.
pub type Told = Arc<Mutex<Option<SocketAddr>>>;

/// What the server is given from outside while it runs.
pub struct Orders {
    /// Listeners for the integration port, each in place of the one before.
    pub integration: mpsc::UnboundedReceiver<TcpListener>,
    pub stop: oneshot::Receiver<()>,
}

/// A server's world and its doors.
struct Server {
    /// How it speaks at everybody's door.
    manner: Manner,
    world: RefCell<World>,
    told: Told,
    /// The port that the configuration opened, and what ends the door when it is dropped.
    configured: Cell<u16>,
    integration: RefCell<Option<watch::Sender<()>>>,
    patience: Patience,
    guests: Rc<Guests>,
}

/// Serves until told to stop.
pub fn serve(
    listener: TcpListener,
    db: Connection,
    manner: Manner,
    told: Told,
    patience: Patience,
    mut orders: Orders,
) {
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
    else {
        return;
    };
    let configured = api::integration_port(&db).unwrap_or(0);
    let server = Rc::new(Server {
        manner,
        world: RefCell::new(World {
            db,
            limits: Default::default(),
        }),
        told,
        configured: Cell::new(configured),
        integration: RefCell::new(None),
        patience,
        guests: Guests::new(patience.connections),
    });
    LocalSet::new().block_on(&runtime, async {
        let (_open, closed) = watch::channel(());
        let opened = async {
            while let Some(listener) = orders.integration.recv().await {
                open_integration(&server, listener);
            }
            std::future::pending().await
        };
        tokio::select! {
            () = accept(server.clone(), listener, Door::Public, closed) => {}
            () = opened => {}
            _ = orders.stop => {}
        }
    });
}

/// Serves the integration port on a listener, in place of the one before.
fn open_integration(server: &Rc<Server>, listener: TcpListener) {
    let (open, closed) = watch::channel(());
    let address = listener.local_addr().ok();
    tell(&server.told, address);
    server.integration.replace(Some(open));
    let door = accept(server.clone(), listener, Door::Integration, closed);
    tokio::task::spawn_local(door);
}

/// Notes where the integration port is.
pub fn tell(told: &Told, address: Option<SocketAddr>) {
    *told.lock().unwrap_or_else(PoisonError::into_inner) = address;
}

/// Opens or closes the integration port where the configuration was changed to say so.
fn follow_configuration(server: &Rc<Server>) {
    let port = api::integration_port(&server.world.borrow().db).unwrap_or(0);
    if server.configured.replace(port) == port {
        return;
    }
    server.integration.replace(None);
    tell(&server.told, None);
    // A port that another program has stays that program's.
    if let Some(listener) = listen_integration(port) {
        open_integration(server, listener);
    }
}

/// A listener on a loopback port; nothing for port 0 and where it cannot be had.
pub fn listen_integration(port: u16) -> Option<TcpListener> {
    if port == 0 {
        return None;
    }
    listen((Ipv4Addr::LOCALHOST, port).into()).ok()
}

/// A listener at which many may wait: those who come when there is no room try again after a second only.
pub fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    // Elsewhere that would let two programs have the same port.
    if cfg!(unix) {
        socket.set_reuse_address(true)?;
    }
    socket.bind(&address.into())?;
    socket.listen(WAITING)?;
    socket.set_nonblocking(true)?;
    Ok(socket.into())
}

/// Serves all who come to a door until it is closed; what they have begun is ended first.
async fn accept(
    server: Rc<Server>,
    listener: TcpListener,
    door: Door,
    mut closed: watch::Receiver<()>,
) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else {
        return;
    };
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = closed.changed() => return,
        };
        let Ok((stream, _)) = accepted else {
            // Too many open files, perhaps: somebody has to close theirs.
            server.guests.send_away();
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        let guest = Rc::new(server.guests.let_in());
        tokio::task::spawn_local(serve_guest(
            server.clone(),
            stream,
            guest,
            door,
            closed.clone(),
        ));
    }
}

/// Serves one who is connected, until they or the server have had enough.
async fn serve_guest(
    server: Rc<Server>,
    stream: TcpStream,
    guest: Rc<Guest>,
    door: Door,
    mut closed: watch::Receiver<()>,
) {
    let Patience { head, answer, .. } = server.patience;
    let served = guest.clone();
    let service = service_fn(move |request| {
        let (server, served) = (server.clone(), served.served());
        async move {
            let response = handle(request, &server, door).await?;
            drop(served);
            Ok::<_, Dropped>(dated(response, &server))
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .auto_date_header(false)
        .header_read_timeout(head)
        .max_buf_size(64 << 10)
        .serve_connection(TokioIo::new(Slow::new(stream, answer)), service);
    let mut connection = std::pin::pin!(connection);
    // A connection that breaks is the caller's affair.
    tokio::select! {
        _ = connection.as_mut() => {}
        () = guest.told_to_leave() => {}
        _ = closed.changed() => {
            connection.as_mut().graceful_shutdown();
            let _ = connection.await;
        }
    }
}

impl Lend for Server {
    fn lend<T>(&self, work: impl FnOnce(&mut Connection) -> T) -> T {
        work(&mut self.world.borrow_mut().db)
    }
}

/// Every answer says what the cloud's clock shows.
fn dated(mut response: Response<Full<Bytes>>, server: &Server) -> Response<Full<Bytes>> {
    let now = api::cloud_time(&server.world.borrow().db);
    let date = clock::http_date(now.unwrap_or_else(|_| clock::now()));
    if let Ok(date) = HeaderValue::from_str(&date) {
        response.headers_mut().insert(DATE, date);
    }
    response
}

/// Why a connection ends without an answer: it was asked for.
#[derive(Debug)]
struct Dropped;

impl fmt::Display for Dropped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a fault that was asked for")
    }
}

impl std::error::Error for Dropped {}

async fn handle(
    request: hyper::Request<Incoming>,
    server: &Rc<Server>,
    door: Door,
) -> Result<Response<Full<Bytes>>, Dropped> {
    if request.uri().path().starts_with(receive::PATH) {
        let received = receive::receive(request, &**server);
        let in_time = tokio::time::timeout(server.patience.upload, received).await;
        return Ok(in_time.unwrap_or_else(|_| page(408, "Request Timeout")));
    }
    let manner = match door {
        Door::Public => server.manner,
        Door::Integration => Manner::CloudStack,
    };
    let query = request.uri().query().unwrap_or_default().to_string();
    if query.len() > LONGEST_QUERY {
        return Ok(page(414, "URI Too Long"));
    }
    if manner.answers(request.uri().path()) {
        return spoken(request, server, manner).await;
    }
    if request.uri().path() != "/client/api" {
        return Ok(page(404, "Not Found"));
    }
    let Some(mut params) = decode(&query) else {
        return Ok(page(400, "Bad Request"));
    };
    let post = request.method() == Method::POST;
    if !post && request.method() != Method::GET || post && !manner.takes_posts() {
        return Ok(empty(405));
    }
    let cookies = cookies(&request);
    let host = host(request.headers());
    let form = form::is_form(request.headers());
    if post && form {
        let bytes = match whole(request.into_body(), server.patience.form).await {
            Ok(bytes) => bytes,
            Err(page) => return Ok(page),
        };
        let decoded = std::str::from_utf8(&bytes).ok().and_then(decode);
        match decoded {
            Some(more) => params.extend(more),
            None => return Ok(page(400, "Bad Request")),
        }
    }
    let json = value(&params, "response").is_some_and(|form| form.eq_ignore_ascii_case("json"));
    let request = Request {
        door,
        params,
        post,
        cookies,
        host,
    };
    let struck = strike(server, &[request.command()]).await?;
    if let Some(status) = struck.page {
        return Ok(trouble_page(status));
    }
    let answer = match &struck.refusal {
        Some(refusal) => manner.refused(&request, refusal),
        None => manner.answer(&mut server.world.borrow_mut(), &request),
    };
    if struck.lost {
        return Err(Dropped);
    }
    if request.command() == "updateConfiguration" {
        follow_configuration(server);
    }
    Ok(respond(answer, json, door))
}

/// What a manner says that answers by itself.
async fn spoken(
    request: hyper::Request<Incoming>,
    server: &Rc<Server>,
    manner: Manner,
) -> Result<Response<Full<Bytes>>, Dropped> {
    let (parts, body) = request.into_parts();
    let body = match whole(body, server.patience.form).await {
        Ok(body) => body,
        Err(page) => return Ok(page),
    };
    let host = host(&parts.headers);
    let heard = Heard {
        method: parts.method,
        uri: parts.uri,
        headers: parts.headers,
        body,
    };
    let names = manner.called(&heard);
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let struck = strike(server, &names).await?;
    if let Some(status) = struck.page {
        return Ok(trouble_page(status));
    }
    let response = match &struck.refusal {
        Some(refusal) => manner.spoken_refusal(&heard, refusal),
        None => manner.speak(&heard, &Desk::new(&server.world, &host)).await,
    };
    if struck.lost {
        return Err(Dropped);
    }
    Ok(response)
}

/// The trouble that comes over a call by these names; what makes it late, or drops it, has done so.
async fn strike(server: &Server, names: &[&str]) -> Result<Struck, Dropped> {
    let struck = faults::strike(&server.world.borrow().db, names).unwrap_or_default();
    if struck.late > 0 {
        tokio::time::sleep(Duration::from_millis(struck.late)).await;
    }
    if struck.dropped {
        return Err(Dropped);
    }
    Ok(struck)
}

/// What the server was called by.
fn host(headers: &HeaderMap) -> String {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    host.unwrap_or_default().to_string()
}

/// A body as it came, or what is said of one that is too large, too slow or broken off.
async fn whole(body: Incoming, patience: Duration) -> Result<Bytes, Response<Full<Bytes>>> {
    let too_large = || page(413, "Request Entity Too Large");
    if body.size_hint().lower() > LARGEST_BODY as u64 {
        return Err(too_large());
    }
    let body = Limited::new(body, LARGEST_BODY).collect();
    match tokio::time::timeout(patience, body).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(why)) if why.is::<LengthLimitError>() => Err(too_large()),
        Ok(Err(_)) => Err(page(400, "Bad Request")),
        Err(_) => Err(page(408, "Request Timeout")),
    }
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

fn respond(answer: Answer, json: bool, door: Door) -> Response<Full<Bytes>> {
    let media = match (door, json) {
        (Door::Public, true) => "application/json;charset=utf-8",
        (Door::Public, false) => "text/xml;charset=utf-8",
        (Door::Integration, true) => "application/json; charset=UTF-8",
        (Door::Integration, false) => "text/xml; charset=UTF-8",
    };
    let body = if json {
        answer.body.json()
    } else {
        answer.body.xml(answer.version)
    };
    let mut response = with_status(Response::new(Full::new(Bytes::from(body))), answer.status);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media));
    if let Some(text) = &answer.description
        && door == Door::Public
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

/// The page that a fault puts in an answer's place.
fn trouble_page(status: u16) -> Response<Full<Bytes>> {
    let known = hyper::StatusCode::from_u16(status).ok();
    let reason = known.and_then(|status| status.canonical_reason());
    page(status, reason.unwrap_or("Error"))
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
