//! Names of runs, and the one place that admits them from outside.

use std::fmt;
use std::hash::{BuildHasher, Hasher, RandomState};

use super::Trouble;
use crate::time::Timestamp;

/// Longest id in bytes: room for other people's schemes, far below any file name limit.
const MAX_BYTES: usize = 64;

/// Digits of the random part: no vowels that spell words, no pairs that look alike.
const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// The name of a run, such as `20261122-1820-p2c`: safe as a file name and as an argument.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunId(String);

impl RunId {
    /// Admits an id from outside. Every path of a run is built from an id that went through here.
    ///
    /// # Errors
    /// [`Trouble::BadId`] for anything but 1 to 64 of `a-z`, `0-9` and `-` that begins with a letter or a digit.
    pub fn parse(text: &str) -> Result<Self, Trouble> {
        let admitted =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let good = (1..=MAX_BYTES).contains(&text.len())
            && !text.starts_with('-')
            && text.bytes().all(admitted);
        if good { Ok(Self(text.to_owned())) } else { Err(Trouble::BadId { shown: shown(text) }) }
    }

    /// A new id: the minute of `at` (UTC) and three random characters. Two calls may give the same id;
    /// creating the run is what decides.
    #[must_use]
    pub fn fresh(at: Timestamp) -> Self {
        let minute: String = at.rfc3339().chars().filter(char::is_ascii_digit).take(12).collect();
        let (day, clock) = minute.split_at(minute.len().min(8));
        // The standard library seeds this from the system's randomness.
        let mut chance = RandomState::new().build_hasher().finish();
        let mut tail = String::new();
        for _ in 0..3 {
            tail.push(char::from(DIGITS[usize::try_from(chance % 32).unwrap_or(0)]));
            chance /= 32;
        }
        Self(format!("{day}-{clock}-{tail}"))
    }

    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands before the random part: day and minute in ids of ours.
    pub(super) fn minute(&self) -> &str {
        self.0.rsplit_once('-').map_or(&self.0, |(minute, _)| minute)
    }

    /// True when `text` is how an operator may abbreviate this id: its beginning or its last part.
    #[must_use]
    pub fn answers_to(&self, text: &str) -> bool {
        !text.is_empty()
            && (self.0.starts_with(text) || self.0.rsplit('-').next().is_some_and(|t| t == text))
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// At most 40 characters of what was given, controls escaped: it goes to a terminal.
fn shown(text: &str) -> String {
    let head: String = text.chars().take(40).flat_map(char::escape_debug).collect();
    if text.chars().nth(40).is_some() { format!("{head}...") } else { head }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whitelist_gets_in() {
        let long = "a".repeat(1 << 20);
        for wrong in [
            "",
            "-",
            "-a",
            ".",
            "..",
            "../../x",
            "a/b",
            "a\\b",
            "a\nb",
            "a\0b",
            "A",
            "a b",
            "é",
            "a.b",
            "~",
            "$HOME",
            "%2e%2e",
            "a\u{202e}b",
            "\u{1b}[2J",
            &long,
            &long[..65],
        ] {
            let refused = RunId::parse(wrong).unwrap_err().to_string();
            assert!(refused.len() < 200, "{refused}");
            assert!(!refused.chars().any(char::is_control), "{refused}");
        }
        for good in ["20261122-1820-p2c", "a", &long[..64]] {
            assert_eq!(RunId::parse(good).unwrap().as_str(), good);
        }
    }

    #[test]
    fn a_fresh_id_says_when_and_is_admitted() {
        let at = "2026-11-22T18:20:59.999Z".parse().unwrap();
        let ids: std::collections::BTreeSet<_> = (0..50).map(|_| RunId::fresh(at)).collect();
        assert!(ids.len() > 40, "three characters of chance: {ids:?}");
        for id in &ids {
            assert!(id.as_str().starts_with("20261122-1820-"), "{id}");
            assert_eq!(&RunId::parse(id.as_str()).unwrap(), id);
        }
        // Years beyond four digits still give an id that is admitted.
        let far = Timestamp::from_millis(400_000_000_000_000);
        assert!(RunId::parse(RunId::fresh(far).as_str()).is_ok());
    }

    #[test]
    fn an_id_answers_to_its_beginning_and_its_last_part() {
        let id = RunId::parse("20261122-1820-p2c").unwrap();
        for good in ["20261122-1820-p2c", "20261122", "2", "p2c"] {
            assert!(id.answers_to(good), "{good}");
        }
        for wrong in ["", "2c", "1820", "20261123"] {
            assert!(!id.answers_to(wrong), "{wrong}");
        }
    }
}
