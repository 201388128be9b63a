//! The incident around a run: how bad it is, what was told about it, when it stood still.
//!
//! Owns what clocks need beside milestones. Total, as all of the fold is.

use std::collections::BTreeMap;

use crate::run::event::{Asking, Event, Kind, Milestone};
use crate::severity::Severity;
use crate::time::{Span, Timestamp};

/// Milestones that no longer count once an incident is open again.
const WITHDRAWN: [Milestone; 4] =
    [Milestone::Mitigated, Milestone::Recovered, Milestone::Resolved, Milestone::Closed];

/// What the events say of the incident.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Incident {
    /// How bad it is by now; `None` without a severity.
    pub severity: Option<Severity>,
    /// The worst that it ever was.
    pub worst: Option<Severity>,
    /// When clocks were last counted anew: another severity, an amended milestone, open again.
    pub rebased_at: Option<Timestamp>,
    /// When it was found to be open again, and the spans in which users were well in between.
    pub reopened: Vec<Reopened>,
    /// When those who wait for news had some, in order.
    pub updates: Vec<Timestamp>,
    /// From when to when the steps were held; the last one may still go on.
    pub holds: Vec<(Timestamp, Option<Timestamp>)>,
    /// Why they are held now.
    pub held: Option<String>,
    /// Second persons who were asked and have not answered: step -> since when.
    pub approvals: BTreeMap<String, Timestamp>,
}

/// An incident that was open again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reopened {
    /// When users were well: mitigated, or else recovered or resolved. `None` when none of it was known.
    pub well_from: Option<Timestamp>,
    /// When they no longer were.
    pub at: Timestamp,
}

impl Incident {
    /// Remembers what one event says of the incident.
    pub(super) fn apply(&mut self, event: &Event, milestones: &mut BTreeMap<Milestone, Timestamp>) {
        match &event.kind {
            Kind::Opened(opened) => self.set(opened.severity),
            Kind::SeverityChanged { to, .. } => {
                self.set(Some(*to));
                self.rebased_at = Some(event.at);
            }
            Kind::Milestone { milestone, when, .. } => {
                let amended = milestones.insert(*milestone, *when).map(|_| event.at);
                self.rebased_at = amended.or(self.rebased_at);
            }
            Kind::Reopened { when, .. } => {
                let well_from = WITHDRAWN.iter().filter_map(|which| milestones.remove(which)).min();
                self.reopened.push(Reopened { well_from, at: *when });
                self.rebased_at = Some(event.at);
            }
            Kind::Updated { .. } => self.updates.push(event.at),
            Kind::Held { reason } => {
                let first = self.held.replace(reason.clone()).is_none();
                self.holds.extend(first.then_some((event.at, None)));
            }
            Kind::Released => {
                self.held = None;
                if let Some((_, end @ None)) = self.holds.last_mut() {
                    *end = Some(event.at);
                }
            }
            Kind::Asked { step, question: Asking::SecondPerson | Asking::Override, .. } => {
                self.approvals.entry(step.clone()).or_insert(event.at);
            }
            Kind::Answered { step, question: Asking::SecondPerson | Asking::Override, .. }
            | Kind::Agreed { step, .. }
            | Kind::Settled { step, .. }
            | Kind::Skipped { step, .. }
            | Kind::Chose { step, .. } => {
                self.approvals.remove(step);
            }
            // What was asked is asked again by the next driver.
            Kind::Attached { .. } | Kind::Stopped { .. } | Kind::Closed { .. } => {
                self.approvals.clear();
            }
            _ => {}
        }
    }

    fn set(&mut self, severity: Option<Severity>) {
        self.severity = severity;
        self.worst = self.worst.into_iter().chain(severity).min();
    }

    /// How long steps were held within these bounds.
    #[must_use]
    pub fn held_within(&self, from: Timestamp, to: Timestamp) -> Span {
        let within = |(began, ended): &(Timestamp, Option<Timestamp>)| {
            ended.unwrap_or(to).min(to).since((*began).max(from)).max(Span::ZERO)
        };
        self.holds.iter().map(within).sum()
    }

    /// The wall clock was set by this much.
    pub(super) fn shift(&mut self, by: Span) {
        let holds = self.holds.iter_mut().flat_map(|(from, to)| [Some(from), to.as_mut()]);
        let reopened = self.reopened.iter_mut();
        let reopened = reopened.flat_map(|one| [Some(&mut one.at), one.well_from.as_mut()]);
        let told = self.updates.iter_mut().chain(self.approvals.values_mut()).map(Some);
        let all = holds.chain(reopened).chain(told).chain([self.rebased_at.as_mut()]);
        all.flatten().for_each(|at| *at = *at + by);
    }
}
