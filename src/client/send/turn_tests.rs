//! Clients of one process at a server that takes one call at a time, and at one that takes any number.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::join_all;

use super::*;
use crate::cloud::{SignedCall, kind};

/// Takes a while for each call, and notes how many were there at once.
#[derive(Clone, Default)]
struct Busy {
    there: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
}

impl Carrier for Busy {
    fn carry<'a>(
        &'a self,
        _: &'a str,
        _: &'a SignedCall,
        _: bool,
    ) -> std::pin::Pin<Box<dyn Future<Output = Result<Reply, Failure>> + Send + 'a>> {
        Box::pin(async {
            let there = self.there.fetch_add(1, Ordering::SeqCst) + 1;
            self.most.fetch_max(there, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(100)).await;
            self.there.fetch_sub(1, Ordering::SeqCst);
            Ok(Reply {
                status: 200,
                ..Reply::default()
            })
        })
    }

    fn doubt(&self, _: &str, error: Error) -> Error {
        error
    }
}

/// How many of four calls, two each of two clients, are at a server at once.
async fn at_once(of: &str) -> usize {
    let busy = Busy::default();
    let dialect = (kind(of).dialect)();
    let sender = || {
        let access = Access {
            servers: vec![format!("http://{of}.example.org/client/api")],
            identity: Identity::Nobody,
        };
        Sender::over(Box::new(busy.clone()), access, None, None)
    };
    let (one, other) = (sender(), sender());
    let request = Request {
        api: "listZones".into(),
        params: Vec::new(),
    };
    let options = Options::default();
    let calls = [&one, &other, &one, &other]
        .map(|sender| sender.send(&*dialect, &request, &options, Twice::Harmless));
    for reply in join_all(calls).await {
        assert!(reply.is_ok());
    }
    busy.most.load(Ordering::SeqCst)
}

#[tokio::test(start_paused = true)]
async fn clients_take_turns_only_where_a_server_wants_it() {
    assert_eq!(at_once("kcps").await, 1);
    assert_eq!(at_once("cloudstack").await, 4);
}
