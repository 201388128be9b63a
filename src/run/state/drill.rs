//! What the events of a drill say beside its steps.

use std::collections::BTreeMap;

use crate::effect::Facts;
use crate::run::event::DrillFact;

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
            DrillFact::TakenDown { trouble } => {
                self.taken_down = Some(trouble.clone().map_or(Ok(()), Err));
            }
        }
    }
}
