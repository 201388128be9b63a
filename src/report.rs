//! From the record to words that stay: the context of a template, and the template filled in.
//!
//! Owns what a post-mortem may say. Everything is a fold over events; the record is not read here.

use serde_json::{Value, json};

use crate::plan::Plan;
use crate::run::event::Event;
use crate::run::state::Run;
use crate::time::Timestamp;

pub mod drill;

/// The post-mortem that is used where no other template is named.
pub const POSTMORTEM: &str = include_str!("../templates/postmortem.md.j2");

/// What checking the record found.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The record is whole and unchanged.
    pub sound: bool,
    /// The hash of its newest event.
    pub head: String,
    /// What was found, in sentences.
    pub findings: Vec<String>,
}

/// How people are called in a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Names {
    /// By role.
    Roles,
    /// By name.
    Full,
}

/// Why a template could not be rendered.
#[derive(Debug, thiserror::Error)]
#[error("{name}: {message}")]
pub struct ReportTrouble {
    name: String,
    message: String,
}

/// The context of a template.
#[must_use]
pub fn context(
    events: &[(u64, Event)],
    plan: Option<&Plan>,
    checked: Option<&Checked>,
    names: Names,
    now: Timestamp,
) -> Value {
    let run = Run::fold(events.iter().map(|(_, event)| event));
    let timeline: Vec<Value> = events
        .iter()
        .map(|(seq, event)| json!({ "seq": seq, "at": event.at, "event": event.kind }))
        .collect();
    json!({
        "context_version": 1,
        "run": run.opened,
        "steps": plan.map(|plan| plan.units.len()),
        "sound": checked.map(|checked| checked.sound),
        "head": checked.map(|checked| checked.head.clone()),
        "full_names": names == Names::Full,
        "rendered": now,
        "timeline": timeline,
    })
}

/// A template, filled in.
///
/// # Errors
/// What is wrong with the template, with its line.
pub fn render(template: &str, name: &str, context: &Value) -> Result<String, ReportTrouble> {
    let mut environment = minijinja::Environment::new();
    environment.set_undefined_behavior(minijinja::UndefinedBehavior::Strict);
    environment.set_fuel(Some(5_000_000));
    environment.render_named_str(name, template, minijinja::value::Serde(context)).map_err(
        |error| ReportTrouble {
            name: name.to_owned(),
            message: format!("line {}: {error}", error.line().unwrap_or_default()),
        },
    )
}
