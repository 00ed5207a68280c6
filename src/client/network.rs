//! The thread that does the network: futures in, results out over a channel, with Ctrl-C and a tick while it lasts.

use std::future::Future;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Handle};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::error::{Error, Result};

/// How often the waiting thread may draw something.
const TICK: Duration = Duration::from_millis(100);

/// A current-thread runtime on a thread of its own.
pub struct Network {
    handle: Handle,
    interrupts: watch::Sender<u64>,
}

/// Ctrl-C as the platform tells it.
struct Signals {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
}

impl Signals {
    #[cfg(unix)]
    fn listen() -> std::io::Result<Signals> {
        use tokio::signal::unix::{SignalKind, signal};
        let interrupt = signal(SignalKind::interrupt())?;
        Ok(Signals { interrupt })
    }

    #[cfg(unix)]
    async fn pressed(&mut self) -> bool {
        self.interrupt.recv().await.is_some()
    }

    #[cfg(not(unix))]
    fn listen() -> std::io::Result<Signals> {
        Ok(Signals {})
    }

    #[cfg(not(unix))]
    async fn pressed(&mut self) -> bool {
        tokio::signal::ctrl_c().await.is_ok()
    }
}

/// Tells a future that Ctrl-C was pressed after it was made.
#[derive(Clone)]
pub struct Interrupt {
    presses: watch::Receiver<u64>,
}

impl Interrupt {
    /// Ends when Ctrl-C is pressed.
    pub async fn pressed(&mut self) {
        if self.presses.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

impl Network {
    /// Starts the thread; it lives as long as the process.
    pub fn start() -> Result<Network> {
        let failed =
            |why: std::io::Error| Error::local(format!("no thread for the network: {why}"));
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(failed)?;
        let handle = runtime.handle().clone();
        let (interrupts, _) = watch::channel(0);
        let presses = interrupts.clone();
        // Taken before the thread runs: the line editor puts back whatever it found here, and must find this.
        let mut signals = {
            let _context = runtime.enter();
            Signals::listen().map_err(failed)?
        };
        std::thread::Builder::new()
            .name("network".into())
            .spawn(move || {
                runtime.block_on(async move {
                    while signals.pressed().await {
                        presses.send_modify(|count| *count += 1);
                    }
                    // Without signals the thread still has to serve the futures.
                    std::future::pending::<()>().await;
                });
            })
            .map_err(failed)?;
        Ok(Network { handle, interrupts })
    }

    /// How often Ctrl-C was pressed so far.
    pub fn presses(&self) -> u64 {
        *self.interrupts.borrow()
    }

    pub fn interrupt(&self) -> Interrupt {
        Interrupt {
            presses: self.interrupts.subscribe(),
        }
    }

    /// Starts a future on the network's thread that nobody waits for.
    pub fn spawn(&self, future: impl Future<Output = ()> + Send + 'static) {
        self.handle.spawn(future);
    }

    /// Starts a future on the network's thread that sends what it makes, one at a time; it ends when nobody wants more.
    pub fn stream<T: Send + 'static, F>(
        &self,
        start: impl FnOnce(mpsc::Sender<T>) -> F,
    ) -> Stream<T>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let (sender, receiver) = mpsc::channel(1);
        Stream {
            receiver,
            task: self.handle.spawn(start(sender)),
            handle: self.handle.clone(),
        }
    }

    /// Runs the future on the network's thread and waits; `tick` is called with the time that has passed.
    pub fn run<T: Send + 'static>(
        &self,
        future: impl Future<Output = T> + Send + 'static,
        mut tick: impl FnMut(Duration),
    ) -> Result<T> {
        let (sender, receiver) = channel();
        self.handle.spawn(async move {
            // The receiver waits for as long as this runs.
            let _ = sender.send(future.await);
        });
        let start = Instant::now();
        loop {
            match receiver.recv_timeout(TICK) {
                Ok(result) => return Ok(result),
                Err(RecvTimeoutError::Timeout) => tick(start.elapsed()),
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(Error::local("the network's thread ended unexpectedly")
                        .hint("this is a fault of the program; please report it"));
                }
            }
        }
    }
}

/// What a future on the network's thread makes.
pub struct Stream<T> {
    receiver: mpsc::Receiver<T>,
    task: JoinHandle<()>,
    handle: Handle,
}

impl<T> Stream<T> {
    /// Waits for the next; nothing when the future ended. `tick` is called with the time that has passed.
    pub fn next(&mut self, mut tick: impl FnMut(Duration)) -> Option<T> {
        let start = Instant::now();
        loop {
            let waited = async { timeout(TICK, self.receiver.recv()).await };
            match self.handle.block_on(waited) {
                Ok(next) => return next,
                Err(_) => tick(start.elapsed()),
            }
        }
    }
}

impl<T> Drop for Stream<T> {
    fn drop(&mut self) {
        self.task.abort();
    }
}
