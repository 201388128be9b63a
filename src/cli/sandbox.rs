//! `mayday sandbox`: the practice system of the quickstart, up and down.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use crate::world::sandbox::{Sandbox, SandboxTrouble};

/// Where the sandbox lives when no folder is named; the quickstart's environment names the same one.
const FOLDER: &str = ".mayday-sandbox";

/// A small booking service with a SQLite database, to practise on.
#[derive(Args, Debug)]
#[command(before_help = "Examples:\n  mayday sandbox up\n  mayday sandbox down\n\n\
    The drills of playbooks/quickstart bring it up and take it down by themselves.")]
pub struct SandboxArgs {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand, Debug)]
enum Verb {
    /// Bring up a fresh one: an empty database and a running service; prints its URL
    #[command(before_help = "Examples:\n  mayday sandbox up")]
    Up(Folder),
    /// Stop the service and remove the folder
    #[command(before_help = "Examples:\n  mayday sandbox down")]
    Down(Folder),
    /// Start the service on the data that is there; prints its URL
    #[command(before_help = "Examples:\n  mayday sandbox start")]
    Start(Folder),
    /// Stop the service; its data stays
    #[command(before_help = "Examples:\n  mayday sandbox stop")]
    Stop(Folder),
    /// Be the service, until interrupted
    #[command(before_help = "Examples:\n  mayday sandbox serve .mayday-sandbox")]
    Serve {
        #[command(flatten)]
        folder: Folder,
        /// Leave the terminal: what `up` and `start` use
        #[arg(long, hide = true)]
        background: bool,
    },
}

#[derive(Args, Debug)]
struct Folder {
    /// The folder with its state
    #[arg(default_value = FOLDER, value_name = "FOLDER")]
    folder: PathBuf,
}

impl SandboxArgs {
    /// Does it. `program` is this binary; `out` gets the one line of data there is.
    ///
    /// # Errors
    /// [`SandboxTrouble`], for `error:` and exit code 1.
    pub fn run(self, program: &Path, out: &mut dyn Write) -> Result<(), SandboxTrouble> {
        let line = match self.verb {
            Verb::Up(folder) => Sandbox::at(folder.folder).up(program)?,
            Verb::Start(folder) => Sandbox::at(folder.folder).start(program)?,
            Verb::Down(folder) => told(Sandbox::at(folder.folder).down()?, "removed"),
            Verb::Stop(folder) => told(Sandbox::at(folder.folder).stop()?, "stopped"),
            Verb::Serve { folder, background } => {
                return Sandbox::at(folder.folder).serve(background, io::stdout());
            }
        };
        // Nobody reads the line any more: what was asked for is done all the same.
        let _ = writeln!(out, "{line}");
        Ok(())
    }
}

fn told(was_there: bool, done: &str) -> String {
    if was_there { done.to_owned() } else { "there was none".to_owned() }
}
