//! Standard input, read on a thread of its own, so that whoever waits for the next line hears Ctrl-C meanwhile.

use std::io::{self, BufRead, Read, stdin};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread;
use std::time::Duration;

use crate::client::network::Network;
use crate::error::{Error, Result};

/// How often Ctrl-C is looked for while nothing comes.
const TICK: Duration = Duration::from_millis(100);

/// What comes on standard input; it ends where that ends, or when Ctrl-C is pressed.
pub struct Input {
    pieces: Receiver<io::Result<Vec<u8>>>,
    network: Arc<Network>,
    /// How often Ctrl-C had been pressed before.
    presses: u64,
    piece: Vec<u8>,
    /// How much of the piece was taken.
    taken: usize,
}

impl Input {
    /// Nobody else reads standard input from here on.
    pub fn begin(network: Arc<Network>) -> Result<Input> {
        // The reader is no further ahead than a piece.
        let (sender, pieces) = sync_channel(0);
        let read = move || {
            let mut input = stdin().lock();
            loop {
                let piece = match input.fill_buf() {
                    Ok([]) => return,
                    Ok(piece) => Ok(piece.to_vec()),
                    Err(why) if why.kind() == io::ErrorKind::Interrupted => continue,
                    Err(why) => Err(why),
                };
                let (length, failed) = (piece.as_ref().map_or(0, Vec::len), piece.is_err());
                input.consume(length);
                if sender.send(piece).is_err() || failed {
                    return;
                }
            }
        };
        thread::Builder::new()
            .name("input".into())
            .spawn(read)
            .map_err(|why| Error::local(format!("no thread for standard input: {why}")))?;
        Ok(Input {
            pieces,
            presses: network.presses(),
            network,
            piece: Vec::new(),
            taken: 0,
        })
    }
}

impl BufRead for Input {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.taken == self.piece.len() && self.network.presses() == self.presses {
            match self.pieces.recv_timeout(TICK) {
                Ok(piece) => (self.piece, self.taken) = (piece?, 0),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        Ok(&self.piece[self.taken..])
    }

    fn consume(&mut self, length: usize) {
        self.taken += length;
    }
}

impl Read for Input {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let mut piece = self.fill_buf()?;
        let read = piece.read(into)?;
        self.consume(read);
        Ok(read)
    }
}
