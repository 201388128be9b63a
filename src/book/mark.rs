//! Markdown and HTML of texts that somebody else wrote: nothing in them is obeyed.
//!
//! Owns every way from a playbook's text into a page. Beside the marks of Markdown, two things are taken
//! apart: raw HTML, and the `{{#...}}` that mdBook's own preprocessor would put files in for. Characters that
//! reorder or hide text are shown by their number, as on a screen.

use crate::text;

/// Characters that begin something in Markdown, each of which a backslash makes plain (`CommonMark` 0.31, 2.4).
const MARKS: &[char] = &[
    '\\', '`', '*', '_', '[', ']', '#', '|', '~', '$', '!', '^', '=', '+', '-', '.', ')', ':', '@',
];

/// A text on one line, in a paragraph, a heading, an item of a list or the cell of a table.
#[must_use]
pub fn text(words: &str) -> String {
    let words = text::one_line(words);
    let mut safe = String::with_capacity(words.len() + 8);
    let chars: Vec<char> = words.chars().collect();
    for (at, c) in chars.iter().enumerate() {
        let numbered = at > 0 && chars[..at].iter().all(char::is_ascii_digit);
        let first = at == 0 || (numbered && matches!(c, '.' | ')'));
        match c {
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '&' => safe.push_str("&amp;"),
            '{' => safe.push_str("&#123;"),
            // These mark something at the beginning of a line, or before an address.
            '+' | '-' | '.' | ')' | '=' | '#' if !first => safe.push(*c),
            ':' if chars.get(at + 1) != Some(&'/') => safe.push(*c),
            '!' if chars.get(at + 1) != Some(&'[') => safe.push(*c),
            // Inside a word it marks nothing.
            '_' if in_word(&chars, at) => safe.push(*c),
            c if MARKS.contains(c) => {
                safe.push('\\');
                safe.push(*c);
            }
            c => safe.push(*c),
        }
    }
    safe
}

fn in_word(chars: &[char], at: usize) -> bool {
    let is_word = |at: usize| chars.get(at).is_some_and(|c| c.is_alphanumeric());
    at > 0 && is_word(at - 1) && is_word(at + 1)
}

/// An expression, a name or a command inside a line; also in the cell of a table.
#[must_use]
pub fn code(words: &str) -> String {
    let words = text::one_line(words);
    let hostile = words.contains(['|', '`', '\\']) || calls_mdbook(&words) || words.is_empty();
    if hostile { format!("<code>{}</code>", inline(&words)) } else { format!("`{words}`") }
}

/// HTML in which Markdown finds nothing either.
fn inline(words: &str) -> String {
    let mut safe = String::new();
    for c in words.chars() {
        if c.is_ascii_punctuation() {
            safe.push_str(&format!("&#{};", u32::from(c)));
        } else {
            safe.push(c);
        }
    }
    safe
}

/// Lines that stay as they are, with the word for what they are: `sh`, `sql`, `text`.
#[must_use]
pub fn fence(language: &str, lines: &str) -> String {
    let lines = text::sanitise(lines.trim_end());
    if calls_mdbook(&lines) {
        // A blank line would end the block of HTML.
        let html = html(&lines).replace('\n', "&#10;");
        return format!("<pre><code class=\"language-{language}\">{html}</code></pre>\n");
    }
    let longest = lines.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let marks = "`".repeat(longest.max(2) + 1);
    format!("{marks}{language}\n{lines}\n{marks}\n")
}

/// mdBook puts something in for `{{#include FILE}}` and the like wherever it stands.
fn calls_mdbook(words: &str) -> bool {
    words.split("{{").skip(1).any(|rest| rest.trim_start().starts_with('#'))
}

/// A link where the address is one that a browser may be sent to; else the address as it is written.
#[must_use]
pub fn link(address: &str) -> String {
    let address = text::one_line(address);
    let known = ["https://", "http://", "mailto:"].iter().any(|scheme| address.starts_with(scheme));
    if !known || address.contains("{{") || address.contains(' ') {
        return code(&address);
    }
    format!("[{}](<{}>)", text(&address), destination(&address))
}

/// An address between `<` and `>`.
fn destination(address: &str) -> String {
    let mut safe = String::new();
    for c in address.chars() {
        match c {
            '<' => safe.push_str("%3C"),
            '>' => safe.push_str("%3E"),
            '\\' => safe.push_str("%5C"),
            '&' => safe.push_str("&amp;"),
            '{' => safe.push_str("%7B"),
            c => safe.push(c),
        }
    }
    safe
}

/// Text of HTML and SVG, also inside the quotes of an attribute, in which mdBook finds nothing to put in.
#[must_use]
pub fn html(words: &str) -> String {
    let mut safe = String::with_capacity(words.len());
    for c in text::sanitise(words).chars() {
        match c {
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '&' => safe.push_str("&amp;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            '{' => safe.push_str("&#123;"),
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_words_stay_as_they_are() {
        assert_eq!(
            text("Wait 5m: it is well-known, (v1.0) and a_b."),
            "Wait 5m: it is well-known, (v1.0) and a_b."
        );
        assert_eq!(code("rows[0].n == 50"), "`rows[0].n == 50`");
        assert_eq!(fence("sh", "ls\n"), "```sh\nls\n```\n");
        assert_eq!(
            link("https://a.example/x_y?a=1"),
            "[https\\://a.example/x_y?a=1](<https://a.example/x_y?a=1>)"
        );
    }

    #[test]
    fn marks_are_taken_for_what_they_are() {
        assert_eq!(text("# no *heading*"), "\\# no \\*heading\\*");
        assert_eq!(text("1. no list"), "1\\. no list");
        assert_eq!(text("2026-11-27"), "2026-11-27");
        assert_eq!(
            text("<b> & {{#include /etc/passwd}}"),
            "&lt;b&gt; &amp; &#123;&#123;#include /etc/passwd}}"
        );
        assert_eq!(text("a\n\n- b"), "a - b");
        assert_eq!(text("\u{1b}[31mred \u{202e}x"), "red &lt;U+202E&gt;x");
        assert_eq!(code("a | `b`"), "<code>a &#124; &#96;b&#96;</code>");
        assert_eq!(fence("sh", "````"), "`````sh\n````\n`````\n");
        let called = fence("sh", "x {{ #include y }}\n\n<b>");
        assert_eq!(
            called,
            "<pre><code class=\"language-sh\">x &#123;&#123; #include y }}&#10;&#10;&lt;b&gt;</code></pre>\n"
        );
    }

    #[test]
    fn an_address_of_another_kind_is_no_link() {
        assert_eq!(link("javascript:alert(1)"), "`javascript:alert(1)`");
        assert_eq!(link("https://x/{{ name }}"), "`https://x/{{ name }}`");
        assert_eq!(
            link("https://x/>)<b>"),
            "[https\\://x/&gt;)&lt;b&gt;](<https://x/%3E)%3Cb%3E>)"
        );
    }
}
