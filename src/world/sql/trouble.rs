//! What went wrong with a statement, before it becomes an [`Output`].

use crate::effect::{Ending, Facts, FailKind, Output};
use crate::time::Span;

/// A disappointment with the facts that were known by then.
#[derive(Debug)]
pub(super) struct Trouble {
    pub(super) ending: Ending,
    pub(super) facts: Facts,
}

impl Trouble {
    pub(super) fn new(kind: FailKind, message: impl Into<String>) -> Self {
        let ending = Ending::Failed { kind, message: message.into() };
        Self { ending, facts: Facts::new() }
    }

    /// It was sent, and nobody can tell whether it took effect.
    pub(super) fn unknown(reason: impl Into<String>) -> Self {
        let ending = Ending::Unknown { reason: reason.into() };
        Self { ending, facts: Facts::new() }
    }

    /// It is proved that nothing of it happened.
    pub(super) fn not_done(reason: impl Into<String>) -> Self {
        let ending = Ending::NotDone { reason: reason.into() };
        Self { ending, facts: Facts::new() }
    }

    /// The words in it, whatever it is.
    pub(super) fn message(&self) -> String {
        match &self.ending {
            Ending::Failed { message, .. } => message.clone(),
            Ending::Unknown { reason } | Ending::NotDone { reason } => reason.clone(),
            other => format!("{other:?}").to_lowercase(),
        }
    }

    fn map(mut self, change: impl FnOnce(&str) -> String) -> Self {
        if let Ending::Failed { message: text, .. } | Ending::Unknown { reason: text } =
            &mut self.ending
        {
            *text = change(text);
        }
        self
    }

    /// Says which statement of several it was; `index` counts from 0.
    pub(super) fn at(self, index: usize, count: usize) -> Self {
        if count < 2 {
            return self;
        }
        self.map(|text| format!("statement {} of {count}: {text}", index + 1))
    }

    /// Adds what became of the transaction, or what to do next.
    pub(super) fn and(self, more: &str) -> Self {
        self.map(|text| format!("{text}{more}"))
    }

    pub(super) fn with(mut self, facts: Facts) -> Self {
        self.facts = facts;
        self
    }

    /// Takes a secret out of the words.
    pub(super) fn redact(&mut self, secret: &str) {
        if secret.is_empty() {
            return;
        }
        if let Ending::Failed { message: text, .. } | Ending::Unknown { reason: text } =
            &mut self.ending
        {
            *text = text.replace(secret, "[REDACTED]");
        }
    }

    pub(super) fn into_output(self, elapsed: Span) -> Output {
        Output { ending: self.ending, facts: self.facts, evidence: Vec::new(), elapsed }
    }
}
