//! Clocks that a procedure brings along: what an author says about one.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::severity::EscalationKind;
use crate::time::Span;

/// A clock of the playbook's own.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Timer {
    /// What to do when it runs out.
    pub say: String,
    /// How long after `from`.
    pub after: Span,
    /// What it counts from: `impact`, `detected` (default), `declared`, `acknowledged`, `run`, `phase:<id>` or `step:<id>`.
    #[serde(default)]
    pub from: Option<String>,
    /// What makes it unnecessary: `acknowledged`, `mitigated`, `recovered`, `resolved` or `step:<id>`.
    #[serde(default)]
    pub unless: Option<String>,
    /// It runs out again and again, this long after the time before.
    #[serde(default)]
    pub every: Option<Span>,
    /// Contacts who are told, too.
    #[serde(default)]
    pub to: Vec<String>,
    /// `inform` tells them, `engage` calls them in.
    #[serde(default)]
    pub kind: EscalationKind,
}
