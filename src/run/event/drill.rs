//! Facts that only a drill, or a run with faults put into it, has to tell.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Fault;
use crate::effect::Facts;
use crate::time::Timestamp;

/// What a drill tells beside its steps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum DrillFact {
    /// The guard proved that no target is one of production: before anything ran, and again by each driver.
    Guarded {
        /// Target -> who it is: host, database, system identifier.
        targets: BTreeMap<String, Facts>,
        /// What was looked at and held, in sentences.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        proofs: Vec<String>,
    },
    /// Faults are put into its steps on purpose: what they do is not real. Stands before everything else.
    Injected {
        /// Step -> what it is made to suffer.
        faults: BTreeMap<String, Fault>,
    },
    /// A step waits before it begins, because a fault makes it slow.
    Slowed {
        /// The step's key.
        step: String,
        /// It begins then.
        until: Timestamp,
    },
    /// A stop condition holds: what runs is ended, and the drill is given up.
    Tripped {
        /// The condition's id.
        condition: String,
        /// What it looks at.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        title: String,
        /// The evaluated condition.
        measured: String,
    },
    /// A stop condition could not be looked at. Told once.
    Unseen {
        /// The condition's id.
        condition: String,
        /// Why, a lowercase fragment.
        why: String,
    },
    /// The environment was taken down behind the drill. Stands behind `closed`.
    TakenDown {
        /// Why it was not, a lowercase fragment.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        trouble: Option<String>,
    },
}

/// A target that is another one than mayday.yaml says, and that somebody wanted to work on all the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    /// The target's name.
    pub target: String,
    /// What differs, a lowercase fragment.
    pub why: String,
    /// Why that is right, in somebody's words.
    pub reason: String,
}
