//! What the program says, in Spanish: one table of sentences, for the screen and for reports.
//!
//! Code says everything in English; a sentence is found by its English words and said in Spanish. So the record, flags and
//! scripts know one language. Owns the table (`spanish/*.txt`, which a translator reads without reading code) and how a
//! sentence is found in it. Must not know who shows it. Pure.
//!
//! A sentence is two lines: the English one, and behind `= ` the Spanish one. `#` begins a remark. A heading `[state]` says
//! where those below it stand; those without a heading are said on the screen only. Gaps are `{}` on the Spanish side, in the
//! same order; on the English side they say what stands in them:
//!
//! | gap | what stands in it |
//! |---|---|
//! | `{}` | somebody's text, as it is |
//! | `{w}` | words of ours where they are known, else somebody's |
//! | `{#}` | the same, beginning with a digit |
//! | `{n}` | a number |
//! | `{k}` | a key, without a space |
//! | `{p}` | pieces with `, ` between them, each a span or words of ours |
//! | `{l}` | sentences with `; ` between them |
//! | `{who}` | whom a report calls by a role, or a name as it is |
//! | `{s}`, `{part}` | a sentence under the heading `summary`, `part` |
//!
//! A line that begins with `<` is read from its end. `\` in front takes a sign at the beginning as it is.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::OnceLock;

use pattern::{Gap, Pattern};

mod pattern;

const FILES: &[&str] = &[
    include_str!("spanish/words.txt"),
    include_str!("spanish/asks.txt"),
    include_str!("spanish/run.txt"),
    include_str!("spanish/causes.txt"),
    include_str!("spanish/values.txt"),
    include_str!("spanish/session.txt"),
    include_str!("spanish/record.txt"),
    include_str!("spanish/page.txt"),
    include_str!("spanish/commands.txt"),
    include_str!("spanish/paper.txt"),
];

/// Headings whose words are found only where they are asked for.
const APART: &[&str] = &["page", "head", "paper", "dry"];

/// A sentence inside a sentence inside a sentence is enough.
const DEPTH: usize = 4;

/// So many characters of its own make a sentence of the screen one of ours wherever it stands.
const SURE: usize = 20;

/// Where sentences are looked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place<'a> {
    /// Under this heading, and what is inside them among words of ours and causes: `words`, `cause`.
    Under(&'a str),
    /// Everywhere.
    Anywhere,
}

/// The text as a sentence of this heading; `None` where it is none.
#[must_use]
pub fn under(heading: &str, text: &str) -> Option<String> {
    match heading {
        "words" => table().words(text, DEPTH),
        _ => table().found(Place::Under(heading), text, DEPTH),
    }
}

/// A text of the screen: line by line, part by part, item by item; as it is where nothing is known for it.
#[must_use]
pub fn line(text: &str) -> Cow<'_, str> {
    table().line(text, DEPTH)
}

/// Every sentence of the table.
struct Table {
    all: Vec<Pattern>,
    /// By heading, the most telling first: places in `all`.
    by_heading: HashMap<&'static str, Vec<usize>>,
    /// All that say anything by themselves, the most telling first.
    telling: Vec<usize>,
}

fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| {
        let all: Vec<_> = sentences().map(|one| Pattern::of(&one)).collect();
        let mut order: Vec<usize> = (0..all.len()).collect();
        order.sort_by_key(|at| std::cmp::Reverse(all[*at].weight));
        let mut by_heading: HashMap<_, Vec<usize>> = HashMap::new();
        for at in &order {
            by_heading.entry(all[*at].heading).or_default().push(*at);
        }
        // One of gaps alone would be every sentence; the short words of a page would be anybody's.
        let telling = |at: &usize| all[*at].is_telling() && !APART.contains(&all[*at].heading);
        let telling = order.into_iter().filter(telling).collect();
        Table { all, by_heading, telling }
    })
}

/// A sentence as it is written down.
pub(crate) struct Sentence {
    pub(crate) heading: &'static str,
    pub(crate) english: &'static str,
    pub(crate) spanish: &'static str,
}

/// Every sentence, file by file.
pub(crate) fn sentences() -> impl Iterator<Item = Sentence> {
    FILES.iter().flat_map(|file| {
        let mut lines = file.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        let mut heading = "";
        std::iter::from_fn(move || {
            loop {
                let line = lines.next()?;
                if let Some(name) = line.strip_prefix('[').and_then(|it| it.strip_suffix(']')) {
                    heading = name;
                    continue;
                }
                let spanish =
                    lines.next().and_then(|line| line.strip_prefix("= ")).unwrap_or_default();
                return Some(Sentence { heading, english: line, spanish });
            }
        })
    })
}

impl Table {
    fn line<'t>(&self, text: &'t str, depth: usize) -> Cow<'t, str> {
        if depth == 0 {
            return Cow::Borrowed(text);
        }
        // Lines, and what stands on one line with room between, are sentences of their own.
        for gap in ["\n", "   ", "  "] {
            if text.contains(gap) {
                let parts: Vec<_> = text.split(gap).map(|part| self.line(part, depth)).collect();
                return Cow::Owned(parts.join(gap));
            }
        }
        // An item of a list is a sentence, too.
        if let Some(item) = text.strip_prefix("- ") {
            return Cow::Owned(format!("- {}", self.line(item, depth)));
        }
        match self.found(Place::Anywhere, text, depth) {
            Some(said) => Cow::Owned(said),
            None => Cow::Borrowed(text),
        }
    }

    fn found(&self, place: Place<'_>, text: &str, depth: usize) -> Option<String> {
        let depth = depth.checked_sub(1)?;
        let among = match place {
            Place::Under(heading) => self.by_heading.get(heading)?,
            Place::Anywhere => &self.telling,
        };
        among.iter().find_map(|at| self.filled(&self.all[*at], place, text, depth))
    }

    /// Words of ours, a cause, or so much of a sentence of the screen that it can be nobody else's.
    fn words(&self, text: &str, depth: usize) -> Option<String> {
        let ours = ["words", "cause"];
        let mut ours = ours.iter().map(|heading| self.found(Place::Under(heading), text, depth));
        if let Some(said) = ours.find_map(|said| said) {
            return Some(said);
        }
        let depth = depth.checked_sub(1)?;
        let among = self.by_heading.get("")?.iter().map(|at| &self.all[*at]);
        let mut sure = among.filter(|pattern| pattern.weight.1 >= SURE);
        sure.find_map(|pattern| self.filled(pattern, Place::Anywhere, text, depth))
    }

    fn filled(
        &self,
        pattern: &Pattern,
        place: Place<'_>,
        text: &str,
        depth: usize,
    ) -> Option<String> {
        let captures = pattern.captures(text)?;
        let mut parts = pattern.spanish.split("{}");
        let mut out = parts.next().unwrap_or_default().to_owned();
        for ((part, gap), capture) in parts.zip(&pattern.gaps).zip(captures) {
            out.push_str(&self.gap(*gap, place, capture, depth)?);
            out.push_str(part);
        }
        Some(out)
    }

    fn gap<'t>(
        &self,
        gap: Gap,
        place: Place<'_>,
        text: &'t str,
        depth: usize,
    ) -> Option<Cow<'t, str>> {
        let ours = |text: &str| match place {
            Place::Under(_) => self.words(text, depth),
            Place::Anywhere => Some(self.line(text, depth)).filter(|it| it != text).map(Cow::into),
        };
        let known = |text: &'t str| ours(text).map_or(Cow::Borrowed(text), Cow::Owned);
        Some(match gap {
            Gap::Text | Gap::Key | Gap::Number => Cow::Borrowed(text),
            Gap::Words | Gap::Count => known(text),
            Gap::List => {
                let all: Vec<_> = text.split("; ").map(known).collect();
                Cow::Owned(all.join("; "))
            }
            Gap::Pieces => {
                let one = |piece: &str| {
                    if is_span(piece) { Some(piece.to_owned()) } else { ours(piece) }
                };
                let all: Option<Vec<_>> = text.split(", ").map(one).collect();
                Cow::Owned(all?.join(", "))
            }
            Gap::Who => {
                let role = self.found(Place::Under("who"), text, depth);
                role.map_or(Cow::Borrowed(text), Cow::Owned)
            }
            Gap::Other(heading) => {
                let there = self.found(Place::Under(heading), text, depth);
                Cow::Owned(there.or_else(|| ours(text))?)
            }
        })
    }
}

fn is_span(piece: &str) -> bool {
    piece.starts_with(|c: char| c.is_ascii_digit())
        && piece.split(' ').all(|word| word.parse::<crate::time::Span>().is_ok())
}

/// The English words that stand around the gaps of all sentences.
#[cfg(test)]
pub(crate) fn english() -> impl Iterator<Item = &'static str> {
    table().all.iter().flat_map(|pattern| pattern.around.iter().copied())
}

#[cfg(test)]
mod tests;
