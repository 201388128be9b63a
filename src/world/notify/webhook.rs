//! A webhook of anybody's: a JSON document with the attributes of a cloud event, and a signature in the
//! headers of Standard Webhooks.

use serde_json::{Value, json};

use super::answer::{plain, post, send};
use super::{secret, sign};
use crate::effect::{NotifyEffect, Output};
use crate::secret::{Redactor, SecretValue};
use crate::time::Timestamp;

pub(super) fn tell(
    effect: &NotifyEffect,
    url: &SecretValue,
    signing_key: Option<&SecretValue>,
    now: Timestamp,
    redactor: &Redactor,
) -> Output {
    let mut asked = post(effect, secret(url), &payload(effect));
    let seconds = now.millis().div_euclid(1000).to_string();
    asked.headers.push(plain("webhook-id", &effect.id));
    asked.headers.push(plain("webhook-timestamp", &seconds));
    if let Some(key) = signing_key {
        let body = asked.body.as_deref().unwrap_or_default();
        let signature = sign::signature(key, &effect.id, &seconds, body);
        asked.headers.push(plain("webhook-signature", &signature));
    }
    send(asked, &format!("the webhook of {}", effect.to), redactor)
}

fn payload(effect: &NotifyEffect) -> Value {
    let about = &effect.about;
    let mut data = about.data();
    data["kind"] = json!(effect.kind);
    json!({
        "specversion": "1.0",
        "id": effect.id,
        "source": format!("mayday:{}", about.run),
        "type": "dev.mayday.message",
        "time": effect.at,
        "datacontenttype": "application/json",
        "to": effect.to,
        "text": effect.message,
        "data": data,
    })
}
