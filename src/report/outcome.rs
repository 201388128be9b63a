//! How the run stands, what a reader must know first, and the summary that people go on from.

use serde_json::Value;

use super::Facts;
use crate::plan::Mode;
use crate::run::event::Outcome;
use crate::run::state::Run;
use crate::time::Span;
use crate::timeline::about_record::of_record;

/// How the run stands.
pub(super) enum Status {
    Completed,
    /// And why.
    Aborted(String),
    /// And to which playbook.
    HandedOff(String),
    /// And why the driver left.
    Stopped(String),
    Unfinished,
}

/// How the run stands.
pub(super) fn status(run: &Run) -> Status {
    match (&run.closed, &run.stopped) {
        (Some((Outcome::Completed, _)), _) => Status::Completed,
        (Some((Outcome::Aborted, why)), _) => Status::Aborted(why.clone()),
        (Some((Outcome::HandedOff, to)), _) => Status::HandedOff(to.clone()),
        (None, Some((_, why))) => Status::Stopped(why.clone()),
        (None, None) => Status::Unfinished,
    }
}

impl Status {
    /// The stable word.
    pub(super) const fn key(&self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Aborted(_) => "aborted",
            Self::HandedOff(_) => "handed_off",
            Self::Stopped(_) => "stopped",
            Self::Unfinished => "unfinished",
        }
    }

    /// For a person.
    pub(super) const fn words(&self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Aborted(_) => "closed before its end",
            Self::HandedOff(_) => "handed over",
            Self::Stopped(_) => "stopped, can be resumed",
            Self::Unfinished => "not finished",
        }
    }
}

/// How the run stands, in words: of a damaged record only what can be read is known.
pub(super) fn standing(facts: &Facts<'_>) -> &'static str {
    match (status(facts.run), is_damaged(facts)) {
        (Status::Unfinished, true) => "not finished, as far as the record can be read",
        (Status::Stopped(_), true) => "stopped, as far as the record can be read",
        (status, _) => status.words(),
    }
}

fn is_damaged(facts: &Facts<'_>) -> bool {
    facts.checked.is_some_and(|checked| !checked.sound)
}

/// What a reader must know before the rest, in sentences.
pub(super) fn warnings(facts: &Facts<'_>) -> Vec<String> {
    let mut warnings = Vec::new();
    match status(facts.run) {
        Status::Completed => {}
        Status::Aborted(why) => warnings.push(format!("This run was closed before its end{}.", told(&why))),
        Status::HandedOff(to) => {
            warnings.push(format!("This run was handed over to playbook {to}; it tells only the part before."));
        }
        Status::Stopped(why) => warnings.push(format!(
            "This run is not finished: its driver left ({why}). Times and verdicts are as of its last event."
        )),
        Status::Unfinished if is_damaged(facts) => warnings.push(
            "This run is not finished, or its end cannot be read. Times and verdicts are as of the last event that can \
             be read."
                .to_owned(),
        ),
        Status::Unfinished => warnings.push(
            "This run is not finished. Times and verdicts are as of its last event.".to_owned(),
        ),
    }
    let about_record = facts.events.iter().map(|(_, event)| of_record(&event.kind));
    warnings.extend(about_record.filter(|sentence| !sentence.is_empty()));
    match facts.checked {
        None => warnings.push("The record was not verified.".to_owned()),
        Some(checked) if checked.sound => {}
        Some(checked) => {
            warnings.push("The record is damaged or was changed.".to_owned());
            warnings.extend(checked.findings.iter().cloned());
        }
    }
    if facts.plan.is_none() {
        warnings.push(
            "The playbook that this run used could not be read; objectives and titles are missing."
                .to_owned(),
        );
    }
    warnings
}

/// A reason behind a colon; nothing when none is recorded.
fn told(why: &str) -> String {
    if why.is_empty() { String::new() } else { format!(": {why}") }
}

/// Two or three sentences from facts, for a person to go on from.
pub(super) fn summary(
    facts: &Facts<'_>,
    objectives: &Value,
    deviations: &[Value],
    drill: &Value,
) -> Vec<String> {
    let Some(opened) = &facts.run.opened else { return Vec::new() };
    let what = match opened.mode {
        Mode::Real => "incident",
        Mode::Drill => "drill",
    };
    let severity = opened.severity.map(|severity| format!("{severity} ")).unwrap_or_default();
    let took = facts.run.opened_at.map(|at| facts.last().since(at)).unwrap_or_default();
    let mut sentences = vec![format!(
        "On {} the {severity}{what} “{}” was worked on in {} with playbook {}; after {} the run is {}.",
        facts.run.opened_at.map(crate::time::Timestamp::date_clock).unwrap_or_default(),
        opened.title,
        opened.environment,
        opened.playbook,
        whole_seconds(took),
        standing(facts),
    )];
    let said = ["rto", "rpo"]
        .iter()
        .filter(|key| !objectives[**key]["objective_ms"].is_null())
        .filter_map(|key| objectives[*key]["words"].as_str());
    sentences.extend(said.map(str::to_owned));
    let deviated = match deviations.len() {
        0 => "Nothing deviated from the playbook.".to_owned(),
        1 => "There was one deviation from the playbook.".to_owned(),
        n => format!("There were {n} deviations from the playbook."),
    };
    sentences.push(match drill["verdict"].as_str() {
        Some(verdict) => format!(
            "The drill counts as {verdict} with {} of {} points. {deviated}",
            drill["score"], drill["of"]
        ),
        None => deviated,
    });
    sentences
}

/// A span without its milliseconds, from ten seconds on.
pub(super) fn whole_seconds(span: Span) -> Span {
    let ms = span.millis();
    if ms.abs() < 10_000 { span } else { Span::from_millis(ms - ms % 1000) }
}
