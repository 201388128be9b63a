//! Messages of a run that nobody drives: sent from here, and the run is let go as it was.
//!
//! Owns that nothing but messages is begun: no step, no clock, no question.

use std::collections::HashMap;

use crate::cli::driven::{self, Hands, Stage};
use crate::cli::exit::{self, Failure};
use crate::cli::{Global, pinned};
use crate::journal::{self, RunId, Store, Trouble};
use crate::run::event::Kind;
use crate::run::outbox::{Letter, LetterState};
use crate::run::state::Run;

/// Sends what the record of a run asks to be sent. The state behind it; nothing when somebody drives it by now.
///
/// # Errors
/// The record cannot be read or written.
pub(in crate::cli) fn send(
    global: &Global,
    store: &Store,
    id: &RunId,
) -> Result<Option<Run>, Failure> {
    let dir = store.dir(id).map_err(|trouble| driven::refused(&trouble))?;
    let first = journal::read_first(&dir).map_err(|trouble| driven::refused(&trouble))?;
    let Some(Kind::Opened(opened)) = first.map(|first| first.kind) else { return Ok(None) };
    let (plan, config) = pinned::plan(&dir, &opened)?;
    let mut stage = Stage::open(global, &plan, &config, None, false, false)?;
    // What cannot be sent without asking for a secret is shown, to be said by hand.
    (stage.attended, stage.hands) = (false, Hands::Nobody);
    let mut view = driven::view(&stage, &plan);
    let mut run = Run::default();
    let holder = stage.holder();
    let taken = store.resume_with(id, &holder, stage.redact(), |_, event| {
        view.apply(&event);
        run.apply(&event);
    });
    let mut journal = match taken {
        Ok(resumed) => resumed.journal,
        Err(Trouble::Held { .. }) => return Ok(None),
        Err(trouble) => return Err(driven::refused(&trouble)),
    };
    driven::drive(&mut stage, &plan, &mut run, &mut journal, view, Vec::new(), HashMap::new())?;
    Ok(Some(run))
}

/// What came of an escalation that was sent without a driver, and an exit code: somebody was told, or nobody.
pub(in crate::cli) fn told(run: &Run, id: &RunId) -> (String, u8) {
    let cause = format!("operator:{}", run.escalations_asked.saturating_sub(1));
    let letters = || run.outbox.letters().filter(|letter| letter.cause == cause);
    let told = |letter: &&Letter| letter.state == LetterState::Delivered;
    let names = |letters: &mut dyn Iterator<Item = &Letter>| {
        letters.map(|letter| letter.to.as_str()).collect::<Vec<_>>().join(", ")
    };
    let arrived = names(&mut letters().filter(told));
    let missed = names(&mut letters().filter(|letter| !told(letter)));
    let failed = letters()
        .any(|letter| !matches!(letter.state, LetterState::Delivered | LetterState::Shown));
    let code = if failed { exit::PRECONDITION } else { exit::DONE };
    let next = format!("Nobody drives this run: mayday resume {id}");
    match (arrived.is_empty(), missed.is_empty()) {
        (true, true) => (
            format!("WARNING  This run's escalation names nobody. Call somebody. {next}"),
            exit::PRECONDITION,
        ),
        (false, true) => (format!("Told: {arrived}. {next}"), exit::DONE),
        (true, false) => (format!("WARNING  Told: nobody. Call {missed} yourself. {next}"), code),
        (false, false) => {
            (format!("WARNING  Told: {arrived}. Call {missed} yourself. {next}"), exit::DONE)
        }
    }
}
