//! Milestones: in which order they may stand, how they are amended, and what an operator types for a time.
//!
//! Owns the rules that every way of setting one goes through: the flags of `run`, a step's `marks:`, the
//! operator's keys and the commands of another terminal. Pure: whoever asks says what time it is.

use std::fmt;

use super::event::{Kind, Milestone};
use super::state::Run;
use crate::severity::Severity;
use crate::time::Timestamp;

/// What stands before what: the impact before everything, acknowledged, declared, mitigated and recovered
/// behind the detection, resolved behind mitigated, closed behind resolved (clock design, milestones).
const BEFORE: [(Milestone, Milestone); 12] = [
    (Milestone::ImpactStarted, Milestone::Detected),
    (Milestone::ImpactStarted, Milestone::Declared),
    (Milestone::ImpactStarted, Milestone::Acknowledged),
    (Milestone::ImpactStarted, Milestone::Mitigated),
    (Milestone::ImpactStarted, Milestone::Recovered),
    (Milestone::ImpactStarted, Milestone::Resolved),
    (Milestone::ImpactStarted, Milestone::Closed),
    (Milestone::Detected, Milestone::Declared),
    (Milestone::Detected, Milestone::Acknowledged),
    (Milestone::Detected, Milestone::Mitigated),
    (Milestone::Mitigated, Milestone::Resolved),
    (Milestone::Resolved, Milestone::Closed),
];

/// Whether the order of milestones is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// What would break it is refused.
    Kept,
    /// A person says, with a reason, that it happened so all the same.
    Overruled,
}

/// Why a milestone cannot stand at a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It lies ahead.
    Future {
        /// The time given.
        when: Timestamp,
        /// Now.
        now: Timestamp,
    },
    /// It would stand on the wrong side of another one.
    Order {
        /// The milestone.
        milestone: Milestone,
        /// The time given for it.
        when: Timestamp,
        /// The milestone that it would pass.
        other: Milestone,
        /// When that was.
        other_when: Timestamp,
    },
    /// It cannot be open again: nothing of it was over.
    NotOver,
    /// It would be open again before it was over.
    TooEarly {
        /// The time given.
        when: Timestamp,
        /// The first milestone that said it was over.
        over: Milestone,
        /// When that was.
        over_at: Timestamp,
    },
    /// It is that severity already.
    SameSeverity(Severity),
    /// A lower severity needs a reason.
    NeedsReason(Severity),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Future { when, now } => {
                write!(f, "{} is in the future: it is {} now", when.date_clock(), now.clock())
            }
            Self::Order { milestone, when, other, other_when } => {
                let side = if is_before(*other, *milestone) { "before" } else { "after" };
                write!(
                    f,
                    "{} at {} would be {side} {} at {}",
                    milestone.words(),
                    when.date_clock(),
                    other.words(),
                    other_when.date_clock()
                )
            }
            Self::TooEarly { when, over, over_at } => write!(
                f,
                "open again at {} would be before {} at {}",
                when.date_clock(),
                over.words(),
                over_at.date_clock()
            ),
            Self::NotOver => f.write_str("it is not mitigated, recovered or resolved: it is open"),
            Self::SameSeverity(severity) => write!(f, "it is {severity} already"),
            Self::NeedsReason(severity) => write!(f, "lowering it to {severity} needs a reason"),
        }
    }
}

impl std::error::Error for Refusal {}

fn is_before(first: Milestone, second: Milestone) -> bool {
    BEFORE.contains(&(first, second))
}

/// Whether a milestone may stand at this time, as the record is now.
///
/// # Errors
/// A time in the future, or on the wrong side of another milestone; the words name both times.
pub fn admit(
    run: &Run,
    milestone: Milestone,
    when: Timestamp,
    now: Timestamp,
) -> Result<(), Refusal> {
    if when > now {
        return Err(Refusal::Future { when, now });
    }
    let wrong = |(other, at): &(&Milestone, &Timestamp)| {
        (is_before(**other, milestone) && when < **at)
            || (is_before(milestone, **other) && when > **at)
    };
    match run.milestones.iter().find(wrong) {
        None => Ok(()),
        Some((other, at)) => {
            Err(Refusal::Order { milestone, when, other: *other, other_when: *at })
        }
    }
}

/// The fact that a person sets or amends a milestone. What was known before stays in the record.
///
/// # Errors
/// As [`admit`]; an order that the person overrules is not looked at, the future is.
pub fn set(
    run: &Run,
    milestone: Milestone,
    when: Timestamp,
    now: Timestamp,
    order: Order,
    reason: Option<String>,
) -> Result<Kind, Refusal> {
    match admit(run, milestone, when, now) {
        Err(Refusal::Order { .. }) if order == Order::Overruled => {}
        other => other?,
    }
    let source = if run.milestones.contains_key(&milestone) { "amended" } else { "operator" };
    Ok(Kind::Milestone { milestone, when, source: source.to_owned(), reason })
}

/// The fact that something set a milestone by itself; nothing where it has a time already.
#[must_use]
pub fn automatic(run: &Run, milestone: Milestone, when: Timestamp, source: &str) -> Option<Kind> {
    let empty = !run.milestones.contains_key(&milestone);
    empty.then(|| Kind::Milestone { milestone, when, source: source.to_owned(), reason: None })
}

/// The fact that the incident is not over after all.
///
/// # Errors
/// Nothing of it was over, or the time lies ahead or before the time at which users were well.
pub fn reopen(run: &Run, when: Timestamp, now: Timestamp, reason: String) -> Result<Kind, Refusal> {
    if when > now {
        return Err(Refusal::Future { when, now });
    }
    let known = [Milestone::Mitigated, Milestone::Recovered, Milestone::Resolved];
    let known = known.into_iter().filter_map(|which| Some((which, *run.milestones.get(&which)?)));
    let Some((over, over_at)) = known.min_by_key(|(_, at)| *at) else {
        return Err(Refusal::NotOver);
    };
    if when < over_at {
        return Err(Refusal::TooEarly { when, over, over_at });
    }
    Ok(Kind::Reopened { when, reason })
}

/// The fact that the severity is another one. Raising takes one key; lowering takes a reason.
///
/// # Errors
/// It is that severity already, or a lower one comes without a reason.
pub fn change_severity(run: &Run, to: Severity, reason: Option<String>) -> Result<Kind, Refusal> {
    let from = run.incident.severity;
    let reason = reason.filter(|reason| !reason.trim().is_empty());
    match from {
        Some(same) if same == to => Err(Refusal::SameSeverity(to)),
        Some(worse) if worse < to && reason.is_none() => Err(Refusal::NeedsReason(to)),
        _ => Ok(Kind::SeverityChanged { from, to, reason }),
    }
}
