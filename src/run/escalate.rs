//! Messages to contacts: which are due, what they say, when each is sent, tried again and given up.
//!
//! A message never holds up a step: it is queued in the record, announced, sent in the background, and its
//! end is recorded. `outbox` remembers; this decides. Pure: what looks like chance is made of the message's id.

use super::clock::{self, Cause};
use super::event::{Kind, Milestone};
use super::next::{Look, Move};
use super::outbox::{Letter, LetterState};
use super::session::Purpose;
use super::state::Run;
use crate::effect::{About, Again, Effect, Ending, FailKind, NotifyEffect, Output, Post, Signal};
use crate::plan::{Mode, Plan, Unit};
use crate::severity::{EscalationKind, Severity, Unless};
use crate::steps::notify::{DELIVERY_LIMIT, Notify};
use crate::steps::{Action, Context, Failure, Surroundings};
use crate::text::lang::Lang;
use crate::time::{Span, Timestamp};

mod said;

/// So often is a message tried before its words are put on the screen: a minute, when nothing answers. In
/// an incident the person who must pass it on by hand has to hear of it soon.
const ATTEMPTS: u32 = 5;

/// Before the second attempt; twice as long before each further one.
const FIRST_DELAY: Span = Span::from_secs(2);

/// A server that says when to come again is waited for at most this long.
const LONGEST_DELAY: Span = Span::from_mins(10);

/// A run that is over goes on trying this long before it lets go.
const LAST_POST: Span = Span::from_secs(10);

/// The next thing to do about messages: queue one that is due, send one, drop one that nobody needs now.
pub(super) fn due(look: &Look<'_>) -> Option<Move> {
    queue(look).or_else(|| unneeded(look)).or_else(|| send(look))
}

/// What a run that is over still does about its messages, for a bounded time. `None`: nothing more.
pub(super) fn last(look: &Look<'_>) -> Option<Move> {
    let run = look.run;
    let since = run.over_at.max(run.left_off_at).max(run.attached_at);
    let since = look.session.errand.or(since)?;
    let late = look.now.since(since) >= LAST_POST || look.session.leaving.is_some();
    if !late && let Some(more) = due(look) {
        return Some(more);
    }
    let waits = |letter: &&Letter| !is_in_flight(look, letter.id);
    let letter = run.outbox.open().find(waits)?;
    if !late {
        let next = run.outbox.next_try().filter(|at| *at > look.now);
        return Some(Move::Wait(next.into_iter().chain([since + LAST_POST]).min()));
    }
    // A run that can be taken up again sends it then.
    let given_up = "the run is over and it could not be delivered".to_owned();
    run.closed.is_some().then(|| {
        Move::record(ended(letter, Ending::Failed { kind: FailKind::Timeout, message: given_up }))
    })
}

/// The first message that is due and was not queued yet.
fn queue(look: &Look<'_>) -> Option<Move> {
    let (plan, run) = (look.plan, look.run);
    let missing = |cause: &str, to: &[String], kind| {
        let to = to.iter().find(|contact| !run.outbox.has(cause, contact))?;
        let message = words(look, to, cause, kind);
        Some(queued(to, cause, kind, message, None))
    };
    // A clock that ran out asks for its messages whatever the severity is by now.
    let fired = run.deadlines.iter().filter_map(|clock| {
        let cause = Cause::of(plan, clock)?;
        let order = clock::rung(plan, clock).map_or(usize::MAX, |(number, _)| number);
        Some((order, clock, cause))
    });
    let mut fired: Vec<_> = fired.collect();
    fired.sort_by_key(|(order, clock, _)| (*order, *clock));
    let due = fired.into_iter().find_map(|(_, clock, cause)| match cause {
        Cause::Rung(rung) => missing(clock, &rung.to, rung.kind),
        Cause::Timer(timer) => missing(clock, &timer.to, timer.kind),
    });
    if let Some(kind) = due {
        return Some(Move::record(kind));
    }
    let asked = (0..run.escalations_asked).find_map(|count| {
        let rungs = clock::rungs(plan, run);
        let everybody: Vec<String> =
            rungs.into_iter().flat_map(|(_, rung)| rung.to.clone()).collect();
        missing(&format!("operator:{count}"), &everybody, EscalationKind::Engage)
    });
    asked.or_else(|| follow_up(look)).map(Move::record)
}

/// Where a call can be acknowledged and resolved, it is.
fn follow_up(look: &Look<'_>) -> Option<Kind> {
    let letters = look.run.outbox.letters();
    letters.into_iter().find_map(|letter| {
        let signal = letter.owes?;
        let follows = look.plan.place.contact(&letter.to).follows();
        follows.then(|| Kind::MessageQueued {
            to: letter.to.clone(),
            cause: letter.cause.clone(),
            kind: letter.kind,
            signal,
            message: match signal {
                Signal::Acknowledge => said::taken(look.session.lang).to_owned(),
                Signal::Tell | Signal::Resolve => said::over(look.session.lang).to_owned(),
            },
            post: None,
        })
    })
}

fn queued(
    to: &str,
    cause: &str,
    kind: EscalationKind,
    message: String,
    post: Option<Post>,
) -> Kind {
    let (to, cause) = (to.to_owned(), cause.to_owned());
    Kind::MessageQueued { to, cause, kind, signal: Signal::Tell, message, post }
}

/// A call that was not delivered yet, and whose reason is gone.
fn unneeded(look: &Look<'_>) -> Option<Move> {
    let reason = |letter: &Letter| {
        let (milestone, word) = match clock::rung(look.plan, &letter.cause)?.1.unless? {
            Unless::Acknowledged => (Milestone::Acknowledged, "acknowledged"),
            Unless::Mitigated => (Milestone::Mitigated, "mitigated"),
            Unless::Resolved => (Milestone::Resolved, "resolved"),
        };
        look.run.milestones.contains_key(&milestone).then_some(word)
    };
    look.run.outbox.letters().find_map(|letter| {
        let waits = matches!(letter.state, LetterState::Waiting(_)) && letter.signal.is_tell();
        let word = reason(letter).filter(|_| waits)?;
        let reason = format!("no longer needed: {word} meanwhile");
        Some(Move::record(ended(letter, Ending::NotDone { reason })))
    })
}

/// The end of a message that is not sent any more.
fn ended(letter: &Letter, ending: Ending) -> Kind {
    Kind::Notified {
        to: letter.to.clone(),
        cause: letter.cause.clone(),
        ending,
        shown: false,
        letter: Some(letter.id),
        retry_at: None,
        reference: None,
        perhaps: letter.perhaps,
    }
}

/// The first message whose time has come, one at a time for each contact.
fn send(look: &Look<'_>) -> Option<Move> {
    let free = |letter: &&Letter| {
        let theirs =
            |purpose: &Purpose| matches!(purpose, Purpose::Notify { to, .. } if *to == letter.to);
        !look.session.in_flight.values().any(theirs)
    };
    let now = |letter: &&Letter| match letter.state {
        LetterState::Waiting(at) => at.is_none_or(|at| at <= look.now),
        // Announced, and then something went wrong with the record.
        LetterState::Sending => true,
        _ => false,
    };
    let letter = look.run.outbox.open().filter(now).find(free)?;
    let effect = effect(look, letter);
    let marked = effect.message != letter.message;
    Some(Move::Start {
        kind: Box::new(Kind::Notifying {
            to: letter.to.clone(),
            cause: letter.cause.clone(),
            kind: letter.kind,
            message: if marked { effect.message.clone() } else { String::new() },
            letter: Some(letter.id),
            attempt: letter.attempts + 1,
        }),
        effect: Some(Box::new(Effect::Notify(Box::new(effect)))),
        purpose: Purpose::Notify {
            letter: letter.id,
            to: letter.to.clone(),
            cause: letter.cause.clone(),
        },
    })
}

fn is_in_flight(look: &Look<'_>, id: u64) -> bool {
    let ours =
        |purpose: &Purpose| matches!(purpose, Purpose::Notify { letter, .. } if *letter == id);
    look.session.in_flight.values().any(ours)
}

fn effect(look: &Look<'_>, letter: &Letter) -> NotifyEffect {
    let (plan, run_id) = (look.plan, &look.plan.place.run_id);
    let channel = plan.place.contact(&letter.to);
    let again = if letter.perhaps { Again::Perhaps } else { Again::First };
    let mut message = letter.message.clone();
    if letter.perhaps && !channel.knows_repeats() {
        message.push_str(" (possible duplicate)");
    }
    NotifyEffect {
        to: letter.to.clone(),
        channel,
        message,
        about: About { severity: clock::severity(plan, look.run), ..about(plan, &letter.cause) },
        kind: letter.kind,
        signal: letter.signal,
        id: format!("{run_id}/{}", letter.id),
        key: format!("{run_id}/{}", letter.cause),
        at: letter.at,
        again,
        post: letter.post.clone(),
        reference: look.run.outbox.reference(&letter.to).map(str::to_owned),
        time_limit: DELIVERY_LIMIT,
    }
}

fn about(plan: &Plan, cause: &str) -> About {
    About {
        run: plan.place.run_id.clone(),
        playbook: plan.head.id.clone(),
        title: plan.head.title.clone(),
        environment: plan.place.name.clone(),
        mode: match plan.mode {
            Mode::Real => "real",
            Mode::Drill => "drill",
        }
        .to_owned(),
        severity: plan.head.severity,
        cause: cause.to_owned(),
    }
}

/// What the end of an attempt means: delivered, tried again then, or given up.
pub(super) fn attempt_ended(
    run: &Run,
    run_id: &str,
    (letter, to, cause): (u64, &str, &str),
    output: Output,
    now: Timestamp,
) -> Kind {
    let attempts = run.outbox.letter(letter).map_or(1, |letter| letter.attempts);
    let fact = |name: &str| output.facts.get(name);
    let helps = fact("again") == Some(&true.into())
        || matches!(
            output.ending,
            Ending::TimedOut
                | Ending::Unknown { .. }
                | Ending::Failed { kind: FailKind::Connection | FailKind::Timeout, .. }
        );
    let wanted = fact("retry_after_ms").and_then(serde_json::Value::as_i64);
    let delay = delay(&format!("{run_id}/{letter}"), attempts, wanted.map(Span::from_millis));
    let doubt = matches!(output.ending, Ending::TimedOut | Ending::Unknown { .. });
    Kind::Notified {
        to: to.to_owned(),
        cause: cause.to_owned(),
        shown: fact("shown") == Some(&true.into()),
        letter: Some(letter),
        retry_at: (helps && attempts < ATTEMPTS).then(|| now + delay),
        reference: fact("reference").and_then(serde_json::Value::as_str).map(str::to_owned),
        perhaps: doubt || fact("perhaps") == Some(&true.into()),
        ending: output.ending,
    }
}

/// How long after attempt `attempts` the next one comes: twice as long each time, a fifth more or less so
/// that many runs do not come at once, and never before the other side wants it.
fn delay(id: &str, attempts: u32, wanted: Option<Span>) -> Span {
    let base = FIRST_DELAY.millis() << attempts.saturating_sub(1).min(10);
    // FNV-1a: any even spread will do, and the same message must come out the same.
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for byte in id.bytes().chain(attempts.to_le_bytes()) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    let percent = 80 + i64::try_from((hash >> 32) % 41).unwrap_or_default();
    let own = Span::from_millis(base * percent / 100);
    wanted.map_or(own, |wanted| wanted.max(own)).min(LONGEST_DELAY)
}

/// What the contact reads: what is the matter, since when, what is asked.
fn words(look: &Look<'_>, to: &str, cause: &str, kind: EscalationKind) -> String {
    let severity = clock::severity(look.plan, look.run).map(Severity::word);
    let severity = severity.map_or(String::new(), |word| format!("{word} "));
    let since = look.run.milestones.get(&Milestone::Detected);
    let lang = look.session.lang;
    let ask = match (Cause::of(look.plan, cause), kind) {
        (Some(Cause::Timer(timer)), _) => timer.say.as_str(),
        (_, EscalationKind::Inform) => said::inform(lang),
        (_, EscalationKind::Engage) => said::join(lang),
    };
    let head = &look.plan.head;
    let place = &look.plan.place;
    let since = since.map(|at| at.clock());
    let what = format!("{severity}{}", head.title);
    let words = said::call(lang, [&what, &place.name, ask, &place.run_id], since.as_deref());
    marked(look.plan, lang, to, words)
}

/// The words of a drill begin with the word, and say who would have read them.
fn marked(plan: &Plan, lang: Lang, to: &str, words: String) -> String {
    match plan.mode {
        Mode::Real => words,
        Mode::Drill => said::drill(lang, to, &words),
    }
}

/// The messages that a step queues when it is done. Those that a driver before had queued when it was cut
/// off are not queued again.
pub(super) fn of_step(
    plan: &Plan,
    run: &Run,
    unit: &Unit,
    cx: &Context<'_>,
    lang: Lang,
) -> Result<Vec<Kind>, Failure> {
    let Action::Notify(notify) = &unit.step.action else { return Ok(Vec::new()) };
    let cause = format!("step:{}", cx.unit);
    let ended_at = run.step(cx.unit).and_then(|state| state.ended_at);
    let words = cx.text(&notify.message)?;
    let post = post(notify, cx)?;
    let known = |to: &String| {
        run.outbox.letters().any(|letter| {
            letter.cause == cause && letter.to == *to && ended_at.is_none_or(|end| letter.at > end)
        })
    };
    let fresh = notify.to.0.iter().filter(|to| !known(to));
    Ok(fresh
        .map(|to| {
            let message = marked(plan, lang, to, words.clone());
            queued(to, &cause, EscalationKind::Inform, message, post.clone())
        })
        .collect())
}

fn post(notify: &Notify, cx: &Context<'_>) -> Result<Option<Post>, Failure> {
    let mut post = notify.post();
    if let Some(post) = &mut post
        && let Some(headline) = &mut post.headline
    {
        *headline = cx.text(headline)?;
    }
    Ok(post)
}

/// What everybody would read, when the step posts it on a public page.
pub(super) fn public_words(look: &Look<'_>, unit: &Unit, cx: &Context<'_>) -> Option<String> {
    let Action::Notify(notify) = &unit.step.action else { return None };
    let public = |to: &&String| look.plan.place.contact(to).is_public();
    let to = notify.to.0.iter().find(public)?;
    let words = cx.text(&notify.message).unwrap_or_else(|_| notify.message.clone());
    Some(format!("Everybody will read this on {to}:\n{words}"))
}

/// True for a step that posts something on a public page.
pub(super) fn is_public(plan: &Plan, unit: &Unit) -> bool {
    let Action::Notify(notify) = &unit.step.action else { return false };
    notify.to.0.iter().any(|to| plan.place.contact(to).is_public())
}
