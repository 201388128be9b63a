//! One line from standard input, for terminals where nothing can be drawn over, and for pipes.
//!
//! Owns the terminal modes of such a line: Ctrl-C and Ctrl-Z end the line instead of sending a signal, so
//! that they reach the question that is open and not the program around it.

use std::io;

use rustix::termios::{LocalModes, SpecialCodeIndex};
use signal_hook::consts::SIGCONT;

use super::modes::{self, Drawing, Modes};
use super::wait::{Waiter, Withdrawal, Woke};
use crate::effect::LONGEST_ANSWER;

const CTRL_C: u8 = 0x03;
const CTRL_Z: u8 = 0x1a;
const ESC: u8 = 0x1b;

/// What was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// A whole line, without its end.
    Text(String),
    /// A whole line that is no text (UTF-8).
    Garbled,
    /// Ctrl-D on a terminal, or Esc and Enter.
    Escape,
    /// Ctrl-C.
    Interrupt,
    /// Ctrl-Z: what was typed before it is lost.
    Suspend,
    /// Mayday was stopped and goes on: the label may be gone from the screen.
    Again,
    /// The question was withdrawn.
    Withdrawn,
    /// No more input: hung up, or the end of a pipe.
    End,
}

/// Whether what is typed shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Echo {
    /// It does.
    On,
    /// It does not: a secret.
    Off,
}

/// A line that is open: from here on Ctrl-C is a key. Opened before its label is shown, so that a key
/// pressed as soon as the label stands there means what it says.
pub struct OpenLine<'a> {
    modes: Option<Modes>,
    waiter: Waiter<'a>,
}

/// Opens a line.
#[must_use]
pub fn open_line(echo: Echo, withdrawal: &Withdrawal) -> OpenLine<'_> {
    let waiter = Waiter::new(withdrawal, &[SIGCONT]);
    let modes = modes::take(Drawing::Plain, |modes| {
        modes.local_modes.remove(LocalModes::ISIG);
        modes.special_codes[SpecialCodeIndex::VEOL] = CTRL_C;
        modes.special_codes[SpecialCodeIndex::VEOL2] = CTRL_Z;
        if echo == Echo::Off {
            modes.local_modes.remove(LocalModes::ECHO);
        }
    });
    OpenLine { modes, waiter }
}

impl OpenLine<'_> {
    /// Reads the line and closes it. A last line without its end is no answer.
    #[must_use]
    pub fn read(mut self) -> Line {
        let mut line = Vec::new();
        loop {
            match self.waiter.wait(None) {
                Woke::Withdrawn => return Line::Withdrawn,
                Woke::HungUp => return Line::End,
                Woke::Again => {
                    modes::retake();
                    return Line::Again;
                }
                Woke::TimedOut | Woke::Readable => {}
            }
            match next_byte() {
                None if self.modes.is_some() && !super::is_hung_up() => return Line::Escape,
                None => return Line::End,
                Some(CTRL_C) => return Line::Interrupt,
                Some(CTRL_Z) if self.modes.is_some() => return Line::Suspend,
                Some(b'\n') => break,
                // The rest of an overlong line is read and dropped; its length alone refuses it.
                Some(_) if line.len() > LONGEST_ANSWER => {}
                Some(byte) => line.push(byte),
            }
        }
        if line == [ESC] {
            return Line::Escape;
        }
        // One that is too long was cut, perhaps inside of a character.
        if line.len() > LONGEST_ANSWER {
            return Line::Text(String::from_utf8_lossy(&line).into_owned());
        }
        String::from_utf8(line).map_or(Line::Garbled, Line::Text)
    }
}

/// One byte at a time, so that nothing behind the line is taken from whoever reads next.
fn next_byte() -> Option<u8> {
    let mut byte = [0];
    loop {
        match rustix::io::read(io::stdin(), &mut byte) {
            Ok(0) => return None,
            Ok(_) => return Some(byte[0]),
            Err(rustix::io::Errno::INTR) => {}
            Err(_) => return None,
        }
    }
}
