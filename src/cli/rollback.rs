//! `mayday rollback RUN`: the undos of what passed or may have happened, newest first, each confirmed.

use clap::Args;

use super::Global;
use super::driven;
use super::exit::{self, Failure};
use super::resume::{How, take_up};
use crate::run::event::{Kind, StepStatus};

/// Flags of `rollback`.
#[derive(Args, Debug)]
#[command(before_help = "Examples:\n  \
    mayday rollback 20261122-1820-p2c               everything that can be undone\n  \
    mayday rollback 20261122-1820-p2c --to create_branch")]
pub struct RollbackArgs {
    /// The run's id, or its beginning
    run: String,
    /// Back to this step, which is undone too
    #[arg(long, value_name = "STEP")]
    to: Option<String>,
    #[command(flatten)]
    how: How,
}

pub(super) fn rollback(global: &Global, args: &RollbackArgs) -> Result<u8, Failure> {
    let store = driven::store(global)?;
    let id = store.find(&args.run).map_err(|trouble| driven::refused(&trouble))?;
    if let Some(step) = &args.to {
        let read = store.read(&id).map_err(|trouble| driven::refused(&trouble))?;
        let run = crate::run::state::Run::fold(read.events.iter().map(|(_, event)| event));
        let began = run.step(step).is_some_and(|state| state.attempts > 0);
        if !began && !matches!(run.status(step), Some(StepStatus::Ok | StepStatus::ByHand)) {
            return Err(Failure::new(
                exit::USAGE,
                format!("roll back to `{step}`: it has not begun"),
            )
            .hint(format!("`mayday status {id}` shows what did")));
        }
    }
    let to = args.to.clone();
    let ended = take_up(global, &store, &id, &args.how, |run| match &run.rollback {
        // A rollback that was cut off goes on as it was asked for.
        Some(_) => Vec::new(),
        None => vec![Kind::RollbackStarted { to, from: None }],
    })?;
    let open = ended.run.rollback.is_some();
    if open { Ok(exit::of_run(&ended.run)) } else { Ok(exit::DONE) }
}
