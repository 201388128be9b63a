//! `clock`: does whoever answers have the same time? A moment typed from a wrong clock restores the wrong data.

use super::Finding;
use crate::time::{Span, Timestamp};

const KIND: &str = "clock";

/// Two clocks that differ by more than this disagree. Far above what time synchronisation leaves (RFC 5905: tens of
/// milliseconds over the internet), far below the minutes in which moments of an incident are told.
const ALLOWED: Span = Span::from_secs(5);

/// Their instant lies between ours before the question and ours behind the answer, or the clocks differ by at
/// least what is missing. `coarse` is how much of theirs was cut off, in milliseconds.
pub(super) fn judge(
    subject: &str,
    theirs: i64,
    before: Timestamp,
    after: Timestamp,
    coarse: i64,
) -> Finding {
    let early = before.millis() - (theirs + coarse);
    let late = theirs - after.millis();
    let behind = Span::from_millis(early.max(0));
    let ahead = Span::from_millis(late.max(0));
    let result = if behind > ALLOWED {
        Err(format!(
            "its clock is {behind} behind ours: set the wrong one right before a moment is typed"
        ))
    } else if ahead > ALLOWED {
        Err(format!(
            "its clock is {ahead} ahead of ours: set the wrong one right before a moment is typed"
        ))
    } else {
        Ok(format!("agrees with ours within {ALLOWED}"))
    };
    Finding::of(KIND, subject, result)
}

/// The instant of an HTTP date, in milliseconds since 1970 (RFC 9110, 5.6.7).
pub(super) fn http_date(text: &str) -> Option<i64> {
    Some(chrono::DateTime::parse_from_rfc2822(text).ok()?.timestamp_millis())
}

#[cfg(test)]
mod tests {
    use super::super::Outcome;
    use super::*;

    #[test]
    fn a_clock_may_lie_anywhere_between_question_and_answer_and_a_little_beside() {
        let at = Timestamp::from_millis;
        let outcome = |theirs, coarse| judge("x", theirs, at(100_000), at(130_000), coarse).outcome;
        for theirs in [95_000, 100_000, 115_000, 130_000, 135_000] {
            assert_eq!(outcome(theirs, 0), Outcome::Ok, "{theirs}");
        }
        assert_eq!(outcome(94_999, 0), Outcome::Fail);
        assert_eq!(outcome(94_999, 1000), Outcome::Ok, "whole seconds");
        assert_eq!(outcome(135_001, 0), Outcome::Fail);
    }

    #[test]
    fn dates_of_http_are_read() {
        assert_eq!(http_date("Thu, 01 Jan 1970 00:00:10 GMT"), Some(10_000));
        assert_eq!(http_date("soon"), None);
    }
}
