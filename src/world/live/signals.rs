//! Signals and the end of the terminal, as inputs of the loop.
//!
//! Owns which signals mean something. Those that would end a program without a word and mean nothing here
//! (USR1, USR2, ALRM) are taken and dropped: the record and the terminal must survive them.

use std::io::{self, IsTerminal as _, Read as _};
use std::os::fd::AsFd as _;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use rustix::event::{PollFd, PollFlags};
use signal_hook::consts::{
    SIGALRM, SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGUSR1, SIGUSR2,
};

use crate::effect::Interrupt;

/// What came from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Came {
    /// Somebody wants the run to stop.
    Interrupt(Interrupt),
    /// A command ended or was stopped: a reason to look.
    Child,
    /// Ctrl-Z: mayday is to be stopped and to go on later.
    Suspend,
}

impl Came {
    /// True for Ctrl-C.
    pub(super) const fn is_ctrl_c(self) -> bool {
        matches!(self, Self::Interrupt(Interrupt::Interrupt))
    }

    /// True for the end of the terminal.
    pub(super) const fn is_hang_up(self) -> bool {
        matches!(self, Self::Interrupt(Interrupt::HangUp))
    }
}

/// Signals as bytes in sockets, and the terminal that is watched.
pub(super) struct Signals {
    sockets: Vec<(UnixStream, Came)>,
    /// Standard input is the operator's terminal, and it has not hung up yet.
    watched: bool,
    hung_up: bool,
}

impl Signals {
    /// Takes the signals; `attended` also watches the terminal.
    pub(super) fn take(attended: bool) -> io::Result<Self> {
        let mut wanted = vec![
            (SIGINT, Came::Interrupt(Interrupt::Interrupt)),
            (SIGTERM, Came::Interrupt(Interrupt::Terminate)),
            (SIGQUIT, Came::Interrupt(Interrupt::Terminate)),
            (SIGTSTP, Came::Suspend),
            (SIGCHLD, Came::Child),
        ];
        // Under `nohup` a run goes on without its terminal.
        if !is_ignored(SIGHUP) {
            wanted.push((SIGHUP, Came::Interrupt(Interrupt::HangUp)));
        }
        let mut sockets = Vec::new();
        for (signal, came) in wanted {
            let (read, write) = UnixStream::pair()?;
            read.set_nonblocking(true)?;
            signal_hook::low_level::pipe::register(signal, write)?;
            sockets.push((read, came));
        }
        for signal in [SIGUSR1, SIGUSR2, SIGALRM] {
            signal_hook::flag::register(signal, Arc::new(AtomicBool::new(false)))?;
        }
        let watched = attended && io::stdin().is_terminal();
        Ok(Self { sockets, watched, hung_up: false })
    }

    /// Adds what a poll must watch.
    pub(super) fn poll_fds<'a>(&'a self, stdin: &'a io::Stdin, into: &mut Vec<PollFd<'a>>) {
        into.extend(self.sockets.iter().map(|(socket, _)| PollFd::new(socket, PollFlags::IN)));
        if self.watched {
            // Input is a question's to read; the end of the terminal is told without asking.
            into.push(PollFd::from_borrowed_fd(stdin.as_fd(), PollFlags::empty()));
        }
    }

    /// What came since last asked.
    pub(super) fn came(&mut self) -> Vec<Came> {
        let mut all = Vec::new();
        for (socket, came) in &mut self.sockets {
            let mut bytes = [0_u8; 64];
            let count = socket.read(&mut bytes).unwrap_or(0);
            // Each Ctrl-C counts; of the others one says it all.
            let times = match came {
                Came::Interrupt(Interrupt::Interrupt) => count,
                _ => count.min(1),
            };
            all.extend(std::iter::repeat_n(*came, times));
        }
        let told = self.hung_up;
        all.retain(|came| !(told && came.is_hang_up()));
        self.hung_up |= all.iter().any(|came| came.is_hang_up());
        all.extend(self.hang_up());
        all
    }

    /// The end of the terminal, once: the signal and the terminal tell of the same end. A question may see it
    /// before either did.
    pub(super) fn hang_up(&mut self) -> Option<Came> {
        if !(self.watched && crate::world::console::is_hung_up()) {
            return None;
        }
        // From here on it would wake the loop for ever.
        self.watched = false;
        let told = std::mem::replace(&mut self.hung_up, true);
        (!told).then_some(Came::Interrupt(Interrupt::HangUp))
    }
}

/// True when whoever started mayday had this signal ignored.
pub(in crate::world) fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
    mask >> (signal - 1) & 1 == 1
}
