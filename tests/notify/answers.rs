//! What each answer of the other side means for the delivery.

use super::*;

#[test]
fn every_answer_is_delivered_tried_again_or_given_up() {
    let server = Server::start();
    let cases: [(&str, Option<(FailKind, bool)>); 13] = [
        ("/status/200", None),
        ("/status/202", None),
        ("/status/204", None),
        ("/status/301", Some((FailKind::Refused, false))),
        ("/status/400", Some((FailKind::Refused, false))),
        ("/status/401", Some((FailKind::Refused, false))),
        ("/status/404", Some((FailKind::Refused, false))),
        ("/status/410", Some((FailKind::Refused, false))),
        ("/status/408", Some((FailKind::Refused, true))),
        ("/again/429/7", Some((FailKind::Refused, true))),
        ("/status/500", Some((FailKind::Refused, true))),
        ("/status/503", Some((FailKind::Refused, true))),
        ("/reset", Some((FailKind::Connection, true))),
    ];
    for (path, wanted) in cases {
        for (kind, channel) in channels(&server, path) {
            let output = send(&message(), &channel);
            let about = format!("{kind} {path}: {output:?}");
            assert_eq!(output.facts["delivered"], wanted.is_none(), "{about}");
            match wanted {
                None => assert_eq!(output.ending, Ending::Done, "{about}"),
                Some((wanted, helps)) => {
                    assert_eq!((failure(&output).0, again(&output)), (wanted, helps), "{about}");
                }
            }
            assert!(!told(&output).contains("hunter2"), "{about}");
        }
    }
}

#[test]
fn a_server_that_says_when_to_come_again_is_heard() {
    let server = Server::start();
    let after = |path: &str| {
        let output = send(&message(), &Channel::Slack(plain(server.url(path))));
        output.facts.get("retry_after_ms").and_then(Value::as_i64)
    };
    assert_eq!(after("/again/429/7"), Some(7000));
    assert_eq!(after("/again/503/0"), Some(0));
    assert_eq!(after("/again/429/Wed,%2021%20Oct%202026%2007:29:30%20GMT"), Some(90_000));
    assert_eq!(after("/again/429/Wed,%2021%20Oct%202026%2007:00:00%20GMT"), Some(0));
    assert_eq!(after("/again/429/soon"), None);
    assert_eq!(after("/again/429/-5"), None);
    assert_eq!(after("/again/400/7"), None, "a refusal is no invitation");
}

#[test]
fn a_server_that_is_slow_or_closed_holds_nobody_up() {
    let server = Server::start();
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut hasty = message();
    hasty.time_limit = Span::from_millis(300);
    for path in ["/hang", "/drip-headers", "/drip-body"] {
        for (kind, channel) in channels(&server, path) {
            let output = send(&hasty, &channel);
            assert!(again(&output), "{kind} {path}: {output:?}");
            assert_eq!(output.facts["perhaps"], true, "{kind} {path}: {output:?}");
            assert!(output.elapsed < Span::from_secs(20));
        }
    }
    let url = plain(format!("http://127.0.0.1:{closed}/T0/hunter2secret"));
    let output = send(&message(), &Channel::Slack(url));
    assert_eq!(failure(&output).0, FailKind::Connection);
    assert!(again(&output) && !output.facts.contains_key("perhaps"), "{output:?}");
    assert!(!told(&output).contains("hunter2secret"));
}

#[test]
fn no_answer_and_no_error_shows_a_url_or_a_key() {
    let echo = Server::answering(|asked| {
        let everything = format!("{} {:?} {}", asked.line, asked.headers, asked.body);
        ("400 Bad", String::new(), everything)
    });
    for (kind, channel) in channels(&echo, "/services/T0/hunter2secret") {
        let output = send(&message(), &channel);
        // A webhook's path is its secret; PagerDuty's and Statuspage's is not.
        let public = matches!(kind, "pagerduty" | "statuspage");
        assert!(public || !told(&output).contains("hunter2secret"), "{kind}: {output:?}");
        assert!(!told(&output).contains("hunter2-secret-key"), "{kind}: {output:?}");
    }
    for url in ["hunter2secret", "http://127.0.0.1:1/hunter2secret", "http://[/hunter2secret"] {
        let output = send(&message(), &Channel::Slack(plain(url.to_owned())));
        assert!(!told(&output).contains("hunter2secret"), "{output:?}");
    }
}

#[test]
fn a_web_page_is_no_delivery() {
    let portal =
        Server::answering(|_| ("200 OK", String::new(), "\n<!DOCTYPE html><html>Log in".into()));
    let output = send(&message(), &Channel::Slack(plain(portal.url("/x"))));
    assert_eq!(
        failure(&output),
        (FailKind::Refused, "a web page answered in place of Slack for ana")
    );
    assert!(again(&output));
}

#[test]
fn a_refusal_says_what_to_do() {
    let server = Server::start();
    let output = send(&message(), &Channel::Slack(plain(server.url("/status/410"))));
    let words = "Slack for ana answered with status 410: a body (this address is gone for good; make a new one)";
    assert_eq!(failure(&output).1, words);
}
