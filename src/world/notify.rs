//! Telling a contact: how each kind of contact wants it, and what its answer means.
//!
//! Owns one delivery, limited in time. When a delivery is tried again is the run's to decide; the facts say
//! whether that makes sense. Of URLs and keys nothing is ever told but host and port.

use secrecy::ExposeSecret;

use super::aside;
use super::process::EnvValue;
use crate::effect::{Channel, Email, Ending, Facts, FailKind, NotifyEffect, Output, Text};
use crate::secret::{Redactor, SecretValue};
use crate::time::{Span, Timestamp};

mod answer;
mod email;
mod pagerduty;
mod program;
pub mod sign;
mod slack;
mod statuspage;
mod teams;
mod webhook;

/// A way to a contact, with its secrets.
#[derive(Clone, Debug)]
pub enum Way {
    /// Program and arguments; the message on stdin, its parts as variables.
    Command(Vec<String>),
    /// A mail for a program.
    Email(Email),
    /// A URL that takes a JSON document.
    Webhook {
        /// Where.
        url: SecretValue,
        /// What signs it.
        signing_key: Option<SecretValue>,
    },
    /// Slack.
    Slack(SecretValue),
    /// Teams.
    Teams(SecretValue),
    /// PagerDuty.
    PagerDuty {
        /// Where, up to the host.
        url: Option<String>,
        /// Which service.
        routing_key: SecretValue,
    },
    /// A public page.
    Statuspage {
        /// What is not secret.
        page: crate::effect::Statuspage,
        /// Who we are.
        api_key: SecretValue,
    },
    /// Nothing is sent.
    Show,
}

impl Way {
    /// A channel with the values of its secrets.
    ///
    /// # Errors
    /// A secret that cannot be had, in the words of whoever looked for it.
    pub fn resolve(
        channel: &Channel,
        mut secret: impl FnMut(&str) -> Result<SecretValue, String>,
    ) -> Result<Self, String> {
        let mut value = |text: &Text| match text {
            Text::Plain(text) => Ok(SecretValue::from(text.clone())),
            Text::Secret(name) => secret(name),
        };
        Ok(match channel {
            Channel::Command(argv) => Self::Command(argv.clone()),
            Channel::Email(email) => Self::Email(email.clone()),
            Channel::Webhook { url, signing_key } => Self::Webhook {
                url: value(url)?,
                signing_key: signing_key.as_ref().map(value).transpose()?,
            },
            Channel::Slack(url) => Self::Slack(value(url)?),
            Channel::Teams(url) => Self::Teams(value(url)?),
            Channel::PagerDuty { url, routing_key } => {
                Self::PagerDuty { url: url.clone(), routing_key: value(routing_key)? }
            }
            Channel::Statuspage(page) => {
                Self::Statuspage { page: page.clone(), api_key: value(&page.api_key)? }
            }
            Channel::Show => Self::Show,
        })
    }

    /// Every value that must not be seen, also one that stands in mayday.yaml itself.
    fn hidden(&self) -> impl Iterator<Item = &SecretValue> {
        let values = match self {
            Self::Webhook { url, signing_key } => [Some(url), signing_key.as_ref()],
            Self::Slack(url) | Self::Teams(url) => [Some(url), None],
            Self::PagerDuty { routing_key, .. } => [Some(routing_key), None],
            Self::Statuspage { api_key, .. } => [Some(api_key), None],
            Self::Command(_) | Self::Email(_) | Self::Show => [None, None],
        };
        values.into_iter().flatten()
    }
}

/// Delivers a message, or says why not. Blocks at most for the effect's time limit. `now` is the wall clock.
///
/// Facts: `to`, `delivered`; `status_code` or `exit_code`; `again` where another attempt may help,
/// `retry_after_ms` where the other side said when; `perhaps` where it may have arrived all the same;
/// `reference` where the other side gave the incident a name.
#[must_use]
pub fn deliver(effect: &NotifyEffect, way: &Way, redactor: &Redactor, now: Timestamp) -> Output {
    let started = aside::boot();
    let mut redactor = redactor.clone();
    for value in way.hidden() {
        // What is too short to be hidden is no key and no URL of a service.
        let _ = redactor.add("contact", value);
        if let Some(path) = path(value) {
            let _ = redactor.add("contact", &path);
        }
    }
    let redactor = &redactor;
    let mut output = match way {
        Way::Command(argv) => program::tell(effect, argv, redactor),
        Way::Email(email) => program::mail(effect, email, now, redactor),
        Way::Webhook { url, signing_key } => {
            webhook::tell(effect, url, signing_key.as_ref(), now, redactor)
        }
        Way::Slack(url) => slack::tell(effect, url, redactor),
        Way::Teams(url) => teams::tell(effect, url, redactor),
        Way::PagerDuty { url, routing_key } => {
            pagerduty::tell(effect, url.as_deref(), routing_key, redactor)
        }
        Way::Statuspage { page, api_key } => statuspage::tell(effect, page, api_key, redactor),
        Way::Show => {
            let mut facts = Facts::new();
            facts.insert("shown".to_owned(), true.into());
            Output::done(facts, Span::ZERO)
        }
    };
    output.elapsed = aside::boot() - started;
    output.facts.insert("to".to_owned(), effect.to.clone().into());
    let sent = output.ending == Ending::Done && !matches!(way, Way::Show);
    output.facts.insert("delivered".to_owned(), sent.into());
    output
}

/// A message that never left, because a secret of its contact cannot be had.
#[must_use]
pub fn unreachable(effect: &NotifyEffect, why: String) -> Output {
    let mut output = Output::failed(FailKind::Secret, why);
    output.facts.insert("to".to_owned(), effect.to.clone().into());
    output.facts.insert("delivered".to_owned(), false.into());
    output
}

/// What stands behind the host of a URL: of a webhook it is the secret, and an answer may repeat it alone.
fn path(url: &SecretValue) -> Option<SecretValue> {
    let (_, rest) = url.expose_secret().split_once("://")?;
    let (_, path) = rest.split_once('/')?;
    Some(path.to_owned().into())
}

/// A value as a header or URL carries it.
fn secret(text: &SecretValue) -> EnvValue {
    EnvValue::Secret(text.clone())
}

/// A secret's text with something behind it, still secret.
fn secret_text(before: &str, value: &SecretValue) -> EnvValue {
    EnvValue::Secret(format!("{before}{}", value.expose_secret()).into())
}

/// `DRILL`, `TEST` or nothing, the severity, the title: what a headline says in every kind of message.
fn headline(effect: &NotifyEffect) -> String {
    let mark = match effect.about.mode.as_str() {
        "drill" => Some("DRILL"),
        "test" => Some("TEST"),
        _ => None,
    };
    let severity = effect.about.severity.map(crate::severity::Severity::word);
    let parts = mark.into_iter().chain(severity).chain([effect.about.title.as_str()]);
    parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}
