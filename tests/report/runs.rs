//! The runs that the post-mortems are written of.

use std::collections::BTreeMap;

use mayday::effect::EffectClass::{Change, Destructive, Read};
use mayday::effect::Ending;
use mayday::plan::Mode;
use mayday::run::event::{
    Asking, DrillFact, Fault, Kind, Milestone, Outcome, StepStatus, StopReason,
};
use mayday::severity::{EscalationKind, Severity};
use mayday::steps::Verdict;
use mayday::time::Span;
use serde_json::json;

use super::story::{Story, failed};

const CURL: &str = "curl --fail https://example.com/health";

fn begun() -> Story {
    let mut story = Story::open(Mode::Real);
    story
        .mark(Milestone::ImpactStarted, "2026-11-22T18:15:00Z", "flag")
        .mark(Milestone::Detected, "2026-11-22T18:20:00Z", "run_start")
        .mark(Milestone::Declared, "now", "run_start")
        .mark(Milestone::Acknowledged, "now", "run_start");
    story
}

fn told(story: &mut Story, cause: &str, to: &str, kind: EscalationKind) {
    story
        .say(Kind::Notifying {
            to: to.to_owned(),
            cause: cause.to_owned(),
            kind,
            message: "SEV-1 API does not answer on production.".to_owned(),
            letter: None,
            attempt: 1,
        })
        .pass("1s")
        .say(Kind::Notified {
            to: to.to_owned(),
            cause: cause.to_owned(),
            ending: Ending::Done,
            shown: false,
            letter: None,
            retry_at: None,
            reference: None,
            perhaps: false,
        });
}

fn escalated(story: &mut Story, index: usize, due: &str, while_down: bool) {
    let cause = format!("escalation:{index}");
    let due = due.parse().unwrap();
    story.say(Kind::DeadlinePassed { clock: cause.clone(), due, while_down, retroactive: false });
    let kind = if index == 0 { EscalationKind::Inform } else { EscalationKind::Engage };
    told(story, &cause, "cto", kind);
    told(story, &cause, "ceo", kind);
}

fn region(story: &mut Story) {
    story
        .say(Kind::InputGiven {
            name: "region".to_owned(),
            value: json!("eu"),
            secret: false,
            source: "default".to_owned(),
        })
        .phase("contain");
}

fn cause(story: &mut Story, answer: &str) {
    story.put("cause", Read, "What does the log say?").pass("40s");
    story.end(
        "cause",
        Verdict::Pass,
        json!({ "answer": answer, "choice": answer, "source": "operator" }),
    );
    story.settle("cause");
}

fn backup(story: &mut Story) {
    story.phase("recover").start("backup", 1, Read, "cat /var/backups/newest").pass("2s");
    let taken = "2026-11-22T18:12:00Z";
    story.end(
        "backup",
        Verdict::Pass,
        json!({ "stdout": taken, "captured": { "backup_at": taken } }),
    );
    story.settle("backup");
}

fn gate(story: &mut Story, step: &str) {
    story.ask(step, Asking::Gate, "Type restore to go on").pass("20s").answer(
        step,
        Asking::Gate,
        json!("restore"),
    );
}

fn call(story: &mut Story) {
    story.put("call", Change, "Call the front desk.").pass("1m 30s");
    story.end("call", Verdict::Pass, json!({ "answer": "done", "choice": "done" })).settle("call");
}

fn finished(story: &mut Story) {
    story
        .start("healthy", 1, Read, "GET https://example.com/health")
        .pass("45s")
        .end("healthy", Verdict::Pass, json!({ "status_code": 200 }))
        .mark(Milestone::Mitigated, "now", "step:healthy")
        .settle("healthy")
        .mark(Milestone::Recovered, "now", "step:healthy");
}

/// Everything goes as planned.
pub(super) fn clean() -> Story {
    let mut story = begun();
    escalated(&mut story, 0, "2026-11-22T18:20:00Z", false);
    region(&mut story);
    story.done("look", Read, CURL, "3s");
    cause(&mut story, "full");
    backup(&mut story);
    gate(&mut story, "restore");
    story.done("restore", Destructive, "restore-db", "1m 50s");
    call(&mut story);
    finished(&mut story);
    story.done("tidy", Change, "rm -f /tmp/old", "1s");
    story
        .mark(Milestone::Resolved, "now", "last_step")
        .say(Kind::Closed { outcome: Outcome::Completed, reason: String::new() });
    story
}

/// Retries, an unknown outcome, a second driver, a late escalation, a clock that was set, a skip.
pub(super) fn rough() -> Story {
    let mut story = begun();
    escalated(&mut story, 0, "2026-11-22T18:20:00Z", false);
    region(&mut story);
    story.start("look", 1, Read, CURL).pass("3s");
    story.end("look", failed("exit code 22"), json!({ "exit_code": 22, "stdout": "" })).pass("10s");
    story.start("look", 2, Read, CURL).pass("3s");
    story.end("look", failed("exit code 22"), json!({ "exit_code": 22, "stdout": "" }));
    story
        .ask("look", Asking::Menu, "step `look` failed: exit code 22")
        .pass("30s")
        .answer("look", Asking::Menu, json!("retry"))
        .choose("look", "retry", None)
        .start("look", 3, Read, CURL)
        .pass("2s");
    story.end("look", Verdict::Pass, json!({ "exit_code": 0, "stdout": "ok" })).settle("look");
    story.pass("2m");
    cause(&mut story, "crash");
    story.say(Kind::DeadlinePassed {
        clock: "budget:contain".to_owned(),
        due: "2026-11-22T18:23:02Z".parse().unwrap(),
        while_down: false,
        retroactive: false,
    });
    backup(&mut story);
    story.ask("restore", Asking::Gate, "Type restore to go on").pass("5s");
    story.answer("restore", Asking::Gate, json!(null)).choose("restore", "retry", None);
    gate(&mut story, "restore");
    story.start("restore", 1, Destructive, "restore-db").pass("1m").set_clock(Span::from_mins(60));
    // The machine of the driver dies here.
    story.pass("12m").attach("jonas", &["api-down.yaml"]);
    story.say(Kind::Recovered { torn_bytes: 41, kept_as: "torn-1".to_owned() });
    let reason = "mayday ended while it ran; it may have happened".to_owned();
    story.end("restore", Verdict::Unknown { reason }, json!({}));
    escalated(&mut story, 1, "2026-11-22T19:35:00Z", true);
    story
        .ask("restore", Asking::Menu, "step `restore`: outcome unknown")
        .pass("50s")
        .answer("restore", Asking::Menu, json!("by_hand"))
        .choose("restore", "by_hand", Some("the tables have all rows"))
        .say(Kind::Settled { step: "restore".to_owned(), status: StepStatus::ByHand })
        .note("TODO: alert on the disk before it is full")
        .note("DECISION: keep the old primary for a day")
        .note("the pager was quiet");
    call(&mut story);
    finished(&mut story);
    story.say(Kind::DeadlinePassed {
        clock: "rto".to_owned(),
        due: "2026-11-22T19:30:00Z".parse().unwrap(),
        while_down: true,
        retroactive: false,
    });
    story.start("tidy", 1, Change, "rm -f /tmp/old").pass("1s");
    story.end("tidy", failed("exit code 1"), json!({ "exit_code": 1, "stdout": "" }));
    story
        .ask("tidy", Asking::Menu, "step `tidy` failed: exit code 1")
        .pass("9s")
        .answer("tidy", Asking::Menu, json!("skip"))
        .ask("tidy", Asking::Reason, "Why skip?")
        .answer("tidy", Asking::Reason, json!("disk is read-only, tomorrow"))
        .choose("tidy", "skip", Some("disk is read-only, tomorrow"))
        .say(Kind::Skipped {
            step: "tidy".to_owned(),
            reason: "skipped by the operator".to_owned(),
            by_choice: true,
            second_person: Some("ana".to_owned()),
        })
        .mark(Milestone::Resolved, "now", "last_step")
        .say(Kind::Closed { outcome: Outcome::Completed, reason: String::new() });
    story
}

/// Given up in the middle.
pub(super) fn aborted() -> Story {
    let mut story = begun();
    region(&mut story);
    story.start("look", 1, Read, CURL).pass("4m");
    story.end("look", failed("exit code 6"), json!({ "exit_code": 6 }));
    story
        .ask("look", Asking::Menu, "step `look` failed: exit code 6")
        .pass("20s")
        .answer("look", Asking::Menu, json!("abort"))
        .choose("look", "abort", Some("wrong playbook"))
        .say(Kind::Closed {
            outcome: Outcome::Aborted,
            reason: "step `look` was given up".to_owned(),
        });
    story
}

/// The driver was told to end.
pub(super) fn stopped() -> Story {
    let mut story = begun();
    region(&mut story);
    story.start("look", 1, Read, CURL).pass("1s");
    story.say(Kind::Stopped { reason: StopReason::Terminated, message: "told to end".to_owned() });
    story
}

/// What a drill comes to.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Ends {
    Passes,
    Fails,
    Invalid,
}

pub(super) fn drill(ends: Ends) -> Story {
    let mut story = Story::open(Mode::Drill);
    let proofs = vec!["lab is on the playbook's list, its danger is low".to_owned()];
    if ends == Ends::Fails {
        let faults = [("look".to_owned(), Fault::Slow(Span::from_secs(30)))].into();
        story.say(Kind::Drill(DrillFact::Injected { faults }));
    }
    story.say(Kind::Drill(DrillFact::Guarded { targets: BTreeMap::new(), proofs }));
    story.phase("drill.inject").done("kill", Change, "stop-it", "1s");
    for milestone in [
        Milestone::ImpactStarted,
        Milestone::Detected,
        Milestone::Declared,
        Milestone::Acknowledged,
    ] {
        story.mark(milestone, "now", "inject");
    }
    region(&mut story);
    story.done("look", Read, CURL, "3s");
    cause(&mut story, "full");
    backup(&mut story);
    if ends == Ends::Invalid {
        story.say(Kind::Abandoned { reason: "step `restore` failed: exit code 1".to_owned() });
    } else {
        gate(&mut story, "restore");
        story.done(
            "restore",
            Destructive,
            "restore-db",
            if ends == Ends::Fails { "20m" } else { "1m" },
        );
        call(&mut story);
        finished(&mut story);
        story.done("tidy", Change, "rm -f /tmp/old", "1s").mark(
            Milestone::Resolved,
            "now",
            "last_step",
        );
    }
    let held = |good: bool, seen: &str| if good { Verdict::Pass } else { failed(seen) };
    for (criterion, good, seen, points) in [
        ("recovered", ends != Ends::Invalid, "steps.healthy.status == 'ok'", 60),
        ("in_time", ends == Ends::Passes, "run.elapsed <= objectives.rto", 30),
        ("tidied", ends != Ends::Invalid, "steps.tidy.status == 'ok'", 10),
    ] {
        story.say(Kind::Judged {
            criterion: criterion.to_owned(),
            verdict: held(good, seen),
            measured: Some(seen.to_owned()),
            must: points > 10,
            points,
        });
    }
    story.phase("drill.cleanup").done("start", Change, "start-it", "1s");
    let outcome = if ends == Ends::Invalid { Outcome::Aborted } else { Outcome::Completed };
    story.say(Kind::Closed { outcome, reason: String::new() });
    story
}

/// One more of everything that a bad day has.
pub(super) fn full() -> Story {
    let mut story = begun();
    story
        .say(Kind::RoleGiven {
            role: "postmortem".to_owned(),
            to: "petra".to_owned(),
            note: Some("knows the database".to_owned()),
        })
        .say(Kind::SeverityChanged {
            from: Some(Severity::Sev1),
            to: Severity::Sev2,
            reason: Some("only one region".to_owned()),
        });
    region(&mut story);
    story.done("look", Read, CURL, "90s");
    story.say(Kind::EscalationAsked { reason: "the database is slow".to_owned() });
    told(&mut story, "operator:0", "ceo", EscalationKind::Engage);
    story.mark(Milestone::Mitigated, "now", "operator").pass("1m");
    story.say(Kind::Reopened { when: story.at, reason: "users hurt again".to_owned() });
    cause(&mut story, "full");
    backup(&mut story);
    gate(&mut story, "restore");
    story.done("restore", Destructive, "restore-db", "30s");
    story
        .note("OBJECTION: we lose the orders of today")
        .note("TODO: alert on the disk before it is full @petra due 2026-12-01");
    call(&mut story);
    finished(&mut story);
    story.done("tidy", Change, "rm -f /tmp/old", "1s");
    story
        .mark(Milestone::Resolved, "now", "last_step")
        .say(Kind::Closed { outcome: Outcome::Completed, reason: String::new() });
    story
}
