//! The resume decisions, row by row as the book has them: each row is lived through.

use std::collections::BTreeSet;

use mayday::effect::{Ending, Facts, Output};
use mayday::run::event::{Asking, StopReason};
use mayday::steps::Verdict;
use serde_json::json;

use super::*;

const BOOK: &str = include_str!("../../book/crashes.md");

/// A row of the book: last event, step, effect, found, then.
type Cells = [String; 5];

fn rows() -> Vec<Cells> {
    let table = BOOK.lines().skip_while(|line| !line.starts_with("| last event"));
    let table = table.take_while(|line| line.starts_with('|')).skip(2);
    let cells = |line: &str| -> Cells {
        let cells: Vec<String> =
            line.trim_matches('|').split('|').map(|cell| cell.trim().replace('`', "")).collect();
        cells.try_into().unwrap()
    };
    table.map(cells).collect()
}

/// The step `s` of a row, and one behind it.
fn playbook(step: &str, effect: &str, last: &str) -> String {
    let action = match step {
        "shell" | "any" => "shell: go",
        "with on_crash" => {
            "shell: go, on_crash: { probe: { shell: probe }, done_if: \"stdout == 'yes'\" }"
        }
        "shell, interactive" => "shell: go, interactive: true",
        "sql" | "sql on PostgreSQL or SQLite" | "sql on PostgreSQL" => "target: pg, sql: UPDATE t",
        "sql on SQLite" => "target: db, sql: UPDATE t",
        "sql on MySQL" => "target: my, sql: UPDATE t",
        "sql, no_transaction" => "target: pg, no_transaction: true, sql: UPDATE t",
        "http" if effect == "read" => "http: { get: 'http://a.example.com/go' }",
        "http" => "http: { post: 'http://a.example.com/go' }",
        "http, idempotency_key" => {
            "http: { post: 'http://a.example.com/go', idempotency_key: 'k-1' }"
        }
        "wait_for_url" => "wait_for_url: { url: 'http://a.example.com/go' }, timeout: 10m",
        "wait_until" => "wait_until: { shell: go, that: \"stdout == 'yes'\" }, timeout: 10m",
        "assert" => "assert: [{ that: \"1 == 1\", else: Wrong }]",
        "pause" => "pause: 10m",
        "confirm" => "confirm: Is it so?",
        "choose" => "choose: { ask: Which?, options: { a: A, b: B } }",
        "ask" => "ask: What?",
        "manual" => "manual: Do it",
        "notify" => "notify: { to: team, message: Hello }",
        other => panic!("no such step: {other}"),
    };
    let own = ["shell", "sql", "http", "any", "with"].iter().any(|name| step.starts_with(name));
    let effect = if own { format!("effect: {effect}, ") } else { String::new() };
    let verify = if last == "check started" { ", verify: [{ shell: look }]" } else { "" };
    format!(
        "  - {{ id: s, title: S, {effect}{action}{verify} }}\n  - {{ id: next, title: Next, effect: read, shell: behind }}"
    )
}

/// What the step's effects bring while nothing is wrong.
fn world(rig: Rig) -> Rig {
    let tx = json!({ "rows": [], "row_count": 0, "rows_affected": 1, "tx": { "xid": "7" } });
    rig.reply("UPDATE t", [Reply::facts(tx)])
        .reply("go", [Reply::exit(0, "yes"), Reply::exit(0, "yes")])
        .reply("/go", [Reply::status(200, "")])
        .types("s", ["s"])
        .types("s.commit", ["y"])
}

/// What is typed at the question or the gate of the step.
fn answer(step: &str, effect: &str) -> &'static str {
    match step {
        "choose" => "a",
        "ask" => "words",
        "confirm" => "y",
        "manual" => "done",
        _ if effect == "change" => "",
        _ => "s",
    }
}

/// The record up to the last event of a row.
fn until(last: &str, step: &str, whole: &[Event]) -> Vec<Event> {
    let about = |event: &Event| match (last, &event.kind) {
        ("gate answered", Kind::Answered { question: Asking::Gate, step, .. })
        | ("started" | "asked", Kind::Started { step, part: 0, .. })
        | ("result recorded", Kind::Ended { step, verdict: Verdict::More, .. })
        | ("check started", Kind::CheckStarted { step, .. })
        | ("settled", Kind::Settled { step, .. })
        | ("ended, unknown", Kind::Started { step, .. }) => Some(step.clone()),
        ("COMMIT started", Kind::Started { step, what, .. }) if what == "COMMIT" => {
            Some(step.clone())
        }
        _ => None,
    };
    let is_last = |event: &Event| about(event).as_deref() == Some("s");
    let at = whole.iter().position(is_last);
    let at = at.unwrap_or_else(|| panic!("{step}: no event is `{last}`"));
    let mut events = whole[..=at].to_vec();
    if last == "ended, unknown" {
        let reason = "nobody saw its end".to_owned();
        let kind = Kind::Ended {
            step: "s".to_owned(),
            attempt: 1,
            part: 0,
            ending: Ending::Unknown { reason: reason.clone() },
            facts: Facts::new(),
            evidence: Vec::new(),
            elapsed: Span::ZERO,
            verdict: Verdict::Unknown { reason },
            measured: None,
            captured: std::collections::BTreeMap::new(),
            secret_names: Vec::new(),
            looks: 0,
        };
        let at = events.last().unwrap().at;
        events.push(Event { at, boot_ms: 0, by: "mayday".to_owned(), slip: None, kind });
    }
    events
}

/// The world as the row finds it.
fn found(rig: Rig, what: &str) -> Rig {
    let ends = |ending: Ending| {
        Reply::Ends(secs(1), Output { ending, ..Output::done(Facts::new(), Span::ZERO) })
    };
    let reason = || "as the row says".to_owned();
    let looked = "look what became";
    let asked = "what became of the transaction";
    match what {
        "never began" => rig.reply(looked, [ends(Ending::NotDone { reason: reason() })]),
        "still runs" => rig.reply(looked, [Reply::exit(0, "at last").after(secs(100))]),
        "ended" => rig.reply(looked, [Reply::exit(0, "")]),
        "ended badly" => rig.reply(looked, [Reply::exit(3, "")]),
        "began, left no end" => rig.reply(looked, [Reply::unknown("no end")]),
        "committed" => rig.reply(asked, [Reply::facts(json!({ "committed": true }))]),
        "rolled back" => rig.reply(asked, [ends(Ending::NotDone { reason: reason() })]),
        "another server, or no answer" => rig.reply(asked, [Reply::unknown("another server")]),
        "the probe says done" => rig.reply("probe", [Reply::exit(0, "yes")]),
        "the probe says not done" => rig.reply("probe", [Reply::exit(0, "no")]),
        "another operator" => rig.operator("ben"),
        ""
        | "same operator, 5 minutes later"
        | "same operator, 11 minutes later"
        | "its time limit passed meanwhile" => rig,
        other => panic!("no such finding: {other}"),
    }
}

/// Lives through a row and sees that what it says is what happens.
fn live(row: &Cells) {
    let [last, step, effect, what, then] = row;
    let text = playbook(step, effect, last);
    let own_answer = answer(step, effect);
    let before = world(Rig::of(&text)).types("s", [own_answer]).run();
    let past = until(last, step, &before.events);
    // Within the time limit of an attempt, which goes on over the crash.
    let later = match what.as_str() {
        "same operator, 11 minutes later" | "its time limit passed meanwhile" => secs(660),
        "same operator, 5 minutes later" => secs(300),
        _ => secs(100),
    };
    let rig = found(world(Rig::of(&text)).types("s", [own_answer]), what);
    // A menu is left at once: then it is plain that it was asked.
    let rig = rig.types("s.menu", ["stop"]).types("s.reason", ["to see it"]);
    let came = rig.resume(&past, later, vec![]);
    came.fine();
    let fresh = &came.events[past.len() + 1..];
    let story = || format!("{row:?}\n{}", came.story());
    let begins = |kind: &Kind| matches!(kind, Kind::Started { step, part: 0, .. } if step == "s");
    let begun = fresh.iter().filter(|event| begins(&event.kind)).count();
    let has = |wanted: &dyn Fn(&Kind) -> bool| fresh.iter().any(|event| wanted(&event.kind));
    let revoked = has(&|kind| matches!(kind, Kind::Revoked { .. }));
    let unknown = has(
        &|kind| matches!(kind, Kind::Ended { verdict: Verdict::Unknown { .. }, step, .. } if step == "s"),
    );
    let asked = has(
        &|kind| matches!(kind, Kind::Asked { step, question: Asking::Gate, .. } if step == "s"),
    );
    let menu = has(
        &|kind| matches!(kind, Kind::Asked { step, question: Asking::Menu, .. } if step == "s"),
    );
    let ok = came.status("s") == Some(StepStatus::Ok);
    let effects = came.begun();
    let seen = (begun, revoked, unknown, menu, ok);
    match then.as_str() {
        "begins without asking" => {
            assert_eq!(seen, (1, false, false, false, true), "{}", story());
            assert!(!asked, "{}", story());
        }
        "asked again" if last == "asked" => {
            assert_eq!(seen, (1, false, false, false, true), "{}", story());
            assert_eq!(effects.len(), 2, "the question and the step behind it: {}", story());
        }
        "asked again" => {
            assert_eq!(seen, (1, false, false, false, true), "{}", story());
            assert!(asked, "{}", story());
        }
        "begun again" | "begun again, the same deadline" => {
            assert_eq!(seen, (1, false, false, false, true), "{}", story());
        }
        "taken back, begun again" => {
            assert_eq!(seen, (1, true, false, false, true), "{}", story());
        }
        "waited for, its end counts" | "its end counts" => {
            assert_eq!(seen, (0, false, false, false, true), "{}", story());
        }
        "out of time, a person decides" => {
            assert_eq!(seen, (0, false, false, true, false), "{}", story());
            assert!(came.failure("s").contains("time limit had passed"), "{}", story());
        }
        "its failure counts" => {
            assert_eq!(seen, (0, false, false, true, false), "{}", story());
            assert!(came.failure("s").contains("exit code 3"), "{}", story());
        }
        "unknown" => assert_eq!(seen, (0, false, true, true, false), "{}", story()),
        "a person decides" => assert_eq!(seen, (0, false, false, true, false), "{}", story()),
        "the check is begun again" => {
            assert_eq!(seen, (0, false, false, false, true), "{}", story());
            assert!(effects.contains(&"look".to_owned()), "{}", story());
        }
        "the next step begins" => {
            assert_eq!(seen, (0, false, false, false, true), "{}", story());
            assert_eq!(effects, ["behind"], "{}", story());
        }
        other => panic!("no such consequence: {other}"),
    }
    if then.ends_with("the same deadline") {
        let deadline = |event: &Event| match &event.kind {
            Kind::Started { step, deadline, .. } if step == "s" => *deadline,
            _ => None,
        };
        let first = past.iter().find_map(deadline).unwrap();
        assert_eq!(fresh.iter().find_map(deadline), Some(first), "{}", story());
    }
    if menu {
        assert_eq!(came.stopped().unwrap().0, StopReason::Operator, "{}", story());
    }
}

#[test]
fn every_row_of_the_book_is_what_happens() {
    let rows = rows();
    assert!(rows.len() > 30, "{} rows", rows.len());
    let different: BTreeSet<_> = rows.iter().map(|row| &row[..4]).collect();
    assert_eq!(different.len(), rows.len(), "a row stands twice");
    for row in &rows {
        live(row);
    }
}

#[test]
fn the_table_has_every_step_type() {
    let rows = rows();
    let types: BTreeSet<&str> =
        rows.iter().map(|row| row[1].split([' ', ',']).next().unwrap()).collect();
    for key in mayday::steps::Action::KEYS {
        // An include is its steps, an undo is by its own action.
        let by_others = ["include", "undo_of"].contains(key);
        assert!(by_others || types.contains(key), "{key} has no row");
    }
}
