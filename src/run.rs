//! The run: from a plan to events, and from events to state.
//!
//! `next` decides, `apply` remembers, `drive` loops. Only `drive` meets the world, through its trait.

pub mod event;
