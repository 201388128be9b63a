//! Who looks on while a run is driven: lines for a person, or the record's own lines for a program.

use crate::effect::Effect;
use crate::plan::{Plan, Unit};
use crate::run::drive::Observer;
use crate::run::event::Event;
use crate::run::state::Run;
use crate::timeline::people::People;
use crate::timeline::sentence;
use crate::ui::progress::Running;
use crate::ui::screen::Screen;
use crate::ui::view::View;

/// Shows a run on the screen.
pub(super) struct Shown {
    screen: Screen,
    view: View,
    json: bool,
    /// Every step before this position is settled: looked for once, not at every step anew.
    cursor: usize,
}

impl Shown {
    /// Shows on this screen. With `json` the events go to standard output, one a line.
    pub(super) fn new(screen: Screen, view: View, json: bool) -> Self {
        let shown = Self { screen, view, json, cursor: 0 };
        if json {
            let version = serde_json::json!({ "mayday": env!("CARGO_PKG_VERSION"), "format": crate::run::event::FORMAT });
            shown.screen.data(format!("{version}\n"));
        }
        shown
    }
}

impl Observer for Shown {
    fn event(&mut self, plan: &Plan, run: &Run, event: &Event) {
        let lines = self.view.follow(plan, run, event);
        self.screen.talk(&lines);
        if self.json
            && let Ok(line) = serde_json::to_string(event)
        {
            self.screen.data(format!("{}\n", crate::text::json(&line)));
        }
    }

    fn line(&mut self, _: &Plan, _: &Run, _: &str, line: &str) {
        self.screen.talk(&[format!("  | {line}")]);
        self.screen.last_line(line);
    }

    fn say(&mut self, words: &str) {
        self.screen.talk(&[words]);
    }

    fn copy(&mut self, plan: &Plan, event: &Event) {
        let people = People::of(&[], true);
        let words = sentence::of(&event.kind, Some(plan), &people);
        self.screen.talk(&[format!("COPY  {}  {}: {words}", event.at.clock(), event.by)]);
    }

    fn busy(&mut self, plan: &Plan, run: &Run, effect: Option<&Effect>) {
        match effect {
            Some(Effect::Ask(_)) | None => self.screen.rests(),
            Some(effect) => {
                let settled = |unit: &Unit| run.status(&unit.key).is_some();
                while plan.units.get(self.cursor).is_some_and(settled) {
                    self.cursor += 1;
                }
                let unit = plan.units.get(self.cursor);
                let label = unit.map_or_else(|| effect.what(), |unit| unit.key.clone());
                let expected = unit.and_then(|unit| unit.step.common.expected);
                self.screen.runs(Running {
                    what: label,
                    expected,
                    time_limit: effect.time_limit(),
                });
            }
        }
    }
}
