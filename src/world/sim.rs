//! A world that only exists in memory: a virtual clock and scripted ends of effects.
//!
//! Owns [`SimWorld`], with [`MemoryRecord`] and [`Onlooker`] beside it. Serves tests and rehearsals: the
//! same engine, no process, no file, no waiting. It must not know what a playbook means.

use std::collections::BTreeMap;

use crate::effect::{Effect, EffectId, Ending, FailKind, Input, Interrupt, Output, Question};
use crate::run::drive::World;
use crate::run::slip::{Said, Slip};
use crate::secret::SecretValue;
use crate::time::{Moment, Span, Timestamp, Zone};

mod memory;
mod reply;

pub use memory::{MemoryRecord, Onlooker};
pub use reply::Reply;

/// What the world is told to do with an effect.
pub type Script = Box<dyn FnMut(&Effect) -> Option<Reply>>;

/// A world with a virtual clock. Waiting takes no time: the clock jumps to what comes next.
pub struct SimWorld {
    now: Moment,
    script: Script,
    begun: Vec<(EffectId, Effect)>,
    coming: Vec<Coming>,
    order: u64,
    clock: Vec<(Span, Change)>,
    secrets: BTreeMap<String, SecretValue>,
    refused: Vec<String>,
    taken: Vec<String>,
    stuck: bool,
    /// Waits one after the other in which nothing but time could come.
    alone: u32,
}

/// Something that will happen.
struct Coming {
    /// By the boot clock.
    at: Span,
    order: u64,
    what: Happening,
}

enum Happening {
    End {
        id: EffectId,
        began: Span,
        output: Output,
    },
    Line {
        id: EffectId,
        text: String,
    },
    Interrupt(Interrupt),
    Slip(Slip),
    /// A second person reads the code off the question that is open then.
    Ack {
        by: String,
        user: String,
    },
}

/// What happens to the clocks.
#[derive(Clone, Copy)]
enum Change {
    /// The wall clock is set.
    Set(Span),
    /// The machine sleeps: both clocks go on, nothing else does.
    Sleep(Span),
}

impl SimWorld {
    /// A world at this instant, `boot` after its machine booted. `script` says how each effect ends; where
    /// it says nothing the effect ends well after one second, and a question is never answered.
    pub fn new(
        wall: Timestamp,
        boot: Span,
        script: impl FnMut(&Effect) -> Option<Reply> + 'static,
    ) -> Self {
        Self {
            now: Moment { wall, boot },
            script: Box::new(script),
            begun: Vec::new(),
            coming: Vec::new(),
            order: 0,
            clock: Vec::new(),
            secrets: BTreeMap::new(),
            refused: Vec::new(),
            taken: Vec::new(),
            stuck: false,
            alone: 0,
        }
    }

    /// Somebody wants the run to stop, `after` from now.
    pub fn interrupt(&mut self, after: Span, how: Interrupt) {
        self.will(self.now.boot + after, Happening::Interrupt(how));
    }

    /// Another terminal says something, `after` from now.
    pub fn slip(&mut self, after: Span, slip: Slip) {
        self.will(self.now.boot + after, Happening::Slip(slip));
    }

    /// Somebody agrees as the second person with the code of the newest question, `after` from now.
    pub fn ack(&mut self, after: Span, by: &str, user: &str) {
        let (by, user) = (by.to_owned(), user.to_owned());
        self.will(self.now.boot + after, Happening::Ack { by, user });
    }

    /// Slips whose event is durable, by their names.
    #[must_use]
    pub fn taken(&self) -> &[String] {
        &self.taken
    }

    /// The code on the screen: that of the newest question that has one.
    fn code(&self) -> String {
        let code = |effect: &Effect| {
            let Effect::Ask(question) = effect else { return None };
            let line =
                question.text.lines().find_map(|line| line.trim().strip_prefix("mayday ack "))?;
            Some(line.split(' ').nth(1)?.to_owned())
        };
        self.begun.iter().rev().find_map(|(_, effect)| code(effect)).unwrap_or_default()
    }

    fn slip_as_input(&mut self, slip: &Slip) -> Input {
        self.order += 1;
        let text = serde_json::to_string(slip).unwrap_or_default();
        let id = format!("slip-{}-{}", self.now.wall.millis(), self.order);
        Input::Slip { id, text, files: Vec::new() }
    }

    /// The wall clock is set by `by`, `after` from now.
    pub fn set_wall(&mut self, after: Span, by: Span) {
        self.clock.push((self.now.boot + after, Change::Set(by)));
    }

    /// The machine sleeps for `length`, `after` from now: effects end late.
    pub fn sleep(&mut self, after: Span, length: Span) {
        self.clock.push((self.now.boot + after, Change::Sleep(length)));
    }

    /// Lets time pass while nobody drives.
    pub fn pass(&mut self, length: Span) {
        self.go_to(self.now.boot + length);
    }

    /// Every effect that was begun, in order.
    #[must_use]
    pub fn begun(&self) -> &[(EffectId, Effect)] {
        &self.begun
    }

    /// The secrets that were given to it, by name.
    #[must_use]
    pub const fn secrets(&self) -> &BTreeMap<String, SecretValue> {
        &self.secrets
    }

    /// Answers that were typed and not accepted, with why.
    #[must_use]
    pub fn refused(&self) -> &[String] {
        &self.refused
    }

    /// True when the run waited for something that could never happen; the world then ended it.
    #[must_use]
    pub const fn stuck(&self) -> bool {
        self.stuck
    }

    fn will(&mut self, at: Span, what: Happening) {
        self.order += 1;
        self.coming.push(Coming { at, order: self.order, what });
    }

    /// Moves the boot clock to `to`, the wall clock along with it, and changes the clocks on the way.
    fn go_to(&mut self, to: Span) {
        while let Some(next) = self.next_change(to) {
            let (at, change) = self.clock.remove(next);
            self.advance(at - self.now.boot);
            match change {
                Change::Set(by) => self.now.wall = self.now.wall + by,
                Change::Sleep(length) => self.advance(length),
            }
        }
        self.advance(to - self.now.boot);
    }

    fn next_change(&self, to: Span) -> Option<usize> {
        let due = self.clock.iter().enumerate().filter(|(_, (at, _))| *at <= to);
        due.min_by_key(|(_, (at, _))| *at).map(|(place, _)| place)
    }

    fn advance(&mut self, by: Span) {
        let by = by.max(Span::ZERO);
        self.now = Moment { wall: self.now.wall + by, boot: self.now.boot + by };
    }

    /// The answer to a question: what is typed, until something is accepted.
    fn answer(&mut self, question: &Question, typed: &[String]) -> Option<Output> {
        for text in typed {
            match question.accept(text, self.now.wall, Zone::east_opt(0)?) {
                Ok(answer) => {
                    let mut facts = crate::effect::Facts::new();
                    facts.insert("answer".to_owned(), answer);
                    return Some(Output::done(facts, Span::ZERO));
                }
                Err(why) => self.refused.push(format!("{}: {why}", question.about)),
            }
        }
        None
    }

    fn take(&mut self, place: usize) -> Input {
        let Coming { what, .. } = self.coming.remove(place);
        match what {
            Happening::Interrupt(how) => Input::Interrupt(how),
            Happening::Slip(slip) => self.slip_as_input(&slip),
            Happening::Ack { by, user } => {
                let said = Said::Ack { code: self.code() };
                self.slip_as_input(&Slip { by, user, said })
            }
            Happening::Line { id, text } => Input::Line(id, text),
            Happening::End { id, began, mut output } => {
                output.elapsed = self.now.boot - began;
                Input::Done(id, output)
            }
        }
    }
}

impl World for SimWorld {
    fn now(&mut self) -> Moment {
        self.go_to(self.now.boot);
        self.now
    }

    fn start(&mut self, id: EffectId, effect: Effect) {
        let reply = (self.script)(&effect).unwrap_or_else(|| Reply::usual(&effect));
        let began = self.now.boot;
        let limit = effect.time_limit();
        let (mut after, mut output) = match (reply, &effect) {
            (Reply::Ends(after, output), _) => (after, output),
            (Reply::Says(after, lines, output), _) => {
                let one = after.millis() / (i64::try_from(lines.len()).unwrap_or(0) + 1);
                for (place, text) in (1..).zip(lines) {
                    let at = began + Span::from_millis(one * place);
                    self.will(at, Happening::Line { id, text });
                }
                (after, output)
            }
            (Reply::Types(after, typed), Effect::Ask(question)) => {
                match self.answer(question, &typed) {
                    Some(output) => (after, output),
                    None => (FOREVER, Output::failed(FailKind::Input, "nobody answers")),
                }
            }
            (Reply::Types(..) | Reply::Never, _) => {
                (FOREVER, Output::failed(FailKind::Timeout, "never"))
            }
        };
        if let Some(limit) = limit.filter(|limit| *limit < after) {
            after = limit;
            output = Output { ending: Ending::TimedOut, ..output };
        }
        if let Effect::Sql(sql) = &effect
            && sql.hold
            && output.ending == Ending::Done
        {
            output.facts.insert("session".to_owned(), id.0.into());
        }
        self.begun.push((id, effect));
        // What comes after for ever is ended by a cancel only.
        let at = if after < FOREVER { began + after } else { FOREVER };
        self.will(at, Happening::End { id, began, output });
    }

    fn cancel(&mut self, id: EffectId) {
        let now = self.now.boot;
        for coming in &mut self.coming {
            if let Happening::End { id: theirs, output, .. } = &mut coming.what
                && *theirs == id
            {
                coming.at = now;
                *output = Output { ending: Ending::Cancelled, ..output.clone() };
            }
        }
    }

    fn leave(&mut self, id: EffectId) {
        self.coming.retain(|coming| match &coming.what {
            Happening::End { id: theirs, .. } | Happening::Line { id: theirs, .. } => *theirs != id,
            Happening::Interrupt(_) | Happening::Slip(_) | Happening::Ack { .. } => true,
        });
    }

    fn wait(&mut self, until: Option<Timestamp>) -> Input {
        // A wait is a span, as the operating system's is: setting the wall clock does not end it.
        let tick = until.map(|until| self.now.boot + until.since(self.now.wall).max(Span::ZERO));
        let next = (0..self.coming.len())
            .filter(|place| self.coming[*place].at < FOREVER)
            .min_by_key(|place| (self.coming[*place].at, self.coming[*place].order));
        let due = next.map(|place| self.coming[place].at.max(self.now.boot));
        self.alone = if due.is_some() { 0 } else { self.alone + 1 };
        let Some(stop) = tick.into_iter().chain(due).min().filter(|_| self.alone < ALONE) else {
            self.stuck = true;
            return Input::Interrupt(Interrupt::Terminate);
        };
        self.go_to(stop);
        match next {
            Some(place) if due == Some(stop) => self.take(place),
            _ => Input::Tick(self.now.wall),
        }
    }

    fn taken(&mut self, slip: &str) {
        self.taken.push(slip.to_owned());
    }

    fn keep_secret(&mut self, name: &str, value: SecretValue) {
        self.secrets.insert(name.to_owned(), value);
    }
}

/// A clock that is told every ten minutes has nothing more to tell after so often.
const ALONE: u32 = 500;

/// Later than everything.
const FOREVER: Span = Span::from_secs(i64::MAX / 4000);
