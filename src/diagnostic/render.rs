//! Faults as people and machines read them.
//!
//! Owns four forms of one list: an excerpt with carets, JSON lines, GitHub's workflow commands and
//! SARIF. All are in the order of files and places, and none lets a file's text steer a terminal.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use super::{Diagnostic, Label, Level, SourceFile};

mod human;
mod machine;

pub use human::human;
pub use machine::{github, json, sarif};

/// `1 error, 2 warnings in 6 files`; `no faults in 6 files`. Notes are not counted.
#[must_use]
pub fn summary(faults: &[Diagnostic], files: usize) -> String {
    let count = |level| faults.iter().filter(|fault| fault.level == level).count();
    let words: Vec<String> = [(Level::Error, "error"), (Level::Warning, "warning")]
        .into_iter()
        .map(|(level, word)| (count(level), word))
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| plural(count, word))
        .collect();
    let found = if words.is_empty() { "no faults".to_owned() } else { words.join(", ") };
    format!("{found} in {}", plural(files, "file"))
}

fn plural(count: usize, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}

/// The faults by file and place; those without a place first.
fn sorted(faults: &[Diagnostic]) -> Vec<&Diagnostic> {
    let mut sorted: Vec<&Diagnostic> = faults.iter().collect();
    sorted.sort_by_key(|fault| {
        fault.labels.first().map(|label| (&label.file.name, label.range.start, label.range.end))
    });
    sorted
}

/// Where lines start, found once for each file.
#[derive(Default)]
struct Lines(HashMap<*const SourceFile, Vec<usize>>);

/// 1-based line and column, in characters.
#[derive(Clone, Copy)]
struct Place {
    line: usize,
    column: usize,
}

impl Lines {
    fn starts(&mut self, file: &Arc<SourceFile>) -> &[usize] {
        self.0.entry(Arc::as_ptr(file)).or_insert_with(|| {
            let ends = file.text.match_indices('\n').map(|(at, _)| at + 1);
            std::iter::once(0).chain(ends).collect()
        })
    }

    /// The number of the line, from 0, that holds a byte.
    fn line(&mut self, file: &Arc<SourceFile>, offset: usize) -> usize {
        self.starts(file).partition_point(|start| *start <= offset).saturating_sub(1)
    }

    fn place(&mut self, file: &Arc<SourceFile>, offset: usize) -> Place {
        let offset = floor(&file.text, offset);
        let line = self.line(file, offset);
        let start = self.starts(file)[line];
        Place { line: line + 1, column: file.text[start..offset].chars().count() + 1 }
    }

    fn ends(&mut self, label: &Label) -> Range<Place> {
        let end = label.range.end.max(label.range.start);
        self.place(&label.file, label.range.start)..self.place(&label.file, end)
    }
}

/// The start of the character that `offset` is in; the end for offsets past it.
fn floor(text: &str, offset: usize) -> usize {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}
