//! What mayday wrote and what people wrote, in one document: marks around each filled block, and how a document is
//! brought up to date without touching anybody's words.
//!
//! Owns the marks. A block begins with `<!-- journal:seq 1-71 block:head sha256:0123456789abcdef -->` and ends with
//! `<!-- /block:head -->`, each on a line of its own. The hash is that of what was filled in: so it is known whether
//! a person changed the block, and whether the facts did. A block whose facts are told in Spanish says `lang:es`. Reads no
//! file and writes none.

use std::ops::Range;

use crate::journal::Hash;
use crate::text::lang::Lang;

mod merge;

pub use merge::{Conflict, Merged, merge};

/// Hexadecimal digits of a hash in a mark: enough to tell edits apart; nobody is kept from forging it.
const DIGITS: usize = 16;

/// Why the marks of a document cannot be followed. Fits after "cannot follow the marks of FILE: ".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct Broken {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong there.
    pub what: String,
}

/// A part of a document.
#[derive(Debug)]
pub(super) enum Part<'a> {
    /// People's words, or those of the template.
    Text(&'a str),
    /// A filled block.
    Block(Block<'a>),
}

/// A filled block.
#[derive(Debug)]
pub(super) struct Block<'a> {
    pub(super) name: &'a str,
    /// The line of the mark that begins it, from 1.
    pub(super) line: usize,
    /// What the mark says behind the name.
    pub(super) mark: Mark<'a>,
    /// The beginning mark up to and with the name, `<!-- journal:seq 1-71 block:head`.
    pub(super) front: &'a str,
    /// Both marks and what is between them, lines whole.
    pub(super) whole: &'a str,
    /// What is between the marks.
    pub(super) inner: &'a str,
    /// The mark that ends it, its line whole.
    pub(super) end: &'a str,
}

/// What a mark knows.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Mark<'a> {
    /// The hash of what was filled in.
    pub(super) filled: Option<&'a str>,
    /// The hash of newer facts that were not filled in, because a person had changed the block.
    pub(super) conflict: Option<&'a str>,
    /// The hash of newer facts that the person has taken note of.
    pub(super) seen: Option<&'a str>,
    /// In which language its facts are told; English where it says nothing.
    pub(super) lang: Lang,
}

impl Block<'_> {
    /// Whether what is between the marks is not what was filled in.
    pub(super) fn is_edited(&self) -> bool {
        self.mark.filled != Some(&*hash(self.inner))
    }
}

/// The hash of a block: spaces at the ends of lines, empty lines around it, and how lines end do not count.
pub(super) fn hash(inner: &str) -> String {
    let lines: Vec<&str> = inner.lines().map(str::trim_end).collect();
    let mut hex = Hash::of(lines.join("\n").trim_matches('\n').as_bytes()).hex();
    hex.truncate(DIGITS);
    hex
}

/// What a mark says behind the name of its block.
fn written(mark: &Mark<'_>) -> String {
    let mut words = String::new();
    let lang = (mark.lang != Lang::English).then(|| mark.lang.code());
    for (word, said) in [("lang", lang), ("sha256", mark.filled), ("conflict", mark.conflict)] {
        if let Some(said) = said {
            words.push_str(&format!(" {word}:{said}"));
        }
    }
    words + " -->\n"
}

/// In which language the blocks of a document are: that of its first one. `None` where it has none that can be followed.
#[must_use]
pub fn language(document: &str) -> Option<Lang> {
    parts(document).ok()?.into_iter().find_map(|part| match part {
        Part::Block(block) => Some(block.mark.lang),
        Part::Text(_) => None,
    })
}

/// A filled template with its hashes, and the language in which its facts are told.
///
/// # Errors
/// Marks of the template that do not fit together.
pub(super) fn seal(text: &str, lang: Lang) -> Result<String, Broken> {
    let mut sealed = String::with_capacity(text.len() + 1024);
    for part in parts(text)? {
        match part {
            Part::Text(text) => sealed.push_str(text),
            Part::Block(block) => {
                let filled = hash(block.inner);
                let mark = Mark { filled: Some(&filled), lang, ..Mark::default() };
                sealed.push_str(block.front);
                sealed.push_str(&written(&mark));
                sealed.push_str(block.inner);
                sealed.push_str(block.end);
            }
        }
    }
    Ok(sealed)
}

/// What a line is.
enum Line<'a> {
    Words,
    Begin {
        front: &'a str,
        name: &'a str,
        mark: Mark<'a>,
    },
    End {
        name: &'a str,
    },
    /// It looks like a mark, and is none.
    Odd,
}

fn line_of(line: &str) -> Line<'_> {
    let bare = line.trim_start_matches('\u{feff}').trim();
    // A mark that somebody put into a sentence or a quote is no mark any more.
    let close = holds(bare, "<!-- /block:");
    let open = holds(bare, "<!-- journal:seq ") && bare.contains(" block:");
    if !open && !close {
        return Line::Words;
    }
    let inside =
        bare.strip_prefix("<!-- ").and_then(|rest| rest.strip_suffix("-->")).map(str::trim);
    let Some(inside) = inside.filter(|inside| !inside.contains("--")) else { return Line::Odd };
    if let Some(name) = inside.strip_prefix("/block:").filter(|name| is_name(name)) {
        return Line::End { name };
    }
    let Some((_, rest)) = inside.split_once(" block:") else { return Line::Odd };
    if rest.starts_with(char::is_whitespace) {
        return Line::Odd;
    }
    let mut words = rest.split_whitespace();
    let Some(name) = words.next().filter(|name| is_name(name)) else { return Line::Odd };
    let mut mark = Mark::default();
    for word in words {
        match word.split_once(':') {
            Some(("sha256", hash)) => mark.filled = Some(hash),
            Some(("conflict", hash)) => mark.conflict = Some(hash),
            Some(("seen", hash)) => mark.seen = Some(hash),
            Some(("lang", "es")) => mark.lang = Lang::Spanish,
            Some(("lang", "en")) => mark.lang = Lang::English,
            _ => return Line::Odd,
        }
    }
    let from = line.find("<!--").unwrap_or_default();
    let to = line.find(" block:").unwrap_or_default() + " block:".len() + name.len();
    line.get(from..to).map_or(Line::Odd, |front| Line::Begin { front, name, mark })
}

/// Whether a sign stands in a line. Behind a `\` it is a text of somebody, of which a report made data.
fn holds(line: &str, sign: &str) -> bool {
    line.match_indices(sign).any(|(at, _)| !line[..at].ends_with('\\'))
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

/// A block that has begun.
struct Open<'a> {
    name: &'a str,
    front: &'a str,
    mark: Mark<'a>,
    line: usize,
    from: usize,
    inner: usize,
    /// The backticks of a fence that is open: what stands in it is text.
    fence: usize,
}

/// The parts of a document in order; together they are the document.
///
/// # Errors
/// The first mark that does not fit.
pub(super) fn parts(text: &str) -> Result<Vec<Part<'_>>, Broken> {
    let wrong = |line: usize, what: String| Broken { line, what };
    let mut parts = Vec::new();
    let mut names: Vec<&str> = Vec::new();
    let mut open: Option<Open<'_>> = None;
    let (mut at, mut told) = (0, 0);
    for (index, line) in text.split_inclusive('\n').enumerate() {
        let (number, from) = (index + 1, at);
        at += line.len();
        if let Some(open) = &mut open {
            let ticks = line.chars().take_while(|c| *c == '`').count();
            match open.fence {
                0 if ticks >= 3 => open.fence = ticks,
                0 => {}
                fence if ticks >= fence && line.trim() == &line[..ticks] => open.fence = 0,
                _ => {}
            }
            if open.fence > 0 {
                continue;
            }
        }
        match (line_of(line), open.take()) {
            (Line::Words, still) => open = still,
            (Line::Odd, _) => {
                return Err(wrong(number, "a mark of a block that was changed".to_owned()));
            }
            (Line::Begin { name, .. }, Some(open)) => {
                return Err(wrong(
                    number,
                    format!(
                        "block `{name}` begins inside block `{}` of line {}, whose end is missing",
                        open.name, open.line
                    ),
                ));
            }
            (Line::Begin { front, name, mark }, None) => {
                if names.contains(&name) {
                    return Err(wrong(number, format!("block `{name}` is there twice")));
                }
                names.push(name);
                let inner = at;
                open = Some(Open { name, front, mark, line: number, from, inner, fence: 0 });
            }
            (Line::End { name }, Some(open)) if open.name == name => {
                if told < open.from {
                    parts.push(Part::Text(&text[told..open.from]));
                }
                told = at;
                let cut = |range: Range<usize>| &text[range];
                parts.push(Part::Block(Block {
                    name,
                    line: open.line,
                    mark: open.mark,
                    front: open.front,
                    whole: cut(open.from..at),
                    inner: cut(open.inner..from),
                    end: cut(from..at),
                }));
            }
            (Line::End { name }, _) => {
                return Err(wrong(number, format!("block `{name}` ends and has not begun")));
            }
        }
    }
    if let Some(open) = open {
        return Err(wrong(open.line, format!("the end of block `{}` is missing", open.name)));
    }
    if told < text.len() {
        parts.push(Part::Text(&text[told..]));
    }
    Ok(parts)
}

/// The lines of a document that people answer for, with their numbers from 1: all but blocks that are as they were
/// filled in.
pub(super) fn by_people(text: &str) -> Result<Vec<(usize, &str)>, Broken> {
    let mut lines = Vec::new();
    let mut number = 0;
    for part in parts(text)? {
        let (words, theirs) = match &part {
            Part::Text(words) => (*words, true),
            Part::Block(block) => (block.whole, block.is_edited()),
        };
        for line in words.lines() {
            number += 1;
            if theirs {
                lines.push((number, line));
            }
        }
    }
    Ok(lines)
}

/// The blocks whose facts changed after a person had changed them: line and name.
pub(super) fn conflicts(text: &str) -> Result<Vec<(usize, &str)>, Broken> {
    let open = |part: &Part<'_>| match part {
        Part::Block(Block { mark: Mark { conflict: Some(_), .. }, .. }) => true,
        Part::Block(_) | Part::Text(_) => false,
    };
    let named = |part| match part {
        Part::Block(block) => Some((block.line, block.name)),
        Part::Text(_) => None,
    };
    Ok(parts(text)?.into_iter().filter(open).filter_map(named).collect())
}
