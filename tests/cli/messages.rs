//! Messages by the built program: tested before they are needed, sent beside a run, through kills and dead
//! contacts, and never with a secret in sight.

use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use rustix::process::Signal;
use serde_json::Value;

use super::{Beside, desk_with, files, until};
use crate::support::desk::{Desk, Said};
use crate::support::http::Server;
use crate::support::pty::Pty;

const KEY: &str = "geheimnis-4711-routing-key";

/// A project with a contact of every kind at this server.
fn every_kind(server: &Server, path: &str) -> Desk {
    let host = server.url(path);
    let config = format!(
        r#"
default_environment: here
environments: {{ here: {{ danger: low }} }}
secrets: {{ hook: "env:HOOK", key: "env:KEY", late: "cmd:printf %s \"$KEY\"" }}
contacts:
  chat: {{ via: slack, webhook: "secret:hook" }}
  hook: {{ via: webhook, url: "secret:hook", signing_key: "secret:late" }}
  mail: {{ via: email, command: [sh, -c, "cat > mail"], address: ana@example.com }}
  pager: {{ via: pagerduty, url: "{host}", routing_key: "secret:key" }}
  public: {{ via: statuspage, url: "{host}", page: kctbh9vrtdwd, api_key: "secret:key" }}
  room: {{ via: teams, webhook: "secret:hook" }}
  tool: {{ via: command, command: [sh, -c, "cat > told"] }}
  voice: {{ via: show }}
"#
    );
    desk_with(&config, "", "\n  - { id: a, title: A, effect: read, shell: 'true' }")
}

fn with_secrets(mut command: Command, server: &Server, path: &str) -> Command {
    command.env("HOOK", server.url(&format!("{path}/{KEY}"))).env("KEY", KEY);
    command
}

fn said(desk: &Desk, server: &Server, path: &str, arguments: &[&str]) -> Said {
    let output = with_secrets(desk.command(arguments), server, path).output().unwrap();
    let said = Said::from(output);
    assert!(!said.all().contains(KEY), "{}", said.all());
    said
}

/// Nothing that a run left behind holds the key.
fn no_secret_in(desk: &Desk) {
    for file in files(&desk.path("state")) {
        let bytes = std::fs::read(&file).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains(KEY), "{} holds a secret", file.display());
    }
}

#[test]
fn every_contact_can_be_tested_and_nothing_goes_on_ringing() {
    let server = Server::start();
    let desk = every_kind(&server, "/status/202");
    let all = said(&desk, &server, "/status/202", &["notify", "--test"]);
    let wanted = "\
        OK    chat (slack): delivered\n\
        OK    hook (webhook): delivered\n\
        OK    mail (email): delivered\n\
        OK    pager (pagerduty): delivered\n\
        OK    public (statuspage): the page knows the key; nothing was posted\n\
        OK    room (teams): delivered\n\
        OK    tool (command): delivered\n\
        SHOW  voice: nothing is sent, you are shown what to say\n";
    assert_eq!((all.code, all.out.as_str()), (Some(0), wanted), "{}", all.all());
    let asked = server.asked();
    let actions: Vec<String> = asked
        .iter()
        .filter(|asked| asked.line.contains("/v2/enqueue"))
        .map(|asked| {
            serde_json::from_str::<Value>(&asked.body).unwrap()["event_action"].to_string()
        })
        .collect();
    assert_eq!(actions, ["\"trigger\"", "\"resolve\""]);
    let page: Vec<_> = asked.iter().filter(|asked| asked.line.contains("kctbh9vrtdwd")).collect();
    assert!(page.len() == 1 && page[0].line.starts_with("GET "), "{page:?}");
    let told = std::fs::read_to_string(desk.path("told")).unwrap();
    assert!(told.starts_with("TEST by ada on ") && told.contains("no incident"), "{told}");
    let one = said(&desk, &server, "/status/202", &["notify", "--test", "room"]);
    assert_eq!(one.out, "OK    room (teams): delivered\n");
}

#[test]
fn a_contact_that_cannot_be_reached_is_named_with_what_to_do() {
    let server = Server::start();
    let desk = every_kind(&server, "/status/410");
    let all = said(&desk, &server, "/status/410", &["notify", "--test"]);
    all.is(
        4,
        &[
            "FAIL  chat (slack): Slack for chat answered with status 410",
            "make a new one",
            "FAIL  pager (pagerduty)",
            "OK    tool (command)",
        ],
    );
    let absent = said(&desk, &server, "/status/202", &["notify", "--test", "pagr"]);
    absent.is(2, &["failed to find a contact `pagr` in mayday.yaml", "did you mean `pager`?"]);
    assert_eq!(server.asked().iter().filter(|asked| asked.line.contains("/202")).count(), 0);
    let missing = desk.mayday(&["notify", "--test", "pager"]);
    missing.is(4, &["FAIL  pager (pagerduty): secret `key`: $KEY is not set"]);
    Desk::with(&[("mayday.yaml", "playbooks: p\n")])
        .mayday(&["notify", "--test"])
        .is(2, &["mayday.yaml has none"]);
    desk.mayday(&["notify"]).is(2, &["--test"]);
}

/// A playbook that calls a webhook after two seconds.
fn escalating(steps: &str) -> Desk {
    let config = "
default_environment: here
environments: { here: { danger: low } }
secrets: { hook: 'env:HOOK' }
contacts:
  team: { via: webhook, url: 'secret:hook' }
";
    desk_with(config, "escalation: [{ after: 2s, to: [team] }]", steps)
}

#[test]
fn an_escalation_fires_while_a_question_is_open_and_nobody_types() {
    let server = Server::start();
    let steps = "\n  - { id: q, title: Q, confirm: 'Is it well?' }";
    let desk = escalating(steps);
    let command = with_secrets(desk.command(&["run", "p"]), &server, "/status/200");
    let mut pty = Pty::start(&command);
    pty.shown("Is it well?");
    pty.until("the webhook is told", || !server.asked().is_empty());
    pty.shown("team was told");
    pty.send("y\r");
    assert_eq!(pty.wait(), Some(0), "{}", pty.seen());
    let body: Value = serde_json::from_str(&server.asked()[0].body).unwrap();
    let text = body["text"].as_str().unwrap();
    assert!(text.starts_with("SEV-3 ") && text.contains("Not mitigated. Please join now."));
    assert!(!pty.seen().contains(KEY));
    no_secret_in(&desk);
}

#[test]
fn a_message_that_a_kill_cut_off_is_sent_by_the_next_driver_and_only_once() {
    let ready = Arc::new(AtomicBool::new(false));
    let ids: Arc<Mutex<Vec<String>>> = Arc::default();
    let (seen, answers) = (Arc::clone(&ids), Arc::clone(&ready));
    let server = Server::answering(move |asked| {
        let id = asked.headers.iter().find_map(|line| line.strip_prefix("webhook-id: "));
        seen.lock().unwrap().push(id.unwrap().to_owned());
        until("the first driver is gone", || answers.load(Ordering::SeqCst));
        ("200 OK", String::new(), String::new())
    });
    let desk = escalating("\n  - { id: w, title: W, pause: 5m }");
    let drive =
        |arguments: &[&str]| Beside::start(with_secrets(desk.command(arguments), &server, ""));
    let journal = |words: &str| {
        let all = files(&desk.path("state"));
        let mut texts = all.iter().filter_map(|file| std::fs::read_to_string(file).ok());
        texts.any(|text| text.contains(words))
    };
    let first = drive(&["run", "p", "--no-input"]);
    until("a first attempt", || !ids.lock().unwrap().is_empty());
    first.signal(Signal::KILL);
    drop(first);
    ready.store(true, Ordering::SeqCst);
    let second = drive(&["resume", "--no-input"]);
    until("it arrives", || journal("\"ended\":\"done\""));
    second.signal(Signal::KILL);
    drop(second);
    let third = drive(&["resume", "--no-input"]);
    until("it drives", || journal("\"attempt\":3"));
    third.signal(Signal::TERM);
    third.end().is(143, &[]);
    let ids = ids.lock().unwrap();
    assert_eq!(ids.len(), 2, "once before the kill, once behind it: {ids:?}");
    assert_eq!(ids[0], ids[1], "by its id the receiver knows it as the same");
    no_secret_in(&desk);
}

#[test]
fn a_dead_contact_delays_nothing_and_its_words_are_on_the_screen_and_in_the_report() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let desk = escalating(
        "\n  - { id: t, title: T, notify: { to: [team, nobody], message: The database is gone } }\n  - { id: a, title: A, effect: read, shell: 'true' }",
    );
    let mut command = desk.command(&["run", "p", "--no-input"]);
    command.env("HOOK", format!("http://127.0.0.1:{closed}/{KEY}"));
    let said = Said::from(command.output().unwrap());
    said.is(
        0,
        &[
            "team is not told yet",
            "team was NOT told",
            "team yourself: The database is gone",
            "TELL nobody YOURSELF",
        ],
    );
    let all = said.all();
    let (done, lost) = (all.find("DONE").unwrap_or(0), all.find("was NOT told").unwrap());
    assert!(done < lost && !all.contains(KEY), "the steps were over before:\n{all}");
    let report = desk.mayday(&["report", &desk.newest()]);
    report.is(0, &["The database is gone", "not delivered"]);
    assert!(!report.all().contains(KEY));
    no_secret_in(&desk);
}

#[test]
fn a_contact_whose_secret_is_missing_is_told_of_before_the_first_step() {
    let desk = escalating("\n  - { id: a, title: A, effect: read, shell: 'true' }");
    let said = desk.mayday(&["run", "p", "--no-input"]);
    said.is(0, &["WARNING team cannot be told: secret `hook`: $HOOK is not set"]);
}

#[test]
fn a_run_that_stops_says_whom_it_could_not_tell_and_a_resume_tells_them() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let desk = escalating(
        "\n  - { id: t, title: T, notify: { to: team, message: The database is gone } }\n  - { id: a, title: A, effect: read, on_fail: stop, shell: 'test -e mended' }",
    );
    let mut command = desk.command(&["run", "p", "--no-input"]);
    command.env("HOOK", format!("http://127.0.0.1:{closed}/{KEY}"));
    let first = Said::from(command.output().unwrap());
    first.is(
        5,
        &["NOT TOLD YET: team; a resume tries again, or tell them:", "The database is gone"],
    );
    let server = Server::start();
    desk.write("mended", "");
    let again =
        said(&desk, &server, "/status/200", &["resume", "--no-input", "--answer", "a.menu=retry"]);
    again.is(0, &["team was told"]);
    let texts: Vec<String> = server.asked().iter().map(|asked| asked.body.clone()).collect();
    assert_eq!(texts.iter().filter(|body| body.contains("The database is gone")).count(), 1);
}

#[test]
fn what_a_closed_run_still_had_to_say_when_it_was_killed_is_said_by_a_resume() {
    let ready = Arc::new(AtomicBool::new(false));
    let answers = Arc::clone(&ready);
    let server = Server::answering(move |_| {
        until("the first driver is gone", || answers.load(Ordering::SeqCst));
        ("200 OK", String::new(), String::new())
    });
    let desk = escalating("\n  - { id: t, title: T, notify: { to: team, message: It is over } }");
    let first = Beside::start(with_secrets(desk.command(&["run", "p", "--no-input"]), &server, ""));
    until("it is closed", || {
        let all = files(&desk.path("state"));
        all.iter().any(|file| {
            std::fs::read_to_string(file).is_ok_and(|text| text.contains("\"type\":\"closed\""))
        })
    });
    first.signal(Signal::KILL);
    drop(first);
    ready.store(true, Ordering::SeqCst);
    said(&desk, &server, "", &["resume", "--no-input"]).is(0, &["team was told"]);
    desk.mayday(&["resume", "--no-input"]).is(2, &["none is open"]);
}

/// Whom the operator must call stands there with how, on the screen and on paper, and in no report.
#[test]
fn how_a_person_is_reached_is_said_where_they_must_be_told_by_hand() {
    let config = "\
default_environment: here
environments: {here: {danger: low}}
contacts:
  boss: {via: show, reach: \"+34 600 000 001, day and night\"}
  chat: {via: command, command: ['false'], reach: room 12}
  mute: {via: show}
";
    let steps = "  - {id: a, title: A, effect: read, shell: 'true'}\n  - {id: b, title: B, notify: {to: [boss, chat, mute], message: It is down}}\n";
    let desk = desk_with(config, "", steps);
    desk.mayday(&["notify", "--test", "boss"]).is(
        0,
        &["SHOW  boss: nothing is sent, you are shown what to say; +34 600 000 001, day and night\n"],
    );
    let said = desk.mayday(&["run", "p", "--no-input"]);
    let boss = "TELL boss YOURSELF, nothing was sent (step b)\n      reach    +34 600 000 001, day and night\n";
    assert!(said.all().contains(boss), "{}", said.all());
    assert!(said.all().contains("      reach    room 12\n"), "{}", said.all());
    let run = desk.newest();
    let status = desk.mayday(&["status", &run]).out;
    assert!(status.contains("REACH    boss: +34 600 000 001, day and night\n"), "{status}");
    assert!(!status.contains("REACH    mute"), "{status}");
    assert!(!desk.mayday(&["report", &run]).all().contains("600 000"));
    let page = desk.mayday(&["show", "p", "--format", "md"]).out;
    let rows = "## How to reach them\n\n| contact | by |\n|---|---|\n| boss | \\+34 600 000 001, day and night |\n| chat | room 12 |\n";
    assert!(page.contains(rows), "{page}");
}

/// Nobody meets an escalation: what counts is whether it went out.
#[test]
fn status_says_of_an_escalation_whether_it_went_out() {
    let config = "default_environment: here\nenvironments: {here: {danger: low}}\ncontacts: {boss: {via: show}}\n";
    let desk = desk_with(
        config,
        "escalation: [{after: 1s, to: [boss]}, {after: 10m, to: [boss]}]",
        "  - {id: a, title: A, confirm: Well?}",
    );
    desk.mayday(&["run", "p", "--no-input"]).is(7, &[]);
    let run = desk.newest();
    let rung = || {
        let status = desk.mayday(&["status", &run]).out;
        let rung = |line: &&str| line.starts_with("CLOCK  escalation:0 ");
        status.lines().find(rung).unwrap().to_owned()
    };
    until("it is due", || rung().ends_with(" OVER, not escalated yet"));
    desk.mayday(&["resume", &run, "--no-input"]).is(7, &["TELL boss YOURSELF"]);
    assert!(rung().ends_with("Z, escalated"), "{}", rung());
    desk.mayday(&["resume", &run, "--no-input", "--answer", "a=y"]).is(0, &[]);
    let over = desk.mayday(&["status", &run]).out;
    assert!(
        over.lines().any(|line| {
            line.starts_with("CLOCK  response ")
                && line.ends_with("Z, the run ended before it was due")
        }),
        "{over}"
    );
    assert!(
        over.lines().any(|line| {
            line.starts_with("CLOCK  escalation:1 ") && line.ends_with("Z, not needed any more")
        }),
        "{over}"
    );
}
