//! A run with every kind of event, every question, and every way in which things end.

use std::collections::BTreeMap;

use mayday::effect::EffectClass::{Change, Read};
use mayday::effect::{Ending, Evidence, FailKind, Interrupt, Signal};
use mayday::run::event::{
    Accepted, Asking, DrillFact, Fault, Kind, Lasting, Milestone, Outcome, StepStatus, StopReason,
};
use mayday::severity::{EscalationKind, Severity};
use mayday::steps::Verdict;
use mayday::time::Span;
use serde_json::json;

use super::runs;
use super::story::{Story, failed};

fn kept() -> Vec<Evidence> {
    vec![Evidence {
        path: "evidence/look-1.stdout".to_owned(),
        sha256: "cd".repeat(32),
        bytes: 120,
        whole_bytes: None,
        whole_sha256: None,
        what: "stdout".to_owned(),
    }]
}

const QUESTIONS: [Asking; 18] = [
    Asking::Gate,
    Asking::SecondPerson,
    Asking::Menu,
    Asking::Reason,
    Asking::Override,
    Asking::Evidence,
    Asking::Input,
    Asking::Interrupt,
    Asking::Held,
    Asking::DataLoss,
    Asking::Glass,
    Asking::Edit,
    Asking::Value,
    Asking::Back,
    Asking::Successor,
    Asking::Hand,
    Asking::Seen,
    Asking::Captured,
];

fn text(word: &str) -> String {
    word.to_owned()
}

/// What happens around the steps.
fn around(story: &mut Story) {
    let (at, due) = (story.at, story.at + Span::from_mins(1));
    let steps = BTreeMap::from([(text("look"), Lasting { runs: 2, ms: vec![1], mixed: false })]);
    for kind in [
        Kind::RecordMoved {
            from: text("/var/runs"),
            to: text("/dev/shm"),
            why: text("no space left"),
            volatile: true,
            left: vec![text("evidence/a")],
        },
        Kind::Unrecorded { why: text("no space left") },
        Kind::RecordedAgain,
        Kind::Expectations { steps, fallbacks: BTreeMap::new() },
        Kind::Updated { text: text("words for those who wait") },
        Kind::Held { reason: text("told to") },
        Kind::Released,
        Kind::PhaseSkipped { phase: text("contain"), reason: text("inputs.x is false") },
        Kind::Expanded { step: text("look"), items: vec![json!(1), json!(2)] },
        Kind::Suspended { for_ms: 4_000 },
        Kind::Refused { what: text("an input"), why: text("the run is over") },
        Kind::ApprovalAsked {
            step: text("restore"),
            question: Asking::SecondPerson,
            code: text("123"),
            what: text("restore-db"),
            user: text("maria"),
            until: due,
        },
        Kind::Agreed {
            step: text("restore"),
            question: Asking::SecondPerson,
            code: text("123"),
            user: text("bo"),
        },
        Kind::InputEdited {
            step: text("look"),
            name: text("region"),
            before: json!("eu"),
            value: json!(null),
        },
        Kind::ShellOpened { step: text("look"), what: text("/bin/sh") },
        Kind::ShellClosed { step: text("look"), exit_code: Some(1), elapsed: Span::from_secs(9) },
        Kind::Continues { run: text("r-0"), playbook: text("other"), reason: text("as planned") },
        Kind::Revoked { step: text("look"), attempt: 9, reason: text("it had not begun") },
        Kind::Milestone {
            milestone: Milestone::Detected,
            when: at,
            source: text("operator"),
            reason: Some(text("seen in a log")),
        },
        Kind::Noted { text: text("of before"), when: Some(at), files: kept() },
        Kind::RollbackStarted { to: Some(text("look")), from: None },
        Kind::RollbackEnded { again: vec![text("look")] },
        Kind::RollbackStarted { to: None, from: None },
        Kind::RollbackEnded { again: Vec::new() },
    ] {
        story.say(kind);
    }
    let left = json!([
        { "pid": 4242, "name": "nginx", "fate": "still running" },
        { "pid": 4243, "name": "helper", "fate": "ended" },
    ]);
    story.start("look", 8, Read, "serve &").end(
        "look",
        Verdict::Pass,
        json!({ "leftovers": left }),
    );
    for how in [Interrupt::Interrupt, Interrupt::Terminate, Interrupt::HangUp] {
        story.say(Kind::Interrupted { how });
    }
}

/// Every question, put and answered; every choice of the menu.
fn questions(story: &mut Story) {
    for question in QUESTIONS {
        story.ask("restore", question, "words of the question").pass("1s");
        story.answer("restore", question, json!("maria"));
    }
    story.answer("restore", Asking::Gate, json!(false));
    story.answer("restore", Asking::SecondPerson, json!("nobody: glass broken: alone at night"));
    for choice in [
        "retry",
        "check",
        "by_hand",
        "undo",
        "edit",
        "shell",
        "escalate",
        "stop",
        "abort",
        "proved",
        "switch_to:recover",
        "handoff:other",
        "undo_back:look",
        "skip",
    ] {
        story.say(Kind::Chose {
            step: text("tidy"),
            choice: text(choice),
            reason: Some(text("it is late")),
            second_person: (choice == "skip").then(|| text("ana")),
            source: text("operator"),
        });
    }
    for status in [StepStatus::Failed, StepStatus::Skipped, StepStatus::ByHand, StepStatus::Ok] {
        story.say(Kind::Settled { step: text("tidy"), status });
    }
}

/// Every way in which an attempt, a check and a message ends.
fn endings(story: &mut Story) {
    let unknown = || Verdict::Unknown { reason: text("the line was lost") };
    for (at, verdict) in (1..).zip([failed("exit code 1"), unknown(), Verdict::More, Verdict::Pass])
    {
        story.start("tidy", at, Change, "rm -f /tmp/old").pass("20s");
        story.end("tidy", verdict, json!({ "stdout": "x" }));
    }
    story.say(Kind::Started {
        step: text("look"),
        attempt: 3,
        part: 0,
        class: Read,
        what: text("SELECT 1"),
        target: Some(text("db")),
        deadline: Some(story.at),
    });
    story.say(Kind::Ended {
        step: text("look"),
        attempt: 3,
        part: 0,
        ending: Ending::TimedOut,
        facts: serde_json::Map::new(),
        evidence: Vec::new(),
        elapsed: Span::from_secs(3),
        verdict: Verdict::Pass,
        measured: Some(text("rows == 1")),
        captured: BTreeMap::new(),
        secret_names: Vec::new(),
        looks: 3,
    });
    for (check, verdict) in [
        ("probe", Verdict::Pass),
        ("probe", failed("no row")),
        ("evidence", Verdict::Pass),
        ("0", unknown()),
        ("1", Verdict::More),
    ] {
        let (step, check) = (text("tidy"), text(check));
        story.say(Kind::CheckStarted { step, check: check.clone(), what: text("SELECT 1") });
        story.say(Kind::Checked {
            step: text("tidy"),
            check,
            verdict,
            measured: Some(text("rows == 1")),
            facts: serde_json::Map::new(),
            evidence: kept(),
            elapsed: Span::from_secs(1),
        });
    }
    let (timeout, reason) = (FailKind::Timeout, text("refused"));
    let mut letter = 0;
    for (cause, signal, ending) in [
        ("step:call", Signal::Tell, Ending::Done),
        ("operator:0", Signal::Tell, Ending::Failed { kind: timeout, message: text("503") }),
        ("update:1", Signal::Tell, Ending::TimedOut),
        ("timer:x", Signal::Tell, Ending::Cancelled),
        ("approval:restore", Signal::Acknowledge, Ending::NotDone { reason: reason.clone() }),
        ("escalation:0", Signal::Resolve, Ending::Unknown { reason }),
    ] {
        let (to, kind, cause) = (text("cto"), EscalationKind::Engage, text(cause));
        story.say(Kind::MessageQueued {
            to: to.clone(),
            cause: cause.clone(),
            kind,
            signal,
            message: text("Please come."),
            post: None,
        });
        letter = story.events.last().map_or(letter, |(seq, _)| *seq);
        story.say(Kind::Notifying {
            to: to.clone(),
            cause: cause.clone(),
            kind,
            message: String::new(),
            letter: Some(letter),
            attempt: 1,
        });
        story.say(Kind::Notified {
            to,
            cause,
            ending,
            shown: false,
            letter: Some(letter),
            retry_at: Some(story.at),
            reference: None,
            perhaps: false,
        });
    }
    for clock in ["response", "postmortem", "timer:x", "decide_by:recover", "approval:restore"] {
        let (clock, due) = (text(clock), story.at);
        story.say(Kind::DeadlinePassed { clock, due, while_down: false, retroactive: true });
    }
}

/// All that only a drill has.
pub(super) fn drill() -> Story {
    let mut story = runs::drill(super::Ends::Invalid);
    let closed = story.events.pop().unwrap().1.kind;
    let faults = [(text("tidy"), Fault::Crash)].into();
    for fact in [
        DrillFact::Injected { faults },
        DrillFact::Slowed { step: text("look"), until: story.at },
        DrillFact::Tripped {
            condition: text("c"),
            title: text("too much"),
            measured: text("a > 1"),
        },
        DrillFact::Unseen { condition: text("c"), why: text("no answer") },
        DrillFact::TakenDown { trouble: Some(text("still in use")) },
        DrillFact::TakenDown { trouble: None },
    ] {
        story.say(Kind::Drill(fact));
    }
    let (criterion, measured) = (text("recovered"), None);
    let verdict = Verdict::Unknown { reason: text("no connection") };
    story.say(Kind::Judged { criterion, verdict, measured, must: true, points: 60 });
    story.say(closed);
    story
}

/// The rough day, and everything else that a record can tell of.
pub(super) fn story() -> Story {
    let mut story = runs::rough();
    let closed = story.events.pop().unwrap().1.kind;
    around(&mut story);
    questions(&mut story);
    endings(&mut story);
    let when = story.at;
    story
        .say(Kind::RoleGiven { role: text("postmortem"), to: text("petra"), note: None })
        .say(Kind::SeverityChanged { from: None, to: Severity::Sev2, reason: None })
        .say(Kind::EscalationAsked { reason: text("it is slow") })
        .say(Kind::Reopened { when, reason: text("again") })
        .say(Kind::Reopened { when, reason: text("and again") })
        .say(Kind::EscalationAsked { reason: text("no answer") })
        .say(Kind::MessageQueued {
            to: text("ceo"),
            cause: text("operator:1"),
            kind: EscalationKind::Engage,
            signal: Signal::Tell,
            message: text("Please come."),
            post: None,
        })
        .note("OBJECTION: we lose the orders of today")
        .say(Kind::Identified {
            targets: BTreeMap::new(),
            proofs: vec![text("api is https://staging.example.com")],
            accepted: vec![Accepted {
                target: text("db"),
                why: text("its database is live"),
                reason: text("rebuilt"),
            }],
        })
        .say(Kind::Abandoned { reason: text("enough") });
    for reason in [
        StopReason::StepFailed,
        StopReason::Operator,
        StopReason::AnswerNeeded,
        StopReason::OutcomeUnknown,
        StopReason::Terminated,
        StopReason::HangUp,
        StopReason::Interrupted,
    ] {
        story.say(Kind::Stopped { reason, message: text("left") }).pass("1m");
        story.attach("jonas", &[]);
    }
    story.say(closed);
    for (outcome, reason) in
        [(Outcome::Aborted, ""), (Outcome::Aborted, "enough"), (Outcome::HandedOff, "other")]
    {
        story.say(Kind::Closed { outcome, reason: text(reason) });
    }
    story
}

#[test]
fn no_kind_of_event_is_missing_here() {
    let source = include_str!("../../src/timeline/sentence.rs");
    let list = source.split("pub const fn word(").nth(1).unwrap().split("\n}\n").next().unwrap();
    let words: Vec<&str> = list.split('"').skip(1).step_by(2).collect();
    assert!(words.len() > 45, "{words:?}");
    let both = [super::context(&story()), super::context(&drill())];
    let rows = both.iter().flat_map(|told| told["timeline"].as_array().unwrap());
    let told: Vec<(&str, &str)> =
        rows.map(|row| (row["type"].as_str().unwrap(), row["what"].as_str().unwrap())).collect();
    for word in words {
        let of: Vec<_> = told.iter().filter(|(kind, _)| *kind == word).collect();
        assert!(!of.is_empty(), "no event of the kind {word}");
        let speechless = |(_, what): &&(&str, &str)| what.trim().is_empty();
        assert!(word == "revoked" || !of.iter().any(speechless), "{word} says nothing");
    }
}
