//! What another terminal said, on its way into the record of a run that is driven.
//!
//! Owns the order "event, durable, then the inbox is told": a slip that is met again is known by its name.

use super::drive::{Driver, RecordTrouble};
use super::event::{Event, Kind, Taken};
use super::slip;
use crate::effect::Evidence;

impl Driver<'_> {
    /// A slip from another terminal: one event, once. What it answers is no longer asked.
    pub(super) fn slip(
        &mut self,
        id: String,
        text: &str,
        files: Vec<Evidence>,
        shown: &mut Vec<Event>,
    ) -> Result<(), RecordTrouble> {
        let now = self.now(shown)?;
        self.session.taken.push(id.clone());
        if self.run.slips.contains(&id) {
            // Recorded before, and still in the inbox: nothing but its removal is missing.
            if shown.is_empty() {
                self.session.taken.drain(..).for_each(|slip| self.world.taken(&slip));
            }
            return Ok(());
        }
        let (by, kind) = slip::fact(self.run, text, files, now.wall);
        let answered = match &kind {
            Kind::Agreed { step, .. } => self.session.second_asked(step),
            Kind::Released => self.session.release_asked(),
            _ => None,
        };
        let slip = Some(Taken { id, alone: false });
        let event = Event { at: now.wall, boot_ms: now.boot.millis(), by, slip, kind };
        let (_, event) = self.record.stage(event)?;
        self.run.apply(&event);
        shown.push(event);
        if let Some(question) = answered {
            self.commit(shown)?;
            self.session.withdraw(question);
            self.world.cancel(question);
        }
        Ok(())
    }
}
