//! The thread that does the network: futures in, results out over a channel, with Ctrl-C and a tick while it lasts.

use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex};
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
    terminated: Arc<AtomicBool>,
    last: Last,
}

/// Ctrl-C, and the signal that ends a process, as the platform tells them.
struct Signals {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

enum Told {
    Pressed,
    Terminate,
}

impl Signals {
    #[cfg(unix)]
    fn listen() -> std::io::Result<Signals> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Signals {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    #[cfg(unix)]
    async fn next(&mut self) -> Option<Told> {
        tokio::select! {
            told = self.interrupt.recv() => told.map(|()| Told::Pressed),
            told = self.terminate.recv() => told.map(|()| Told::Terminate),
        }
    }

    #[cfg(not(unix))]
    fn listen() -> std::io::Result<Signals> {
        Ok(Signals {})
    }

    #[cfg(not(unix))]
    async fn next(&mut self) -> Option<Told> {
        let pressed = tokio::signal::ctrl_c().await.is_ok();
        pressed.then_some(Told::Pressed)
    }
}

/// What is still to be done before the process is ended.
type Last = Arc<Mutex<Option<Box<dyn FnOnce() + Send>>>>;

/// How long who passed `Network::goes_on` just before the end may take to change the terminal.
const GRACE: Duration = Duration::from_millis(20);

/// Ends the process as the signal does where nobody listens for it.
fn terminate(last: &Last) {
    // Held to the end, so that nobody passes any more.
    let mut last = last.lock().unwrap_or_else(|held| held.into_inner());
    if let Some(work) = last.take() {
        std::thread::sleep(GRACE);
        work();
    }
    #[cfg(unix)]
    // It does not come back.
    let _ = signal_hook::low_level::emulate_default_handler(signal_hook::consts::SIGTERM);
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
        let terminated = Arc::new(AtomicBool::new(false));
        let ending = terminated.clone();
        let last = Last::default();
        let work = last.clone();
        // Taken before the thread runs: the line editor puts back whatever it found here, and must find this.
        let mut signals = {
            let _context = runtime.enter();
            Signals::listen().map_err(failed)?
        };
        std::thread::Builder::new()
            .name("network".into())
            .spawn(move || {
                runtime.block_on(async move {
                    while let Some(told) = signals.next().await {
                        if let Told::Terminate = told {
                            // Who waits for the cloud is told as by Ctrl-C, and says what goes on there.
                            if presses.receiver_count() == 0 {
                                terminate(&work);
                            }
                            ending.store(true, Ordering::SeqCst);
                        }
                        presses.send_modify(|count| *count += 1);
                    }
                    // Without signals the thread still has to serve the futures.
                    std::future::pending::<()>().await;
                });
            })
            .map_err(failed)?;
        Ok(Network {
            handle,
            interrupts,
            terminated,
            last,
        })
    }

    /// Does this before the process is ended while nobody waits for the cloud.
    pub fn before_end(&self, work: Box<dyn FnOnce() + Send>) {
        *self.last.lock().unwrap_or_else(|held| held.into_inner()) = Some(work);
    }

    /// Comes back where the process is not being ended: what changes the terminal after that is put back.
    pub fn goes_on(&self) {
        drop(self.last.lock());
    }

    /// Whether the process was told to end; what waited for the cloud was told as by Ctrl-C.
    pub fn terminated(&self) -> bool {
        self.terminated.load(Ordering::SeqCst)
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
