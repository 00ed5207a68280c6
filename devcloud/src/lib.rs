//! A small CloudStack cloud in a box: an HTTP server on a loopback port, its world in an SQLite file.

mod ageing;
#[macro_use]
mod api;
mod auth;
mod clock;
mod credentials;
pub mod faults;
mod form;
mod guests;
mod manner;
mod meter;
mod outline;
mod patience;
mod receive;
mod schedule;
mod seed;
mod server;
mod slow;
mod store;
mod wire;

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::PoisonError;
use std::thread::JoinHandle;

use rusqlite::TransactionBehavior;
use tokio::sync::{mpsc, oneshot};

pub use manner::Manner;
pub use patience::Patience;

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
    manner: Manner,
    apikey: String,
    secretkey: String,
    integration: mpsc::UnboundedSender<TcpListener>,
    told: server::Told,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// Starts the cloud whose state is kept in `state`, an SQLite file made and seeded when absent, listening on `address`.
pub fn start(state: &Path, address: SocketAddr) -> Result<Cloud, Error> {
    start_as(state, address, Manner::CloudStack)
}

/// The same cloud in another manner of speaking. Its integration port speaks as CloudStack whatever the manner.
pub fn start_as(state: &Path, address: SocketAddr, manner: Manner) -> Result<Cloud, Error> {
    start_with(state, address, manner, Patience::default())
}

/// The same with other limits towards its callers.
pub fn start_with(
    state: &Path,
    address: SocketAddr,
    manner: Manner,
    patience: Patience,
) -> Result<Cloud, Error> {
    let connection = store::open(state)?;
    let keys = store::admin_keys(&connection).map_err(|why| unread(state, &why))?;
    let (apikey, secretkey) = keys.ok_or_else(|| no_administrator(state))?;
    let listener = listen(address)?;
    let address = listener.local_addr().map_err(|why| taken(address, &why))?;
    let configured = api::integration_port(&connection).map_err(|why| unread(state, &why.text))?;
    let (integration, opened) = mpsc::unbounded_channel();
    let (stop, stopped) = oneshot::channel();
    let told = server::Told::default();
    let mut cloud = Cloud {
        address,
        manner,
        apikey,
        secretkey,
        integration,
        told: told.clone(),
        stop: Some(stop),
        thread: None,
    };
    // Where another cloud or program has the port, this one goes without.
    if let Some(listener) = server::listen_integration(configured) {
        cloud.take_integration(listener);
    }
    let orders = server::Orders {
        integration: opened,
        stop: stopped,
    };
    let thread = std::thread::Builder::new()
        .name("devcloud".into())
        .spawn(move || server::serve(listener, connection, manner, told, patience, orders))
        .map_err(|why| taken(address, &why))?;
    cloud.thread = Some(thread);
    Ok(cloud)
}

fn listen(address: SocketAddr) -> Result<TcpListener, Error> {
    server::listen(address).map_err(|why| taken(address, &why))
}

fn taken(address: SocketAddr, why: &std::io::Error) -> Error {
    Error::new(format!(
        "the built-in cloud cannot listen on {address}: {why}"
    ))
}

/// Starts the world over, also for servers that have it open. The administrator's keys stay the same.
pub fn reset(state: &Path) -> Result<(), Error> {
    start_over(state, seed::seed)
}

/// The same with a world as a server has it that was never used: an administrator and offerings, and no zone.
pub fn reset_empty(state: &Path) -> Result<(), Error> {
    start_over(state, seed::fresh)
}

fn start_over(state: &Path, seed: store::Seed) -> Result<(), Error> {
    let mut connection = store::open(state)?;
    store::reset(&mut connection, seed).map_err(|why| unread(state, &why))
}

/// Adds so many machines, networks and data disks of the administrator's to the world, with names, states and addresses of
/// their own; there are at most 250 machines to a network. Fills nothing where it fails.
pub fn fill(state: &Path, machines: u32, networks: u32, volumes: u32) -> Result<(), Error> {
    let mut connection = store::open(state)?;
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(|why| unread(state, &why))?;
    api::fill(&transaction, machines, networks, volumes).map_err(|why| {
        Error::new(format!(
            "the built-in cloud could not be filled: {}",
            why.text
        ))
    })?;
    transaction.commit().map_err(|why| unread(state, &why))
}

/// The administrator's API key and secret key as they are now.
pub fn admin_keys(state: &Path) -> Result<(String, String), Error> {
    let connection = store::open(state)?;
    let keys = store::admin_keys(&connection).map_err(|why| unread(state, &why))?;
    keys.ok_or_else(|| no_administrator(state))
}

fn no_administrator(state: &Path) -> Error {
    Error::new(format!(
        "the built-in cloud's state {} has no administrator; delete it to start over",
        state.display()
    ))
}

/// Lets so much time pass for the world, in milliseconds: jobs end, and usage accrues. The clock itself stays right.
pub fn advance(state: &Path, milliseconds: i64) -> Result<(), Error> {
    let mut connection = store::open(state)?;
    let aged = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .and_then(|transaction| {
            ageing::advance(&transaction, milliseconds)?;
            transaction.commit()
        });
    aged.map_err(|why| unread(state, &why))
}

/// Sets how far the cloud's clock is ahead of the true time, in seconds; below 0 it is behind.
pub fn set_clock(state: &Path, seconds: i64) -> Result<(), Error> {
    let connection = store::open(state)?;
    store::change_setting(&connection, api::CLOCK_OFFSET, &seconds.to_string())
        .map_err(|why| unread(state, &why))
}

/// A short fingerprint of the APIs that this build offers: it changes when they do.
pub fn fingerprint() -> String {
    api::fingerprint()
}

fn unread(state: &Path, why: &impl std::fmt::Display) -> Error {
    Error::new(format!(
        "the built-in cloud's state {} could not be used: {why}; if it is damaged, delete it",
        state.display()
    ))
}

fn at(address: SocketAddr) -> String {
    format!("http://{address}/client/api")
}

impl Cloud {
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where the API is: `http://127.0.0.1:PORT/client/api`, or what a manner has in its place.
    pub fn url(&self) -> String {
        format!("http://{}{}", self.address, self.manner.path())
    }

    /// Where EC2's calls go, in a manner that has them: `http://127.0.0.1:PORT/awsapi`.
    pub fn awsapi_url(&self) -> Option<String> {
        let path = self.manner.awsapi()?;
        Some(format!("http://{}{path}", self.address))
    }

    /// Opens the integration port, which takes calls without keys, on a loopback address in place of any other that is
    /// open, and gives its URL. Port 0 is any free one.
    pub fn open_integration(&self, address: SocketAddr) -> Result<String, Error> {
        if !address.ip().is_loopback() {
            return Err(Error::new(format!(
                "the integration port makes whoever reaches it the cloud's administrator, so it opens on a loopback \
                 address only, and {address} is none; take 127.0.0.1"
            )));
        }
        let listener = listen(address)?;
        let address = listener.local_addr().map_err(|why| taken(address, &why))?;
        self.take_integration(listener);
        Ok(at(address))
    }

    fn take_integration(&self, listener: TcpListener) {
        server::tell(&self.told, listener.local_addr().ok());
        // A server that is gone has no doors to open.
        let _ = self.integration.send(listener);
    }

    /// Where the integration port is, if it is open: by `open_integration`, or by the setting `integration.api.port`.
    pub fn integration_url(&self) -> Option<String> {
        let told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.map(at)
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
