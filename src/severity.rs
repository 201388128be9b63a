//! Severities and what each asks of the responders, as data.
//!
//! Source of the built-in matrix: Bloom recovery playbook v1.0, "Severity Levels", with the two
//! contradictions inside it settled as the corrections to that document say: SEV-1 informs CTO and
//! CEO at once and engages them after 15 minutes; only mitigation stops an escalation.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::time::Span;

mod names;

pub use names::Names;

/// SEV-1 is the worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, schemars::JsonSchema)]
pub enum Severity {
    /// The service is down.
    #[serde(rename = "SEV-1")]
    Sev1,
    /// A critical function is degraded.
    #[serde(rename = "SEV-2")]
    Sev2,
    /// A non-critical function is affected.
    #[serde(rename = "SEV-3")]
    Sev3,
    /// A minor matter, not urgent.
    #[serde(rename = "SEV-4")]
    Sev4,
}

impl<'de> Deserialize<'de> for Severity {
    /// From a text: below a key that is read as a variant no reader can tell the place of a fault.
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        const WORDS: &[&str] = &["SEV-1", "SEV-2", "SEV-3", "SEV-4"];
        let word = String::deserialize(from)?;
        let known = Self::ALL.into_iter().find(|severity| severity.word() == word);
        known.ok_or_else(|| serde::de::Error::unknown_variant(&word, WORDS))
    }
}

impl Severity {
    /// All, worst first.
    pub const ALL: [Self; 4] = [Self::Sev1, Self::Sev2, Self::Sev3, Self::Sev4];

    /// `SEV-1`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Sev1 => "SEV-1",
            Self::Sev2 => "SEV-2",
            Self::Sev3 => "SEV-3",
            Self::Sev4 => "SEV-4",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// What a severity asks for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SeverityPolicy {
    /// Other names of this severity, such as `P1`: a playbook, a command and a filter may say them.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// A responder has acknowledged within this span of the detection.
    pub response: Span,
    /// Who hears of it when.
    #[serde(default)]
    pub escalation: Vec<Escalation>,
    /// How often those who wait for news have some.
    #[serde(default)]
    pub updates: Option<Updates>,
    /// The post-mortem is due this long after the incident is resolved.
    #[serde(default)]
    pub postmortem_due: Option<Span>,
}

/// How often those who wait for news have some, until it is resolved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Updates {
    /// The first one this long after the detection. Default: `every`.
    #[serde(default)]
    pub first: Option<Span>,
    /// Each later one this long after the one before.
    pub every: Span,
}

/// One rung of an escalation: counted from the detection, never from the rung before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Escalation {
    /// How long after the detection.
    pub after: Span,
    /// Contacts of mayday.yaml; a name without an entry there is shown for the operator to call.
    pub to: Vec<String>,
    /// `inform` tells, `engage` calls in.
    #[serde(default)]
    pub kind: EscalationKind,
    /// The milestone that makes it unnecessary. Without one it always fires.
    #[serde(default)]
    pub unless: Option<Unless>,
}

/// What an escalation asks of its contacts.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum EscalationKind {
    /// To know.
    Inform,
    /// To come and help.
    #[default]
    Engage,
}

/// The milestone that stops an escalation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Unless {
    /// A person has taken it.
    Acknowledged,
    /// Users are no longer hurt.
    Mitigated,
    /// It is over.
    Resolved,
}

/// The severity matrix: a policy for each severity.
pub type SeverityMatrix = BTreeMap<Severity, SeverityPolicy>;

/// The matrix used where mayday.yaml names none.
#[must_use]
pub fn built_in_matrix() -> SeverityMatrix {
    let rung = |after, to: &[&str], kind| Escalation {
        after,
        to: to.iter().map(ToString::to_string).collect(),
        kind,
        unless: (kind == EscalationKind::Engage).then_some(Unless::Mitigated),
    };
    let policy = |alias: &str, response, escalation| SeverityPolicy {
        aliases: vec![alias.to_owned()],
        response,
        escalation,
        updates: None,
        postmortem_due: Some(Span::from_mins(48 * 60)),
    };
    let engage = EscalationKind::Engage;
    let mins = Span::from_mins;
    BTreeMap::from([
        (
            Severity::Sev1,
            policy(
                "P1",
                mins(15),
                vec![
                    rung(mins(0), &["cto", "ceo"], EscalationKind::Inform),
                    rung(mins(15), &["cto", "ceo"], engage),
                ],
            ),
        ),
        (Severity::Sev2, policy("P2", mins(60), vec![rung(mins(60), &["devops_lead"], engage)])),
        (Severity::Sev3, policy("P3", mins(240), vec![rung(mins(240), &["team_lead"], engage)])),
        (Severity::Sev4, policy("P4", mins(1440), vec![rung(mins(1440), &["tech_lead"], engage)])),
    ])
}
