//! Sentences about a drill beside its steps: its guard, its environment.

use crate::run::event::DrillFact;
use crate::run::fault::{self, INJECTED};

/// What it says.
#[must_use]
pub fn of_drill(fact: &DrillFact) -> String {
    match fact {
        DrillFact::Guarded { proofs, .. } => {
            format!("The guard allowed the drill: {}.", proofs.join("; "))
        }
        DrillFact::Injected { faults } => {
            format!("{INJECTED} into this drill, not real: {}.", fault::words(faults))
        }
        DrillFact::Slowed { step, until } => {
            format!("{INJECTED} wait, not real: {step} begins at {}.", until.clock())
        }
        DrillFact::TakenDown { trouble: None } => "The environment was taken down.".to_owned(),
        DrillFact::TakenDown { trouble: Some(why) } => {
            format!("The environment was not taken down: {why}.")
        }
    }
}
