//! The operator's terminal, as a part of the world.
//!
//! Owns [`Operator`] (whoever can be asked), and what a terminal must have done to it: stale input thrown
//! away, keys read, a hang-up noticed, its modes taken and put back. Knows no words.

use std::io::{self, IsTerminal as _};
use std::os::fd::AsFd as _;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::termios::{QueueSelector, tcflush};
use serde_json::Value;

use crate::effect::Question;

mod front;
mod keyboard;
mod keys;
mod last_words;
mod line;
mod modes;
mod pin;
mod suspend;
mod wait;
mod window;

pub use front::{HandedOver, hand_over, write_from_behind};
pub use keyboard::{Keyboard, Stroke};
pub use keys::Key;
pub use last_words::{drives, drives_nothing, restore_on_panic};
pub use line::{Echo, Line, OpenLine, open_line};
pub use pin::{Fitting, Held, Pin, Size, Until, last_row, window};
pub use suspend::{ask_to_suspend, can_suspend, suspend};
pub use wait::Withdrawal;
pub use window::on_resize;

/// Somebody who can be asked. The live world calls it on a thread of its own and hands the answer on
/// as an input, so that clocks go on while a question is open.
pub trait Operator: Send {
    /// Asks until there is an answer that the question takes, none can come, or the question is withdrawn.
    fn ask(&self, question: &Question, withdrawal: &Withdrawal) -> Asked;
}

/// What came of asking. Never an answer that the operator did not give.
#[derive(Clone, Debug, PartialEq)]
pub enum Asked {
    /// An answer that [`Question::accept`] took.
    Answer(Value),
    /// Esc or Ctrl-D: the operator wants out of the question.
    Escape,
    /// Ctrl-C: out of the question, and of what it is about.
    Interrupt,
    /// Nobody wants to know any more.
    Withdrawn,
    /// The terminal hung up, or its input ended.
    Gone,
}

/// Keys pressed this soon after a gate opened were meant for something else (reliability design T6).
pub const DEAD_TIME: Duration = Duration::from_millis(400);

/// True when somebody sits there: input and messages are both a terminal.
#[must_use]
pub fn is_terminal() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Throws away what was typed before the operator could have read the question. Goes on doing so for
/// `dead_time`, unless the terminal hangs up or the question is withdrawn.
pub fn discard_stale_input(dead_time: Duration, withdrawal: &Withdrawal) {
    discard_now();
    if !dead_time.is_zero() && io::stdin().is_terminal() {
        withdrawal.within(dead_time);
        discard_now();
    }
}

fn discard_now() {
    if io::stdin().is_terminal() && !is_hung_up() && modes::is_in_front() {
        let _ = tcflush(io::stdin(), QueueSelector::IFlush);
    }
}

/// True when the terminal behind standard input is gone.
#[must_use]
pub fn is_hung_up() -> bool {
    let stdin = io::stdin();
    let mut fds = [PollFd::from_borrowed_fd(stdin.as_fd(), PollFlags::empty())];
    poll(&mut fds, Some(&Timespec::default())).is_ok_and(|ready| ready > 0)
        && fds[0].revents().intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL)
}

/// Puts the terminal back as a shell expects it: line mode, echo, no bracketed paste, a cursor, no row that
/// is kept. For every way out: return, panic, signal. Does nothing where nothing was changed; never fails.
pub fn restore() {
    pin::give_back(Until::TheEnd);
    modes::give_up();
}

/// The terminal is about to be a command's: nothing of ours is drawn until it is taken back.
pub fn lend_window() {
    pin::give_back(Until::TakenBack);
}

/// Remembers how the terminal is, before anything of ours or of a command changes it.
pub fn remember() {
    modes::remember();
}

/// Undoes what a command did to the terminal's modes; the window is ours again.
pub fn mend() {
    modes::mend();
    last_row().take_back();
}
