//! Slack's incoming webhooks: a header, the words, a line of context.
//!
//! Limits: a header of 150 characters, a section of 3000 (Slack, Block Kit reference).

use serde_json::{Value, json};

use super::answer::{post, send};
use super::{headline, secret};
use crate::effect::{NotifyEffect, Output};
use crate::secret::{Redactor, SecretValue};
use crate::text::cut;

const HEADER: usize = 150;
const SECTION: usize = 3000;

pub(super) fn tell(effect: &NotifyEffect, url: &SecretValue, redactor: &Redactor) -> Output {
    let who = format!("Slack for {}", effect.to);
    send(post(effect, secret(url), &payload(effect)), &who, redactor)
}

fn payload(effect: &NotifyEffect) -> Value {
    let about = &effect.about;
    let context = format!("{} | {} | run {}", about.environment, about.playbook, about.run);
    let mut blocks = vec![json!({
        "type": "section",
        "text": { "type": "mrkdwn", "text": escaped(&effect.message, SECTION), "verbatim": true },
    })];
    let headline = headline(effect);
    if !headline.is_empty() {
        let header =
            json!({ "type": "plain_text", "text": cut(&headline, HEADER), "emoji": false });
        blocks.insert(0, json!({ "type": "header", "text": header }));
    }
    blocks.push(json!({
        "type": "context",
        "elements": [{ "type": "mrkdwn", "text": escaped(&context, SECTION), "verbatim": true }],
    }));
    json!({ "text": escaped(&effect.message, SECTION), "blocks": blocks })
}

/// What Slack takes for a mention or a link is written as the text that it is. Cut before it is written so,
/// and never in the middle of one.
fn escaped(text: &str, most: usize) -> String {
    let mut out = String::new();
    let mut room = most;
    for c in text.chars() {
        let one = match c {
            '&' => "&amp;".to_owned(),
            '<' => "&lt;".to_owned(),
            '>' => "&gt;".to_owned(),
            c => c.to_string(),
        };
        let takes = one.chars().count();
        if takes > room.saturating_sub(1) {
            out.push('…');
            break;
        }
        room -= takes;
        out.push_str(&one);
    }
    out
}
