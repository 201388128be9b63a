//! Microsoft Teams: an adaptive card for a workflow that takes webhook requests. (The connectors of
//! Office 365, which took another form, are retired.)

use serde_json::{Value, json};

use super::answer::{post, send};
use super::{headline, secret};
use crate::effect::{NotifyEffect, Output};
use crate::secret::{Redactor, SecretValue};
use crate::severity::EscalationKind;
use crate::text::cut;

/// Teams refuses requests of more than about 28 KB; the words leave room for the rest.
const WORDS: usize = 8000;

pub(super) fn tell(effect: &NotifyEffect, url: &SecretValue, redactor: &Redactor) -> Output {
    let who = format!("Teams for {}", effect.to);
    send(post(effect, secret(url), &payload(effect)), &who, redactor)
}

fn payload(effect: &NotifyEffect) -> Value {
    let about = &effect.about;
    let colour = match effect.kind {
        EscalationKind::Engage => "Attention",
        EscalationKind::Inform => "Default",
    };
    let fact = |title: &str, value: &str| json!({ "title": title, "value": value });
    let body = json!([
        {
            "type": "TextBlock", "text": headline(effect), "weight": "Bolder", "size": "Medium",
            "wrap": true, "style": "heading", "color": colour,
        },
        { "type": "TextBlock", "text": cut(&effect.message, WORDS), "wrap": true },
        {
            "type": "FactSet",
            "facts": [
                fact("Environment", &about.environment),
                fact("Playbook", &about.playbook),
                fact("Run", &about.run),
            ],
        },
    ]);
    json!({
        "type": "message",
        "attachments": [{
            "contentType": "application/vnd.microsoft.card.adaptive",
            "contentUrl": null,
            "content": {
                "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                "type": "AdaptiveCard",
                "version": "1.2",
                "body": body,
                "msteams": { "width": "full" },
            },
        }],
    })
}
