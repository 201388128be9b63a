//! What each kind of contact is sent, byte for byte.

use super::*;
use crate::support::http::Asked;

fn sent(effect: &NotifyEffect, kind: &str) -> Asked {
    let server = Server::start();
    let channels = channels(&server, "/status/202");
    let (_, channel) = channels.iter().find(|(name, _)| *name == kind).unwrap();
    assert_eq!(send(effect, channel).ending, Ending::Done);
    server.asked().remove(0)
}

/// The request as a page: its line, the headers that matter, its body.
fn page(asked: &Asked) -> String {
    let matters = |header: &&String| {
        ["content-type", "authorization", "webhook-"].iter().any(|name| header.starts_with(name))
    };
    let headers: Vec<&str> = asked.headers.iter().filter(matters).map(String::as_str).collect();
    let body: Value = serde_json::from_str(&asked.body).unwrap();
    let body = serde_json::to_string_pretty(&body).unwrap();
    format!("{}\n{}\n\n{body}", asked.line, headers.join("\n"))
}

#[test]
fn slack_gets_a_header_the_words_and_the_context() {
    insta::assert_snapshot!("notify_slack", page(&sent(&message(), "slack")));
}

#[test]
fn teams_gets_an_adaptive_card() {
    insta::assert_snapshot!("notify_teams", page(&sent(&message(), "teams")));
}

#[test]
fn pagerduty_gets_a_trigger_an_acknowledgement_and_a_resolution_with_one_key() {
    let mut pages = Vec::new();
    for signal in [Signal::Tell, Signal::Acknowledge, Signal::Resolve] {
        pages.push(page(&sent(&NotifyEffect { signal, ..message() }, "pagerduty")));
    }
    insta::assert_snapshot!("notify_pagerduty", pages.join("\n\n"));
}

#[test]
fn pagerduty_is_as_urgent_as_the_incident_and_never_for_what_is_only_told() {
    let urgency = |severity, kind| {
        let mut effect = message();
        effect.about.severity = severity;
        effect.kind = kind;
        let body: Value = serde_json::from_str(&sent(&effect, "pagerduty").body).unwrap();
        body["payload"]["severity"].as_str().unwrap().to_owned()
    };
    let engage = EscalationKind::Engage;
    let all = Severity::ALL.map(|severity| urgency(Some(severity), engage));
    assert_eq!(all, ["critical", "error", "warning", "info"]);
    assert_eq!(urgency(None, engage), "error");
    assert_eq!(urgency(Some(Severity::Sev1), EscalationKind::Inform), "info");
}

#[test]
fn a_webhook_gets_an_event_with_a_signature_that_can_be_verified() {
    let asked = sent(&message(), "webhook");
    insta::assert_snapshot!("notify_webhook", page(&asked));
    let header = |name: &str| {
        let found = asked.headers.iter().find_map(|header| header.strip_prefix(name));
        found.unwrap_or_else(|| panic!("no {name} in {:?}", asked.headers)).to_owned()
    };
    // As a receiver does it: over the id, the time and the bytes that came.
    let signed =
        format!("{}.{}.{}", header("webhook-id: "), header("webhook-timestamp: "), asked.body);
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), signed).unwrap();
    let script =
        "openssl dgst -sha256 -hmac hunter2-secret-key -binary \"$1\" | base64 | tr -d '\\n'";
    let verified = std::process::Command::new("sh")
        .args(["-c", script, "sh", file.path().to_str().unwrap()])
        .output()
        .unwrap();
    let verified = String::from_utf8(verified.stdout).unwrap();
    assert_eq!(header("webhook-signature: "), format!("v1,{verified}"));
}

#[test]
fn a_public_page_gets_an_incident_with_components() {
    let mut effect = message();
    effect.message = "We are looking into failing bookings. Next update 10:30 UTC.".to_owned();
    let components = mayday::effect::ComponentStatus::MajorOutage;
    effect.post = Some(Post {
        headline: Some("Bookings are failing".to_owned()),
        status: Some(PostStatus::Identified),
        impact: Some(mayday::effect::Impact::Critical),
        components: [("api".to_owned(), components)].into(),
    });
    insta::assert_snapshot!("notify_statuspage", page(&sent(&effect, "statuspage")));
}

#[test]
fn drills_and_tests_say_so_in_every_headline() {
    for (mode, mark) in [("drill", "DRILL SEV-1"), ("test", "TEST SEV-1")] {
        let mut effect = message();
        effect.about.mode = mode.to_owned();
        for kind in ["slack", "teams"] {
            let body = sent(&effect, kind).body;
            assert!(body.contains(&format!("\"{mark} Bookings fail\"")), "{kind}: {body}");
        }
    }
}

#[test]
fn words_of_any_length_and_kind_stay_within_what_is_accepted() {
    let mut effect = message();
    effect.message = "<&>\u{1f4a5}\"\\\u{7}é\n".repeat(20_000);
    effect.about.title = "t".repeat(5000);
    effect.key = "k".repeat(5000);
    for kind in ["slack", "teams", "pagerduty", "webhook", "statuspage"] {
        let asked = sent(&effect, kind);
        let body: Value = serde_json::from_str(&asked.body).unwrap();
        let most = |path: &str, most: usize| {
            let text = body.pointer(path).and_then(Value::as_str).unwrap();
            assert!(text.chars().count() <= most, "{kind}{path}: {}", text.chars().count());
        };
        match kind {
            "slack" => {
                most("/text", 3000);
                most("/blocks/0/text/text", 150);
                most("/blocks/1/text/text", 3000);
                assert!(!asked.body.contains("<&>"), "what Slack would take for a command");
            }
            "teams" => assert!(asked.body.len() < 60_000),
            "pagerduty" => {
                most("/payload/summary", 1024);
                most("/dedup_key", 255);
            }
            _ => {}
        }
    }
}
