//! One line from standard input, for terminals where nothing can be drawn over, and for pipes.
//!
//! Owns the terminal modes of such a line: Ctrl-C ends the line instead of sending a signal, so that
//! it reaches the question that is open and not the program around it.

use std::io::{self, IsTerminal as _};
use std::sync::{Mutex, PoisonError};

use rustix::termios::{
    LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr,
};

use crate::effect::LONGEST_ANSWER;

const CTRL_C: u8 = 0x03;
const ESC: u8 = 0x1b;

/// What was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// A whole line, without its end.
    Text(String),
    /// Ctrl-C, Ctrl-D on a terminal, or Esc and Enter.
    Escape,
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

/// The modes before a line was opened, while one is open.
static BEFORE: Mutex<Option<Termios>> = Mutex::new(None);

/// A line that is open: from here on Ctrl-C is a key. Opened before its label is shown, so that a key
/// pressed as soon as the label stands there means what it says.
pub struct OpenLine {
    modes: Option<Modes>,
}

/// Opens a line.
#[must_use]
pub fn open_line(echo: Echo) -> OpenLine {
    OpenLine { modes: io::stdin().is_terminal().then(|| open(echo)) }
}

impl OpenLine {
    /// Reads the line and closes it. A last line without its end is no answer.
    #[must_use]
    pub fn read(self) -> Line {
        read(self.modes.is_some())
    }
}

fn read(terminal: bool) -> Line {
    let mut line = Vec::new();
    loop {
        match next_byte() {
            None if terminal && !super::is_hung_up() => return Line::Escape,
            None => return Line::End,
            Some(CTRL_C) => return Line::Escape,
            Some(b'\n') => break,
            // The rest of an overlong line is read and dropped; its length alone refuses it.
            Some(_) if line.len() > LONGEST_ANSWER => {}
            Some(byte) => line.push(byte),
        }
    }
    if line == [ESC] {
        return Line::Escape;
    }
    Line::Text(String::from_utf8_lossy(&line).into_owned())
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

/// Puts the modes back when dropped.
struct Modes;

impl Drop for Modes {
    fn drop(&mut self) {
        restore();
    }
}

fn open(echo: Echo) -> Modes {
    if let Ok(before) = tcgetattr(io::stdin()) {
        let mut modes = before.clone();
        modes.local_modes.remove(LocalModes::ISIG);
        modes.special_codes[SpecialCodeIndex::VEOL] = CTRL_C;
        if echo == Echo::Off {
            modes.local_modes.remove(LocalModes::ECHO);
        }
        *BEFORE.lock().unwrap_or_else(PoisonError::into_inner) = Some(before);
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &modes);
    }
    Modes
}

/// Puts the modes back that an open line changed.
pub(super) fn restore() {
    if let Some(before) = BEFORE.lock().unwrap_or_else(PoisonError::into_inner).take() {
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &before);
    }
}
