//! Times without the steps of a wall clock that was set while the run was driven.
//!
//! Every instant is told as the clock of the run's start would tell it, so spans between events are the
//! spans that passed.

use std::borrow::Cow;

use crate::run::event::{Event, Kind};
use crate::run::state::Run;
use crate::time::Span;

/// The events with recorded clock steps taken out of their times. Without a step nothing is copied.
#[must_use]
pub fn corrected(events: &[(u64, Event)]) -> Cow<'_, [(u64, Event)]> {
    if !events.iter().any(|(_, event)| matches!(event.kind, Kind::ClockStepped { .. })) {
        return Cow::Borrowed(events);
    }
    let mut off = Span::ZERO;
    Cow::Owned(events.iter().map(|(seq, event)| (*seq, straighten(event, &mut off))).collect())
}

/// The event by the clock of the start; `off` is how far the wall clock is from it by now. An instant inside
/// an event was told by the clock as it was set when the event was recorded.
fn straighten(event: &Event, off: &mut Span) -> Event {
    let mut event = event.clone();
    if let Kind::ClockStepped { by_ms, .. } = event.kind {
        *off = *off + Span::from_millis(by_ms);
    }
    event.at = event.at - *off;
    match &mut event.kind {
        Kind::Milestone { when, .. } | Kind::Noted { when: Some(when), .. } => *when = *when - *off,
        Kind::DeadlinePassed { due, .. } => *due = *due - *off,
        Kind::ApprovalAsked { until, .. } => *until = *until - *off,
        _ => {}
    }
    event
}

/// The state behind corrected events, which know nothing of a clock that was set.
#[must_use]
pub fn fold(events: &[(u64, Event)]) -> Run {
    let events = events.iter().map(|(_, event)| event);
    Run::fold(events.filter(|event| !matches!(event.kind, Kind::ClockStepped { .. })))
}
