//! Sentences about a drill beside its steps: its guard, its environment.

use crate::run::event::{Accepted, DrillFact};
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

/// Who the targets of a real run are.
#[must_use]
pub fn identified(proofs: &[String], accepted: &[Accepted]) -> String {
    let mut said: Vec<String> = accepted.iter().map(accepted_words).collect();
    if !proofs.is_empty() {
        said.push(format!("The targets are who mayday.yaml says: {}.", proofs.join("; ")));
    }
    said.join(" ")
}

/// A target that is another one, and was accepted.
#[must_use]
pub fn accepted_words(accepted: &Accepted) -> String {
    let Accepted { target, why, reason } = accepted;
    format!("WRONG TARGET accepted: {target}: {why}. Reason: {reason}.")
}
