//! `mayday verify RUN`: is the record whole and unchanged.

use clap::Args;
use serde_json::json;

use super::driven;
use super::exit::{self, Failure};
use super::{Global, out};
use crate::journal::{Weight, verify as examine};

/// Flags of `verify`.
#[derive(Args, Debug)]
#[command(before_help = "Examples:\n  mayday verify 20261122-1820-p2c")]
pub struct VerifyArgs {
    /// The run's id, or its beginning
    run: String,
    /// Print the findings as JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn verify(global: &Global, args: &VerifyArgs) -> Result<u8, Failure> {
    let store = driven::store(global)?;
    let id = store.find(&args.run).map_err(|trouble| driven::refused(&trouble))?;
    let dir = store.dir(&id).map_err(|trouble| driven::refused(&trouble))?;
    let result = examine(&dir).map_err(|trouble| driven::refused(&trouble))?;
    let sound = result.is_sound();
    let head = result.head.map(|head| head.hash.hex()).unwrap_or_default();
    if args.json {
        let findings: Vec<_> = result
            .findings
            .iter()
            .map(|finding| json!({ "weight": word(finding.weight), "what": finding.text }))
            .collect();
        let line = json!({
            "run": id.as_str(), "sound": sound, "events": result.events,
            "closed": result.closed, "head": head, "findings": findings,
        });
        out::json(&line.to_string());
    } else {
        for finding in &result.findings {
            out::line(&format!("{}  {}", word(finding.weight), finding.text));
        }
        let verdict = if sound { "OK  the record is whole and unchanged" } else { "NOT OK" };
        out::line(&format!("{verdict}: {} events, head {head}", result.events));
    }
    Ok(if sound { exit::DONE } else { exit::INVALID })
}

const fn word(weight: Weight) -> &'static str {
    match weight {
        Weight::Note => "NOTE",
        Weight::Broken => "DAMAGE",
    }
}
