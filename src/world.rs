//! The world: everything that touches the operating system, behind one seam.
//!
//! [`World`] is what `drive` sees. `live` does it, `sim` scripts it with a virtual clock. Reading
//! order: process, sql, http, secrets, live, sim.

pub mod console;

use crate::effect::{Effect, EffectId, Input};
use crate::secret::SecretValue;
use crate::time::{Moment, Timestamp};

#[cfg(feature = "sqlite")]
pub mod sandbox;

/// What the engine needs from outside.
pub trait World {
    /// Both clocks, now.
    fn now(&mut self) -> Moment;

    /// Begins an effect. Its end arrives from [`World::wait`] as [`Input::Done`] with the same id,
    /// exactly once; trouble starting it arrives the same way.
    fn start(&mut self, id: EffectId, effect: Effect);

    /// Ends an effect early: TERM for a command, cancel for a statement, withdrawal for a question.
    /// Its end still arrives.
    fn cancel(&mut self, id: EffectId);

    /// Waits for the next input, at the latest until the given instant (then [`Input::Tick`]).
    fn wait(&mut self, until: Option<Timestamp>) -> Input;

    /// Keeps a captured secret under its name, and redacts it from everything from here on.
    fn keep_secret(&mut self, name: &str, value: SecretValue);
}
