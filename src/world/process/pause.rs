//! A command that stands still: stopped with mayday itself, or with Ctrl-Z while it owns the terminal.

use rustix::process::{Signal, WaitId, WaitIdOptions};

use super::{Phase, Running, Stop};
use crate::time::Span;

/// Signals that stop who reads or sets a terminal from behind, as on every Linux.
const TTIN: i32 = 21;
const TTOU: i32 = 22;

impl Running {
    /// Stops the command with its group, while mayday itself is stopped, and takes its terminal.
    pub fn pause(&mut self) {
        if self.status.is_none() {
            self.signal(Signal::STOP);
        }
        if let Some(front) = &mut self.front {
            front.take_back();
        }
    }

    /// Lets it go on, with its terminal. Its time stood still for so long.
    pub fn go_on(&mut self, paused: Span) {
        self.stopped = false;
        self.limit_at = self.limit_at + paused;
        if let Phase::Alive { kill_at: Some(at) } = &mut self.phase {
            *at = *at + paused;
        }
        if self.status.is_some() {
            return;
        }
        match &mut self.front {
            Some(front) => front.again(),
            None => self.signal(Signal::CONT),
        }
    }

    /// True when a command that owns the terminal was stopped (Ctrl-Z).
    #[must_use]
    pub const fn is_stopped(&self) -> bool {
        self.stopped
    }

    pub(super) fn notice_stop(&mut self) {
        let options = WaitIdOptions::STOPPED | WaitIdOptions::NOHANG;
        let Ok(Some(status)) = rustix::process::waitid(WaitId::Pid(self.pid), options) else {
            return;
        };
        let by = status.stopping_signal();
        if self.interactive {
            self.stopped = by.is_some();
            if let Some(front) = self.front.as_mut().filter(|_| by.is_some()) {
                front.take_back();
            }
        } else if matches!(by, Some(TTIN | TTOU)) {
            // It would wait for ever: nobody gives it the terminal.
            self.end(Stop::Terminal);
        }
    }
}
