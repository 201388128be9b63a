//! The menu of a step that failed or whose outcome is unknown: one for all cases.
//!
//! The safe choice stands first, nothing is preselected, each choice but trying again and checking
//! takes a reason. Without anybody to ask the run stops and can be resumed.

use super::approval;
use super::event::{Asking, Kind, StopReason};
use super::gate::put;
use super::next::{Look, Move, give_up, in_cleanup};
use super::state::StepState;
use crate::effect::{Choice, Question, Wants};
use crate::plan::Unit;
use crate::playbook::{MenuItem, OnFail};
use crate::steps::{Stage, Verdict};

mod carry;
pub(super) mod more;
pub(super) mod shell;

pub(super) use carry::carry_out;

const EDIT: &str = "edit inputs, then try again";
const UNDO_BACK: &str = "undo back to an earlier step, and go on from there";
const SHELL: &str = "open a shell here (recorded as taken over by hand)";

/// The next question of the menu, or the choice once it is complete.
pub(super) fn next(look: &Look<'_>, unit: &Unit, key: &str, state: &StepState) -> Move {
    let about = format!("{key}.menu");
    let Some(choice) = &state.menu.choice else {
        if !look.session.attended && look.session.scripted(&about, false).is_none() {
            return nobody(look, key, state);
        }
        let question = Question {
            about,
            text: what_happened(key, state),
            help: None,
            wants: Wants::OneOf(choices(look, unit, key, state)),
        };
        return put(look, key, Asking::Menu, question, "--answer");
    };
    let free = matches!(choice.as_str(), "retry" | "check");
    if !free && state.menu.reason.is_none() {
        let question = Question {
            about: format!("{key}.reason"),
            text: format!("Why {}?", reason_for(choice)),
            help: None,
            wants: Wants::Words,
        };
        return put(look, key, Asking::Reason, question, "--answer");
    }
    if let Some(ask) = more::next(look, key, state, choice) {
        return ask;
    }
    let passes_over = matches!(choice.as_str(), "skip" | "by_hand" | "switch_to");
    let passes_over = passes_over || choice.starts_with("switch_to:");
    if unit.step.common.killer && passes_over && state.menu.second.is_none() {
        let to = format!("`{key}` is not done as written: {}", reason_for(choice));
        return approval::ask(look, key, state, Asking::Override, &to);
    }
    Move::record(Kind::Chose {
        step: key.to_owned(),
        choice: more::complete(choice, &state.menu),
        reason: state.menu.reason.clone(),
        second_person: state.menu.second.clone(),
        source: state.menu.source.clone(),
    })
}

/// The choice as the question for its reason names it.
fn reason_for(choice: &str) -> String {
    match choice {
        "edit" => "other inputs".to_owned(),
        "undo" => "undo it".to_owned(),
        "undo_back" => "undo steps".to_owned(),
        "shell" => "take over by hand".to_owned(),
        "handoff" => "hand over".to_owned(),
        "switch_to" => "another branch".to_owned(),
        "by_hand" => "count it as done (what shows it)".to_owned(),
        other => other.replace('_', " "),
    }
}

fn nobody(look: &Look<'_>, key: &str, state: &StepState) -> Move {
    let message = what_happened(key, state);
    let reason = match &state.verdict {
        Some(Verdict::Unknown { .. }) => StopReason::OutcomeUnknown,
        _ => StopReason::StepFailed,
    };
    Move::record(give_up(look.plan, look.run, key, reason, message))
}

/// One sentence: which step, what is the matter.
fn what_happened(key: &str, state: &StepState) -> String {
    match (&state.verdict, &state.probe) {
        (Some(Verdict::Unknown { reason }), Some(Verdict::Fail(failure))) => {
            format!("step `{key}`: outcome unknown ({reason}); probe: {failure}")
        }
        (Some(Verdict::Unknown { reason }), _) => {
            format!("step `{key}`: outcome unknown: {reason}")
        }
        (Some(Verdict::Fail(failure)), _) => format!("step `{key}` failed: {failure}"),
        _ => format!("step `{key}` needs a decision"),
    }
}

fn choices(look: &Look<'_>, unit: &Unit, key: &str, state: &StepState) -> Vec<Choice> {
    let choice = |key: &str, label: String| Choice { key: key.to_owned(), label };
    let unknown = matches!(state.verdict, Some(Verdict::Unknown { .. }));
    let can_undo = unit.step.undo.is_some() && !look.run.undone.contains(key);
    let one = |item: &MenuItem| match item {
        MenuItem::Check => choice("check", "run its checks only".to_owned()),
        MenuItem::Retry if unknown => {
            choice("retry", format!("it did not happen: run it again (type {key})"))
        }
        MenuItem::Retry => choice("retry", "try again".to_owned()),
        MenuItem::ByHand if unknown => choice("by_hand", "it did happen: treat as done".to_owned()),
        MenuItem::ByHand => choice("by_hand", "I did it by hand".to_owned()),
        MenuItem::Skip => choice("skip", "skip it".to_owned()),
        MenuItem::Edit => choice("edit", EDIT.to_owned()),
        MenuItem::UndoBack => choice("undo_back", UNDO_BACK.to_owned()),
        MenuItem::Shell => choice("shell", SHELL.to_owned()),
        MenuItem::SwitchTo(phase) => {
            choice(&format!("switch_to:{phase}"), format!("go on at phase {phase}"))
        }
        MenuItem::Handoff(playbook) => choice(
            &format!("handoff:{playbook}"),
            format!("close this run and hand over to {playbook}"),
        ),
        MenuItem::Escalate => choice("escalate", "tell the contacts now".to_owned()),
        MenuItem::Stop => choice("stop", "stop here; the run can be resumed".to_owned()),
        MenuItem::Abort => choice("abort", "give this run up".to_owned()),
    };
    let own = matches!(unit.step.common.on_fail, OnFail::Menu(_));
    let wanted = match &unit.step.common.on_fail {
        OnFail::Menu(items) => items.clone(),
        _ => vec![
            MenuItem::Check,
            MenuItem::Retry,
            MenuItem::ByHand,
            MenuItem::Skip,
            MenuItem::Escalate,
            MenuItem::Stop,
            MenuItem::Abort,
        ],
    };
    // The way back and the cleanup of a drill lead nowhere else.
    let back = look.run.rollback.is_some() || in_cleanup(look.plan, look.run, key);
    let offered = wanted.iter().filter(|item| match item {
        MenuItem::Check => can_check(unit, state),
        MenuItem::Escalate => !look.plan.escalation.is_empty(),
        MenuItem::Handoff(_) => !back,
        MenuItem::Edit => !back && !more::inputs(look).is_empty(),
        MenuItem::UndoBack => !back && more::undoable(look).next().is_some(),
        MenuItem::Shell => look.session.attended,
        MenuItem::Abort => look.run.rollback.is_none(),
        MenuItem::SwitchTo(phase) => {
            !back && more::branches(look, unit).any(|later| later.key == *phase)
        }
        _ => true,
    });
    let mut choices: Vec<Choice> = offered.map(one).collect();
    let mut insert = |behind: &[&str], key: &str, label: &str| {
        let last = choices.iter().rposition(|choice| behind.contains(&choice.key.as_str()));
        let at = last.map_or(choices.len(), |at| at + 1);
        choices.insert(at, choice(key, label.to_owned()));
    };
    if !back && !own && !more::inputs(look).is_empty() {
        insert(&["check", "retry"], "edit", EDIT);
    }
    let before_skip = ["check", "retry", "edit", "by_hand"];
    if can_undo && state.attempts > 0 {
        insert(&before_skip, "undo", "undo what it did, then ask again");
    }
    let behind_skip = ["check", "retry", "edit", "by_hand", "undo", "skip"];
    if !back && !own {
        if more::undoable(look).next().is_some() {
            insert(&behind_skip, "undo_back", UNDO_BACK);
        }
        if more::branches(look, unit).next().is_some() {
            insert(&behind_skip, "switch_to", "take another branch: go on at a later phase");
        }
    }
    if !own && look.session.attended {
        let behind =
            ["check", "retry", "edit", "by_hand", "undo", "skip", "undo_back", "switch_to"];
        insert(&behind, "shell", SHELL);
        if !back && look.session.playbooks.iter().any(|(id, _)| *id != look.plan.head.id) {
            insert(
                &[&behind[..], &["shell", "escalate"]].concat(),
                "handoff",
                "hand over to another playbook; the clocks go on",
            );
        }
    }
    if !choices.iter().any(|choice| choice.key == "stop") {
        choices.push(choice("stop", "stop here; the run can be resumed".to_owned()));
    }
    choices
}

/// True when there are checks, and they may decide: those of a killer step prove its action, they do not
/// stand in for it.
fn can_check(unit: &Unit, state: &StepState) -> bool {
    let files = unit.step.common.evidence.as_ref().is_some_and(|rule| !rule.files.is_empty());
    let decided = match &state.verdict {
        Some(Verdict::Fail(failure)) => failure.stage == Stage::Verify,
        _ => true,
    };
    (!unit.step.verify.is_empty() || files) && (decided || !unit.step.common.killer)
}
