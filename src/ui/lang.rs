//! The language of the screen: English, and Spanish beside it.
//!
//! Code says everything in English; what goes to the screen passes [`Lang::say`], which finds the sentence in the one
//! table (`text/spanish`) and says it in the other language. Words that have no translation yet are shown in English,
//! never lost. Pure.

use std::borrow::Cow;

use crate::effect::{Question, ValueKind, Wants};
pub use crate::text::lang::Lang;
use crate::text::spanish;

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
            Self::Spanish => spanish::line(text),
        }
    }

    /// A label or a sentence of one part of what is said, looked for under its heading of the table first; what an author
    /// wrote inside it stays as it is.
    #[must_use]
    pub fn under(self, heading: &str, text: &str) -> String {
        let places = [heading, "words", "", "page"];
        let said = || places.iter().find_map(|place| spanish::under(place, text));
        (self == Self::Spanish).then(said).flatten().unwrap_or_else(|| text.to_owned())
    }

    /// The head of a column.
    #[must_use]
    pub fn head(self, word: &str) -> String {
        self.under("head", word)
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

/// The English sentences that stand in a text of the screen: what three or more words of a sentence have to themselves.
#[cfg(test)]
pub(crate) fn english_in(text: &str) -> Vec<&'static str> {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let telling = |part: &&str| part.trim().split(' ').filter(|word| word.len() > 1).count() > 2;
    spanish::english().filter(telling).filter(|part| text.contains(part.trim())).collect()
}

#[cfg(test)]
mod tests;
