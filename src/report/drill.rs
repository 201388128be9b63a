//! What a drill came to: verdict, score, and why.
//!
//! Source of the words: a drill passes when every criterion marked `must` held and the cleanup worked;
//! one that was given up, or of which a criterion could not be evaluated, counts for nothing.

use crate::plan::{Plan, Section};
use crate::run::event::StepStatus;
use crate::run::next::criterion_id;
use crate::run::state::Run;
use crate::steps::Verdict;

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
    let criteria: Vec<Criterion> = probes.map(|(at, probe)| criterion(run, at, probe)).collect();
    let mut invalid = Vec::new();
    let mut failed = Vec::new();
    let mut findings = Vec::new();
    if let Some(reason) = &run.abandoned {
        invalid.push(format!("it was given up: {reason}"));
    } else if run.closed.is_none() {
        invalid.push("it did not come to its end".to_owned());
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
    for unit in plan.units.iter().filter(|unit| plan.section(unit) == Section::Cleanup) {
        if run.status(&unit.key) == Some(StepStatus::Failed) || run.status(&unit.key).is_none() {
            invalid.push(format!("cleanup step {} did not work", unit.key));
        }
    }
    for unit in plan.units.iter().filter(|unit| plan.section(unit) == Section::Respond) {
        if run.status(&unit.key) == Some(StepStatus::Failed) {
            findings.push(format!("step {} failed and the run went on", unit.key));
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

fn criterion(run: &Run, at: usize, probe: &crate::playbook::Probe) -> Criterion {
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
        _ => "not reached".to_owned(),
    };
    let measured = judged.and_then(|judged| judged.measured.clone()).unwrap_or(why);
    Criterion {
        title: probe.head.title.clone().unwrap_or_default(),
        must: probe.head.must,
        points,
        got: if held == Some(true) { points } else { 0 },
        measured,
        held,
        id,
    }
}
