//! Where a run stands, for somebody who comes back to it: what is done, what is open or unknown, the clock,
//! what is next.
//!
//! Owns [`Standing`]: made from a plan and the state of its run, shown behind an interruption and beside a
//! question that stays open for long. Pure.

use serde_json::Value;

use crate::effect::EffectClass;
use crate::plan::{Plan, Unit};
use crate::run::stands;
use crate::run::state::{Run, StepState};
use crate::steps::Verdict;
use crate::ui::lang::Lang;
use crate::ui::layout::{INDENT, count, labelled, wrap};

/// Open steps are named one by one up to so many.
const NAMED: usize = 5;

/// The title of a step with what is known of it, of one of its items where one is given.
type Words<'a> = dyn Fn(&Unit, Option<(usize, &Value)>) -> String + 'a;

/// Where a run stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Standing {
    /// Each line of a drill begins with the word.
    pub drill: bool,
    /// How many steps the plan has; lines of steps begin with a place among so many.
    pub total: usize,
    /// `12 of 20 steps, the last one: export  Export the rows`.
    pub done: String,
    /// Steps that began and are not over, each with what is known of it.
    pub open: Vec<String>,
    /// The step that comes next; empty when all are over.
    pub next: String,
}

impl Standing {
    /// Where the run stands now. `words` fills in what is known of a title.
    #[must_use]
    pub fn of(plan: &Plan, run: &Run, words: &Words<'_>) -> Self {
        let named = |unit: &Unit| format!("{}  {}", unit.key, words(unit, None));
        let over = |unit: &&Unit| run.status(&unit.key).is_some();
        let total = count(plan.units.len() as u64, "step");
        let settled = plan.units.iter().filter(over).count();
        let last = plan
            .units
            .iter()
            .filter(over)
            .max_by_key(|unit| run.step(&unit.key).and_then(|state| state.settled_at));
        let last = last.map(|unit| format!(", the last one: {}", named(unit))).unwrap_or_default();
        let open = plan.units.iter().filter(|unit| !over(unit));
        let open = open.flat_map(|unit| {
            let keys = std::iter::once(unit.key.clone()).chain(items(run, unit));
            keys.filter(|key| run.status(key).is_none())
                .filter_map(|key| Some(format!("{key}  {}", state_of(unit, run.step(&key)?)?)))
        });
        let next = match stands::next_undo(plan, run) {
            Some(undo) => format!("{}  {}", undo.key, words(&undo.unit, undo.item)),
            None => plan.units.iter().find(|unit| !over(unit)).map(named).unwrap_or_default(),
        };
        Self {
            drill: plan.mode == crate::plan::Mode::Drill,
            total: plan.units.len(),
            done: format!("{settled} of {total}{last}"),
            open: open.collect(),
            next,
        }
    }

    /// The lines that say so, with the clock in its words.
    #[must_use]
    pub fn lines(&self, clock: &str, width: usize, lang: Lang) -> Vec<String> {
        let mark = format!("{} ", lang.say("DRILL"));
        let width = width.saturating_sub(if self.drill { mark.len() } else { 0 });
        let places = self.total.to_string().len() * 2 + 1;
        let labelled = |label: &str, text: &str| labelled(&lang.say(label), &lang.say(text), width);
        let first =
            format!(" {:places$} {:<column$} ", "", lang.say("NOTE"), column = lang.column());
        let mut lines = wrap(&lang.say("Where this run stands:"), width, &first, INDENT);
        lines.extend(labelled("done", &self.done));
        for (index, open) in self.open.iter().take(NAMED).enumerate() {
            lines.extend(labelled(if index == 0 { "open" } else { "" }, open));
        }
        if let Some(more) = self.open.len().checked_sub(NAMED).filter(|more| *more > 0) {
            lines.extend(labelled("", &format!("and {more} more: see `mayday status`")));
        }
        lines.extend(labelled("clock", clock));
        let next = if self.next.is_empty() { "every step is over" } else { &self.next };
        lines.extend(labelled("next", next));
        if self.drill {
            for line in &mut lines {
                line.insert_str(0, &mark);
            }
        }
        lines
    }
}

/// The keys of the items that a step is done for, once they are known.
fn items(run: &Run, unit: &Unit) -> impl Iterator<Item = String> {
    let items = run.items.get(&unit.key).map_or(0, Vec::len);
    (0..items).map(|index| format!("{}[{index}]", unit.key))
}

/// What is known of a step that is not over; `None` when nothing of it began.
fn state_of(unit: &Unit, state: &StepState) -> Option<String> {
    let reads = unit.class() == EffectClass::Read;
    match (&state.running, &state.verdict) {
        (Some(running), _) if running.earlier && reads => {
            Some(format!("was cut off, started {}; it only reads", running.since.clock()))
        }
        (Some(running), _) if running.earlier => Some(format!(
            "UNKNOWN: started {}, no end recorded; {}",
            running.since.clock(),
            crate::ui::card::place(unit.class(), unit.step.common.target.as_deref())
        )),
        (Some(running), _) => Some(format!("runs since {}", running.since.clock())),
        (None, Some(Verdict::Unknown { reason })) => Some(format!("UNKNOWN: {reason}")),
        (None, Some(Verdict::Fail(failure))) => Some(format!("FAILED: {failure}")),
        (None, _) => None,
    }
}
