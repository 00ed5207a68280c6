//! A proxy between the program and a cloud that does to each request what its schedule says: passes it, loses it before, in
//! the middle of or after its way, stalls it, cuts or scribbles over the answer, or answers in the cloud's place.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use socket2::{Domain, Protocol, SockRef, Socket, Type};

/// What happens to a request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fault {
    Pass,
    /// The connection is reset before the request is read.
    ResetBefore,
    /// … when half of it is read.
    ResetAmid,
    /// … when the cloud has it and has answered: the answer is dropped.
    DropAnswer,
    /// Nothing is said for longer than anybody waits; the cloud has it or not.
    Stall {
        forwarded: bool,
    },
    /// Half of the answer comes.
    Truncate,
    /// The answer is scribbled over.
    Corrupt,
    /// The proxy answers; the cloud has the request or not.
    Answer {
        status: u16,
        forwarded: bool,
    },
    /// Nobody listens for the next connections' while.
    Refuse,
}

pub const FAULTS: [Fault; 14] = [
    Fault::Pass,
    Fault::ResetBefore,
    Fault::ResetAmid,
    Fault::DropAnswer,
    Fault::Stall { forwarded: true },
    Fault::Stall { forwarded: false },
    Fault::Truncate,
    Fault::Corrupt,
    Fault::Answer {
        status: 429,
        forwarded: false,
    },
    Fault::Answer {
        status: 502,
        forwarded: false,
    },
    Fault::Answer {
        status: 502,
        forwarded: true,
    },
    Fault::Answer {
        status: 503,
        forwarded: true,
    },
    Fault::Answer {
        status: 200,
        forwarded: true,
    },
    Fault::Refuse,
];

/// Numbers that look like chance and are the same for the same seed.
#[derive(Clone)]
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Dice {
        Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as usize % limit
    }
}

/// Faults by chance, this many of a hundred requests.
pub struct Schedule {
    pub dice: Dice,
    pub percent: usize,
}

impl Schedule {
    fn next(&mut self) -> Fault {
        if self.dice.below(100) >= self.percent {
            return Fault::Pass;
        }
        FAULTS[self.dice.below(FAULTS.len())]
    }
}

/// How long a stalled request is held; the program waits less.
const STALL: Duration = Duration::from_millis(900);
/// How long nobody listens.
const AWAY: Duration = Duration::from_millis(150);

pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    thread: Option<std::thread::JoinHandle<()>>,
}

struct Shared {
    cloud: SocketAddr,
    schedule: Mutex<Option<Schedule>>,
    /// The queries and forms that the cloud got.
    forwarded: Mutex<Vec<String>>,
    away: AtomicBool,
    stop: AtomicBool,
    /// How many requests are on their way.
    under_way: Mutex<usize>,
    done: Condvar,
}

/// A request on its way.
struct UnderWay<'a>(&'a Shared);

impl UnderWay<'_> {
    fn begin(shared: &Shared) -> UnderWay<'_> {
        *shared.under_way.lock().unwrap() += 1;
        UnderWay(shared)
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        *self.0.under_way.lock().unwrap() -= 1;
        self.0.done.notify_all();
    }
}

impl Proxy {
    pub fn new(cloud: SocketAddr) -> Proxy {
        // Holds the port while nobody listens on it.
        let reserved = bound(([127, 0, 0, 1], 0).into()).unwrap();
        let address = reserved.local_addr().unwrap().as_socket().unwrap();
        let shared = Arc::new(Shared {
            cloud,
            schedule: Mutex::new(None),
            forwarded: Mutex::new(Vec::new()),
            away: AtomicBool::new(false),
            stop: AtomicBool::new(false),
            under_way: Mutex::new(0),
            done: Condvar::new(),
        });
        let (serving, listener) = (shared.clone(), listening(address).unwrap());
        let thread = std::thread::spawn(move || serve(&serving, address, listener, &reserved));
        Proxy {
            address,
            shared,
            thread: Some(thread),
        }
    }

    pub fn url(&self) -> String {
        format!("http://{}/client/api", self.address)
    }

    /// From now on faults come by this schedule; without one everything passes.
    pub fn schedule(&self, schedule: Option<Schedule>) {
        *self.shared.schedule.lock().unwrap() = schedule;
    }

    /// Waits for the requests whose senders have long given them up.
    pub fn settle(&self) {
        let under_way = self.shared.under_way.lock().unwrap();
        let done = self.shared.done.wait_while(under_way, |count| *count > 0);
        drop(done.unwrap());
    }

    /// The queries and forms that the cloud got so far, and none of them again.
    pub fn forwarded(&self) -> Vec<String> {
        std::mem::take(&mut *self.shared.forwarded.lock().unwrap())
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

fn bound(address: SocketAddr) -> std::io::Result<Socket> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    Ok(socket)
}

fn listening(address: SocketAddr) -> Option<TcpListener> {
    let socket = bound(address).ok()?;
    socket.listen(64).ok()?;
    socket.set_nonblocking(true).ok()?;
    Some(socket.into())
}

fn serve(shared: &Arc<Shared>, address: SocketAddr, first: TcpListener, _reserved: &Socket) {
    let mut listener = Some(first);
    let mut threads = Vec::new();
    while !shared.stop.load(Ordering::SeqCst) {
        if shared.away.swap(false, Ordering::SeqCst) {
            listener = None;
            std::thread::sleep(AWAY);
        }
        // A process that is being started holds what it inherited for a moment, the listener that was there before too.
        let Some(open) = listener.take().or_else(|| listening(address)) else {
            std::thread::sleep(Duration::from_millis(1));
            continue;
        };
        let accepted = open.accept();
        listener = Some(open);
        match accepted {
            Ok((stream, _)) => {
                let shared = shared.clone();
                threads.push(std::thread::spawn(move || {
                    // A connection that breaks is what this is about.
                    let _ = connection(&shared, stream);
                }));
            }
            Err(_) => std::thread::sleep(Duration::from_millis(1)),
        }
    }
    for thread in threads {
        thread.join().unwrap();
    }
}

fn connection(shared: &Shared, mut client: TcpStream) -> std::io::Result<()> {
    client.set_nonblocking(false)?;
    client.set_read_timeout(Some(Duration::from_millis(50)))?;
    client.set_nodelay(true)?;
    loop {
        // The first byte of a request, or the end of a connection that nobody needs any more.
        let mut first = [0];
        loop {
            match client.read(&mut first) {
                Ok(0) => return Ok(()),
                Ok(_) => break,
                Err(why) if why.kind() == std::io::ErrorKind::WouldBlock => {
                    if shared.stop.load(Ordering::SeqCst) {
                        return Ok(());
                    }
                }
                Err(why) => return Err(why),
            }
        }
        let fault = shared
            .schedule
            .lock()
            .unwrap()
            .as_mut()
            .map_or(Fault::Pass, Schedule::next);
        if fault == Fault::ResetBefore {
            return reset(&client);
        }
        let _under_way = UnderWay::begin(shared);
        let request = message(&mut client, first[0])?;
        match fault {
            Fault::ResetBefore => {}
            Fault::Refuse => {
                shared.away.store(true, Ordering::SeqCst);
                return reset(&client);
            }
            Fault::ResetAmid => return reset(&client),
            Fault::Pass => client.write_all(&forward(shared, &request)?)?,
            Fault::DropAnswer => {
                forward(shared, &request)?;
                return reset(&client);
            }
            Fault::Stall { forwarded } => {
                if forwarded {
                    forward(shared, &request)?;
                }
                std::thread::sleep(STALL);
                return Ok(());
            }
            Fault::Truncate => {
                let answer = forward(shared, &request)?;
                client.write_all(&answer[..answer.len() - answer.len() / 3])?;
                return client.shutdown(Shutdown::Both);
            }
            Fault::Corrupt => {
                let mut answer = forward(shared, &request)?;
                let at = answer.len() - 9;
                answer[at..at + 8].fill(0xff);
                client.write_all(&answer)?;
            }
            Fault::Answer { status, forwarded } => {
                if forwarded {
                    forward(shared, &request)?;
                }
                client.write_all(own_answer(status).as_bytes())?;
            }
        }
    }
}

/// A request or an answer whole, by its content-length.
fn message(stream: &mut TcpStream, first: u8) -> std::io::Result<Vec<u8>> {
    stream.set_read_timeout(Some(Duration::from_secs(20)))?;
    let mut bytes = vec![first];
    let mut byte = [0];
    while !bytes.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte)?;
        bytes.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&bytes).to_ascii_lowercase();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length:"))
        .map_or(0, |text| text.trim().parse().unwrap());
    let start = bytes.len();
    bytes.resize(start + length, 0);
    stream.read_exact(&mut bytes[start..])?;
    stream.set_read_timeout(Some(Duration::from_millis(50)))?;
    Ok(bytes)
}

fn forward(shared: &Shared, request: &[u8]) -> std::io::Result<Vec<u8>> {
    let text = String::from_utf8_lossy(request);
    let query = text.split(' ').nth(1).unwrap_or_default();
    let form = text.split("\r\n\r\n").nth(1).unwrap_or_default();
    let query = query.split('?').nth(1).unwrap_or_default();
    shared
        .forwarded
        .lock()
        .unwrap()
        .push(format!("{query}&{form}"));
    let mut cloud = TcpStream::connect(shared.cloud)?;
    cloud.write_all(request)?;
    let mut first = [0];
    cloud.read_exact(&mut first)?;
    message(&mut cloud, first[0])
}

fn reset(client: &TcpStream) -> std::io::Result<()> {
    SockRef::from(client).set_linger(Some(Duration::ZERO))
}

fn own_answer(status: u16) -> String {
    let (media, body) = match status {
        429 => (
            "application/json",
            r#"{"errorresponse":{"uuidList":[],"errorcode":429,"cserrorcode":9999,"errortext":"The given user has reached his/her account api limit, please retry after 30 ms."}}"#,
        ),
        _ => (
            "text/html",
            "<html><body>Somebody else answers</body></html>",
        ),
    };
    format!(
        "HTTP/1.1 {status} Told\r\ncontent-type: {media}\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}
