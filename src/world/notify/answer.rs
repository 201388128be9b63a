//! One request with a JSON body, and what the answer says about the delivery.

use serde_json::Value;

use super::super::aside;
use super::super::evidence::EvidenceSink;
use super::super::http::{self, PreparedHttp};
use super::super::process::EnvValue;
use crate::effect::{Ending, Facts, FailKind, NotifyEffect, Output};
use crate::secret::Redactor;
use crate::text;
use crate::time::{Span, Timestamp};

/// Characters of a refusal's own words that are told.
const WORDS: usize = 200;

/// A request of a delivery.
pub(super) struct Asked<'a> {
    pub method: &'a str,
    pub url: EnvValue,
    pub headers: Vec<(String, EnvValue)>,
    pub body: Option<String>,
    /// All requests of a delivery end by then, by the boot clock.
    pub until: Span,
}

/// A request that posts a JSON document and has all the time of the delivery.
pub(super) fn post<'a>(effect: &NotifyEffect, url: EnvValue, body: &Value) -> Asked<'a> {
    Asked {
        method: "POST",
        url,
        headers: vec![plain("Content-Type", "application/json")],
        body: Some(body.to_string()),
        until: aside::boot() + effect.time_limit,
    }
}

/// A header that anybody may see.
pub(super) fn plain(name: &str, value: &str) -> (String, EnvValue) {
    (name.to_owned(), EnvValue::Plain(value.to_owned()))
}

/// Sends it. `who` is how the other side is called in words.
pub(super) fn send(asked: Asked<'_>, who: &str, redactor: &Redactor) -> Output {
    let left = asked.until - aside::boot();
    if left <= Span::ZERO {
        return again(Output::failed(FailKind::Timeout, format!("{who} took too long")));
    }
    let request = PreparedHttp {
        method: asked.method.to_owned(),
        url: asked.url,
        headers: asked.headers,
        body: asked.body,
        redirects: 0,
        insecure: false,
        time_limit: left,
        withhold: false,
        redactor: redactor.clone(),
    };
    let answer = http::send(&request, &EvidenceSink::nowhere());
    let status = answer.facts.get("status_code").and_then(Value::as_u64);
    let mut output = judge(answer, status, who);
    if let Some(status) = status {
        output.facts.insert("status_code".to_owned(), status.into());
    }
    output
}

fn judge(answer: Output, status: Option<u64>, who: &str) -> Output {
    let body = answer.facts.get("body").and_then(Value::as_str).unwrap_or_default();
    match (answer.ending, status) {
        // A gateway or a log-in page in between says yes to everything.
        (Ending::Done, Some(200..300)) if body.trim_start().starts_with('<') => {
            let words = format!("a web page answered in place of {who}");
            again(Output::failed(FailKind::Refused, words))
        }
        (Ending::Done, Some(200..300)) => {
            let mut output = Output::done(Facts::new(), Span::ZERO);
            output.facts.extend(answer.facts.get("json").map(|json| ("json".into(), json.clone())));
            output
        }
        (Ending::Done, status) => {
            let status = status.unwrap_or_default();
            let said = text::one_line(body);
            let said = match text::cut(said.trim(), WORDS).into_owned() {
                said if said.is_empty() => String::new(),
                said => format!(": {said}"),
            };
            let means = meaning(status);
            let words = format!("{who} answered with status {status}{said}{means}");
            let mut output = Output::failed(FailKind::Refused, words);
            if matches!(status, 408 | 425 | 429 | 500..) {
                output = again(output);
                if let Some(after) = retry_after(&answer.facts) {
                    output.facts.insert("retry_after_ms".to_owned(), after.millis().into());
                }
            }
            output
        }
        // A repeat is marked as one, so doubt is told and nobody is asked about it.
        (Ending::Unknown { reason }, _) => {
            let words = format!("{reason}; the message may have arrived all the same");
            let mut output = again(Output::failed(FailKind::Connection, words));
            output.facts.insert("perhaps".to_owned(), true.into());
            output
        }
        (Ending::Failed { kind, message }, _) => {
            let output = Output::failed(kind, message);
            let helps = matches!(kind, FailKind::Connection | FailKind::Timeout);
            if helps { again(output) } else { output }
        }
        (ending, _) => Output { ending, ..Output::done(Facts::new(), Span::ZERO) },
    }
}

/// What a status means where its number alone does not say what to do.
const fn meaning(status: u64) -> &'static str {
    match status {
        300..=399 => " (the address has moved; it is not followed)",
        401 | 403 => " (the key or the address is not accepted)",
        404 => " (there is nothing at this address)",
        410 => " (this address is gone for good; make a new one)",
        _ => "",
    }
}

/// Another attempt may help.
pub(super) fn again(mut output: Output) -> Output {
    output.facts.insert("again".to_owned(), true.into());
    output
}

/// `Retry-After`: seconds, or a date, which is read against the answer's own clock (RFC 9110, 10.2.3).
fn retry_after(facts: &Facts) -> Option<Span> {
    let header = |name: &str| facts.get("headers")?.get(name)?.as_str().map(str::trim);
    let after = header("retry-after")?;
    if let Ok(seconds) = after.parse::<u32>() {
        return Some(Span::from_secs(i64::from(seconds)));
    }
    let date = |text: &str| {
        let date = chrono::DateTime::parse_from_rfc2822(text).ok()?;
        Some(Timestamp::from_millis(date.timestamp_millis()))
    };
    Some(date(after)?.since(date(header("date")?)?).max(Span::ZERO))
}
