//! `wait_for_url`: look at a URL again and again until it answers as expected.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::http::{address, fill, headers, visit_strings};
use super::{
    Context, FactType, Failure, OneOrMany, Part, Request, Rhythm, Stage, StepType, Verdict,
    judge_ending,
};
use crate::effect::{Effect, EffectClass, Ending, FailKind, HttpEffect, Output};
use crate::template;
use crate::time::Span;

/// From look to look when the author says nothing.
const EVERY: Span = Span::from_secs(5);
/// One look takes at most this long, whatever the time limit of the step is.
const LOOK: Span = Span::from_secs(10);
/// Redirects followed at most, where the author allows them.
const REDIRECTS: u32 = 3;

/// A URL and what it must answer.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WaitForUrl {
    /// http or https, absolute, or starting with `/` below the base URL of the step's target.
    pub url: String,
    /// What counts as an answer. Default: any 2xx.
    #[serde(default)]
    pub expect: Answer,
    /// From the start of one look to the start of the next. Default 5s.
    #[serde(default)]
    pub every: Option<Span>,
    /// So many good answers one after the other. Default 1.
    #[serde(default)]
    pub times_in_a_row: Option<u32>,
    /// Headers. A value `secret:NAME` is that secret.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// Follow redirects, at most three.
    #[serde(default)]
    pub follow_redirects: bool,
    /// Do not verify the certificate. Recorded and shown.
    #[serde(default)]
    pub insecure: bool,
}

/// What counts as an answer; everything named must hold.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// One status or several.
    #[serde(default)]
    pub status: Option<OneOrMany<u16>>,
    /// A document that must be contained in the answer: objects by their keys, everything else equal.
    #[serde(default)]
    pub json: Option<Value>,
    /// A regular expression found in the body.
    #[serde(default)]
    pub body: Option<String>,
    /// Header -> a regular expression found in its value.
    #[serde(default)]
    pub header: BTreeMap<String, String>,
}

impl From<String> for WaitForUrl {
    fn from(url: String) -> Self {
        Self {
            url,
            expect: Answer::default(),
            every: None,
            times_in_a_row: None,
            headers: BTreeMap::new(),
            follow_redirects: false,
            insecure: false,
        }
    }
}

impl StepType for WaitForUrl {
    fn request(&self, cx: &Context<'_>, _: &[Output]) -> Result<Request, Failure> {
        let (base, url) = address(&self.url, cx)?;
        Ok(Request::effect(Effect::Http(HttpEffect {
            method: "GET".to_owned(),
            base,
            url,
            headers: headers(&self.headers, cx)?,
            body: None,
            redirects: if self.follow_redirects { REDIRECTS } else { 0 },
            insecure: self.insecure,
            time_limit: cx.time_limit().min(LOOK),
            withhold: cx.withhold(),
        })))
    }

    fn judge(&self, cx: &Context<'_>, outputs: &[Output]) -> Verdict {
        let Some(output) = outputs.last() else { return Verdict::Pass };
        if output.ending != Ending::Done {
            return judge_ending(output, EffectClass::Read);
        }
        match self.expect.disappointment(output, cx) {
            Err(failure) => Verdict::Fail(failure),
            Ok(Some(message)) => {
                Verdict::Fail(Failure::new(Stage::Run, FailKind::Assertion, message))
            }
            Ok(None) => Verdict::Pass,
        }
    }

    fn rhythm(&self) -> Rhythm {
        Rhythm::Poll {
            every: self.every.unwrap_or(EVERY),
            in_a_row: self.times_in_a_row.unwrap_or(1).max(1),
        }
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
        visit(".url", Part::Url(&self.url));
        for (name, value) in &self.headers {
            visit(&format!(".headers.{name}"), Part::Words(value));
        }
        if let Some(json) = &self.expect.json {
            visit_strings(json, ".expect.json", visit);
        }
        if let Some(body) = &self.expect.body {
            visit(".expect.body", Part::Pattern(body));
        }
        for (name, pattern) in &self.expect.header {
            visit(&format!(".expect.header.{name}"), Part::Pattern(pattern));
        }
    }
}

impl Answer {
    /// What is not as expected, as `expected ..., got ...`; nothing when all is well.
    fn disappointment(&self, output: &Output, cx: &Context<'_>) -> Result<Option<String>, Failure> {
        let status = output.facts.get("status_code").and_then(Value::as_u64).unwrap_or_default();
        let status_ok = match &self.status {
            None => (200..300).contains(&status),
            Some(OneOrMany(wanted)) => wanted.iter().any(|want| u64::from(*want) == status),
        };
        if !status_ok {
            let wanted = self.status.as_ref().map_or("2xx".to_owned(), |OneOrMany(codes)| {
                codes.iter().map(u16::to_string).collect::<Vec<_>>().join(" or ")
            });
            return Ok(Some(format!("expected status {wanted}, got {status}")));
        }
        if let Some(wanted) = &self.json {
            let got = output.facts.get("json").unwrap_or(&Value::Null);
            if let Some(difference) = not_within(&fill(wanted, cx)?, got, "") {
                return Ok(Some(difference));
            }
        }
        let body = output.facts.get("body").and_then(Value::as_str).unwrap_or_default();
        if let Some(wanted) = &self.body
            && !template::pattern(wanted)?.is_match(body)
        {
            return Ok(Some(format!("expected a body with `{wanted}`")));
        }
        for (name, wanted) in &self.header {
            let got = output.facts.get("headers").and_then(|all| all.get(name.to_lowercase()));
            let got = got.and_then(Value::as_str).unwrap_or_default();
            if !template::pattern(wanted)?.is_match(got) {
                return Ok(Some(format!("expected header {name} with `{wanted}`, got `{got}`")));
            }
        }
        Ok(None)
    }
}

/// The first place where `wanted` is not contained in `got`.
fn not_within(wanted: &Value, got: &Value, path: &str) -> Option<String> {
    match (wanted, got) {
        (Value::Object(wanted), Value::Object(got)) => wanted.iter().find_map(|(key, value)| {
            not_within(value, got.get(key).unwrap_or(&Value::Null), &format!("{path}.{key}"))
        }),
        (Value::Number(a), Value::Number(b)) if a.as_f64() == b.as_f64() => None,
        _ if wanted == got => None,
        _ => {
            let place = if path.is_empty() { "the document" } else { &path[1..] };
            Some(format!("expected {place} to be {wanted}, got {got}"))
        }
    }
}
