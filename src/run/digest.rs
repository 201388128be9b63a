//! What an input means: from what the world said to the facts to record. Pure but for the session's memory.

use serde_json::Value;

use super::concluded::Concluded;
use super::event::{Asking, Kind};
use super::poll::{Beat, keep_looking};
use super::scope::Scope;
use super::session::{Purpose, Session};
use super::state::Run;
use super::{advance, answers, checks, escalate, interrupt, left, recover, stops};
use crate::effect::{
    Effect, EffectClass, EffectId, Ending, Facts, FailKind, Input, Output, ValueKind, Wants,
};
use crate::plan::{Plan, Unit};
use crate::secret::SecretValue;
use crate::steps::{Action, Failure, Rhythm, Stage, Verdict};
use crate::template::{self, WithFacts};
use crate::time::{Span, Timestamp};

/// What an input leads to.
#[derive(Debug, Default)]
pub struct Digest {
    /// Facts to record, in order.
    pub facts: Vec<Kind>,
    /// Secrets for the world to keep.
    pub secrets: Vec<(String, SecretValue)>,
    /// Effects to end early.
    pub cancel: Vec<EffectId>,
    /// Effects that go on without us.
    pub leave: Vec<EffectId>,
    /// Words for the operator that are no facts: why an answer was not taken.
    pub say: Vec<String>,
}

impl Digest {
    pub(super) fn fact(kind: Kind) -> Self {
        Self { facts: vec![kind], ..Self::default() }
    }
}

/// Says what an input means.
#[must_use]
pub fn digest(
    plan: &Plan,
    run: &Run,
    session: &mut Session,
    input: Input,
    now: Timestamp,
) -> Digest {
    match input {
        // A slip is the loop's: it knows whether it was taken before.
        Input::Tick(_) | Input::Line(..) | Input::Slip { .. } => Digest::default(),
        Input::Interrupt(how) => interrupt::interrupted(plan, run, session, how, now),
        Input::Suspended(span) => Digest::fact(Kind::Suspended { for_ms: span.millis() }),
        Input::Done(id, output) => match session.ended(id) {
            // The end of something that nobody waits for any more.
            None => interrupt::too_late(session, id, &output),
            Some(purpose) => ended(plan, run, session, id, &purpose, output, now),
        },
    }
}

fn ended(
    plan: &Plan,
    run: &Run,
    session: &mut Session,
    id: EffectId,
    purpose: &Purpose,
    output: Output,
    now: Timestamp,
) -> Digest {
    match purpose {
        Purpose::Notify { letter, to, cause } => {
            let (run_id, about) = (&plan.place.run_id, (*letter, to.as_str(), cause.as_str()));
            Digest::fact(escalate::attempt_ended(run, run_id, about, output, now))
        }
        Purpose::Ask { step, asking: Asking::Interrupt, .. } => {
            interrupt::answered(plan, run, session, step, &output, now)
        }
        Purpose::Ask { step, asking, .. } if left::is_left(session, *asking, &output) => {
            left::left(step, *asking, output)
        }
        Purpose::Ask { step, asking, question } => {
            answers::taken(plan, run, session, step, *asking, question, &output, now)
        }
        Purpose::Stop { index } => stops::looked(plan, run, session, *index, &output, now),
        Purpose::Shell { step } => Digest::fact(super::menu::shell::closed(step, &output)),
        Purpose::Action { .. } => action(plan, run, session, id, purpose, output, now),
        Purpose::Check { .. } | Purpose::Criterion { .. } => {
            check(plan, run, session, id, purpose, output, now)
        }
    }
}

/// The end of a part of an attempt.
fn action(
    plan: &Plan,
    run: &Run,
    session: &mut Session,
    id: EffectId,
    purpose: &Purpose,
    mut output: Output,
    now: Timestamp,
) -> Digest {
    let Purpose::Action { step: key, attempt, part } = purpose else { return Digest::default() };
    let found = advance::find(plan, run, key);
    let undo = key.strip_suffix(".undo").and_then(|key| advance::find(plan, run, key));
    let undo_unit = undo.and_then(|(unit, item)| Some((crate::plan::undo_unit(unit)?, item)));
    let (unit, item) = match (&found, &undo_unit) {
        (Some((unit, item)), _) => (*unit, *item),
        (None, Some((unit, item))) => (unit, *item),
        (None, None) => return Digest::default(),
    };
    if let Some(early) = cut_off(plan, run, session, unit, key, &output) {
        return early;
    }
    if let Some(other) = recover::instead(plan, run, session, id, (unit, item), key, &output, now) {
        return other;
    }
    if unit.step.action.is_question() {
        complete_answer(&mut output.facts);
    }
    let mut outputs = std::mem::take(&mut session.outputs);
    if *part == 0 {
        outputs.clear();
    }
    let again = recover::parts_before(run, key, *part, &mut outputs);
    outputs.push(output);
    let names = Scope { prefix: &unit.prefix, item, ..Scope::new(plan, run, now) };
    let cx = advance::context(plan, unit, key, &names, now);
    let mut verdict = unit.step.action.judge(&cx, &outputs);
    let deadline = run.step(key).and_then(|state| state.running.as_ref()).and_then(|r| r.deadline);
    let output = outputs.last().cloned().unwrap_or_else(|| Output::done(Facts::new(), Span::ZERO));
    let (mut looks, mut elapsed) = (0, output.elapsed);
    if let Rhythm::Poll { every, in_a_row } = unit.step.action.rhythm() {
        let rhythm = Beat { every, in_a_row, deadline };
        match keep_looking(session, id, purpose, verdict, &output, rhythm, now) {
            Ok(()) => return Digest::default(),
            Err(polled) => {
                (verdict, looks, elapsed) = (polled.verdict, polled.looks, polled.took);
            }
        }
    }
    let withhold = cx.withhold() || wants_secret(&unit.step.action);
    let mut concluded = match again {
        recover::Before::Whole => Concluded::of(unit, &names, &outputs, verdict),
        recover::Before::Recorded { cut } => {
            Concluded::of_record(unit, &names, &outputs, verdict, cut)
        }
    };
    if withhold {
        concluded.withhold();
    }
    let facts = if withhold { withheld(&output.facts) } else { output.facts };
    if concluded.verdict == Verdict::More {
        session.outputs = outputs;
    }
    // In front of the end of their step: a driver that comes after a crash in between sends them.
    let mut said = match concluded.verdict {
        Verdict::Pass => escalate::of_step(plan, run, unit, &cx, session.lang).unwrap_or_default(),
        _ => Vec::new(),
    };
    said.push(Kind::Ended {
        step: key.clone(),
        attempt: *attempt,
        part: *part,
        ending: output.ending,
        facts: super::trim::trim(facts),
        evidence: output.evidence,
        elapsed,
        verdict: concluded.verdict,
        measured: concluded.measured,
        captured: concluded.captured,
        secret_names: concluded.secrets.iter().map(|(name, _)| name.clone()).collect(),
        looks,
    });
    Digest { facts: said, secrets: concluded.secrets, ..Digest::default() }
}

/// What ended because we leave and may be begun again is no outcome: the next driver begins it again. So
/// does a question that nobody can answer.
fn cut_off(
    plan: &Plan,
    run: &Run,
    session: &mut Session,
    unit: &Unit,
    key: &str,
    output: &Output,
) -> Option<Digest> {
    let action = &unit.step.action;
    if action.is_question()
        && let Ending::Failed { message, .. } = &output.ending
    {
        return Some(answers::unanswered(plan, run, session, key, key, message));
    }
    let again = unit.class() == EffectClass::Read || action.is_question() || action.repeatable();
    let cut = session.leaving.is_some() && output.ending == Ending::Cancelled && again;
    cut.then(|| {
        session.poll = None;
        Digest::default()
    })
}

/// An answer is also known as what its step calls it.
fn complete_answer(facts: &mut Facts) {
    if let Some(answer) = facts.get("answer").cloned() {
        facts.insert("choice".to_owned(), answer.clone());
        facts.insert("value".to_owned(), answer);
    }
}

pub(super) fn wants_secret(action: &Action) -> bool {
    matches!(action, Action::Ask(ask) if ask.kind == ValueKind::Secret)
}

/// What may be recorded of an output that holds a secret: numbers that tell how it went.
fn withheld(facts: &Facts) -> Facts {
    let mut kept = Facts::new();
    let numbers = ["exit_code", "status_code", "row_count", "rows_affected"];
    for name in numbers.into_iter().chain(["source", "committed", "tx"]) {
        if let Some(value) = facts.get(name) {
            kept.insert(name.to_owned(), value.clone());
        }
    }
    kept.insert("withheld".to_owned(), Value::Bool(true));
    kept
}

/// The facts, and how long it took, as an expression sees them.
#[must_use]
pub fn with_elapsed(facts: &Facts, elapsed: Span) -> Facts {
    let mut facts = facts.clone();
    facts.insert("elapsed".to_owned(), super::scope::length(elapsed, template::View::Compute));
    facts
}

/// The end of a check, a probe, a piece of evidence or a criterion.
fn check(
    plan: &Plan,
    run: &Run,
    session: &mut Session,
    id: EffectId,
    purpose: &Purpose,
    mut output: Output,
    now: Timestamp,
) -> Digest {
    if session.leaving.is_some() && output.ending == Ending::Cancelled {
        session.poll = None;
        return Digest::default();
    }
    let (key, check) = match purpose {
        Purpose::Check { step, check } => (step.clone(), check.clone()),
        Purpose::Criterion { index } => (String::new(), index.to_string()),
        _ => return Digest::default(),
    };
    let found = advance::find(plan, run, &key);
    let criterion = match purpose {
        Purpose::Criterion { index } => plan.criteria.get(*index),
        _ => None,
    };
    let step_probe = found.and_then(|(unit, _)| match check.as_str() {
        "probe" => unit.step.on_crash.as_ref().map(|rule| &rule.probe),
        index => unit.step.verify.get(super::objective::check_index(index)?),
    });
    let Some(probe) = criterion.or(step_probe) else {
        return Digest::fact(kept(key, check, output));
    };
    let (empty, prefix) =
        (crate::playbook::Common::default(), found.map_or("", |(u, _)| &u.prefix));
    let common = found.map_or(&empty, |(unit, _)| &unit.step.common);
    let mut common = checks::common_of(probe, common);
    if check == "probe" && criterion.is_none() {
        // `done_if` decides, not the exit code.
        common.expect = Some("true".to_owned());
    }
    let item = found.and_then(|(_, item)| item);
    let names = Scope { prefix, item, ..Scope::new(plan, run, now) };
    // A check also sees what its step brought back.
    let none = Facts::new();
    let facts = run.step(&key).filter(|_| check != "probe").map_or(&none, |state| &state.facts);
    let names = WithFacts { facts, outer: &names };
    let cx = crate::steps::Context {
        unit: &key,
        common: &common,
        class: EffectClass::Read,
        names: &names,
        place: &plan.place,
        now,
    };
    let done_if = found
        .filter(|_| check == "probe" && criterion.is_none())
        .and_then(|(unit, _)| unit.step.on_crash.as_ref())
        .map(|rule| rule.done_if.as_str());
    let (mut verdict, measured) = checks::judge(probe, done_if, &cx, &output);
    if let Rhythm::Poll { every, in_a_row } = checks::rhythm(probe) {
        let began = session.poll.as_ref().filter(|poll| poll.id == id).map(|poll| poll.began);
        let deadline = checks::deadline(probe, began.unwrap_or(now - output.elapsed));
        let beat = Beat { every, in_a_row, deadline: Some(deadline) };
        match keep_looking(session, id, purpose, verdict, &output, beat, now) {
            Ok(()) => return Digest::default(),
            Err(polled) => {
                verdict = polled.verdict;
                output.elapsed = polled.took;
            }
        }
    }
    if let Purpose::Criterion { index } = purpose {
        // A criterion that could not be looked at, or whose condition has no answer, is neither met nor missed.
        let unanswered =
            matches!(&verdict, Verdict::Fail(failure) if failure.kind == FailKind::Input);
        if output.ending != Ending::Done || unanswered {
            let reason = failure_text(&verdict);
            verdict = Verdict::Unknown { reason };
        }
        return Digest::fact(checks::judged(probe, *index, verdict, measured));
    }
    match &mut verdict {
        Verdict::Fail(failure) => failure.stage = Stage::Verify,
        Verdict::Unknown { reason } => {
            let failure = Failure::new(Stage::Verify, FailKind::Connection, reason.clone());
            verdict = Verdict::Fail(failure);
        }
        Verdict::Pass | Verdict::More => {}
    }
    Digest::fact(checked(key, check, verdict, measured, output))
}

pub(super) fn checked(
    step: String,
    check: String,
    verdict: Verdict,
    measured: Option<String>,
    output: Output,
) -> Kind {
    Kind::Checked {
        step,
        check,
        verdict,
        measured,
        facts: super::trim::trim(output.facts),
        evidence: output.evidence,
        elapsed: output.elapsed,
    }
}

fn failure_text(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Fail(failure) => failure.to_string(),
        Verdict::Unknown { reason } => reason.clone(),
        Verdict::Pass | Verdict::More => String::new(),
    }
}

fn kept(key: String, check: String, output: Output) -> Kind {
    let verdict = match &output.ending {
        Ending::Done => Verdict::Pass,
        Ending::Failed { kind, message } => {
            Verdict::Fail(Failure::new(Stage::Verify, *kind, message.clone()))
        }
        _ => Verdict::Fail(Failure::new(Stage::Verify, FailKind::Cancelled, "files not kept")),
    };
    checked(key, check, verdict, None, output)
}

/// True when an effect is a question whose answer is a secret.
#[must_use]
pub fn is_secret_question(effect: &Effect) -> bool {
    matches!(effect, Effect::Ask(question)
        if matches!(&question.wants, Wants::Value(rule) if rule.kind == ValueKind::Secret))
}
