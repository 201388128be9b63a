//! Slips: what another terminal says to a run. Each becomes exactly one event.
//!
//! Owns their words and what they mean for the run as it is now. How they come here, durably and in order, is
//! the world's business.

use serde::{Deserialize, Serialize};

use super::approval;
use super::event::{Kind, Milestone};
use super::milestones::{self, Order};
use super::state::Run;
use crate::effect::Evidence;
use crate::severity::Severity;
use crate::time::Timestamp;

/// The largest slip, in bytes; an event may have four times as many.
pub const LARGEST: usize = 16 * 1024;

/// One slip.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slip {
    /// Who says it.
    pub by: String,
    /// From whose account on which machine.
    pub user: String,
    /// What.
    #[serde(flatten)]
    pub said: Said,
}

/// What is said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "say", rename_all = "snake_case")]
pub enum Said {
    /// Words for the record.
    Note {
        /// The words.
        text: String,
        /// When it happened.
        #[serde(default)]
        when: Option<Timestamp>,
    },
    /// A milestone and its time.
    Mark {
        /// Which.
        milestone: Milestone,
        /// When.
        when: Timestamp,
        /// Why.
        #[serde(default)]
        reason: Option<String>,
        /// Also where it breaks the order of milestones.
        #[serde(default)]
        force: bool,
    },
    /// A second person agrees.
    Ack {
        /// To what.
        code: String,
    },
    /// The contacts are to be told now.
    Escalate {
        /// Why.
        reason: String,
    },
    /// It is better or worse than was thought.
    Severity {
        /// How bad it is.
        to: Severity,
        /// Why; needed to lower it.
        #[serde(default)]
        reason: Option<String>,
    },
    /// The incident is not over after all.
    Reopen {
        /// When users were hurt again.
        when: Timestamp,
        /// Why.
        reason: String,
    },
    /// Those who wait for news had some.
    Update {
        /// What they were told.
        text: String,
    },
    /// No further step begins until the run is released.
    Hold {
        /// Why.
        reason: String,
    },
    /// The steps go on.
    Release,
    /// A role is somebody's.
    Role {
        /// Which.
        role: String,
        /// Whose.
        to: String,
        /// What is said with it.
        #[serde(default)]
        note: Option<String>,
    },
}

/// What a slip comes to: who said it, and the fact.
#[must_use]
pub fn fact(run: &Run, text: &str, files: Vec<Evidence>, now: Timestamp) -> (String, Kind) {
    let slip: Slip = match serde_json::from_str(text) {
        Ok(slip) => slip,
        Err(error) => {
            let what = "words from another terminal".to_owned();
            let why = format!("they cannot be read: {error}");
            return ("mayday".to_owned(), Kind::Refused { what, why });
        }
    };
    let Slip { by, user, said } = slip;
    let kind = match said {
        Said::Note { text, when } => Kind::Noted { text, when, files },
        Said::Escalate { .. } if run.closed.is_some() => refused("escalate", "the run is closed"),
        Said::Escalate { reason } => Kind::EscalationAsked { reason },
        Said::Severity { .. } if run.closed.is_some() => refused("severity", "the run is closed"),
        Said::Severity { to, reason } => milestones::change_severity(run, to, reason)
            .unwrap_or_else(|why| refused("severity", &why.to_string())),
        Said::Reopen { .. } if run.closed.is_some() => {
            refused("reopen", "the run is closed: begin a new one, with --detected")
        }
        Said::Reopen { when, reason } => milestones::reopen(run, when, now, reason)
            .unwrap_or_else(|why| refused("reopen", &why.to_string())),
        Said::Update { text } => Kind::Updated { text },
        Said::Hold { .. } if run.closed.is_some() => refused("hold", "the run is closed"),
        Said::Hold { .. } if run.incident.held.is_some() => refused("hold", "it is held already"),
        Said::Hold { reason } => Kind::Held { reason },
        Said::Release if run.incident.held.is_none() => refused("release", "it is not held"),
        Said::Release => Kind::Released,
        Said::Role { role, to, note } => Kind::RoleGiven { role, to, note },
        Said::Ack { code } => {
            approval::agree(run, &code, &by, &user, now).unwrap_or_else(|why| refused("ack", &why))
        }
        Said::Mark { milestone, when, reason, force } => {
            mark(run, milestone, when, reason, force, now)
        }
    };
    (by, kind)
}

fn refused(what: &str, why: &str) -> Kind {
    Kind::Refused { what: what.to_owned(), why: why.to_owned() }
}

fn mark(
    run: &Run,
    milestone: Milestone,
    when: Timestamp,
    reason: Option<String>,
    force: bool,
    now: Timestamp,
) -> Kind {
    let order = if force { Order::Overruled } else { Order::Kept };
    milestones::set(run, milestone, when, now, order, reason)
        .unwrap_or_else(|why| refused("mark", &why.to_string()))
}
