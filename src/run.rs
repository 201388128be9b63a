//! The run: from a plan to events, and from events to state.
//!
//! `next` decides, `apply` remembers, `drive` loops. Only `drive` meets the world, through its trait.

pub mod advance;
mod answers;
pub mod approval;
pub mod checks;
pub mod clock;
mod concluded;
pub mod digest;
pub mod drive;
pub mod durations;
mod escalate;
pub mod event;
pub mod fault;
pub mod forecast;
pub mod gate;
pub mod given;
mod hand;
mod heard;
pub mod inputs;
pub mod interrupt;
mod left;
mod menu;
pub mod milestones;
pub mod next;
pub mod objective;
pub mod outbox;
mod paste;
mod poll;
pub mod record;
mod recover;
pub mod rescue;
mod retry;
pub mod scope;
pub mod session;
pub mod slip;
pub(crate) mod stands;
pub mod state;
pub mod stops;
pub mod trim;
pub mod words;
