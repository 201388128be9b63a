//! What other terminals, second persons and the menu add to a run: agreement, roles, shells, edited inputs.
//!
//! Total, as all of the fold is.

use super::{Known, Run, StepState};
use crate::run::event::{Asking, Event, Kind};
use crate::time::{Span, Timestamp};

/// What is asked of a second person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval {
    /// To what they agree: the gate of the step, or passing it over.
    pub question: Asking,
    /// What they type.
    pub code: String,
    /// In words.
    pub what: String,
    /// Whose account asks.
    pub user: String,
    /// The code is worth nothing from then on.
    pub until: Timestamp,
    /// The operator breaks the glass, and is asked why.
    pub glass: bool,
}

impl Approval {
    /// The wall clock was set by this much.
    pub(super) fn shift(&mut self, by: Span) {
        self.until = self.until + by;
    }
}

/// The answers to what a step that is done by hand elsewhere asks.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hand {
    /// Whether it worked: `done`, `failed`, `unsure` or `not_done`.
    pub verdict: Option<String>,
    /// What it said.
    pub seen: Option<String>,
    /// Values read off there.
    pub captured: std::collections::BTreeMap<String, serde_json::Value>,
}

impl Run {
    /// Remembers an event of these kinds.
    pub(super) fn apply_aside(&mut self, event: &Event) {
        match &event.kind {
            Kind::ApprovalAsked { step, question, code, what, user, until } => {
                self.step_mut(step).approval = Some(Approval {
                    question: *question,
                    code: code.clone(),
                    what: what.clone(),
                    user: user.clone(),
                    until: *until,
                    glass: false,
                });
            }
            Kind::Agreed { step, question, .. } => {
                let state = self.step_mut(step);
                state.approval = None;
                match question {
                    Asking::Override => state.menu.second = Some(event.by.clone()),
                    _ => state.gate.second = Some(event.by.clone()),
                }
            }
            Kind::Identified { accepted, .. } => self.accept(accepted),
            Kind::RecordMoved { from, to, .. } => {
                self.earlier_folders.push(from.clone());
                self.folder = Some(to.clone());
            }
            Kind::EscalationAsked { .. } => self.escalations_asked += 1,
            Kind::RoleGiven { role, to, .. } => {
                self.roles.insert(role.clone(), to.clone());
            }
            Kind::InputEdited { name, value, step, .. } => {
                self.inputs.insert(name.clone(), Known::Value(value.clone()));
                self.step_mut(step).menu.editing = None;
            }
            Kind::ShellOpened { step, .. } => self.step_mut(step).shell = true,
            Kind::ShellClosed { step, .. } => self.leave_shell(step),
            Kind::RollbackStarted { to, from } => {
                self.rollback = Some(to.clone());
                self.rollback_from.clone_from(from);
                self.stopped = None;
                if let Some(from) = from {
                    self.step_mut(from).chosen = None;
                }
            }
            Kind::RollbackEnded { again } => self.rolled_back(again),
            _ => {}
        }
    }

    /// The shell is gone, however it went: the menu that opened it is shown again.
    fn leave_shell(&mut self, step: &str) {
        let state = self.step_mut(step);
        state.shell = false;
        state.chosen = None;
    }

    fn rolled_back(&mut self, again: &[String]) {
        self.rollback = None;
        if self.rollback_from.take().is_none() {
            let done = "the undos asked for are done".to_owned();
            self.stopped.get_or_insert((crate::run::event::StopReason::Operator, done));
        }
        for key in again {
            self.undone.remove(key);
            let other = |one: &String| one.strip_suffix(".undo").unwrap_or(one) != key;
            self.passed.retain(other);
            self.settling.retain(other);
            for key in [key.clone(), format!("{key}.undo")] {
                if let Some(state) = self.steps.get_mut(&key) {
                    *state = StepState { attempts: state.attempts, ..StepState::default() };
                }
            }
        }
    }
}
