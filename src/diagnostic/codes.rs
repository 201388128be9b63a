//! The catalogue of diagnostic codes: each a stable name, a level and a long text for `explain`.

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
