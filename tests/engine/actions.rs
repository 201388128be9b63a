//! Every action, from its text to its events.

use mayday::effect::{Effect, Text};
use mayday::run::event::{Outcome, StepStatus, StopReason};
use serde_json::json;

use super::*;

#[test]
fn a_shell_step_gets_its_names_as_variables_and_its_script_untouched() {
    let came = Rig::of(
        r#"
  - id: find
    title: Find
    effect: read
    shell: find-it
    capture: { dump_file: "stdout | trim" }
  - id: use
    title: Use
    effect: change
    shell: 'restore "$dump_file" "${HOME}"'
    kill_after: 3s
    timeout: 40s
"#,
    )
    .reply("find-it", [Reply::exit(0, "a b; rm -rf /\n")])
    .types("use", [""])
    .run()
    .closed();
    let Effect::Process(effect) = &came.world.begun()[2].1 else { panic!("{}", came.story()) };
    assert_eq!(effect.argv.last().unwrap(), "restore \"$dump_file\" \"${HOME}\"");
    assert_eq!(effect.argv[..3], ["bash", "--noprofile", "--norc"]);
    assert!(effect.env.contains(&("dump_file".into(), Text::Plain("a b; rm -rf /".into()))));
    assert!(!effect.env.iter().any(|(name, _)| name == "HOME"));
    assert!(effect.env.contains(&("MAYDAY_STEP_ID".into(), Text::Plain("use".into()))));
    assert!(effect.env.contains(&("REGION".into(), Text::Plain("eu".into()))));
    assert_eq!((effect.kill_after, effect.time_limit), (secs(3), secs(40)));
    assert_eq!(came.run.closed.as_ref().unwrap().0, Outcome::Completed);
}

#[test]
fn exit_codes_signals_and_missing_commands_are_failures_in_words() {
    let rig = Rig::of("  - { id: a, title: A, effect: read, shell: go }").unattended();
    let failure = |reply| rig_reply(&rig, "go", reply).run().failure("a");
    assert_eq!(failure(Reply::exit(3, "")), "exit code 3");
    assert_eq!(failure(Reply::exit(127, "")), "exit code 127: a command was not found");
    let came = rig_reply(&rig, "go", Reply::exit(3, "")).run();
    let (reason, message) = came.stopped().unwrap();
    assert_eq!(reason, StopReason::StepFailed);
    assert_eq!(message, "step `a` failed: exit code 3");
    came.fine();
}

fn rig_reply(rig: &Rig, words: &str, reply: Reply) -> Rig {
    let mut replies = rig.replies.clone();
    replies.insert(words.to_owned(), vec![reply]);
    Rig {
        plan: rig.plan.clone(),
        attended: rig.attended,
        answers: rig.answers.clone(),
        replies,
        shape: Vec::new(),
        opening: Vec::new(),
        operator: rig.operator.clone(),
        at: rig.at,
        manual: false,
        playbooks: Vec::new(),
        boot: rig.boot,
    }
}

#[test]
fn a_sql_read_runs_once_with_bound_parameters() {
    let came = Rig::of(
        r#"
  - id: count
    title: Count
    effect: read
    target: db
    sql: SELECT count(*) AS n FROM t WHERE id = :id
    expect: "rows[0].n == 50"
    capture: { n: "rows[0].n" }
"#,
    );
    let mut rig = came.reply("SELECT", [Reply::rows(&json!([{ "n": 47 }]))]).unattended();
    rig.plan.vars.push(("id".into(), "5".into()));
    let came = rig.run();
    assert_eq!(came.failure("count"), "expected rows[0].n == 50  ->  47 == 50  ->  false");
    assert_eq!(
        came.step("count").measured.as_deref(),
        Some("rows[0].n == 50  ->  47 == 50  ->  false")
    );
    assert_eq!(came.begun().len(), 1);
    let came = rig_reply(&rig, "SELECT", Reply::rows(&json!([{ "n": 50 }]))).run().closed();
    assert_eq!(came.status("count"), Some(StepStatus::Ok));
    assert_eq!(came.run.captured["n"], mayday::run::state::Known::Value(json!(50)));
}

const CHANGE: &str = r#"
  - id: fix
    title: Fix
    effect: change
    target: db
    sql: UPDATE t SET x = 1
    expect: "rows_affected == 2"
"#;

#[test]
fn a_sql_change_commits_only_when_its_expectation_held() {
    let rows = |n: u32| Reply::facts(json!({ "rows": [], "rows_affected": n }));
    let came = Rig::of(CHANGE).reply("UPDATE", [rows(2)]).unattended().run().closed();
    assert_eq!(came.begun(), ["UPDATE t SET x = 1", "COMMIT"]);
    let came = Rig::of(CHANGE).reply("UPDATE", [rows(3)]).unattended().run();
    assert_eq!(came.begun(), ["UPDATE t SET x = 1", "ROLLBACK"]);
    assert_eq!(came.failure("fix"), "expected rows_affected == 2  ->  3 == 2  ->  false");
}

#[test]
fn a_commit_that_fails_is_not_sent_again_and_one_without_answer_is_unknown() {
    let rows = Reply::facts(json!({ "rows": [], "rows_affected": 2 }));
    let refused = Reply::fails(mayday::effect::FailKind::Refused, "could not serialize");
    let came = Rig::of(CHANGE)
        .reply("UPDATE", [rows.clone()])
        .reply("COMMIT", [refused])
        .unattended()
        .run();
    assert_eq!(came.begun(), ["UPDATE t SET x = 1", "COMMIT"]);
    assert_eq!(came.failure("fix"), "could not serialize");
    let came = Rig::of(CHANGE)
        .reply("UPDATE", [rows])
        .reply("COMMIT", [Reply::unknown("the connection broke")])
        .unattended()
        .run();
    assert_eq!(came.failure("fix"), "unknown: the connection broke");
    assert_eq!(came.stopped().unwrap().0, StopReason::OutcomeUnknown);
}

#[test]
fn commit_ask_shows_the_rows_and_obeys() {
    let text = CHANGE.replace("expect: \"rows_affected == 2\"", "commit: ask");
    let rows = Reply::facts(json!({ "rows": [], "rows_affected": 2 }));
    let rig = || Rig::of(&text).types("fix", [""]).reply("UPDATE", [rows.clone()]);
    let came = rig().types("fix.commit", ["y"]).run().closed();
    assert!(came.begun().contains(&"COMMIT these changes? 2 rows affected.".to_owned()));
    assert_eq!(came.begun().last().unwrap(), "COMMIT");
    let came = rig()
        .types("fix.commit", ["n"])
        .types("fix.menu", ["stop"])
        .types("fix.reason", ["no"])
        .run();
    assert!(came.begun().contains(&"ROLLBACK".to_owned()));
    assert!(!came.begun().contains(&"COMMIT".to_owned()), "{}", came.story());
    assert_eq!(came.failure("fix"), "rolled back: not confirmed");
}

#[test]
fn no_transaction_runs_without_one_and_has_no_commit() {
    let came = Rig::of(
        "  - { id: ix, title: Index, effect: change, target: db, no_transaction: true, sql: CREATE INDEX CONCURRENTLY i }",
    )
    .types("ix", [""])
    .run()
    .closed();
    let Effect::Sql(sql) = &came.world.begun()[1].1 else { panic!() };
    assert!(sql.no_transaction && !sql.hold);
    assert_eq!(came.begun().len(), 2);
}

#[test]
fn an_http_step_fails_on_other_than_2xx_unless_it_expects_otherwise() {
    let text = |more: &str| {
        format!("  - {{ id: h, title: H, effect: read, target: api, http: {{ get: /x }}{more} }}")
    };
    let rig = Rig::of(&text("")).reply("GET", [Reply::status(503, "")]).unattended();
    let came = rig.run();
    assert_eq!(came.failure("h"), "answered with status 503");
    assert_eq!(came.begun(), ["GET http://low.example.com/x"]);
    let expecting = Rig::of(&text(", expect: status_code == 503"));
    expecting.reply("GET", [Reply::status(503, "")]).run().closed();
}

#[test]
fn wait_for_url_counts_looks_in_a_row_and_keeps_its_rhythm() {
    let text = r"
  - id: up
    title: Up
    wait_for_url: { url: http://x.example.com/health, every: 5s, times_in_a_row: 2 }
    timeout: 60s
";
    let good = || Reply::status(200, "");
    let bad = || Reply::status(503, "");
    let came = Rig::of(text).reply("GET", [good(), bad(), good(), good()]).run().closed();
    assert_eq!(came.begun().len(), 4);
    assert_eq!(came.starts("up"), 1, "looks are not attempts");
    let ended = |kind: &Kind| matches!(kind, Kind::Ended { looks: 4, .. });
    assert_eq!(came.when(ended), secs(16), "three times from start to start, and the last look");

    let came = Rig::of(text).reply("GET", [bad()]).unattended().run();
    assert_eq!(
        came.failure("up"),
        "time limit reached after 12 looks in 56s: expected status 2xx, got 503"
    );
    assert_eq!(came.begun().len(), 12);
}

#[test]
fn wait_until_looks_until_its_condition_holds() {
    let came = Rig::of(
        r#"
  - id: ready
    title: Ready
    wait_until: { target: db, sql: SELECT 1 AS ok, that: "rows[0].ok == 1", every: 2s }
"#,
    )
    .reply(
        "SELECT",
        [
            Reply::fails(mayday::effect::FailKind::Connection, "refused"),
            Reply::rows(&json!([{ "ok": 0 }])),
            Reply::rows(&json!([{ "ok": 1 }])),
        ],
    )
    .run()
    .closed();
    assert_eq!(came.begun().len(), 3);
}

#[test]
fn wait_until_may_have_a_condition_alone() {
    let came = Rig::of(
        "  - { id: later, title: Later, wait_until: { that: run.elapsed >= 30, every: 10s } }",
    );
    let came = came.milestone(Milestone::ImpactStarted, Span::ZERO).run().closed();
    assert!(came.begun().is_empty());
    assert_eq!(came.when(|kind| matches!(kind, Kind::Ended { .. })), secs(30));
}

#[test]
fn a_pause_passes_time_and_asks_the_world_for_nothing() {
    let came = Rig::of("  - { id: p, title: P, pause: 90s }").run().closed();
    assert!(came.begun().is_empty());
    assert_eq!(came.when(|kind| matches!(kind, Kind::Ended { .. })), secs(90));
}

#[test]
fn questions_become_facts() {
    let came = Rig::of(
        r#"
  - { id: c, title: C, choose: { ask: Which?, options: { one: First, two: Second } }, capture: { picked: choice } }
  - { id: n, title: N, ask: { question: How many?, type: integer }, capture: { many: value } }
  - { id: m, title: M, manual: { do: Close it } }
  - { id: k, title: K, confirm: Is it good? }
  - { id: a, title: A, assert: ["picked == 'two'", "many == 7", "steps.c.choice == 'two'"] }
"#,
    )
    .types("c", ["2"])
    .reply("n", [Reply::Types(secs(1), vec!["many".into(), "7".into()])])
    .types("m", ["done"])
    .types("k", ["y"])
    .run()
    .closed();
    assert_eq!(came.status("a"), Some(StepStatus::Ok), "{}", came.story());
    assert_eq!(came.world.refused(), ["n: type a whole number"]);
}

#[test]
fn not_done_and_partly_open_the_menu() {
    let rig = Rig::of("  - { id: m, title: M, manual: Close it }")
        .types("m.menu", ["stop"])
        .types("m.reason", ["later"]);
    let came = rig.types("m", ["not_done"]).run();
    assert_eq!(came.failure("m"), "not done");
    let rig = Rig::of("  - { id: m, title: M, manual: Close it }")
        .types("m.menu", ["stop"])
        .types("m.reason", ["later"]);
    let came = rig.types("m", ["partly"]).run();
    assert!(came.failure("m").contains("partly done, or not sure"), "{}", came.failure("m"));
}

#[test]
fn notify_tells_everybody_and_nobody_who_does_not_answer_fails_the_step() {
    let text = "  - { id: t, title: T, notify: { to: [team, page, boss], message: \"{{ run.id }} is on\" } }";
    let came = Rig::of(text).run().closed();
    assert_eq!(
        came.begun(),
        ["tell team: run-1 is on", "tell page: run-1 is on", "tell boss: run-1 is on"]
    );
    let fails = Reply::fails(mayday::effect::FailKind::Refused, "no such channel");
    let came = Rig::of(text).reply("tell page", [fails]).unattended().run().closed();
    assert_eq!(came.begun().len(), 3, "the others are told all the same");
    assert_eq!(came.status("t"), Some(StepStatus::Ok));
    let wrong = text.replace("run.id", "nothing");
    let came = Rig::of(&wrong).unattended().run();
    assert!(came.failure("t").contains("nothing"), "words that cannot be filled in are a failure");
    assert!(came.begun().is_empty());
}

#[test]
fn an_assertion_that_does_not_hold_says_what_it_means() {
    let came = Rig::of(
        r#"
  - id: a
    title: A
    assert:
      - { that: "10 > 9", else: never }
      - { that: "2 + 2 == 5", else: "Not on {{ env.name }}." }
"#,
    )
    .unattended()
    .run();
    assert_eq!(came.failure("a"), "2 + 2 == 5  ->  4 == 5  ->  false: Not on low.");
}

/// The way back may need a secret that only an earlier session held.
#[test]
fn an_undo_has_the_secret_that_a_reading_step_captured() {
    let text = "  - { id: r, title: R, effect: read, shell: fetch, capture: { token: { from: stdout, secret: true } } }\n  - { id: a, title: A, effect: change, shell: make, undo: { effect: change, shell: 'unmake \"$token\"' } }";
    let rig = || Rig::of(text).types("a", [""]).types("a.undo", ["y"]);
    let first = rig().run().closed();
    let back = vec![Kind::RollbackStarted { to: None, from: None }];
    let came = rig().resume(&first.events, secs(60), back);
    let place = |words: &str| came.begun().iter().position(|what| what.starts_with(words));
    assert!(place("fetch").is_some() && place("fetch") < place("unmake"), "{:?}", came.begun());
}
