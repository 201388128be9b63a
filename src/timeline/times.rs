//! Times without the steps of a wall clock that was set while the run was driven.
//!
//! Every instant is told as the clock of the run's start would tell it, so spans between events are the
//! spans that passed.

use std::borrow::Cow;

use crate::run::event::{Event, Kind};
use crate::time::{Span, Timestamp};

/// The events with recorded clock steps taken out of their times. Without a step nothing is copied.
#[must_use]
pub fn corrected(events: &[(u64, Event)]) -> Cow<'_, [(u64, Event)]> {
    if !events.iter().any(|(_, event)| matches!(event.kind, Kind::ClockStepped { .. })) {
        return Cow::Borrowed(events);
    }
    let mut clock = Clock { off: Span::ZERO, off_before: Span::ZERO, stepped_at: None };
    Cow::Owned(events.iter().map(|(seq, event)| (*seq, clock.straighten(event))).collect())
}

/// How far the wall clock is from where it was at the start.
struct Clock {
    off: Span,
    off_before: Span,
    stepped_at: Option<Timestamp>,
}

impl Clock {
    fn straighten(&mut self, event: &Event) -> Event {
        let mut event = event.clone();
        if let Kind::ClockStepped { by_ms } = event.kind {
            self.off_before = self.off;
            self.off = self.off + Span::from_millis(by_ms);
            self.stepped_at = Some(event.at);
        }
        event.at = event.at - self.off;
        match &mut event.kind {
            Kind::Milestone { when, .. } => *when = self.told(*when),
            Kind::DeadlinePassed { due, .. } => *due = self.told(*due),
            _ => {}
        }
        event
    }

    /// An instant inside an event: what lies before the newest step was told by the clock before it.
    fn told(&self, at: Timestamp) -> Timestamp {
        match self.stepped_at {
            Some(step) if at < step => at - self.off_before,
            _ => at - self.off,
        }
    }
}
