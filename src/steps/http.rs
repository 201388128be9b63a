//! `http`: one request. The method is the key: `http: { post: URL, json: {...} }`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{Context, FactType, Failure, Part, Request, Stage, StepType, Verdict, judge_ending};
use crate::effect::{Effect, EffectClass, Ending, FailKind, HttpEffect, Output, Text};
use crate::template;

/// Redirects followed at most, where the author allows them.
const REDIRECTS: u32 = 3;

/// One request; exactly one of the method keys is given.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Http {
    /// URL to GET: absolute, or starting with `/` below the base URL of the step's target.
    #[serde(default)]
    pub get: Option<String>,
    /// URL to HEAD.
    #[serde(default)]
    pub head: Option<String>,
    /// URL to POST to.
    #[serde(default)]
    pub post: Option<String>,
    /// URL to PUT to.
    #[serde(default)]
    pub put: Option<String>,
    /// URL to PATCH.
    #[serde(default)]
    pub patch: Option<String>,
    /// URL to DELETE.
    #[serde(default)]
    pub delete: Option<String>,
    /// Headers. A value `secret:NAME` is that secret.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// A body, sent as it is.
    #[serde(default)]
    pub body: Option<String>,
    /// A JSON body. Strings in it may hold `{{ }}`; one that is nothing else is sent as the value that it has (a number,
    /// a list), every other one as a text.
    #[serde(default)]
    pub json: Option<Value>,
    /// Follow redirects, at most three.
    #[serde(default)]
    pub follow_redirects: bool,
    /// Do not verify the certificate. Recorded and shown.
    #[serde(default)]
    pub insecure: bool,
    /// Sent as Idempotency-Key: the service promises that sending twice is sending once.
    #[serde(default)]
    pub idempotency_key: Option<String>,
}

impl Http {
    /// Method and URL; the first of several, or nothing when none is given.
    #[must_use]
    pub fn method(&self) -> Option<(&'static str, &str)> {
        self.methods().next()
    }

    /// All methods given; a right request has one.
    pub fn methods(&self) -> impl Iterator<Item = (&'static str, &str)> {
        [
            ("GET", &self.get),
            ("HEAD", &self.head),
            ("POST", &self.post),
            ("PUT", &self.put),
            ("PATCH", &self.patch),
            ("DELETE", &self.delete),
        ]
        .into_iter()
        .filter_map(|(method, url)| url.as_deref().map(|url| (method, url)))
    }
}

impl StepType for Http {
    fn request(&self, cx: &Context<'_>, _: &[Output]) -> Result<Request, Failure> {
        let (method, url) = self
            .method()
            .ok_or_else(|| Failure::input("the request names no method: use get, post, ..."))?;
        let (base, url) = address(url, cx)?;
        let mut headers = headers(&self.headers, cx)?;
        if let Some(key) = &self.idempotency_key {
            headers.push(("Idempotency-Key".to_owned(), Text::Plain(cx.text(key)?)));
        }
        let json = self.json.as_ref().map(|json| fill(json, cx)).transpose()?;
        if json.is_some() {
            headers.push(("Content-Type".to_owned(), Text::Plain("application/json".to_owned())));
        }
        let body = self.body.as_deref().map(|body| cx.text(body)).transpose()?;
        Ok(Request::effect(Effect::Http(HttpEffect {
            method: method.to_owned(),
            base,
            url,
            headers,
            body: json.map(|json| json.to_string()).or(body),
            redirects: if self.follow_redirects { REDIRECTS } else { 0 },
            insecure: self.insecure,
            time_limit: cx.time_limit(),
            withhold: cx.withhold(),
        })))
    }

    fn judge(&self, cx: &Context<'_>, outputs: &[Output]) -> Verdict {
        let Some(output) = outputs.last() else { return Verdict::Pass };
        let code = output.facts.get("status_code").and_then(Value::as_u64);
        match (&output.ending, code) {
            (Ending::Done, Some(code))
                if !(200..300).contains(&code) && cx.common.expect.is_none() =>
            {
                Verdict::Fail(Failure::new(
                    Stage::Run,
                    FailKind::Refused,
                    format!("answered with status {code}"),
                ))
            }
            _ => judge_ending(output, cx.class),
        }
    }

    fn own_effect(&self) -> Option<EffectClass> {
        None
    }

    fn repeatable(&self) -> bool {
        self.idempotency_key.is_some()
    }

    fn facts(&self) -> &'static [(&'static str, FactType)] {
        &[
            ("status", FactType::Number),
            ("status_code", FactType::Number),
            ("headers", FactType::Any),
            ("body", FactType::Text),
            ("json", FactType::Any),
        ]
    }

    fn parts<'a>(&'a self, visit: &mut dyn FnMut(&str, Part<'a>)) {
        for (method, url) in self.methods() {
            visit(&format!(".{}", method.to_lowercase()), Part::Url(url));
        }
        for (name, value) in &self.headers {
            visit(&format!(".headers.{name}"), Part::Words(value));
        }
        for (name, part) in [("body", &self.body), ("idempotency_key", &self.idempotency_key)] {
            if let Some(text) = part {
                visit(&format!(".{name}"), Part::Words(text));
            }
        }
        if let Some(json) = &self.json {
            visit_strings(json, ".json", visit);
        }
    }
}

/// The URL with its names filled in. A path is put behind the base URL of the step's target: here when
/// that is known, by the world when it is a secret.
pub(super) fn address(url: &str, cx: &Context<'_>) -> Result<(Option<Text>, Text), Failure> {
    /// Stands for the base while a path is filled in: values are encoded for where they stand.
    const STAND_IN: &str = "http://base";
    if !url.starts_with('/') {
        return Ok((None, Text::Plain(template::render_url(url, cx.names)?)));
    }
    let filled = template::render_url(&format!("{STAND_IN}{url}"), cx.names)?;
    let path = filled.strip_prefix(STAND_IN).unwrap_or(&filled);
    Ok(match cx.target()?.address {
        Text::Plain(base) => (None, Text::Plain(format!("{}{path}", base.trim_end_matches('/')))),
        base @ Text::Secret(_) => (Some(base), Text::Plain(path.to_owned())),
    })
}

/// Header values: text, or `secret:NAME`.
pub(super) fn headers(
    headers: &BTreeMap<String, String>,
    cx: &Context<'_>,
) -> Result<Vec<(String, Text)>, Failure> {
    let one = |(name, value): (&String, &String)| {
        let value = match value.strip_prefix("secret:") {
            Some(secret) => Text::Secret(secret.to_owned()),
            None => Text::Plain(cx.text(value)?),
        };
        Ok((name.clone(), value))
    };
    headers.iter().map(one).collect()
}

/// The document with `{{ }}` filled in inside its strings; values stay strings, the encoder quotes them.
pub(super) fn fill(json: &Value, cx: &Context<'_>) -> Result<Value, Failure> {
    Ok(match json {
        Value::String(text) => template::render_value(text, cx.names)?,
        Value::Array(items) => {
            Value::Array(items.iter().map(|item| fill(item, cx)).collect::<Result<_, _>>()?)
        }
        Value::Object(map) => Value::Object(
            map.iter()
                .map(|(key, value)| Ok((key.clone(), fill(value, cx)?)))
                .collect::<Result<_, Failure>>()?,
        ),
        other => other.clone(),
    })
}

/// Visits every string of a document as text for `{{ }}`.
pub(super) fn visit_strings<'a>(
    json: &'a Value,
    path: &str,
    visit: &mut dyn FnMut(&str, Part<'a>),
) {
    match json {
        Value::String(text) => visit(path, Part::Words(text)),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                visit_strings(item, &format!("{path}[{index}]"), visit);
            }
        }
        Value::Object(map) => {
            for (key, value) in map {
                visit_strings(value, &format!("{path}.{key}"), visit);
            }
        }
        _ => {}
    }
}
