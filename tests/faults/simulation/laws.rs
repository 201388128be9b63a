//! What must hold behind every event, held against what is true (reliability design, section 2.5).

use mayday::effect::{EffectClass, Ending};
use mayday::plan::{Mode, Unit};
use mayday::run::advance::find;
use mayday::run::clock::{Clock, clocks};
use mayday::run::event::{Asking, Event, Kind};
use mayday::run::outbox::LetterState;
use mayday::run::state::Run;
use mayday::steps::{Action, Verdict};
use mayday::time::Span;
use serde_json::Value;

use super::nature::{Doing, Nature, Sort, begin};

/// A measured span may be off by this much.
const OFF: i64 = 1000;
/// How long a gate counts before what is destructive.
const GATE: i64 = 600_000;

/// What the laws remember of a step.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
#[derive(Default)]
pub(super) struct Known {
    /// It was begun, and nothing says that it did not happen.
    open: bool,
    /// A person said since that it did not happen.
    denied_by_a_person: bool,
    /// The gate was refused, and not passed since.
    refused: bool,
    /// When the gate was passed, and by whom.
    passed: Option<(i64, String)>,
    /// The operator does not want this transaction.
    no_commit: bool,
    /// When a pause began.
    paused: Option<i64>,
}

impl Nature {
    /// Every event, when it is durable.
    pub(super) fn judge(&mut self, event: &Event, t: i64) {
        self.tell_row(&event.kind);
        match &event.kind {
            Kind::DeadlinePassed { clock, .. } => self.deadline(clock, t),
            Kind::Answered { step, question: Asking::Gate, answer, .. } => {
                let known = self.known(step);
                known.refused = matches!(answer, Value::Null | Value::Bool(false));
                known.passed = (!known.refused).then(|| (t, event.by.clone()));
            }
            Kind::Started { step, part, class, what, .. } => {
                let pause = self
                    .plan
                    .unit(step)
                    .is_some_and(|unit| matches!(unit.step.action, Action::Pause(_)));
                let known = self.known(step);
                if pause {
                    known.paused.get_or_insert(t);
                }
                if *part == 0 {
                    known.no_commit = false;
                    self.gate(step, *class, t);
                    self.known(&format!("{step}.undo")).open = false;
                } else if what == "COMMIT" {
                    assert!(!known.no_commit, "I8: COMMIT of {step} after a no");
                }
            }
            Kind::Ended { step, attempt, ending, verdict, facts, .. } => {
                self.ended(step, *attempt, ending, verdict, t);
                let known = self.known(step);
                if facts.get("answer") == Some(&Value::Bool(false)) {
                    known.no_commit = true;
                }
                if matches!(verdict, Verdict::Fail(_)) {
                    known.open = false;
                }
            }
            Kind::Notifying { letter: Some(letter), .. } => {
                let known = self.straight.outbox.letter(*letter);
                let state = known.map(|letter| letter.state);
                let sent = matches!(state, Some(LetterState::Delivered | LetterState::Shown));
                assert!(!sent, "I3: message {letter} is sent again, and it had arrived");
            }
            Kind::Revoked { step, attempt, .. } => {
                self.deny(step, *attempt, "it was revoked", t);
                self.known(step).open = false;
            }
            Kind::Checked { step, check, verdict: Verdict::Fail(_), .. } if check != "probe" => {
                self.known(step).open = false;
            }
            Kind::Chose { step, choice, .. } if choice == "retry" => {
                let known = self.known(step);
                known.open = false;
                known.denied_by_a_person = true;
                known.refused = false;
            }
            Kind::Chose { step, choice, .. } if choice == "edit" => {
                let known = self.known(step);
                known.open = false;
                known.denied_by_a_person = true;
                known.refused = false;
            }
            // What was undone is done again, and its undo may be, too.
            Kind::RollbackEnded { again } => {
                for key in again {
                    let known = self.known(key);
                    known.open = false;
                    known.denied_by_a_person = true;
                    self.known(&format!("{key}.undo")).open = false;
                }
            }
            Kind::Chose { step, choice, .. } if choice == "undo" => {
                self.known(&format!("{step}.undo")).open = false;
            }
            _ => {}
        }
    }

    fn known(&mut self, step: &str) -> &mut Known {
        self.steps.entry(step.to_owned()).or_default()
    }

    pub(super) fn with_unit<T>(&self, step: &str, look: impl FnOnce(&Unit) -> T) -> Option<T> {
        let base = step.strip_suffix(".undo").unwrap_or(step);
        let (unit, _) = find(&self.plan, &self.straight, base)?;
        if base == step {
            return Some(look(unit));
        }
        mayday::plan::undo_unit(unit).map(|undo| look(&undo))
    }

    /// I8: what was refused does not begin; what is destructive begins behind a fresh gate of this operator.
    fn gate(&mut self, step: &str, class: EffectClass, t: i64) {
        let known = self.known(step);
        assert!(!known.refused, "I8: {step} was begun, its gate was refused");
        let passed = known.passed.clone();
        let speaks = self.with_unit(step, |unit| {
            unit.step.action.is_question() || matches!(unit.step.action, Action::Notify(_))
        });
        if class != EffectClass::Destructive
            || self.plan.mode == Mode::Drill
            || speaks != Some(false)
        {
            return;
        }
        let driver = &self.straight.operator;
        let fresh = passed.as_ref().is_some_and(|(at, by)| t - at <= GATE + OFF && by == driver);
        assert!(fresh || self.lost_time, "I8: {step} was begun without a fresh gate: {passed:?}");
    }

    /// I3: at most one execution, unless it is known that it did not happen.
    pub(super) fn may_begin(&mut self, step: &str, class: EffectClass, sort: Sort) {
        let again = self.with_unit(step, |unit| unit.step.action.repeatable());
        if class == EffectClass::Read || sort == Sort::Held || again == Some(true) {
            return;
        }
        let t = self.t;
        let still = self.doings.iter().any(|doing| {
            doing.step == step && doing.over_at() > t && doing.effect_at.is_some_and(|at| at > t)
        });
        let known = self.known(step);
        assert!(!known.open, "I3: {step} was begun again, and it may have happened");
        assert!(!still || known.denied_by_a_person, "I3: {step} was begun while it still runs");
        known.open = true;
        known.denied_by_a_person = false;
    }

    /// I4: what the record says of an end is what happened, or that nobody knows.
    fn ended(&mut self, step: &str, attempt: u32, ending: &Ending, verdict: &Verdict, t: i64) {
        if let Some(began) = self.known(step).paused.take()
            && *ending == Ending::Done
        {
            self.pause(step, began, t);
        }
        let theirs: Vec<Doing> = self
            .doings
            .iter()
            .filter(|doing| doing.step == step && doing.attempt == attempt)
            .filter(|doing| doing.class != EffectClass::Read)
            .cloned()
            .collect();
        let Some(last) = theirs.last() else { return };
        let over = last.killed_at.is_none() && last.end_at <= t;
        let held = theirs.iter().any(|doing| doing.sort == Sort::Held);
        let told =
            format!("I4: {step} is said to have ended with {verdict:?}, {ending:?}; {theirs:?}");
        match (verdict, ending) {
            (Verdict::Unknown { .. } | Verdict::More, _) => {}
            (Verdict::Pass, _) if held => {
                let committed =
                    theirs.iter().any(|doing| doing.sort == Sort::End && doing.happened(t));
                assert!(committed, "{told}");
            }
            (Verdict::Pass, _) => {
                assert!(over && last.output.ending == Ending::Done && last.happened(t), "{told}");
            }
            (Verdict::Fail(_), Ending::Done | Ending::Failed { .. } | Ending::NotDone { .. })
                if held =>
            {
                self.deny(step, attempt, &told, t);
            }
            (Verdict::Fail(_), Ending::Done) => {
                assert!(over && last.output.ending == Ending::Done, "{told}");
            }
            (Verdict::Fail(_), Ending::Failed { .. } | Ending::NotDone { .. }) => {
                self.deny(step, attempt, &told, t);
            }
            // Given up between two attempts, or before COMMIT: nothing of it runs.
            (Verdict::Fail(_), Ending::Cancelled | Ending::TimedOut) => {
                if held {
                    self.deny(step, attempt, &told, t);
                }
                assert!(theirs.iter().all(|doing| doing.over_at() <= t), "{told}");
            }
            (Verdict::Fail(_), Ending::Unknown { .. }) => panic!("{told}"),
        }
    }

    /// It is said that it did not happen: it has not, and it never will.
    fn deny(&mut self, step: &str, attempt: u32, why: &str, t: i64) {
        for doing in &mut self.doings {
            if doing.step == step && doing.attempt == attempt {
                doing.denied = Some(why.to_owned());
                assert!(!doing.happened(t), "I4: {step} did happen: {why}; {doing:?}");
            }
        }
    }

    /// At the end of all days: what was said not to happen did not.
    pub(super) fn nothing_denied_happened(&self) {
        for doing in self.doings.iter().filter(|doing| doing.denied.is_some()) {
            assert!(!doing.happened(i64::MAX), "I4: it did happen later: {doing:?}");
        }
    }

    /// I7: a pause is as long as it says.
    fn pause(&self, step: &str, began: i64, t: i64) {
        let length = self.with_unit(step, |unit| match &unit.step.action {
            Action::Pause(pause) => pause.length,
            _ => Span::ZERO,
        });
        let short = length.unwrap_or_default().millis() - (t - began);
        assert!(short <= OFF || self.lost_time, "I7: the pause {step} was {short} ms short");
    }

    fn straight_clocks(&self) -> Vec<Clock> {
        clocks(&self.plan, &self.straight)
    }

    /// I7: no deadline before its time.
    fn deadline(&self, id: &str, t: i64) {
        let now = begin() + Span::from_millis(t + OFF);
        let seen = self.straight.deadlines.contains(id);
        assert!(!seen, "the deadline {id} passed twice");
        let clock = self.straight_clocks().into_iter().find(|clock| clock.id == id);
        let passed = clock.as_ref().is_some_and(|clock| clock.passed(now));
        assert!(passed || self.lost_time, "I7: {id} has not passed at {now}: {clock:?}");
    }

    /// I7: no deadline is missed while the engine waits.
    pub(super) fn clocks_are_heard(&self) {
        let run = &self.straight;
        if run.closed.is_some() || run.stopped.is_some() || self.lost_time {
            return;
        }
        let before = begin() + Span::from_millis(self.told.t - OFF);
        let missed = self
            .straight_clocks()
            .into_iter()
            .find(|clock| clock.passed(before) && !run.deadlines.contains(&clock.id));
        assert!(missed.is_none(), "I7: waits at {before} while {missed:?} has passed");
    }

    /// I7: what is left of every clock is what is really left.
    pub(super) fn clocks_are_right(&self, run: &Run) {
        if self.lost_time {
            return;
        }
        let straight = begin() + Span::from_millis(self.told.t);
        let now = straight + Span::from_millis(self.told.off);
        let theirs = clocks(&self.plan, run);
        let ours = self.straight_clocks();
        assert_eq!(theirs.len(), ours.len());
        for (theirs, ours) in theirs.iter().zip(&ours) {
            let left = theirs.due.since(now) - ours.due.since(straight);
            assert!(left.millis().abs() <= OFF, "I7: {} is wrong by {left}", theirs.id);
        }
    }
}
