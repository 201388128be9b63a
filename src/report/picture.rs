//! Pictures of a run, drawn as SVG from the context of a report.
//!
//! Owns what is drawn and where: [`Scene`] takes it from the context, [`axis`] puts instants on a line,
//! the rest draws. Nothing is told by colour alone: outcomes differ in pattern and have their words beside
//! them. Must not know the page around it; every text goes through [`put!`](super::markup).

mod axis;
pub(super) mod charts;
pub mod gantt;
pub(super) mod lanes;
mod letters;
mod scene;
pub(super) mod trend;

pub(super) use axis::Axis;
pub(super) use scene::{Outcome, Scene};
