//! What the events of a drill say beside its steps.

use std::collections::{BTreeMap, BTreeSet};

use crate::effect::Facts;
use crate::run::event::{Accepted, DrillFact, Fault};
use crate::run::fault::base;
use crate::steps::Verdict;
use crate::time::{Span, Timestamp};

/// What a criterion of a drill came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// Whether it held; `Unknown` when it could not be evaluated.
    pub verdict: Verdict,
    /// The evaluated condition.
    pub measured: Option<String>,
}

/// A drill, beside its steps.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DrillState {
    /// The guard allowed the current driver to go on.
    pub guarded: bool,
    /// The first step that was begun without that.
    pub unguarded: Option<String>,
    /// Who the targets are, as the first guard found them.
    pub targets: BTreeMap<String, Facts>,
    /// What the guards found, in sentences.
    pub proofs: Vec<String>,
    /// Faults that are put into its steps, and steps whose fault is over.
    pub faults: BTreeMap<String, Fault>,
    over: BTreeSet<String>,
    /// Steps that a fault makes wait, and until when.
    pub slowed: BTreeMap<String, Timestamp>,
    /// The stop condition that held, and what was measured.
    pub tripped: Option<(String, String)>,
    /// Stop conditions that could not be looked at.
    pub unseen: BTreeSet<String>,
    /// The environment was taken down, or why it was not.
    pub taken_down: Option<Result<(), String>>,
}

impl DrillState {
    /// Another driver: the guard looks again.
    pub(super) fn taken_up(&mut self) {
        self.guarded = false;
    }

    /// A step was begun.
    pub(super) fn began(&mut self, step: &str) {
        if !self.guarded {
            self.unguarded.get_or_insert_with(|| step.to_owned());
        }
        if matches!(self.fault(step), Some(Fault::Crash | Fault::Slow(_))) {
            self.get_over(step);
        }
    }

    /// The fault that still is put into a step, or into the first of its items that is come to.
    #[must_use]
    pub fn fault(&self, key: &str) -> Option<Fault> {
        let known = |name| self.faults.get(name).filter(|_| !self.over.contains(name));
        known(key).or_else(|| known(base(key))).copied()
    }

    /// Somebody chose what follows from a step, or it is over: its fault is, too.
    pub(super) fn get_over(&mut self, key: &str) {
        let known = |name: &&str| self.faults.contains_key(*name);
        self.over.extend([key, base(key)].into_iter().find(known).map(str::to_owned));
    }

    /// The wall clock was set by this much.
    pub(super) fn shift(&mut self, by: Span) {
        self.slowed.values_mut().for_each(|until| *until = *until + by);
    }

    pub(super) fn apply(&mut self, fact: &DrillFact) {
        match fact {
            DrillFact::Guarded { targets, proofs } => {
                self.guarded = true;
                if self.targets.is_empty() {
                    self.targets.clone_from(targets);
                }
                self.proofs.clone_from(proofs);
            }
            DrillFact::Injected { faults } => self.faults.clone_from(faults),
            DrillFact::Slowed { step, until } => {
                self.slowed.insert(step.clone(), *until);
            }
            DrillFact::Tripped { condition, measured, .. } => {
                self.tripped.get_or_insert_with(|| (condition.clone(), measured.clone()));
            }
            DrillFact::Unseen { condition, .. } => {
                self.unseen.insert(condition.clone());
            }
            DrillFact::TakenDown { trouble } => {
                self.taken_down = Some(trouble.clone().map_or(Ok(()), Err));
            }
        }
    }
}

impl super::Run {
    /// Targets that somebody wanted to work on, although they are others.
    pub(super) fn accept(&mut self, accepted: &[Accepted]) {
        let pair = |one: &Accepted| (one.target.clone(), (one.why.clone(), one.reason.clone()));
        self.accepted.extend(accepted.iter().map(pair));
    }
}
