//! Instants and spans of time, and the texts people write for them.
//!
//! Owns: [`Timestamp`] (wall clock, UTC), [`Span`] (a length of time) and [`Moment`] (both clocks
//! at once). Reads no clock: whoever needs "now" is given it by the world.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, NaiveTime, SecondsFormat, TimeZone, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

mod zone;

pub use zone::Zone;

/// A wall-clock instant, UTC, to the millisecond. Written as RFC 3339 (`2026-11-22T18:20:00.123Z`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From milliseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn from_millis(ms: i64) -> Self {
        Self(ms)
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// The span from `earlier` to `self`; negative when `earlier` is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Span {
        Span(self.0.saturating_sub(earlier.0))
    }

    /// `2026-11-22T18:20:00.123Z`.
    #[must_use]
    pub fn rfc3339(self) -> String {
        self.utc().to_rfc3339_opts(SecondsFormat::Millis, true)
    }

    /// `18:20:00Z`, for a line on a screen.
    #[must_use]
    pub fn clock(self) -> String {
        self.utc().format("%H:%M:%SZ").to_string()
    }

    /// `2026-11-22 18:20:00Z`, for a report.
    #[must_use]
    pub fn date_clock(self) -> String {
        self.utc().format("%Y-%m-%d %H:%M:%SZ").to_string()
    }

    /// The calendar form, UTC. Instants outside chrono's range become the epoch.
    #[must_use]
    pub fn utc(self) -> DateTime<Utc> {
        Utc.timestamp_millis_opt(self.0).single().unwrap_or_default()
    }

    /// Reads what an operator types for an instant: `now`, `-20m`, `14:30`, `14:30:05` (the latest
    /// such time that is not after `now`, in `zone`) or RFC 3339.
    ///
    /// # Errors
    /// A fragment that says which forms are understood.
    pub fn parse_human(text: &str, now: Self, zone: Zone) -> Result<Self, String> {
        let text = text.trim();
        if text == "now" {
            return Ok(now);
        }
        if let Some(back) = text.strip_prefix('-') {
            return back.parse::<Span>().map(|span| now - span);
        }
        for form in ["%H:%M", "%H:%M:%S"] {
            if let Ok(clock) = NaiveTime::parse_from_str(text, form) {
                let shown = zone.latest(clock, now);
                return shown.ok_or_else(|| format!("no clock here showed {text} lately"));
            }
        }
        text.parse()
    }
}

impl FromStr for Timestamp {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        DateTime::parse_from_rfc3339(text.trim()).map(|at| Self(at.timestamp_millis())).map_err(
            |_| format!("`{text}` is not a time such as 14:30, -20m or 2026-11-22T18:20:00Z"),
        )
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rfc3339())
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rfc3339())
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.rfc3339())
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A length of time, to the millisecond. In YAML and on the command line always with a unit: `90s`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span(i64);

impl Span {
    /// No time at all.
    pub const ZERO: Self = Self(0);

    /// From milliseconds.
    #[must_use]
    pub const fn from_millis(ms: i64) -> Self {
        Self(ms)
    }

    /// From seconds.
    #[must_use]
    pub const fn from_secs(secs: i64) -> Self {
        Self(secs.saturating_mul(1000))
    }

    /// From minutes.
    #[must_use]
    pub const fn from_mins(mins: i64) -> Self {
        Self(mins.saturating_mul(60_000))
    }

    /// The length in milliseconds.
    #[must_use]
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// The length in seconds, with its fraction.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a span shown to people is far below 2^52 ms")]
    pub fn secs(self) -> f64 {
        self.0 as f64 / 1000.0
    }

    /// For the standard library. A negative span becomes zero.
    #[must_use]
    pub fn std(self) -> std::time::Duration {
        std::time::Duration::from_millis(self.0.max(0).unsigned_abs())
    }

    /// `04:12`, or `1:02:03` from an hour on; negative spans carry a minus sign.
    #[must_use]
    pub fn clock(self) -> String {
        let sign = if self.0 < 0 { "-" } else { "" };
        let total = self.0.unsigned_abs() / 1000;
        let (hours, minutes, seconds) = (total / 3600, total / 60 % 60, total % 60);
        if hours > 0 {
            format!("{sign}{hours}:{minutes:02}:{seconds:02}")
        } else {
            format!("{sign}{minutes:02}:{seconds:02}")
        }
    }

    /// The span times `factor`, capped at the largest span.
    #[must_use]
    pub const fn times(self, factor: i64) -> Self {
        Self(self.0.saturating_mul(factor))
    }
}

impl FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = |why: &dyn fmt::Display| {
            format!("`{text}` is not a duration such as 90s, 5m or 1h30m: {why}")
        };
        let length = humantime::parse_duration(text.trim()).map_err(|e| wrong(&e))?;
        i64::try_from(length.as_millis()).map(Self).map_err(|_| wrong(&"too long"))
    }
}

/// `90s` prints as `1m 30s`, and two days as `2d`: units that need no plural and read the same in every
/// language. What is printed is read back as the same span.
impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        /// Milliseconds of each unit, the largest first.
        const UNITS: [(u64, &str); 5] =
            [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1000, "s"), (1, "ms")];
        if self.0 < 0 {
            f.write_str("-")?;
        }
        let mut rest = self.0.unsigned_abs();
        if rest == 0 {
            return f.write_str("0s");
        }
        let mut blank = "";
        for (length, unit) in UNITS {
            let count = rest / length;
            rest %= length;
            if count > 0 {
                write!(f, "{blank}{count}{unit}")?;
                blank = " ";
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl serde::de::Visitor<'_> for Text {
            type Value = Span;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a duration such as 90s, 5m or 1h30m")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Span, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Text)
    }
}

impl schemars::JsonSchema for Span {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Duration".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "description": "A duration with its unit, such as 90s, 5m or 1h30m.",
        })
    }
}

impl std::ops::Add<Span> for Timestamp {
    type Output = Self;
    fn add(self, span: Span) -> Self {
        Self(self.0.saturating_add(span.0))
    }
}

impl std::ops::Sub<Span> for Timestamp {
    type Output = Self;
    fn sub(self, span: Span) -> Self {
        Self(self.0.saturating_sub(span.0))
    }
}

impl std::ops::Add for Span {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl std::ops::Sub for Span {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl std::iter::Sum for Span {
    fn sum<I: Iterator<Item = Self>>(spans: I) -> Self {
        spans.fold(Self::ZERO, std::ops::Add::add)
    }
}

/// Both clocks at once: the wall clock that people read, and the boot clock, which keeps counting
/// while the machine sleeps and which nobody can set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Wall clock.
    pub wall: Timestamp,
    /// Time since this machine booted, suspend included (Linux `CLOCK_BOOTTIME`).
    pub boot: Span,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_span_is_shown_in_units_without_a_plural_and_read_back_as_itself() {
        for (text, shown) in [
            ("0s", "0s"),
            ("90s", "1m 30s"),
            ("24h", "1d"),
            ("48h", "2d"),
            ("90d", "90d"),
            ("25h1ms", "1d 1h 1ms"),
            ("400d", "400d"),
            ("1week", "7d"),
        ] {
            assert_eq!(text.parse::<Span>().unwrap().to_string(), shown, "{text}");
        }
        let counts = [0, 1, 2, 3, 59, 60, 61, 999, 1000, 1001, 86_399];
        let units = [1, 1000, 60_000, 3_600_000, 86_400_000, 604_800_000, 2_629_746_000];
        for (count, unit) in counts.into_iter().flat_map(|count| units.map(|unit| (count, unit))) {
            for ms in [count * unit, count * unit + 1, (count * unit - 1).max(0)] {
                let span = Span::from_millis(ms);
                let shown = span.to_string();
                assert_eq!(shown.parse::<Span>(), Ok(span), "{shown}");
                let letters = |c: char| c.is_ascii_digit() || "dhms ".contains(c);
                assert!(shown.chars().all(letters), "{shown}");
                assert_eq!(Span::from_millis(-ms).to_string().trim_start_matches('-'), shown);
            }
        }
    }

    #[test]
    fn a_span_needs_a_unit_and_a_sign_is_refused() {
        assert_eq!("1h30m".parse::<Span>().unwrap(), Span::from_mins(90));
        for wrong in ["15", "-5m", "soon", "", "5 parsecs", "99999999999999y"] {
            assert!(wrong.parse::<Span>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_clock_time_is_the_latest_one_that_is_not_in_the_future() {
        let zone = Zone::west_opt(3 * 3600).unwrap();
        let now = at("2026-11-22T17:00:00Z"); // 14:00 in the zone
        let parse = |text| Timestamp::parse_human(text, now, zone).unwrap();
        assert_eq!(parse("13:59"), at("2026-11-22T16:59:00Z"));
        assert_eq!(parse("14:30"), at("2026-11-21T17:30:00Z"));
        assert_eq!(parse("-20m"), at("2026-11-22T16:40:00Z"));
        assert_eq!(parse("2026-11-22T10:00:00-03:00"), at("2026-11-22T13:00:00Z"));
        assert!(Timestamp::parse_human("yesterday", now, zone).is_err());
    }

    #[test]
    fn clocks_keep_their_width() {
        assert_eq!(Span::from_secs(252).clock(), "04:12");
        assert_eq!(Span::from_secs(-3723).clock(), "-1:02:03");
        assert_eq!(at("2026-11-22T18:20:00.123Z").clock(), "18:20:00Z");
    }
}
