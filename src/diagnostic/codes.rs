//! The form of the catalogue: each code a stable name, a level, and a long text for `explain`.
//!
//! The entries themselves stand beside the rules that raise them, in the layers above; the catalogue
//! of all is `playbook::catalogue`.

use super::Level;

/// A stable name such as `E014`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(pub &'static str);

impl Code {
    /// The level of its diagnostics.
    #[must_use]
    pub fn level(self) -> Level {
        match self.0.as_bytes().first() {
            Some(b'E') => Level::Error,
            Some(b'W') => Level::Warning,
            _ => Level::Note,
        }
    }
}

/// What `explain` knows about a code.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// The code.
    pub code: Code,
    /// What is wrong, in a few words.
    pub title: &'static str,
    /// Why it matters and how to put it right, in whole sentences.
    pub text: &'static str,
    /// YAML (or a command) that raises it; empty where no text can show it.
    pub bad: &'static str,
    /// The same, put right; empty where `bad` is.
    pub good: &'static str,
}

impl Entry {
    /// The whole page for a terminal, without colour, ending in a newline.
    #[must_use]
    pub fn page(&self) -> String {
        let mut page = format!(
            "{}[{}]: {}\n\n{}\n",
            self.code.level().word(),
            self.code.0,
            self.title,
            self.text
        );
        for (heading, example) in [("Raises it", self.bad), ("Better", self.good)] {
            if !example.is_empty() {
                page.push('\n');
                page.push_str(heading);
                page.push_str(":\n\n");
                for line in example.lines() {
                    page.push_str(if line.is_empty() { "" } else { "    " });
                    page.push_str(line);
                    page.push('\n');
                }
            }
        }
        page
    }
}
