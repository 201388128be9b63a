//! Faults in what a user wrote, each with its place and what to do next.
//!
//! Owns: [`Diagnostic`] (code, level, message, labels, help), [`SourceFile`] and the catalogue of
//! codes. Knows nothing of playbooks: rules live in `playbook::check`, words about codes in
//! `diagnostic/codes.rs`, pictures in `diagnostic/render.rs`.

use std::ops::Range;
use std::sync::Arc;

pub mod codes;
pub mod render;

pub use codes::Code;

/// One text that a user wrote, under the name the user knows it by.
#[derive(Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// The path as given on the command line or found, for `-->` lines.
    pub name: String,
    /// The whole text.
    pub text: String,
}

impl SourceFile {
    /// A shared source file.
    #[must_use]
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Arc<Self> {
        Arc::new(Self { name: name.into(), text: text.into() })
    }

    /// 1-based line and column (in characters) of a byte offset; offsets past the end mean the end.
    #[must_use]
    pub fn line_column(&self, offset: usize) -> (usize, usize) {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        let before = &self.text[..offset];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
    }
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Worth knowing; never fails a check.
    Note,
    /// Likely to hurt; fails a check under `--deny warnings`.
    Warning,
    /// The playbook cannot be run.
    Error,
}

impl Level {
    /// The word shown.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// A place in a file, and what is to be said about it there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The file.
    pub file: Arc<SourceFile>,
    /// Byte range in its text.
    pub range: Range<usize>,
    /// Words beside the carets; may be empty.
    pub text: String,
}

/// One fault. The first label is the primary place; a diagnostic without labels is about a whole file
/// or the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Stable name, such as `E014`; `mayday explain` tells more.
    pub code: Code,
    /// Its level; starts as the code's own.
    pub level: Level,
    /// One sentence fragment: what is wrong.
    pub message: String,
    /// Places, the primary one first.
    pub labels: Vec<Label>,
    /// What to do next, one line each.
    pub help: Vec<String>,
}

impl Diagnostic {
    /// A fault with the code's own level and no place yet.
    #[must_use]
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            level: code.level(),
            message: message.into(),
            labels: Vec::new(),
            help: Vec::new(),
        }
    }

    /// Adds a place; the first one added is the primary one.
    #[must_use]
    pub fn at(
        mut self,
        file: &Arc<SourceFile>,
        range: Range<usize>,
        text: impl Into<String>,
    ) -> Self {
        self.labels.push(Label { file: Arc::clone(file), range, text: text.into() });
        self
    }

    /// Adds a line of help.
    #[must_use]
    pub fn help(mut self, line: impl Into<String>) -> Self {
        self.help.push(line.into());
        self
    }
}

/// The nearest of `known` to what was written, when it is near enough to be a slip.
#[must_use]
pub fn did_you_mean<'a>(
    written: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let reach = written.chars().count().div_ceil(3).max(1);
    known
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(written, name), name))
        .filter(|(distance, name)| *distance <= reach && *distance < name.chars().count())
        .min()
        .map(|(_, name)| name)
}
