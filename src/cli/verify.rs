//! `mayday verify RUN|PACK`: is the record whole and unchanged.

use std::path::Path;

use clap::Args;
use serde_json::json;

use super::driven;
use super::exit::{self, Failure};
use super::{Global, machine, out};
use crate::journal::pack::{PackTrouble, verify_pack};
use crate::journal::{Verification, Weight, verify as examine};
use crate::ui::lang::Lang;

/// Flags of `verify`.
#[derive(Args, Debug)]
#[command(
    before_help = "Examples:\n  mayday verify 20261122-1820-p2c\n  mayday verify ./20261122-1820-p2c.zip"
)]
pub struct VerifyArgs {
    /// The run's id, or its beginning; or a pack that `export` wrote, or its unpacked folder
    #[arg(value_name = "RUN|PACK")]
    run: String,
    /// Print the findings as JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn verify(global: &Global, args: &VerifyArgs) -> Result<u8, Failure> {
    let lang = machine::lang(global);
    // No run has such a sign in its id.
    if args.run.contains(['/', '.']) {
        return of_pack(args, lang);
    }
    let store = driven::store(global)?;
    let id = store.find(&args.run).map_err(|trouble| driven::refused(&trouble))?;
    let dir = store.dir(&id).map_err(|trouble| driven::refused(&trouble))?;
    let result = examine(&dir).map_err(|trouble| driven::refused(&trouble))?;
    Ok(tell(args, id.as_str(), &result, None, lang))
}

/// The pack that `export` wrote, on any machine: no project and no runs are needed.
fn of_pack(args: &VerifyArgs, lang: Lang) -> Result<u8, Failure> {
    let found = verify_pack(Path::new(&args.run)).map_err(|trouble| {
        let code = match trouble {
            PackTrouble::Io { .. } => exit::PRECONDITION,
            PackTrouble::NoPack { .. } | PackTrouble::Newer { .. } => exit::INVALID,
        };
        let hint = match trouble {
            PackTrouble::Io { .. } => {
                "name a pack that `mayday export` wrote, or the folder it was unpacked to"
            }
            PackTrouble::NoPack { .. } => "was it packed anew? Unpack it, and verify the folder",
            PackTrouble::Newer { .. } => "use a newer mayday",
        };
        Failure::new(code, trouble).hint(hint)
    })?;
    Ok(tell(args, &found.run, &found.verification, Some(found.files), lang))
}

fn tell(
    args: &VerifyArgs,
    run: &str,
    result: &Verification,
    files: Option<usize>,
    lang: Lang,
) -> u8 {
    let sound = result.is_sound();
    let head = result.head.map(|head| head.hash.hex()).unwrap_or_default();
    if args.json {
        let findings: Vec<_> = result
            .findings
            .iter()
            .map(|finding| json!({ "weight": word(finding.weight), "what": finding.text }))
            .collect();
        let line = json!({
            "run": run, "sound": sound, "events": result.events,
            "closed": result.closed, "head": head, "findings": findings,
        });
        out::json(&line.to_string());
    } else {
        for finding in &result.findings {
            let weight = lang.say(word(finding.weight));
            out::line(&format!("{weight}  {}", lang.say(&finding.text)));
        }
        let verdict = if sound { "OK  the record is whole and unchanged" } else { "NOT OK" };
        let files = files.map_or_else(String::new, |files| format!("{files} files, "));
        let count = format!("{files}{} events, head {head}", result.events);
        out::line(&format!("{}: {}", lang.say(verdict), lang.say(&count)));
    }
    if sound { exit::DONE } else { exit::INVALID }
}

const fn word(weight: Weight) -> &'static str {
    match weight {
        Weight::Note => "NOTE",
        Weight::Broken => "DAMAGE",
    }
}
