//! `url`: does it answer as a healthy service does? One GET; nothing is sent but the step's own headers.

use super::{Finding, Look, Outcome, Shared, UrlWant, Wants, clock, target};
use crate::effect::{Ending, Text};
use crate::world::evidence::EvidenceSink;
use crate::world::http::{self, PreparedHttp};
use crate::world::machine::wall_clock;
use crate::world::process::EnvValue;

const KIND: &str = "url";

pub(super) fn looks(wants: &Wants) -> Vec<Look> {
    let look = |want: &UrlWant| {
        let want = want.clone();
        let subject = want.shown.clone();
        Look { kind: KIND, subject, job: Box::new(move |shared| ask(KIND, &want, shared)) }
    };
    wants.urls.iter().map(look).collect()
}

/// Asks; what the answer says of the service, and of its clock.
pub(super) fn ask(kind: &'static str, want: &UrlWant, shared: &Shared) -> Vec<Finding> {
    let subject = &want.shown;
    let request = match prepare(want, shared) {
        Ok(request) => request,
        Err(why) => return vec![Finding::new(kind, subject, Outcome::Skip, why)],
    };
    let before = wall_clock();
    let output = http::send(&request, &EvidenceSink::nowhere());
    let after = wall_clock();
    let mut found = Vec::new();
    let date = output.facts.get("headers").and_then(|headers| headers.get("date"));
    if let Some(theirs) = date.and_then(serde_json::Value::as_str).and_then(clock::http_date) {
        // The header has whole seconds.
        found.push(clock::judge(subject, theirs, before, after, 1000));
    }
    let status = output.facts.get("status_code").and_then(serde_json::Value::as_u64);
    let status = status.and_then(|status| u16::try_from(status).ok());
    let result = match (&output.ending, status) {
        (Ending::Done, Some(status)) if status < 400 || want.good.contains(&status) => {
            Ok(format!("answers {status}"))
        }
        (Ending::Done, Some(status)) => {
            Err(format!("answers {status}: see to the service, or correct the URL"))
        }
        (Ending::Failed { message, .. } | Ending::Unknown { reason: message }, _) => {
            Err(message.clone())
        }
        _ => Err("no answer".to_owned()),
    };
    found.push(Finding::of(kind, subject, result));
    found
}

fn prepare(want: &UrlWant, shared: &Shared) -> Result<PreparedHttp, String> {
    let mut url = EnvValue::Plain(want.url.clone());
    if let Some(base) = &want.base {
        let base = EnvValue::Secret(target::address(base, shared)?);
        url = http::below(&base, &url);
    }
    let mut headers = Vec::new();
    for (name, text) in &want.headers {
        let value = match text {
            Text::Plain(text) => EnvValue::Plain(text.clone()),
            Text::Secret(secret) => EnvValue::Secret(
                shared
                    .vault()
                    .kept(secret)
                    .ok_or_else(|| format!("its secret `{secret}` could not be had"))?,
            ),
        };
        headers.push((name.clone(), value));
    }
    Ok(PreparedHttp {
        method: "GET".to_owned(),
        url,
        headers,
        body: None,
        redirects: want.redirects,
        insecure: want.insecure,
        time_limit: shared.limit,
        withhold: false,
        redactor: shared.redactor(),
    })
}
