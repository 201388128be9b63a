//! `mayday completions` and `mayday man`: generated from the command line's own definition.

use clap::Args;

use super::exit::{self, Failure};
use super::out;

/// Flags of `completions`.
#[derive(Args, Debug)]
#[command(
    before_help = "Examples:\n  mayday completions bash > ~/.local/share/bash-completion/completions/mayday"
)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    shell: clap_complete::Shell,
}

pub(super) fn completions(args: &CompletionsArgs, cli: &mut clap::Command) -> Result<u8, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, cli, "mayday", &mut script);
    out::data(&String::from_utf8_lossy(&script));
    Ok(exit::DONE)
}

pub(super) fn man(cli: clap::Command) -> Result<u8, Failure> {
    let mut page = Vec::new();
    clap_mangen::Man::new(cli).render(&mut page).map_err(anyhow::Error::from)?;
    out::data(&String::from_utf8_lossy(&page));
    Ok(exit::DONE)
}
