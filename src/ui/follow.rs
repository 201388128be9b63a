//! Following a run while it is driven: titles filled in as names get their values, clocks kept right.

use crate::plan::{Plan, undo_unit};
use crate::run::advance;
use crate::run::clock::rto_anchor;
use crate::run::event::{Event, Kind};
use crate::run::scope::Scope;
use crate::run::state::Run;
use crate::run::words;
use crate::time::Timestamp;
use crate::ui::standing::Standing;
use crate::ui::view::View;

impl View {
    /// A view of a plan before anything happened: what is not known yet reads `<from ...>`.
    #[must_use]
    pub fn fresh(plan: &Plan, now: Timestamp) -> Self {
        let nothing = Run::default();
        Self::of(plan, &|text| words::plain(text, plan, &nothing, now))
    }

    /// The lines for an event that is durable; `run` is the state behind it.
    pub fn follow(&mut self, plan: &Plan, run: &Run, event: &Event) -> Vec<String> {
        self.learn(plan, run, event);
        let zero = zero(plan, run);
        self.zero = zero;
        let mut lines = self.tick(event.at);
        if matches!(event.kind, Kind::Attached { .. }) {
            // Its own line tells the clock.
            lines.clear();
        }
        lines.extend(self.tell(event));
        // Who was away is told where it stands. The clock's line stands above, and is on the last row.
        if matches!(event.kind, Kind::Attached { .. } | Kind::Suspended { .. }) {
            let standing = self.standing(plan, run, event.at);
            lines.extend(standing.lines(&self.clock(event.at), self.whole_width(), self.lang));
        }
        // The state knows best, also of a clock that was just set.
        self.zero = zero;
        lines
    }

    /// Takes in an event that was shown before, by this terminal or another; `run` is the state behind it.
    pub fn catch_up(&mut self, plan: &Plan, run: &Run, event: &Event) {
        self.learn(plan, run, event);
        self.apply(event);
        self.zero = zero(plan, run);
        // Marks of the clock that passed by then were told by whoever drove.
        let _ = self.tick(event.at);
    }

    /// Fills in the words of what an event is about, as far as they are known behind it.
    fn learn(&mut self, plan: &Plan, run: &Run, event: &Event) {
        match &event.kind {
            Kind::Asked { step, .. } | Kind::Started { step, .. } | Kind::Skipped { step, .. } => {
                self.fill_in(plan, run, step, event.at);
            }
            Kind::Judged { criterion, .. } => {
                let mut probes = plan.criteria.iter().map(|probe| &probe.head);
                let head = probes.find(|head| head.id.as_deref() == Some(criterion));
                if let Some(title) = head.and_then(|head| head.title.as_deref()) {
                    let title = words::plain(title, plan, run, event.at);
                    self.criteria.insert(criterion.clone(), title);
                }
            }
            _ => {}
        }
    }

    /// Where the run stands, with the titles as far as they are known.
    #[must_use]
    pub fn standing(&self, plan: &Plan, run: &Run, now: Timestamp) -> Standing {
        Standing::of(plan, run, &|unit, item| words::title(plan, run, unit, item, now))
    }

    /// Columns of the window: a drill's mark takes some of them from the lines.
    fn whole_width(&self) -> usize {
        self.width + if self.drill { "DRILL ".len() } else { 0 }
    }

    /// Fills in what is known by now of the words of a step; the rest reads `<from ...>`.
    fn fill_in(&mut self, plan: &Plan, run: &Run, key: &str, now: Timestamp) {
        let undone = key.strip_suffix(".undo");
        let Some((unit, item)) = advance::find(plan, run, undone.unwrap_or(key)) else { return };
        let undo = undone.and_then(|_| undo_unit(unit));
        let unit = undo.as_ref().unwrap_or(unit);
        let scope = Scope { prefix: &unit.prefix, item, ..Scope::new(plan, run, now) };
        self.refresh(unit, &|text| words::known(text, &scope));
    }
}

/// What the clock of a run counts from; `None` before that.
fn zero(plan: &Plan, run: &Run) -> Option<Timestamp> {
    match plan.head.objectives.rto {
        Some(_) => rto_anchor(plan, run).map(|(at, _)| at),
        None => run.opened_at,
    }
}
