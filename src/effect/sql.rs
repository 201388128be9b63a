//! What a database is asked: statements, their values, and how their transaction ends.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{EffectClass, EffectId, Target};
use crate::time::Span;

/// Statements for one database, run in order, one at a time.
#[derive(Clone, Debug)]
pub struct SqlEffect {
    /// The step that asks, for the server's own lists of who is connected.
    pub step: String,
    /// Where.
    pub target: Target,
    /// One statement each. The parameters are written `:name` and `:"name"`.
    pub statements: Vec<String>,
    /// Values for `:name` (bound) and `:"name"` (quoted as an identifier).
    pub params: BTreeMap<String, SqlParam>,
    /// `Read` opens a READ ONLY transaction; others a read-write one.
    pub class: EffectClass,
    /// Run outside any transaction, because the statement refuses one (`CREATE INDEX CONCURRENTLY`).
    pub no_transaction: bool,
    /// Leave the transaction open after the last statement; a [`SqlEnd`] with this effect's id follows.
    pub hold: bool,
    /// The whole effect is ended when it takes longer.
    pub time_limit: Span,
    /// At most this many rows of a result are kept; the count of all is always told.
    pub row_cap: usize,
    /// The rows hold a secret to capture: they are not shown.
    pub withhold: bool,
}

/// A value for a SQL parameter.
#[derive(Clone, Debug, PartialEq)]
pub enum SqlParam {
    /// null, bool, number or string; arrays become SQL arrays where the database has them.
    Value(Value),
    /// The name of a secret.
    Secret(String),
}

/// How a held transaction ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SqlEnd {
    /// The effect that left it open.
    pub session: EffectId,
    /// COMMIT when true, ROLLBACK when false.
    pub commit: bool,
    /// The database must have answered within this span.
    pub time_limit: Span,
}

impl SqlEnd {
    /// What the announcement of a COMMIT says.
    pub const COMMIT: &'static str = "COMMIT";
}
