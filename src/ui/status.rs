//! The one line that tells how long is left: which incident, where, the clock, the forecast, what is due next.
//!
//! Owns [`Status`], a value of the moment; the line is a pure function of it, of the boot clock and of the
//! columns there are. Told by the boot clock, it is right behind a suspended laptop and under a wall clock
//! that was set.

use console::measure_text_width;

use crate::time::{Moment, Span, Timestamp};

/// Where an incident stands, at a moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Status {
    /// A rehearsal: said first.
    pub drill: bool,
    /// The severity's word; empty without one.
    pub severity: String,
    /// The playbook's id.
    pub playbook: String,
    /// The environment, in capitals where a mistake costs much.
    pub place: String,
    /// When all of this was so.
    pub at: Moment,
    /// What the clock counts from; `None` before that.
    pub zero: Option<Timestamp>,
    /// The recovery time objective.
    pub rto: Option<Span>,
    /// When service was back: the clock stands.
    pub recovered: Option<Timestamp>,
    /// The steps of a drill are held: no deadline has a meaning meanwhile.
    pub held: bool,
    /// Whether it will be in time, such as `ON TRACK`; empty when that is not known.
    pub forecast: String,
    /// When it will be done, as a clock time; empty when that is not known.
    pub eta: String,
    /// What is due next, and when.
    pub next: Option<(String, Timestamp)>,
}

impl Status {
    /// The wall clock by the boot clock: as it would be had nobody set it since [`Status::at`].
    #[must_use]
    pub fn now(&self, boot: Span) -> Timestamp {
        self.at.wall + (boot - self.at.boot)
    }

    /// `05:12 of 15:00, 09:48 left`.
    #[must_use]
    pub fn clock(&self, now: Timestamp) -> String {
        if self.held
            && let Some(zero) = self.zero
        {
            return format!("HELD, {} since the start", now.since(zero).clock());
        }
        told(self.zero, self.rto, self.recovered, now)
    }

    /// The line, as much of it as fits into so many columns: the clock goes last.
    #[must_use]
    pub fn line(&self, boot: Span, columns: usize) -> String {
        let now = self.now(boot);
        let mut all = Parts::of(self, now);
        let mut line = all.line();
        for leave_out in [
            |all: &mut Parts| all.playbook.clear(),
            |all: &mut Parts| all.eta.clear(),
            |all: &mut Parts| all.next.clear(),
            |all: &mut Parts| all.forecast.clear(),
            |all: &mut Parts| all.clock.clone_from(&all.short),
            |all: &mut Parts| all.severity.clear(),
            |all: &mut Parts| all.place.clear(),
            |all: &mut Parts| all.drill.clear(),
        ] {
            if measure_text_width(&line) <= columns {
                break;
            }
            leave_out(&mut all);
            line = all.line();
        }
        // What went first may have room again, once more than that went.
        for bring_back in [
            |all: &mut Parts, status: &Self| all.playbook.clone_from(&status.playbook),
            |all: &mut Parts, status: &Self| all.eta = Parts::eta(status),
        ] {
            bring_back(&mut all, self);
            if measure_text_width(&all.line()) > columns {
                break;
            }
            line = all.line();
        }
        console::truncate_str(&line, columns, "").into_owned()
    }

    /// How long until the line reads otherwise: to the next whole second of its clock.
    #[must_use]
    pub fn changes_in(&self, boot: Span) -> Span {
        let into =
            self.now(boot).since(self.zero.unwrap_or(self.at.wall)).millis().rem_euclid(1000);
        Span::from_millis(1001 - into)
    }
}

/// The words of the line, each of which may be left out.
struct Parts {
    drill: String,
    severity: String,
    playbook: String,
    place: String,
    clock: String,
    short: String,
    forecast: String,
    eta: String,
    next: String,
}

impl Parts {
    fn of(status: &Status, now: Timestamp) -> Self {
        let next = status.next.as_ref().map(|(what, due)| match due.since(now) {
            left if left <= Span::ZERO => format!("next: {what} now"),
            left => format!("next: {what} in {}", up(left).clock()),
        });
        Self {
            drill: if status.drill { "DRILL".to_owned() } else { String::new() },
            severity: status.severity.clone(),
            playbook: status.playbook.clone(),
            place: status.place.clone(),
            clock: status.clock(now),
            short: short(status, now),
            forecast: status.forecast.clone(),
            eta: Self::eta(status),
            next: next.unwrap_or_default(),
        }
    }

    fn eta(status: &Status) -> String {
        if status.eta.is_empty() { String::new() } else { format!("ETA {}", status.eta) }
    }

    fn line(&self) -> String {
        let joined = |parts: &[&String], by: &str| {
            let parts = parts.iter().filter(|part| !part.is_empty());
            parts.map(|part| part.as_str()).collect::<Vec<_>>().join(by)
        };
        let head = joined(&[&self.drill, &self.severity, &self.playbook], " ");
        let forecast = joined(&[&self.forecast, &self.eta], ", ");
        format!(" {}", joined(&[&head, &self.place, &self.clock, &forecast, &self.next], " | "))
    }
}

fn short(status: &Status, now: Timestamp) -> String {
    let Some(zero) = status.zero else { return "no clock yet".to_owned() };
    match (status.recovered, status.rto) {
        _ if status.held => "HELD".to_owned(),
        (Some(recovered), _) => format!("back after {}", recovered.since(zero).clock()),
        (None, None) => now.since(zero).clock(),
        (None, Some(rto)) if now.since(zero) > rto => {
            format!("{} OVER", (now.since(zero) - rto).clock())
        }
        (None, Some(rto)) => format!("{} left", up(rto - now.since(zero)).clock()),
    }
}

/// The clock of a run in words, at an instant.
#[must_use]
pub fn told(
    zero: Option<Timestamp>,
    rto: Option<Span>,
    recovered: Option<Timestamp>,
    now: Timestamp,
) -> String {
    let Some(zero) = zero else { return "not started yet".to_owned() };
    let elapsed = now.since(zero);
    if let Some(recovered) = recovered {
        let took = recovered.since(zero).clock();
        let of = rto.map(|rto| format!(" of {}", rto.clock())).unwrap_or_default();
        let over = rto.map(|rto| recovered.since(zero) - rto).filter(|over| *over > Span::ZERO);
        let over = over.map(|over| format!(", {} OVER", over.clock())).unwrap_or_default();
        return format!("recovered after {took}{of}{over}");
    }
    match rto {
        None => format!("{} since the start", elapsed.clock()),
        Some(rto) if elapsed > rto => {
            format!("{} of {}, {} OVER", elapsed.clock(), rto.clock(), (elapsed - rto).clock())
        }
        Some(rto) => {
            let left = up(rto - elapsed);
            format!("{} of {}, {} left", elapsed.clock(), rto.clock(), left.clock())
        }
    }
}

/// What is left is rounded up to a second: beside what has passed, rounded down, both make the whole.
fn up(left: Span) -> Span {
    Span::from_millis((left.millis() + 999).div_euclid(1000) * 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status() -> Status {
        let zero: Timestamp = "2026-11-22T14:30:00Z".parse().unwrap();
        Status {
            drill: false,
            severity: "SEV-1".into(),
            playbook: "db-unavailable".into(),
            place: "PROD".into(),
            at: Moment { wall: zero, boot: Span::from_secs(1000) },
            zero: Some(zero),
            rto: Some(Span::from_mins(15)),
            recovered: None,
            held: false,
            forecast: "ON TRACK".into(),
            eta: "14:44".into(),
            next: Some(("CTO+CEO".into(), zero + Span::from_mins(15))),
        }
    }

    fn at(seconds: i64) -> Span {
        Span::from_secs(1000 + seconds)
    }

    #[test]
    fn all_of_it_stands_on_a_wide_line() {
        assert_eq!(
            status().line(at(312), 200),
            " SEV-1 db-unavailable | PROD | 05:12 of 15:00, 09:48 left | ON TRACK, ETA 14:44 | next: CTO+CEO in 09:48"
        );
        let drill = Status { drill: true, ..status() };
        assert!(drill.line(at(0), 200).starts_with(" DRILL SEV-1 db-unavailable | PROD"));
    }

    #[test]
    fn what_has_passed_and_what_is_left_make_the_whole_within_a_second_too() {
        let boot = at(312) + Span::from_millis(700);
        assert!(status().line(boot, 200).contains("05:12 of 15:00, 09:48 left"));
        assert_eq!(status().changes_in(boot), Span::from_millis(301));
    }

    #[test]
    fn the_clock_is_the_last_thing_that_a_narrow_window_loses() {
        let line = |columns| status().line(at(312), columns);
        assert_eq!(
            line(90),
            " SEV-1 | PROD | 05:12 of 15:00, 09:48 left | ON TRACK, ETA 14:44 | next: CTO+CEO in 09:48"
        );
        assert_eq!(
            line(79),
            " SEV-1 | PROD | 05:12 of 15:00, 09:48 left | ON TRACK | next: CTO+CEO in 09:48"
        );
        assert_eq!(line(60), " SEV-1 | PROD | 05:12 of 15:00, 09:48 left | ON TRACK");
        assert_eq!(line(45), " SEV-1 | PROD | 05:12 of 15:00, 09:48 left");
        assert_eq!(line(40), " SEV-1 | PROD | 09:48 left");
        assert_eq!(line(19), " PROD | 09:48 left");
        assert_eq!(line(15), " 09:48 left");
        assert_eq!(line(4), " 09:");
    }

    #[test]
    fn it_goes_on_counting_behind_the_objective_and_stands_once_service_is_back() {
        assert!(status().line(at(900), 200).contains("15:00 of 15:00, 00:00 left"));
        let late = status().line(at(912), 200);
        assert!(
            late.contains("15:12 of 15:00, 00:12 OVER") && late.contains("CTO+CEO now"),
            "{late}"
        );
        assert_eq!(status().line(at(912), 24), " PROD | 00:12 OVER");
        let back = Status { recovered: Some(status().at.wall + Span::from_mins(9)), ..status() };
        assert!(back.line(at(900), 200).contains("recovered after 09:00 of 15:00 | "));
        let late = Status { recovered: Some(status().at.wall + Span::from_mins(17)), ..status() };
        assert!(late.line(at(1100), 200).contains("recovered after 17:00 of 15:00, 02:00 OVER"));
    }

    #[test]
    fn without_an_objective_or_a_beginning_it_says_so() {
        let none = Status { rto: None, severity: String::new(), next: None, ..status() };
        let none = Status { forecast: String::new(), eta: String::new(), ..none };
        assert_eq!(none.line(at(61), 80), " db-unavailable | PROD | 01:01 since the start");
        let before = Status { zero: None, ..none };
        assert_eq!(before.line(at(61), 80), " db-unavailable | PROD | not started yet");
    }

    #[test]
    fn while_a_drill_is_held_no_deadline_is_told() {
        let held = Status { held: true, drill: true, ..status() };
        let line = held.line(at(312), 200);
        assert!(line.contains("HELD, 05:12 since the start") && !line.contains("left"), "{line}");
        assert_eq!(held.line(at(312), 20), " DRILL | PROD | HELD");
    }

    #[test]
    fn a_suspended_machine_and_a_wall_clock_that_was_set_do_not_make_it_wrong() {
        // The boot clock counts the 40 minutes of sleep; the wall clock is not looked at.
        assert!(status().line(at(40 * 60), 200).contains("40:00 of 15:00, 25:00 OVER"));
    }
}
