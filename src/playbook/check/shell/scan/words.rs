//! Words: quotes, variables and substitutions.

use std::ops::Range;

use super::super::{Variable, Word};
use super::{DEPTH, Scanner};

impl Scanner<'_> {
    pub(super) fn variables_between(&self, range: Range<usize>) -> Vec<Variable> {
        let text = &self.text[range.clone()];
        let found = text.match_indices('$').filter_map(|(at, _)| {
            let rest = text[at + 1..].trim_start_matches('{');
            let skipped = text[at + 1..].len() - rest.len();
            let length = name_length(rest);
            let name = rest[..length].to_owned();
            let start = range.start + at;
            let range = start..start + 1 + skipped + length;
            (length > 0).then_some(Variable { name, range, quoted: true, guarded: false })
        });
        found.collect()
    }

    /// Reads one word; at least one byte is read.
    pub(super) fn word(&mut self, depth: usize) -> Word {
        let start = self.at;
        let mut word = Word::default();
        while self.at < self.bytes.len() {
            match self.bytes[self.at] {
                b'<' | b'>' if self.at == start && self.peek(1) == b'(' => {
                    self.at += 1;
                    self.substitution(&mut word, 1, b')', depth);
                }
                b' ' | b'\t' | b'\r' | b'\n' | b';' | b'&' | b'|' | b'<' | b'>' | b'(' | b')' => {
                    break;
                }
                b'\'' => self.single(&mut word),
                b'"' => self.double(&mut word, depth),
                b'\\' => {
                    self.at += 1;
                    if self.peek(0) == b'\n' {
                        self.at += 1;
                    } else {
                        self.literal(&mut word);
                    }
                }
                b'$' => self.dollar(&mut word, depth, false),
                b'`' => self.substitution(&mut word, 1, b'`', depth),
                byte => {
                    word.pattern |= matches!(byte, b'*' | b'?');
                    self.literal(&mut word);
                }
            }
        }
        if self.at == start {
            self.at += 1;
        }
        self.at = self.at.min(self.bytes.len());
        word.range = start..self.at;
        self.script.used.extend(word.variables.iter().cloned());
        word
    }

    fn literal(&mut self, word: &mut Word) {
        if let Some(c) = self.text[self.at.min(self.text.len())..].chars().next() {
            word.text.push(c);
            self.at += c.len_utf8();
        }
    }

    fn single(&mut self, word: &mut Word) {
        self.at += 1;
        let rest = &self.text[self.at..];
        let length = rest.find('\'').unwrap_or(rest.len());
        word.text.push_str(&rest[..length]);
        self.at += length + 1;
    }

    fn double(&mut self, word: &mut Word, depth: usize) {
        self.at += 1;
        while self.at < self.bytes.len() {
            match self.bytes[self.at] {
                b'"' => {
                    self.at += 1;
                    return;
                }
                b'\\' if matches!(self.peek(1), b'"' | b'\\' | b'$' | b'`' | b'\n') => {
                    self.at += 1;
                    self.literal(word);
                }
                b'$' => self.dollar(word, depth, true),
                b'`' => self.substitution(word, 1, b'`', depth),
                _ => self.literal(word),
            }
        }
    }

    fn dollar(&mut self, word: &mut Word, depth: usize, quoted: bool) {
        let start = self.at;
        match self.peek(1) {
            b'(' if self.peek(2) == b'(' => {
                self.at += 1;
                self.skip_arithmetic();
                word.text.push_str("$()");
            }
            b'(' => self.substitution(word, 2, b')', depth),
            b'\'' if !quoted => {
                self.at += 1;
                self.single(word);
            }
            b'{' => {
                self.at += 2;
                while matches!(self.peek(0), b'#' | b'!') {
                    self.at += 1;
                }
                let length = name_length(&self.text[self.at..]);
                let name = self.text[self.at..self.at + length].to_owned();
                self.at += length;
                let guarded = matches!(self.peek(0), b':' | b'-' | b'?' | b'+' | b'=');
                self.skip_braces();
                self.variable(word, name, start, quoted, guarded);
            }
            _ => {
                self.at += 1;
                let length = name_length(&self.text[self.at..]);
                let name = self.text[self.at..self.at + length].to_owned();
                self.at += length;
                self.variable(word, name, start, quoted, false);
            }
        }
    }

    fn variable(
        &mut self,
        word: &mut Word,
        name: String,
        start: usize,
        quoted: bool,
        guarded: bool,
    ) {
        word.text.push('$');
        word.text.push_str(&name);
        if !name.is_empty() {
            let range = start..self.at.min(self.bytes.len());
            word.variables.push(Variable { name, range, quoted, guarded });
        }
    }

    fn skip_braces(&mut self) {
        let mut open = 1;
        while self.at < self.bytes.len() && open > 0 {
            match self.bytes[self.at] {
                b'{' => open += 1,
                b'}' => open -= 1,
                _ => {}
            }
            self.at += 1;
        }
    }

    /// Reads `$( )`, `<( )` or backquotes; `opening` bytes open it.
    fn substitution(&mut self, word: &mut Word, opening: usize, close: u8, depth: usize) {
        word.text.push_str("$()");
        self.at += opening;
        if depth >= DEPTH {
            let rest = &self.text[self.at.min(self.text.len())..];
            self.at += rest.find(char::from(close)).unwrap_or(rest.len()) + 1;
            return;
        }
        self.commands(Some(close), depth + 1);
        self.at += 1;
    }
}

/// How much of a text is the name of a variable.
pub(super) fn name_length(text: &str) -> usize {
    let digit_first = text.as_bytes().first().is_some_and(u8::is_ascii_digit);
    if digit_first {
        return 0;
    }
    text.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count()
}
