//! What a drill came to: verdict, score, and why.
//!
//! Source of the words: a drill passes when every criterion marked `must` held and the cleanup worked; it fails
//! when one did not, or when the procedure stopped at a step that did not pass. One that was given up, whose
//! accident did not happen, of which a criterion could not be evaluated, that left something behind or that no
//! guard allowed counts for nothing: it says neither that the procedure works nor that it does not.

use crate::effect::FailKind;
use crate::plan::{Plan, Section, Unit};
use crate::run::event::{Outcome, StepStatus};
use crate::run::next::criterion_id;
use crate::run::state::{Run, StepState};
use crate::run::words;
use crate::steps::{Failure, Stage, Verdict};
use crate::time::Timestamp;

pub mod compare;
pub mod data;
pub mod freshness;
pub mod record;

/// The words for a drill's result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    /// Everything held.
    Pass,
    /// Every `must` held; something else did not.
    PassWithFindings,
    /// A `must` did not hold.
    Fail,
    /// It counts for nothing: given up, a criterion not evaluated, or not cleaned up.
    Invalid,
}

impl Word {
    /// As shown and recorded.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pass => "PASS",
            Self::PassWithFindings => "PASS WITH FINDINGS",
            Self::Fail => "FAIL",
            Self::Invalid => "INVALID",
        }
    }

    /// True when the drill counts as passed.
    #[must_use]
    pub const fn passed(self) -> bool {
        matches!(self, Self::Pass | Self::PassWithFindings)
    }
}

/// What a drill came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DrillVerdict {
    /// The verdict.
    pub word: Word,
    /// Points got.
    pub score: u32,
    /// Points there were.
    pub of: u32,
    /// Why it is no plain pass, in sentences.
    pub reasons: Vec<String>,
    /// Each criterion.
    pub criteria: Vec<Criterion>,
}

/// One criterion of a drill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Criterion {
    /// Its id.
    pub id: String,
    /// What it looks at.
    pub title: String,
    /// Failing it fails the drill.
    pub must: bool,
    /// Points for passing.
    pub points: u32,
    /// Points got.
    pub got: u32,
    /// The evaluated condition, or why it could not be evaluated.
    pub measured: String,
    /// It held; `None` when it was not evaluated.
    pub held: Option<bool>,
}

/// What a drill came to, from its state and its plan.
#[must_use]
pub fn drill_verdict(run: &Run, plan: &Plan) -> DrillVerdict {
    let probes = plan.criteria.iter().enumerate();
    let criteria: Vec<Criterion> =
        probes.map(|(at, probe)| criterion(run, plan, at, probe)).collect();
    let mut invalid = guard_and_environment(run);
    let mut failed = Vec::new();
    let mut findings = Vec::new();
    match (&run.abandoned, stopped_at(run, plan)) {
        (Some(_), Some((key, why))) => {
            failed.push(format!("the procedure stopped at step {key}: {why}"));
        }
        (Some(reason), None) => invalid.push(format!("it was given up: {reason}")),
        (None, _) => match &run.closed {
            None => invalid.push("it did not come to its end".to_owned()),
            // Where the guard refuses, a drill is closed without another step, its cleanup among them.
            Some((Outcome::Aborted, reason)) if not_cleaned_up(run, plan) => {
                invalid.push(format!("it was given up: {reason}"));
            }
            Some(_) => {}
        },
    }
    for criterion in &criteria {
        let id = &criterion.id;
        match criterion.held {
            None => {
                invalid.push(format!("criterion {id} was not evaluated: {}", criterion.measured));
            }
            Some(false) if criterion.must => failed.push(format!("{id}: {}", criterion.measured)),
            Some(false) => findings.push(format!("{id}: {}", criterion.measured)),
            Some(true) => {}
        }
    }
    for unit in &plan.units {
        let (key, status) = (&unit.key, run.status(&unit.key));
        match plan.section(unit) {
            Section::Setup | Section::Inject if passed_over(run, unit) => {
                invalid.push(format!("the accident was not as planned: step {key} did not work"));
            }
            Section::Cleanup if status.is_none() => {
                invalid.push(format!("cleanup step {key} was not run"));
            }
            Section::Cleanup if passed_over(run, unit) => {
                invalid.push(format!("cleanup step {key} did not work"));
            }
            Section::Respond if status == Some(StepStatus::Failed) => {
                findings.push(format!("step {key} failed and the run went on"));
            }
            _ => {}
        }
    }
    let word = match (invalid.is_empty(), failed.is_empty(), findings.is_empty()) {
        (false, ..) => Word::Invalid,
        (true, false, _) => Word::Fail,
        (true, true, false) => Word::PassWithFindings,
        (true, true, true) => Word::Pass,
    };
    DrillVerdict {
        word,
        score: criteria.iter().map(|criterion| criterion.got).sum(),
        of: criteria.iter().map(|criterion| criterion.points).sum(),
        reasons: invalid.into_iter().chain(failed).chain(findings).collect(),
        criteria,
    }
}

/// A step that cleans up was never come to, or a criterion never looked at.
fn not_cleaned_up(run: &Run, plan: &Plan) -> bool {
    let mut units = plan.units.iter();
    let mut criteria = plan.criteria.iter().enumerate();
    units.any(|unit| plan.section(unit) == Section::Cleanup && run.status(&unit.key).is_none())
        || criteria.any(|(at, probe)| !run.criteria.contains_key(&criterion_id(probe, at)))
}

/// What a drill stands on beside its steps.
fn guard_and_environment(run: &Run) -> Vec<String> {
    let mut invalid = Vec::new();
    if let Some(step) = &run.drill.unguarded {
        invalid.push(format!("no guard had allowed it when step {step} began"));
    }
    if let Some(Err(why)) = &run.drill.taken_down {
        invalid.push(format!("the environment was not taken down: {why}"));
    }
    invalid
}

/// The step of the procedure that the drill could not go on from, and why. Somebody's decision to give up at
/// a step is no failure of it.
fn stopped_at(run: &Run, plan: &Plan) -> Option<(String, String)> {
    let respond = |unit: &&Unit| plan.section(unit) == Section::Respond;
    let mut open = plan.units.iter().filter(respond).flat_map(|unit| keys(run, &unit.key));
    open.find_map(|key| {
        let state = run.step(&key)?;
        let gave_up = run.abandoned.as_deref().unwrap_or_default();
        let over = state.settled.is_some() || state.chosen.is_some();
        if over || !gave_up.starts_with(&format!("step `{key}`")) {
            return None;
        }
        match &state.verdict {
            Some(Verdict::Fail(failure)) if !is_from_a_person(failure) => {
                Some((key, failure.to_string()))
            }
            Some(Verdict::Unknown { reason }) => Some((key, reason.clone())),
            _ => None,
        }
    })
}

fn is_from_a_person(failure: &Failure) -> bool {
    matches!(failure.stage, Stage::Gate | Stage::Cancelled) || failure.kind == FailKind::Cancelled
}

/// A step and its items.
fn keys(run: &Run, key: &str) -> Vec<String> {
    let items = run.items.get(key).map_or(0, Vec::len);
    let items = (0..items).map(|at| format!("{key}[{at}]"));
    std::iter::once(key.to_owned()).chain(items).collect()
}

/// It failed, or somebody passed over it; not when its own condition did.
fn passed_over(run: &Run, unit: &Unit) -> bool {
    // Only the menu of a step that did not pass lets somebody skip it.
    let by_choice = |state: &StepState| {
        matches!(state.verdict, Some(Verdict::Fail(_) | Verdict::Unknown { .. }))
    };
    match run.status(&unit.key) {
        Some(StepStatus::Failed) => true,
        Some(StepStatus::Skipped) => run.step(&unit.key).is_some_and(by_choice),
        Some(StepStatus::Ok | StepStatus::ByHand) | None => false,
    }
}

fn criterion(run: &Run, plan: &Plan, at: usize, probe: &crate::playbook::Probe) -> Criterion {
    let id = criterion_id(probe, at);
    let points = probe.head.points.unwrap_or_default();
    let judged = run.criteria.get(&id);
    let held = match judged.map(|judged| &judged.verdict) {
        Some(Verdict::Pass) => Some(true),
        Some(Verdict::Fail(_)) => Some(false),
        _ => None,
    };
    let why = match judged.map(|judged| &judged.verdict) {
        Some(Verdict::Fail(failure)) => failure.to_string(),
        Some(Verdict::Unknown { reason }) => reason.clone(),
        Some(Verdict::Pass) => "passed".to_owned(),
        _ => "not reached".to_owned(),
    };
    let measured = judged.and_then(|judged| judged.measured.clone()).unwrap_or(why);
    let title = probe.head.title.as_deref().unwrap_or_default();
    let now = run.last_at.unwrap_or(Timestamp::from_millis(0));
    Criterion {
        title: words::plain(title, plan, run, now),
        must: probe.head.must,
        points,
        got: if held == Some(true) { points } else { 0 },
        measured,
        held,
        id,
    }
}
