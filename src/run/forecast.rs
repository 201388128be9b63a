//! When the objective will be reached: the steps that remain, and how long each takes.
//!
//! Owns [`Forecast`] and its four states. Pure and reproducible: the same plan, record and instant give the
//! same forecast, for the durations of earlier runs stand in the record ([`Kind::Expectations`]) and chance
//! comes from a seed that the record gives. It decides nothing: no step is begun or held back for it.
//!
//! [`Kind::Expectations`]: super::event::Kind::Expectations

use super::clock;
use super::event::Milestone;
use super::state::Run;
use crate::plan::Plan;
use crate::time::{Span, Timestamp};

mod chance;
pub mod lasting;
mod remaining;

pub(super) use chance::hash;
pub use remaining::Basis;

use remaining::Remaining;

/// So many futures are drawn (clock design: reproducible, under 5 ms).
const DRAWS: usize = 1000;
/// At most so many durations are drawn for one forecast: with more than a few hundred steps fewer futures
/// do, for their sums differ less.
const DRAWN: usize = 300_000;
/// So many of the longest remaining steps are named.
const NAMED: usize = 3;

/// When the objective will be reached, as far as that can be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forecast {
    /// Half of all futures are over by then.
    pub p50: Timestamp,
    /// Nine in ten are over by then.
    pub p90: Timestamp,
    /// When the RTO is due; `None` without one, or before it has begun.
    pub deadline: Option<Timestamp>,
    /// How the two stand to the deadline; `None` without one.
    pub standing: Option<Standing>,
    /// How many steps remain up to the end of the objective, the current one included.
    pub steps: usize,
    /// How many of them have neither a recorded nor a planned duration.
    pub guessed: usize,
    /// The longest of them, longest first, each with its median: where the time goes.
    pub longest: Vec<(String, Span)>,
    /// The current step, when it takes longer than it ever did.
    pub overrunning: Option<String>,
    /// Durations of drills stand in for those of incidents, or the other way round.
    pub mixed: bool,
}

/// How a forecast stands to its deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nine in ten futures end in time.
    OnTrack,
    /// Half of them do, but not nine in ten.
    AtRisk,
    /// Fewer than half do, or the deadline has passed.
    Late,
    /// More than half of the remaining time is a guess.
    Unknown,
}

impl Standing {
    /// `ON TRACK`, `AT RISK`, `LATE`, `UNKNOWN`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::OnTrack => "ON TRACK",
            Self::AtRisk => "AT RISK",
            Self::Late => "LATE",
            Self::Unknown => "UNKNOWN",
        }
    }
}

/// When the objective of this run will be reached. `None` when it was, when the run is over, and where no
/// step remains.
#[must_use]
pub fn forecast(plan: &Plan, run: &Run, now: Timestamp) -> Option<Forecast> {
    let over = run.over_at.is_some() || run.milestones.contains_key(&Milestone::Recovered);
    if over || run.opened_at.is_none() {
        return None;
    }
    let remaining = Remaining::of(plan, run, now);
    if remaining.steps.is_empty() {
        return None;
    }
    let tables: Vec<&lasting::Table> = remaining.steps.iter().map(|step| &step.table).collect();
    let (p50, p90) = chance::sums(&tables, seed(plan, run), draws(tables.len()));
    let (p50, p90) = (now + p50, now + p90);
    let deadline = clock::rto(plan, run).map(|clock| clock.due);
    let mut longest: Vec<(String, Span)> =
        remaining.steps.iter().map(|step| (step.key.clone(), step.table.median())).collect();
    let whole: Span = longest.iter().map(|(_, median)| *median).sum();
    let guesses = remaining.steps.iter().filter(|step| step.basis == Basis::Guess);
    let guessed: Span = guesses.clone().map(|step| step.table.median()).sum();
    let unknown = guessed.times(2) > whole;
    longest.sort_by_key(|(_, median)| std::cmp::Reverse(*median));
    longest.truncate(NAMED);
    Some(Forecast {
        p50,
        p90,
        deadline,
        standing: deadline.map(|due| standing(p50, p90, due, now, unknown)),
        steps: remaining.steps.len(),
        guessed: guesses.count(),
        longest,
        overrunning: remaining.overrunning,
        mixed: remaining.steps.iter().any(|step| step.mixed),
    })
}

fn draws(steps: usize) -> usize {
    DRAWS.min(DRAWN / steps.max(1)).max(100)
}

fn standing(
    p50: Timestamp,
    p90: Timestamp,
    due: Timestamp,
    now: Timestamp,
    unknown: bool,
) -> Standing {
    match () {
        () if now >= due => Standing::Late,
        () if unknown => Standing::Unknown,
        () if p90 <= due => Standing::OnTrack,
        () if p50 <= due => Standing::AtRisk,
        () => Standing::Late,
    }
}

/// Another run, or the same one further on, sees other futures.
fn seed(plan: &Plan, run: &Run) -> u64 {
    let id = run.opened.as_ref().map_or(plan.place.run_id.as_str(), |opened| opened.run.as_str());
    hash(id.as_bytes()) ^ run.events
}

/// How long the steps from this phase to the end of the objective take, at most in nine of ten futures;
/// `None` when most of it is a guess. For when the way around must be begun at the latest.
#[must_use]
pub fn from_phase(plan: &Plan, run: &Run, phase: &str) -> Option<Span> {
    let remaining = Remaining::from_phase(plan, run, phase)?;
    let tables: Vec<&lasting::Table> = remaining.steps.iter().map(|step| &step.table).collect();
    let sum = |guess: bool| -> Span {
        let fits = remaining.steps.iter().filter(|step| (step.basis == Basis::Guess) == guess);
        fits.map(|step| step.table.median()).sum()
    };
    (sum(true) <= sum(false))
        .then(|| chance::sums(&tables, hash(phase.as_bytes()), draws(tables.len())).1)
}
