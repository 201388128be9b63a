//! Telling a contact: a JSON document to a webhook, or a message to a program of the operator's.
//!
//! Delivery is limited in time and never decides about a recovery. Of a webhook's URL, which is usually a
//! secret, only host and port are ever told.

use serde_json::{Value, json};

use super::aside::{self, Aside, Fault};
use super::evidence::EvidenceSink;
use super::http::{self, PreparedHttp};
use super::process::EnvValue;
use crate::effect::{Ending, Facts, FailKind, NotifyEffect, Output};
use crate::secret::Redactor;
use crate::text;
use crate::time::Span;

/// Characters of a refusal's own words that are told.
const WORDS: usize = 200;

/// A way to a contact, resolved.
#[derive(Clone, Debug)]
pub enum Way {
    /// Program and arguments; the message on stdin, its parts as variables.
    Command(Vec<String>),
    /// A URL that takes `{"text": ..., "to": ..., "data": {...}}`.
    Webhook(EnvValue),
}

/// Delivers a message, or says why not. Blocks at most for the effect's time limit.
///
/// Facts: `to`, `delivered`, and `status_code` or `exit_code`.
#[must_use]
pub fn deliver(effect: &NotifyEffect, way: &Way, redactor: &Redactor) -> Output {
    let started = aside::boot();
    let mut output = match way {
        Way::Webhook(url) => webhook(effect, url, redactor),
        Way::Command(argv) => command(effect, argv, redactor),
    };
    output.elapsed = aside::boot() - started;
    output.facts.insert("to".to_owned(), effect.to.clone().into());
    output.facts.insert("delivered".to_owned(), (output.ending == Ending::Done).into());
    output
}

fn webhook(effect: &NotifyEffect, url: &EnvValue, redactor: &Redactor) -> Output {
    let document = json!({ "text": effect.message, "to": effect.to, "data": effect.data });
    let json = EnvValue::Plain("application/json".to_owned());
    let request = PreparedHttp {
        method: "POST".to_owned(),
        url: url.clone(),
        headers: vec![("Content-Type".to_owned(), json)],
        body: Some(document.to_string()),
        redirects: 0,
        insecure: false,
        time_limit: effect.time_limit,
        withhold: false,
        redactor: redactor.clone(),
    };
    let answer = http::send(&request, &EvidenceSink::nowhere());
    let status = answer.facts.get("status_code").and_then(Value::as_u64);
    let mut output = match (answer.ending, status) {
        (Ending::Done, Some(200..300)) => Output::done(Facts::new(), Span::ZERO),
        (Ending::Done, status) => {
            let said = answer.facts.get("body").and_then(Value::as_str).unwrap_or_default();
            let said = text::one_line(said);
            let said = text::cut(&said, WORDS);
            let status = status.unwrap_or_default();
            Output::failed(
                FailKind::Refused,
                format!("the webhook of {} answered with status {status}: {said}", effect.to),
            )
        }
        // A message sent twice does no harm, so doubt is told and nobody is asked about it.
        (Ending::Unknown { reason }, _) => Output::failed(
            FailKind::Connection,
            format!("{reason}; the message may have arrived all the same"),
        ),
        (ending, _) => Output { ending, ..Output::done(Facts::new(), Span::ZERO) },
    };
    if let Some(status) = status {
        output.facts.insert("status_code".to_owned(), status.into());
    }
    output
}

fn command(effect: &NotifyEffect, argv: &[String], redactor: &Redactor) -> Output {
    let mut env = vec![("MAYDAY_TO".to_owned(), effect.to.clone())];
    if let Value::Object(parts) = &effect.data {
        env.extend(parts.iter().map(|(name, value)| (variable(name), words(value))));
    }
    let program = argv.first().map_or("", String::as_str);
    let aside =
        Aside { argv, env: &env, stdin: &effect.message, dir: None, limit: effect.time_limit };
    let finished = match aside::run(&aside) {
        Ok(finished) => finished,
        Err(Fault::Late) => {
            let limit = effect.time_limit;
            return Output::failed(
                FailKind::Timeout,
                format!("`{program}` did not end within {limit}; the message may have arrived"),
            );
        }
        Err(Fault::Start(error)) if error.kind() == std::io::ErrorKind::NotFound => {
            return Output::failed(FailKind::NotFound, format!("`{program}` was not found"));
        }
        Err(Fault::Start(error)) => {
            return Output::failed(FailKind::Input, format!("`{program}` did not start: {error}"));
        }
    };
    let mut output = if finished.status.success() {
        Output::done(Facts::new(), Span::ZERO)
    } else {
        let said = redactor.redact_bytes(&finished.stderr);
        let said = aside::last_words(&said);
        let status = finished.status;
        Output::failed(FailKind::Exit, format!("`{program}` ended with {status}: {said}"))
    };
    if let Some(code) = finished.status.code() {
        output.facts.insert("exit_code".to_owned(), code.into());
    }
    output
}

/// `MAYDAY_STEP` for `step`.
fn variable(name: &str) -> String {
    let part = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    format!("MAYDAY_{}", name.chars().map(part).collect::<String>())
}

/// A text as it is, anything else as JSON.
fn words(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned).replace('\0', "")
}
