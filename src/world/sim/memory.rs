//! A record in memory, and somebody who looks on.

use crate::effect::Effect;
use crate::plan::Plan;
use crate::run::drive::{Kept, Observer, Record, RecordTrouble};
use crate::run::event::Event;
use crate::run::state::Run;

/// A record in memory. What is staged and not committed is lost when the driver ends, as on a disk.
#[derive(Debug, Default)]
pub struct MemoryRecord {
    committed: Vec<Event>,
    staged: Vec<Event>,
    room: Option<usize>,
}

impl MemoryRecord {
    /// A record that begins with these events.
    #[must_use]
    pub const fn of(events: Vec<Event>) -> Self {
        Self { committed: events, staged: Vec::new(), room: None }
    }

    /// The record takes at most so many events; then writing fails, as on a full disk.
    #[must_use]
    pub const fn with_room(mut self, events: usize) -> Self {
        self.room = Some(events);
        self
    }

    /// What is durable.
    #[must_use]
    pub fn committed(&self) -> &[Event] {
        &self.committed
    }

    /// What is durable; the rest is lost.
    #[must_use]
    pub fn into_committed(self) -> Vec<Event> {
        self.committed
    }
}

impl Record for MemoryRecord {
    fn stage(&mut self, event: Event) -> Result<(u64, Event), RecordTrouble> {
        let number = self.committed.len() + self.staged.len();
        if self.room.is_some_and(|room| number >= room) {
            return Err(trouble("no room is left in memory"));
        }
        // By way of its text: memory holds what a resume would read.
        let text = serde_json::to_string(&event).map_err(|error| trouble(&error.to_string()))?;
        let event: Event =
            serde_json::from_str(&text).map_err(|error| trouble(&error.to_string()))?;
        self.staged.push(event.clone());
        Ok((u64::try_from(number).unwrap_or(u64::MAX), event))
    }

    fn commit(&mut self) -> Result<Kept, RecordTrouble> {
        self.committed.append(&mut self.staged);
        Ok(Kept::Durable)
    }
}

fn trouble(why: &str) -> RecordTrouble {
    RecordTrouble { message: format!("write the record: {why}"), hint: "resume the run".to_owned() }
}

/// Somebody who looks on and remembers.
#[derive(Debug, Default)]
pub struct Onlooker {
    /// Events, when they were durable.
    pub events: Vec<Event>,
    /// Lines of output, each with its step.
    pub lines: Vec<(String, String)>,
    /// Words that are no facts.
    pub said: Vec<String>,
    /// What was begun; `None` when all had ended.
    pub busy: Vec<Option<String>>,
}

impl Observer for Onlooker {
    fn event(&mut self, _: &Plan, _: &Run, event: &Event) {
        self.events.push(event.clone());
    }

    fn line(&mut self, _: &Plan, _: &Run, step: &str, line: &str) {
        self.lines.push((step.to_owned(), line.to_owned()));
    }

    fn say(&mut self, words: &str) {
        self.said.push(words.to_owned());
    }

    fn busy(&mut self, _: &Plan, _: &Run, effect: Option<&Effect>) {
        self.busy.push(effect.map(Effect::what));
    }
}
