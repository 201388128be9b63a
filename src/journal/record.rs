//! The journal as the place that `drive` records into.

use super::{Journal, Trouble};
use crate::run::drive::{Record, RecordTrouble};
use crate::run::event::Event;

impl Record for Journal {
    fn stage(&mut self, event: Event) -> Result<(u64, Event), RecordTrouble> {
        Ok(Self::stage(self, event)?)
    }

    fn commit(&mut self) -> Result<(), RecordTrouble> {
        Ok(Self::commit(self)?)
    }
}

/// The trouble with all its causes in one line: it is shown when nothing can be recorded any more.
impl From<Trouble> for RecordTrouble {
    fn from(trouble: Trouble) -> Self {
        let hint = trouble.hint().unwrap_or_default();
        let mut message = trouble.to_string();
        let mut cause = std::error::Error::source(&trouble);
        while let Some(inner) = cause {
            message = format!("{message}: {inner}");
            cause = inner.source();
        }
        Self { message, hint }
    }
}
