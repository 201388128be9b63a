//! Stop conditions of a drill: what must not go on, looked at between its steps and while they run.
//!
//! Owns when a condition is looked at and what a look means. One that holds ends what runs and gives the drill up;
//! its cleanup goes on. One that cannot be looked at stops nothing, and the record says so once. Pure.

use super::digest::Digest;
use super::event::{DrillFact, Kind};
use super::interrupt;
use super::next::{Look, Move};
use super::session::{Purpose, Session};
use super::state::Run;
use super::{checks, next};
use crate::effect::{EffectId, Ending, FailKind, Output};
use crate::plan::{Mode, Plan, Section};
use crate::steps::Verdict;
use crate::time::{Span, Timestamp};

/// While something runs each condition is looked at this often; between two steps always.
pub const EVERY: Span = Span::from_secs(10);

/// Looks are no events; their numbers are out of the way of those of a run and of its guard.
const FIRST: u64 = u64::MAX / 2;

/// The next look that is due, or the end of a drill whose condition has tripped and whose step has ended.
pub(super) fn due(look: &Look<'_>) -> Option<Move> {
    if !watches(look) {
        return None;
    }
    if let Some((condition, measured)) = &look.run.drill.tripped {
        let idle = look.session.in_flight.values().all(|purpose| !purpose.is_foreground());
        let reason = format!("stop condition {condition}: {measured}");
        return idle.then(|| Move::record(Kind::Abandoned { reason }));
    }
    let index = (0..look.plan.stop_if.len()).find(|index| is_due(look, *index))?;
    let effect = checks::effect_of(look.plan, look.run, &look.plan.stop_if[index], look.now);
    Some(match effect {
        Ok(effect) => Move::Look {
            id: EffectId(FIRST + index as u64),
            effect: effect.map(Box::new),
            purpose: Purpose::Stop { index },
        },
        Err(failure) => Move::record(unseen(look.plan, index, failure.to_string())),
    })
}

/// True while a drill is between its beginning and its cleanup.
fn watches(look: &Look<'_>) -> bool {
    let (plan, run) = (look.plan, look.run);
    let next = plan.units.get(look.session.cursor);
    plan.mode == Mode::Drill
        && !plan.stop_if.is_empty()
        && run.abandoned.is_none()
        && run.closed.is_none()
        && look.session.leaving.is_none()
        && next.is_some_and(|unit| plan.section(unit) != Section::Cleanup)
}

fn is_due(look: &Look<'_>, index: usize) -> bool {
    let session = look.session;
    if under_way(session, index) || gave_up(look, index) {
        return false;
    }
    let Some((at, cursor)) = session.stops.get(&index) else { return true };
    look.now >= *at + EVERY || (!session.busy() && *cursor != session.cursor)
}

/// A condition that cannot even be asked is given up for good: its values will not come.
fn gave_up(look: &Look<'_>, index: usize) -> bool {
    let name = name(look.plan, index);
    !look.session.stops.contains_key(&index) && look.run.drill.unseen.contains(&name)
}

fn under_way(session: &Session, index: usize) -> bool {
    session.in_flight.contains_key(&EffectId(FIRST + index as u64))
}

/// True while one is looked at: nothing new begins. One that could not be looked at before holds no step up, as it
/// stops nothing: it is looked at beside what runs, and nothing of it is left behind the last step.
pub(super) fn looking(look: &Look<'_>) -> bool {
    let unseen = |index: usize| look.run.drill.unseen.contains(&name(look.plan, index));
    look.session.in_flight.values().any(
        |purpose| matches!(purpose, Purpose::Stop { index } if !unseen(*index) || !watches(look)),
    )
}

/// When the next one is to be looked at beside what runs or is waited for.
pub(super) fn next_look(look: &Look<'_>) -> Option<Timestamp> {
    if !watches(look) || look.run.drill.tripped.is_some() {
        return None;
    }
    let open = look.session.stops.iter().filter(|(index, _)| !under_way(look.session, **index));
    open.map(|(_, (at, _))| *at + EVERY).min()
}

/// What a look means.
pub(super) fn looked(
    plan: &Plan,
    run: &Run,
    session: &mut Session,
    index: usize,
    output: &Output,
    now: Timestamp,
) -> Digest {
    let Some(probe) = plan.stop_if.get(index) else { return Digest::default() };
    if output.ending == Ending::Cancelled || run.drill.tripped.is_some() || run.abandoned.is_some()
    {
        return Digest::default();
    }
    let (verdict, measured) = checks::answer_of(plan, run, probe, output, now);
    let name = name(plan, index);
    match verdict {
        Verdict::Pass => {
            let title = probe.head.title.as_deref().unwrap_or_default();
            let title = super::words::plain(title, plan, run, now);
            let measured = measured.unwrap_or_else(|| "it holds".to_owned());
            let mut digest =
                Digest::fact(Kind::Drill(DrillFact::Tripped { condition: name, title, measured }));
            digest.cancel = interrupt::all(session);
            digest
        }
        Verdict::Fail(failure)
            if output.ending == Ending::Done
                && matches!(failure.kind, FailKind::Assertion | FailKind::Exit) =>
        {
            Digest::default()
        }
        _ if run.drill.unseen.contains(&name) => Digest::default(),
        Verdict::Fail(failure) => Digest::fact(unseen(plan, index, failure.to_string())),
        Verdict::Unknown { reason } => Digest::fact(unseen(plan, index, reason)),
        Verdict::More => Digest::fact(unseen(plan, index, "one look does not tell".to_owned())),
    }
}

fn unseen(plan: &Plan, index: usize, why: String) -> Kind {
    Kind::Drill(DrillFact::Unseen { condition: name(plan, index), why })
}

/// The name of a condition in the record.
fn name(plan: &Plan, index: usize) -> String {
    let id = plan.stop_if.get(index).and_then(|probe| probe.head.id.clone());
    id.unwrap_or_else(|| format!("{}-{}", next::STOP_IF, index + 1))
}
