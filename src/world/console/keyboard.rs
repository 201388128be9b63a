//! Keys one by one, on a terminal that can be drawn over.
//!
//! Owns raw mode while a question is open: Ctrl-C and Ctrl-Z are keys here, so that they reach the question
//! and not the program around it.

use std::io;
use std::time::Duration;

use rustix::io::Errno;
use signal_hook::consts::SIGCONT;

use super::keys::{Decoder, Key};
use super::modes::{self, Drawing, Modes};
use super::wait::{Waiter, Withdrawal, Woke};

/// How long the rest of a sequence may take behind its Esc, over a slow line too.
const REST_OF_KEY: Duration = Duration::from_millis(60);

/// What happened at the keyboard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stroke {
    /// A key.
    Key(Key),
    /// Mayday goes on after a stop: draw again.
    Again,
    /// The question was withdrawn.
    Withdrawn,
    /// The terminal is gone.
    Gone,
}

/// The keyboard while one question is open. The terminal is as before when it is dropped.
pub struct Keyboard<'a> {
    modes: Option<Modes>,
    waiter: Waiter<'a>,
    decoder: Decoder,
}

impl<'a> Keyboard<'a> {
    /// Takes the keyboard.
    #[must_use]
    pub fn open(withdrawal: &'a Withdrawal) -> Self {
        let waiter = Waiter::new(withdrawal, &[SIGCONT]);
        let modes = modes::take(Drawing::Live, |modes| {
            let output = modes.output_modes;
            modes.make_raw();
            // A line end stays a line end for everybody else who writes.
            modes.output_modes = output;
        });
        Self { modes, waiter, decoder: Decoder::default() }
    }

    /// Waits for the next key, or for what ends the question.
    pub fn stroke(&mut self) -> Stroke {
        if self.modes.is_none() {
            return Stroke::Gone;
        }
        loop {
            if let Some(key) = self.decoder.key() {
                return Stroke::Key(key);
            }
            let limit = self.decoder.is_waiting().then_some(REST_OF_KEY);
            match self.waiter.wait(limit) {
                Woke::Withdrawn => return Stroke::Withdrawn,
                Woke::HungUp => return Stroke::Gone,
                Woke::Again => {
                    modes::retake();
                    return Stroke::Again;
                }
                Woke::TimedOut => {
                    if let Some(key) = self.decoder.give_up_waiting() {
                        return Stroke::Key(key);
                    }
                }
                Woke::Readable => {
                    let mut bytes = [0; 4096];
                    match rustix::io::read(io::stdin(), &mut bytes) {
                        Ok(0) => return Stroke::Gone,
                        Ok(count) => self.decoder.feed(&bytes[..count]),
                        Err(Errno::INTR | Errno::AGAIN) => {}
                        Err(_) => return Stroke::Gone,
                    }
                }
            }
        }
    }
}
