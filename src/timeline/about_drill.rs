//! Sentences about a drill beside its steps: its guard, its environment.

use crate::run::event::DrillFact;

/// What it says.
#[must_use]
pub fn of_drill(fact: &DrillFact) -> String {
    match fact {
        DrillFact::Guarded { proofs, .. } => {
            format!("The guard allowed the drill: {}.", proofs.join("; "))
        }
        DrillFact::TakenDown { trouble: None } => "The environment was taken down.".to_owned(),
        DrillFact::TakenDown { trouble: Some(why) } => {
            format!("The environment was not taken down: {why}.")
        }
    }
}
