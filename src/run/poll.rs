//! Polling: looks that are counted until enough of them were good, or time is up.

use super::session::{Poll, Purpose, Session};
use crate::effect::{EffectId, Ending, FailKind, Output};
use crate::steps::{Failure, Stage, Verdict};
use crate::time::{Span, Timestamp};

/// The rhythm of a polling and its end.
#[derive(Clone, Copy)]
pub(super) struct Beat {
    pub every: Span,
    pub in_a_row: u32,
    pub deadline: Option<Timestamp>,
}

/// What polling came to.
pub(super) struct Polled {
    pub verdict: Verdict,
    /// Looks that were taken.
    pub looks: u32,
    /// From the beginning of the first look to the end of the last one.
    pub took: Span,
}

/// Counts a look: `Ok` when another one follows, else what all of them came to.
pub(super) fn keep_looking(
    session: &mut Session,
    id: EffectId,
    purpose: &Purpose,
    verdict: Verdict,
    output: &Output,
    beat: Beat,
    now: Timestamp,
) -> Result<(), Polled> {
    let fresh = !matches!(&session.poll, Some(poll) if poll.id == id);
    if fresh {
        session.poll = Some(Poll {
            id,
            purpose: purpose.clone(),
            looks: 0,
            streak: 0,
            began: now - output.elapsed,
            look_at: now - output.elapsed,
            next_at: None,
            last: None,
        });
    }
    let Some(poll) = &mut session.poll else {
        return Err(Polled { verdict, looks: 1, took: output.elapsed });
    };
    if let Some(planned) = poll.next_at.take() {
        poll.look_at = planned.max(now - output.elapsed);
    }
    poll.looks += 1;
    let looks = poll.looks;
    // One look took what it says, to the millisecond of its own clock.
    let took = if looks > 1 { now.since(poll.began) } else { output.elapsed };
    let over = |session: &mut Session, verdict| {
        session.poll = None;
        Err(Polled { verdict, looks, took })
    };
    if output.ending == Ending::Cancelled {
        return over(session, verdict);
    }
    match verdict {
        Verdict::Pass => {
            poll.streak += 1;
            if poll.streak >= beat.in_a_row {
                return over(session, Verdict::Pass);
            }
        }
        Verdict::Fail(failure) if failure.stage == Stage::Input => {
            return over(session, Verdict::Fail(failure));
        }
        Verdict::Fail(failure) => {
            poll.streak = 0;
            poll.last = Some(failure);
        }
        other => return over(session, other),
    }
    let next_at = (poll.look_at + beat.every).max(now);
    if beat.deadline.is_some_and(|deadline| next_at >= deadline) {
        let last =
            poll.last.as_ref().map_or("not often enough in a row".into(), |f| f.message.clone());
        let message = match looks {
            1 => format!("time limit reached after 1 look in {took}: {last}"),
            _ => format!("time limit reached after {looks} looks in {took}: {last}"),
        };
        let failure = Failure::new(Stage::Timeout, FailKind::Timeout, message);
        return over(session, Verdict::Fail(failure));
    }
    poll.next_at = Some(next_at);
    Ok(())
}
