//! The record of a drill: who, when, which versions, what was promised and what was reached.
//!
//! Owns its shape, which is compared from drill to drill, and its words. Where it lies is the front's business.

use serde_json::{Value, json};

use crate::plan::Plan;
use crate::report::{Checked, Names, ReportTrouble, context, render};
use crate::run::event::Event;
use crate::run::state::Run;
use crate::time::Timestamp;

/// Version of the record's shape. Raised when a field is renamed, removed or means something else.
pub const RECORD_VERSION: u32 = 1;

const TEMPLATE: &str = include_str!("../../../templates/drill.md.j2");

/// The record as data, under this name.
#[must_use]
pub fn record(
    name: &str,
    events: &[(u64, Event)],
    plan: &Plan,
    checked: Option<&Checked>,
    now: Timestamp,
) -> Value {
    let run = Run::fold(events.iter().map(|(_, event)| event));
    let all = context(events, Some(plan), checked, Names::Full, now);
    let (about, drill) = (&all["run"], &all["drill"]);
    json!({
        "record_version": RECORD_VERSION,
        "name": name,
        "run": about["id"],
        "playbook": about["playbook"],
        "title": about["title"],
        "severity": about["severity"],
        "environment": about["environment"],
        "began": about["opened_at"],
        "ended": about["closed_at"],
        "took_ms": about["took_ms"],
        "people": about["people"],
        "sessions": about["sessions"],
        "unattended": about["unattended"],
        "host": run.opened.as_ref().map(|opened| &opened.host),
        "mayday": about["mayday"],
        "verdict": drill["verdict"],
        "passed": drill["passed"],
        "score": drill["score"],
        "of": drill["of"],
        "reasons": drill["reasons"],
        "criteria": drill["criteria"],
        "injected": drill["injected"],
        "objectives": all["objectives"],
        "targets": run.drill.targets,
        "proofs": run.drill.proofs,
        "steps": all["steps"],
        "deviations": all["deviations"],
        "pinned": all["record"]["pinned"],
        "journal": {
            "events": all["record"]["events"],
            "sound": all["record"]["sound"],
            "head": all["record"]["head"],
        },
        "sign_off": plan.sign_off,
    })
}

/// The record as a person reads it.
///
/// # Errors
/// The template cannot be filled in.
pub fn markdown(record: &Value) -> Result<String, ReportTrouble> {
    render(TEMPLATE, "drill.md.j2", record)
}
