//! What a renderer must know beside the event: names and titles of steps, places in the plan, clocks.
//!
//! Owns [`View`], a fold over the events that were shown. Knows nothing of terminals.

use std::collections::{BTreeMap, BTreeSet};

use crate::config::Danger;
use crate::effect::EffectClass;
use crate::plan::{Mode, Plan, Unit, undo_unit};
use crate::run::event::{Event, Kind, Milestone, StepStatus};
use crate::run::stands::{self, Done};
use crate::severity::Names;
use crate::steps::Verdict;
use crate::time::{Span, Timestamp};
use crate::ui::card::Card;
use crate::ui::layout::USUAL;

/// The longest step key that gets a column of its own.
const KEY_COLUMN: usize = 20;

/// The clock is told at least this often (clocks, "What the responder sees").
const TOLD_EVERY: Span = Span::from_mins(10);

/// ... and when so much of the objective is used up, in percent.
const SHARES: [i64; 3] = [50, 75, 90];

/// What the renderer knows.
#[derive(Clone, Debug)]
pub struct View {
    /// The run's id.
    pub run: String,
    /// Every line starts with `DRILL`.
    pub drill: bool,
    /// The steps are held.
    pub held: bool,
    /// The environment's name.
    pub environment: String,
    /// How much a mistake costs here.
    pub danger: Danger,
    /// Where evidence paths begin; shown before them.
    pub folder: String,
    /// Steps by key.
    pub steps: BTreeMap<String, StepView>,
    /// Titles of phases by key.
    pub phases: BTreeMap<String, String>,
    /// What to do when a timer of the playbook is up, by its id.
    pub timers: BTreeMap<String, String>,
    /// Titles of a drill's criteria by id.
    pub criteria: BTreeMap<String, String>,
    /// How many steps the plan has.
    pub total: usize,
    /// What the run's clock counts from; `None` before that.
    pub zero: Option<Timestamp>,
    /// Boot id of the machine of the driver before.
    pub(super) boot_id: String,
    /// The recovery time objective.
    pub rto: Option<Span>,
    /// What the project calls the severities.
    pub severities: Names,
    /// The operator sees questions at a prompt; without one they are shown as lines.
    pub attended: bool,
    /// Columns to fill.
    pub width: usize,
    /// What is said is said in this language.
    pub lang: super::lang::Lang,
    pub(super) changes: Vec<Change>,
    pub(super) settled: BTreeSet<String>,
    pub(super) carded: BTreeSet<String>,
    pub(super) skipped: BTreeSet<String>,
    pub(super) messages: BTreeMap<(String, String), String>,
    /// Contact -> how a person gets hold of them.
    pub reach: BTreeMap<String, String>,
    pub(super) milestones: BTreeMap<Milestone, Timestamp>,
    pub(super) points: (u32, u32),
    pub(super) clock_told: Span,
    /// The longest key, in columns.
    pub widest_key: usize,
}

/// A step, as far as it is shown.
#[derive(Clone, Debug)]
pub struct StepView {
    /// Its place in the plan, from 1.
    pub number: usize,
    /// What it does, for a person.
    pub title: String,
    /// What it does to the world.
    pub class: EffectClass,
    /// It waits for something outside.
    pub waits: bool,
    /// When it fails, a part of its work may be done: no transaction takes that back.
    pub partial: bool,
    /// The step whose change it takes back.
    pub undoes: Option<String>,
    /// All that is said before it changes something.
    pub card: Card,
}

impl StepView {
    /// A step of a plan, or the undo of one.
    #[must_use]
    pub fn of(number: usize, unit: &Unit, words: &dyn Fn(&str) -> String) -> Self {
        let class = unit.class();
        let key = unit.step.action.key();
        Self {
            number,
            title: words(&unit.step.common.title),
            class,
            waits: key.starts_with("wait_") || key == "pause",
            partial: class != EffectClass::Read && !unit.is_atomic(),
            undoes: unit.undoes.clone(),
            card: Card::of(&unit.step, class, words),
        }
    }
}

/// Something that the run did to the world.
#[derive(Clone, Debug)]
pub(super) struct Change {
    pub step: String,
    pub title: String,
    pub undo: bool,
    pub sure: bool,
}

impl View {
    /// A view of a run without steps yet.
    #[must_use]
    pub fn new(run: &str) -> Self {
        Self {
            run: run.to_owned(),
            drill: false,
            held: false,
            environment: String::new(),
            danger: Danger::High,
            folder: String::new(),
            steps: BTreeMap::new(),
            phases: BTreeMap::new(),
            timers: BTreeMap::new(),
            criteria: BTreeMap::new(),
            total: 0,
            zero: None,
            boot_id: String::new(),
            rto: None,
            severities: Names::default(),
            attended: true,
            width: USUAL,
            lang: super::lang::Lang::English,
            changes: Vec::new(),
            settled: BTreeSet::new(),
            carded: BTreeSet::new(),
            skipped: BTreeSet::new(),
            messages: BTreeMap::new(),
            reach: BTreeMap::new(),
            milestones: BTreeMap::new(),
            points: (0, 0),
            clock_told: Span::ZERO,
            widest_key: 0,
        }
    }

    /// A view of a plan. `words` fills in what is known of a text with `{{ }}`.
    #[must_use]
    pub fn of(plan: &Plan, words: &dyn Fn(&str) -> String) -> Self {
        let mut view = Self::new(&plan.place.run_id);
        view.drill = plan.mode == Mode::Drill;
        view.environment.clone_from(&plan.place.name);
        view.danger = plan.place.danger;
        view.folder = plan.place.run_dir.display().to_string();
        view.rto = plan.head.objectives.rto;
        view.total = plan.units.len();
        view.severities = plan.severity_names.clone();
        let contacts = plan.place.contacts.iter();
        view.reach = contacts
            .filter_map(|(name, contact)| Some((name.clone(), contact.reach.clone()?)))
            .collect();
        for phase in &plan.phases {
            let title = &phase.title;
            let title =
                if phase.immediate { format!("FIRST, NOW: {title}") } else { title.clone() };
            view.phases.insert(phase.key.clone(), title);
        }
        let timers = plan.head.timers.iter();
        view.timers = timers.map(|(id, timer)| (id.clone(), timer.say.clone())).collect();
        for criterion in &plan.criteria {
            if let Some(id) = &criterion.head.id {
                let title = criterion.head.title.as_deref().map(words).unwrap_or_default();
                view.criteria.insert(id.clone(), title);
            }
        }
        for (index, unit) in plan.units.iter().enumerate() {
            view.widest_key = view.widest_key.max(console::measure_text_width(&unit.key));
            view.steps.insert(unit.key.clone(), StepView::of(index + 1, unit, words));
            if let Some(undo) = undo_unit(unit) {
                view.steps.insert(undo.key.clone(), StepView::of(index + 1, &undo, words));
            }
        }
        view
    }

    /// The lines for an event, which from here on is known.
    pub fn tell(&mut self, event: &Event) -> Vec<String> {
        let lines = super::plain::render(event, self);
        self.apply(event);
        lines
    }

    /// Remembers an event without showing it: the past of a resumed run.
    pub fn apply(&mut self, event: &Event) {
        match &event.kind {
            Kind::Opened(opened) => {
                self.run.clone_from(&opened.run);
                self.drill = opened.mode == Mode::Drill;
                self.environment.clone_from(&opened.environment);
                self.danger = opened.danger;
                self.zero.get_or_insert(event.at);
                self.boot_id.clone_from(&opened.boot_id);
            }
            Kind::Attached { boot_id, .. } => self.boot_id.clone_from(boot_id),
            Kind::ClockStepped { by_ms, .. } => {
                let by = Span::from_millis(*by_ms);
                let told = self.zero.iter_mut().chain(self.milestones.values_mut());
                told.for_each(|at| *at = *at + by);
            }
            Kind::Held { .. } => self.held = true,
            Kind::Released => self.held = false,
            Kind::RecordMoved { to, .. } => self.folder.clone_from(to),
            Kind::Milestone { milestone, when, .. } => {
                self.milestones.insert(*milestone, *when);
            }
            Kind::Reopened { .. } => {
                self.milestones.retain(|which, _| *which < Milestone::Mitigated);
            }
            Kind::Asked { step, .. } | Kind::Started { step, .. } => {
                self.carded.insert(self.known_key(step));
            }
            Kind::Ended { step, verdict, .. } => self.remember_change(step, verdict),
            Kind::Skipped { step, .. } => {
                self.skipped.insert(step.clone());
                self.over(step);
            }
            Kind::Settled { step, status } => {
                self.over(step);
                if *status == StepStatus::ByHand {
                    self.remember_change(step, &Verdict::Pass);
                }
            }
            Kind::MessageQueued { to, cause, message, .. }
            | Kind::Notifying { to, cause, message, letter: None, .. } => {
                self.messages.insert((to.clone(), cause.clone()), message.clone());
            }
            Kind::Judged { verdict, points, .. } => {
                self.points.1 += points;
                if *verdict == Verdict::Pass {
                    self.points.0 += points;
                }
            }
            _ => {}
        }
    }

    /// The lines for the passing of time: at 50, 75 and 90 % of the RTO and every ten minutes. At 100 % the
    /// deadline itself is an event.
    pub fn tick(&mut self, at: Timestamp) -> Vec<String> {
        let Some(zero) = self.ticking_since() else { return Vec::new() };
        let elapsed = at.since(zero);
        let before = self.clock_told;
        self.clock_told = elapsed.max(before);
        // Once all is used up, so much of it says nothing.
        let within = self.rto.is_some_and(|rto| elapsed < rto);
        let share = SHARES.into_iter().rev().filter(|_| within).find(|percent| {
            self.share(*percent).is_some_and(|mark| before < mark && mark <= elapsed)
        });
        let tenth = Span::from_millis(elapsed.millis() / TOLD_EVERY.millis() * TOLD_EVERY.millis());
        if share.is_none() && !(before < tenth && tenth <= elapsed) {
            return Vec::new();
        }
        super::plain::clock_line(self, at, share)
    }

    /// What the clock counts from while its marks mean something: they do not while a drill is held.
    fn ticking_since(&self) -> Option<Timestamp> {
        self.zero.filter(|_| self.recovered().is_none() && !(self.drill && self.held))
    }

    /// When [`View::tick`] has something to say next, as far as it is known now.
    #[must_use]
    pub fn next_tick(&self) -> Option<Timestamp> {
        let zero = self.ticking_since()?;
        let shares = SHARES.into_iter().filter_map(|percent| self.share(percent));
        let tenths = self.clock_told.millis().max(0) / TOLD_EVERY.millis() + 1;
        let marks = shares.chain([TOLD_EVERY.times(tenths)]);
        marks.filter(|mark| *mark > self.clock_told).min().map(|mark| zero + mark)
    }

    fn share(&self, percent: i64) -> Option<Span> {
        self.rto.map(|rto| Span::from_millis(rto.millis() / 100 * percent))
    }

    fn remember_change(&mut self, key: &str, verdict: &Verdict) {
        if *verdict == Verdict::Pass
            && let Some(undone) = self.undone_by(key)
        {
            self.changes.retain(|known| known.step != undone);
            return;
        }
        if let Some(change) = self.change(key, verdict) {
            self.changes.retain(|known| known.step != key);
            self.changes.push(change);
        }
    }

    /// The step whose change a step takes back; an item's undo takes back that item.
    fn undone_by(&self, key: &str) -> Option<String> {
        let own = key.strip_suffix(".undo").map(str::to_owned);
        own.or_else(|| self.step(key)?.undoes.clone())
    }

    /// The changes so far, and the one that a verdict just now speaks of.
    pub(super) fn changes_with(&self, just: Option<(&str, &Verdict)>) -> Vec<Change> {
        let change = just.and_then(|(key, verdict)| self.change(key, verdict));
        let mut changes = self.changes.clone();
        if let Some(change) = change {
            changes.retain(|known| known.step != change.step);
            changes.push(change);
        }
        changes
    }

    /// What a step with this verdict did to the world; `None` when nothing.
    fn change(&self, key: &str, verdict: &Verdict) -> Option<Change> {
        let step = self.step(key).filter(|step| step.class != EffectClass::Read)?;
        let sure = stands::of_verdict(verdict, !step.partial)? == Done::Surely;
        let known = self.changes.iter().find(|known| known.step == key);
        let sure = sure || known.is_some_and(|known| known.sure);
        let undo = step.card.undo.is_some();
        Some(Change { step: key.to_owned(), title: step.title.clone(), undo, sure })
    }

    /// The step that a key belongs to; the key of an item leads to its step.
    #[must_use]
    pub fn step(&self, key: &str) -> Option<&StepView> {
        self.steps.get(&self.known_key(key))
    }

    /// The key under which the step of `key` is known here: `import` for `import[2]`.
    pub(super) fn known_key(&self, key: &str) -> String {
        if self.steps.contains_key(key) {
            return key.to_owned();
        }
        let (name, undo) = match key.strip_suffix(".undo") {
            Some(name) => (name, ".undo"),
            None => (key, ""),
        };
        let name = name.split_once('[').map_or(name, |(name, _)| name);
        format!("{name}{undo}")
    }

    /// Counts a step of the plan once: not each item of one that is done for several, nor an undo.
    fn over(&mut self, key: &str) {
        if self.steps.contains_key(key) && key.strip_suffix(".undo").is_none() {
            self.settled.insert(key.to_owned());
        }
    }

    /// How wide the column of keys is.
    pub(super) fn key_column(&self) -> usize {
        self.widest_key.min(if self.width < 70 { 0 } else { KEY_COLUMN })
    }

    /// Words of a step anew, now that more names have their values.
    pub fn refresh(&mut self, unit: &Unit, words: &dyn Fn(&str) -> String) {
        if let Some(step) = self.steps.get_mut(&unit.key) {
            *step = StepView::of(step.number, unit, words);
        }
    }

    /// The run's clock at an instant: `14:20 of 30:00, 15:40 left`.
    #[must_use]
    pub fn clock(&self, at: Timestamp) -> String {
        let recovered = self.milestones.get(&Milestone::Recovered).copied();
        super::status::told(self.zero, self.rto, recovered, at)
    }

    /// When service was back.
    #[must_use]
    pub fn recovered(&self) -> Option<Timestamp> {
        self.milestones.get(&Milestone::Recovered).copied()
    }
}
