//! The operator's clock on the wall: its distance from UTC now, and before it was last changed.
//!
//! Owns times that people type without a date or a zone. In the hour that summer time repeats such a time
//! has two meanings, in the hour that it leaves out none; here both are told.

use chrono::{FixedOffset, NaiveDateTime, NaiveTime, TimeZone};

use super::{Span, Timestamp};

/// The distance from UTC, and the one before it where it was changed lately (summer time, a journey).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Zone {
    now: FixedOffset,
    before: Option<(Timestamp, FixedOffset)>,
}

impl Zone {
    /// So many seconds east of UTC; `None` for a day or more.
    #[must_use]
    pub fn east_opt(secs: i32) -> Option<Self> {
        FixedOffset::east_opt(secs).map(Self::from)
    }

    /// So many seconds west of UTC; `None` for a day or more.
    #[must_use]
    pub fn west_opt(secs: i32) -> Option<Self> {
        FixedOffset::west_opt(secs).map(Self::from)
    }

    /// The same zone, whose distance was `before` until this instant.
    #[must_use]
    pub const fn since(self, at: Timestamp, before: FixedOffset) -> Self {
        Self { before: Some((at, before)), ..self }
    }

    fn offset(self, at: Timestamp) -> FixedOffset {
        match self.before {
            Some((since, before)) if at < since => before,
            _ => self.now,
        }
    }

    /// The instant by this zone: `14:20:00 local (-03:00), 17:20:00Z`, for whoever typed it to see what was
    /// understood. The date stands before it where it is not that of `now`; in UTC one clock is enough.
    #[must_use]
    pub fn echo(self, at: Timestamp, now: Timestamp) -> String {
        let offset = self.offset(at);
        let local = at.utc().with_timezone(&offset);
        let today = now.utc().with_timezone(&self.offset(now)).date_naive();
        let day = local.date_naive() != today || at.utc().date_naive() != now.utc().date_naive();
        let form = if day { "%Y-%m-%d %H:%M:%S" } else { "%H:%M:%S" };
        let utc = at.utc().format(form);
        if offset.local_minus_utc() == 0 {
            return format!("{utc}Z");
        }
        format!("{} local ({offset}), {utc}Z", local.format(form))
    }

    /// The latest instant that is not after `now` at which the clock on the wall shows `clock`; `None` for
    /// a time that it has not shown since the day before yesterday.
    pub(super) fn latest(self, clock: NaiveTime, now: Timestamp) -> Option<Timestamp> {
        let today = now.utc().with_timezone(&self.offset(now)).date_naive();
        let days = [Some(today), today.pred_opt(), today.pred_opt().and_then(|day| day.pred_opt())];
        let shown = days.into_iter().flatten().flat_map(|day| self.instants(day.and_time(clock)));
        shown.filter(|at| *at <= now).max()
    }

    /// Every instant at which the clock on the wall shows this: none, one or two.
    fn instants(self, local: NaiveDateTime) -> impl Iterator<Item = Timestamp> {
        let offsets = [Some(self.now), self.before.map(|(_, before)| before)];
        offsets.into_iter().flatten().filter_map(move |offset| {
            let at = offset.from_local_datetime(&local).single()?;
            let at = Timestamp::from_millis(at.timestamp_millis());
            (self.offset(at) == offset).then_some(at)
        })
    }

    /// How far back a change of the distance still matters: a time without a date is at most that old.
    #[must_use]
    pub const fn reach() -> Span {
        Span::from_mins(3 * 24 * 60)
    }
}

impl From<FixedOffset> for Zone {
    fn from(now: FixedOffset) -> Self {
        Self { now, before: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn hours(hours: i32) -> FixedOffset {
        FixedOffset::east_opt(hours * 3600).unwrap()
    }

    /// Madrid, 25 October 2026: at 03:00 the clock goes back to 02:00.
    fn autumn() -> Zone {
        Zone::from(hours(1)).since(at("2026-10-25T01:00:00Z"), hours(2))
    }

    /// Madrid, 29 March 2026: at 02:00 the clock goes on to 03:00.
    fn spring() -> Zone {
        Zone::from(hours(2)).since(at("2026-03-29T01:00:00Z"), hours(1))
    }

    fn typed(text: &str, now: &str, zone: Zone) -> Result<Timestamp, String> {
        Timestamp::parse_human(text, at(now), zone)
    }

    #[test]
    fn times_before_and_after_summer_time_ends_are_told_by_their_own_clock() {
        let now = "2026-10-25T03:00:00Z"; // 04:00 on the wall
        assert_eq!(typed("01:30", now, autumn()).unwrap(), at("2026-10-24T23:30:00Z"));
        assert_eq!(typed("03:30", now, autumn()).unwrap(), at("2026-10-25T02:30:00Z"));
        // 02:30 was shown twice: the later one is meant, unless it is still to come.
        assert_eq!(typed("02:30", now, autumn()).unwrap(), at("2026-10-25T01:30:00Z"));
        let between = "2026-10-25T01:10:00Z"; // the second 02:10
        assert_eq!(typed("02:30", between, autumn()).unwrap(), at("2026-10-25T00:30:00Z"));
    }

    #[test]
    fn a_time_that_summer_time_left_out_is_that_of_the_day_before() {
        let now = "2026-03-29T04:00:00Z"; // 06:00 on the wall
        assert_eq!(typed("01:30", now, spring()).unwrap(), at("2026-03-29T00:30:00Z"));
        assert_eq!(typed("02:30", now, spring()).unwrap(), at("2026-03-28T01:30:00Z"));
        assert_eq!(typed("23:00", now, spring()).unwrap(), at("2026-03-28T22:00:00Z"));
    }

    #[test]
    fn a_time_before_midnight_at_the_end_of_a_month_or_a_year_is_of_the_day_before() {
        let zone = Zone::west_opt(3 * 3600).unwrap();
        let cases = [
            ("23:50", "2028-03-01T03:10:00Z", "2028-03-01T02:50:00Z"), // 29 February there
            ("23:50", "2026-03-01T03:10:00Z", "2026-03-01T02:50:00Z"),
            ("23:50", "2027-01-01T03:10:00Z", "2027-01-01T02:50:00Z"),
            ("00:05", "2027-01-01T03:10:00Z", "2027-01-01T03:05:00Z"),
        ];
        for (text, now, meant) in cases {
            assert_eq!(typed(text, now, zone).unwrap(), at(meant), "{text} at {now}");
        }
    }

    #[test]
    fn what_was_understood_is_said_in_both_clocks() {
        let zone = Zone::west_opt(3 * 3600).unwrap();
        let now = at("2026-11-22T18:20:00Z");
        assert_eq!(zone.echo(now, now), "15:20:00 local (-03:00), 18:20:00Z");
        let before = zone.echo(at("2026-11-22T02:20:00Z"), now);
        assert_eq!(before, "2026-11-21 23:20:00 local (-03:00), 2026-11-22 02:20:00Z");
        assert_eq!(Zone::east_opt(0).unwrap().echo(now, now), "18:20:00Z");
        let summer = autumn().echo(at("2026-10-25T00:30:00Z"), at("2026-10-25T01:10:00Z"));
        assert_eq!(summer, "02:30:00 local (+02:00), 00:30:00Z");
    }
}
