//! `mayday explain CODE`: the long text of a diagnostic.

use clap::Args;

use super::exit::{self, Failure};
use super::out;
use crate::playbook::catalogue;

/// Flags of `explain`.
#[derive(Args, Debug)]
#[command(before_help = "Examples:\n  mayday explain E014\n  mayday explain all")]
pub struct ExplainArgs {
    /// A code such as E014, or `all` for the list
    code: String,
}

pub(super) fn explain(args: &ExplainArgs) -> Result<u8, Failure> {
    if args.code.eq_ignore_ascii_case("all") {
        for entry in catalogue::all() {
            out::line(&format!("{}  {}", entry.code.0, entry.title));
        }
        return Ok(exit::DONE);
    }
    match catalogue::explain(&args.code) {
        Some(entry) => {
            out::data(&entry.page());
            Ok(exit::DONE)
        }
        None => Err(Failure::new(exit::USAGE, format!("explain `{}`: no such code", args.code))
            .hint("`mayday explain all` lists them")),
    }
}
