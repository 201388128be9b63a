//! A report put into a file: a new one as it is, into one that is there so that nobody's words are lost.

use std::fs;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use crate::cli::exit::{self, Failure};
use crate::report::blocks::{self, Conflict, Merged, merge};
use crate::ui::lang::Lang;

/// A larger document is none of ours, in bytes: the largest report is smaller.
const LARGEST: u64 = 64 << 20;

/// So many lines of each side of a conflict are shown; the document and a new report have the rest.
const SHOWN: usize = 12;

/// What became of the file.
pub(super) enum Put {
    /// It is written, whole.
    Written,
    /// It was brought up to date.
    Merged(Box<Merged>),
}

impl Put {
    pub(super) fn has_conflicts(&self) -> bool {
        matches!(self, Self::Merged(merged) if !merged.conflicts.is_empty())
    }

    /// What to tell, in this language; what stands in the file and in the record is shown as it is.
    pub(super) fn lines(&self, file: &Path, lang: Lang) -> Vec<String> {
        let shown = file.display();
        let say = |words: &str| lang.say(words).into_owned();
        let Self::Merged(merged) = self else { return vec![say(&format!("Written: {shown}"))] };
        let mut lines = vec![match merged.updated.as_slice() {
            [] => say(&format!("{shown}: the facts are as they were.")),
            updated => say(&format!("{shown}: newer facts in {}.", updated.join(", "))),
        }];
        let mut also = |what: &str, blocks: &[String]| {
            if !blocks.is_empty() {
                lines.push(format!("{}: {}.", say(what), blocks.join(", ")));
            }
        };
        also("Left as somebody changed them, the facts are the same", &merged.kept);
        also("Not in the file any more, and not added", &merged.missing);
        also("Not of this template, left as they are", &merged.unknown);
        for conflict in &merged.conflicts {
            lines.extend(both(file, conflict, lang));
        }
        if !merged.conflicts.is_empty() {
            lines.push(say(
                "Nothing of these blocks was changed. Put what you want of the record into your text and write \
                 `seen` for `conflict` in the block's first line; or empty the block, and the record fills it.",
            ));
        }
        lines
    }
}

/// Both sides of a conflict.
fn both(file: &Path, conflict: &Conflict, lang: Lang) -> Vec<String> {
    let head = format!(
        "CONFLICT  {}, line {}: block {} was changed by somebody, and its facts changed since.",
        file.display(),
        conflict.line,
        conflict.block
    );
    let mut lines = vec![lang.say(&head).into_owned()];
    for (whose, text, other) in [
        ("yours", &conflict.theirs, &conflict.facts),
        ("record", &conflict.facts, &conflict.theirs),
    ] {
        let mark = format!("  {:8}", lang.say(whose));
        let theirs: Vec<&str> = other.lines().map(str::trim_end).collect();
        let only: Vec<&str> =
            text.lines().map(str::trim_end).filter(|line| !theirs.contains(line)).collect();
        lines.extend(only.iter().take(SHOWN).map(|line| format!("{mark}{line}")));
        if only.len() > SHOWN {
            let more = format!("... and {} lines more", only.len() - SHOWN);
            lines.push(format!("{mark}{}", lang.say(&more)));
        }
    }
    lines
}

/// In which language a document is that was written by us; `None` where there is none.
pub(super) fn language(file: &Path) -> Option<Lang> {
    let about = fs::metadata(file).ok()?;
    let small = about.is_file() && about.len() <= LARGEST;
    small.then(|| fs::read_to_string(file).ok()).flatten().as_deref().and_then(blocks::language)
}

/// The text into the file; what is there already and was not written by us is left as it is.
pub(super) fn onto(file: &Path, text: &str) -> Result<Put, Failure> {
    let about = match fs::metadata(file) {
        Ok(about) if about.is_file() => about,
        // A pipe, a terminal: there is nothing in it to be lost.
        Ok(about) if !about.is_dir() => return anew(file, text).map(|()| Put::Written),
        Ok(_) => return Err(cannot(file, "it is a folder")),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return anew(file, text).map(|()| Put::Written);
        }
        Err(error) => return Err(cannot(file, error)),
    };
    if about.len() > LARGEST {
        return Err(untouched(file, "it is larger than a report of mayday"));
    }
    let there = fs::read(file).map_err(|error| cannot(file, error))?;
    let document = std::str::from_utf8(&there)
        .map_err(|_| untouched(file, "it is no UTF-8 text, so no report of mayday"))?;
    if document.trim().is_empty() || document == text {
        return swap(file, &there, text).map(|()| Put::Written);
    }
    let merged = merge(document, text).map_err(|broken| {
        Failure::new(
            exit::INVALID,
            format!("follow the marks of the blocks in {}, {broken}; the file is as it was", file.display()),
        )
        .hint("mend the mark, or move the file away; `mayday report` prints a new report with whole marks")
    })?;
    if !merged.has_blocks || merged.is_foreign {
        return Err(untouched(file, "it has no block of this template"));
    }
    if merged.text != document {
        swap(file, &there, &merged.text)?;
    }
    Ok(Put::Merged(Box::new(merged)))
}

/// The text into the file, whatever was in it.
pub(super) fn anew(file: &Path, text: &str) -> Result<(), Failure> {
    fs::write(file, text).map_err(|error| cannot(file, error))
}

/// Another text in the place of this one: whole or not at all, and not when somebody saved meanwhile.
fn swap(file: &Path, was: &[u8], text: &str) -> Result<(), Failure> {
    // A link stays one.
    let real = fs::canonicalize(file).map_err(|error| cannot(file, error))?;
    let beside = beside(&real);
    let written = (|| {
        let mut new = fs::OpenOptions::new().write(true).create_new(true).open(&beside)?;
        new.write_all(text.as_bytes())?;
        new.set_permissions(fs::metadata(&real)?.permissions())?;
        new.sync_all()
    })();
    let swapped = written.map_err(|error| cannot(file, error)).and_then(|()| {
        if fs::read(&real).ok().as_deref() != Some(was) {
            return Err(untouched(file, "somebody changed it meanwhile"));
        }
        fs::rename(&beside, &real).map_err(|error| cannot(file, error))
    });
    if swapped.is_err() {
        // What is left of it is nobody's.
        let _ = fs::remove_file(&beside);
    }
    swapped
}

fn beside(file: &Path) -> PathBuf {
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    file.with_file_name(name)
}

fn cannot(file: &Path, why: impl std::fmt::Display) -> Failure {
    Failure::new(exit::PRECONDITION, format!("write {}: {why}", file.display()))
}

fn untouched(file: &Path, why: &str) -> Failure {
    Failure::new(
        exit::PRECONDITION,
        format!("bring {} up to date: {why}; it is as it was", file.display()),
    )
    .hint("name another file with `-o`, or move this one away")
}
