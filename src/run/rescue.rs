//! What happens when the record cannot be written: nothing, until it lives somewhere again.
//!
//! Owns the question to the operator and the order "way, fact, durable". Ways come from the record itself;
//! what a disk is, is not known here.

use serde_json::Value;

use super::drive::{Driver, Kept, RecordTrouble, Way};
use super::event::{Event, Kind};
use crate::effect::{Choice, Effect, EffectId, Ending, Input, Interrupt, Output, Question, Wants};

/// The question about the record has no event of its own: there is nowhere to put one.
const ABOUT_RECORD: EffectId = EffectId(u64::MAX);

/// What is typed to go on in another place.
const MOVE: &str = "move the record";

/// What is typed to go on without a record.
const ON_PAPER: &str = "go on unrecorded";

impl Driver<'_> {
    /// Makes everything staged durable, wherever that takes the record. `shown` are the staged events;
    /// facts about the record itself are added to `also`, staged and applied.
    pub(super) fn make_durable(
        &mut self,
        shown: &[Event],
        also: &mut Vec<Event>,
    ) -> Result<(), RecordTrouble> {
        loop {
            let kept = match self.record.commit() {
                Ok(kept) => kept,
                Err(trouble) => self.rescue(trouble, also)?,
            };
            match (kept, self.session.record.on_paper) {
                (Kept::Durable, false) => return Ok(()),
                (Kept::Durable, true) => {
                    self.session.record.on_paper = false;
                    self.world.on_paper(false);
                    self.fact(Kind::RecordedAgain, also)?;
                }
                (Kept::OnPaper, _) => return self.copied(shown, also),
            }
        }
    }

    /// Finds a way on, and takes it.
    fn rescue(
        &mut self,
        first: RecordTrouble,
        also: &mut Vec<Event>,
    ) -> Result<Kept, RecordTrouble> {
        let mut trouble = first.clone();
        loop {
            let ways = self.record.ways();
            // What was wrong in the first place is what must be mended.
            let Some(way) = self.choose(&trouble, ways) else { return Err(first) };
            match self.go(&way, &trouble, also) {
                Ok(kept) => return Ok(kept),
                Err(next) => trouble = next,
            }
        }
    }

    fn go(
        &mut self,
        way: &Way,
        trouble: &RecordTrouble,
        also: &mut Vec<Event>,
    ) -> Result<Kept, RecordTrouble> {
        let moved = self.record.take(way)?;
        let why = trouble.message.clone();
        match way {
            Way::Again => {}
            Way::Elsewhere { volatile, .. } => {
                if let Some(moved) = moved {
                    self.world.moved(&moved.to);
                    let path = |path: &std::path::Path| path.to_string_lossy().into_owned();
                    let (from, to) = (path(&moved.from), path(&moved.to));
                    let fact =
                        Kind::RecordMoved { from, to, why, volatile: *volatile, left: moved.left };
                    self.fact(fact, also)?;
                }
            }
            Way::Paper => {
                self.session.record.on_paper = true;
                self.world.on_paper(true);
                self.fact(Kind::Unrecorded { why }, also)?;
            }
        }
        self.record.commit()
    }

    fn fact(&mut self, kind: Kind, also: &mut Vec<Event>) -> Result<(), RecordTrouble> {
        let now = self.now(also)?;
        self.stage(kind, now, also).map(drop)
    }

    /// The way that the operator chooses, or that was allowed beforehand where nobody can be asked.
    fn choose(&mut self, trouble: &RecordTrouble, mut ways: Vec<Way>) -> Option<Way> {
        if ways.is_empty() {
            return None;
        }
        if !self.session.attended {
            let allowed = |way: &Way| matches!(way, Way::Elsewhere { .. });
            return ways.into_iter().find(allowed).filter(|_| self.session.record.elsewhere);
        }
        self.observer.say(&format!("WARNING  failed to {trouble}"));
        self.observer
            .say("WARNING  Nothing further is started. What was shown as done is on record.");
        loop {
            let answer = self.ask(menu(trouble, &ways))?;
            let index = picked(&answer, &ways)?;
            if ways[index] == Way::Again {
                return Some(ways.swap_remove(index));
            }
            // Whoever leaves this question is back at the choice.
            if self.ask(proof(&ways[index])).is_some() {
                return Some(ways.swap_remove(index));
            }
            if self.leaves() {
                return None;
            }
        }
    }

    /// Shows each event as a line to copy, and waits until the operator has done so.
    fn copied(&mut self, shown: &[Event], also: &[Event]) -> Result<(), RecordTrouble> {
        for event in shown.iter().chain(also) {
            self.observer.copy(self.plan, event);
        }
        let done = question("Are these lines copied? They are recorded nowhere.", Wants::Enter);
        while self.ask(done.clone()).is_none() {
            if self.leaves() {
                return Err(RecordTrouble {
                    message: "have the last lines copied: the terminal is gone".to_owned(),
                    hint: "what happened since the record ended is on paper only".to_owned(),
                });
            }
        }
        Ok(())
    }

    /// Asks the operator outside of the record. Everything else that happens meanwhile waits its turn.
    fn ask(&mut self, question: Question) -> Option<Value> {
        self.world.start(ABOUT_RECORD, Effect::Ask(question));
        loop {
            match self.world.wait(None) {
                Input::Done(ABOUT_RECORD, Output { ending: Ending::Done, mut facts, .. }) => {
                    return facts.remove("answer");
                }
                Input::Done(ABOUT_RECORD, output) => {
                    if !matches!(output.ending, Ending::Cancelled) {
                        self.session.record.later.push_back(Input::Interrupt(Interrupt::HangUp));
                    }
                    return None;
                }
                // Without a record there is nothing to stop cleanly: the answer is still to come.
                Input::Tick(_) | Input::Interrupt(Interrupt::Interrupt) => {}
                other => {
                    let told = matches!(other, Input::Interrupt(_));
                    self.session.record.later.push_back(other);
                    if told {
                        self.world.cancel(ABOUT_RECORD);
                        return None;
                    }
                }
            }
        }
    }

    /// Somebody wants this driver to end, or the terminal is gone.
    fn leaves(&self) -> bool {
        self.session.record.later.iter().any(|input| matches!(input, Input::Interrupt(_)))
    }
}

/// Which way of a menu was picked; `None` for stopping.
#[must_use]
pub fn picked(answer: &Value, ways: &[Way]) -> Option<usize> {
    (0..ways.len()).find(|index| *answer == key(*index))
}

/// What must be typed before a way is taken, with what it means.
#[must_use]
pub fn proof(way: &Way) -> Question {
    match way {
        Way::Again => question("Try once more?", Wants::Enter),
        Way::Elsewhere { to, .. } => question(
            format!(
                "What is recorded so far is copied to {}; the record goes on there.",
                to.display()
            ),
            Wants::Typed(MOVE.to_owned()),
        ),
        Way::Paper => question(
            "Nothing from here on is recorded by mayday: copy each line that begins with COPY. Behind \
             this point the run cannot be resumed.",
            Wants::Typed(ON_PAPER.to_owned()),
        ),
    }
}

/// The ways on, and the way out.
#[must_use]
pub fn menu(trouble: &RecordTrouble, ways: &[Way]) -> Question {
    let label = |way: &Way| match way {
        Way::Again => format!("try once more in the same place ({})", trouble.hint),
        Way::Elsewhere { to, volatile } => {
            let lost = if *volatile { "; LOST when this machine restarts" } else { "" };
            format!("go on with the record in {}{lost}", to.display())
        }
        Way::Paper => "go on without a record: you copy each event by hand".to_owned(),
    };
    let choice = |(index, way)| Choice { key: key(index), label: label(way) };
    let mut choices: Vec<Choice> = ways.iter().enumerate().map(choice).collect();
    let stop = "stop here; the run can be resumed when its record can be written".to_owned();
    choices.push(Choice { key: "stop".to_owned(), label: stop });
    question("The record cannot be written. How to go on?", Wants::OneOf(choices))
}

fn key(index: usize) -> String {
    format!("way{}", index + 1)
}

fn question(text: impl Into<String>, wants: Wants) -> Question {
    Question { about: "record".to_owned(), text: text.into(), help: None, wants }
}
