//! Questions: asked on a thread of their own, so that clocks go on, and withdrawn when nobody wants to
//! know any more.

use std::io::{self, Write as _};
use std::sync::mpsc::{TryRecvError, channel};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

use super::LiveWorld;
use crate::effect::{
    EffectId, Ending, Facts, FailKind, Input, Interrupt, Output, Question, ValueKind, ValueRule,
    Wants,
};
use crate::secret::SecretValue;
use crate::time::Span;
use crate::world::console::{Asked, Operator, Withdrawal};

/// Whoever can be asked.
pub(super) type Desk = Arc<Mutex<Option<Box<dyn Operator>>>>;

/// One question at a time: the next one waits until the terminal is free.
fn put(desk: &Desk, question: &Question, withdrawal: &Withdrawal) -> Option<Asked> {
    let operator = desk.lock().unwrap_or_else(PoisonError::into_inner);
    if withdrawal.is_withdrawn() {
        return Some(Asked::Withdrawn);
    }
    operator.as_ref().map(|operator| operator.ask(question, withdrawal))
}

fn answered(asked: Option<Asked>) -> Output {
    let cancelled =
        || Output { ending: Ending::Cancelled, ..Output::done(Facts::new(), Span::ZERO) };
    match asked {
        Some(Asked::Answer(answer)) => {
            let mut facts = Facts::new();
            facts.insert("answer".to_owned(), answer);
            facts.insert("source".to_owned(), "operator".into());
            Output::done(facts, Span::ZERO)
        }
        Some(Asked::Withdrawn) => cancelled(),
        Some(Asked::Escape) => {
            let mut output = cancelled();
            output.facts.insert("escape".to_owned(), true.into());
            output
        }
        Some(Asked::Interrupt) => {
            let mut output = cancelled();
            output.facts.insert("interrupt".to_owned(), true.into());
            output
        }
        Some(Asked::Gone) => Output::failed(FailKind::Input, "the terminal is gone"),
        None => Output::failed(FailKind::Input, "nobody can be asked"),
    }
}

impl LiveWorld {
    pub(super) fn ask(&mut self, id: EffectId, question: Question) -> Result<(), Output> {
        let refused = |error: io::Error| Output::failed(FailKind::Input, format!("ask: {error}"));
        let withdrawal = Arc::new(Withdrawal::new().map_err(refused)?);
        self.questions.insert(id, Arc::clone(&withdrawal));
        let desk = Arc::clone(&self.operator);
        self.on_thread(id, "prompt", move || answered(put(&desk, &question, &withdrawal)))
    }

    /// Asks for a secret that is needed now.
    pub(super) fn ask_secret(&mut self, name: &str) -> Result<SecretValue, String> {
        let question = Question {
            about: name.to_owned(),
            text: format!("Secret {name}"),
            help: Some("not shown, not recorded".to_owned()),
            wants: Wants::Value(ValueRule {
                kind: ValueKind::Secret,
                pattern: None,
                options: Vec::new(),
                default: None,
            }),
        };
        let asked = self.ask_now(question);
        let asked =
            asked.map_err(|error| format!("secret `{name}` cannot be asked for: {error}"))?;
        match asked {
            Some(Asked::Answer(Value::String(value))) => {
                let value = SecretValue::from(value);
                self.vault.keep(name, value.clone());
                Ok(value)
            }
            None => Err(format!("secret `{name}` is asked for, and nobody can be asked")),
            Some(_) => Err(format!("secret `{name}` was asked for and not given")),
        }
    }

    /// Asks outside of any run. Signals are looked after meanwhile: each of them withdraws the question, and
    /// is an input afterwards. `None` when nobody can be asked.
    ///
    /// # Errors
    /// No thread or socket could be had.
    pub fn ask_now(&mut self, question: Question) -> io::Result<Option<Asked>> {
        let withdrawal = Arc::new(Withdrawal::new()?);
        let (tell, told) = channel();
        let (desk, theirs) = (Arc::clone(&self.operator), Arc::clone(&withdrawal));
        let waker = Arc::clone(&self.waker);
        let work = move || {
            let _ = tell.send(put(&desk, &question, &theirs));
            let _ = (&*waker).write_all(b".");
        };
        std::thread::Builder::new().name("prompt".to_owned()).spawn(work)?;
        loop {
            match told.try_recv() {
                Ok(asked) => return Ok(asked),
                // The thread is gone without an answer: a bug, and no answer.
                Err(TryRecvError::Disconnected) => return Ok(Some(Asked::Withdrawn)),
                Err(TryRecvError::Empty) => {}
            }
            self.collect();
            if self.ready.iter().any(|input| matches!(input, Input::Interrupt(_))) {
                withdrawal.withdraw();
            }
            self.sleep(Some(super::GLANCE));
        }
    }

    /// The signal that came before any run could take it.
    #[must_use]
    pub fn interrupted(&mut self) -> Option<Interrupt> {
        self.collect();
        self.ready.iter().find_map(|input| match input {
            Input::Interrupt(how) => Some(*how),
            _ => None,
        })
    }
}
