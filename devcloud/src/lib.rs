//! A small CloudStack cloud in a box: an HTTP server on a loopback port, its world in an SQLite file.

mod api;
mod auth;
mod clock;
mod credentials;
mod receive;
mod seed;
mod server;
mod store;
mod wire;

use std::net::SocketAddr;
use std::path::Path;
use std::thread::JoinHandle;

use tokio::sync::oneshot;

/// Why the cloud could not be started: what was tried, what came back, what to do.
#[derive(Debug)]
pub struct Error {
    message: String,
}

impl Error {
    fn new(message: impl Into<String>) -> Error {
        Error {
            message: message.into(),
        }
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

/// A running cloud; dropping it stops the server, and jobs go on in its file.
pub struct Cloud {
    address: SocketAddr,
    apikey: String,
    secretkey: String,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// Starts the cloud whose state is kept in `state`, an SQLite file made and seeded when absent, listening on `address`.
pub fn start(state: &Path, address: SocketAddr) -> Result<Cloud, Error> {
    let connection = store::open(state)?;
    let keys = store::admin_keys(&connection).map_err(|why| unread(state, &why))?;
    let (apikey, secretkey) = keys.ok_or_else(|| {
        Error::new(format!(
            "the built-in cloud's state {} has no administrator; delete it to start over",
            state.display()
        ))
    })?;
    let taken = |why: std::io::Error| {
        Error::new(format!(
            "the built-in cloud cannot listen on {address}: {why}"
        ))
    };
    let listener = std::net::TcpListener::bind(address).map_err(taken)?;
    listener.set_nonblocking(true).map_err(taken)?;
    let address = listener.local_addr().map_err(taken)?;
    let (stop, stopped) = oneshot::channel();
    let thread = std::thread::Builder::new()
        .name("devcloud".into())
        .spawn(move || server::serve(listener, connection, stopped))
        .map_err(taken)?;
    Ok(Cloud {
        address,
        apikey,
        secretkey,
        stop: Some(stop),
        thread: Some(thread),
    })
}

/// Starts the world over, also for servers that have it open. The administrator's keys stay the same.
pub fn reset(state: &Path) -> Result<(), Error> {
    let mut connection = store::open(state)?;
    store::reset(&mut connection).map_err(|why| unread(state, &why))
}

/// A short fingerprint of the APIs that this build offers: it changes when they do.
pub fn fingerprint() -> String {
    api::fingerprint()
}

fn unread(state: &Path, why: &rusqlite::Error) -> Error {
    Error::new(format!(
        "the built-in cloud's state {} could not be used: {why}; if it is damaged, delete it",
        state.display()
    ))
}

impl Cloud {
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where the API is: `http://127.0.0.1:PORT/client/api`.
    pub fn url(&self) -> String {
        format!("http://{}/client/api", self.address)
    }

    /// The administrator's API key.
    pub fn apikey(&self) -> &str {
        &self.apikey
    }

    /// The administrator's secret key.
    pub fn secretkey(&self) -> &str {
        &self.secretkey
    }
}

impl Drop for Cloud {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // A server that is gone already needs no telling.
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
