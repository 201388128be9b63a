//! What happened, row by row: one plain sentence for every event.
//!
//! Owns the words of the timeline, the names that people have in it, and times that a clock set during
//! the run does not bend. Reads only what the record says; it must not know how a report looks.

use crate::effect::Evidence;
use crate::plan::Plan;
use crate::run::event::{Event, Kind};
use crate::time::Timestamp;

pub mod about_drill;
pub mod about_record;
pub mod aside;
mod incident;
pub mod messages;
pub mod people;
pub mod sentence;
pub mod times;

use people::People;

/// One event as a row.
#[derive(Clone, Debug)]
pub struct Row<'a> {
    /// The event's number in the record.
    pub seq: u64,
    /// When, UTC; recorded clock steps are taken out.
    pub at: Timestamp,
    /// Who: a role or a name, or `mayday`.
    pub who: String,
    /// The stable word of the event's kind.
    pub kind: &'static str,
    /// What happened, one sentence.
    pub what: String,
    /// The step it belongs to.
    pub step: Option<&'a str>,
    /// Files kept with it.
    pub evidence: &'a [Evidence],
}

/// Every event as a row, in the order of the record. `events` come from [`times::corrected`].
#[must_use]
pub fn rows<'a>(events: &'a [(u64, Event)], plan: Option<&Plan>, people: &People) -> Vec<Row<'a>> {
    let row = |(seq, event): &'a (u64, Event)| Row {
        seq: *seq,
        at: event.at,
        who: people.called(&event.by),
        kind: sentence::word(&event.kind),
        what: sentence::of(&event.kind, plan, people),
        step: step_of(&event.kind),
        evidence: evidence_of(&event.kind),
    };
    events.iter().map(row).collect()
}

/// The step that an event belongs to.
#[must_use]
pub fn step_of(kind: &Kind) -> Option<&str> {
    match kind {
        Kind::Expanded { step, .. }
        | Kind::Skipped { step, .. }
        | Kind::Asked { step, .. }
        | Kind::Answered { step, .. }
        | Kind::Started { step, .. }
        | Kind::Ended { step, .. }
        | Kind::CheckStarted { step, .. }
        | Kind::Checked { step, .. }
        | Kind::Chose { step, .. }
        | Kind::Settled { step, .. } => Some(step),
        _ => None,
    }
}

/// The files that an event points to.
#[must_use]
pub fn evidence_of(kind: &Kind) -> &[Evidence] {
    match kind {
        Kind::Ended { evidence, .. } | Kind::Checked { evidence, .. } => evidence,
        _ => &[],
    }
}
