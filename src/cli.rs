//! Commands: from the words on a command line to an exit code.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[cfg(feature = "sqlite")]
pub mod sandbox;

/// Executable incident-response runbooks.
#[derive(Parser, Debug)]
#[command(name = "mayday", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// A small booking service with a SQLite database, to practise on
    #[cfg(feature = "sqlite")]
    Sandbox(sandbox::SandboxArgs),
}

/// Runs the command line of this process.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match cli.command {
        #[cfg(feature = "sqlite")]
        Command::Sandbox(args) => std::env::current_exe()
            .map_err(anyhow::Error::from)
            .and_then(|program| Ok(args.run(&program, &mut io::stdout())?)),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: failed to {error:#}");
            ExitCode::FAILURE
        }
    }
}
