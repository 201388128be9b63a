//! The word that ends small programs before their time: Ctrl-C, or a signal from outside.
//!
//! Owns the promise that none of them outlives us: whoever asked them to stop can wait until the last one is gone.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};

use crate::effect::Interrupt;

/// Signals that mean it, and what each stands for. Numbers count from one: zero is nothing.
const MEANT: &[(i32, Interrupt)] = &[
    (SIGINT, Interrupt::Interrupt),
    (SIGTERM, Interrupt::Terminate),
    (SIGQUIT, Interrupt::Terminate),
    (SIGHUP, Interrupt::HangUp),
];

/// The word, and how many programs run that heed it.
#[derive(Clone, Debug, Default)]
pub struct Stop {
    asked: Arc<AtomicUsize>,
    running: Arc<AtomicUsize>,
}

/// One program that runs.
pub(super) struct Running(Arc<AtomicUsize>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Stop {
    /// Said by the signals that end a program; not by a hang-up that whoever started us had ignored.
    ///
    /// # Errors
    /// A signal cannot be taken; then it ends us alone.
    pub fn on_signals() -> io::Result<Self> {
        let stop = Self::default();
        for (number, (signal, _)) in MEANT.iter().enumerate() {
            if *signal == SIGHUP && crate::world::live::is_ignored(SIGHUP) {
                continue;
            }
            signal_hook::flag::register_usize(*signal, Arc::clone(&stop.asked), number + 1)?;
        }
        Ok(stop)
    }

    /// How it was said; nothing until it was.
    #[must_use]
    pub fn how(&self) -> Option<Interrupt> {
        let number = self.asked.load(Ordering::SeqCst).checked_sub(1)?;
        MEANT.get(number).map(|(_, how)| *how)
    }

    /// It was said.
    #[must_use]
    pub fn is_asked(&self) -> bool {
        self.how().is_some()
    }

    /// No program runs that has yet to end.
    #[must_use]
    pub fn is_still(&self) -> bool {
        self.running.load(Ordering::SeqCst) == 0
    }

    /// Counts a program that is about to begin; nothing when it must not. Counted before it looks: whoever says the
    /// word and then sees nothing running knows that nothing will begin.
    pub(super) fn begin(&self) -> Option<Running> {
        self.running.fetch_add(1, Ordering::SeqCst);
        let running = Running(Arc::clone(&self.running));
        (!self.is_asked()).then_some(running)
    }
}
