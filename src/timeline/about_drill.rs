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
        DrillFact::Tripped { condition, title, measured } => {
            let title = if title.is_empty() { String::new() } else { format!(" ({title})") };
            format!(
                "STOP: condition {condition}{title} holds: {measured}. The drill is given up and cleaned up."
            )
        }
        DrillFact::Unseen { condition, why } => {
            format!("Stop condition {condition} could not be looked at, and stops nothing: {why}.")
        }
        DrillFact::TakenDown { trouble: None } => "The environment was taken down.".to_owned(),
        DrillFact::TakenDown { trouble: Some(why) } => {
            format!("The environment was not taken down: {why}.")
        }
    }
}
