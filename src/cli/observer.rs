//! Who looks on while a run is driven: lines for a person, or the record's own lines for a program.

use crate::config::Danger;
use crate::effect::Effect;
use crate::plan::{Mode, Plan};
use crate::run::advance;
use crate::run::drive::Observer;
use crate::run::event::{Event, Kind, Milestone};
use crate::run::state::Run;
use crate::seeded::bug;
use crate::steps::Action;
use crate::time::{Moment, Span, Timestamp};
use crate::timeline::people::People;
use crate::timeline::sentence;
use crate::ui::progress::Running;
use crate::ui::screen::Screen;
use crate::ui::status::Status;
use crate::ui::view::View;

mod outlook;

pub(in crate::cli) use outlook::Outlook;

/// Shows a run on the screen.
pub(super) struct Shown {
    screen: Screen,
    view: View,
    json: bool,
    /// The step that was announced last, until it ends.
    running: Option<(String, Running)>,
    /// Both clocks at the event that was shown last.
    at: Moment,
    outlook: Outlook,
}

impl Shown {
    /// Shows on this screen. With `json` the events go to standard output, one a line.
    pub(super) fn new(screen: Screen, view: View, json: bool, at: Moment) -> Self {
        let shown = Self { screen, view, json, running: None, at, outlook: Outlook::default() };
        if json {
            let version = serde_json::json!({ "mayday": env!("CARGO_PKG_VERSION"), "format": crate::run::event::FORMAT });
            shown.screen.data(format!("{version}\n"));
        }
        shown
    }

    /// Nobody looks at it where it is neither drawn nor told to somebody who comes back to a question.
    fn is_looked_at(&self) -> bool {
        self.screen.look.live || self.view.attended
    }

    fn status(&self, plan: &Plan, run: &Run) -> Status {
        standing(plan, run, &self.view, &self.outlook, self.at)
    }

    /// What the line that moves says of a step that was announced.
    fn announced(&mut self, plan: &Plan, run: &Run, event: &Event) {
        match &event.kind {
            Kind::Started { step, deadline, .. } => {
                let unit = advance::find(plan, run, step).map(|(unit, _)| unit);
                // The time of a command stands still with mayday; what is waited for goes on.
                let waits = self.view.step(step).is_some_and(|step| step.waits);
                let over_at = deadline.filter(|_| waits);
                let over_at = over_at.map(|at| self.at.boot + at.since(event.at));
                let running = Running {
                    what: step.clone(),
                    since: self.at.boot,
                    expected: unit.and_then(|unit| unit.step.common.expected),
                    time_limit: None,
                    over_at,
                };
                // A pause asks nothing of the world: nobody will say that it is busy.
                if unit.is_some_and(|unit| matches!(unit.step.action, Action::Pause(_))) {
                    self.screen.runs(running.clone());
                }
                self.running = Some((step.clone(), running));
            }
            Kind::Ended { step, .. }
                if self.running.take_if(|(running, _)| running == step).is_some() =>
            {
                self.screen.rests();
            }
            Kind::Suspended { for_ms } => self.screen.stood_still(Span::from_millis(*for_ms)),
            _ => {}
        }
    }
}

/// Where a run stands, for the one line that says it.
pub(super) fn standing(
    plan: &Plan,
    run: &Run,
    view: &View,
    outlook: &Outlook,
    at: Moment,
) -> Status {
    let severity = run.incident.severity;
    Status {
        drill: plan.mode == Mode::Drill,
        severity: severity.map(|severity| plan.severity_names.shown(severity)).unwrap_or_default(),
        playbook: plan.head.id.clone(),
        place: match plan.place.danger {
            Danger::High => plan.place.name.to_uppercase(),
            Danger::Low => plan.place.name.clone(),
        },
        at,
        zero: view.zero,
        rto: view.rto,
        recovered: run.milestones.get(&Milestone::Recovered).copied(),
        held: plan.mode == Mode::Drill && run.incident.held.is_some(),
        forecast: outlook.standing.clone(),
        eta: outlook.eta.clone(),
        next: outlook::next_due(plan, run),
    }
}

impl Observer for Shown {
    fn event(&mut self, plan: &Plan, run: &Run, event: &Event) {
        // For the tests of what is said and left behind when mayday itself breaks.
        let broken = matches!(event.kind, Kind::Interrupted { .. }) && bug("a panic at Ctrl-C");
        assert!(!broken, "a bug, on purpose");
        self.at = Moment { wall: event.at, boot: Span::from_millis(event.boot_ms) };
        self.view.width = super::driven::width(&self.screen, plan);
        let lines = self.view.follow(plan, run, event);
        self.screen.talk(&lines);
        if self.json
            && let Ok(line) = serde_json::to_string(event)
        {
            self.screen.data(format!("{}\n", crate::text::json(&line)));
        }
        if self.is_looked_at() {
            self.announced(plan, run, event);
            if self.screen.look.live {
                self.outlook.hear(plan, run, event, self.at);
            }
            self.screen.status(self.status(plan, run));
        }
    }

    fn line(&mut self, _: &Plan, _: &Run, _: &str, line: &str) {
        self.screen.talk(&[format!("  | {line}")]);
        self.screen.last_line(line);
    }

    fn say(&mut self, words: &str) {
        self.screen.tell(words);
    }

    fn copy(&mut self, plan: &Plan, event: &Event) {
        let people = People::of(&[], None, true);
        let words = sentence::of(&event.kind, Some(plan), &people);
        self.screen.talk(&[format!("COPY  {}  {}: {words}", event.at.clock(), event.by)]);
    }

    fn due(&self) -> Option<Timestamp> {
        self.view.next_tick().into_iter().chain(self.outlook.due()).min()
    }

    fn tick(&mut self, plan: &Plan, run: &Run, now: Timestamp) {
        let lines = self.view.tick(now);
        self.screen.talk(&lines);
        if self.outlook.grow_old(plan, run, now) {
            self.screen.status(self.status(plan, run));
        }
    }

    fn busy(&mut self, plan: &Plan, run: &Run, effect: Option<&Effect>) {
        match effect {
            Some(Effect::Ask(_)) => {
                self.screen.rests();
                if self.view.attended {
                    self.screen.standing(self.view.standing(plan, run, self.at.wall));
                }
            }
            // The terminal is its own.
            Some(Effect::Process(command)) if command.interactive => self.screen.rests(),
            None => self.screen.rests(),
            Some(effect) if self.is_looked_at() => {
                let announced = self.running.as_ref().map(|(_, running)| running.clone());
                let running = announced.unwrap_or_else(|| Running {
                    what: effect.what(),
                    since: self.at.boot,
                    ..Running::default()
                });
                self.screen.runs(Running { time_limit: effect.time_limit(), ..running });
            }
            Some(_) => {}
        }
    }
}
