//! Answers to the engine's own questions: gates, menus, reasons, second persons, evidence, inputs.

use serde_json::Value;

use super::digest::Digest;
use super::event::{Asking, Kind, StopReason};
use super::gate::is_operator;
use super::scope::Scope;
use super::session::Session;
use super::state::Run;
use crate::effect::{Ending, Output, Question, ValueKind};
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
        _ => return escaped(session, step, asking),
    }
    let answer = output.facts.get("answer").cloned().unwrap_or(Value::Null);
    let source =
        output.facts.get("source").and_then(Value::as_str).unwrap_or("operator").to_owned();
    match asking {
        Asking::Held => Digest::fact(Kind::Released),
        Asking::Input => input(plan, run, session, step, answer, source, now),
        Asking::SecondPerson | Asking::Override
            if is_operator(run, answer.as_str().unwrap_or_default()) =>
        {
            Digest {
                say: vec![format!("{} drives this run; a second person must agree", run.operator)],
                ..Digest::default()
            }
        }
        _ => {
            Digest::fact(Kind::Answered { step: step.to_owned(), question: asking, answer, source })
        }
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
fn escaped(session: &mut Session, step: &str, asking: Asking) -> Digest {
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
        Asking::Gate | Asking::SecondPerson | Asking::DataLoss => answered(Asking::Gate),
        // Back to the menu: nothing was chosen.
        Asking::Reason | Asking::Override => answered(Asking::Menu),
        Asking::Menu | Asking::Evidence | Asking::Input | Asking::Interrupt | Asking::Held => {
            let message = format!("stopped at a question about `{step}`");
            session.leaving = Some((StopReason::Operator, message));
            Digest::default()
        }
    }
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
