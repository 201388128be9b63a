use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::json;

use super::*;
use crate::effect::{Ending, Evidence, Facts, FailKind, Interrupt, Signal};
use crate::plan::Mode;
use crate::run::event::Opened;
use crate::run::event::{Accepted, DrillFact, Milestone, Outcome, StopReason};
use crate::severity::EscalationKind;
use crate::severity::Severity;
use crate::steps::{Failure, Stage};
use crate::ui::card::Card;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn facts(value: serde_json::Value) -> Facts {
    let serde_json::Value::Object(facts) = value else { panic!("facts are a map") };
    facts
}

fn step(number: usize, title: &str, class: EffectClass, undo: Option<&str>) -> StepView {
    let card = Card {
        what: title.into(),
        why: Some("The rows are back in the dump; production still lacks them.".into()),
        command: vec!["psql -f \"$dump_file\"".into()],
        place: crate::ui::card::place(class, Some("db")),
        time_limit: Some(Span::from_mins(10)),
        success: vec!["exit code 0".into(), "count after -> rows[0].n == 520".into()],
        undo: undo.map(Into::into),
        changes: class != EffectClass::Read,
        ..Card::default()
    };
    StepView {
        number,
        title: title.into(),
        class,
        waits: number == 1,
        partial: number == 4,
        undoes: None,
        card,
    }
}

fn view() -> View {
    let mut view = View::new("20251203-2041-p2c");
    view.total = 14;
    view.folder = "runs/20251203-2041-p2c".into();
    view.rto = Some(Span::from_mins(30));
    view.zero = Some(at("2025-12-03T20:41:02Z"));
    view.environment = "production".into();
    view.phases.insert("contain".into(), "Contain".into());
    view.criteria.insert("recovered_all".into(), "every reservation is back".into());
    let steps = [
        ("health", step(1, "Wait for the API to answer", EffectClass::Read, None)),
        ("branch", step(3, "Branch the past", EffectClass::Change, Some("delete the branch"))),
        ("import", step(4, "Import 50 rows into PRODUCTION", EffectClass::Destructive, None)),
    ];
    view.steps = steps.into_iter().map(|(key, step)| (key.to_owned(), step)).collect();
    view.widest_key = view.steps.keys().map(String::len).max().unwrap_or(0);
    view
}

fn event(kind: Kind) -> Event {
    Event { at: at("2025-12-03T20:52:10Z"), boot_ms: 0, by: "ana".into(), slip: None, kind }
}

fn started(step: &str, class: EffectClass, attempt: u32, part: u32) -> Kind {
    Kind::Started {
        step: step.into(),
        attempt,
        part,
        class,
        what: "psql -X -q -v ON_ERROR_STOP=1 --single-transaction -f \"$dump_file\"".into(),
        target: (class != EffectClass::Read).then(|| "db".into()),
        deadline: Some(at("2025-12-03T21:02:10Z")),
    }
}

fn ended(step: &str, verdict: Verdict, facts: Facts) -> Kind {
    let evidence = Evidence {
        path: "attempts/0007-import.1/stderr".into(),
        sha256: String::new(),
        bytes: 4096,
        whole_bytes: Some(90_000),
        whole_sha256: None,
        what: "stderr".into(),
    };
    Kind::Ended {
        step: step.into(),
        attempt: 1,
        part: 0,
        ending: Ending::Done,
        facts,
        evidence: vec![evidence],
        elapsed: Span::from_secs(6),
        verdict,
        measured: None,
        captured: [("would_insert".to_owned(), json!(50)), ("key".to_owned(), json!(null))].into(),
        secret_names: vec!["key".into()],
        looks: 3,
    }
}

fn opened() -> Kind {
    Kind::Opened(Box::new(Opened {
        format: 1,
        mayday: "0.1.0".into(),
        run: "20251203-2041-p2c".into(),
        mode: Mode::Real,
        playbook: "sev2-data-loss".into(),
        title: "Data loss or accidental deletion".into(),
        environment: "production".into(),
        danger: Danger::High,
        severity: Some(Severity::Sev2),
        operator: "ana".into(),
        host: "ops-1".into(),
        boot_id: "b".into(),
        unattended: true,
        base: "/srv/bloom".into(),
        pinned: [].into(),
        targets: [("db".to_owned(), facts(json!({"host": "db.internal", "port": 5432})))].into(),
        answers: [("cause".to_owned(), "stopped".to_owned())].into(),
    }))
}

fn failure(meaning: Option<&str>) -> Verdict {
    let mut failure = Failure::new(Stage::Run, FailKind::Exit, "exit code 3");
    failure.meaning = meaning.map(Into::into);
    Verdict::Fail(failure)
}

fn milestone(minute: u32) -> Kind {
    Kind::Milestone {
        milestone: Milestone::Detected,
        when: at(&format!("2025-12-03T20:{minute}:00Z")),
        source: "run_start".into(),
        reason: (minute == 35).then(|| "the alert was earlier".into()),
    }
}

fn notifying(kind: EscalationKind) -> Kind {
    Kind::Notifying {
        to: "cto".into(),
        cause: "escalation:0".into(),
        kind,
        message: "SEV-2 data loss: 50 reservations, recovery runs, RTO 30:00".into(),
        letter: None,
        attempt: 1,
    }
}

fn queued(signal: Signal) -> Kind {
    Kind::MessageQueued {
        to: "cto".into(),
        cause: "escalation:0".into(),
        kind: EscalationKind::Engage,
        signal,
        message: "SEV-2 data loss: 50 reservations, recovery runs, RTO 30:00".into(),
        post: None,
    }
}

fn deadline(clock: &str, while_down: bool) -> Kind {
    Kind::DeadlinePassed {
        clock: clock.into(),
        due: at("2025-12-03T20:52:02Z"),
        while_down,
        retroactive: false,
    }
}

/// One of each kind, and of each way in which a kind reads differently.
#[expect(clippy::too_many_lines, reason = "a list")]
fn all_kinds() -> Vec<Kind> {
    let step = || "import".to_owned();
    let output = facts(json!({
        "stdout": "SET\nCOPY 12\n", "stderr": "psql: ERROR:  duplicate key value\n", "exit_code": 3
    }));
    let unknown = Verdict::Unknown { reason: "the connection broke after COMMIT was sent".into() };
    vec![
        opened(),
        Kind::Attached {
            operator: "luis".into(),
            boot_id: "b".into(),
            host: "ops-2".into(),
            changed_files: vec!["playbooks/sev2-data-loss.yaml".into()],
            answers: [("fault".to_owned(), "retry".to_owned())].into(),
        },
        Kind::Recovered { torn_bytes: 37, kept_as: "evidence/torn-1".into() },
        Kind::RecordMoved {
            from: "/srv/runs/r1".into(),
            to: "/dev/shm/mayday-1000/r1".into(),
            why: "write the record: no space left on its disk".into(),
            volatile: true,
            left: vec!["evidence/000004.stdout".into()],
        },
        Kind::Unrecorded { why: "write the record: no space left on its disk".into() },
        Kind::RecordedAgain,
        Kind::InputGiven {
            name: "tables".into(),
            value: json!(["clients", "reservations"]),
            secret: false,
            source: "operator".into(),
        },
        Kind::InputGiven {
            name: "token".into(),
            value: json!(null),
            secret: true,
            source: "flag".into(),
        },
        milestone(41),
        milestone(35),
        Kind::PhaseEntered { phase: "contain".into() },
        Kind::PhaseSkipped { phase: "contain".into(), reason: "cause == 'active' is false".into() },
        Kind::Expanded { step: step(), items: vec![json!("clients"), json!("reservations")] },
        Kind::Expanded { step: step(), items: vec![] },
        started("health", EffectClass::Read, 1, 0),
        ended("health", Verdict::Pass, facts(json!({"status_code": 200}))),
        Kind::Asked { step: step(), question: Asking::Gate, text: "Type the row count".into() },
        Kind::Answered {
            step: step(),
            question: Asking::Gate,
            answer: json!("50"),
            source: "operator".into(),
        },
        started("branch", EffectClass::Change, 1, 0),
        ended("branch", Verdict::Pass, facts(json!({"exit_code": 0}))),
        Kind::Settled { step: "branch".into(), status: StepStatus::Ok },
        started("import", EffectClass::Destructive, 1, 0),
        started("import", EffectClass::Destructive, 1, 1),
        ended("import", Verdict::More, Facts::new()),
        ended("import", failure(None), output.clone()),
        ended("import", failure(Some("A row came back twice: use the other dump.")), output),
        started("import", EffectClass::Destructive, 2, 0),
        ended("import", unknown, Facts::new()),
        ended("import", Verdict::Pass, facts(json!({"rows_affected": 50, "row_count": 0}))),
        Kind::CheckStarted {
            step: step(),
            check: "0".into(),
            what: "SELECT count(*)\nFROM t".into(),
        },
        checked(Verdict::Pass),
        checked(failure(None)),
        checked(Verdict::Unknown { reason: "no connection".into() }),
        Kind::Asked { step: step(), question: Asking::Menu, text: "What now?".into() },
        Kind::Chose {
            step: step(),
            choice: "skip".into(),
            reason: Some("rows are already there".into()),
            second_person: Some("luis".into()),
            source: "operator".into(),
        },
        Kind::Skipped {
            step: step(),
            reason: "rows are already there".into(),
            by_choice: true,
            second_person: Some("luis".into()),
        },
        Kind::Skipped {
            step: "health".into(),
            reason: "cause == 'active' is false".into(),
            by_choice: false,
            second_person: None,
        },
        Kind::Settled { step: "health".into(), status: StepStatus::Skipped },
        Kind::Settled { step: step(), status: StepStatus::Failed },
        Kind::Settled { step: step(), status: StepStatus::ByHand },
        Kind::Judged {
            criterion: "recovered_all".into(),
            verdict: Verdict::Pass,
            measured: Some("50 == 50".into()),
            must: true,
            points: 50,
        },
        Kind::Judged {
            criterion: "clean".into(),
            verdict: failure(None),
            measured: None,
            must: false,
            points: 20,
        },
        deadline("rto", false),
        deadline("response", true),
        deadline("escalation:0", false),
        deadline("budget:contain", false),
        deadline("postmortem", false),
        deadline("escalation:SEV-1:1", false),
        deadline("timer:vendor.1", false),
        deadline("update:2", false),
        deadline("approval:import", false),
        deadline("decide_by:contain", false),
        Kind::DeadlinePassed {
            clock: "response".into(),
            due: at("2025-12-03T20:52:02Z"),
            while_down: false,
            retroactive: true,
        },
        Kind::SeverityChanged {
            from: Some(Severity::Sev2),
            to: Severity::Sev1,
            reason: Some("all users".into()),
        },
        Kind::Reopened { when: at("2025-12-03T20:50:00Z"), reason: "errors are back".into() },
        Kind::Updated { text: "restoring, next news at 21:10".into() },
        Kind::Held { reason: "a real incident".into() },
        Kind::Released,
        Kind::Expectations {
            steps: std::collections::BTreeMap::new(),
            fallbacks: std::collections::BTreeMap::new(),
        },
        queued(Signal::Tell),
        queued(Signal::Acknowledge),
        queued(Signal::Resolve),
        notifying(EscalationKind::Engage),
        Kind::Notifying {
            to: "cto".into(),
            cause: "escalation:0".into(),
            kind: EscalationKind::Engage,
            message: String::new(),
            letter: Some(40),
            attempt: 2,
        },
        Kind::Notified {
            to: "cto".into(),
            cause: "escalation:0".into(),
            ending: Ending::TimedOut,
            shown: false,
            letter: Some(40),
            retry_at: Some(at("2025-12-03T23:00:00Z")),
            reference: None,
            perhaps: true,
        },
        Kind::Notified {
            to: "cto".into(),
            cause: "escalation:0".into(),
            ending: Ending::NotDone { reason: "no longer needed: mitigated meanwhile".into() },
            shown: false,
            letter: Some(40),
            retry_at: None,
            reference: None,
            perhaps: false,
        },
        Kind::Notified {
            to: "cto".into(),
            cause: "escalation:0".into(),
            ending: Ending::Done,
            shown: false,
            letter: None,
            retry_at: None,
            reference: None,
            perhaps: false,
        },
        Kind::Notified {
            to: "cto".into(),
            cause: "escalation:0".into(),
            ending: Ending::Done,
            shown: true,
            letter: None,
            retry_at: None,
            reference: None,
            perhaps: false,
        },
        Kind::Notified {
            to: "cto".into(),
            cause: "escalation:0".into(),
            ending: Ending::TimedOut,
            shown: false,
            letter: None,
            retry_at: None,
            reference: None,
            perhaps: false,
        },
        Kind::Revoked { step: step(), attempt: 1, reason: "its command had not been begun".into() },
        Kind::Interrupted { how: Interrupt::Interrupt },
        Kind::Interrupted { how: Interrupt::Terminate },
        Kind::Interrupted { how: Interrupt::HangUp },
        Kind::Suspended { for_ms: 12_000 },
        Kind::Noted {
            text: "DECISION: no failover before 21:00".into(),
            when: None,
            files: Vec::new(),
        },
        Kind::ClockStepped { by_ms: -3_600_000, while_down: false },
        Kind::ApprovalAsked {
            step: "import".into(),
            question: Asking::SecondPerson,
            code: "K7QD-2M9X".into(),
            what: "`import` Import (destructive on production): psql".into(),
            user: "user 1000".into(),
            until: at("2025-12-03T21:02:10Z"),
        },
        Kind::Agreed {
            step: "import".into(),
            question: Asking::SecondPerson,
            code: "K7QD-2M9X".into(),
            user: "user 1001".into(),
        },
        Kind::Refused { what: "ack".into(), why: "the code was good until 21:02:10Z".into() },
        Kind::EscalationAsked { reason: "the standby does not start".into() },
        Kind::RoleGiven {
            role: "comms".into(),
            to: "bo".into(),
            note: Some("for the night".into()),
        },
        Kind::InputEdited {
            step: "import".into(),
            name: "region".into(),
            before: "eu".into(),
            value: "us".into(),
        },
        Kind::ShellOpened { step: "import".into(), what: "/bin/bash".into() },
        Kind::ShellClosed {
            step: "import".into(),
            exit_code: Some(0),
            elapsed: Span::from_secs(75),
        },
        Kind::Continues {
            run: "20251203-2041-p2c".into(),
            playbook: "api-down".into(),
            reason: "to data-loss".into(),
        },
        Kind::RollbackStarted { to: Some("branch".into()), from: None },
        Kind::RollbackEnded { again: Vec::new() },
        Kind::Drill(DrillFact::Guarded {
            targets: BTreeMap::new(),
            proofs: vec!["lab is on the playbook's list, its danger is low".into()],
        }),
        Kind::Identified {
            targets: BTreeMap::new(),
            proofs: vec!["api is https://staging.example.com".into()],
            accepted: vec![Accepted {
                target: "db".into(),
                why: "its database is live, mayday.yaml says staging".into(),
                reason: "staging was rebuilt under this name".into(),
            }],
        },
        Kind::Drill(DrillFact::TakenDown { trouble: Some("run `down`: exit code 1".into()) }),
        Kind::Abandoned { reason: "handed over".into() },
        Kind::Stopped { reason: StopReason::Operator, message: "lunch of the DBA".into() },
        Kind::Closed { outcome: Outcome::Completed, reason: String::new() },
        Kind::Closed { outcome: Outcome::Aborted, reason: "false alarm".into() },
        Kind::Closed { outcome: Outcome::HandedOff, reason: "sev2-database-corruption".into() },
    ]
}

fn checked(verdict: Verdict) -> Kind {
    Kind::Checked {
        step: "import".into(),
        check: "0".into(),
        verdict,
        measured: Some("rows[0].n == 520  ->  470 == 520  ->  false".into()),
        facts: Facts::new(),
        evidence: vec![],
        elapsed: Span::from_millis(80),
    }
}

fn word(kind: &Kind) -> String {
    serde_json::to_value(kind).unwrap()["type"].as_str().unwrap().to_owned()
}

fn transcript(view: &mut View) -> String {
    let zero = view.zero;
    let mut text = String::new();
    for kind in all_kinds() {
        writeln!(text, "# {}", word(&kind)).unwrap();
        for line in view.tell(&event(kind)) {
            writeln!(text, "{line}").unwrap();
        }
        // The events of this list are of one instant, also behind a clock that was set.
        view.zero = zero;
    }
    text
}

#[test]
fn every_kind_of_event_reads_well_on_paper() {
    let mut view = view();
    view.attended = false;
    insta::assert_snapshot!(transcript(&mut view));
}

#[test]
fn every_kind_of_event_reads_well_in_spanish() {
    let mut view = view();
    view.attended = false;
    view.lang = crate::ui::lang::Lang::Spanish;
    let text = transcript(&mut view);
    insta::assert_snapshot!(text);
    assert_eq!(crate::ui::lang::english_in(&text), Vec::<&str>::new());
}

#[test]
fn every_kind_of_event_fits_into_forty_columns() {
    let mut view = view();
    view.width = 40;
    insta::assert_snapshot!(transcript(&mut view));
}

#[test]
fn the_list_above_has_every_kind() {
    let source = include_str!("../../run/event.rs");
    let body = source.split_once("pub enum Kind {").unwrap().1.split_once("\n}\n").unwrap().0;
    let names = body.lines().filter(|line| line.starts_with("    ") && !line.starts_with("     "));
    let names: std::collections::BTreeSet<String> = names
        .map(|line| line.trim().split([' ', '(', ',']).next().unwrap().to_owned())
        .filter(|name| name.starts_with(char::is_uppercase))
        .map(|name| {
            let mut snake = String::new();
            for c in name.chars() {
                if c.is_uppercase() && !snake.is_empty() {
                    snake.push('_');
                }
                snake.extend(c.to_lowercase());
            }
            snake
        })
        .collect();
    let shown: std::collections::BTreeSet<String> = all_kinds().iter().map(word).collect();
    assert_eq!(names, shown);
}

#[test]
fn each_line_of_a_drill_says_so() {
    let mut view = view();
    view.drill = true;
    for kind in all_kinds().into_iter().filter(|kind| !matches!(kind, Kind::Opened(_))) {
        for line in view.tell(&event(kind)) {
            assert!(line.starts_with("DRILL "), "{line}");
        }
    }
}

#[test]
fn no_line_moves_the_cursor_or_ends_a_line() {
    for line in transcript(&mut view()).lines() {
        assert!(!line.chars().any(char::is_control), "{line:?}");
        assert_eq!(line, line.trim_end());
    }
}

#[test]
fn a_question_is_said_once_where_a_prompt_follows() {
    let asked =
        |question| event(Kind::Asked { step: "import".into(), question, text: "Sure?".into() });
    let mut attended = view();
    let gate = attended.tell(&asked(Asking::Gate)).join("\n");
    assert!(gate.contains("NEXT") && !gate.contains("Sure?"), "{gate}");
    assert!(attended.tell(&asked(Asking::Menu)).is_empty());
    let again = attended.tell(&event(started("import", EffectClass::Destructive, 1, 0)));
    assert!(!again.join("\n").contains("NEXT"), "the card came twice: {again:?}");
}

#[test]
fn the_key_of_an_item_leads_to_its_step_and_an_undo_to_itself() {
    let mut view = view();
    let mut undo = view.steps["branch"].clone();
    undo.title = "Delete the branch".into();
    view.steps.insert("branch.undo".into(), undo);
    for (key, title) in [
        ("branch", "Branch the past"),
        ("branch[2]", "Branch the past"),
        ("branch.undo", "Delete the branch"),
        ("branch[2].undo", "Delete the branch"),
    ] {
        assert_eq!(view.step(key).map(|step| step.title.as_str()), Some(title), "{key}");
    }
    assert!(view.step("other").is_none());
}

#[test]
fn what_was_taken_back_no_longer_stands() {
    let mut view = view();
    let undo = view.steps["branch"].clone();
    view.steps.insert("branch.undo".into(), undo);
    view.apply(&event(ended("branch", Verdict::Pass, Facts::new())));
    let stopped = event(Kind::Stopped { reason: StopReason::Operator, message: String::new() });
    assert!(render(&stopped, &view).join("\n").contains("branch: Branch the past (can be undone)"));
    view.apply(&event(ended("branch.undo", Verdict::Pass, Facts::new())));
    assert!(render(&stopped, &view).join("\n").contains("this run has changed nothing so far"));
}

#[test]
fn a_command_that_failed_may_have_done_a_part_and_a_transaction_has_not() {
    let mut view = view();
    let failed = event(ended("import", failure(None), Facts::new()));
    let text = render(&failed, &view).join("\n");
    assert!(text.contains("import: MAY have happened, all or a part"), "{text}");
    view.steps.get_mut("import").unwrap().partial = false;
    let text = render(&failed, &view).join("\n");
    assert!(text.contains("this run has changed nothing so far"), "{text}");
}

#[test]
fn the_clock_is_told_at_its_marks_and_not_twice() {
    let mut view = view();
    let mut told = |minute: i64, second: i64| {
        let zero = at("2025-12-03T20:41:02Z");
        view.tick(zero + Span::from_secs(minute * 60 + second)).join("|")
    };
    assert_eq!(told(9, 59), "");
    assert_eq!(told(10, 1), "       CLOCK 10:01 of 30:00, 19:59 left");
    assert_eq!(told(10, 2), "");
    assert_eq!(told(15, 0), "       CLOCK 15:00 of 30:00, 15:00 left (50 % used)");
    assert_eq!(told(28, 0), "       CLOCK 28:00 of 30:00, 02:00 left (90 % used)");
    assert_eq!(told(29, 59), "");
    assert_eq!(told(31, 10), "       CLOCK 31:10 of 30:00, 01:10 OVER");
    assert_eq!(told(31, 9), "");
    let mut late = self::view();
    let said = late.tick(at("2025-12-03T21:11:02Z") + Span::from_secs(70)).join("|");
    assert_eq!(said, "       CLOCK 31:10 of 30:00, 01:10 OVER", "not that 90 % are used");
}

#[test]
fn while_a_drill_is_held_no_mark_of_the_clock_is_told() {
    let mut view = View { drill: true, ..view() };
    let event = |kind| Event {
        at: at("2025-12-03T20:45:00Z"),
        boot_ms: 0,
        by: "ada".into(),
        slip: None,
        kind,
    };
    view.apply(&event(Kind::Held { reason: "a real incident".into() }));
    assert_eq!(view.next_tick(), None);
    assert!(view.tick(at("2025-12-03T20:56:30Z")).is_empty());
    view.apply(&event(Kind::Released));
    assert!(view.next_tick().is_some());
    assert!(!view.tick(at("2025-12-03T20:56:30Z")).is_empty());
    // A real incident goes on while its steps are held.
    let mut real = View { drill: false, ..view };
    real.apply(&event(Kind::Held { reason: "a fire alarm".into() }));
    assert!(real.next_tick().is_some());
}

#[test]
fn the_next_word_of_the_clock_is_due_at_its_next_mark() {
    let mut view = view();
    let zero = view.zero.unwrap();
    view.rto = Some(Span::from_mins(30));
    let mut marks = Vec::new();
    while let Some(next) = view.next_tick().filter(|next| next.since(zero) <= Span::from_mins(40)) {
        assert!(!view.tick(next).is_empty(), "what is due is said");
        marks.push(next.since(zero).clock());
    }
    assert_eq!(marks, ["10:00", "15:00", "20:00", "22:30", "27:00", "30:00", "40:00"]);
    view.rto = None;
    assert_eq!(view.next_tick().map(|next| next.since(zero)), Some(Span::from_mins(50)));
    view.zero = None;
    assert_eq!(view.next_tick(), None);
}

#[test]
fn the_clock_stops_at_the_recovery_and_does_not_run_before_it_starts() {
    let mut view = view();
    let recovered = Kind::Milestone {
        milestone: Milestone::Recovered,
        when: at("2025-12-03T20:52:44Z"),
        source: "step:import".into(),
        reason: None,
    };
    view.apply(&event(recovered));
    assert_eq!(view.clock(at("2025-12-03T22:00:00Z")), "recovered after 11:42 of 30:00");
    assert!(view.tick(at("2025-12-03T22:00:00Z")).is_empty());
    view.zero = None;
    assert_eq!(view.clock(at("2025-12-03T22:00:00Z")), "not started yet");
}
