//! Gates: what is asked before a step changes something.
//!
//! A `read` runs by itself. A change waits for Enter, in production for `y`; what is destructive waits
//! for a typed value that proves reading. Nothing here is ever answered by the engine.

use serde_json::Value;

use super::approval;
use super::escalate;
use super::event::{Asking, Kind};
use super::next::{Look, Move, answer_needed};
use super::objective::{self, Loss};
use super::session::Purpose;
use super::stands::{self, Done};
use super::state::{Run, StepState};
use crate::config::Danger;
use crate::effect::{Effect, EffectClass, Question, Wants};
use crate::plan::{Plan, Section, Unit};
use crate::playbook::Gate;
use crate::steps::{Failure, Stage, confirm};
use crate::template;
use crate::time::Span;

/// A gate before a destructive step is asked again after this long (durability design, crash rules).
const STALE: Span = Span::from_mins(10);

/// The next question of the gate, or nothing when it is passed.
pub(super) fn question(
    look: &Look<'_>,
    unit: &Unit,
    key: &str,
    item: Option<(usize, &Value)>,
    state: &StepState,
) -> Option<Move> {
    let wants = match wants(look, unit, key, item, state) {
        Ok(wants) => wants?,
        Err(failure) => return Some(refuse(key, state, failure)),
    };
    if !is_fresh(look, unit, state) {
        return Some(ask(look, unit, key, item, wants));
    }
    data_loss(look, unit, key, state).or_else(|| second_person(look, unit, key, item, state))
}

/// What a destructive step of the response throws away, as far as the playbook tells by now.
fn loss(look: &Look<'_>, unit: &Unit) -> Option<Loss> {
    let restores = unit.class() == EffectClass::Destructive
        && look.plan.section(unit) == Section::Respond
        && look.run.rollback.is_none();
    if restores { objective::loss(look.plan, look.run, look.now) } else { None }
}

/// More loss than the objective allows is agreed to by typing how much it is.
fn data_loss(look: &Look<'_>, unit: &Unit, key: &str, state: &StepState) -> Option<Move> {
    let loss = loss(look, unit).filter(|loss| loss.over)?;
    let typed = loss.typed();
    if state.gate.loss.as_ref() == Some(&typed) {
        return None;
    }
    let rpo = look.plan.head.objectives.rpo.unwrap_or_default();
    let text = format!(
        "{} That is more than the RPO of {rpo} allows. Type {typed} to accept the loss",
        loss.words()
    );
    let question =
        Question { about: format!("{key}.loss"), text, help: None, wants: Wants::Typed(typed) };
    Some(put(look, key, Asking::DataLoss, question, "--confirm"))
}

/// True when a run that nobody watches must have an answer for the gate of this step.
#[must_use]
pub fn is_certain(plan: &Plan, unit: &Unit) -> bool {
    let common = &unit.step.common;
    let gated = common.confirm.is_some()
        || unit.class() == EffectClass::Destructive
        || (unit.class() == EffectClass::Change && plan.place.danger == Danger::High);
    let asks = unit.step.action.is_question()
        || matches!(unit.step.action, crate::steps::Action::Notify(_));
    let responding = plan.section(unit) == Section::Respond;
    escalate::is_public(plan, unit) || gated && (common.confirm.is_some() || (!asks && responding))
}

fn refuse(key: &str, state: &StepState, failure: Failure) -> Move {
    let failure = Failure { stage: Stage::Gate, ..failure };
    Move::record(Kind::Ended {
        step: key.to_owned(),
        attempt: state.attempts,
        part: 0,
        ending: crate::effect::Ending::Failed {
            kind: failure.kind,
            message: failure.message.clone(),
        },
        facts: crate::effect::Facts::new(),
        evidence: Vec::new(),
        elapsed: Span::ZERO,
        verdict: crate::steps::Verdict::Fail(failure),
        measured: None,
        captured: std::collections::BTreeMap::new(),
        secret_names: Vec::new(),
        looks: 0,
    })
}

/// True when the gate was passed and that still counts.
fn is_fresh(look: &Look<'_>, unit: &Unit, state: &StepState) -> bool {
    let Some((at, by)) = &state.gate.passed else { return false };
    // Who takes over answers anew for what is destructive; so does anybody after a while.
    let fresh = *by == look.run.operator && look.now.since(*at) <= STALE;
    unit.class() != EffectClass::Destructive || fresh
}

/// What counts as passing; `None` when there is no gate.
fn wants(
    look: &Look<'_>,
    unit: &Unit,
    key: &str,
    item: Option<(usize, &Value)>,
    state: &StepState,
) -> Result<Option<Wants>, Failure> {
    let (class, common) = (unit.class(), &unit.step.common);
    let speaks = unit.step.action.is_question()
        || matches!(unit.step.action, crate::steps::Action::Notify(_));
    let public = escalate::is_public(look.plan, unit);
    if speaks && common.confirm.is_none() {
        return Ok(public.then_some(Wants::YesNo));
    }
    if state.gate.strict && class != EffectClass::Read {
        return Ok(Some(Wants::Typed(key.to_owned())));
    }
    let names = look.scope(&unit.prefix, item);
    if let Some(Gate { type_to_confirm: Some(typed), .. }) = &common.confirm {
        let typed = template::render(typed, &names)?;
        return match Wants::typed(&typed) {
            Some(wants) => Ok(Some(wants)),
            None => Err(Failure::input(confirm::NOTHING_TO_TYPE)),
        };
    }
    let asked = common.confirm.is_some() || look.run.rollback.is_some();
    let responding = look.plan.section(unit) == Section::Respond;
    let high = look.plan.place.danger == Danger::High;
    Ok(match class {
        EffectClass::Read if common.confirm.is_some() => Some(Wants::YesNo),
        EffectClass::Read => None,
        // Setup, accident and cleanup of a drill: the environment was proved not to be production.
        _ if !responding && !asked => None,
        EffectClass::Destructive => Some(Wants::Typed(key.to_owned())),
        EffectClass::Change if asked || high => Some(Wants::YesNo),
        EffectClass::Change => look.session.attended.then_some(Wants::Enter),
    })
}

fn ask(
    look: &Look<'_>,
    unit: &Unit,
    key: &str,
    item: Option<(usize, &Value)>,
    wants: Wants,
) -> Move {
    let names = look.scope(&unit.prefix, item);
    let common = &unit.step.common;
    let words = common.confirm.as_ref().and_then(|gate| gate.ask.as_ref()).unwrap_or(&common.title);
    let words = template::render(words, &names).unwrap_or_else(|_| words.clone());
    let cx = super::advance::context(look.plan, unit, key, &names, look.now);
    let words = match escalate::public_words(look, unit, &cx) {
        Some(post) => format!("{post}\n{words}"),
        None => words,
    };
    let place = &look.plan.place.name;
    let class = unit.class().word();
    let text = match &wants {
        Wants::Typed(typed) => format!("{words}\n{class} on {place}: type {typed} to go on"),
        Wants::Enter => format!("{words}: Enter to go on"),
        _ => format!("{words} ({class} on {place})"),
    };
    let text = match loss(look, unit) {
        Some(loss) => format!("{}\n{text}", loss.words()),
        None => text,
    };
    let text = match key.strip_suffix(".undo") {
        Some(step) if stands::done(look.plan, look.run, step) == Some(Done::Maybe) => {
            format!("`{step}` MAY have happened, all or a part.\n{text}")
        }
        _ => text,
    };
    let question = Question { about: key.to_owned(), text, help: None, wants };
    put(look, key, Asking::Gate, question, "--confirm")
}

/// The second person's agreement, where the gate asks for one.
fn second_person(
    look: &Look<'_>,
    unit: &Unit,
    key: &str,
    item: Option<(usize, &Value)>,
    state: &StepState,
) -> Option<Move> {
    let rule = unit.step.common.confirm.as_ref()?.second_person.as_ref()?;
    // Who agreed may be driving by now: then somebody else must agree.
    if state.gate.second.as_ref().is_some_and(|name| !is_operator(look.run, name)) {
        return None;
    }
    match template::holds(rule, &look.scope(&unit.prefix, item)) {
        Ok(held) if !held.truth => None,
        Ok(_) => {
            let to = agreed_to(look, unit, key, item);
            Some(approval::ask(look, key, state, Asking::SecondPerson, &to))
        }
        Err(fault) => Some(refuse(key, state, fault.into())),
    }
}

/// The one who drives never counts as the second person.
pub(super) fn is_operator(run: &Run, name: &str) -> bool {
    name.trim().to_lowercase() == run.operator.trim().to_lowercase()
}

/// What a second person agrees to: the step, what runs, and where.
fn agreed_to(look: &Look<'_>, unit: &Unit, key: &str, item: Option<(usize, &Value)>) -> String {
    let names = look.scope(&unit.prefix, item);
    let cx = super::advance::context(look.plan, unit, key, &names, look.now);
    let what = match unit.step.action.request(&cx, &[]) {
        Ok(crate::steps::Request::Effect(effect)) => format!(": {}", effect.what()),
        _ => String::new(),
    };
    let title = super::words::known(&unit.step.common.title, &names);
    let (class, place) = (unit.class().word(), &look.plan.place.name);
    format!("`{key}` {title} ({class} on {place}){what}")
}

/// Puts a question of the engine's own; without anybody to ask, says which flag would have answered.
pub(super) fn put(
    look: &Look<'_>,
    key: &str,
    asking: Asking,
    question: Question,
    flag: &str,
) -> Move {
    let gate = asking.is_gate();
    if !look.session.attended && look.session.scripted(&question.about, gate).is_none() {
        return answer_needed(look, key, &question.about, flag, &question.example());
    }
    Move::Start {
        kind: Box::new(Kind::Asked {
            step: key.to_owned(),
            question: asking,
            text: question.text.clone(),
        }),
        effect: Some(Box::new(Effect::Ask(question.clone()))),
        purpose: Purpose::Ask { step: key.to_owned(), asking, question },
    }
}
