//! The operator's terminal, as a part of the world.
//!
//! Owns [`Operator`] (whoever can be asked), and what a terminal must have done to it that no prompt
//! library does: stale input thrown away, a hang-up noticed, its modes put back. Knows no words.

use std::io::{self, IsTerminal as _, Write as _};
use std::os::fd::{AsFd as _, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::termios::{QueueSelector, tcflush};
use serde_json::Value;

use crate::effect::Question;

mod line;

pub use line::{Echo, Line, OpenLine, open_line};

/// Somebody who can be asked. The live world calls it on a thread of its own and hands the answer on
/// as an input, so that clocks go on while a question is open.
pub trait Operator: Send {
    /// Asks until there is an answer that the question takes, or none can come.
    fn ask(&self, question: &Question) -> Asked;
}

/// What came of asking. Never an answer that the operator did not give.
#[derive(Clone, Debug, PartialEq)]
pub enum Asked {
    /// An answer that [`Question::accept`] took.
    Answer(Value),
    /// Esc, Ctrl-C or Ctrl-D: the operator wants out of the question.
    Escape,
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

/// How many columns the terminal behind standard error says it has.
#[must_use]
pub fn columns() -> Option<u16> {
    let size = rustix::termios::tcgetwinsize(io::stderr()).ok()?;
    Some(size.ws_col).filter(|columns| *columns > 0)
}

/// Throws away what was typed before the operator could have read the question: in the kernel's queue
/// and in the event reader's. Goes on doing so for `dead_time`, unless the terminal hangs up.
pub fn discard_stale_input(dead_time: Duration) {
    discard_now();
    if !dead_time.is_zero() && io::stdin().is_terminal() {
        hung_up_within(dead_time);
        discard_now();
    }
}

fn discard_now() {
    if !io::stdin().is_terminal() || is_hung_up() {
        return;
    }
    let _ = tcflush(io::stdin(), QueueSelector::IFlush);
    // A paste may have been read in one piece; its rest waits inside the event reader.
    while crossterm::event::poll(Duration::ZERO).unwrap_or(false) {
        if crossterm::event::read().is_err() {
            break;
        }
    }
}

/// True when the terminal behind standard input is gone.
#[must_use]
pub fn is_hung_up() -> bool {
    hung_up_within(Duration::ZERO)
}

/// Waits at most `limit` for the terminal to hang up; true when it has.
fn hung_up_within(limit: Duration) -> bool {
    let stdin = io::stdin();
    let mut fds = [PollFd::from_borrowed_fd(stdin.as_fd(), PollFlags::empty())];
    let limit = Timespec::try_from(limit).unwrap_or_default();
    poll(&mut fds, Some(&limit)).is_ok_and(|ready| ready > 0)
        && fds[0].revents().intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL)
}

/// Watches for a hang-up while a prompt is open.
///
/// A prompt on a terminal that is gone reads "nothing" for ever at full speed (crossterm #793). When
/// the terminal hangs up, the watch puts a pipe with one Esc in the place of standard input, which ends
/// the prompt and every later one.
pub struct HangUpWatch {
    gone: Arc<AtomicBool>,
    stop: Option<io::PipeWriter>,
    thread: Option<JoinHandle<()>>,
}

impl HangUpWatch {
    /// Starts watching the terminal behind standard input; ends when dropped.
    ///
    /// # Errors
    /// No pipe or no thread could be had.
    pub fn start() -> io::Result<Self> {
        let (stopped, stop) = io::pipe()?;
        let gone = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&gone);
        let watch = move || {
            if watch_until(&stopped.into()) {
                flag.store(true, Ordering::SeqCst);
                let _ = replace_stdin();
            }
        };
        let thread = std::thread::Builder::new().name("hang-up".to_owned()).spawn(watch)?;
        Ok(Self { gone, stop: Some(stop), thread: Some(thread) })
    }

    /// True once the terminal is gone.
    #[must_use]
    pub fn gone(&self) -> bool {
        self.gone.load(Ordering::SeqCst) || is_hung_up()
    }
}

impl Drop for HangUpWatch {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// True when the terminal hung up, false when the other end of `stopped` was closed.
fn watch_until(stopped: &OwnedFd) -> bool {
    let stdin = io::stdin();
    loop {
        let mut fds = [
            PollFd::from_borrowed_fd(stdin.as_fd(), PollFlags::empty()),
            PollFd::from_borrowed_fd(stopped.as_fd(), PollFlags::IN),
        ];
        match poll(&mut fds, None) {
            Err(rustix::io::Errno::INTR) => {}
            Err(_) => return false,
            Ok(_) if !fds[0].revents().is_empty() => return true,
            Ok(_) if !fds[1].revents().is_empty() => return false,
            Ok(_) => {}
        }
    }
}

fn replace_stdin() -> io::Result<()> {
    let (reader, mut writer) = io::pipe()?;
    writer.write_all(b"\x1b")?;
    rustix::stdio::dup2_stdin(&reader)?;
    Ok(())
}

/// Puts the terminal back as a shell expects it: line mode, echo, no bracketed paste, a cursor. For
/// every way out: return, panic, signal. Does nothing where nothing was changed; never fails.
pub fn restore() {
    line::restore();
    if crossterm::terminal::is_raw_mode_enabled().unwrap_or(false) {
        let _ = crossterm::terminal::disable_raw_mode();
        let paste_off = crossterm::event::DisableBracketedPaste;
        let _ = crossterm::execute!(io::stderr(), paste_off, crossterm::cursor::Show);
    }
}

/// Puts the terminal back before a panic writes its message.
pub fn restore_on_panic() {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        restore();
        before(panic);
    }));
}
