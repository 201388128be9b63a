//! Contacts of mayday.yaml: which fields each way has, and the channel that they make.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::reference;
use crate::effect::{Channel, Email, Statuspage};

/// A contact.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Contact {
    /// How it is reached.
    pub via: Via,
    /// How a person gets hold of them: a number, an address, their hours. Shown wherever the operator has to tell
    /// them: the words of `show`, and of every other way when it fails. No secret.
    #[serde(default)]
    pub reach: Option<String>,
    /// For `command` and `email`: program and arguments; the message comes on stdin.
    #[serde(default)]
    pub command: Vec<String>,
    /// For `webhook`: a URL, or `secret:NAME`. For `pagerduty` and `statuspage`: the address of another
    /// service region, such as `https://events.eu.pagerduty.com`.
    #[serde(default)]
    pub url: Option<String>,
    /// For `webhook`: `secret:NAME` of the key that signs each request.
    #[serde(default)]
    pub signing_key: Option<String>,
    /// For `slack` and `teams`: `secret:NAME` of the incoming webhook's URL.
    #[serde(default)]
    pub webhook: Option<String>,
    /// For `pagerduty`: `secret:NAME` of the integration key of an Events API v2 service.
    #[serde(default)]
    pub routing_key: Option<String>,
    /// For `statuspage`: the page's id.
    #[serde(default)]
    pub page: Option<String>,
    /// For `statuspage`: `secret:NAME` of the API key.
    #[serde(default)]
    pub api_key: Option<String>,
    /// For `statuspage`: name -> id of the components that a `notify` step may set.
    #[serde(default)]
    pub components: BTreeMap<String, String>,
    /// For `email`: who it is for, as it stands behind `To:`.
    #[serde(default)]
    pub address: Option<String>,
    /// For `email`: who it is from; left to the program when not given.
    #[serde(default)]
    pub from: Option<String>,
}

/// Ways to reach a contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Via {
    /// A program of yours.
    Command,
    /// A mail, through a program such as `sendmail -t` or `msmtp -t`.
    Email,
    /// A JSON document posted to a URL, signed where there is a key.
    Webhook,
    /// An incoming webhook of Slack.
    Slack,
    /// A workflow of Microsoft Teams that takes webhook requests.
    Teams,
    /// PagerDuty, by its Events API v2: it can wake people up.
    Pagerduty,
    /// A public page of Atlassian Statuspage.
    Statuspage,
    /// The operator calls; mayday shows the text.
    Show,
}

impl Via {
    /// The word used in YAML.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Command => "command",
            Self::Email => "email",
            Self::Webhook => "webhook",
            Self::Slack => "slack",
            Self::Teams => "teams",
            Self::Pagerduty => "pagerduty",
            Self::Statuspage => "statuspage",
            Self::Show => "show",
        }
    }

    /// The fields that it needs, each with what to write.
    #[must_use]
    pub const fn needs(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Command => &[("command", "command: [PROGRAM, ...]")],
            Self::Email => {
                &[("command", "command: [sendmail, -t]"), ("address", "address: WHO@EXAMPLE.COM")]
            }
            Self::Webhook => &[("url", "url: \"secret:NAME\"")],
            Self::Slack | Self::Teams => &[("webhook", "webhook: \"secret:NAME\"")],
            Self::Pagerduty => &[("routing_key", "routing_key: \"secret:NAME\"")],
            Self::Statuspage => {
                &[("page", "page: PAGE_ID"), ("api_key", "api_key: \"secret:NAME\"")]
            }
            Self::Show => &[],
        }
    }

    /// The fields that it may have beside those.
    #[must_use]
    pub const fn takes(self) -> &'static [&'static str] {
        match self {
            Self::Email => &["from"],
            Self::Webhook => &["signing_key"],
            Self::Pagerduty => &["url"],
            Self::Statuspage => &["url", "components"],
            Self::Command | Self::Slack | Self::Teams | Self::Show => &[],
        }
    }
}

/// The fields that hold a secret or name one: never the value itself.
pub const SECRET_FIELDS: &[&str] = &["signing_key", "webhook", "routing_key", "api_key"];

impl Contact {
    /// A contact that is reached this way and has nothing else.
    #[must_use]
    pub fn of(via: Via) -> Self {
        Self {
            via,
            reach: None,
            command: Vec::new(),
            url: None,
            signing_key: None,
            webhook: None,
            routing_key: None,
            page: None,
            api_key: None,
            components: BTreeMap::new(),
            address: None,
            from: None,
        }
    }

    /// The names of the fields that are given, but for those that every way has.
    #[must_use]
    pub fn given(&self) -> Vec<&'static str> {
        [
            ("command", !self.command.is_empty()),
            ("url", self.url.is_some()),
            ("signing_key", self.signing_key.is_some()),
            ("webhook", self.webhook.is_some()),
            ("routing_key", self.routing_key.is_some()),
            ("page", self.page.is_some()),
            ("api_key", self.api_key.is_some()),
            ("components", !self.components.is_empty()),
            ("address", self.address.is_some()),
            ("from", self.from.is_some()),
        ]
        .into_iter()
        .filter_map(|(name, given)| given.then_some(name))
        .collect()
    }

    /// The fields with texts that may name a secret.
    #[must_use]
    pub fn texts(&self) -> Vec<(&'static str, &str)> {
        let texts = [
            ("url", &self.url),
            ("signing_key", &self.signing_key),
            ("webhook", &self.webhook),
            ("routing_key", &self.routing_key),
            ("api_key", &self.api_key),
        ];
        texts.into_iter().filter_map(|(name, text)| Some((name, text.as_deref()?))).collect()
    }

    /// How it is reached. What lacks a field that it needs is shown to the operator; `check` says so first.
    #[must_use]
    pub fn channel(&self) -> Channel {
        self.complete().unwrap_or(Channel::Show)
    }

    fn complete(&self) -> Option<Channel> {
        let text = |text: &Option<String>| text.as_deref().map(reference);
        Some(match self.via {
            Via::Command | Via::Email if self.command.is_empty() => return None,
            Via::Command => Channel::Command(self.command.clone()),
            Via::Email => Channel::Email(Email {
                command: self.command.clone(),
                from: self.from.clone(),
                address: self.address.clone()?,
            }),
            Via::Webhook => {
                Channel::Webhook { url: text(&self.url)?, signing_key: text(&self.signing_key) }
            }
            Via::Slack => Channel::Slack(text(&self.webhook)?),
            Via::Teams => Channel::Teams(text(&self.webhook)?),
            Via::Pagerduty => {
                Channel::PagerDuty { url: self.url.clone(), routing_key: text(&self.routing_key)? }
            }
            Via::Statuspage => Channel::Statuspage(Statuspage {
                url: self.url.clone(),
                page: self.page.clone()?,
                api_key: text(&self.api_key)?,
                components: self.components.clone(),
            }),
            Via::Show => Channel::Show,
        })
    }
}
