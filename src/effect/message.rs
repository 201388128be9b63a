//! A message for a contact: what is said, how it gets there, and what keeps it from arriving twice.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Text;
use crate::severity::{EscalationKind, Severity};
use crate::time::{Span, Timestamp};

/// A message for one contact of mayday.yaml, sent once.
#[derive(Clone, Debug)]
pub struct NotifyEffect {
    /// The contact's name.
    pub to: String,
    /// How it is reached.
    pub channel: Channel,
    /// What is said, complete; also the text to paste by hand when delivery fails.
    pub message: String,
    /// What it is about.
    pub about: About,
    /// What it asks of its receiver.
    pub kind: EscalationKind,
    /// A call, or that an earlier one is taken or over.
    pub signal: Signal,
    /// Names this message, however often it is sent: `20261122-1820-p2c/57`. Receivers that know it need
    /// not take it twice.
    pub id: String,
    /// Names what it calls for: the same for a call, its acknowledgement and its end.
    pub key: String,
    /// When it was written.
    pub at: Timestamp,
    /// It may have arrived before: the outcome of an earlier attempt is not known.
    pub again: Again,
    /// For a public page.
    pub post: Option<Post>,
    /// What the receiver named this incident before, where it gives names.
    pub reference: Option<String>,
    /// Delivery is given up when it takes longer.
    pub time_limit: Span,
}

/// The incident that a message is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// The run's id.
    pub run: String,
    /// The playbook's id.
    pub playbook: String,
    /// The playbook's title.
    pub title: String,
    /// The environment's name.
    pub environment: String,
    /// `real`, `drill` or `test`.
    pub mode: String,
    /// The severity.
    pub severity: Option<Severity>,
    /// What asks for the message: `escalation:0`, `step:<id>`, `operator:0`.
    pub cause: String,
}

impl About {
    /// The same for machines: what a webhook gets as `data`, and a program as variables.
    #[must_use]
    pub fn data(&self) -> Value {
        json!({
            "run": self.run,
            "playbook": self.playbook,
            "title": self.title,
            "environment": self.environment,
            "mode": self.mode,
            "severity": self.severity.map(Severity::word),
            "cause": self.cause,
        })
    }
}

/// What a message is in the life of a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Signal {
    /// It tells or calls.
    #[default]
    Tell,
    /// The call before it is taken.
    Acknowledge,
    /// What the call before it was about is over.
    Resolve,
}

impl Signal {
    /// True for what tells or calls.
    #[must_use]
    pub fn is_tell(&self) -> bool {
        *self == Self::Tell
    }

    /// The word of the record, and of PagerDuty.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Tell => "trigger",
            Self::Acknowledge => "acknowledge",
            Self::Resolve => "resolve",
        }
    }
}

/// Whether a message may have arrived before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// It did not.
    First,
    /// Nobody knows.
    Perhaps,
}

/// How a contact is reached. Nothing in here is a secret's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Channel {
    /// A program that gets the message on stdin and its parts as environment variables.
    Command(Vec<String>),
    /// A mail, given to a program that sends it.
    Email(Email),
    /// A JSON document posted to a URL, signed where there is a key.
    Webhook {
        /// Where.
        url: Text,
        /// What it is signed with.
        signing_key: Option<Text>,
    },
    /// An incoming webhook of Slack.
    Slack(Text),
    /// A workflow of Microsoft Teams.
    Teams(Text),
    /// PagerDuty's Events API v2.
    PagerDuty {
        /// Where, up to the host: another service region, or PagerDuty's own when `None`.
        url: Option<String>,
        /// Which service.
        routing_key: Text,
    },
    /// A public page of Atlassian Statuspage.
    Statuspage(Statuspage),
    /// Nothing is sent: the text is shown for the operator to say or paste.
    Show,
}

/// A mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Email {
    /// Program and arguments; the whole mail comes on stdin, as `sendmail -t` reads it.
    pub command: Vec<String>,
    /// Who it is from.
    pub from: Option<String>,
    /// Who it is for.
    pub address: String,
}

/// A public page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statuspage {
    /// Where, up to the host; Statuspage's own when `None`.
    pub url: Option<String>,
    /// The page's id.
    pub page: String,
    /// Who we are.
    pub api_key: Text,
    /// Name -> id of its components.
    pub components: BTreeMap<String, String>,
}

impl Channel {
    /// True where a message that is sent again is known as the same one: by its id or its key.
    #[must_use]
    pub const fn knows_repeats(&self) -> bool {
        match self {
            Self::PagerDuty { .. }
            | Self::Statuspage(_)
            | Self::Email(_)
            | Self::Webhook { .. } => true,
            Self::Command(_) | Self::Slack(_) | Self::Teams(_) | Self::Show => false,
        }
    }

    /// True where a call can be acknowledged and resolved.
    #[must_use]
    pub const fn follows(&self) -> bool {
        matches!(self, Self::PagerDuty { .. })
    }

    /// True for what everybody reads: a person looks at each text before it is posted.
    #[must_use]
    pub const fn is_public(&self) -> bool {
        matches!(self, Self::Statuspage(_))
    }

    /// True for what can wake a person up.
    #[must_use]
    pub const fn pages(&self) -> bool {
        matches!(self, Self::PagerDuty { .. })
    }

    /// The secrets that it needs, by name.
    pub fn secrets(&self) -> impl Iterator<Item = &str> {
        let texts = match self {
            Self::Webhook { url, signing_key } => [Some(url), signing_key.as_ref()],
            Self::Slack(url) | Self::Teams(url) => [Some(url), None],
            Self::PagerDuty { routing_key, .. } => [Some(routing_key), None],
            Self::Statuspage(page) => [Some(&page.api_key), None],
            Self::Command(_) | Self::Email(_) | Self::Show => [None, None],
        };
        texts.into_iter().flatten().filter_map(|text| match text {
            Text::Secret(name) => Some(name.as_str()),
            Text::Plain(_) => None,
        })
    }
}

/// What a post on a public page says beside its words.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Post {
    /// What readers see above it; the playbook's title when `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub headline: Option<String>,
    /// How far it is; `investigating` for the first post when `None`, later unchanged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<PostStatus>,
    /// How bad it is; left to the page when `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub impact: Option<Impact>,
    /// How parts of the service are, by their name in mayday.yaml.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub components: BTreeMap<String, ComponentStatus>,
}

/// Declares the words of a public page.
macro_rules! words {
    ($(#[$about:meta])* $name:ident { $($variant:ident $text:literal $help:literal;)* }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $(#[doc = $help] $variant,)* }

        impl $name {
            /// The word that the page knows.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
        }
    };
}

words! {
    /// How far an incident of a public page is (Statuspage API, incidents).
    PostStatus {
        Investigating "investigating" "The cause is looked for.";
        Identified "identified" "The cause is known.";
        Monitoring "monitoring" "It is mended and watched.";
        Resolved "resolved" "It is over.";
    }
}

words! {
    /// How bad an incident of a public page is (Statuspage API, `impact_override`).
    Impact {
        None "none" "Nobody notices.";
        Minor "minor" "Some notice.";
        Major "major" "Many are hurt.";
        Critical "critical" "The service is down.";
    }
}

words! {
    /// How a part of the service is (Statuspage API, components).
    ComponentStatus {
        Operational "operational" "It works.";
        DegradedPerformance "degraded_performance" "It is slow.";
        PartialOutage "partial_outage" "It fails for some.";
        MajorOutage "major_outage" "It fails for all.";
        UnderMaintenance "under_maintenance" "It is being worked on.";
    }
}
