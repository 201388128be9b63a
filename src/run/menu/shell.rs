//! A shell from the menu: the operator takes over by hand, and the record says so.
//!
//! What is done in it is not seen; that it was open, for how long and how it ended, is a fact.

use std::path::Path;

use crate::effect::{Effect, Ending, Output, ProcessEffect, Text};
use crate::plan::Unit;
use crate::run::event::Kind;
use crate::run::next::{Look, Move};
use crate::run::session::Purpose;
use crate::steps::{DEFAULT_KILL_AFTER, Surroundings as _};
use crate::time::Span;

/// A shell is nobody's to end: it may stay open this long.
const LONGEST: Span = Span::from_mins(7 * 24 * 60);

/// Opens a shell where the step would run, with its target and the variables that its commands have.
pub(super) fn open(look: &Look<'_>, unit: &Unit, key: &str) -> Move {
    let place = &look.plan.place;
    let program = look.session.shell.clone().unwrap_or_else(|| "bash".to_owned());
    let mut env: Vec<(String, Text)> =
        place.marks().into_iter().map(|(name, value)| (name, Text::Plain(value))).collect();
    env.push(("MAYDAY_STEP_ID".to_owned(), Text::Plain(key.to_owned())));
    let target = unit.step.common.target.as_deref();
    let effect = ProcessEffect {
        argv: vec![program.clone()],
        env,
        path: place.path().to_vec(),
        cwd: Path::new(place.cwd()).to_path_buf(),
        // A target that cannot be had is no reason to have no shell.
        target: target.and_then(|name| place.target(name).ok()),
        interactive: true,
        time_limit: LONGEST,
        kill_after: DEFAULT_KILL_AFTER,
        withhold: false,
        attempt: None,
    };
    Move::Start {
        kind: Box::new(Kind::ShellOpened { step: key.to_owned(), what: program }),
        effect: Some(Box::new(Effect::Process(effect))),
        purpose: Purpose::Shell { step: key.to_owned() },
    }
}

/// It has ended.
pub(in crate::run) fn closed(step: &str, output: &Output) -> Kind {
    let exit_code = match &output.ending {
        Ending::Done => output.facts.get("exit_code").and_then(serde_json::Value::as_i64),
        _ => None,
    };
    Kind::ShellClosed { step: step.to_owned(), exit_code, elapsed: output.elapsed }
}
