//! A sentence with gaps, and what stands in them in a text.

use super::Sentence;

/// What stands in a gap.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Gap {
    /// Somebody's text.
    Text,
    /// Words of ours where they are known, else somebody's.
    Words,
    /// The same, beginning with a digit: words of a playbook must not pass for a sentence of ours.
    Count,
    /// No space in it.
    Key,
    /// A number.
    Number,
    /// Pieces with `, ` between them, each a span or words of ours.
    Pieces,
    /// Sentences with `; ` between them.
    List,
    /// Somebody, by a role of ours or by name.
    Who,
    /// A sentence under another heading.
    Other(&'static str),
}

impl Gap {
    fn of(mark: &'static str) -> Self {
        match mark {
            "" => Self::Text,
            "w" => Self::Words,
            "#" => Self::Count,
            "k" => Self::Key,
            "n" => Self::Number,
            "p" => Self::Pieces,
            "l" => Self::List,
            "who" => Self::Who,
            "s" => Self::Other("summary"),
            other => Self::Other(other),
        }
    }

    fn takes(self, text: &str) -> bool {
        !text.is_empty()
            && match self {
                Self::Key => !text.contains(' '),
                Self::Number => text.bytes().all(|byte| byte.is_ascii_digit()),
                Self::Count => text.starts_with(|c: char| c.is_ascii_digit()),
                _ => true,
            }
    }
}

/// A sentence.
pub(super) struct Pattern {
    pub(super) heading: &'static str,
    /// The English words around the gaps: one more than there are gaps.
    pub(super) around: Vec<&'static str>,
    pub(super) gaps: Vec<Gap>,
    pub(super) spanish: &'static str,
    /// How many characters are its own: the most telling one wins, and one without a gap before any other.
    pub(super) weight: (bool, usize),
    /// The gaps are looked for from the end of the text.
    pub(super) from_end: bool,
}

impl Pattern {
    pub(super) fn of(sentence: &Sentence) -> Self {
        let bare = sentence.english.strip_prefix('<');
        let english = bare.unwrap_or(sentence.english);
        let mut rest = english.strip_prefix('\\').unwrap_or(english);
        let (mut around, mut gaps, mut looked) = (Vec::new(), Vec::new(), 0);
        while let Some(open) = rest[looked..].find('{').map(|at| looked + at) {
            let behind = &rest[open + 1..];
            let mark = behind.split('}').next().unwrap_or_default();
            // `{{ }}` and `{% if %}` are no gaps.
            if mark.len() == behind.len()
                || !mark.chars().all(|c| c.is_ascii_lowercase() || c == '#')
            {
                looked = open + 1;
                continue;
            }
            around.push(&rest[..open]);
            gaps.push(Gap::of(mark));
            rest = &behind[mark.len() + 1..];
            looked = 0;
        }
        around.push(rest);
        Self {
            heading: sentence.heading,
            weight: (gaps.is_empty(), around.iter().map(|part| part.len()).sum()),
            around,
            gaps,
            spanish: sentence.spanish,
            from_end: bare.is_some(),
        }
    }

    /// Whether it says anything by itself.
    pub(super) fn is_telling(&self) -> bool {
        let letters = |part: &&str| part.chars().filter(|c| c.is_alphabetic()).count();
        self.around.iter().map(letters).sum::<usize>() >= 2
    }

    /// What stands in the gaps, when the text is this sentence.
    pub(super) fn captures<'t>(&self, text: &'t str) -> Option<Vec<&'t str>> {
        let (first, more) = self.around.split_first()?;
        let Some((last, middle)) = more.split_last() else {
            return (text == *first).then(Vec::new);
        };
        let mut rest = text.strip_prefix(first)?.strip_suffix(last)?;
        let mut captures = Vec::new();
        if self.from_end {
            for part in middle.iter().rev() {
                let at = rest.rfind(part)?;
                captures.push(&rest[at + part.len()..]);
                rest = &rest[..at];
            }
            captures.push(rest);
            captures.reverse();
        } else {
            for part in middle {
                let at = rest.find(part)?;
                captures.push(&rest[..at]);
                rest = &rest[at + part.len()..];
            }
            captures.push(rest);
        }
        let fits = |(capture, gap): (&&str, &Gap)| gap.takes(capture);
        captures.iter().zip(&self.gaps).all(fits).then_some(captures)
    }
}
