//! `mayday keeper`: not for people. The process that keeps the commands of a run.

use std::path::PathBuf;

use clap::Args;

use super::exit::{self, Failure};

/// What the keeper needs to know; the rest comes over its standard input, a socket.
#[derive(Args, Debug)]
pub struct KeeperArgs {
    /// The run's folder
    run_dir: PathBuf,
}

pub(super) fn keeper(args: &KeeperArgs) -> Result<u8, Failure> {
    crate::world::keeper::serve(&args.run_dir)
        .map(|()| exit::DONE)
        .map_err(|error| Failure::new(exit::INTERNAL, format!("keep commands: {error}")))
}
