//! The only loop: decide, record, perform, wait.
//!
//! Owns the order "durable before the effect": what is decided is staged, and everything staged is
//! committed before an effect begins, before anything is waited for and before anything is shown.

use std::path::Path;

use serde_json::Value;

use super::clock::stepped;
use super::digest::{self, Digest};
use super::event::{Event, Kind};
use super::fault;
use super::interrupt::{self, Stopping};
use super::next::{Move, next};
pub use super::record::{Kept, Moved, Record, RecordTrouble, Way};
use super::scope::Scope;
use super::session::{Purpose, Session, Source};
use super::state::Run;
use crate::effect::{Effect, EffectId, Facts, FailKind, Input, Output, Question, Wants};
use crate::plan::Plan;
use crate::secret::SecretValue;
use crate::seeded::bug;
use crate::steps::Action;
use crate::template;
use crate::time::{Moment, Span, Timestamp, Zone};

/// What the engine needs from outside.
pub trait World {
    /// Both clocks, now.
    fn now(&mut self) -> Moment;

    /// Begins an effect. Its end arrives from [`World::wait`] as [`Input::Done`] with the same id,
    /// exactly once; trouble starting it arrives the same way.
    fn start(&mut self, id: EffectId, effect: Effect);

    /// Ends an effect early: TERM for a command, cancel for a statement, withdrawal for a question.
    /// Its end still arrives.
    fn cancel(&mut self, id: EffectId);

    /// Lets go of an effect that goes on without us: a command under the keeper. Its end does not arrive.
    fn leave(&mut self, id: EffectId);

    /// Waits for the next input, at the latest until the given instant (then [`Input::Tick`]). A wall
    /// clock that is set ends a wait for an instant, too: what is due may be due at another time of it.
    fn wait(&mut self, until: Option<Timestamp>) -> Input;

    /// Keeps a captured secret under its name, and redacts it from everything from here on.
    fn keep_secret(&mut self, name: &str, value: SecretValue);

    /// The run's folder is another one from here on: what is kept belongs there.
    fn moved(&mut self, _run_dir: &Path) {}

    /// What this slip says is durable: it is not said again.
    fn taken(&mut self, _slip: &str) {}

    /// The record goes on, or no longer goes on, on paper alone: what a disk must keep first cannot be
    /// kept, so commands run without a keeper and end with us.
    fn on_paper(&mut self, _on: bool) {}
}

/// Whoever looks on. It cannot stop or delay the run.
pub trait Observer {
    /// An event is durable; `run` is the state behind it.
    fn event(&mut self, plan: &Plan, run: &Run, event: &Event);
    /// A line of output of a running effect.
    fn line(&mut self, plan: &Plan, run: &Run, step: &str, line: &str);
    /// Words that are no facts.
    fn say(&mut self, words: &str);
    /// An effect begins or all have ended; for a progress display.
    fn busy(&mut self, plan: &Plan, run: &Run, effect: Option<&Effect>);
    /// An event that is recorded nowhere, as a short line for the operator to copy.
    fn copy(&mut self, _plan: &Plan, _event: &Event) {}
    /// The next instant at which it has something to say of passing time; `None` when never.
    fn due(&self) -> Option<Timestamp> {
        None
    }
    /// Time has passed.
    fn tick(&mut self, _plan: &Plan, _run: &Run, _now: Timestamp) {}
}

/// The parts that a run is driven with.
pub struct Driver<'a> {
    /// What to do.
    pub plan: &'a Plan,
    /// What happened.
    pub run: &'a mut Run,
    /// What only this session knows.
    pub session: &'a mut Session,
    /// Where events go.
    pub record: &'a mut dyn Record,
    /// Everything outside.
    pub world: &'a mut dyn World,
    /// Who looks on.
    pub observer: &'a mut dyn Observer,
    /// The operator's zone, for the times that they type.
    pub zone: Zone,
}

impl Driver<'_> {
    /// Drives the run until nothing is left to do for this driver.
    ///
    /// # Errors
    /// The record could not be written: nothing further was begun; the run can be resumed.
    pub fn drive(&mut self) -> Result<(), RecordTrouble> {
        let mut shown = Vec::new();
        loop {
            let now = self.now(&mut shown)?;
            self.session.advance(self.plan, self.run);
            for id in interrupt::overdue(self.run, self.session, now.wall) {
                self.world.cancel(id);
            }
            match next(self.plan, self.run, self.session, now.wall) {
                Move::Record(kind) => {
                    self.stage(*kind, now, &mut shown)?;
                }
                Move::Start { kind, effect, purpose } => {
                    let crashes = fault::crashes(self.run, &purpose);
                    let id = EffectId(self.stage(*kind, now, &mut shown)?);
                    if crashes {
                        self.commit(&mut shown)?;
                        if let Some(effect) = effect {
                            self.world.start(id, *effect);
                        }
                        self.session.crashed = true;
                        return Ok(());
                    }
                    self.begin(id, effect, purpose, now, &mut shown)?;
                }
                Move::Look { id, effect, purpose } => {
                    self.begin(id, effect, purpose, now, &mut shown)?;
                }
                Move::Wait(until) => {
                    self.commit(&mut shown)?;
                    // What came while the record was in trouble comes first.
                    let later = self.session.record.later.pop_front();
                    let until = until.into_iter().chain(self.observer.due()).min();
                    let input = later.unwrap_or_else(|| self.world.wait(until));
                    self.take(input, &mut shown)?;
                }
                Move::Leave => {
                    self.commit(&mut shown)?;
                    return Ok(());
                }
            }
        }
    }

    /// Makes the first events of this session durable, then shows each with the state right behind it.
    ///
    /// # Errors
    /// The record could not be written: nothing was begun.
    pub fn begin_with(&mut self, fresh: Vec<Event>) -> Result<(), RecordTrouble> {
        let mut staged = Vec::new();
        for event in fresh {
            staged.push(self.record.stage(event)?.1);
        }
        let mut also = Vec::new();
        self.make_durable(&staged, &mut also)?;
        for event in staged {
            self.run.apply(&event);
            self.observer.event(self.plan, self.run, &event);
        }
        for event in also {
            self.observer.event(self.plan, self.run, &event);
        }
        Ok(())
    }

    /// Both clocks. That the wall clock was set is a fact, and what is measured does not change by it.
    pub(super) fn now(&mut self, shown: &mut Vec<Event>) -> Result<Moment, RecordTrouble> {
        let now = self.world.now();
        // Many small steps are as wrong as a large one: all are measured from the same moment.
        let before = *self.session.clock.get_or_insert(now);
        if let Some(by) = stepped(before, now) {
            self.session.clock = Some(now);
            self.session.shift(by);
            self.stage(Kind::ClockStepped { by_ms: by.millis(), while_down: false }, now, shown)?;
        }
        Ok(now)
    }

    pub(super) fn stage(
        &mut self,
        kind: Kind,
        now: Moment,
        shown: &mut Vec<Event>,
    ) -> Result<u64, RecordTrouble> {
        let by = match &kind {
            Kind::Chose { source, .. } if source == "probe" => "mayday".to_owned(),
            Kind::Answered { .. }
            | Kind::Chose { .. }
            | Kind::InputGiven { .. }
            | Kind::InputEdited { .. }
            | Kind::ShellOpened { .. }
            | Kind::ShellClosed { .. } => self.run.operator.clone(),
            _ => "mayday".to_owned(),
        };
        if matches!(kind, Kind::RollbackEnded { .. }) {
            // Steps before it may be open again.
            self.session.cursor = 0;
        }
        let event = Event { at: now.wall, boot_ms: now.boot.millis(), by, slip: None, kind };
        let (number, event) = self.record.stage(event)?;
        self.run.apply(&event);
        shown.push(event);
        Ok(number)
    }

    /// Makes durable, then shows.
    pub(super) fn commit(&mut self, shown: &mut Vec<Event>) -> Result<(), RecordTrouble> {
        if shown.is_empty() {
            return Ok(());
        }
        let mut also = Vec::new();
        self.make_durable(shown, &mut also)?;
        shown.append(&mut also);
        for event in shown.drain(..) {
            self.observer.event(self.plan, self.run, &event);
        }
        for slip in self.session.taken.drain(..) {
            self.world.taken(&slip);
        }
        Ok(())
    }

    /// Begins an effect, answers it from what was said in advance, or judges a step that has none.
    fn begin(
        &mut self,
        id: EffectId,
        effect: Option<Box<Effect>>,
        purpose: Purpose,
        now: Moment,
        shown: &mut Vec<Event>,
    ) -> Result<(), RecordTrouble> {
        if let Purpose::Action { step, .. } | Purpose::Check { step, .. } = &purpose {
            self.session.current = Some(step.clone());
        }
        if let Purpose::Stop { index } = purpose {
            self.session.stops.insert(index, (now.wall, self.session.cursor));
        }
        let pauses = effect.is_none() && self.is_pause(&purpose);
        if pauses {
            return Ok(());
        }
        if let Some(poll) = &mut self.session.poll
            && poll.purpose == purpose
        {
            poll.look_at = now.wall;
            poll.next_at = None;
        }
        let at_once = match effect.as_deref() {
            None => Some(Output::done(Facts::new(), Span::ZERO)),
            Some(Effect::Ask(question)) => self.scripted(question, &purpose, now),
            Some(_) => None,
        };
        let beside = !purpose.is_foreground();
        let looks = matches!(purpose, Purpose::Stop { .. });
        if let (Purpose::Ask { .. }, true, Some(broken)) =
            (&purpose, beside, &mut self.session.broken)
        {
            broken.was_asked();
        }
        self.session.in_flight.insert(id, purpose);
        if let Some(effect) = &effect {
            self.session.begun(id, effect);
        }
        if let Some(output) = at_once {
            return self.take(Input::Done(id, output), shown);
        }
        if !bug("intent after spawn") {
            self.commit(shown)?;
        }
        if let Some(effect) = effect {
            // A menu beside what runs does not take its place.
            if !(beside && (matches!(*effect, Effect::Ask(_)) || looks)) {
                self.observer.busy(self.plan, self.run, Some(&effect));
            }
            self.world.start(id, *effect);
        }
        Ok(())
    }

    fn is_pause(&self, purpose: &Purpose) -> bool {
        let Purpose::Action { step, .. } = purpose else { return false };
        super::advance::find(self.plan, self.run, step)
            .is_some_and(|(unit, _)| matches!(unit.step.action, Action::Pause(_)))
            || step.strip_suffix(".undo").is_some_and(|step| {
                super::advance::find(self.plan, self.run, step)
                    .and_then(|(unit, _)| unit.step.undo.as_ref())
                    .is_some_and(|undo| matches!(undo.action, Action::Pause(_)))
            })
    }

    /// The answer that was given in advance, used up by this.
    fn scripted(&mut self, question: &Question, purpose: &Purpose, now: Moment) -> Option<Output> {
        use super::event::Asking;
        let gate = matches!(
            purpose,
            Purpose::Ask { asking: Asking::Gate | Asking::SecondPerson | Asking::Override, .. }
        );
        let source = |source: Source| source.word().to_owned();
        let found = self.session.scripted(&question.about, gate);
        let found = found.map(|found| (found.value.clone(), source(found.source), found.source));
        let (value, source, from) = match found {
            Some((value, word, from)) => (value, word, Some(from)),
            None => (self.default(question, purpose)?, "default".to_owned(), None),
        };
        self.session.use_up(&question.about, gate);
        let value = if from == Some(Source::Drill) { self.fill(&value, now) } else { Ok(value) };
        let answer = value.and_then(|value| question.accept_value(&value, now.wall, self.zone));
        Some(match answer {
            Ok(answer) => {
                let mut facts = Facts::new();
                facts.insert("answer".to_owned(), answer);
                facts.insert("source".to_owned(), source.into());
                Output::done(facts, Span::ZERO)
            }
            Err(why) => Output::failed(
                FailKind::Input,
                format!("the answer given in advance does not fit: {why}"),
            ),
        })
    }

    /// The default of an input, where nobody can be asked.
    fn default(&self, question: &Question, purpose: &Purpose) -> Option<Value> {
        use super::event::Asking;
        let (Purpose::Ask { asking: Asking::Input, .. }, false) = (purpose, self.session.attended)
        else {
            return None;
        };
        match &question.wants {
            Wants::Value(rule) if !self.session.used.contains(&question.about) => {
                rule.default.clone()
            }
            _ => None,
        }
    }

    fn fill(&self, value: &Value, now: Moment) -> Result<Value, String> {
        let Value::String(text) = value else { return Ok(value.clone()) };
        let scope = Scope::new(self.plan, self.run, now.wall);
        template::render(text, &scope).map(Value::String).map_err(|fault| fault.message)
    }

    /// Takes an input: records what it means.
    fn take(&mut self, input: Input, shown: &mut Vec<Event>) -> Result<(), RecordTrouble> {
        if let Input::Line(id, line) = &input {
            if let Some(Purpose::Action { step, .. } | Purpose::Check { step, .. }) =
                self.session.in_flight.get(id)
            {
                self.observer.line(self.plan, self.run, step, line);
            }
            return Ok(());
        }
        if let Input::Slip { id, text, files } = input {
            return self.slip(id, &text, files, shown);
        }
        let done = matches!(input, Input::Done(..));
        let now = self.now(shown)?;
        if matches!(input, Input::Tick(_)) {
            self.observer.tick(self.plan, self.run, now.wall);
        }
        let Digest { facts, secrets, cancel, leave, say } =
            digest::digest(self.plan, self.run, self.session, input, now.wall);
        if done && !self.session.busy() {
            self.session.stopping = Stopping::No;
        }
        if done && self.session.in_flight.is_empty() {
            self.observer.busy(self.plan, self.run, None);
        }
        for (name, value) in secrets {
            self.session.secrets.insert(name.clone());
            self.world.keep_secret(&name, value);
        }
        for words in say {
            self.observer.say(&words);
        }
        for kind in facts {
            if let Kind::Ended { step, .. } = &kind
                && self.run.status(step).is_some()
            {
                self.session.refreshed.insert(step.clone());
            }
            self.stage(kind, now, shown)?;
        }
        for id in cancel {
            self.world.cancel(id);
        }
        for id in leave {
            self.session.in_flight.remove(&id);
            self.world.leave(id);
        }
        Ok(())
    }
}
