//! Esc and Ctrl-C at questions that have no menu behind them: the menu itself, inputs, evidence.
//!
//! Esc chooses nothing: what has no answer is asked again, and how to leave is said. Ctrl-C leaves the run, which
//! can be resumed. A piece of evidence that is not given opens the menu of its step.

use super::digest::{Digest, checked};
use super::event::Asking;
use super::session::Session;
use crate::effect::{Ending, FailKind, Output};
use crate::steps::{Failure, Stage, Verdict};

/// True for the end of a question that is looked at here.
pub(super) fn is_left(session: &Session, asking: Asking, output: &Output) -> bool {
    let left = output.ending == Ending::Cancelled && session.leaving.is_none();
    left && match asking {
        Asking::Evidence => true,
        Asking::Menu | Asking::Input => output.facts.contains_key("escape"),
        _ => false,
    }
}

/// What it means.
pub(super) fn left(step: &str, asking: Asking, output: Output) -> Digest {
    if asking == Asking::Evidence {
        let why = "its evidence was not given".to_owned();
        let failure = Failure::new(Stage::Verify, FailKind::Cancelled, why);
        let check = "evidence".to_owned();
        let verdict = Verdict::Fail(failure);
        return Digest::fact(checked(step.to_owned(), check, verdict, None, output));
    }
    let what = if asking == Asking::Menu { "Nothing was chosen" } else { "It is needed to go on" };
    let say = format!("{what}. Ctrl-C leaves the run, which can be resumed.");
    Digest { say: vec![say], ..Digest::default() }
}
