//! Sentences with gaps, found by their English words and said in Spanish.

use std::collections::HashMap;

const LIST: &str = include_str!("sentences.txt");

/// A sentence inside a sentence inside a sentence is enough.
const DEPTH: usize = 4;

/// What stands in a gap.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Gap {
    /// Somebody's text.
    Text,
    /// Words of ours where they are known, else somebody's.
    Words,
    /// No space in it.
    Key,
    /// A number.
    Number,
    /// Pieces with `, ` between them, each a span or words of ours.
    Pieces,
    /// Sentences with `; ` between them.
    List,
    /// A sentence under another heading.
    Other(&'static str),
}

impl Gap {
    fn of(mark: &'static str) -> Self {
        match mark {
            "" => Self::Text,
            "w" => Self::Words,
            "k" => Self::Key,
            "n" => Self::Number,
            "p" => Self::Pieces,
            "l" => Self::List,
            "s" => Self::Other("summary"),
            other => Self::Other(other),
        }
    }
}

struct Pattern {
    /// The English words around the gaps: one more than there are gaps.
    around: Vec<&'static str>,
    gaps: Vec<Gap>,
    spanish: &'static str,
    /// The gaps are looked for from the end of the text.
    from_end: bool,
}

/// Every sentence, by heading.
pub(super) struct Sentences {
    all: HashMap<&'static str, Vec<Pattern>>,
}

impl Sentences {
    pub(super) fn read() -> Self {
        let mut all: HashMap<&str, Vec<Pattern>> = HashMap::new();
        let mut heading = "";
        let mut lines = LIST.lines().filter(|line| !line.is_empty() && !line.starts_with("# "));
        while let Some(line) = lines.next() {
            if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
                heading = name;
            } else if let Some(spanish) = lines.next() {
                all.entry(heading).or_default().push(pattern(line, spanish));
            }
        }
        // A sentence without a gap is the surest.
        for patterns in all.values_mut() {
            patterns.sort_by_key(|pattern| !pattern.gaps.is_empty());
        }
        Self { all }
    }

    /// The text as a sentence of this heading; `None` where it is none.
    pub(super) fn say(&self, heading: &str, text: &str) -> Option<String> {
        self.deep(heading, text, DEPTH)
    }

    fn deep(&self, heading: &str, text: &str, depth: usize) -> Option<String> {
        let depth = depth.checked_sub(1)?;
        let patterns = self.all.get(heading)?;
        patterns.iter().find_map(|pattern| self.filled(pattern, text, depth))
    }

    fn filled(&self, pattern: &Pattern, text: &str, depth: usize) -> Option<String> {
        let captures = pattern.captures(text)?;
        let mut said = Vec::new();
        for (gap, capture) in pattern.gaps.iter().zip(captures) {
            said.push(match gap {
                Gap::Text | Gap::Key | Gap::Number => capture.to_owned(),
                Gap::Words => {
                    self.deep("words", capture, depth).unwrap_or_else(|| capture.to_owned())
                }
                Gap::List => {
                    let one = |text: &str| {
                        self.deep("words", text, depth).unwrap_or_else(|| text.to_owned())
                    };
                    capture.split("; ").map(one).collect::<Vec<_>>().join("; ")
                }
                Gap::Pieces => self.pieces(capture, depth)?,
                Gap::Other(heading) => self.deep(heading, capture, depth)?,
            });
        }
        let mut parts = pattern.spanish.split("{}");
        let mut out = parts.next().unwrap_or_default().to_owned();
        for (part, said) in parts.zip(said) {
            out.push_str(&said);
            out.push_str(part);
        }
        Some(out)
    }

    fn pieces(&self, text: &str, depth: usize) -> Option<String> {
        let one = |piece: &str| {
            let span = piece.starts_with(|c: char| c.is_ascii_digit())
                && piece.split(' ').all(|word| word.parse::<crate::time::Span>().is_ok());
            if span { Some(piece.to_owned()) } else { self.deep("words", piece, depth) }
        };
        text.split(", ").map(one).collect::<Option<Vec<_>>>().map(|said| said.join(", "))
    }
}

fn pattern(english: &'static str, spanish: &'static str) -> Pattern {
    let bare = english.strip_prefix('<');
    let mut parts = bare.unwrap_or(english).split('{');
    let mut around = vec![parts.next().unwrap_or_default()];
    let mut gaps = Vec::new();
    for part in parts {
        let (mark, rest) = part.split_once('}').unwrap_or((part, ""));
        gaps.push(Gap::of(mark));
        around.push(rest);
    }
    Pattern { around, gaps, spanish, from_end: bare.is_some() }
}

impl Pattern {
    fn captures<'t>(&self, text: &'t str) -> Option<Vec<&'t str>> {
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
        let fits = |(capture, gap): (&&str, &Gap)| {
            !capture.is_empty()
                && match gap {
                    Gap::Key => !capture.contains(' '),
                    Gap::Number => capture.bytes().all(|byte| byte.is_ascii_digit()),
                    _ => true,
                }
        };
        captures.iter().zip(&self.gaps).all(fits).then_some(captures)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_of_every_sentence_have_the_same_gaps() {
        let sentences = Sentences::read();
        for (heading, patterns) in &sentences.all {
            for pattern in patterns {
                let there = pattern.spanish.matches("{}").count();
                assert_eq!(pattern.gaps.len(), there, "{heading}: {}", pattern.spanish);
                for gap in &pattern.gaps {
                    if let Gap::Other(other) = gap {
                        assert!(sentences.all.contains_key(other), "{heading}: {other}");
                    }
                }
            }
        }
    }

    #[test]
    fn words_of_others_are_never_taken_for_ours() {
        let said = |heading: &str, text: &str| Sentences::read().say(heading, text);
        let of = |kind: &str, text: &str| said(&format!("timeline.what:{kind}"), text);
        assert_eq!(
            of("started", "look started (read, attempt 2) on db: SELECT 1; a) on b: c").unwrap(),
            "look comenzó (lee, intento 2) en db: SELECT 1; a) on b: c"
        );
        assert_eq!(of("noted", "Note: nobody").unwrap(), "Nota: nobody");
        assert_eq!(
            of("opened", "Run opened: Look on disk on production, SEV-1; operator 2 drives.")
                .unwrap(),
            "Ejecución abierta: Look on disk en production, SEV-1; conduce operador 2."
        );
        assert_eq!(
            of("ended", "look did not pass: exit code 22 after 1m 3s, 4 looks.").unwrap(),
            "look no pasó: código de salida 22, tras 1m 3s, 4 consultas."
        );
        assert_eq!(of("ended", "look is purple."), None);
    }
}
