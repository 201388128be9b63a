//! Which rows of the resume table (durability design, "crash rules by step type") the seeds went through.

use mayday::effect::{EffectClass, Ending, FailKind};
use mayday::plan::Unit;
use mayday::run::event::Kind;
use mayday::run::outbox::{Letter, LetterState};
use mayday::run::state::Running;
use mayday::steps::{Action, Verdict};

use super::nature::Nature;

/// Every row: what had no end, and what came of it.
pub(super) const TABLE: &[&str] = &[
    "read: begun again",
    "read: out of time",
    "question: begun again",
    "command under the keeper: taken back",
    "command under the keeper: its true end",
    "command under the keeper: unknown",
    "command on the terminal: unknown",
    "transaction before COMMIT: taken back",
    "transaction at COMMIT: its true end",
    "transaction at COMMIT: taken back",
    "transaction at COMMIT: unknown",
    "statement without a transaction: unknown",
    "request: unknown",
    "request with a key: begun again",
    "message in flight: sent again",
];

/// What kind of attempt this is.
fn sort(unit: &Unit, class: EffectClass, running: Option<&Running>) -> &'static str {
    match &unit.step.action {
        action if action.is_question() => "question",
        _ if class == EffectClass::Read => "read",
        Action::Shell(_) if unit.step.common.interactive => "command on the terminal",
        Action::Shell(_) => "command under the keeper",
        Action::Sql(_) if unit.step.common.no_transaction => "statement without a transaction",
        Action::Sql(_) if unit.step.common.target.as_deref() == Some("my") => {
            "statement without a transaction"
        }
        Action::Sql(_) if running.is_some_and(|running| running.what == "COMMIT") => {
            "transaction at COMMIT"
        }
        Action::Sql(_) => "transaction before COMMIT",
        Action::Http(_) if unit.step.action.repeatable() => "request with a key",
        Action::Http(_) => "request",
        _ => "read",
    }
}

impl Nature {
    /// A new driver takes the run up: which attempts have no end?
    pub(super) fn what_is_broken(&mut self) {
        let mut broken = Vec::new();
        for (key, state) in &self.straight.steps {
            let open = state.running.is_some() || (state.parts > 0 && state.verdict.is_none());
            if state.settled.is_some() || !open {
                continue;
            }
            let running = state.running.as_ref();
            let told = self.with_unit(key, |unit| sort(unit, unit.class(), running));
            broken.extend(told.map(|told| (key.clone(), told.to_owned())));
        }
        let sending = |letter: &&Letter| letter.state == LetterState::Sending;
        for letter in self.straight.outbox.letters().filter(sending) {
            broken.push((format!("letter {}", letter.id), "message in flight".to_owned()));
        }
        self.broken = broken.into_iter().collect();
    }

    /// What comes next for such an attempt.
    pub(super) fn tell_row(&mut self, kind: &Kind) {
        let letter = match kind {
            Kind::Notifying { letter: Some(letter), .. } => format!("letter {letter}"),
            _ => String::new(),
        };
        let (step, what) = match kind {
            Kind::Notifying { .. } => (&letter, "sent again"),
            Kind::Started { step, part: 0, .. } => (step, "begun again"),
            Kind::Revoked { step, .. } => (step, "taken back"),
            Kind::Ended {
                step,
                verdict: Verdict::Unknown { .. },
                ending: Ending::Unknown { .. },
                ..
            } => (step, "unknown"),
            Kind::Ended {
                step,
                ending: Ending::Failed { kind: FailKind::Timeout, message },
                ..
            } if message.contains("its time limit had passed") => (step, "out of time"),
            Kind::Ended { step, .. } => (step, "its true end"),
            _ => return,
        };
        if let Some(sort) = self.broken.remove(step) {
            *self.rows.entry(format!("{sort}: {what}")).or_default() += 1;
        }
    }
}
