//! Data in Markdown stays data: escaped for a cell or a line, or fenced.
//!
//! Owns what no text of a run can do in a report: open a tag, end a cell or a fence, become a link, a
//! heading or a second row, or hide characters (threat T14 of the reliability design).

use crate::text::is_plain;

/// The text on one line, with every character that Markdown would obey escaped. Fits a table cell.
#[must_use]
pub fn cell(text: &str) -> String {
    let mut line = String::with_capacity(text.len() + 8);
    let text = text.trim();
    for (at, c) in text.char_indices() {
        match c {
            '\n' => line.push_str(" ↵ "),
            '\r' if text[at..].starts_with("\r\n") => {}
            '\t' => line.push(' '),
            // The signs of CommonMark and GFM that mean something anywhere in a line; `@`, `://` and
            // `www.` become links on some pages.
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '~' | '&' | '$' | '@' => {
                line.push('\\');
                line.push(c);
            }
            '!' if text[at..].starts_with("![") => line.push_str("\\!"),
            ':' if text[at..].starts_with("://") => line.push_str("\\:"),
            '.' if text[..at].ends_with("www") => line.push_str("\\."),
            // At the end of a heading it would be taken for the heading's own.
            '#' if at + 1 == text.len() => line.push_str("\\#"),
            '#' | '+' | '-' | '=' if at == 0 && !is_word(text, 1) => {
                line.push('\\');
                line.push(c);
            }
            '.' | ')' if is_number(&text[..at]) && !is_word(text, at + 1) => {
                line.push('\\');
                line.push(c);
            }
            c => show(c, &mut line),
        }
    }
    line
}

/// What goes on with a letter or digit is no mark of a list or a heading: `-8m`, `0.1`.
fn is_word(text: &str, from: usize) -> bool {
    text.as_bytes().get(from).is_some_and(u8::is_ascii_alphanumeric)
}

/// `12` at the start of a line would make `12.` a list.
fn is_number(text: &str) -> bool {
    !text.is_empty() && text.len() < 10 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The text between fences that are longer than any inside it. Line breaks stay.
#[must_use]
pub fn fence(text: &str) -> String {
    fence_of("text", text)
}

/// The same, named as text of this language.
pub(super) fn fence_of(language: &str, text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let marks = "`".repeat(longest.max(2) + 1);
    let mut block = format!("{marks}{language}\n");
    let clean = text.replace("\r\n", "\n");
    for c in clean.trim_end_matches('\n').chars() {
        match c {
            '\n' | '\t' => block.push(c),
            c => show(c, &mut block),
        }
    }
    block.push('\n');
    block.push_str(&marks);
    block
}

/// Control characters as their pictures, deceptive ones as `<U+202E>` in signs that no page obeys.
pub(super) fn show(c: char, out: &mut String) {
    match c {
        '\0'..='\u{1F}' => out.extend(char::from_u32(0x2400 + u32::from(c))),
        '\u{7F}' => out.push('␡'),
        c if is_plain(c) => out.push(c),
        c => out.push_str(&format!("‹U+{:04X}›", u32::from(c))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_one_line_without_live_signs() {
        assert_eq!(cell("a|b\n<b>*x*"), "a\\|b ↵ \\<b\\>\\*x\\*");
        assert_eq!(cell("# 1. https://x.y www.z"), "\\# 1. https\\://x.y www\\.z");
        assert_eq!(cell("C #"), "C \\#");
        assert_eq!(cell("12. x"), "12\\. x");
        assert_eq!(cell("-8m 0.1"), "-8m 0.1");
        assert_eq!(cell("0.1.0"), "0.1.0");
        assert_eq!(cell("\u{1b}[2J\u{202e}\u{7f}"), "␛\\[2J‹U+202E›␡");
    }

    #[test]
    fn a_fence_is_longer_than_any_inside() {
        assert_eq!(fence("a\n````\n\u{8}"), "`````text\na\n````\n␈\n`````");
        assert_eq!(fence(""), "```text\n\n```");
    }
}
