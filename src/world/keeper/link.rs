//! A socket that never blocks and carries whole messages.

use std::io::{self, Read as _, Write as _};
use std::os::unix::net::UnixStream;

use rustix::event::{PollFd, PollFlags};
use secrecy::zeroize::Zeroize as _;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Longest message. Two streams of facts, escaped, stay far below it.
const LONGEST: usize = 32 << 20;

/// Bytes of the length in front of each message.
const HEAD: usize = 4;

/// One end of a connection.
pub(super) struct Link {
    stream: UnixStream,
    incoming: Vec<u8>,
    outgoing: Vec<u8>,
    open: bool,
}

impl Link {
    /// Takes a connected socket.
    ///
    /// # Errors
    /// It cannot be made to return at once.
    pub(super) fn new(stream: UnixStream) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        Ok(Self { stream, incoming: Vec::new(), outgoing: Vec::new(), open: true })
    }

    /// False once the other side is gone.
    pub(super) const fn is_open(&self) -> bool {
        self.open
    }

    /// Bytes that wait for the other side to read.
    pub(super) fn waiting(&self) -> usize {
        self.outgoing.len()
    }

    /// What a poll must watch.
    pub(super) fn poll_fd(&self) -> PollFd<'_> {
        let out = if self.outgoing.is_empty() { PollFlags::empty() } else { PollFlags::OUT };
        PollFd::new(&self.stream, PollFlags::IN | out)
    }

    /// Says something; what does not go out now waits.
    pub(super) fn send(&mut self, message: &impl Serialize) {
        let Ok(mut body) = serde_json::to_vec(message) else {
            // Whoever waits for the answer hears that there will be none.
            self.open = false;
            return;
        };
        let length = u32::try_from(body.len()).unwrap_or(u32::MAX);
        self.outgoing.extend_from_slice(&length.to_be_bytes());
        self.outgoing.extend_from_slice(&body);
        body.zeroize();
        self.flush();
    }

    /// Sends what waits, as far as the other side takes it.
    pub(super) fn flush(&mut self) {
        while self.open && !self.outgoing.is_empty() {
            match self.stream.write(&self.outgoing) {
                Ok(0) => self.open = false,
                Ok(sent) => {
                    self.outgoing[..sent].zeroize();
                    self.outgoing.drain(..sent);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(_) => self.open = false,
            }
        }
    }

    /// The messages that have arrived whole. What is no message of ours closes the connection.
    pub(super) fn receive<T: DeserializeOwned>(&mut self) -> Vec<T> {
        let mut chunk = [0; 16 * 1024];
        while self.open {
            match self.stream.read(&mut chunk) {
                Ok(0) => self.open = false,
                Ok(read) => self.incoming.extend_from_slice(&chunk[..read]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(_) => self.open = false,
            }
        }
        let mut messages = Vec::new();
        let mut at = 0;
        while let Some((head, rest)) = self.incoming[at..].split_first_chunk::<HEAD>() {
            let length = usize::try_from(u32::from_be_bytes(*head)).unwrap_or(usize::MAX);
            if length > LONGEST {
                self.open = false;
                break;
            }
            let Some(body) = rest.get(..length) else { break };
            match serde_json::from_slice(body) {
                Ok(message) => messages.push(message),
                Err(_) => self.open = false,
            }
            at += HEAD + length;
        }
        self.incoming[..at].zeroize();
        self.incoming.drain(..at);
        messages
    }
}
