//! The last row of the terminal, kept out of what scrolls, for one line that stays.
//!
//! Owns the one memory of whether it is kept, and the sequences that keep it and give it back. Every way
//! out of mayday and every moment in which the terminal is somebody else's ends in [`Pin::give_back`]. After
//! a `kill -9` nothing of ours runs: then the row stays kept until the next driver of a run, or `reset`,
//! sets the whole window free. Knows no words.
//!
//! How: a scroll region that ends one row above the last (DECSTBM). It is set under a saved cursor (DECSC,
//! DECRC), because setting it moves the cursor. Below the cursor stands nothing but the row itself, so
//! "erase from here to the end" finds it wherever a changed window has moved it.

use std::io;
use std::os::fd::{AsFd as _, BorrowedFd};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError, TryLockError};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

/// A window, in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Rows.
    pub rows: u16,
    /// Columns.
    pub columns: u16,
}

/// In a smaller window every row is needed for the run itself.
const LEAST: Size = Size { rows: 5, columns: 16 };

/// The whole window scrolls; the cursor stays where it is.
const FREE: &str = "\x1b7\x1b[r\x1b8";
const ERASE_BELOW: &str = "\x1b[J";
/// An empty row below the cursor, which stays in its row, at its start.
const ROOM: &str = "\r\n\x1b[A";

/// How often, and how long each time, giving back waits for a drawing or a writing that is under way. A
/// terminal that stands still may hold it for ever.
const TRIES: u32 = 60;
const A_TRY: Timespec = Timespec { tv_sec: 0, tv_nsec: 5_000_000 };

/// The last row of one terminal.
#[derive(Debug, Default)]
pub struct Pin(Mutex<Row>);

#[derive(Debug, Default)]
struct Row {
    whose: Whose,
    /// The window in which it was kept; `None` while it is not.
    kept: Option<Size>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Whose {
    #[default]
    Ours,
    /// A command's, or a shell's, until it is taken back.
    Lent,
    /// Nobody's of us any more.
    GivenUp,
}

/// For how long the row is given back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// Until [`Pin::take_back`].
    TakenBack,
    /// For good: mayday is about to end.
    TheEnd,
}

static TERMINAL: LazyLock<Pin> = LazyLock::new(Pin::default);

/// The last row of the terminal behind standard error.
#[must_use]
pub fn last_row() -> &'static Pin {
    &TERMINAL
}

/// The size of the window behind standard error, when it tells one.
#[must_use]
pub fn window() -> Option<Size> {
    let size = rustix::termios::tcgetwinsize(io::stderr()).ok()?;
    let size = Size { rows: size.ws_row, columns: size.ws_col };
    (size.rows > 0 && size.columns > 0).then_some(size)
}

impl Pin {
    /// Holds the row for one drawing; `None` while the terminal is somebody else's.
    #[must_use]
    pub fn hold(&self) -> Option<Held<'_>> {
        let row = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (row.whose == Whose::Ours && super::modes::is_in_front()).then_some(Held(row))
    }

    /// The terminal is ours again. After [`Until::TheEnd`] it never is.
    pub fn take_back(&self) {
        if let Some(mut row) = self.at_once().filter(|row| row.whose == Whose::Lent) {
            row.whose = Whose::Ours;
        }
    }

    /// Gives the row back; what must be written for that, if anything. Never blocks for long.
    #[must_use = "the row is kept until this is written"]
    pub fn give_back(&self, until: Until, window: Option<Size>) -> Option<String> {
        let mut row = self.at_once()?;
        row.whose = match until {
            Until::TakenBack if row.whose == Whose::Ours => Whose::Lent,
            Until::TakenBack => row.whose,
            Until::TheEnd => Whose::GivenUp,
        };
        row.kept.take().map(|kept| given_back(kept, window))
    }

    fn at_once(&self) -> Option<MutexGuard<'_, Row>> {
        for _ in 0..TRIES {
            match self.0.try_lock() {
                Ok(row) => return Some(row),
                Err(TryLockError::Poisoned(row)) => return Some(row.into_inner()),
                Err(TryLockError::WouldBlock) => {
                    let _ = poll(&mut [], Some(&A_TRY));
                }
            }
        }
        None
    }
}

/// The row during one drawing. Nobody gives it back meanwhile.
pub struct Held<'a>(MutexGuard<'a, Row>);

/// What a window that is new or has changed asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fitting {
    /// To be written first: the old row is gone, the cursor is where it was.
    pub before: String,
    /// To be written then: the row is kept, the cursor is at the start of its own row.
    pub behind: String,
}

impl Held<'_> {
    /// Keeps the row in a window of this size; `None` when it is kept there already, or must not be.
    pub fn fit(&mut self, window: Option<Size>) -> Option<Fitting> {
        let fits = |size: &Size| size.rows >= LEAST.rows && size.columns >= LEAST.columns;
        let wanted = window.filter(fits);
        if self.0.kept == wanted {
            return None;
        }
        let mut before = FREE.to_owned();
        if self.0.kept.is_some() {
            before.push_str(ERASE_BELOW);
        }
        self.0.kept = wanted;
        let behind = wanted.map_or_else(String::new, |size| {
            format!("{ROOM}\x1b7\x1b[1;{}r\x1b8", size.rows.saturating_sub(1))
        });
        Some(Fitting { before, behind })
    }

    /// What draws this text on the row and leaves the cursor where it was; nothing while the row is not
    /// kept. The text must be narrower than the window.
    #[must_use]
    pub fn drawn(&self, text: &str) -> String {
        let drawn =
            |size: Size| format!("\x1b7\x1b[{};1H\x1b[0m\x1b[2K{text}\x1b[0m\x1b8", size.rows);
        self.0.kept.map(drawn).unwrap_or_default()
    }

    /// Columns that a text on the row may have; the last one stays empty, where terminals differ.
    #[must_use]
    pub fn room(&self) -> Option<usize> {
        self.0.kept.map(|size| usize::from(size.columns.saturating_sub(1)))
    }
}

fn given_back(kept: Size, window: Option<Size>) -> String {
    if window == Some(kept) {
        format!("\x1b7\x1b[{};1H\x1b[0m\x1b[2K\x1b[r\x1b8", kept.rows)
    } else {
        format!("{FREE}{ERASE_BELOW}")
    }
}

/// Gives the row of the terminal back.
pub(super) fn give_back(until: Until) {
    if let Some(text) = last_row().give_back(until, window()) {
        write_at_once(text.as_bytes());
    }
}

/// Written only when it does not have to wait for long: a terminal that stands still must not hold up the
/// end. It does wait while another thread is writing: the kernel calls a terminal not ready for so long.
pub(super) fn write_at_once(bytes: &[u8]) {
    write_soon(io::stderr().as_fd(), bytes);
}

fn write_soon(terminal: BorrowedFd<'_>, bytes: &[u8]) {
    for _ in 0..TRIES {
        let mut fds = [PollFd::from_borrowed_fd(terminal, PollFlags::OUT)];
        let ready = poll(&mut fds, Some(&A_TRY)).is_ok_and(|ready| ready > 0);
        if ready && !fds[0].revents().contains(PollFlags::OUT) {
            return;
        }
        if ready && rustix::io::write(terminal, bytes) != Err(Errno::INTR) {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: Option<Size> = Some(Size { rows: 24, columns: 80 });
    const SMALL: Option<Size> = Some(Size { rows: 4, columns: 80 });

    #[test]
    fn the_row_is_kept_once_and_given_back_once() {
        let pin = Pin::default();
        let fitting = pin.hold().unwrap().fit(WINDOW).unwrap();
        assert_eq!(fitting.before, "\x1b7\x1b[r\x1b8");
        assert_eq!(fitting.behind, "\r\n\x1b[A\x1b7\x1b[1;23r\x1b8");
        assert_eq!(pin.hold().unwrap().fit(WINDOW), None);
        assert_eq!(pin.hold().unwrap().drawn("x"), "\x1b7\x1b[24;1H\x1b[0m\x1b[2Kx\x1b[0m\x1b8");
        let back = pin.give_back(Until::TakenBack, WINDOW).unwrap();
        assert_eq!(back, "\x1b7\x1b[24;1H\x1b[0m\x1b[2K\x1b[r\x1b8");
        assert_eq!(pin.give_back(Until::TakenBack, WINDOW), None);
    }

    #[test]
    fn nothing_is_drawn_while_the_terminal_is_lent_or_given_up() {
        let pin = Pin::default();
        pin.hold().unwrap().fit(WINDOW);
        let _ = pin.give_back(Until::TakenBack, WINDOW);
        assert!(pin.hold().is_none());
        pin.take_back();
        assert!(pin.hold().unwrap().fit(WINDOW).is_some(), "it is kept anew");
        assert!(pin.give_back(Until::TheEnd, WINDOW).is_some());
        pin.take_back();
        assert!(pin.hold().is_none(), "the end is the end");
    }

    #[test]
    fn a_window_that_changed_is_freed_below_the_cursor_first() {
        let pin = Pin::default();
        let mut held = pin.hold().unwrap();
        held.fit(WINDOW);
        let wider = Some(Size { rows: 30, columns: 100 });
        assert_eq!(held.fit(wider).unwrap().before, "\x1b7\x1b[r\x1b8\x1b[J");
        assert_eq!(held.room(), Some(99));
        let gone = held.fit(SMALL).unwrap();
        assert_eq!((gone.before.as_str(), gone.behind.as_str()), ("\x1b7\x1b[r\x1b8\x1b[J", ""));
        assert_eq!((held.room(), held.drawn("x").as_str()), (None, ""));
        assert_eq!(held.fit(SMALL), None);
    }

    #[test]
    fn giving_back_does_not_wait_for_a_drawing_that_stands_still() {
        let pin = Pin::default();
        let held = pin.hold().unwrap();
        assert_eq!(pin.give_back(Until::TheEnd, WINDOW), None);
        drop(held);
    }

    /// Where a thread of this process waits: `S` for one that sleeps, `proc_pid_stat(5)`.
    fn sleeps(thread: nix::unistd::Pid) -> bool {
        let path = format!("/proc/self/task/{thread}/stat");
        let stat = std::fs::read_to_string(path).unwrap();
        stat.rsplit_once(')').unwrap().1.starts_with(" S ")
    }

    #[test]
    fn a_terminal_that_is_not_ready_for_a_moment_is_waited_for_and_one_that_stands_still_is_not() {
        use std::io::Read as _;

        use rustix::termios::{Action, tcflow};

        let pair = nix::pty::openpty(None, None).unwrap();
        let own = nix::unistd::gettid();
        tcflow(&pair.slave, Action::OOff).unwrap();
        write_soon(pair.slave.as_fd(), b"never");
        std::thread::scope(|threads| {
            threads.spawn(|| {
                while !sleeps(own) {
                    std::thread::yield_now();
                }
                tcflow(&pair.slave, Action::OOn).unwrap();
            });
            write_soon(pair.slave.as_fd(), b"row");
        });
        rustix::io::write(&pair.slave, b".").unwrap();
        let mut shown = [0; 4];
        std::fs::File::from(pair.master).read_exact(&mut shown).unwrap();
        assert_eq!(&shown, b"row.");
    }
}
