//! PagerDuty's Events API v2: trigger, acknowledge, resolve.
//!
//! The key is the same for a call, its acknowledgement and its end: PagerDuty takes a repeated trigger for
//! the same alert. Limits: a summary of 1024 characters, a key of 255 (PagerDuty, Events API v2).

use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::super::process::EnvValue;
use super::answer::{post, send};
use crate::effect::{NotifyEffect, Output, Signal};
use crate::secret::{Redactor, SecretValue};
use crate::severity::{EscalationKind, Severity};
use crate::text::cut;

const HOST: &str = "https://events.pagerduty.com";
const SUMMARY: usize = 1024;
const KEY: usize = 255;

pub(super) fn tell(
    effect: &NotifyEffect,
    host: Option<&str>,
    routing_key: &SecretValue,
    redactor: &Redactor,
) -> Output {
    let host = host.unwrap_or(HOST).trim_end_matches('/');
    let url = EnvValue::Plain(format!("{host}/v2/enqueue"));
    let who = format!("PagerDuty for {}", effect.to);
    let payload = payload(effect, routing_key.expose_secret());
    send(post(effect, url, &payload), &who, redactor)
}

fn payload(effect: &NotifyEffect, routing_key: &str) -> Value {
    let mut event = json!({
        "routing_key": routing_key,
        "event_action": effect.signal.word(),
        "dedup_key": cut(&effect.key, KEY),
    });
    if effect.signal != Signal::Tell {
        return event;
    }
    let about = &effect.about;
    event["payload"] = json!({
        "summary": cut(&effect.message, SUMMARY),
        "source": about.environment,
        "severity": urgency(effect),
        "timestamp": effect.at,
        "group": about.playbook,
        "class": "incident",
        "custom_details": about.data(),
    });
    event["client"] = "mayday".into();
    event
}

/// What is for information only is never urgent; a call is as urgent as its incident.
const fn urgency(effect: &NotifyEffect) -> &'static str {
    match (effect.kind, effect.about.severity) {
        (EscalationKind::Inform, _) | (_, Some(Severity::Sev4)) => "info",
        (_, Some(Severity::Sev1)) => "critical",
        (_, Some(Severity::Sev2) | None) => "error",
        (_, Some(Severity::Sev3)) => "warning",
    }
}
