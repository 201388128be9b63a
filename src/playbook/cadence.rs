//! How often a procedure must be rehearsed.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::time::Span;

/// How often a drill is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Cadence {
    /// Every 7 days.
    Weekly,
    /// Every 31 days.
    Monthly,
    /// Every 92 days.
    Quarterly,
    /// Every 366 days.
    Yearly,
}

impl Cadence {
    /// The longest time between two drills.
    #[must_use]
    pub const fn span(self) -> Span {
        let days = match self {
            Self::Weekly => 7,
            Self::Monthly => 31,
            Self::Quarterly => 92,
            Self::Yearly => 366,
        };
        Span::from_mins(days * 24 * 60)
    }

    /// As written in a playbook.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Weekly => "weekly",
            Self::Monthly => "monthly",
            Self::Quarterly => "quarterly",
            Self::Yearly => "yearly",
        }
    }
}
