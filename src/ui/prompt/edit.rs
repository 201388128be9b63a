//! The line that is being typed. Pure: keys in, text and cursor out.

use crate::world::console::Key;

/// A text and a cursor in it, counted in characters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Edited {
    text: Vec<char>,
    cursor: usize,
}

impl Edited {
    /// A text to mend, the cursor behind it.
    pub(super) fn of(text: &str) -> Self {
        let text: Vec<char> = text.chars().collect();
        Self { cursor: text.len(), text }
    }

    pub(super) fn text(&self) -> String {
        self.text.iter().collect()
    }

    pub(super) fn before_cursor(&self) -> String {
        self.text[..self.cursor].iter().collect()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Inserts what was pasted: one line, without what would move a cursor.
    pub(super) fn paste(&mut self, text: &str) {
        let text =
            crate::text::sanitise(text.trim_end_matches(['\r', '\n'])).replace(['\n', '\t'], " ");
        for c in text.chars() {
            self.insert(c);
        }
    }

    fn insert(&mut self, c: char) {
        if self.text.len() <= crate::effect::LONGEST_ANSWER {
            self.text.insert(self.cursor, c);
            self.cursor += 1;
        }
    }

    /// Changes the line as the key says; keys that do not edit change nothing.
    pub(super) fn press(&mut self, key: &Key) {
        match key {
            Key::Char(c) => self.insert(*c),
            Key::Backspace if self.cursor > 0 => {
                self.cursor -= 1;
                self.text.remove(self.cursor);
            }
            Key::Delete if self.cursor < self.text.len() => {
                self.text.remove(self.cursor);
            }
            Key::Left => self.cursor = self.cursor.saturating_sub(1),
            Key::Right => self.cursor = (self.cursor + 1).min(self.text.len()),
            Key::Home => self.cursor = 0,
            Key::End => self.cursor = self.text.len(),
            Key::EraseLine => {
                self.text.drain(..self.cursor);
                self.cursor = 0;
            }
            Key::EraseRest => self.text.truncate(self.cursor),
            Key::EraseWord => {
                let before = &self.text[..self.cursor];
                let end = before.iter().rposition(|c| !c.is_whitespace()).map_or(0, |at| at + 1);
                let start =
                    before[..end].iter().rposition(|c| c.is_whitespace()).map_or(0, |at| at + 1);
                self.text.drain(start..self.cursor);
                self.cursor = start;
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(keys: &[Key]) -> (String, String) {
        let mut line = Edited::of("stop now");
        for key in keys {
            line.press(key);
        }
        (line.before_cursor(), line.text())
    }

    #[test]
    fn the_line_is_edited_at_the_cursor() {
        let at = |keys: &[Key], before: &str, all: &str| {
            assert_eq!(typed(keys), (before.to_owned(), all.to_owned()), "{keys:?}");
        };
        at(&[Key::Left, Key::Char('é')], "stop noé", "stop noéw");
        at(&[Key::Home, Key::Delete, Key::Left], "", "top now");
        at(&[Key::Home, Key::Backspace, Key::Right], "s", "stop now");
        at(&[Key::EraseWord, Key::EraseWord], "", "");
        at(&[Key::Left, Key::Left, Key::EraseRest], "stop n", "stop n");
        at(&[Key::Left, Key::EraseLine], "", "w");
        at(&[Key::End, Key::Delete, Key::Right], "stop now", "stop now");
    }

    #[test]
    fn a_paste_is_one_line_of_harmless_characters() {
        let mut line = Edited::default();
        line.paste("two\r\nlines\u{1b}[31m\u{202e}\n");
        assert_eq!(line.text(), "two lines<U+202E>");
    }
}
