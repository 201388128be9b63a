//! Answers to the engine's own questions: gates, menus, reasons, second persons, evidence, inputs.

use serde_json::Value;

use super::approval;
use super::digest::Digest;
use super::event::{Asking, Kind, StopReason};
use super::scope::Scope;
use super::session::Session;
use super::state::Run;
use crate::effect::{Ending, Output, Question, ValueKind, Wants};
use crate::plan::{Mode, Plan};
use crate::secret::SecretValue;
use crate::time::Timestamp;

/// What an answer means.
#[expect(clippy::too_many_arguments, reason = "an answer is looked at from all sides, once, here")]
pub(super) fn taken(
    plan: &Plan,
    run: &Run,
    session: &mut Session,
    step: &str,
    asking: Asking,
    question: &Question,
    output: &Output,
    now: Timestamp,
) -> Digest {
    match &output.ending {
        Ending::Done => {}
        Ending::Failed { message, .. } => {
            return unanswered(plan, run, session, step, &question.about, message);
        }
        _ => return escaped(run, session, step, asking),
    }
    let answer = output.facts.get("answer").cloned().unwrap_or(Value::Null);
    let source =
        output.facts.get("source").and_then(Value::as_str).unwrap_or("operator").to_owned();
    match asking {
        Asking::Held => Digest::fact(Kind::Released),
        Asking::Input => input(plan, run, session, step, answer, source, now),
        Asking::SecondPerson | Asking::Override => {
            second(plan, run, session, step, asking, question, &answer, source)
        }
        Asking::Back | Asking::Successor | Asking::Edit | Asking::Value => {
            super::menu::more::answered(plan, run, step, asking, answer, source, now)
        }
        Asking::Captured => {
            let name = question.about.rsplit('.').next().unwrap_or_default().to_owned();
            let mut secrets = Vec::new();
            let mut told = answer;
            if matches!(&question.wants, Wants::Value(rule) if rule.kind == ValueKind::Secret) {
                // That it was told is a fact; what it is stays in memory.
                let value = told.as_str().unwrap_or_default().to_owned();
                secrets.push((name.clone(), SecretValue::from(value)));
                told = Value::Null;
            }
            let answer = serde_json::json!({ name: told });
            let step = step.to_owned();
            let fact = Digest::fact(Kind::Answered { step, question: asking, answer, source });
            Digest { secrets, ..fact }
        }
        _ => {
            Digest::fact(Kind::Answered { step: step.to_owned(), question: asking, answer, source })
        }
    }
}

/// What is answered at the driver's own terminal where a second person is asked: a way on without them, or a
/// name that was given in advance.
#[expect(clippy::too_many_arguments, reason = "an answer is looked at from all sides, once, here")]
fn second(
    plan: &Plan,
    run: &Run,
    session: &mut Session,
    step: &str,
    asking: Asking,
    question: &Question,
    answer: &Value,
    source: String,
) -> Digest {
    let text = answer.as_str().unwrap_or_default();
    let fact = |answer: &str, source: String| {
        let (step, answer) = (step.to_owned(), Value::String(answer.to_owned()));
        Digest::fact(Kind::Answered { step, question: asking, answer, source })
    };
    if matches!(question.wants, crate::effect::Wants::OneOf(_)) {
        return if text == "no" { escaped(run, session, step, asking) } else { fact(text, source) };
    }
    match approval::in_advance(run, plan.mode, &source, text) {
        Ok(second) => fact(&second, source),
        Err(why) => unanswered(plan, run, session, step, &question.about, &why),
    }
}

/// Nobody can answer: the end of input, or an answer given in advance that does not fit. The run leaves
/// and can be resumed; a drill that nobody watches cleans up behind itself.
pub(super) fn unanswered(
    plan: &Plan,
    run: &Run,
    session: &mut Session,
    step: &str,
    about: &str,
    why: &str,
) -> Digest {
    let message = format!("`{about}` was not answered: {why}");
    if !session.attended && plan.mode == Mode::Drill && session.leaving.is_none() {
        let reason = StopReason::AnswerNeeded;
        return Digest::fact(super::next::give_up(plan, run, step, reason, message));
    }
    session.leaving.get_or_insert((StopReason::AnswerNeeded, message));
    Digest::default()
}

/// Esc or Ctrl-C at a question: a gate opens the menu, a menu leaves the run, which can be resumed.
fn escaped(run: &Run, session: &mut Session, step: &str, asking: Asking) -> Digest {
    let answered = |question| {
        Digest::fact(Kind::Answered {
            step: step.to_owned(),
            question,
            answer: Value::Null,
            source: "operator".to_owned(),
        })
    };
    // Who takes the run up again is asked again.
    if session.leaving.is_some() {
        return Digest::default();
    }
    match asking {
        // Of what is done elsewhere, what was told so far is asked again.
        Asking::Gate
        | Asking::SecondPerson
        | Asking::DataLoss
        | Asking::Hand
        | Asking::Seen
        | Asking::Captured => answered(Asking::Gate),
        Asking::Glass if of_gate(run, step) => answered(Asking::Gate),
        // Back to the menu: nothing was chosen.
        Asking::Reason
        | Asking::Override
        | Asking::Glass
        | Asking::Edit
        | Asking::Value
        | Asking::Back
        | Asking::Successor => answered(Asking::Menu),
        Asking::Menu | Asking::Evidence | Asking::Input | Asking::Interrupt | Asking::Held => {
            let message = format!("stopped at a question about `{step}`");
            session.leaving = Some((StopReason::Operator, message));
            Digest::default()
        }
    }
}

fn of_gate(run: &Run, step: &str) -> bool {
    let open = run.step(step).and_then(|state| state.approval.as_ref());
    open.is_some_and(|open| open.question == Asking::SecondPerson)
}

fn input(
    plan: &Plan,
    run: &Run,
    session: &mut Session,
    name: &str,
    value: Value,
    source: String,
    now: Timestamp,
) -> Digest {
    let Some((_, spec)) = plan.inputs.iter().find(|(input, _)| input == name) else {
        return Digest::default();
    };
    let names = Scope::new(plan, run, now);
    if let Err(why) = super::inputs::check(name, spec, &value, &names) {
        return Digest { say: vec![format!("{name}: {why}")], ..Digest::default() };
    }
    let secret = spec.kind == ValueKind::Secret;
    let mut digest = Digest::default();
    if secret {
        let text = value.as_str().unwrap_or_default().to_owned();
        digest.secrets.push((name.to_owned(), SecretValue::from(text)));
        session.secrets.insert(name.to_owned());
    }
    digest.facts.push(Kind::InputGiven {
        name: name.to_owned(),
        value: if secret { Value::Null } else { value },
        secret,
        source,
    });
    digest
}
