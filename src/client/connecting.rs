//! When connections are being made: a layer around the HTTP client's connector in, for waiting futures to see, out.
//! Making a connection has a time limit of its own, so the wait for an answer must not count it.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};
use tower_layer::Layer;
use tower_service::Service;

/// How many connections are being made, and when the last attempt ended.
#[derive(Clone, Copy, Default)]
struct State {
    attempts: usize,
    ended: Option<Instant>,
}

/// What is known of a client's connections; its clones know the same.
#[derive(Clone)]
pub struct Connecting(Arc<watch::Sender<State>>);

impl Connecting {
    pub fn new() -> Connecting {
        Connecting(Arc::new(watch::Sender::new(State::default())))
    }

    /// Awaits the future for at most `limit`, not counting the time in which connections were made.
    pub async fn limit<T>(&self, limit: Duration, future: impl Future<Output = T>) -> Option<T> {
        let start = Instant::now();
        let mut states = self.0.subscribe();
        let mut future = std::pin::pin!(future);
        loop {
            let State { attempts, ended } = *states.borrow_and_update();
            let since = ended.map_or(start, |ended| ended.max(start));
            tokio::select! {
                biased;
                done = &mut future => return Some(done),
                // The sender is `self`'s own, so there is always one.
                _ = states.changed() => {}
                () = sleep_until(since + limit), if attempts == 0 => return None,
            }
        }
    }
}

impl<S> Layer<S> for Connecting {
    type Service = Watched<S>;

    fn layer(&self, inner: S) -> Watched<S> {
        Watched {
            inner,
            connecting: self.clone(),
        }
    }
}

/// A connector whose attempts are counted.
#[derive(Clone)]
pub struct Watched<S> {
    inner: S,
    connecting: Connecting,
}

/// An attempt that has begun; it ends when this is dropped, however that comes.
struct Attempt(Connecting);

impl Attempt {
    fn begin(connecting: &Connecting) -> Attempt {
        connecting.0.send_modify(|state| state.attempts += 1);
        Attempt(connecting.clone())
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        self.0.0.send_modify(|state| {
            state.attempts = state.attempts.saturating_sub(1);
            state.ended = Some(Instant::now());
        });
    }
}

impl<S, R> Service<R> for Watched<S>
where
    S: Service<R>,
    S::Future: Send + 'static,
    S::Response: 'static,
    S::Error: 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = std::result::Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<std::result::Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: R) -> Self::Future {
        let attempt = Attempt::begin(&self.connecting);
        let made = self.inner.call(request);
        Box::pin(async move {
            let _attempt = attempt;
            made.await
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_millis(50);

    fn run<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap()
            .block_on(future)
    }

    #[test]
    fn only_the_time_without_attempts_counts() {
        run(async {
            let connecting = Connecting::new();
            let attempt = Attempt::begin(&connecting);
            let connected = async {
                // Longer than the limit, which does not run meanwhile.
                tokio::time::sleep(LIMIT * 3).await;
                drop(attempt);
                Instant::now()
            };
            let (waited, connected) = tokio::join!(
                async {
                    let never = std::future::pending::<()>();
                    assert_eq!(connecting.limit(LIMIT, never).await, None);
                    Instant::now()
                },
                connected
            );
            assert!(waited.duration_since(connected) >= LIMIT - Duration::from_millis(5));
        });
    }

    #[test]
    fn what_ends_in_time_is_given() {
        run(async {
            let connecting = Connecting::new();
            assert_eq!(connecting.limit(Duration::ZERO, async { 7 }).await, Some(7));
        });
    }
}
