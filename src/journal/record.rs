//! The journal as the place that `drive` records into.

use super::{Journal, Trouble};
use crate::run::drive::{Kept, Moved, Record, RecordTrouble, Way};
use crate::run::event::Event;

impl Record for Journal {
    fn stage(&mut self, event: Event) -> Result<(u64, Event), RecordTrouble> {
        Ok(Self::stage(self, event)?)
    }

    fn commit(&mut self) -> Result<Kept, RecordTrouble> {
        match Self::commit(self) {
            Ok(()) => Ok(Kept::Durable),
            Err(_) if self.is_on_paper() => Ok(Kept::OnPaper),
            Err(trouble) => Err(trouble.into()),
        }
    }

    fn ways(&mut self) -> Vec<Way> {
        Self::ways(self)
    }

    fn take(&mut self, way: &Way) -> Result<Option<Moved>, RecordTrouble> {
        match way {
            Way::Again => Ok(None),
            Way::Elsewhere { to, .. } => Ok(Some(self.move_to(to)?)),
            Way::Paper => {
                self.go_on_paper();
                Ok(None)
            }
        }
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
