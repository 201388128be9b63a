//! What a drill came to, as data: the same in its report, its record and where its run stands.

use serde_json::{Value, json};

use super::drill_verdict;
use crate::plan::Plan;
use crate::run::state::Run;

/// The verdict of a drill, its reasons, its score and each criterion.
#[must_use]
pub fn data(run: &Run, plan: &Plan) -> Value {
    let verdict = drill_verdict(run, plan);
    let criteria = verdict.criteria.iter().map(|criterion| {
        json!({
            "id": criterion.id,
            "title": criterion.title,
            "must": criterion.must,
            "held": criterion.held,
            "held_words": match criterion.held {
                Some(true) => "held",
                Some(false) => "did not hold",
                None => "not evaluated",
            },
            "points": criterion.points,
            "got": criterion.got,
            "measured": criterion.measured,
        })
    });
    json!({
        "verdict": verdict.word.word(),
        "passed": verdict.word.passed(),
        "score": verdict.score,
        "of": verdict.of,
        "reasons": verdict.reasons,
        "injected": crate::run::fault::account_data(run),
        "criteria": criteria.collect::<Vec<_>>(),
    })
}
