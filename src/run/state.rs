//! The state of a run: the fold of its events.
//!
//! Owns [`Run`] and `apply`, which is total: it cannot fail and reads no clock. What only the current
//! session knows (effects in flight, looks taken) is not here but in `session`.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value;

mod aside;
mod drill;
mod incident;
mod step;

pub use aside::{Approval, Hand};
pub use drill::{DrillState, Judged};
pub use incident::{Incident, Reopened};
pub use step::{BROKEN, Chosen, EDITED, GLASS, Gate, Menu, NEW_CODE, Running, StepState};

use super::event::{
    Asking, Event, Kind, Lasting, Milestone, Opened, Outcome, StepStatus, StopReason,
};
use super::{clock, objective};
use super::{given::Given, outbox::Outbox};
use crate::seeded::bug;
use crate::steps::{Stage, Verdict};
use crate::time::{Moment, Span, Timestamp};

/// Everything that the events of a run say.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Run {
    /// The first event; `None` only for an empty record.
    pub opened: Option<Opened>,
    /// When it was opened.
    pub opened_at: Option<Timestamp>,
    /// How many events were applied.
    pub events: u64,
    /// When the last event was recorded.
    pub last_at: Option<Timestamp>,
    /// The boot clock then, milliseconds.
    pub last_boot_ms: i64,
    /// The boot of the machine that the boot clock counts from.
    pub boot_id: String,
    /// When the current driver took the run up.
    pub attached_at: Option<Timestamp>,
    /// When the driver before it was last heard of.
    pub left_at: Option<Timestamp>,
    /// When a driver was last heard of: the last event that is not about taking the run up.
    pub heard_at: Option<Timestamp>,
    /// Who drives.
    pub operator: String,
    /// Inputs that have their value.
    pub inputs: BTreeMap<String, Known>,
    /// Answers given in advance.
    pub given: Given,
    /// Names captured by steps.
    pub captured: BTreeMap<String, Known>,
    /// Names captured as secrets, and the step that captured each.
    pub captured_secrets: BTreeMap<String, String>,
    /// Phases that began or were passed over.
    pub phases: HashMap<String, PhaseState>,
    /// Steps that something happened to.
    pub steps: HashMap<String, StepState>,
    /// Items of steps with `for_each`.
    pub items: HashMap<String, Vec<Value>>,
    /// Steps that were settled, however that was, in order.
    pub settling: Vec<String>,
    /// Steps that passed, in order.
    pub passed: Vec<String>,
    /// Steps whose undo has run.
    pub undone: BTreeSet<String>,
    /// Targets that are others than declared, and were accepted: the difference, and the reason.
    pub accepted: BTreeMap<String, (String, String)>,
    /// Milestones; the latest amendment counts.
    pub milestones: BTreeMap<Milestone, Timestamp>,
    /// The incident around it.
    pub incident: Incident,
    /// How long steps took in earlier runs.
    pub expectations: BTreeMap<String, Lasting>,
    /// The phases of ways around, and what each takes to its end.
    pub fallbacks: BTreeMap<String, Span>,
    /// Clocks whose deadline has passed.
    pub deadlines: BTreeSet<String>,
    /// How often the operator asked for an escalation.
    pub escalations_asked: usize,
    /// Messages, and what became of each.
    pub outbox: Outbox,
    /// Criteria that were evaluated.
    pub criteria: BTreeMap<String, Judged>,
    /// What a drill tells beside its steps.
    pub drill: DrillState,
    /// Roles, and whose they are.
    pub roles: BTreeMap<String, String>,
    /// Slips from other terminals that are on the record: none is taken twice.
    pub slips: BTreeSet<String>,
    /// The step whose menu asked for the rollback that goes on.
    pub rollback_from: Option<String>,
    /// The undos of passed steps are being run, back to and with this step (all when `None`).
    pub rollback: Option<Option<String>>,
    /// Steps before this phase are passed over.
    pub jump: Option<String>,
    /// The rest was given up, and why.
    pub abandoned: Option<String>,
    /// When it was given up or closed.
    pub over_at: Option<Timestamp>,
    /// When the driver had nothing more to do for it: it is closed, or to be taken up again.
    pub left_off_at: Option<Timestamp>,
    /// The driver left.
    pub stopped: Option<(StopReason, String)>,
    /// It is over.
    pub closed: Option<(Outcome, String)>,
    /// Folders of this run before its record was moved, oldest first: attempts begun by then left
    /// their files there.
    pub earlier_folders: Vec<String>,
    /// The run's folder since this session moved its record; a later session is told where it is.
    pub folder: Option<String>,
}

/// A value that a name stands for, or a secret that only memory holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Known {
    /// A value.
    Value(Value),
    /// A secret; the step that captured it, when one did.
    Secret(Option<String>),
}

/// What happened to a phase.
#[derive(Clone, Debug, PartialEq)]
pub enum PhaseState {
    /// It began then.
    Entered(Timestamp),
    /// It was passed over.
    Skipped,
}

impl Run {
    /// The state after these events.
    pub fn fold<'a>(events: impl IntoIterator<Item = &'a Event>) -> Self {
        let mut run = Self::default();
        for event in events {
            run.apply(event);
        }
        run
    }

    /// The state of a step; a step that nothing happened to has the empty one.
    #[must_use]
    pub fn step(&self, key: &str) -> Option<&StepState> {
        self.steps.get(key)
    }

    /// How a step was settled.
    #[must_use]
    pub fn status(&self, key: &str) -> Option<StepStatus> {
        self.steps.get(key).and_then(|step| step.settled)
    }

    fn step_mut(&mut self, key: &str) -> &mut StepState {
        self.steps.entry(key.to_owned()).or_default()
    }

    /// By how much the wall clock was set since the last event, as far as one boot of the machine can tell.
    #[must_use]
    pub fn stepped(&self, boot_id: &str, now: Moment) -> Option<Span> {
        let boot = Span::from_millis(self.last_boot_ms);
        let before = Moment { wall: self.last_at?, boot };
        (self.boot_id == boot_id).then(|| clock::stepped(before, now)).flatten()
    }

    /// Remembers one event. Events that make no sense here change as little as they can.
    pub fn apply(&mut self, event: &Event) {
        self.events += 1;
        let before = self.heard_at;
        // What another terminal recorded while nobody drove tells nothing of a driver and its clocks.
        let alone = event.slip.as_ref().is_some_and(|slip| slip.alone);
        if !alone {
            self.last_at = Some(event.at);
            self.last_boot_ms = event.boot_ms;
            if !event.kind.is_about_taking_up() {
                self.heard_at = Some(event.at);
            }
        }
        self.outbox.apply(self.events.saturating_sub(1), event);
        self.incident.apply(event, &mut self.milestones);
        self.given.apply(&event.kind);
        self.slips.extend(event.slip.as_ref().map(|slip| slip.id.clone()));
        match &event.kind {
            Kind::Opened(opened) => {
                self.operator.clone_from(&opened.operator);
                self.boot_id.clone_from(&opened.boot_id);
                self.opened = Some((**opened).clone());
                self.opened_at = Some(event.at);
                self.attached_at = Some(event.at);
            }
            Kind::Attached { operator, boot_id, .. } => {
                self.left_at = before;
                self.attached_at = Some(event.at);
                self.taken_up(operator, boot_id);
            }
            Kind::InputGiven { name, value, secret, .. } => {
                let known = if *secret { Known::Secret(None) } else { Known::Value(value.clone()) };
                self.inputs.insert(name.clone(), known);
            }
            Kind::PhaseEntered { phase } => self.reach(phase, PhaseState::Entered(event.at)),
            Kind::PhaseSkipped { phase, .. } => {
                self.reach(phase, PhaseState::Skipped);
            }
            Kind::Expanded { step, items } => {
                self.items.insert(step.clone(), items.clone());
            }
            Kind::Skipped { step, .. } => self.settle(step, StepStatus::Skipped, event.at),
            Kind::Settled { step, status } => self.settle(step, *status, event.at),
            Kind::Expectations { .. } | Kind::DeadlinePassed { .. } => {
                self.apply_to_clocks(&event.kind);
            }
            Kind::Judged { criterion, verdict, measured, .. } => {
                let judged = Judged { verdict: verdict.clone(), measured: measured.clone() };
                self.criteria.insert(criterion.clone(), judged);
            }
            Kind::Identified { .. }
            | Kind::RecordMoved { .. }
            | Kind::ApprovalAsked { .. }
            | Kind::Agreed { .. }
            | Kind::EscalationAsked { .. }
            | Kind::RoleGiven { .. }
            | Kind::InputEdited { .. }
            | Kind::ShellOpened { .. }
            | Kind::ShellClosed { .. }
            | Kind::RollbackStarted { .. }
            | Kind::RollbackEnded { .. } => self.apply_aside(event),
            Kind::Abandoned { reason } => {
                self.abandoned = Some(reason.clone());
                self.over_at.get_or_insert(event.at);
            }
            Kind::Stopped { reason, message } => {
                self.stopped = Some((*reason, message.clone()));
                self.left_off_at = Some(event.at);
            }
            Kind::Closed { outcome, reason } => {
                self.closed = Some((*outcome, reason.clone()));
                self.left_off_at = Some(event.at);
                self.over_at.get_or_insert(event.at);
            }
            Kind::Recovered { .. }
            | Kind::Unrecorded { .. }
            | Kind::RecordedAgain
            | Kind::Asked { .. }
            | Kind::MessageQueued { .. }
            | Kind::Notifying { .. }
            | Kind::Notified { .. }
            | Kind::Interrupted { .. }
            | Kind::Suspended { .. }
            | Kind::Milestone { .. }
            | Kind::SeverityChanged { .. }
            | Kind::Reopened { .. }
            | Kind::Updated { .. }
            | Kind::Held { .. }
            | Kind::Released
            | Kind::Refused { .. }
            | Kind::Continues { .. }
            | Kind::Noted { .. } => {}
            Kind::Drill(fact) => self.drill.apply(fact),
            Kind::ClockStepped { by_ms, .. } => self.shift(Span::from_millis(*by_ms)),
            Kind::Started { .. }
            | Kind::Revoked { .. }
            | Kind::Ended { .. }
            | Kind::CheckStarted { .. }
            | Kind::Checked { .. }
            | Kind::Answered { .. }
            | Kind::Chose { .. } => self.apply_to_step(event),
        }
    }

    /// Remembers what clocks rest on, that one ran out, and who was told of it.
    fn apply_to_clocks(&mut self, kind: &Kind) {
        match kind {
            Kind::Expectations { steps, fallbacks } => {
                self.expectations.clone_from(steps);
                self.fallbacks.clone_from(fallbacks);
            }
            Kind::DeadlinePassed { clock, .. } => {
                self.deadlines.insert(clock.clone());
            }
            _ => {}
        }
    }

    fn taken_up(&mut self, operator: &str, boot_id: &str) {
        operator.clone_into(&mut self.operator);
        boot_id.clone_into(&mut self.boot_id);
        self.folder = None;
        self.stopped = None;
        self.reopen();
    }

    /// A phase was come to; a jump to it ends there.
    fn reach(&mut self, phase: &str, state: PhaseState) {
        self.phases.insert(phase.to_owned(), state);
        if self.jump.as_deref() == Some(phase) {
            self.jump = None;
        }
    }

    /// Remembers what happened to one step.
    fn apply_to_step(&mut self, event: &Event) {
        match &event.kind {
            Kind::Started { step, attempt, part, class, deadline, what, .. } => {
                // Events are counted from one when they are applied, from zero in the record.
                let id = self.events.saturating_sub(1);
                self.drill.began(step);
                if *part == 0 {
                    self.done_again(step);
                }
                let state = self.step_mut(step);
                if *part == 0 && !state.only_for_secrets() {
                    state.begin_attempt(*attempt, event.at);
                }
                state.running = Some(Running {
                    part: *part,
                    since: event.at,
                    deadline: *deadline,
                    class: *class,
                    earlier: false,
                    id,
                    what: what.clone(),
                });
            }
            Kind::Revoked { step, .. } => self.step_mut(step).take_back(),
            Kind::Ended {
                step, facts, elapsed, verdict, measured, captured, secret_names, ..
            } => {
                for name in secret_names {
                    self.captured.insert(name.clone(), Known::Secret(Some(step.clone())));
                    self.captured_secrets.insert(name.clone(), step.clone());
                }
                let state = self.step_mut(step);
                state.running = None;
                if state.only_for_secrets() {
                    return;
                }
                for (name, value) in captured {
                    self.captured.insert(name.clone(), Known::Value(value.clone()));
                    self.captured_secrets.remove(name);
                }
                let state = self.step_mut(step);
                state.parts += 1;
                state.facts.extend(facts.clone());
                state.elapsed = state.elapsed + *elapsed;
                state.ended_at = Some(event.at);
                if measured.is_some() {
                    state.measured.clone_from(measured);
                }
                if *verdict != Verdict::More {
                    state.verdict = Some(verdict.clone());
                }
            }
            Kind::CheckStarted { step, check, .. } => {
                self.step_mut(step).checking = Some(check.clone());
            }
            Kind::Checked { step, check, verdict, measured, .. } => {
                let state = self.step_mut(step);
                state.checking = None;
                if measured.is_some() {
                    state.measured.clone_from(measured);
                }
                match check.as_str() {
                    "probe" => state.probe = Some(verdict.clone()),
                    "evidence" => state.kept = *verdict == Verdict::Pass,
                    again if again.starts_with(objective::HOLD) => {
                        state.hold(*verdict == Verdict::Pass);
                    }
                    _ if *verdict == Verdict::Pass => state.checks += 1,
                    _ => {}
                }
                if *verdict != Verdict::Pass && check != "probe" {
                    state.verdict = Some(verdict.clone());
                }
            }
            Kind::Answered { step, question, answer, source } => {
                self.apply_answer(event, step, *question, answer, source);
            }
            Kind::Chose { step, choice, reason, second_person, .. } => {
                self.drill.get_over(step);
                self.apply_choice(step, choice, reason.clone(), second_person.clone());
            }
            _ => {}
        }
    }

    fn apply_answer(
        &mut self,
        event: &Event,
        step: &str,
        question: Asking,
        answer: &Value,
        source: &str,
    ) {
        let state = self.step_mut(step);
        let words = answer.as_str().map(str::to_owned);
        match question {
            // Not to be sent again; whether it arrived the first time is another matter.
            Asking::Gate if state.is_open(answer) => {
                let reason =
                    "it was under way when mayday ended, and is not begun again".to_owned();
                state.running = None;
                state.verdict = Some(Verdict::Unknown { reason });
            }
            Asking::Gate if matches!(answer, Value::Null | Value::Bool(false)) => {
                state.verdict = Some(Verdict::Fail(crate::steps::Failure::new(
                    Stage::Gate,
                    crate::effect::FailKind::Cancelled,
                    "not confirmed",
                )));
            }
            // Who agreed to the gate before has not agreed to this.
            Asking::Gate => {
                let strict = state.gate.strict;
                let passed = Some((event.at, event.by.clone()));
                state.gate = Gate { passed, strict, ..Gate::default() };
                state.approval = None;
            }
            Asking::SecondPerson | Asking::Override => state.second(question, words),
            Asking::Glass => state.broke_the_glass(words),
            Asking::Menu => {
                state.menu = Menu { choice: words, source: source.to_owned(), ..Menu::default() };
                state.approval = None;
            }
            Asking::Reason => state.menu.reason = words,
            Asking::Evidence => state.told = true,
            Asking::Edit | Asking::Value | Asking::Back | Asking::Successor => {
                state.menu.answer(question, words);
            }
            Asking::Hand | Asking::Seen | Asking::Captured => state.by_hand(question, answer),
            Asking::DataLoss => state.gate.loss = words,
            Asking::Input | Asking::Interrupt | Asking::Held => {}
        }
    }

    fn apply_choice(
        &mut self,
        step: &str,
        choice: &str,
        reason: Option<String>,
        second: Option<String>,
    ) {
        let phase = choice.strip_prefix("switch_to:").map(str::to_owned);
        let state = self.steps.entry(step.to_owned()).or_default();
        state.menu = Menu::default();
        match choice {
            "retry" | "edit" => {
                state.gate = Gate {
                    strict: matches!(state.verdict, Some(Verdict::Unknown { .. })),
                    ..Gate::default()
                };
                state.approval = None;
                state.hand = Hand::default();
                state.verdict = None;
                state.probe = None;
                state.tries = 0;
                state.parts = 0;
                state.running = None;
            }
            // `proved`: the crash probe showed that the step happened.
            "check" | "proved" => {
                state.checks = 0;
                state.verdict = Some(Verdict::Pass);
            }
            "escalate" => self.escalations_asked += 1,
            "undo" => {
                state.chosen = Some(Chosen { choice: choice.to_owned(), reason, second });
                // An undo that was passed over before begins anew.
                if let Some(undo) = self.steps.get_mut(&format!("{step}.undo"))
                    && undo.settled.is_some()
                {
                    *undo = StepState { attempts: undo.attempts, ..StepState::default() };
                }
            }
            _ => state.chosen = Some(Chosen { choice: choice.to_owned(), reason, second }),
        }
        if phase.is_some() {
            self.jump = phase;
        }
    }

    fn settle(&mut self, key: &str, status: StepStatus, at: Timestamp) {
        self.drill.get_over(key);
        if let Some(undone) = key.strip_suffix(".undo") {
            if matches!(status, StepStatus::Ok | StepStatus::ByHand) {
                self.undone.insert(undone.to_owned());
            }
            // The menu that asked for the undo is shown again.
            if let Some(state) = self.steps.get_mut(undone) {
                state.chosen = None;
            }
        }
        let state = self.step_mut(key);
        state.settled = Some(status);
        state.settled_at = Some(at);
        state.chosen = None;
        self.settling.push(key.to_owned());
        if matches!(status, StepStatus::Ok | StepStatus::ByHand) {
            self.passed.push(key.to_owned());
        }
    }

    /// A step that was undone is done again: what undid it no longer counts.
    fn done_again(&mut self, key: &str) {
        if self.undone.remove(key)
            && let Some(undo) = self.steps.get_mut(&format!("{key}.undo"))
        {
            *undo = StepState { attempts: undo.attempts, ..StepState::default() };
        }
    }

    /// The wall clock was set: every instant is told as the clock tells it from here on, so that all spans
    /// stay what they are.
    fn shift(&mut self, by: Span) {
        if bug("wall clock for RTO") {
            return;
        }
        let one = |at: &mut Timestamp| *at = *at + by;
        let own = [&mut self.opened_at, &mut self.attached_at, &mut self.left_at];
        let also = [&mut self.heard_at, &mut self.over_at, &mut self.left_off_at];
        own.into_iter().chain(also).flatten().for_each(one);
        self.milestones.values_mut().for_each(one);
        self.incident.shift(by);
        self.outbox.shift(by);
        self.drill.shift(by);
        for phase in self.phases.values_mut() {
            if let PhaseState::Entered(at) = phase {
                one(at);
            }
        }
        self.steps.values_mut().for_each(|step| step.shift(by));
    }

    /// A new driver: what was asked and not yet carried out is asked again, probes look again.
    fn reopen(&mut self) {
        self.drill.taken_up();
        for state in self.steps.values_mut() {
            if let Some(running) = &mut state.running {
                running.earlier = true;
            }
            if state.settled.is_none() {
                state.menu = Menu::default();
                state.chosen = None;
                state.shell = false;
                // Its code was made for a driver who is gone.
                state.approval = None;
                state.hand = Hand::default();
                state.checking = None;
                state.probe = None;
            }
        }
    }
}
