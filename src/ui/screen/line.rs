//! The line of an open prompt, as it is drawn: label, what is typed, the cursor. Pure.

use std::cell::Cell;

/// The cursor at the start of an empty row, and bracketed paste asked for.
pub(super) const OPEN: &str = "\r\u{1b}[K\u{1b}[?2004h";
/// Bracketed paste off, behind the last drawing.
pub(super) const CLOSE: &str = "\u{1b}[?2004l\r\n";

/// Stands for a label that does not fit.
const SHORT_LABEL: &str = "> ";
/// In fewer columns there is only what is typed.
const CRAMPED: usize = 6;

/// An open prompt.
#[derive(Clone, Debug, Default)]
pub(super) struct OpenPrompt {
    pub label: String,
    /// It draws nothing itself: the terminal echoes what is typed.
    pub show: bool,
    /// Text before and behind the cursor.
    pub typed: (String, String),
    /// Columns of the row as it was last drawn.
    pub width: Cell<usize>,
}

impl OpenPrompt {
    /// The row from its start, the cursor where it belongs. Never wider than `columns`, so that the next
    /// drawing covers it; of a long text the part around the cursor shows.
    pub(super) fn drawn(&self, columns: usize) -> String {
        let room = columns.saturating_sub(1);
        let label = match () {
            () if !self.label_is_cut(columns) => self.label.as_str(),
            () if room >= CRAMPED => SHORT_LABEL,
            () => "",
        };
        let label_width = console::measure_text_width(label);
        let room = room.saturating_sub(label_width);
        let before = last_columns(&self.typed.0, room);
        let before_width = console::measure_text_width(before);
        let behind = console::truncate_str(&self.typed.1, room.saturating_sub(before_width), "");
        let mut row = format!("\u{1b}[?25l\r\u{1b}[K{label}{before}{behind}");
        let back = console::measure_text_width(&behind);
        self.width.set(label_width + before_width + back);
        if back > 0 {
            row.push_str(&format!("\u{1b}[{back}D"));
        }
        row.push_str("\u{1b}[?25h");
        row
    }

    /// True when the row as it was last drawn does not fit into so many columns.
    pub(super) fn is_wider_than(&self, columns: usize) -> bool {
        self.width.get() >= columns
    }

    /// True when the label does not fit beside what is typed: it then stands on a line of its own first.
    pub(super) fn label_is_cut(&self, columns: usize) -> bool {
        let room = columns.saturating_sub(1);
        console::measure_text_width(&self.label) > room.saturating_sub(8).max(room / 2)
    }
}

/// The end of a text that fits into so many columns.
fn last_columns(text: &str, columns: usize) -> &str {
    let mut start = text.len();
    let mut width = 0;
    for (at, c) in text.char_indices().rev() {
        width += console::measure_text_width(c.encode_utf8(&mut [0; 4]));
        if width > columns {
            break;
        }
        start = at;
    }
    &text[start..]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(columns: usize, before: &str, behind: &str) -> String {
        let typed = (before.to_owned(), behind.to_owned());
        let prompt = OpenPrompt { label: "type >".to_owned(), typed, ..OpenPrompt::default() };
        let row = prompt.drawn(columns);
        row.replace("\u{1b}[?25l\r\u{1b}[K", "").replace("\u{1b}[?25h", "")
    }

    #[test]
    fn the_row_never_reaches_the_last_column() {
        assert_eq!(row(80, "ab", "cd"), "type >abcd\u{1b}[2D");
        assert_eq!(row(16, "0123abcdefgh", ""), "type >3abcdefgh");
        assert_eq!(row(16, "ab", "cdefghijk"), "type >abcdefghi\u{1b}[7D");
        assert_eq!(row(16, "1日本語日本語", ""), "type >語日本語");
        assert_eq!(row(1, "abc", "d"), "");
        assert_eq!(row(3, "abc", "d"), "bc");
        assert_eq!(row(10, "abc", "d"), "> abcd\u{1b}[1D");
    }
}
