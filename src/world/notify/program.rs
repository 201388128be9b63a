//! A message through a program of the operator's: the words on stdin, or a whole mail.

use serde_json::Value;

use super::super::aside::{self, Aside, Fault};
use super::answer::again;
use super::email;
use crate::effect::{Email, Facts, FailKind, NotifyEffect, Output};
use crate::secret::Redactor;
use crate::time::{Span, Timestamp};

/// Gives the words to a program, and what they are about as variables.
pub(super) fn tell(effect: &NotifyEffect, argv: &[String], redactor: &Redactor) -> Output {
    let mut env = vec![
        ("MAYDAY_TO".to_owned(), effect.to.clone()),
        ("MAYDAY_MESSAGE_ID".to_owned(), effect.id.clone()),
    ];
    if let Value::Object(parts) = effect.about.data() {
        env.extend(parts.iter().map(|(name, value)| (variable(name), words(value))));
    }
    run(effect, argv, &env, &effect.message, redactor)
}

/// Gives a mail to a program that sends it.
pub(super) fn mail(
    effect: &NotifyEffect,
    mail: &Email,
    now: Timestamp,
    redactor: &Redactor,
) -> Output {
    run(effect, &mail.command, &[], &email::compose(effect, mail, now), redactor)
}

fn run(
    effect: &NotifyEffect,
    argv: &[String],
    env: &[(String, String)],
    stdin: &str,
    redactor: &Redactor,
) -> Output {
    let program = argv.first().map_or("", String::as_str);
    let aside = Aside {
        argv,
        env,
        stdin,
        dir: None,
        limit: effect.time_limit,
        cap: aside::OUTPUT_CAP,
        stop: None,
    };
    let finished = match aside::run(&aside) {
        Ok(finished) => finished,
        Err(Fault::Late) => {
            let limit = effect.time_limit;
            let words =
                format!("`{program}` did not end within {limit}; the message may have arrived");
            let mut output = again(Output::failed(FailKind::Timeout, words));
            output.facts.insert("perhaps".to_owned(), true.into());
            return output;
        }
        // Nobody stops a message but its time.
        Err(Fault::Stopped) => return again(Output::failed(FailKind::Cancelled, "stopped")),
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
        let said = match aside::last_words(&said) {
            said if said.is_empty() => String::new(),
            said => format!(": {said}"),
        };
        let status = finished.status;
        again(Output::failed(FailKind::Exit, format!("`{program}` ended with {status}{said}")))
    };
    if let Some(code) = finished.status.code() {
        output.facts.insert("exit_code".to_owned(), code.into());
    }
    output
}

/// `MAYDAY_SEVERITY` for `severity`.
fn variable(name: &str) -> String {
    let part = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    format!("MAYDAY_{}", name.chars().map(part).collect::<String>())
}

/// A text as it is, nothing for nothing, anything else as JSON.
fn words(value: &Value) -> String {
    match value {
        Value::String(text) => text.replace('\0', ""),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}
