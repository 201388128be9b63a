//! The terminal's modes: taken for a question, lent to a shell while mayday is stopped, given back.
//!
//! Owns the one memory of how the terminal was before. Every way out (an answer, a panic, a signal) ends
//! in [`restore`], which never blocks and never fails.

use std::io::{self, IsTerminal as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustix::process::Pid;
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcgetpgrp, tcsetattr};

/// No bracketed paste, a cursor that shows.
const UNDRAWN: &[u8] = b"\x1b[?2004l\x1b[?25h";

/// What a question draws with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Drawing {
    /// Lines only.
    Plain,
    /// It moves the cursor and asks for bracketed paste.
    Live,
}

struct Taken {
    before: Termios,
    during: Termios,
    drawing: Drawing,
}

static TAKEN: Mutex<Option<Taken>> = Mutex::new(None);

/// The way out has begun: a question that comes too late to be withdrawn takes nothing any more.
static GIVEN_UP: AtomicBool = AtomicBool::new(false);

/// The modes that mayday was started with.
static FIRST: Mutex<Option<Termios>> = Mutex::new(None);

/// Remembers the modes of the terminal, to which every way out leads back.
pub(super) fn remember() {
    GIVEN_UP.store(false, Ordering::SeqCst);
    let mut first = FIRST.lock().unwrap_or_else(PoisonError::into_inner);
    if first.is_none() && io::stdin().is_terminal() {
        *first = tcgetattr(io::stdin()).ok();
    }
}

fn first() -> Option<Termios> {
    FIRST.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Undoes what a command did to the modes, while nothing of ours holds them.
pub(super) fn mend() {
    if let Some(first) = first().filter(|_| taken().is_none()) {
        let now = tcgetattr(io::stdin());
        if now.is_ok_and(|now| format!("{now:?}") != format!("{first:?}")) {
            set(&first);
        }
    }
}

fn taken() -> MutexGuard<'static, Option<Taken>> {
    TAKEN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The modes are ours until this is dropped.
pub(super) struct Modes;

impl Drop for Modes {
    fn drop(&mut self) {
        restore();
    }
}

/// Takes the terminal behind standard input; `None` when there is none.
pub(super) fn take(drawing: Drawing, change: impl FnOnce(&mut Termios)) -> Option<Modes> {
    let now = io::stdin().is_terminal().then(|| tcgetattr(io::stdin()).ok()).flatten()?;
    let before = first().unwrap_or(now);
    let mut during = before.clone();
    change(&mut during);
    // Held until the modes are set: a way out comes before or behind both, never between.
    let mut taken = taken();
    if GIVEN_UP.load(Ordering::SeqCst) {
        return None;
    }
    *taken = Some(Taken { before, during: during.clone(), drawing });
    // From the background this stops us, as it should: a shell has the terminal.
    let _ = tcsetattr(io::stdin(), OptionalActions::Now, &during);
    Some(Modes)
}

/// Gives the terminal to whoever is in front while mayday is stopped.
pub(super) fn lend() {
    super::pin::give_back(super::pin::Until::TakenBack);
    if let Some(taken) = &*taken() {
        set(&taken.before);
        undraw(taken.drawing);
    }
}

/// Takes back what was lent, when mayday goes on in front.
pub(super) fn retake() {
    super::pin::last_row().take_back();
    if let Some(taken) = &*taken() {
        set(&taken.during);
    }
}

/// Puts the terminal back for good: nothing takes it until [`remember`] is called again.
pub(super) fn give_up() {
    GIVEN_UP.store(true, Ordering::SeqCst);
    restore();
}

/// Puts the terminal back as it was before the question.
pub(super) fn restore() {
    let taken = taken().take();
    if let Some(taken) = taken {
        set(&taken.before);
        undraw(taken.drawing);
    }
    mend();
}

/// From the background, setting modes would stop mayday for good; and a shell in front has set its own.
fn set(modes: &Termios) {
    if is_in_front() {
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, modes);
    }
}

/// True when mayday's process group is the terminal's foreground group, or there is no such thing.
pub(super) fn is_in_front() -> bool {
    tcgetpgrp(io::stdin()).map_or(true, |front| Some(front) == own_group())
}

/// mayday's process group; `None` when its leader is outside of the process namespace, as in a container
/// that was started inside of another one's session. `rustix` must not be asked: it takes that 0 for a number.
pub(super) fn own_group() -> Option<Pid> {
    Pid::from_raw(nix::unistd::getpgrp().as_raw())
}

fn undraw(drawing: Drawing) {
    if drawing == Drawing::Live {
        super::pin::write_at_once(UNDRAWN);
    }
}
