//! The terminal in the hands of a command: handed over with its foreground group, taken back with its modes.
//!
//! Owns the one place where mayday acts on a terminal from the background. That would stop it (SIGTTOU),
//! so the signal is held back for just these calls.

use std::io::{self, IsTerminal as _};

use nix::sys::signal::{SigSet, SigmaskHow, Signal as Number};
use rustix::process::{Pid, Signal};
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr, tcsetpgrp};

/// The terminal while a command owns it. Taken back when dropped.
pub struct HandedOver {
    group: Pid,
    own: Pid,
    ours: Termios,
    theirs: Option<Termios>,
    back: bool,
}

/// Gives the terminal behind standard input to a process group; `None` when there is no terminal, or it
/// is not ours to give.
#[must_use]
pub fn hand_over(group: Pid) -> Option<HandedOver> {
    if !io::stdin().is_terminal() || !super::modes::is_in_front() {
        return None;
    }
    let own = super::modes::own_group()?;
    let ours = tcgetattr(io::stdin()).ok()?;
    let mut over = HandedOver { group, own, ours, theirs: None, back: true };
    over.again();
    Some(over)
}

impl HandedOver {
    /// Takes the terminal back, with the modes it had before; what the command had set is remembered.
    pub fn take_back(&mut self) {
        if std::mem::replace(&mut self.back, true) {
            return;
        }
        self.theirs = tcgetattr(io::stdin()).ok();
        let _ = unstoppable(|| tcsetpgrp(io::stdin(), self.own));
        let _ = unstoppable(|| tcsetattr(io::stdin(), OptionalActions::Now, &self.ours));
        super::pin::last_row().take_back();
    }

    /// Hands it over once more, and lets the command go on.
    pub fn again(&mut self) {
        if std::mem::replace(&mut self.back, false) {
            super::lend_window();
            if let Some(theirs) = &self.theirs {
                let _ = unstoppable(|| tcsetattr(io::stdin(), OptionalActions::Now, theirs));
            }
            let _ = unstoppable(|| tcsetpgrp(io::stdin(), self.group));
        }
        // It may have been stopped for reading before the terminal was its own.
        let _ = rustix::process::kill_process_group(self.group, Signal::CONT);
    }
}

impl Drop for HandedOver {
    fn drop(&mut self) {
        self.take_back();
    }
}

fn unstoppable<R>(act: impl FnOnce() -> R) -> R {
    let mut held = SigSet::empty();
    held.add(Number::SIGTTOU);
    let before = held.thread_swap_mask(SigmaskHow::SIG_BLOCK);
    let result = act();
    if let Ok(before) = before {
        let _ = before.thread_set_mask();
    }
    result
}

/// What this thread writes never stops mayday, also when a command in front has set `tostop`.
pub fn write_from_behind() {
    let mut held = SigSet::empty();
    held.add(Number::SIGTTOU);
    let _ = held.thread_block();
}
