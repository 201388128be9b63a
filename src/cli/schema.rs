//! `mayday schema`: the JSON Schema of the language, for editors, and of reports and states, for programs.

use clap::{Args, ValueEnum};

use super::exit::{self, Failure};
use super::out;
use crate::playbook::schema as language;
use crate::report::fields;

/// Flags of `schema`.
#[derive(Args, Debug)]
#[command(
    before_help = "Examples:\n  mayday schema > schema/playbook.v1.json\n  mayday schema config\n  mayday schema report\n  mayday schema status"
)]
pub struct SchemaArgs {
    /// Of what
    #[arg(value_enum, default_value_t = What::Playbook)]
    what: What,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum What {
    /// Playbooks
    Playbook,
    /// mayday.yaml
    Config,
    /// What `report --format json` prints
    Report,
    /// What `status --json` prints
    Status,
}

pub(super) fn schema(args: &SchemaArgs) -> Result<u8, Failure> {
    let schema = match args.what {
        What::Playbook => language::playbook(),
        What::Config => language::config(),
        What::Report => fields::schema(),
        What::Status => fields::schema_of(super::status::data::LIST, "mayday status --json"),
    };
    let text = serde_json::to_string_pretty(&schema).map_err(anyhow::Error::from)?;
    out::data(&format!("{text}\n"));
    Ok(exit::DONE)
}
