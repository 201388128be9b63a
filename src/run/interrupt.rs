//! Ctrl-C, TERM and HUP: what they mean for what runs, what is waited for and what is asked.
//!
//! Owns the short menu of the first Ctrl-C, which opens while the command runs on and is withdrawn when the
//! command ends first, and how long a driver that leaves waits for what it ended. Pure but for the
//! session's memory.

use serde_json::Value;

use super::digest::Digest;
use super::event::{Asking, Kind, StopReason};
use super::next::{Look, Move};
use super::session::{Purpose, Session};
use super::state::Run;
use crate::effect::{Choice, Effect, EffectId, Ending, Interrupt, Output, Question, Wants};
use crate::plan::Plan;
use crate::time::{Span, Timestamp};

mod doing;

pub use doing::Doing;
use doing::{doing, ids, menus, owns_terminal, questions, running, same, waiting};

/// A second Ctrl-C within this span stops what runs at once (durability design).
const TWICE: Span = Span::from_secs(2);

/// Who leaves by a signal is gone within a second: so long for what was asked to end ...
const GRACE: Span = Span::from_millis(450);

/// ... and so long after it was told to end now.
const LAST_GRACE: Span = Span::from_millis(250);

/// A Ctrl-C that asks what to do.
#[derive(Clone, Debug)]
pub struct Break {
    doing: Doing,
    at: Timestamp,
    /// The menu was opened, or is not wanted any more.
    asked: bool,
}

impl Break {
    /// The menu is open.
    pub fn was_asked(&mut self) {
        self.asked = true;
    }

    pub(super) fn shift(&mut self, by: Span) {
        self.at = self.at + by;
    }
}

/// How far ending what runs has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stopping {
    /// Not begun.
    #[default]
    No,
    /// TERM was sent; KILL follows by itself.
    Grace,
    /// KILL was sent.
    Killed,
}

/// When a driver that was told to leave does so, whatever is still in flight.
#[derive(Clone, Copy, Debug)]
pub struct LeaveBy {
    at: Timestamp,
    hurried: bool,
}

impl LeaveBy {
    /// The next instant at which something is due.
    #[must_use]
    pub const fn at(self) -> Timestamp {
        self.at
    }

    pub(super) fn shift(&mut self, by: Span) {
        self.at = self.at + by;
    }
}

/// Somebody wants us to stop.
pub(super) fn interrupted(
    plan: &Plan,
    run: &Run,
    session: &mut Session,
    how: Interrupt,
    now: Timestamp,
) -> Digest {
    let mut digest = Digest::fact(Kind::Interrupted { how });
    match how {
        Interrupt::Terminate => {
            leave(session, StopReason::Terminated, "mayday was told to end", now, &mut digest);
        }
        Interrupt::HangUp => {
            leave(session, StopReason::HangUp, "the terminal is gone", now, &mut digest);
        }
        Interrupt::Interrupt => ctrl_c(plan, run, session, now, &mut digest),
    }
    digest
}

/// Ends what ends with us, lets go of what does not, and sets the instant to leave at the latest.
fn leave(
    session: &mut Session,
    reason: StopReason,
    message: &str,
    now: Timestamp,
    digest: &mut Digest,
) {
    let again = session.leaving.is_some();
    session.leaving = Some((reason, message.to_owned()));
    session.leave_by = Some(LeaveBy { at: if again { now } else { now + GRACE }, hurried: false });
    if reason == StopReason::Interrupted {
        // What was asked to end is still asked to end.
        digest.cancel = ids(session, |_| true);
    } else {
        let_go(session, digest);
    }
}

/// What runs under a keeper is the next driver's; its end is not waited for. The rest ends with us.
fn let_go(session: &Session, digest: &mut Digest) {
    let all = ids(session, |_| true);
    (digest.leave, digest.cancel) = all.into_iter().partition(|id| session.kept.contains(id));
}

fn ctrl_c(plan: &Plan, run: &Run, session: &mut Session, now: Timestamp, digest: &mut Digest) {
    let questions = questions(session);
    let running = running(session);
    if session.leaving.is_some() || session.stopping == Stopping::Killed {
        let (reason, message) = (StopReason::Interrupted, "interrupted again while it stopped");
        return leave(session, reason, message, now, digest);
    }
    if !questions.is_empty() {
        digest.cancel = questions;
        return;
    }
    let Some(doing) = doing(run, session) else {
        let message = "interrupted by the operator".to_owned();
        session.leaving = Some((StopReason::Operator, message));
        return;
    };
    let asked_before = session.broken.as_ref().is_some_and(|broken| {
        broken.doing == doing && (now.since(broken.at) <= TWICE || !menus(session).is_empty())
    });
    if session.stopping == Stopping::Grace {
        if session.attended {
            session.stopping = Stopping::Killed;
            digest.cancel = running;
        } else {
            let message = "interrupted twice";
            leave(session, StopReason::Interrupted, message, now, digest);
        }
    } else if asked_before {
        digest.cancel = take_menus(session);
        stop(plan, run, session, Stopping::Killed, now, digest);
    } else if session.attended && !owns_terminal(plan, run, session) {
        session.broken = Some(Break { doing, at: now, asked: false });
    } else {
        // Nobody to ask, or the terminal is the command's.
        stop(plan, run, session, Stopping::Grace, now, digest);
    }
}

/// Menus that nobody needs to answer any more. An answer that still comes is refused.
fn take_menus(session: &mut Session) -> Vec<EffectId> {
    let menus = menus(session);
    session.in_flight.retain(|id, _| !menus.contains(id));
    session.withdrawn.extend(menus.iter().copied());
    menus
}

/// Ends what runs, by grace or at once; a wait is given up.
fn stop(
    plan: &Plan,
    run: &Run,
    session: &mut Session,
    how: Stopping,
    now: Timestamp,
    digest: &mut Digest,
) {
    let running = running(session);
    session.broken = None;
    if running.is_empty() {
        digest.facts.extend(waiting(plan, run, session, now));
        return;
    }
    session.stopping = how;
    digest.cancel.extend(&running);
    if how == Stopping::Killed {
        // Asked twice: now.
        digest.cancel.extend(&running);
    }
}

/// Ends everything that holds up the next step: what runs is asked to end, what is asked is taken back.
pub(super) fn all(session: &mut Session) -> Vec<EffectId> {
    let mut all = running(session);
    for id in questions(session).into_iter().chain(menus(session)) {
        session.withdraw(id);
        all.push(id);
    }
    all
}

/// The menu of the first Ctrl-C, when it is due.
pub(super) fn menu(look: &Look<'_>) -> Option<Move> {
    let broken = look.session.broken.as_ref().filter(|broken| !broken.asked)?;
    let Doing { step, waits, .. } = &broken.doing;
    let name = if step.is_empty() { "the criterion".to_owned() } else { format!("`{step}`") };
    let waits = *waits || look.session.in_flight.values().all(|purpose| !purpose.is_foreground());
    let kept = look.session.in_flight.keys().any(|id| look.session.kept.contains(id));
    let (state, stop, leave) = match (waits, kept) {
        (true, _) => ("waits", "stop waiting", "leave mayday; the run can be resumed"),
        (false, true) => ("runs on", "stop it now", "leave it running and leave mayday"),
        (false, false) => ("runs on", "stop it now", "stop it and leave mayday"),
    };
    let choice = |key: &str, label: &str| Choice { key: key.to_owned(), label: label.to_owned() };
    let question = Question {
        about: format!("{step}.interrupt"),
        text: format!("Ctrl-C: {name} {state}. What now?"),
        help: Some("Ctrl-C again stops it at once.".to_owned()),
        wants: Wants::OneOf(vec![
            choice("wait", "go on waiting"),
            choice("stop", stop),
            choice("leave", leave),
        ]),
    };
    Some(Move::Start {
        kind: Box::new(Kind::Asked {
            step: step.clone(),
            question: Asking::Interrupt,
            text: question.text.clone(),
        }),
        effect: Some(Box::new(Effect::Ask(question.clone()))),
        purpose: Purpose::Ask { step: step.clone(), asking: Asking::Interrupt, question },
    })
}

/// What the menu was answered.
pub(super) fn answered(
    plan: &Plan,
    run: &Run,
    session: &mut Session,
    step: &str,
    output: &Output,
    now: Timestamp,
) -> Digest {
    let answer = match &output.ending {
        Ending::Done => output.facts.get("answer").and_then(Value::as_str).unwrap_or("wait"),
        Ending::Cancelled if output.facts.contains_key("interrupt") => "stop_now",
        // Esc: nothing was asked for.
        Ending::Cancelled => "wait",
        // The terminal is gone, which is an input of its own.
        _ => return Digest::default(),
    };
    let mut digest = Digest::fact(Kind::Answered {
        step: step.to_owned(),
        question: Asking::Interrupt,
        answer: answer.into(),
        source: "operator".to_owned(),
    });
    match answer {
        "stop" => stop(plan, run, session, Stopping::Grace, now, &mut digest),
        "stop_now" => stop(plan, run, session, Stopping::Killed, now, &mut digest),
        "leave" => {
            let_go(session, &mut digest);
            let message = format!("left by the operator at step `{step}`");
            session.leaving = Some((StopReason::Operator, message));
            session.broken = None;
        }
        _ => {}
    }
    digest
}

/// What the loop must do about time before it decides: a menu about something that is over, and effects
/// that outlast the time of a driver who leaves. All of these are to be cancelled.
pub(super) fn overdue(run: &Run, session: &mut Session, now: Timestamp) -> Vec<EffectId> {
    let mut over = Vec::new();
    if let Some(broken) = &session.broken
        && (session.leaving.is_some()
            || doing(run, session).as_ref().is_none_or(|doing| !same(doing, &broken.doing)))
    {
        session.broken = None;
        over.extend(take_menus(session));
    }
    if let Some(leave_by) = &mut session.leave_by
        && now >= leave_by.at
        && !session.in_flight.is_empty()
    {
        if leave_by.hurried {
            session.in_flight.clear();
        } else {
            *leave_by = LeaveBy { at: now + LAST_GRACE, hurried: true };
            over.extend(ids(session, |_| true));
        }
    }
    over
}

/// The answer to a question that is no longer open.
pub(super) fn too_late(session: &mut Session, id: EffectId, output: &Output) -> Digest {
    let late = session.withdrawn.remove(&id) && output.ending == Ending::Done;
    let say = "Not taken: it was over before the answer came.".to_owned();
    Digest { say: late.then_some(say).into_iter().collect(), ..Digest::default() }
}
