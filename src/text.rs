//! What may reach a screen: text without anything a terminal would obey.
//!
//! Owns the one sanitiser and the cutting of long lines. Knows nothing of colours or widths: those are
//! the front's.

use std::borrow::Cow;
use std::fmt::Write as _;

mod escapes;
pub mod lang;
pub mod spanish;

/// The text without escape sequences and control characters. Line breaks and tabs stay, a lone carriage
/// return becomes a line break, and characters that reorder or hide text are shown as `<U+202E>`.
#[must_use]
pub fn sanitise(text: &str) -> Cow<'_, str> {
    if text.chars().all(is_plain) {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len());
    let mut machine = escapes::Machine::default();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if !machine.lets_through(c) {
            continue;
        }
        match c {
            '\r' if chars.peek() == Some(&'\n') => {}
            '\r' => clean.push('\n'),
            c if is_plain(c) => clean.push(c),
            c if is_deceptive(c) => {
                // Writing to a String cannot fail.
                let _ = write!(clean, "<U+{:04X}>", u32::from(c));
            }
            _ => {}
        }
    }
    Cow::Owned(clean)
}

/// The text on one line: runs of white space become one space, the rest is sanitised.
#[must_use]
pub fn one_line(text: &str) -> Cow<'_, str> {
    let clean = sanitise(text);
    let crooked = clean.contains(['\n', '\t']) || clean.contains("  ");
    if crooked || clean.trim().len() != clean.len() {
        Cow::Owned(clean.split_whitespace().collect::<Vec<_>>().join(" "))
    } else {
        clean
    }
}

/// JSON that means the same and holds nothing that a terminal obeys: in its strings `\u009b` stands for such
/// a character.
#[must_use]
pub fn json(json: &str) -> Cow<'_, str> {
    // Control characters below U+0020 are escaped by every writer of JSON, or stand between its values.
    if json.chars().all(|c| c < ' ' || is_plain(c)) {
        return Cow::Borrowed(json);
    }
    let mut units = [0; 2];
    let escaped = json.chars().fold(String::new(), |mut text, c| {
        if c < ' ' || is_plain(c) {
            text.push(c);
        } else {
            for unit in c.encode_utf16(&mut units) {
                // Writing to a String cannot fail.
                let _ = write!(text, "\\u{unit:04x}");
            }
        }
        text
    });
    Cow::Owned(escaped)
}

/// At most `max_chars` characters; a longer text ends in `…`.
#[must_use]
pub fn cut(text: &str, max_chars: usize) -> Cow<'_, str> {
    if text.len() <= max_chars || text.chars().nth(max_chars).is_none() {
        return Cow::Borrowed(text);
    }
    let mut short: String = text.chars().take(max_chars.saturating_sub(1)).collect();
    if max_chars > 0 {
        short.push('…');
    }
    Cow::Owned(short)
}

/// True for characters that a screen shows as they are, line breaks and tabs included.
pub(crate) fn is_plain(c: char) -> bool {
    matches!(c, '\n' | '\t') || !(c.is_control() || is_deceptive(c))
}

/// Characters that reorder text (CVE-2021-42574), take no room, or look like a line break to some.
const fn is_deceptive(c: char) -> bool {
    matches!(
        c,
        '\u{200B}'..='\u{200F}'
            | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}'
            | '\u{061C}'
            | '\u{FEFF}'
            | '\u{00AD}'
            | '\u{180E}'
            | '\u{FFF9}'..='\u{FFFB}'
            | '\u{E0000}'..='\u{E007F}'
    )
}

#[cfg(test)]
mod tests;
