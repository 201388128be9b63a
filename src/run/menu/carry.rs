//! What a choice of the menu leads to.

use serde_json::Value;

use super::shell;
use crate::plan::{Mode, Unit};
use crate::run::advance;
use crate::run::event::{Kind, Outcome, StepStatus, StopReason};
use crate::run::next::{Look, Move, give_up};
use crate::run::state::Chosen;

/// What the menu led to.
pub(in crate::run) fn carry_out(
    look: &Look<'_>,
    unit: &Unit,
    key: &str,
    item: Option<(usize, &Value)>,
    chosen: &Chosen,
) -> Move {
    let choice = chosen.choice.as_str();
    let given_up =
        |why: String| Move::record(give_up(look.plan, look.run, key, StopReason::Operator, why));
    if let Some(playbook) = choice.strip_prefix("handoff:") {
        if look.plan.mode == Mode::Drill {
            return given_up(format!("step `{key}` handed over to `{playbook}`"));
        }
        return Move::record(Kind::Closed {
            outcome: Outcome::HandedOff,
            reason: playbook.to_owned(),
        });
    }
    if let Some(step) = choice.strip_prefix("undo_back:") {
        return Move::record(Kind::RollbackStarted {
            to: Some(step.to_owned()),
            from: Some(key.to_owned()),
        });
    }
    match choice {
        "shell" => shell::open(look, unit, key),
        "by_hand" => advance::settle(look, unit, key, StepStatus::ByHand),
        "stop" => Move::record(Kind::Stopped {
            reason: StopReason::Operator,
            message: format!("stopped at step `{key}`"),
        }),
        "abort" if look.plan.mode == Mode::Real && look.run.rollback.is_none() => {
            Move::record(Kind::Closed {
                outcome: Outcome::Aborted,
                reason: format!("step `{key}` was given up"),
            })
        }
        "abort" => given_up(format!("step `{key}` was given up")),
        "undo" if let Some(undo) = crate::plan::undo_unit(unit) => {
            advance::one(look, &undo, &format!("{key}.undo"), item)
        }
        _ => {
            let reason = match choice.strip_prefix("switch_to:") {
                Some(phase) => format!("switched to phase {phase}"),
                None => chosen.reason.clone().unwrap_or_else(|| "skipped".to_owned()),
            };
            Move::record(Kind::Skipped {
                step: key.to_owned(),
                reason,
                by_choice: true,
                second_person: chosen.second.clone(),
            })
        }
    }
}
