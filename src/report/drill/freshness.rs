//! How fresh the proof is that a procedure works: from its cadence and its drills. Pure.

use crate::playbook::Cadence;
use crate::time::{Span, Timestamp};

/// A drill that was run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Past {
    /// When it began.
    pub at: Timestamp,
    /// It counts as passed.
    pub passed: bool,
}

/// Where a procedure stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// It was rehearsed within its cadence.
    Fresh {
        /// When it must be rehearsed again.
        due: Timestamp,
    },
    /// Its cadence has passed since the last drill that it passed.
    Due {
        /// Since when.
        since: Timestamp,
    },
    /// Its newest drill did not pass.
    Failed {
        /// When that was.
        at: Timestamp,
    },
    /// No drill of it has a record.
    Never,
}

impl Freshness {
    /// The stable word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Fresh { .. } => "fresh",
            Self::Due { .. } => "due",
            Self::Failed { .. } => "failed",
            Self::Never => "never",
        }
    }

    /// How much the last drill still tells, in percent: proof grows old, and a failed drill is still knowledge.
    #[must_use]
    pub const fn percent(self) -> u32 {
        match self {
            Self::Fresh { .. } => 100,
            Self::Due { .. } => 75,
            Self::Failed { .. } => 50,
            Self::Never => 0,
        }
    }

    /// A drill is wanted now.
    #[must_use]
    pub const fn is_wanted(self) -> bool {
        !matches!(self, Self::Fresh { .. })
    }
}

/// Where a procedure with this cadence stands, from its drills, oldest first.
#[must_use]
pub fn freshness(cadence: Cadence, past: &[Past], now: Timestamp) -> Freshness {
    let Some(last) = past.last() else { return Freshness::Never };
    if !last.passed {
        return Freshness::Failed { at: last.at };
    }
    let due = last.at + cadence.span();
    if now < due { Freshness::Fresh { due } } else { Freshness::Due { since: due } }
}

/// `today`, `1 day`, `12 days`.
#[must_use]
pub fn days(span: Span) -> String {
    match span.millis().max(0) / 86_400_000 {
        0 => "today".to_owned(),
        1 => "1 day".to_owned(),
        days => format!("{days} days"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proof_grows_old_by_its_cadence_and_a_failed_drill_is_wanted_again() {
        let day = |n: i64| Timestamp::from_millis(n * 86_400_000);
        let past = |list: &[(i64, bool)]| -> Vec<Past> {
            list.iter().map(|(at, passed)| Past { at: day(*at), passed: *passed }).collect()
        };
        let at = |list: &[(i64, bool)], now| freshness(Cadence::Monthly, &past(list), day(now));
        assert_eq!(at(&[], 5), Freshness::Never);
        assert_eq!(at(&[(1, false), (2, true)], 32), Freshness::Fresh { due: day(33) });
        assert_eq!(at(&[(2, true)], 33), Freshness::Due { since: day(33) });
        assert_eq!(at(&[(2, true), (4, false)], 5), Freshness::Failed { at: day(4) });
        let all = [at(&[(2, true)], 3), at(&[(2, true)], 99), at(&[(2, false)], 3), at(&[], 3)];
        assert_eq!(all.map(Freshness::percent), [100, 75, 50, 0]);
        assert_eq!(all.map(Freshness::is_wanted), [false, true, true, true]);
        let spans = [Cadence::Weekly, Cadence::Monthly, Cadence::Quarterly, Cadence::Yearly];
        assert_eq!(
            spans.map(|cadence| days(cadence.span())),
            ["7 days", "31 days", "92 days", "366 days"]
        );
        assert_eq!(
            [0, 86_399_999, 86_400_000].map(|ms| days(Span::from_millis(ms))),
            ["today", "today", "1 day"]
        );
    }
}
