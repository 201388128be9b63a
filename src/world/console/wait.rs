//! What an open question waits for: input, its own withdrawal, the terminal's end, a signal to draw again.

use std::io::{self, IsTerminal as _, Read as _, Write as _};
use std::os::fd::AsFd as _;
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use signal_hook::SigId;

use crate::seeded::bug;

/// Takes a question back while it is open: the prompt ends at once, and nothing that was typed counts.
pub struct Withdrawal {
    done: AtomicBool,
    tell: UnixStream,
    hear: UnixStream,
}

impl Withdrawal {
    /// Not withdrawn yet.
    ///
    /// # Errors
    /// No pair of sockets could be had.
    pub fn new() -> io::Result<Self> {
        let (tell, hear) = UnixStream::pair()?;
        Ok(Self { done: AtomicBool::new(false), tell, hear })
    }

    /// Withdraws the question.
    pub fn withdraw(&self) {
        if !self.done.swap(true, Ordering::SeqCst) {
            let _ = (&self.tell).write_all(b".");
        }
    }

    /// Waits for `limit`, less when the question is withdrawn or the terminal hangs up.
    pub(super) fn within(&self, limit: Duration) {
        let stdin = io::stdin();
        let mut fds = [
            PollFd::from_borrowed_fd(stdin.as_fd(), PollFlags::empty()),
            PollFd::new(&self.hear, PollFlags::IN),
        ];
        let limit = Timespec::try_from(limit).unwrap_or_default();
        let _ = poll(&mut fds, Some(&limit));
    }

    /// True once it is withdrawn.
    #[must_use]
    pub fn is_withdrawn(&self) -> bool {
        self.done.load(Ordering::SeqCst)
    }
}

/// Why a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Woke {
    /// There is something to read, or the end of it.
    Readable,
    /// The question was withdrawn.
    Withdrawn,
    /// The terminal is gone.
    HungUp,
    /// One of the signals to draw again came.
    Again,
    /// The time is up.
    TimedOut,
}

/// Waits on behalf of one open question.
pub(super) struct Waiter<'a> {
    withdrawal: &'a Withdrawal,
    signals: Option<Signals>,
}

impl<'a> Waiter<'a> {
    /// `again` are the signals that are a reason to draw again.
    pub(super) fn new(withdrawal: &'a Withdrawal, again: &[i32]) -> Self {
        Self { withdrawal, signals: Signals::take(again).ok() }
    }

    pub(super) fn wait(&mut self, limit: Option<Duration>) -> Woke {
        let stdin = io::stdin();
        let limit = limit.map(|limit| Timespec::try_from(limit).unwrap_or_default());
        loop {
            let mut fds = vec![
                PollFd::from_borrowed_fd(stdin.as_fd(), PollFlags::IN),
                PollFd::new(&self.withdrawal.hear, PollFlags::IN),
            ];
            fds.extend(
                self.signals.iter().map(|signals| PollFd::new(&signals.hear, PollFlags::IN)),
            );
            match poll(&mut fds, limit.as_ref()) {
                Err(rustix::io::Errno::INTR) => continue,
                Err(_) => return Woke::HungUp,
                Ok(0) => return Woke::TimedOut,
                Ok(_) => {}
            }
            let ready = |at: usize| fds.get(at).map_or(PollFlags::empty(), PollFd::revents);
            let (input, withdrawn, again) = (ready(0), ready(1), ready(2));
            drop(fds);
            if !withdrawn.is_empty() || self.withdrawal.is_withdrawn() {
                return Woke::Withdrawn;
            }
            let gone = PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL;
            if bug("SIGHUP handled but prompt kept") && input.intersects(gone) {
                continue;
            }
            // A pipe that was closed may still hold a line; a terminal that hung up holds nothing.
            if input.intersects(gone) && (stdin.is_terminal() || !input.contains(PollFlags::IN)) {
                return Woke::HungUp;
            }
            if !again.is_empty() {
                if let Some(signals) = &mut self.signals {
                    signals.drain();
                }
                return Woke::Again;
            }
            if !input.is_empty() {
                return Woke::Readable;
            }
        }
    }
}

/// Signals as bytes in a socket, while a question is open.
struct Signals {
    hear: UnixStream,
    ids: Vec<SigId>,
}

impl Signals {
    fn take(numbers: &[i32]) -> io::Result<Self> {
        let (hear, tell) = UnixStream::pair()?;
        hear.set_nonblocking(true)?;
        let mut signals = Self { hear, ids: Vec::new() };
        for signal in numbers {
            signals.ids.push(signal_hook::low_level::pipe::register(*signal, tell.try_clone()?)?);
        }
        Ok(signals)
    }

    fn drain(&mut self) {
        let mut bytes = [0; 64];
        while self.hear.read(&mut bytes).is_ok_and(|count| count > 0) {}
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        for id in self.ids.drain(..) {
            signal_hook::low_level::unregister(id);
        }
    }
}
