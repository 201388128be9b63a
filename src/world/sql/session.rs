//! Transactions left open between an effect and its end.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use super::limit::Limit;
use super::trouble::Trouble;
use crate::effect::{EffectId, Facts};

/// How a transaction ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    Commit,
    Rollback,
}

impl Verb {
    pub(super) const fn sql(self) -> &'static str {
        match self {
            Self::Commit => "COMMIT",
            Self::Rollback => "ROLLBACK",
        }
    }
}

/// One open transaction with its connection. Dropping it closes the connection, and the database
/// rolls back.
pub(super) enum Session {
    #[cfg(feature = "sqlite")]
    Sqlite(super::sqlite::Open),
    #[cfg(feature = "postgres")]
    Postgres(Box<super::postgres::Open>),
    #[cfg(feature = "mysql")]
    Mysql(Box<super::mysql::Open>),
}

impl Session {
    /// Ends the transaction; the facts tell `committed` and `target`.
    #[cfg_attr(
        not(any(feature = "sqlite", feature = "postgres", feature = "mysql")),
        expect(unused_variables, reason = "a build without databases has no session")
    )]
    pub(super) fn end(self, verb: Verb, limit: Limit) -> Result<Facts, Trouble> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(open) => open.end(verb, limit),
            #[cfg(feature = "postgres")]
            Self::Postgres(open) => open.end(verb, limit),
            #[cfg(feature = "mysql")]
            Self::Mysql(open) => open.end(verb, limit),
        }
    }
}

/// The open transactions of a run, by the effect that left each open.
#[derive(Default)]
pub struct Sessions(Mutex<BTreeMap<EffectId, Session>>);

impl Sessions {
    /// None open.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    pub(super) fn keep(&self, id: EffectId, session: Session) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(id, session);
    }

    pub(super) fn take(&self, id: EffectId) -> Option<Session> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&id)
    }

    /// Closes every connection; the databases roll back.
    pub fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl std::fmt::Debug for Sessions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        f.debug_set().entries(open.keys()).finish()
    }
}
