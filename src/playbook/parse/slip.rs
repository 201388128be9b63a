//! Where an author's slip is, when YAML stops behind it.
//!
//! A reader of YAML notices a missing colon, an open quote or a line out of place only later, up to the end of the
//! file. This looks back from there for the line that is wrong, and says what to do. It guesses from the shape
//! of lines; what it does not recognise stays where the reader stopped.

use std::ops::Range;

/// What is wrong: where, what, and what to do.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Slip {
    /// The bytes to point at.
    pub range: Range<usize>,
    /// A fragment that fits behind "this is not YAML: ".
    pub what: String,
    /// What to do.
    pub help: String,
}

/// How far back a slip is looked for, in lines: as long as blocks of text in playbooks are.
const LINES: usize = 400;

/// A line, without its end.
#[derive(Clone, Copy)]
struct Line<'t> {
    start: usize,
    text: &'t str,
}

impl<'t> Line<'t> {
    /// Blanks in front of what stands in it, and of `- `.
    fn content(self) -> (usize, &'t str) {
        let mut rest = self.text.trim_start_matches(' ');
        while let Some(item) = rest.strip_prefix("- ") {
            rest = item.trim_start_matches(' ');
        }
        (self.text.len() - rest.len(), rest)
    }

    fn indent(self) -> usize {
        self.text.len() - self.text.trim_start_matches(' ').len()
    }

    fn says_nothing(self) -> bool {
        let text = self.text.trim();
        text.is_empty() || text.starts_with('#')
    }

    fn range(self, from: usize, length: usize) -> Range<usize> {
        self.start + from..self.start + (from + length).min(self.text.len())
    }
}

/// The slip behind a fault that the reader of YAML met at byte `at`, in its own words `info`.
pub(super) fn behind(text: &str, at: usize, info: &str) -> Option<Slip> {
    let mut lines: Vec<Line<'_>> = Vec::new();
    let mut start = 0;
    let mut next = None;
    for line in text.split_inclusive('\n') {
        let here = Line { start, text: line.trim_end_matches(['\n', '\r']) };
        if start > at {
            next = Some(here);
            break;
        }
        lines.push(here);
        start += line.len();
    }
    let at_end = text[at.min(text.len())..].trim().is_empty();
    lines.drain(..lines.len().saturating_sub(LINES));
    odd_blank(&lines, next)
        .or_else(|| open_bracket(&lines, info))
        .or_else(|| quoted(text, &lines, at, info))
        .or_else(|| header(&lines).and_then(|line| colon(line, info)))
        .or_else(|| culprit(&lines, at_end).and_then(|line| colon(line, info)))
        .or_else(|| block(text, &lines, at, info))
        .or_else(|| out_of_line(&lines, at, info))
        .or_else(|| no_colon(&lines, at_end, info))
}

/// The nearest line above that is not indented deeper: there the reader began what it could not end.
fn culprit<'t>(lines: &[Line<'t>], at_end: bool) -> Option<Line<'t>> {
    let mut above = lines.iter().rev().filter(|line| !line.says_nothing());
    if at_end {
        let mut first = None;
        for line in above {
            if key(line.content().1).is_some() {
                break;
            }
            first = Some(*line);
        }
        return first;
    }
    let here = above.next()?;
    above.find(|line| line.indent() <= here.indent()).copied()
}

/// A line above that begins a block of text without a colon, and under which the reader stopped.
fn header<'t>(lines: &[Line<'t>]) -> Option<Line<'t>> {
    let mut above = lines.iter().rev().filter(|line| !line.says_nothing());
    let mut around = above.next()?.indent() + 1;
    for line in above {
        if line.indent() >= around {
            continue;
        }
        let (_, content) = line.content();
        match word(content) {
            Some((_, rest)) if is_block(rest) => return Some(*line),
            _ if key(content).is_some() => return None,
            _ => around = line.indent(),
        }
    }
    None
}

/// The character at a byte.
fn one(text: &str, at: usize) -> Range<usize> {
    let next = text.get(at..).and_then(|rest| rest.chars().next()).filter(|c| *c != '\n');
    at..at + next.map_or(0, char::len_utf8)
}

/// The name in front of the rest of a line; nothing where there is none.
fn word(content: &str) -> Option<(&str, &str)> {
    let end = content.find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '_' | '-'));
    let (word, rest) = content.split_at(end.unwrap_or(content.len()));
    let named = word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    named.then_some((word, rest))
}

/// The key of a line that has one.
fn key(content: &str) -> Option<&str> {
    let (word, rest) = word(content)?;
    let rest = rest.trim_start().strip_prefix(':')?;
    (rest.is_empty() || rest.starts_with(' ')).then_some(word)
}

/// `|` or `>` with its marks, at the end of a line.
fn is_block(rest: &str) -> bool {
    let rest = rest.split(" #").next().unwrap_or(rest).trim();
    let marks = rest.strip_prefix(['|', '>']);
    marks.is_some_and(|marks| marks.len() <= 2 && marks.chars().all(|c| "+-123456789".contains(c)))
}

/// A colon that is missing, or is none.
fn colon(line: Line<'_>, info: &str) -> Option<Slip> {
    let (from, content) = line.content();
    let (word, rest) = word(content)?;
    let behind = from + word.len();
    let missing = |what: &str, help: String| {
        let what = format!("{what} behind `{word}`");
        Some(Slip { range: line.range(from, word.len()), what, help })
    };
    if is_block(rest) {
        return missing("a colon is missing", format!("write `{word}: {}`", rest.trim()));
    }
    if rest.trim_start().starts_with('\u{ff1a}') {
        let place = behind + (rest.len() - rest.trim_start().len());
        let range = line.range(place, '\u{ff1a}'.len_utf8());
        let what = "this is no colon, but U+FF1A that looks like one".to_owned();
        return Some(Slip { range, what, help: format!("write `{word}:`") });
    }
    if let Some(value) = rest.trim_start().strip_prefix("= ") {
        let value = value.trim();
        return missing("`=` is no colon", format!("write `{word}: {value}`"));
    }
    let tight = rest.strip_prefix(':').filter(|value| !value.starts_with(' '));
    if let Some(value) = tight.filter(|value| !value.is_empty() && !value.starts_with("//")) {
        let range = line.range(from, word.len() + 1);
        let what = format!("a space is missing behind `{word}:`");
        return Some(Slip { range, what, help: format!("write `{word}: {value}`") });
    }
    let wanted = info.contains("simple key") || info.contains("mapping values");
    if wanted && rest.trim().is_empty() {
        return missing("a colon is missing", format!("write `{word}:`"));
    }
    None
}

/// A line that should have a key and has none.
fn no_colon(lines: &[Line<'_>], at_end: bool, info: &str) -> Option<Slip> {
    if !info.contains("simple key") {
        return None;
    }
    let line = culprit(lines, at_end)?;
    let (from, content) = line.content();
    let (word, rest) = word(content)?;
    if key(content).is_some() {
        return None;
    }
    let help = format!(
        "write `{word}: {}`; when it belongs to the text above it, indent it deeper than that one's key",
        rest.trim()
    );
    let what = format!("a colon is missing behind `{word}`");
    Some(Slip { range: line.range(from, word.len()), what, help })
}

/// A blank in front of a line that YAML does not count: a tab, or one that only looks like a blank.
fn odd_blank(lines: &[Line<'_>], next: Option<Line<'_>>) -> Option<Slip> {
    let near = next.into_iter().chain(lines.iter().rev().take(3).copied());
    near.into_iter().find_map(|line| {
        let blanks = line.text.find(|c: char| !c.is_whitespace()).unwrap_or(0);
        let (place, odd) = line.text[..blanks].char_indices().find(|(_, c)| *c != ' ')?;
        let (what, help) = match odd {
            '\t' => {
                ("a tab in front of a line", "indent with spaces: YAML does not allow tabs there")
            }
            _ => {
                ("a blank that is no space", "indent with spaces: this one comes from copied text")
            }
        };
        let code = u32::from(odd);
        let what = if odd == '\t' { what.to_owned() } else { format!("{what}, but U+{code:04X}") };
        Some(Slip { range: line.range(place, odd.len_utf8()), what, help: help.to_owned() })
    })
}

/// A bracket that its line opens and nothing closes.
fn open_bracket(lines: &[Line<'_>], info: &str) -> Option<Slip> {
    let flow = info.contains("flow") || info.contains("illegal placement of ':'");
    if !flow && !info.contains("',' or") {
        return None;
    }
    lines.iter().rev().take(40).find_map(|line| {
        let (from, content) = line.content();
        let value = key(content).map_or(0, |key| key.len() + 1);
        let begin = value + (content[value..].len() - content[value..].trim_start().len());
        let opens = content[begin..].starts_with(['[', '{']);
        let close = if content[begin..].starts_with('[') { ']' } else { '}' };
        (opens && depth(&content[begin..]) > 0).then(|| Slip {
            range: line.range(from + begin, 1),
            what: format!("the `{}` here is not closed", &content[begin..=begin]),
            help: format!("close it with `{close}`"),
        })
    })
}

/// How many brackets a text leaves open, but for those in quotes.
fn depth(text: &str) -> usize {
    let (mut open, mut quote) = (0_usize, None);
    for c in text.chars() {
        match (quote, c) {
            (Some(mark), c) if mark == c => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, '[' | '{') => open += 1,
            (None, ']' | '}') => open = open.saturating_sub(1),
            _ => {}
        }
    }
    open
}

/// Quotes: not closed, closed too early, a backslash that begins nothing.
fn quoted(text: &str, lines: &[Line<'_>], at: usize, info: &str) -> Option<Slip> {
    let line = *lines.last()?;
    let slip = |range, what: &str, help: &str| {
        Some(Slip { range, what: what.to_owned(), help: help.to_owned() })
    };
    if info.contains("indentation in quoted") || info.contains("unexpected end of stream") {
        let help =
            "close it on this line; a text that goes on must be indented deeper than its key";
        return slip(one(text, at), "the quote here is not closed", help);
    }
    let column = at.checked_sub(line.start).filter(|column| *column <= line.text.len())?;
    if info.contains("escape character") {
        let rest = &line.text[column..];
        let known = |c: char| "0abtnvfre \"/\\N_LPxuU\t".contains(c);
        let pairs = rest.char_indices().zip(rest.chars().skip(1));
        // A backslash behind a backslash is its second half.
        let mut halves = false;
        let wrong = pairs.into_iter().find(|((_, c), next)| {
            let begins = *c == '\\' && !halves;
            halves = begins;
            begins && !known(*next)
        });
        let place = wrong.map_or(0, |((place, _), _)| place);
        let help =
            "write `\\\\` for a backslash, or use single quotes, where it is only a backslash";
        let range = line.range(column + place, 1 + usize::from(place > 0));
        return slip(range, "a backslash in double quotes begins something unknown", help);
    }
    if !info.contains("trailing content after") {
        return None;
    }
    let (_, content) = line.content();
    let value = content.split_once(": ").map_or(content, |(_, value)| value).trim_start();
    let range = one(text, at);
    if depth(value) > 0 || value.starts_with(['{', '[']) {
        let help = "put `,` between two entries; quotes go around the whole of a text";
        return slip(range, "the entry goes on behind its quotes", help);
    }
    let help = if value.starts_with('\'') {
        "in single quotes an apostrophe is written twice: `''`; or put the text into double quotes"
    } else {
        "put the whole text into the quotes; one inside double quotes is written `\\\"`"
    };
    slip(range, "the text goes on behind its closing quote", help)
}

/// A block of text that stands no deeper than its key, or on the line of its mark.
fn block(text: &str, lines: &[Line<'_>], at: usize, info: &str) -> Option<Slip> {
    if info.contains("expected comment or line break") {
        let help = "begin the text on the next line, indented deeper; or leave the `|` or `>` out";
        let what = "a block of text begins on the line of its mark".to_owned();
        return Some(Slip { range: one(text, at), what, help: help.to_owned() });
    }
    let mut above = lines.iter().rev().filter(|line| !line.says_nothing());
    above.next()?;
    let (mut first, mut steps) = (None, 0);
    for line in above {
        let (from, content) = line.content();
        if let Some(word) = key(content) {
            let rest = content[word.len()..].trim_start().trim_start_matches(':');
            let line: Line<'_> = first.or_else(|| lines.last().copied())?;
            if !is_block(rest) || line.indent() > from {
                return None;
            }
            let help = format!("indent each line of it deeper than `{word}`");
            let what = format!("the text of `{word}` is not indented");
            let length = line.text.trim().len();
            return Some(Slip { range: line.range(line.indent(), length), what, help });
        }
        first = Some(*line);
        steps += 1;
        if steps > 40 {
            break;
        }
    }
    None
}

/// A key or an item that is not in line with those above it.
fn out_of_line(lines: &[Line<'_>], at: usize, info: &str) -> Option<Slip> {
    let (line, above) = lines.split_last()?;
    let (from, content) = line.content();
    let tight = content.strip_prefix('-').and_then(word);
    if tight.is_some() && key(content.trim_start_matches('-')).is_some() {
        let what = "a space is missing behind `-`".to_owned();
        let help = format!("write `- {}`", &content[1..]);
        return Some(Slip { range: line.range(from, 1), what, help });
    }
    let misplaced = info.contains("expected '-'") || info.contains("expected key");
    let nested = info.contains("mapping values are not allowed");
    let own = key(content)?;
    // The colon that was not allowed is another one, further on in the line.
    if nested && at != line.start + from + own.len() {
        return None;
    }
    if !misplaced && !nested {
        return None;
    }
    let before = above.iter().rev().find(|line| !line.says_nothing())?;
    let item = line.text.trim_start_matches(' ').starts_with("- ");
    let mut items = above.iter().rev().filter(|line| line.text.trim_start().starts_with("- "));
    let (wanted, whose) = if item {
        let other = items.find(|other| other.indent() != line.indent())?;
        (other.indent(), "the items above".to_owned())
    } else {
        let (column, content) = before.content();
        (column, format!("`{}`", key(content)?))
    };
    let indent = line.indent();
    if wanted == indent {
        return None;
    }
    let mut help = format!("indent it as {whose}: with {wanted} spaces, it has {indent}");
    if nested {
        help.push_str("; or put quotes around a text that holds `: `");
    }
    let what = format!("`{own}` is not in line with {whose}");
    Some(Slip { range: line.range(from, own.len()), what, help })
}
