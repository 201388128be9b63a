//! What a run and a drill are begun with: the flags that both take, and what else leads to a beginning.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;

use super::identity::AcceptedSoFar;
use crate::run::event::Fault;

/// Flags that a run and a drill share.
#[derive(Args, Debug, Clone, Default)]
pub struct What {
    /// The environment [default: the one that mayday.yaml names]
    #[arg(long, env = "MAYDAY_ENV", value_name = "NAME")]
    pub env: Option<String>,
    /// A value for an input
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    pub input: Vec<(String, String)>,
    /// A YAML file with values for inputs
    #[arg(long, value_name = "FILE")]
    pub inputs: Option<PathBuf>,
    /// An answer to the question of a step, given in advance
    #[arg(long, value_name = "STEP=VALUE", value_parser = pair)]
    pub answer: Vec<(String, String)>,
    /// What must be typed at the gate of a step, given in advance
    #[arg(long, value_name = "STEP=VALUE", value_parser = pair)]
    pub confirm: Vec<(String, String)>,
    /// Who drives [default: the user's name]
    #[arg(long, env = "MAYDAY_OPERATOR", value_name = "NAME")]
    pub operator: Option<String>,
    /// Print each event as a line of JSON on standard output
    #[arg(long)]
    pub json: bool,
    /// Without a terminal: a record that cannot be written goes on in another place
    #[arg(long, env = "MAYDAY_RECORD_ELSEWHERE", value_parser = clap::builder::FalseyValueParser::new())]
    pub record_elsewhere: bool,
    /// Faults to put into the steps of a drill.
    #[arg(skip)]
    pub faults: BTreeMap<String, Fault>,
    /// What an alert says of inputs, by their names: taken where it fits and nothing else is given.
    #[arg(skip)]
    pub from_alert: BTreeMap<String, String>,
    /// Targets to work on although they are others than declared, and why.
    #[arg(skip)]
    pub accept: Vec<(String, String)>,
    /// What was accepted in the run before.
    #[arg(skip)]
    pub accepted: AcceptedSoFar,
}

/// `NAME=VALUE`.
pub(super) fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err(format!("`{text}` is not NAME=VALUE")),
    }
}
