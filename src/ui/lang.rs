//! The language of the screen: English, and Spanish beside it.
//!
//! Code says everything in English; what goes to the screen passes [`Lang::say`], which finds the sentence by its
//! English words and says it in the other language. So the record, flags and scripts know one language, and words that
//! have no translation yet are shown in English, never lost. Pure.

use std::borrow::Cow;
use std::sync::OnceLock;

use crate::effect::{Question, ValueKind, Wants};
pub use crate::text::lang::Lang;

mod es;

/// A sentence inside a sentence inside a sentence is enough.
const DEPTH: usize = 4;

impl Lang {
    /// How wide the column of the words in front of lines is.
    pub(crate) const fn column(self) -> usize {
        match self {
            Self::English => 5,
            Self::Spanish => 6,
        }
    }

    /// A text of the screen in this language; as it is where nothing is known for it.
    #[must_use]
    pub fn say(self, text: &str) -> Cow<'_, str> {
        match self {
            Self::English => Cow::Borrowed(text),
            Self::Spanish => spanish(text, DEPTH),
        }
    }

    /// A row of parts with `|` between them, in at most so many columns.
    #[must_use]
    pub fn row(self, row: &str, columns: usize) -> String {
        let indent = row.len() - row.trim_start().len();
        let parts: Vec<_> = row.trim_start().split(" | ").map(|part| self.say(part)).collect();
        let row = format!("{}{}", &row[..indent], parts.join(" | "));
        console::truncate_str(&row, columns, "").into_owned()
    }

    /// A typed line as the rules for answers know it: `s`, `si` and `sí` are yes in Spanish, beside `y`.
    #[must_use]
    pub fn typed<'t>(self, question: &Question, line: &'t str) -> &'t str {
        let yes_or_no = match &question.wants {
            Wants::YesNo => true,
            Wants::Value(rule) => rule.kind == ValueKind::Boolean,
            _ => false,
        };
        let yes =
            matches!(line.trim().to_lowercase().as_str(), "s" | "si" | "sí" | "s\u{69}\u{301}");
        if self == Self::Spanish && yes_or_no && yes { "y" } else { line }
    }
}

fn spanish(text: &str, depth: usize) -> Cow<'_, str> {
    let Some(deeper) = depth.checked_sub(1) else { return Cow::Borrowed(text) };
    // Lines, and what stands on one line with room between, are sentences of their own.
    for gap in ["\n", "   ", "  "] {
        if text.contains(gap) {
            let parts: Vec<_> = text.split(gap).map(|part| spanish(part, depth)).collect();
            return Cow::Owned(parts.join(gap));
        }
    }
    // An item of a list is a sentence, too.
    if let Some(item) = text.strip_prefix("- ") {
        return Cow::Owned(format!("- {}", spanish(item, depth)));
    }
    let best = patterns().iter().filter_map(|pattern| Some((pattern, pattern.captures(text)?)));
    if let Some((pattern, captures)) = best.max_by_key(|(pattern, _)| pattern.weight) {
        let captures = captures.into_iter().map(|capture| spanish(capture, deeper));
        return Cow::Owned(pattern.filled(captures));
    }
    Cow::Borrowed(text)
}

/// A sentence with gaps.
struct Pattern {
    english: Vec<&'static str>,
    /// Which gaps begin with a digit.
    number: Vec<bool>,
    spanish: Vec<&'static str>,
    /// How many characters are its own: the most telling one wins.
    weight: usize,
}

fn patterns() -> &'static [Pattern] {
    static ALL: OnceLock<Vec<Pattern>> = OnceLock::new();
    ALL.get_or_init(|| {
        let pattern = |(english, spanish): (&'static str, &'static str)| {
            let number = english.split('{').skip(1).map(|gap| gap.starts_with('#')).collect();
            let english: Vec<_> = english.split("{}").flat_map(|part| part.split("{#}")).collect();
            let weight = english.iter().map(|part| part.len()).sum();
            Pattern { english, number, spanish: spanish.split("{}").collect(), weight }
        };
        es::all().map(pattern).collect()
    })
}

impl Pattern {
    /// What stands in the gaps, when the text is this sentence.
    fn captures<'t>(&self, text: &'t str) -> Option<Vec<&'t str>> {
        let (first, more) = self.english.split_first()?;
        let mut rest = text.strip_prefix(first)?;
        let Some((last, middle)) = more.split_last() else {
            return rest.is_empty().then(Vec::new);
        };
        let mut captures = Vec::new();
        for part in middle {
            let at = rest.find(part).filter(|at| *at > 0)?;
            captures.push(&rest[..at]);
            rest = &rest[at + part.len()..];
        }
        captures.push(rest.strip_suffix(last).filter(|capture| !capture.is_empty())?);
        let fits = |(capture, number): (&&str, &bool)| {
            !number || capture.starts_with(|c: char| c.is_ascii_digit())
        };
        captures.iter().zip(&self.number).all(fits).then_some(captures)
    }

    fn filled<'t>(&self, mut captures: impl Iterator<Item = Cow<'t, str>>) -> String {
        let mut text = String::new();
        for (index, part) in self.spanish.iter().enumerate() {
            if index > 0 {
                text.push_str(&captures.next().unwrap_or_default());
            }
            text.push_str(part);
        }
        text
    }
}

/// The English sentences that stand in a text of the screen: what three or more words of a sentence have to themselves.
#[cfg(test)]
pub(crate) fn english_in(text: &str) -> Vec<&'static str> {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let parts = patterns().iter().flat_map(|pattern| pattern.english.iter().copied());
    let telling = |part: &&str| part.trim().split(' ').filter(|word| word.len() > 1).count() > 2;
    parts.filter(telling).filter(|part| text.contains(part.trim())).collect()
}

#[cfg(test)]
mod tests;
