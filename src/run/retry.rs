//! Trying again without asking: which failures, how often, after which pause.

use serde_json::Value;

use super::next::Look;
use super::state::StepState;
use crate::effect::FailKind;
use crate::plan::Unit;
use crate::playbook::Retry;
use crate::steps::{Failure, Rhythm, Stage};
use crate::template;
use crate::time::{Span, Timestamp};

/// The pause before a second attempt when `retry` names none.
const RETRY_EVERY: Span = Span::from_secs(5);
/// No pause between attempts is longer when `retry` names no `max`.
const RETRY_MAX: Span = Span::from_mins(5);

/// When a failed step is tried again without asking; `None` when it is not. Polling is a retry of its
/// own: its time limit is the limit.
pub(super) fn again_at(
    look: &Look<'_>,
    unit: &Unit,
    item: Option<(usize, &Value)>,
    state: &StepState,
    failure: &Failure,
) -> Option<Timestamp> {
    let retry = unit.step.common.retry.as_ref()?;
    let again = !matches!(failure.stage, Stage::Input | Stage::Gate | Stage::Cancelled)
        && failure.kind != FailKind::Cancelled
        && unit.step.action.rhythm() == Rhythm::Once
        && state.tries < retry.times
        && wanted(look, unit, item, state, retry);
    // A step that never began (its gate was refused, then only its checks ran) is not tried by itself.
    let ended = state.ended_at?;
    again.then(|| ended + pause_before(retry, state.tries))
}

fn wanted(
    look: &Look<'_>,
    unit: &Unit,
    item: Option<(usize, &Value)>,
    state: &StepState,
    retry: &Retry,
) -> bool {
    let Some(when) = &retry.when else { return true };
    let names = look.scope(&unit.prefix, item);
    let names = template::WithFacts { facts: &state.facts, outer: &names };
    template::holds(when, &names).is_ok_and(|held| held.truth)
}

/// The pause before the next attempt, `tries` attempts having been made.
#[expect(clippy::cast_possible_truncation, reason = "capped by RETRY_MAX or the author's max")]
fn pause_before(retry: &Retry, tries: u32) -> Span {
    let every = retry.every.unwrap_or(RETRY_EVERY);
    let power = i32::try_from(tries.saturating_sub(1)).unwrap_or(i32::MAX);
    let factor = retry.backoff.unwrap_or(1.0).max(1.0).powi(power);
    let max = retry.max.unwrap_or(RETRY_MAX).max(every);
    let longest = max.secs() * 1000.0;
    let millis = every.secs() * 1000.0 * factor;
    Span::from_millis(millis.min(longest) as i64)
}
