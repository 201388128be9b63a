//! HTML and SVG put together so that data stays data.
//!
//! Owns the one way by which text gets into a page: [`put!`] escapes whatever it is given, unless it is
//! markup already. Must not know what a page or a picture says.

use std::fmt;

use super::markdown;
use crate::text::lang::Lang;
use crate::text::spanish::under;

/// Markup that was put together by [`put!`] and is not escaped again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Markup {
    pub(super) text: String,
    /// In which language [`Markup::say`] says it.
    pub(super) lang: Lang,
}

impl Markup {
    /// None yet, in a language.
    pub(super) const fn of(lang: Lang) -> Self {
        Self { text: String::new(), lang }
    }

    /// Markup as it stands.
    pub(super) fn raw(text: impl Into<String>) -> Self {
        Self { text: text.into(), lang: Lang::English }
    }

    /// Words of ours in the language of the page.
    pub(super) fn say(&self, text: &str) -> String {
        said(self.lang, text)
    }
}

/// Under which headings the words of a page stand: its own first, those of the screen last.
const SAID: [&str; 7] = ["page", "state", "words", "outcome", "document", "suggestion", ""];

/// Words of ours in a language: those of a page, and what a report says in its fields.
pub(super) fn said(lang: Lang, text: &str) -> String {
    let found = match lang {
        Lang::English => None,
        Lang::Spanish => SAID.iter().find_map(|heading| under(heading, text)),
    };
    found.unwrap_or_else(|| text.to_owned())
}

/// What may stand in a page, and how it is written there.
pub(super) trait Shown {
    fn show(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result;
}

impl Shown for str {
    fn show(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut from = 0;
        for (at, c) in self.char_indices() {
            let safe = match c {
                '&' => "&amp;",
                '<' => "&lt;",
                '>' => "&gt;",
                '"' => "&quot;",
                '\'' => "&#39;",
                '\n' => " ↵ ",
                '\t' => " ",
                '\r' if self[at..].starts_with("\r\n") => "",
                c if (' '..='~').contains(&c) => continue,
                _ => {
                    let mut shown = String::new();
                    markdown::show(c, &mut shown);
                    out.write_str(&self[from..at])?;
                    out.write_str(&shown)?;
                    from = at + c.len_utf8();
                    continue;
                }
            };
            out.write_str(&self[from..at])?;
            out.write_str(safe)?;
            from = at + c.len_utf8();
        }
        out.write_str(&self[from..])
    }
}

impl Shown for String {
    fn show(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().show(out)
    }
}

impl<T: Shown + ?Sized> Shown for &T {
    fn show(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).show(out)
    }
}

impl Shown for Markup {
    fn show(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.text)
    }
}

impl Shown for usize {
    fn show(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{self}")
    }
}

impl Shown for i64 {
    fn show(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{self}")
    }
}

/// A length in a picture: a tenth of a pixel is as fine as anybody sees.
impl Shown for f64 {
    fn show(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{self:.1}");
        out.write_str(text.strip_suffix(".0").unwrap_or(&text))
    }
}

/// Wraps what [`put!`] is given.
pub(super) struct As<T>(pub(super) T);

impl<T: Shown> fmt::Display for As<T> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.show(out)
    }
}

/// Appends to a [`Markup`]: the literal as it is, every value escaped.
macro_rules! put {
    ($out:expr, $form:literal $(, $value:expr)* $(,)?) => {{
        use std::fmt::Write as _;
        // Writing to a String cannot fail.
        let _ = write!($out.text, $form $(, $crate::report::markup::As(&$value))*);
    }};
}
pub(super) use put;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped_and_markup_is_not() {
        let mut inner = Markup::default();
        put!(inner, "<b>{}</b>", "1 < 2 & \"3\" 'x'");
        let mut out = Markup::default();
        put!(out, "<p title=\"{}\">{}{}</p>", "a\"\u{202e}\n", inner, 1.25_f64);
        assert_eq!(
            out.text.as_str(),
            "<p title=\"a&quot;‹U+202E› ↵ \"><b>1 &lt; 2 &amp; &quot;3&quot; &#39;x&#39;</b>1.2</p>"
        );
        put!(out, "{} {} {}", 3.0_f64, 7_usize, String::from("\u{1b}[2J"));
        assert!(out.text.as_str().ends_with("3 7 ␛[2J"));
    }
}
