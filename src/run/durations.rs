//! What runs tell of how long their steps take, for forecasts of later runs.
//!
//! Owns [`History`]: durations of steps that passed, by a digest of what a step does, so that a step that was
//! changed begins anew and one that was only renamed does not. Pure: where it is kept is the front's business.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::event::{DrillFact, Event, Kind, Lasting, StepStatus};
use super::fault::base;
use super::forecast::lasting::{ENOUGH, thinned};
use super::forecast::{from_phase, hash};
use super::state::Run;
use crate::plan::{Mode, Plan, Unit};
use crate::playbook::{MenuItem, OnFail};
use crate::time::{Span, Timestamp};

/// What one run tells: written when it is closed, read by later ones.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Taken {
    /// The playbook's id.
    pub playbook: String,
    /// Incident or drill.
    pub mode: Mode,
    /// Digest of a step that passed -> how long it took, in milliseconds.
    pub steps: BTreeMap<String, i64>,
}

impl Taken {
    /// What a run of this plan tells.
    #[must_use]
    pub fn of<'a>(plan: &Plan, events: impl IntoIterator<Item = &'a Event>) -> Self {
        let events: Vec<&Event> = events.into_iter().collect();
        // What a fault was put into tells nothing.
        let injected = |event: &&Event| match &event.kind {
            Kind::Drill(DrillFact::Injected { faults }) => Some(faults.clone()),
            _ => None,
        };
        let faults = events.iter().find_map(injected).unwrap_or_default();
        let untouched = |key: &str| !faults.contains_key(key) && !faults.contains_key(base(key));
        let took = took(events).into_iter().filter(|(key, _)| untouched(key));
        let steps = took.filter_map(|(key, span)| Some((digest(plan.unit(&key)?), span.millis())));
        Self { playbook: plan.head.id.clone(), mode: plan.mode, steps: steps.collect() }
    }
}

/// Durations of steps in earlier runs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    steps: BTreeMap<String, Durations>,
}

/// Durations of one step in milliseconds.
#[derive(Clone, Debug, Default, PartialEq)]
struct Durations {
    /// In incidents.
    real: Vec<i64>,
    /// In drills.
    drill: Vec<i64>,
}

impl Durations {
    fn of(&mut self, mode: Mode) -> &mut Vec<i64> {
        match mode {
            Mode::Real => &mut self.real,
            Mode::Drill => &mut self.drill,
        }
    }
}

impl History {
    /// Takes in what a run tells.
    pub fn add(&mut self, taken: Taken) {
        for (digest, ms) in taken.steps {
            self.steps.entry(digest).or_default().of(taken.mode).push(ms);
        }
    }

    /// What a run of this plan rests its forecasts on; `None` while nothing is known.
    #[must_use]
    pub fn expectations(&self, plan: &Plan) -> Option<Kind> {
        let known = plan.units.iter().filter_map(|unit| {
            let mut durations = self.steps.get(&digest(unit))?.clone();
            let mut own = std::mem::take(durations.of(plan.mode));
            // Incidents and drills stay apart while there is enough of either (clock design, forecast).
            let mixed = own.len() < ENOUGH;
            if mixed {
                own.append(&mut durations.real);
                own.append(&mut durations.drill);
            }
            own.sort_unstable();
            let runs = u32::try_from(own.len()).unwrap_or(u32::MAX);
            let lasting = Lasting { runs, ms: thinned(&own), mixed };
            (own.len() >= ENOUGH).then(|| (unit.key.clone(), lasting))
        });
        let steps: BTreeMap<String, Lasting> = known.collect();
        let run = Run { expectations: steps.clone(), ..Run::default() };
        let ways = ways_around(plan).into_iter();
        let fallbacks: BTreeMap<String, Span> = ways
            .filter_map(|phase| Some((phase.to_owned(), from_phase(plan, &run, phase)?)))
            .collect();
        let nothing = steps.is_empty() && fallbacks.is_empty();
        (!nothing).then_some(Kind::Expectations { steps, fallbacks })
    }
}

/// Phases that a failure menu can switch to.
fn ways_around(plan: &Plan) -> BTreeSet<&str> {
    let menus = plan.units.iter().filter_map(|unit| match &unit.step.common.on_fail {
        OnFail::Menu(items) => Some(items),
        _ => None,
    });
    let ways = menus.flatten().filter_map(|item| match item {
        MenuItem::SwitchTo(phase) => Some(phase.as_str()),
        _ => None,
    });
    ways.collect()
}

/// What a step does, as a number that another wording of its title does not change.
fn digest(unit: &Unit) -> String {
    let (step, common) = (&unit.step, &unit.step.common);
    let does = (&step.action, &step.verify, &common.effect, &common.target, &common.expect);
    let how = (&common.timeout, &common.retry, &common.for_each, &common.confirm, &common.commit);
    format!("{:016x}", hash(format!("{does:?} {how:?}").as_bytes()))
}

/// How long each step of the plan took that passed: from when it was come to until it was settled, without
/// the time in which nobody drove and without the steps of a wall clock that was set.
fn took<'a>(events: impl IntoIterator<Item = &'a Event>) -> Vec<(String, Span)> {
    let mut driven = Span::ZERO;
    let mut before: Option<Timestamp> = None;
    let mut begun: BTreeMap<&str, Span> = BTreeMap::new();
    let mut took = Vec::new();
    for event in events {
        let passed = before.map(|before| event.at.since(before)).unwrap_or_default();
        driven = driven
            + match &event.kind {
                Kind::Attached { .. } => Span::ZERO,
                Kind::ClockStepped { by_ms, .. } => passed - Span::from_millis(*by_ms),
                _ => passed,
            };
        before = Some(event.at);
        match &event.kind {
            Kind::Asked { step, .. }
            | Kind::Started { step, .. }
            | Kind::Expanded { step, .. }
            | Kind::CheckStarted { step, .. } => {
                begun.entry(step).or_insert(driven);
            }
            Kind::Settled { step, status: StepStatus::Ok } => {
                if let Some(since) = begun.remove(step.as_str()) {
                    took.push((step.clone(), (driven - since).max(Span::ZERO)));
                }
            }
            _ => {}
        }
    }
    took
}
