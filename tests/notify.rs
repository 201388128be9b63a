//! Messages to contacts, through a real webhook and a real program.

use mayday::effect::{Channel, Ending, FailKind, NotifyEffect, Output};
use mayday::secret::Redactor;
use mayday::time::Span;
use mayday::world::notify::{Way, deliver};
use mayday::world::process::EnvValue;
use serde_json::{Value, json};

use crate::support::http::Server;

fn message() -> NotifyEffect {
    NotifyEffect {
        to: "ana".to_owned(),
        channel: Channel::Show,
        message: "SEV-1: bookings fail\nRTO 04:12 left".to_owned(),
        data: json!({ "step": "tell", "severity": 1, "clock": { "left": "4m" } }),
        time_limit: Span::from_secs(20),
    }
}

fn failure(output: &Output) -> (FailKind, &str) {
    match &output.ending {
        Ending::Failed { kind, message } => (*kind, message),
        other => panic!("ended as {other:?}"),
    }
}

fn webhook(url: &str) -> Output {
    let way = Way::Webhook(EnvValue::Secret(url.to_owned().into()));
    deliver(&message(), &way, &Redactor::default())
}

fn program(script: &str, effect: &NotifyEffect) -> Output {
    let way = Way::Command(["sh", "-c", script].map(str::to_owned).to_vec());
    deliver(effect, &way, &Redactor::default())
}

#[test]
fn a_webhook_gets_text_and_data() {
    let server = Server::start();
    let output = webhook(&server.url("/status/200"));
    assert_eq!(output.ending, Ending::Done);
    assert_eq!(output.facts["delivered"], true);
    assert_eq!(output.facts["to"], "ana");
    let asked = &server.asked()[0];
    let document: Value = serde_json::from_str(&asked.body).unwrap();
    assert_eq!(document["text"], "SEV-1: bookings fail\nRTO 04:12 left");
    assert_eq!(document["data"]["clock"]["left"], "4m");
    assert!(asked.headers.contains(&"content-type: application/json".to_owned()));
}

#[test]
fn a_webhook_that_refuses_or_fails_never_shows_its_url() {
    let server = Server::start();
    let output = webhook(&server.url("/status/404/T0/hunter2secret"));
    let words = "the webhook of ana answered with status 404: a body";
    assert_eq!(failure(&output), (FailKind::Refused, words));
    assert_eq!(output.facts["delivered"], false);
    let output = webhook(&server.url("/reset/T0/hunter2secret"));
    assert_eq!(failure(&output).0, FailKind::Connection);
    assert!(failure(&output).1.ends_with("; the message may have arrived all the same"));
    for url in ["hunter2secret", "http://127.0.0.1:1/hunter2secret", "http://[/hunter2secret"] {
        let output = webhook(url);
        assert!(!failure(&output).1.contains("hunter2secret"), "{output:?}");
    }
}

#[test]
fn a_program_gets_the_message_on_stdin_and_its_parts_as_variables() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("got");
    let script = format!(
        "(cat; echo; echo \"$MAYDAY_TO|$MAYDAY_STEP|$MAYDAY_SEVERITY|$MAYDAY_CLOCK\") > {}",
        file.display()
    );
    assert_eq!(program(&script, &message()).ending, Ending::Done);
    let got = std::fs::read_to_string(file).unwrap();
    assert_eq!(got, "SEV-1: bookings fail\nRTO 04:12 left\nana|tell|1|{\"left\":\"4m\"}\n");
}

#[test]
fn a_program_that_fails_hangs_or_is_missing_is_told() {
    let output = program("echo 'no network' >&2; exit 7", &message());
    assert_eq!(failure(&output), (FailKind::Exit, "`sh` ended with exit status: 7: no network"));
    let mut hasty = message();
    hasty.time_limit = Span::from_millis(200);
    let output = program("sleep 1000 & sleep 1000", &hasty);
    assert_eq!(failure(&output).0, FailKind::Timeout);
    assert!(output.elapsed < Span::from_secs(20));
    let way = Way::Command(vec!["no-such-pager".to_owned()]);
    let output = deliver(&message(), &way, &Redactor::default());
    assert_eq!(failure(&output), (FailKind::NotFound, "`no-such-pager` was not found"));
}

#[test]
fn a_program_need_not_read_a_long_message() {
    let mut long = message();
    long.message = "ä".repeat(500_000);
    assert_eq!(program("exit 0", &long).ending, Ending::Done);
}
