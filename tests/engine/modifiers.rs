//! Every modifier of a step.

use mayday::effect::Effect;
use mayday::run::event::{StepStatus, StopReason};
use mayday::run::state::Known;
use serde_json::json;

use super::*;

#[test]
fn what_does_not_apply_is_passed_over_visibly() {
    let text = r"
mayday: 1
id: test
title: Test
inputs: { level: { type: integer, default: 3 } }
phases:
  - id: one
    title: One
    steps:
      - { id: a, title: A, effect: read, when: level > 5, shell: go-a }
      - { id: b, title: B, effect: read, when: steps.a.status == 'skipped', shell: go-b }
  - id: two
    title: Two
    when: level > 4
    steps:
      - { id: c, title: C, effect: read, shell: go-c }
";
    let came = Rig::new(text).unattended().run().closed();
    assert_eq!(came.begun(), ["go-b"]);
    assert_eq!(came.status("a"), Some(StepStatus::Skipped));
    assert_eq!(came.status("c"), Some(StepStatus::Skipped));
    assert!(came.has("level > 5  ->  3 > 5  ->  false"), "{}", came.story());
    assert!(came.has("phase_skipped"));
}

#[test]
fn a_condition_that_cannot_be_evaluated_asks_and_is_evaluated_again() {
    let came = Rig::of("  - { id: a, title: A, effect: read, when: nothing > 5, shell: go }")
        .reply("a.menu", [Reply::types("retry"), Reply::types("skip")])
        .types("a.reason", ["no such name"])
        .run()
        .closed();
    assert!(came.begun().iter().all(|what| what != "go"), "a step ran without its condition");
    assert!(came.failure("a").contains("nothing"));
    let skipped = came.events.iter().find_map(|event| match &event.kind {
        Kind::Skipped { reason, by_choice: true, .. } => Some(reason.as_str()),
        _ => None,
    });
    assert_eq!(skipped, Some("no such name"));
}

#[test]
fn retry_counts_once_waits_longer_each_time_and_ends_in_the_menu() {
    let text = r"
  - id: a
    title: A
    effect: read
    shell: go
    retry: { times: 4, every: 2s, backoff: 3, max: 10s }
";
    let came = Rig::of(text).reply("go", [Reply::exit(1, "")]).unattended().run();
    assert_eq!(came.starts("a"), 4);
    assert_eq!(came.stopped().unwrap().0, StopReason::StepFailed);
    // Four attempts of a second, and 2 s, 6 s and 10 s between them.
    assert_eq!(came.when(|kind| matches!(kind, Kind::Stopped { .. })), secs(22));
    came.fine();
}

#[test]
fn retry_when_decides_which_failure_is_tried_again() {
    let text = r"
  - id: a
    title: A
    effect: read
    shell: go
    retry: { times: 4, every: 1s, when: exit_code == 7 }
";
    let replies = || [Reply::exit(7, ""), Reply::exit(2, ""), Reply::exit(0, "")];
    let came = Rig::of(text).reply("go", replies()).unattended().run();
    assert_eq!((came.starts("a"), came.failure("a")), (2, "exit code 2".to_owned()));
}

#[test]
fn two_retry_layers_do_not_multiply() {
    let text = r"
  - id: up
    title: Up
    wait_for_url: { url: http://x.example.com, every: 5s }
    timeout: 20s
    retry: { times: 3, every: 1s }
";
    let came = Rig::of(text).reply("GET", [Reply::status(503, "")]).unattended().run();
    assert_eq!(came.starts("up"), 1);
    assert_eq!(came.begun().len(), 4);
}

#[test]
fn after_the_last_retry_the_operator_may_try_again_with_as_many_attempts() {
    let text = r"
  - id: a
    title: A
    effect: read
    shell: go
    retry: { times: 2, every: 1s }
";
    let bad = || Reply::exit(1, "");
    let came = Rig::of(text)
        .reply("go", [bad(), bad(), bad(), Reply::exit(0, "")])
        .types("a.menu", ["retry"])
        .run()
        .closed();
    assert_eq!(came.starts("a"), 4);
    assert_eq!(came.status("a"), Some(StepStatus::Ok));
}

#[test]
fn a_read_that_takes_too_long_fails_and_a_change_is_unknown() {
    let text = |class: &str| {
        format!("  - {{ id: a, title: A, effect: {class}, timeout: 10s, shell: go }}")
    };
    let came = Rig::of(&text("read")).reply("go", [Reply::Never]).unattended().run();
    assert_eq!(came.failure("a"), "no end within its time limit; ended after 10s");
    assert_eq!(came.stopped().unwrap().0, StopReason::StepFailed);
    let came = Rig::of(&text("change")).reply("go", [Reply::Never]).unattended().run();
    assert_eq!(came.failure("a"), "unknown: no end within its time limit; ended after 10s");
    assert_eq!(came.stopped().unwrap().0, StopReason::OutcomeUnknown);
}

#[test]
fn checks_prove_a_step_and_see_what_it_brought_back() {
    let text = r#"
  - id: fix
    title: Fix
    effect: change
    target: db
    sql: UPDATE t
    verify:
      - { title: Rows, target: db, sql: SELECT count, that: "rows[0].n == 50", else: "Rows of {{ env.name }} are missing." }
      - { that: rows_affected == 3 }
"#;
    let update = Reply::facts(json!({ "rows": [], "rows_affected": 3 }));
    let rows = |n: u32| Reply::rows(&json!([{ "n": n }]));
    let rig = || Rig::of(text).unattended().reply("UPDATE", [update.clone()]);
    let came = rig().reply("SELECT", [rows(50)]).run().closed();
    assert_eq!(came.status("fix"), Some(StepStatus::Ok));
    let came = rig().reply("SELECT", [rows(47)]).run();
    assert_eq!(
        came.failure("fix"),
        "expected rows[0].n == 50  ->  47 == 50  ->  false: Rows of low are missing."
    );
}

#[test]
fn checks_alone_may_be_run_again() {
    let text = r"
  - id: fix
    title: Fix
    effect: change
    shell: fix-it
    verify: [{ title: Good, shell: look, that: exit_code == 0 }]
";
    let came = Rig::of(text)
        .types("fix", [""])
        .reply("look", [Reply::exit(1, ""), Reply::exit(0, "")])
        .types("fix.menu", ["check"])
        .run()
        .closed();
    assert_eq!((came.starts("fix"), came.status("fix")), (1, Some(StepStatus::Ok)));
}

const SECRET: &str = r#"
  - id: login
    title: Log in
    effect: read
    shell: get-token
    expect: "json.token != ''"
    capture:
      user: json.user
      token: { from: json.token, secret: true }
  - id: use
    title: Use
    effect: read
    shell: 'call "$token" "$user"'
"#;

#[test]
fn a_captured_secret_is_in_no_event_and_reaches_the_next_command() {
    let came = Rig::of(SECRET)
        .reply("get-token", [Reply::exit(0, r#"{"token": "hunter2hunter2", "user": "eva"}"#)])
        .run()
        .closed();
    assert!(!visible(&came.events).contains("hunter2"), "{}", came.story());
    assert!(came.world.secrets().contains_key("token"));
    let Effect::Process(first) = &came.world.begun()[0].1 else { panic!() };
    assert!(first.withhold);
    let Effect::Process(effect) = &came.world.begun()[1].1 else { panic!() };
    assert!(effect.env.contains(&("token".into(), mayday::effect::Text::Secret("token".into()))));
    assert!(effect.env.contains(&("user".into(), mayday::effect::Text::Plain("eva".into()))));
}

#[test]
fn a_failing_expectation_over_a_secret_does_not_show_it() {
    let text = SECRET.replace("json.token != ''", "json.token == 'other'");
    let came = Rig::of(&text)
        .unattended()
        .reply("get-token", [Reply::exit(0, r#"{"token": "hunter2hunter2", "user": "eva"}"#)])
        .run();
    assert!(!visible(&came.events).contains("hunter2"), "{}", came.story());
    assert!(came.failure("login").contains("not as expected"));
}

#[test]
fn a_secret_that_an_earlier_session_held_is_read_again_and_nothing_else_changes() {
    let rig = Rig::of(SECRET)
        .reply("get-token", [Reply::exit(0, r#"{"token": "hunter2hunter2", "user": "eva"}"#)])
        .world(|world| world.interrupt(Span::from_millis(1500), Interrupt::Terminate));
    let first = rig.run();
    assert_eq!(first.stopped().unwrap().0, StopReason::Terminated);
    let came = Rig::of(SECRET)
        .reply("get-token", [Reply::exit(0, r#"{"token": "hunter3hunter3", "user": "max"}"#)])
        .resume(&first.events, secs(60), vec![])
        .closed();
    assert_eq!(came.run.captured["user"], Known::Value(json!("eva")));
    assert_eq!(came.begun(), ["get-token", "call \"$token\" \"$user\""]);
}

#[test]
fn an_asked_secret_is_in_no_event() {
    let text = r"
  - { id: pin, title: Pin, ask: { question: Pin?, type: secret }, capture: { pin: value } }
  - { id: use, title: Use, effect: read, shell: 'call $pin' }
";
    let came = Rig::of(text).types("pin", ["swordfish99"]).run().closed();
    assert!(!visible(&came.events).contains("swordfish"), "{}", came.story());
    assert!(came.world.secrets().contains_key("pin"));
}

#[test]
fn evidence_may_be_files_and_words_both() {
    let text = r"
  - id: a
    title: A
    effect: read
    shell: go
    evidence: { files: ['{{ run.dir }}/x.log'], ask: Paste the ticket }
";
    let came = Rig::of(text).types("a.evidence", ["T-1"]).run().closed();
    assert_eq!(came.begun(), ["go", "Paste the ticket", "keep /state/run-1/x.log"]);
}

const EACH: &str = r#"
  - id: each
    title: "Do {{ item }}"
    effect: change
    for_each: "['a', 'b', 'c']"
    marks: mitigated
    shell: fix $item
"#;

#[test]
fn for_each_runs_its_items_in_order_and_marks_when_all_are_done() {
    let came = Rig::of(EACH).unattended().run().closed();
    assert_eq!(came.begun().len(), 3);
    let values: Vec<_> = came
        .world
        .begun()
        .iter()
        .map(|(_, effect)| match effect {
            Effect::Process(effect) => {
                effect.env.iter().find(|(name, _)| name == "item").unwrap().1.shown()
            }
            _ => panic!(),
        })
        .collect();
    assert_eq!(values, ["a", "b", "c"]);
    let mitigated =
        |kind: &Kind| matches!(kind, Kind::Milestone { milestone: Milestone::Mitigated, .. });
    assert_eq!(came.when(mitigated), secs(3));
    assert_eq!(came.status("each"), Some(StepStatus::Ok));
}

#[test]
fn a_failing_item_asks_for_itself_and_resume_goes_on_in_the_middle() {
    let rig = Rig::of(EACH).unattended();
    let first = rig.reply("fix", [Reply::exit(0, ""), Reply::exit(1, "")]).run();
    assert_eq!(first.stopped().unwrap().1, "step `each[1]` failed: exit code 1");
    let rig = Rig::of(EACH).unattended();
    let came = rig
        .given("each[1].menu", "retry", Source::Answer)
        .resume(&first.events, secs(60), vec![])
        .closed();
    let starts: Vec<_> = (0..3).map(|at| came.starts(&format!("each[{at}]"))).collect();
    assert_eq!(starts, [1, 2, 1]);
}

#[test]
fn answers_for_the_step_serve_each_of_its_items_once() {
    let came = Rig::of(EACH)
        .unattended()
        .reply("fix", [Reply::exit(1, "")])
        .given("each.menu", "skip", Source::Answer)
        .given("each.reason", "known", Source::Answer)
        .run()
        .closed();
    assert_eq!(came.count(|kind| matches!(kind, Kind::Skipped { .. })), 3);
    assert_eq!(came.status("each"), Some(StepStatus::Ok));
}

#[test]
fn a_list_that_is_none_is_a_failure_in_words() {
    let text = EACH.replace("['a', 'b', 'c']", "'a'");
    let came = Rig::of(&text).unattended().run();
    assert!(came.failure("each").contains("needs a list"), "{}", came.failure("each"));
}

#[test]
fn an_empty_list_passes() {
    let text = EACH.replace("['a', 'b', 'c']", "[]");
    assert_eq!(Rig::of(&text).run().closed().status("each"), Some(StepStatus::Ok));
}

#[test]
fn inputs_are_checked_defaults_too() {
    let text = r#"
mayday: 1
id: test
title: Test
inputs:
  when: { type: datetime, check: { that: value < now, else: That time is in the future. } }
  margin: { type: duration, default: 5m }
vars: { from: "when - margin" }
steps:
  - { id: a, title: "From {{ from | rfc3339 }}", effect: read, shell: 'go $from $margin' }
"#;
    let typed = ["2026-11-22T11:00:00Z", "-20m"].map(Reply::types);
    let came = Rig::new(text).reply("when", typed).types("margin", [""]).run().closed();
    assert_eq!(came.onlooker.said, ["when: That time is in the future."]);
    let Effect::Process(effect) = &came.world.begun().last().unwrap().1 else { panic!() };
    assert!(effect.env.contains(&("margin".into(), mayday::effect::Text::Plain("5m".into()))));
    let came = Rig::new(text).unattended().run();
    let (reason, message) = came.stopped().unwrap();
    assert_eq!(reason, StopReason::AnswerNeeded);
    assert!(message.ends_with("--input when=VALUE"), "{message}");
    let bad = text.replace("default: 5m }", "default: 5m, check: { that: value > 600 } }");
    let came = Rig::new(&bad).unattended().given("when", "-20m", Source::Answer).run();
    assert_eq!(came.stopped().unwrap().0, StopReason::AnswerNeeded, "{}", came.story());
    came.fine();
}

#[test]
fn two_includes_of_one_playbook_keep_their_inputs_apart() {
    let inner = r#"
mayday: 1
id: inner
title: Inner
inputs: { reason: { type: string } }
vars: { words: "'because of ' ~ reason" }
steps:
  - { id: say, title: Say, notify: { to: team, message: "{{ words }}" } }
"#;
    let outer = r#"
mayday: 1
id: outer
title: Outer
vars: { reason: "'outer'" }
steps:
  - { id: one, title: One, include: { playbook: inner, inputs: { reason: "reason ~ ' one'" } } }
  - { id: not, title: Not, when: "steps.one.say.status == 'x' or false", include: { playbook: inner, inputs: { reason: "'not'" } } }
  - { id: two, title: Two, include: { playbook: inner, inputs: { reason: "'two'" } } }
  - { id: end, title: End, notify: { to: team, message: "{{ reason }}" } }
"#;
    let outer = outer.replace("steps.one.say.status == 'x' or false", "env.name == 'high'");
    let came = Rig::on(&[&outer, inner], "low", Mode::Real).run().closed();
    assert_eq!(
        came.begun(),
        ["tell team: because of outer one", "tell team: because of two", "tell team: outer"]
    );
    assert_eq!(came.status("not.say"), Some(StepStatus::Skipped));
}

const UNDO: &str = r#"
  - { id: make, title: Make, effect: change, when: "env.name == 'low'", shell: make-it, undo: { effect: change, shell: unmake-it } }
  - { id: use, title: Use, effect: read, shell: use-it }
  - { id: drop, title: Drop, undo_of: make }
"#;

#[test]
fn undo_of_runs_the_undo_unless_there_is_nothing_to_undo() {
    let came = Rig::of(UNDO).unattended().run().closed();
    assert_eq!(came.begun(), ["make-it", "use-it", "unmake-it"]);
    let text = UNDO.replace("'low'", "'other'");
    let came = Rig::of(&text).unattended().run().closed();
    assert_eq!(came.begun(), ["use-it"]);
    assert_eq!(came.status("drop"), Some(StepStatus::Skipped));
}
