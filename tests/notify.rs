//! Messages to contacts, to real servers on the loopback and through real programs.

use mayday::effect::{
    About, Again, Channel, Ending, FailKind, NotifyEffect, Output, Post, PostStatus, Signal, Text,
};
use mayday::secret::Redactor;
use mayday::severity::{EscalationKind, Severity};
use mayday::time::{Span, Timestamp};
use mayday::world::notify::{Way, deliver};
use serde_json::Value;

use crate::support::http::Server;

mod answers;
mod book;
mod payloads;
mod programs;
mod statuspage;

fn now() -> Timestamp {
    "2026-11-22T10:00:07Z".parse().unwrap()
}

fn message() -> NotifyEffect {
    NotifyEffect {
        to: "ana".to_owned(),
        channel: Channel::Show,
        message:
            "SEV-1 Bookings fail on production, detected 09:59. Please join now. <!channel> & co"
                .to_owned(),
        about: About {
            run: "20261122-1000-p2c".to_owned(),
            playbook: "bookings-down".to_owned(),
            title: "Bookings fail".to_owned(),
            environment: "production".to_owned(),
            mode: "real".to_owned(),
            severity: Some(Severity::Sev1),
            cause: "escalation:1".to_owned(),
        },
        kind: EscalationKind::Engage,
        signal: Signal::Tell,
        id: "20261122-1000-p2c/57".to_owned(),
        key: "20261122-1000-p2c/escalation:1".to_owned(),
        at: "2026-11-22T10:00:00Z".parse().unwrap(),
        again: Again::First,
        post: None,
        reference: None,
        time_limit: Span::from_secs(20),
    }
}

fn plain(text: String) -> Text {
    Text::Plain(text)
}

/// Sends it over this channel.
fn send(effect: &NotifyEffect, channel: &Channel) -> Output {
    let way = Way::resolve(channel, |name| Err(format!("no secret {name}"))).unwrap();
    deliver(effect, &way, &Redactor::default(), now())
}

/// Every kind of channel that is reached over HTTP, at this server and path.
fn channels(server: &Server, path: &str) -> Vec<(&'static str, Channel)> {
    let url = || plain(server.url(path));
    let key = || plain("hunter2-secret-key".to_owned());
    vec![
        ("slack", Channel::Slack(url())),
        ("teams", Channel::Teams(url())),
        ("webhook", Channel::Webhook { url: url(), signing_key: Some(key()) }),
        ("pagerduty", Channel::PagerDuty { url: Some(server.url(path)), routing_key: key() }),
        (
            "statuspage",
            Channel::Statuspage(mayday::effect::Statuspage {
                url: Some(server.url(path)),
                page: "kctbh9vrtdwd".to_owned(),
                api_key: key(),
                components: [("api".to_owned(), "ftgks51sfs2d".to_owned())].into(),
            }),
        ),
    ]
}

fn failure(output: &Output) -> (FailKind, &str) {
    match &output.ending {
        Ending::Failed { kind, message } => (*kind, message),
        other => panic!("ended as {other:?}"),
    }
}

/// Everything that is told of an output.
fn told(output: &Output) -> String {
    format!("{output:?}")
}

fn again(output: &Output) -> bool {
    output.facts.get("again") == Some(&Value::Bool(true))
}
