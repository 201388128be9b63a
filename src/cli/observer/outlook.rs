//! The forecast and what is due next, as the status line has them.
//!
//! Owns when the forecast is made anew: it costs milliseconds, a line of output must not.

use crate::plan::Plan;
use crate::run::clock;
use crate::run::event::{Event, Kind};
use crate::run::forecast::{Standing, forecast};
use crate::run::state::Run;
use crate::time::{Moment, Span, Timestamp};

/// A forecast grows old: what runs takes longer than it was expected to.
const OLD: Span = Span::from_secs(10);

/// Steps of a moment each do not each have a forecast of their own.
const YOUNG: Span = Span::from_millis(500);

/// The words of the latest forecast.
#[derive(Debug, Default)]
pub(in crate::cli) struct Outlook {
    made: Option<Moment>,
    /// `ON TRACK`, `AT RISK`, `LATE`, `UNKNOWN`; empty without an objective.
    pub standing: String,
    /// `14:44Z`, when half of all futures are over; empty where that is mostly a guess.
    pub eta: String,
}

impl Outlook {
    /// Makes the forecast anew when this event may have changed it.
    pub(super) fn hear(&mut self, plan: &Plan, run: &Run, event: &Event, now: Moment) {
        let decides = matches!(
            event.kind,
            Kind::Milestone { .. }
                | Kind::DeadlinePassed { .. }
                | Kind::ClockStepped { .. }
                | Kind::Attached { .. }
                | Kind::Reopened { .. }
                | Kind::Expectations { .. }
                | Kind::Suspended { .. }
                | Kind::Closed { .. }
        );
        let changes = matches!(
            event.kind,
            Kind::Settled { .. } | Kind::Ended { .. } | Kind::Started { .. } | Kind::Asked { .. }
        );
        let old = self.made.is_none_or(|made| now.boot - made.boot >= YOUNG);
        if decides || (changes && old) {
            self.make(plan, run, now);
        }
    }

    /// The forecast of this moment.
    pub(in crate::cli) fn of(plan: &Plan, run: &Run, now: Moment) -> Self {
        let mut outlook = Self::default();
        outlook.make(plan, run, now);
        outlook
    }

    /// When it is old.
    pub(super) fn due(&self) -> Option<Timestamp> {
        self.made.map(|made| made.wall + OLD)
    }

    /// Makes it anew when it is old; true when it was.
    pub(super) fn grow_old(&mut self, plan: &Plan, run: &Run, now: Timestamp) -> bool {
        let Some(made) = self.made.filter(|made| now >= made.wall + OLD) else { return false };
        self.make(plan, run, Moment { wall: now, boot: made.boot + now.since(made.wall) });
        true
    }

    fn make(&mut self, plan: &Plan, run: &Run, now: Moment) {
        let made = forecast(plan, run, now.wall);
        let standing = made.as_ref().and_then(|made| made.standing);
        self.standing = standing.map(|standing| standing.word().to_owned()).unwrap_or_default();
        let known = made.filter(|made| match made.standing {
            Some(standing) => standing != Standing::Unknown,
            None => made.guessed == 0,
        });
        self.eta = known.map(|made| hour(made.p50)).unwrap_or_default();
        self.made = Some(now);
    }
}

/// `14:44Z`.
fn hour(at: Timestamp) -> String {
    let clock = at.clock();
    format!("{}Z", clock.get(..5).unwrap_or(&clock))
}

/// What is due next beside the objective itself, and when.
pub(super) fn next_due(plan: &Plan, run: &Run) -> Option<(String, Timestamp)> {
    let open = clock::open(plan, run).filter(|clock| clock.id != "rto");
    let next = open.min_by_key(|clock| clock.due)?;
    let what = match next.id.split_once(':') {
        Some(("escalation", _)) => clock::rung(plan, &next.id)
            .map_or_else(|| "escalation".to_owned(), |(_, rung)| rung.to.join("+")),
        Some(("budget", phase)) => format!("end of {phase}"),
        Some(("decide_by", phase)) => format!("{phase} at the latest"),
        Some(("timer" | "approval", name)) => name.to_owned(),
        Some(("update", _)) => "news".to_owned(),
        _ => next.id,
    };
    Some((what, next.due))
}
