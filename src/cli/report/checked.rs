//! `mayday report --check FILE`: what is left to do in a post-mortem.

use std::path::Path;

use crate::cli::exit::{self, Failure};
use crate::cli::out;
use crate::report::language::{self, FindingKind};
use crate::ui::lang::Lang;

/// A larger document is none of ours, in bytes.
const LARGEST: u64 = 64 << 20;

/// Says each finding with its line, and how many there are.
pub(super) fn check(file: &Path, lang: Lang) -> Result<u8, Failure> {
    let cannot = |why: &dyn std::fmt::Display| {
        Failure::new(exit::PRECONDITION, format!("read {}: {why}", file.display()))
    };
    let about = std::fs::metadata(file).map_err(|error| cannot(&error))?;
    if about.len() > LARGEST {
        return Err(cannot(&"it is larger than a report of mayday"));
    }
    let bytes = std::fs::read(file).map_err(|error| cannot(&error))?;
    let text = String::from_utf8(bytes).map_err(|_| cannot(&"it is no UTF-8 text"))?;
    if text.trim().is_empty() {
        return Err(cannot(&"it is empty"));
    }
    let found = language::check(&text).map_err(|broken| {
        let message = format!("follow the marks of the blocks in {}, {broken}", file.display());
        Failure::new(exit::INVALID, message)
            .hint("mend the mark; `mayday report` prints a new report with whole marks")
    })?;
    let shown = file.display();
    let lines: Vec<String> = found
        .iter()
        .map(|one| {
            let (kind, what) = (lang.say(one.kind.word()), lang.say(&one.what));
            format!("{shown}:{}: {kind}: {what}", one.line)
        })
        .collect();
    out::lines(&lines);
    let count = |kind| found.iter().filter(|one| one.kind == kind).count();
    let (blanks, conflicts) = (count(FindingKind::Blank), count(FindingKind::Conflict));
    let (blame, early) = (count(FindingKind::Blame), count(FindingKind::Status));
    if found.is_empty() {
        out::tell(lang, &format!("{shown}: no blanks, no conflicts, no words that blame."));
        return Ok(exit::DONE);
    }
    out::tell(
        lang,
        &format!(
            "{shown}: {blanks} blanks left, {conflicts} conflicts, {blame} places with words that blame."
        ),
    );
    if early > 0 {
        out::tell(lang, "It says that it is reviewed, and is not ready for it.");
    }
    Ok(exit::UNFINISHED)
}
