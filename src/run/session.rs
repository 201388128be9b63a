//! What only the current session knows: effects in flight, looks taken, answers given in advance.
//!
//! Lost with the process, on purpose: everything that must survive is an event.

use std::collections::{BTreeSet, HashMap, VecDeque};

use serde_json::Value;

use super::event::{Asking, StopReason};
use super::interrupt::{Break, LeaveBy, Stopping};
use super::state::Run;
use crate::effect::{Effect, EffectId, Input, Output, Question, Recover};
use crate::plan::Plan;
use crate::steps::Failure;
use crate::time::{Moment, Span, Timestamp};

/// The memory of one driver.
#[derive(Debug, Default)]
pub struct Session {
    /// Somebody can be asked.
    pub attended: bool,
    /// Answers given in advance, by what they are about.
    pub answers: HashMap<String, Scripted>,
    /// Effects that were started and have not ended.
    pub in_flight: HashMap<EffectId, Purpose>,
    /// Effects in flight that go on when we leave: commands under the keeper.
    pub kept: BTreeSet<EffectId>,
    /// Effects whose fate the world was asked for: once a session.
    pub asked: BTreeSet<EffectId>,
    /// Outputs of the current attempt.
    pub outputs: Vec<Output>,
    /// The polling that goes on.
    pub poll: Option<Poll>,
    /// Every step before this position is settled.
    pub cursor: usize,
    /// We were told to leave; nothing new is started.
    pub leaving: Option<(StopReason, String)>,
    /// Secrets that the world holds in memory: captured or typed in this session.
    pub secrets: BTreeSet<String>,
    /// Steps that were run again only to have their secrets again.
    pub refreshed: BTreeSet<String>,
    /// Questions that were answered in advance: each once.
    pub used: BTreeSet<String>,
    /// Questions that an answer on the record has answered before this session.
    pub spent: BTreeSet<String>,
    /// The step that was begun last: what an interrupt is about.
    pub current: Option<String>,
    /// A Ctrl-C that asks what to do about what runs.
    pub broken: Option<Break>,
    /// How far ending what runs has come.
    pub stopping: Stopping,
    /// Effects in flight that are questions.
    pub questions: BTreeSet<EffectId>,
    /// Questions that were taken back; an answer that still comes is refused.
    pub withdrawn: BTreeSet<EffectId>,
    /// When a driver that was told to leave does so.
    pub leave_by: Option<LeaveBy>,
    /// Both clocks, when the wall clock was last known to be what it was at the start or was set.
    pub clock: Option<Moment>,
    /// About the record itself.
    pub record: AboutRecord,
    /// Slips whose event is staged: the inbox is told when it is durable.
    pub taken: Vec<String>,
    /// From whose account this driver is run.
    pub user: String,
    /// The operator's own shell, for the menu.
    pub shell: Option<String>,
    /// The operator runs each command elsewhere.
    pub manual: bool,
    /// When each stop condition of the drill was last looked at, and which step was next then.
    pub stops: HashMap<usize, (Timestamp, usize)>,
    /// A fault put into a drill wants this driver to die here and now.
    pub crashed: bool,
    /// Playbooks that a run may be handed over to: id and title.
    pub playbooks: Vec<(String, String)>,
    /// Nobody takes the run up: only its messages are sent, from then on.
    pub errand: Option<Timestamp>,
    /// Contacts are spoken to in this language.
    pub lang: crate::text::lang::Lang,
}

/// What a driver knows about a record in trouble.
#[derive(Debug, Default)]
pub struct AboutRecord {
    /// Where nobody can be asked: it may go on elsewhere.
    pub elsewhere: bool,
    /// The operator copies events, because nothing can be recorded.
    pub on_paper: bool,
    /// Inputs that came while the operator was asked about it.
    pub later: VecDeque<Input>,
}

/// An answer given in advance.
#[derive(Clone, Debug, PartialEq)]
pub struct Scripted {
    /// The answer. Texts of a drill may hold `{{ }}`, filled in when asked.
    pub value: Value,
    /// `flag` or `drill`.
    pub source: Source,
}

/// Where an answer given in advance came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// `--answer`: never passes a gate.
    Answer,
    /// `--answer` of an earlier driver, from the record: as an answer, and never twice.
    Kept,
    /// `--confirm`: passes a gate.
    Confirm,
    /// The drill's own answers: both.
    Drill,
}

impl Source {
    /// What an answer about this is kept under: a step that asks may have a gate, too, and wants both.
    #[must_use]
    pub fn kept_under(self, about: &str) -> String {
        used(about, self == Self::Confirm)
    }

    /// The word in the record.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Answer | Self::Kept | Self::Confirm => "flag",
            Self::Drill => "drill",
        }
    }
}

/// What an effect in flight is for.
#[derive(Clone, Debug, PartialEq)]
pub enum Purpose {
    /// A part of an attempt of a step.
    Action {
        /// The step's key.
        step: String,
        /// Which attempt.
        attempt: u32,
        /// Which part.
        part: u32,
    },
    /// A check of a step.
    Check {
        /// The step's key.
        step: String,
        /// Which check.
        check: String,
    },
    /// A criterion of the drill.
    Criterion {
        /// Its position.
        index: usize,
    },
    /// A question of the engine's own.
    Ask {
        /// The step's key, or the name of the input.
        step: String,
        /// Which question.
        asking: Asking,
        /// The question as it was put.
        question: Question,
    },
    /// A look at a stop condition of the drill.
    Stop {
        /// Its position.
        index: usize,
    },
    /// A shell of the operator's.
    Shell {
        /// The step whose menu opened it.
        step: String,
    },
    /// A message.
    Notify {
        /// The number of the event that queued it.
        letter: u64,
        /// The contact.
        to: String,
        /// What asked for it.
        cause: String,
    },
}

impl Purpose {
    /// Everything but a message, a look at a stop condition and the menu of Ctrl-C holds up the next step.
    #[must_use]
    pub const fn is_foreground(&self) -> bool {
        !matches!(
            self,
            Self::Notify { .. } | Self::Stop { .. } | Self::Ask { asking: Asking::Interrupt, .. }
        )
    }
}

/// A polling that goes on.
#[derive(Clone, Debug, PartialEq)]
pub struct Poll {
    /// The announced effect whose looks these are.
    pub id: EffectId,
    /// What it is for.
    pub purpose: Purpose,
    /// Looks taken.
    pub looks: u32,
    /// Good looks in a row.
    pub streak: u32,
    /// When the first look began.
    pub began: Timestamp,
    /// When the latest look began.
    pub look_at: Timestamp,
    /// When the next look is due; `None` while one is in flight.
    pub next_at: Option<Timestamp>,
    /// Why the latest look was not good.
    pub last: Option<Failure>,
}

impl Session {
    /// Remembers what an effect in flight is, beside what it is for.
    pub fn begun(&mut self, id: EffectId, effect: &Effect) {
        match effect {
            Effect::Process(command) if command.attempt.is_some() => {
                self.kept.insert(id);
            }
            Effect::Recover(recover) => {
                self.asked.insert(id);
                if matches!(recover, Recover::Command(_)) {
                    self.kept.insert(id);
                }
            }
            Effect::Ask(_) => {
                self.questions.insert(id);
            }
            _ => {}
        }
    }

    /// True while something holds up the next step.
    #[must_use]
    pub fn busy(&self) -> bool {
        self.in_flight.values().any(Purpose::is_foreground)
    }

    /// An effect has ended: what it was for, unless nobody waits for it any more.
    pub fn ended(&mut self, id: EffectId) -> Option<Purpose> {
        self.questions.remove(&id);
        self.in_flight.remove(&id)
    }

    /// The answer given in advance to a question, if it may be used for it. An item of `for_each` may
    /// use the answer of its step.
    #[must_use]
    pub fn scripted(&self, about: &str, gate: bool) -> Option<&Scripted> {
        if self.used.contains(&used(about, gate)) {
            return None;
        }
        let given = |about: &str| {
            let typed = if gate { self.answers.get(&used(about, true)) } else { None };
            typed.or_else(|| self.answers.get(about))
        };
        let found = given(about).or_else(|| given(&of_step(about)?))?;
        let fits = match found.source {
            Source::Drill => true,
            Source::Confirm => gate,
            Source::Answer => !gate,
            Source::Kept => !gate && !self.spent.contains(about),
        };
        fits.then_some(found)
    }

    /// The answer given in advance to this question is used up.
    pub fn use_up(&mut self, about: &str, gate: bool) {
        self.used.insert(used(about, gate));
    }

    /// The open question for a second person's agreement about this step.
    #[must_use]
    pub fn second_asked(&self, key: &str) -> Option<EffectId> {
        let asks = |purpose: &Purpose| {
            matches!(purpose, Purpose::Ask { step, asking, .. } if step == key
                && matches!(asking, Asking::SecondPerson | Asking::Override | Asking::Glass))
        };
        self.in_flight.iter().find(|(_, purpose)| asks(purpose)).map(|(id, _)| *id)
    }

    /// The open question whether held steps go on.
    #[must_use]
    pub fn release_asked(&self) -> Option<EffectId> {
        let asks = |purpose: &Purpose| matches!(purpose, Purpose::Ask { asking: Asking::Held, .. });
        self.in_flight.iter().find(|(_, purpose)| asks(purpose)).map(|(id, _)| *id)
    }

    /// Nobody needs this answer any more. One that still comes is refused.
    pub fn withdraw(&mut self, id: EffectId) {
        self.in_flight.remove(&id);
        self.questions.remove(&id);
        self.withdrawn.insert(id);
    }

    /// The wall clock was set: what is due after a span stays so.
    pub fn shift(&mut self, by: Span) {
        if let Some(leave_by) = &mut self.leave_by {
            leave_by.shift(by);
        }
        if let Some(broken) = &mut self.broken {
            broken.shift(by);
        }
        self.stops.values_mut().for_each(|(at, _)| *at = *at + by);
        if let Some(poll) = &mut self.poll {
            poll.began = poll.began + by;
            poll.look_at = poll.look_at + by;
            poll.next_at = poll.next_at.map(|at| at + by);
        }
    }

    /// Moves the cursor past what is settled.
    pub fn advance(&mut self, plan: &Plan, run: &Run) {
        while plan.units.get(self.cursor).is_some_and(|unit| run.status(&unit.key).is_some()) {
            self.cursor += 1;
        }
        // The end of the objective did not hold: its step is open again.
        if plan.head.objectives.hold.is_some() {
            let end = super::objective::end(plan);
            let open = plan.units.get(end).is_some_and(|unit| run.status(&unit.key).is_none());
            if open && end < self.cursor {
                self.cursor = end;
            }
        }
    }
}

/// What the answer to a question, or to the gate of the same step, is known as.
fn used(about: &str, gate: bool) -> String {
    // No question is about a name with a blank in it.
    if gate { format!("{about} gate") } else { about.to_owned() }
}

/// The same question about the step as a whole: `each.menu` for `each[3].menu`.
fn of_step(about: &str) -> Option<String> {
    let (step, rest) = about.split_once('[')?;
    let (_, rest) = rest.split_once(']')?;
    Some(format!("{step}{rest}"))
}
