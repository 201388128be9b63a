//! Atlassian Statuspage: an incident is made once and updated from then on.
//!
//! The page knows no key that would tell a repeat, so the incident carries our ids as metadata, and where
//! an earlier attempt may have arrived the page is asked first.

use serde_json::{Map, Value, json};

use super::super::aside;
use super::super::process::EnvValue;
use super::answer::{Asked, plain, send};
use super::{headline, secret_text};
use crate::effect::{
    Again, ComponentStatus, Ending, Facts, NotifyEffect, Output, PostStatus, Statuspage,
};
use crate::secret::{Redactor, SecretValue};
use crate::time::Span;

const HOST: &str = "https://api.statuspage.io";

/// One delivery and what all of its requests share.
struct Delivery<'a> {
    effect: &'a NotifyEffect,
    page: &'a Statuspage,
    api_key: &'a SecretValue,
    redactor: &'a Redactor,
    until: Span,
}

pub(super) fn tell(
    effect: &NotifyEffect,
    page: &Statuspage,
    api_key: &SecretValue,
    redactor: &Redactor,
) -> Output {
    let until = aside::boot() + effect.time_limit;
    let delivery = Delivery { effect, page, api_key, redactor, until };
    if effect.about.mode == "test" {
        // What everybody reads is no place for a test: the key is tried, nothing is posted.
        return send(delivery.ask("GET", "", None), &delivery.who(), redactor);
    }
    let mut reference = effect.reference.clone();
    if effect.again == Again::Perhaps {
        match delivery.look(reference.as_deref()) {
            Ok(Found::Arrived(reference)) => return named(&reference),
            Ok(Found::Incident(known)) => reference = Some(known),
            Ok(Found::Nothing) => {}
            Err(output) => return *output,
        }
    }
    let asked = match &reference {
        Some(id) => delivery.ask("PATCH", &format!("/incidents/{id}"), Some(&delivery.body(false))),
        None => delivery.ask("POST", "/incidents", Some(&delivery.body(true))),
    };
    let mut output = send(asked, &delivery.who(), redactor);
    let json = output.facts.remove("json");
    if output.ending == Ending::Done {
        let id = json.as_ref().and_then(|json| json.get("id")).and_then(Value::as_str);
        let id = id.map(str::to_owned).or(reference);
        output.facts.extend(id.map(|id| ("reference".to_owned(), Value::String(id))));
    }
    output
}

/// What the page has of an earlier attempt.
enum Found {
    /// This very message.
    Arrived(String),
    /// The incident, without this message.
    Incident(String),
    Nothing,
}

impl Delivery<'_> {
    fn who(&self) -> String {
        format!("Statuspage for {}", self.effect.to)
    }

    fn ask<'a>(&self, method: &'a str, path: &str, body: Option<&Value>) -> Asked<'a> {
        let host = self.page.url.as_deref().unwrap_or(HOST).trim_end_matches('/');
        let url = format!("{host}/v1/pages/{}{path}", self.page.page);
        let mut headers = vec![("Authorization".to_owned(), secret_text("OAuth ", self.api_key))];
        if body.is_some() {
            headers.push(plain("Content-Type", "application/json"));
        }
        let body = body.map(Value::to_string);
        Asked { method, url: EnvValue::Plain(url), headers, body, until: self.until }
    }

    /// Looks for this run's incident, by its id or among all that are open.
    fn look(&self, reference: Option<&str>) -> Result<Found, Box<Output>> {
        let path = match reference {
            Some(id) => format!("/incidents/{id}"),
            None => "/incidents/unresolved".to_owned(),
        };
        let output = send(self.ask("GET", &path, None), &self.who(), self.redactor);
        if output.ending != Ending::Done {
            return Err(Box::new(output));
        }
        let json = output.facts.get("json").cloned().unwrap_or_default();
        let all = match json {
            Value::Array(all) => all,
            one => vec![one],
        };
        let ours = |incident: &&Value| {
            incident.pointer("/metadata/mayday/run").and_then(Value::as_str)
                == Some(&self.effect.about.run)
        };
        let Some(incident) = all.iter().find(ours) else { return Ok(Found::Nothing) };
        let Some(id) = incident.get("id").and_then(Value::as_str) else {
            return Ok(Found::Nothing);
        };
        let last = incident.pointer("/metadata/mayday/message").and_then(Value::as_str);
        let arrived = last == Some(&self.effect.id);
        Ok(if arrived { Found::Arrived(id.to_owned()) } else { Found::Incident(id.to_owned()) })
    }

    fn body(&self, first: bool) -> Value {
        let effect = self.effect;
        let post = effect.post.clone().unwrap_or_default();
        let mut incident = json!({
            "body": effect.message,
            "metadata": { "mayday": { "run": effect.about.run, "message": effect.id } },
        });
        if first {
            let name = post.headline.clone().unwrap_or_else(|| effect.about.title.clone());
            incident["name"] = if name.is_empty() { headline(effect) } else { name }.into();
            incident["deliver_notifications"] = true.into();
        }
        let status = post.status.or(first.then_some(PostStatus::Investigating));
        if let Some(status) = status {
            incident["status"] = status.word().into();
        }
        if let Some(impact) = post.impact {
            incident["impact_override"] = impact.word().into();
        }
        let components = self.components(&post.components);
        if !components.is_empty() {
            let ids: Vec<&String> = components.keys().collect();
            incident["component_ids"] = json!(ids);
            incident["components"] = Value::Object(components);
        }
        json!({ "incident": incident })
    }

    /// Component ids and how they are. `check` says which names the page does not have.
    fn components(
        &self,
        named: &std::collections::BTreeMap<String, ComponentStatus>,
    ) -> Map<String, Value> {
        let known = |(name, status): (&String, &ComponentStatus)| {
            let id = self.page.components.get(name)?;
            Some((id.clone(), Value::from(status.word())))
        };
        named.iter().filter_map(known).collect()
    }
}

fn named(reference: &str) -> Output {
    let mut facts = Facts::new();
    facts.insert("reference".to_owned(), reference.into());
    Output::done(facts, Span::ZERO)
}
