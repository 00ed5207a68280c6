//! Turns at servers that take one call at a time: whoever of this process has a server's turn is the only one to call it.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex};

use tokio::sync::{Mutex as Queue, OwnedMutexGuard};

use super::wire::locked;

/// A queue for each server that was waited at; clients of one process share them.
static QUEUES: LazyLock<Mutex<HashMap<String, Arc<Queue<()>>>>> = LazyLock::new(Mutex::default);

/// Waits for the turn at that server, which lasts until what this gives is dropped.
pub async fn at(server: &str) -> OwnedMutexGuard<()> {
    let queue = locked(&QUEUES).entry(server.into()).or_default().clone();
    queue.lock_owned().await
}
