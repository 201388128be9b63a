//! `mayday abort RUN`: close a run before its end. A drill still cleans up behind itself.

use clap::Args;

use super::driven;
use super::exit::{self, Failure};
use super::resume::{How, take_up};
use super::{Global, drill};
use crate::journal::{self, RunId, Store};
use crate::plan::Mode;
use crate::run::event::{Kind, Outcome};
use crate::run::state::Run;

/// Flags of `abort`.
#[derive(Args, Debug)]
#[command(
    before_help = "Examples:\n  mayday abort 20261122-1820-p2c --reason \"handled by the provider\""
)]
pub struct AbortArgs {
    /// The run's id, or its beginning
    run: String,
    /// Why; kept in the record and the post-mortem
    #[arg(long, value_name = "WORDS")]
    reason: String,
    #[command(flatten)]
    how: How,
}

pub(super) fn abort(global: &Global, args: &AbortArgs) -> Result<u8, Failure> {
    let store = driven::store(global)?.to_close();
    let id = store.find(&args.run).map_err(|trouble| driven::refused(&trouble))?;
    closed_already(&store, &id)?;
    let reason = args.reason.clone();
    let ended = take_up(global, &store, &id, &args.how, |run| {
        if run.closed.is_some() {
            return Vec::new();
        }
        let drill = run.opened.as_ref().is_some_and(|opened| opened.mode == Mode::Drill);
        vec![if drill {
            Kind::Abandoned { reason }
        } else {
            Kind::Closed { outcome: Outcome::Aborted, reason }
        }]
    })?;
    if ended.plan.mode == Mode::Drill { drill::conclude(ended) } else { Ok(exit::DONE) }
}

/// A run that is over stays as it ended.
///
/// # Errors
/// It is over. A record that cannot be read is told of by what takes it up.
fn closed_already(store: &Store, id: &RunId) -> Result<(), Failure> {
    let mut run = Run::default();
    let read = store.dir(id).and_then(|dir| journal::read_with(&dir, |_, event| run.apply(&event)));
    let (Ok(_), Some((outcome, _))) = (read, &run.closed) else { return Ok(()) };
    let words = match outcome {
        Outcome::Completed => "completed",
        Outcome::Aborted => "aborted",
        Outcome::HandedOff => "handed over",
    };
    let failure =
        Failure::new(exit::PRECONDITION, format!("abort {id}: it is over already: {words}"));
    Err(failure.hint(format!("nothing was changed; `mayday report {id}` tells how it went")))
}
