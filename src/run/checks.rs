//! Checks: `verify`, the probe after a crash, the criteria of a drill, and the evidence to keep.
//!
//! They only read, so they may be repeated at will.

use serde_json::Value;

use super::event::{Asking, Kind};
use super::gate::put;
use super::next::{Look, Move};
use super::scope::Scope;
use super::session::Purpose;
use super::state::{Run, StepState};
use crate::effect::{Effect, EffectClass, KeepEffect, Output, Question, Wants};
use crate::plan::{Plan, Unit};
use crate::playbook::{Common, Probe};
use crate::steps::{
    Context, DEFAULT_CHECK_TIMEOUT, Failure, Request, Rhythm, Stage, Surroundings, Verdict,
};
use crate::template;
use crate::time::Timestamp;

/// The next check or piece of evidence of a step that passed; nothing when all is there.
pub(super) fn next(
    look: &Look<'_>,
    unit: &Unit,
    key: &str,
    item: Option<(usize, &Value)>,
    state: &StepState,
) -> Option<Move> {
    if let Some(probe) = unit.step.verify.get(state.checks) {
        let check = state.checks.to_string();
        return Some(begin(look, unit, key, item, probe, &check));
    }
    let rule = unit.step.common.evidence.as_ref()?;
    if let Some(question) = rule.ask.as_ref().filter(|_| !state.told) {
        let names = look.scope(&unit.prefix, item);
        let text = template::render(question, &names).unwrap_or_else(|_| question.clone());
        let question =
            Question { about: format!("{key}.evidence"), text, help: None, wants: Wants::Words };
        return Some(put(look, key, Asking::Evidence, question, "--answer"));
    }
    (!state.kept && !rule.files.is_empty()).then(|| keep(look, unit, key, item, &rule.files))
}

/// Keeps the files that the step names.
fn keep(
    look: &Look<'_>,
    unit: &Unit,
    key: &str,
    item: Option<(usize, &Value)>,
    files: &[String],
) -> Move {
    let names = look.scope(&unit.prefix, item);
    let render = |file: &String| template::render(file, &names).unwrap_or_else(|_| file.clone());
    let files: Vec<String> = files.iter().map(render).collect();
    let effect = Effect::Keep(KeepEffect {
        files: files.iter().map(Into::into).collect(),
        cwd: look.plan.place.cwd().to_path_buf(),
    });
    announce(key, "evidence", format!("keep {}", files.join(", ")), Some(effect))
}

fn announce(key: &str, check: &str, what: String, effect: Option<Effect>) -> Move {
    Move::Start {
        kind: Box::new(Kind::CheckStarted { step: key.to_owned(), check: check.to_owned(), what }),
        effect: effect.map(Box::new),
        purpose: Purpose::Check { step: key.to_owned(), check: check.to_owned() },
    }
}

pub(super) fn begin(
    look: &Look<'_>,
    unit: &Unit,
    key: &str,
    item: Option<(usize, &Value)>,
    probe: &Probe,
    check: &str,
) -> Move {
    let poll = look.session.poll.as_ref();
    let purpose = Purpose::Check { step: key.to_owned(), check: check.to_owned() };
    let polling = poll.filter(|poll| poll.purpose == purpose);
    if let Some(poll) = polling
        && let Some(at) = poll.next_at
        && look.now < at
    {
        return look.wait(Some(at));
    }
    let names = look.scope(&unit.prefix, item);
    let common = common_of(probe, &unit.step.common);
    let cx = Context {
        unit: key,
        common: &common,
        class: EffectClass::Read,
        names: &names,
        place: &look.plan.place,
        now: look.now,
    };
    match request(probe, &cx) {
        Ok(effect) => match polling {
            Some(poll) => Move::Look { id: poll.id, effect: effect.map(Box::new), purpose },
            None => announce(key, check, what(probe, effect.as_ref()), effect),
        },
        Err(failure) => Move::record(Kind::Checked {
            step: key.to_owned(),
            check: check.to_owned(),
            verdict: Verdict::Fail(Failure { stage: Stage::Verify, ..failure }),
            measured: None,
            facts: crate::effect::Facts::new(),
            evidence: Vec::new(),
            elapsed: crate::time::Span::ZERO,
        }),
    }
}

fn what(probe: &Probe, effect: Option<&Effect>) -> String {
    let condition = probe.head.that.clone().unwrap_or_default();
    effect.map_or(condition, Effect::what)
}

/// The probe after a crash.
pub(super) fn probe(look: &Look<'_>, unit: &Unit, key: &str) -> Move {
    let item = super::advance::find(look.plan, look.run, key).and_then(|(_, item)| item);
    match &unit.step.on_crash {
        Some(rule) => begin(look, unit, key, item, &rule.probe, "probe"),
        None => look.wait(None),
    }
}

/// A criterion of the drill.
pub(super) fn criterion(look: &Look<'_>, index: usize, probe: &Probe, id: &str) -> Move {
    let names = look.scope("", None);
    let common = common_of(probe, &Common::default());
    let cx = Context {
        unit: id,
        common: &common,
        class: EffectClass::Read,
        names: &names,
        place: &look.plan.place,
        now: look.now,
    };
    let purpose = Purpose::Criterion { index };
    if let Some(poll) = look.session.poll.as_ref().filter(|poll| poll.purpose == purpose) {
        if let Some(at) = poll.next_at
            && look.now < at
        {
            return look.wait(Some(at));
        }
        let effect = request(probe, &cx).ok().flatten();
        return Move::Look { id: poll.id, effect: effect.map(Box::new), purpose };
    }
    match request(probe, &cx) {
        Ok(effect) => Move::Start {
            kind: Box::new(Kind::CheckStarted {
                step: format!("criterion:{id}"),
                check: "0".to_owned(),
                what: what(probe, effect.as_ref()),
            }),
            effect: effect.map(Box::new),
            purpose,
        },
        Err(failure) => Move::record(judged(
            probe,
            index,
            Verdict::Unknown { reason: failure.to_string() },
            None,
        )),
    }
}

/// The record of a criterion.
pub(super) fn judged(
    probe: &Probe,
    index: usize,
    verdict: Verdict,
    measured: Option<String>,
) -> Kind {
    Kind::Judged {
        criterion: super::next::criterion_id(probe, index),
        verdict,
        measured,
        must: probe.head.must,
        points: probe.head.points.unwrap_or_default(),
    }
}

/// The fields around a check's action: its own first, the step's where it has none.
pub(super) fn common_of(probe: &Probe, step: &Common) -> Common {
    let head = &probe.head;
    Common {
        title: head.title.clone().unwrap_or_default(),
        target: head.target.clone().or_else(|| step.target.clone()),
        secrets: head.secrets.clone().unwrap_or_else(|| step.secrets.clone()),
        timeout: Some(head.timeout.unwrap_or(DEFAULT_CHECK_TIMEOUT)),
        // The condition decides, not the exit code or the status.
        expect: head.that.as_ref().map(|_| "true".to_owned()),
        effect: Some(EffectClass::Read),
        ..Common::default()
    }
}

fn request(probe: &Probe, cx: &Context<'_>) -> Result<Option<Effect>, Failure> {
    let Some(action) = &probe.action else { return Ok(None) };
    match action.request(cx, &[])? {
        Request::Effect(effect) => Ok(Some(*effect)),
        Request::Nothing | Request::Pause(_) => Ok(None),
    }
}

/// How often a check looks by nature.
pub(super) fn rhythm(probe: &Probe) -> Rhythm {
    probe.action.as_ref().map_or(Rhythm::Once, |action| action.rhythm())
}

/// What a check's output comes to: the action's own verdict, then `that` (and `done_if` of a probe).
pub(super) fn judge(
    probe: &Probe,
    also: Option<&str>,
    cx: &Context<'_>,
    output: &Output,
) -> (Verdict, Option<String>) {
    let verdict = match &probe.action {
        Some(action) => action.judge(cx, std::slice::from_ref(output)),
        None => Verdict::Pass,
    };
    if verdict != Verdict::Pass {
        return (verdict, None);
    }
    let facts = super::digest::with_elapsed(&output.facts, output.elapsed);
    let names = template::WithFacts { facts: &facts, outer: cx.names };
    let mut measured = None;
    for condition in probe.head.that.as_deref().into_iter().chain(also) {
        match template::holds(condition, &names) {
            Ok(held) => {
                measured = Some(held.trace.clone());
                if !held.truth {
                    let mut failure = Failure::new(
                        Stage::Verify,
                        crate::effect::FailKind::Assertion,
                        format!("expected {}", held.trace),
                    );
                    let words = probe.head.otherwise.as_deref();
                    failure.meaning =
                        words.map(|words| cx.text(words).unwrap_or_else(|_| words.to_owned()));
                    return (Verdict::Fail(failure), measured);
                }
            }
            Err(fault) => {
                let failure = Failure { stage: Stage::Verify, ..Failure::from(fault) };
                return (Verdict::Fail(failure), measured);
            }
        }
    }
    (Verdict::Pass, measured)
}

/// When a check that polls must be over.
pub(super) fn deadline(probe: &Probe, since: Timestamp) -> Timestamp {
    since + probe.head.timeout.unwrap_or(DEFAULT_CHECK_TIMEOUT)
}

/// What a condition outside of all steps looks at: of a drill's guard. `None` when only its `that` decides.
///
/// # Errors
/// A value that it needs cannot be had.
pub fn effect_of(
    plan: &Plan,
    run: &Run,
    probe: &Probe,
    now: Timestamp,
) -> Result<Option<Effect>, Failure> {
    let names = Scope::new(plan, run, now);
    let common = common_of(probe, &Common::default());
    request(probe, &outside(plan, &common, &names, now))
}

/// What the output of [`effect_of`] comes to, and what was measured.
#[must_use]
pub fn answer_of(
    plan: &Plan,
    run: &Run,
    probe: &Probe,
    output: &Output,
    now: Timestamp,
) -> (Verdict, Option<String>) {
    let names = Scope::new(plan, run, now);
    let common = common_of(probe, &Common::default());
    judge(probe, None, &outside(plan, &common, &names, now), output)
}

fn outside<'a>(
    plan: &'a Plan,
    common: &'a Common,
    names: &'a dyn template::Lookup,
    now: Timestamp,
) -> Context<'a> {
    let class = EffectClass::Read;
    Context { unit: "guard", common, class, names, place: &plan.place, now }
}
