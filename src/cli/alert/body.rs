//! The bodies that Alertmanager, Grafana and PagerDuty post to a webhook, read into one form.
//!
//! Read with tolerance: fields come and go between versions. What is needed is what fires, since when, and
//! what it is labelled with.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::once;
use crate::time::Timestamp;

/// What is firing.
#[derive(Debug, PartialEq)]
pub(super) struct Alert {
    /// `Alertmanager`, `Grafana` or `PagerDuty`.
    pub system: &'static str,
    /// Names of what fires, each once; empty when nothing does.
    pub names: Vec<String>,
    /// Texts for people that may hold a name.
    pub titles: Vec<String>,
    /// Labels and annotations that everything that fires agrees on.
    pub labels: BTreeMap<String, String>,
    /// Since when, where that is told: the earliest.
    pub since: Option<Timestamp>,
}

impl Alert {
    /// The alert in a body.
    ///
    /// # Errors
    /// What is wrong with it, a fragment.
    pub(super) fn of(json: &Value) -> Result<Self, String> {
        if let Some(event) = json.get("event").filter(|event| event.get("event_type").is_some()) {
            return pagerduty(event);
        }
        if let Some(alerts) = json.get("alerts").or(Some(json)).and_then(Value::as_array) {
            return group(json, alerts);
        }
        if json.get("ruleName").is_some() && json.get("state").is_some() {
            return Ok(old_grafana(json));
        }
        let known = match json {
            Value::Object(fields) => {
                let names: Vec<&str> = fields.keys().take(6).map(String::as_str).collect();
                format!("it has the fields {}", names.join(", "))
            }
            _ => "it is no object".to_owned(),
        };
        Err(format!("this is no alert of a kind that is known; {known}"))
    }
}

fn text<'v>(value: &'v Value, pointer: &str) -> Option<&'v str> {
    value.pointer(pointer).and_then(Value::as_str).filter(|text| !text.trim().is_empty())
}

/// A time that means something: Go writes the year 1 for none.
fn time(value: &Value, pointer: &str) -> Option<Timestamp> {
    let at: Timestamp = text(value, pointer)?.parse().ok()?;
    (at.millis() > 0).then_some(at)
}

/// Alertmanager's groups (webhook version 4, or the list of its API), and Grafana's, which are alike.
fn group(json: &Value, alerts: &[Value]) -> Result<Alert, String> {
    if alerts.iter().any(|alert| alert.get("labels").is_none_or(|labels| !labels.is_object())) {
        return Err("`alerts` holds something without labels".to_owned());
    }
    let grafana = json.get("orgId").is_some() || json.get("state").is_some();
    // The list of the API has a status of another form, and lists only what fires.
    let fires = |alert: &&Value| text(alert, "/status").is_none_or(|status| status == "firing");
    let firing: Vec<&Value> = alerts.iter().filter(fires).collect();
    let names = firing.iter().filter_map(|alert| text(alert, "/labels/alertname"));
    let names = once(names.map(str::to_owned));
    if names.is_empty() && !firing.is_empty() {
        return Err("what fires has no label `alertname`".to_owned());
    }
    let titles = ["/title", "/commonAnnotations/summary", "/commonAnnotations/title"];
    let titles = titles.iter().filter_map(|pointer| text(json, pointer));
    let own = firing.iter().filter_map(|alert| text(alert, "/annotations/summary"));
    Ok(Alert {
        system: if grafana { "Grafana" } else { "Alertmanager" },
        names,
        titles: once(titles.chain(own).map(str::to_owned)),
        labels: agreed(&firing),
        since: firing.iter().filter_map(|alert| time(alert, "/startsAt")).min(),
    })
}

/// Labels, and annotations where no label has the name, that all of them share.
fn agreed(firing: &[&Value]) -> BTreeMap<String, String> {
    let own = |alert: &Value| {
        let mut all: BTreeMap<String, String> = BTreeMap::new();
        for part in ["annotations", "labels"] {
            if let Some(fields) = alert.get(part).and_then(Value::as_object) {
                all.extend(texts(fields));
            }
        }
        all
    };
    let mut all = firing.iter().map(|alert| own(alert));
    let Some(mut shared) = all.next() else { return BTreeMap::new() };
    for other in all {
        shared.retain(|name, value| other.get(name) == Some(value));
    }
    shared
}

fn texts(fields: &Map<String, Value>) -> impl Iterator<Item = (String, String)> {
    fields.iter().filter_map(|(name, value)| {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Number(_) | Value::Bool(_) => value.to_string(),
            _ => return None,
        };
        Some((super::as_input(name), text))
    })
}

/// Grafana before its unified alerting.
fn old_grafana(json: &Value) -> Alert {
    let fires = text(json, "/state").is_some_and(|state| state == "alerting");
    let name = text(json, "/ruleName").filter(|_| fires).map(str::to_owned);
    let tags = json.get("tags").and_then(Value::as_object);
    Alert {
        system: "Grafana",
        names: once(name),
        titles: once(text(json, "/title").map(str::to_owned)),
        labels: tags.map(|tags| texts(tags).collect()).unwrap_or_default(),
        since: None,
    }
}

/// PagerDuty's webhooks, version 3. An incident has a title and no name: the title is taken for one.
fn pagerduty(event: &Value) -> Result<Alert, String> {
    let kind = text(event, "/event_type").unwrap_or_default();
    if !kind.starts_with("incident.") {
        return Err(format!("an event `{kind}` of PagerDuty is about no incident"));
    }
    let data = event.get("data").unwrap_or(&Value::Null);
    let over = kind == "incident.resolved" || text(data, "/status") == Some("resolved");
    let title = text(data, "/title").ok_or("the incident of PagerDuty has no title")?;
    let mut labels = BTreeMap::new();
    for (name, pointer) in [
        ("service", "/service/summary"),
        ("priority", "/priority/summary"),
        ("urgency", "/urgency"),
        ("incident_key", "/incident_key"),
        ("incident_id", "/id"),
        ("incident_url", "/html_url"),
        ("title", "/title"),
    ] {
        labels.extend(text(data, pointer).map(|text| (name.to_owned(), text.to_owned())));
    }
    labels.extend(
        data.get("number")
            .and_then(Value::as_u64)
            .map(|number| ("incident_number".to_owned(), number.to_string())),
    );
    Ok(Alert {
        system: "PagerDuty",
        names: once((!over).then(|| title.to_owned())),
        titles: once([title.to_owned()]),
        labels,
        since: time(data, "/created_at").or_else(|| time(event, "/occurred_at")),
    })
}
