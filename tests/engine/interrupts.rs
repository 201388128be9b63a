//! Ctrl-C, SIGTERM and SIGHUP, wherever they come.

use mayday::run::event::{Asking, StepStatus, StopReason};

use super::*;

fn stop(rig: Rig, key: &str) -> Rig {
    rig.types(&format!("{key}.menu"), ["stop"]).types(&format!("{key}.reason"), ["enough"])
}

fn answer(rig: Rig, key: &str, answer: &str) -> Rig {
    rig.types(&format!("{key}.interrupt"), [answer])
}

#[test]
fn ctrl_c_asks_and_stop_ends_the_command_and_opens_the_menu() {
    for (class, wanted) in
        [("read", "ended by the operator"), ("change", "unknown: it was ended while it ran")]
    {
        let text = format!(
            "  - {{ id: a, title: A, effect: {class}, shell: go, on_fail: continue }}\n  - {{ id: b, title: B, effect: read, shell: next }}"
        );
        let rig = Rig::of(&text).types("a", [""]).reply("go", [Reply::Never]);
        let came = answer(stop(rig, "a"), "a", "stop").interrupt(10, Interrupt::Interrupt).run();
        assert_eq!(came.failure("a"), wanted);
        assert_eq!(came.stopped().unwrap().0, StopReason::Operator);
        assert!(!came.has("next"), "Ctrl-C is not a reason to go on");
    }
}

#[test]
fn ctrl_c_asks_and_stop_ends_a_wait_a_pause_and_the_time_before_a_retry() {
    let waits = [
        "wait_for_url: { url: 'http://x.example.com', every: 1h }, timeout: 2h",
        "pause: 1h",
        "effect: read, shell: go, retry: { times: 3, every: 1h, max: 1h }",
    ];
    for text in waits {
        let rig = Rig::of(&format!("  - {{ id: a, title: A, {text} }}"))
            .reply("GET", [Reply::status(503, "")])
            .reply("go", [Reply::exit(1, "")]);
        let came = answer(stop(rig, "a"), "a", "stop").interrupt(10, Interrupt::Interrupt).run();
        assert_eq!(came.failure("a"), "given up by the operator while it waited", "{text}");
        assert_eq!(came.stopped().unwrap().0, StopReason::Operator);
        came.fine();
    }
    let items = "  - { id: a, title: A, for_each: '[1, 2]', pause: 1h }";
    let rig = answer(stop(Rig::of(items), "a[0]"), "a[0]", "stop");
    let came = rig.interrupt(10, Interrupt::Interrupt).run();
    assert_eq!(came.failure("a[0]"), "given up by the operator while it waited");
}

#[test]
fn the_command_runs_on_while_the_menu_is_open_and_wait_changes_nothing() {
    for text in ["effect: read, shell: go", "pause: 1m"] {
        let rig = Rig::of(&format!("  - {{ id: a, title: A, {text} }}"))
            .reply("go", [Reply::exit(0, "").after(secs(60))]);
        let came = answer(rig, "a", "wait").interrupt(10, Interrupt::Interrupt).run().closed();
        assert_eq!(came.status("a"), Some(StepStatus::Ok), "{text}");
        assert!(came.has(r#""question":"interrupt","answer":"wait""#), "{}", came.story());
    }
}

#[test]
fn the_menu_is_withdrawn_when_what_it_is_about_ends_first() {
    let waits = [
        "effect: read, shell: go",
        "pause: 1m",
        "wait_for_url: { url: 'http://x.example.com', every: 25s }, timeout: 2h",
        "effect: read, shell: flaky, retry: { times: 3, every: 40s, max: 1h }",
    ];
    for text in waits {
        let rig = Rig::of(&format!("  - {{ id: a, title: A, {text} }}"))
            .reply("go", [Reply::exit(0, "").after(secs(60))])
            .reply("flaky", [Reply::exit(1, ""), Reply::exit(0, "")])
            .reply("GET", [Reply::status(503, ""), Reply::status(503, ""), Reply::status(200, "")]);
        // Nobody ever answers the menu.
        let came = rig.interrupt(10, Interrupt::Interrupt).run().closed();
        assert_eq!(came.status("a"), Some(StepStatus::Ok), "{text}: {}", came.story());
        let asked = |kind: &Kind| matches!(kind, Kind::Asked { question: Asking::Interrupt, .. });
        assert_eq!(came.count(asked), 1, "{text}");
        let answered =
            |kind: &Kind| matches!(kind, Kind::Answered { question: Asking::Interrupt, .. });
        assert_eq!(came.count(answered), 0, "{text}");
    }
}

#[test]
fn leave_ends_what_has_no_keeper_and_leaves_a_run_that_can_be_resumed() {
    let text = "  - { id: a, title: A, effect: change, shell: go }";
    let rig = Rig::of(text).types("a", [""]).reply("go", [Reply::Never]);
    let came = answer(rig, "a", "leave").interrupt(10, Interrupt::Interrupt).run();
    assert_eq!(came.stopped().unwrap().0, StopReason::Operator);
    let ended = |kind: &Kind| matches!(kind, Kind::Ended { .. });
    assert_eq!(came.count(ended), 0, "its keeper has it");
    let text = "  - { id: a, title: A, effect: change, target: db, sql: UPDATE t }";
    let rig = Rig::of(text).types("a", [""]).reply("UPDATE", [Reply::Never]);
    let came = answer(rig, "a", "leave").interrupt(10, Interrupt::Interrupt).run();
    assert_eq!(came.stopped().unwrap().0, StopReason::Operator);
    assert_eq!(came.failure("a"), "ended by the operator", "rolled back");
    let rig = answer(Rig::of("  - { id: p, title: P, pause: 1h }"), "p", "leave");
    let came = rig.interrupt(10, Interrupt::Interrupt).run();
    assert_eq!(came.stopped().unwrap().0, StopReason::Operator);
    assert_eq!(came.count(|kind| matches!(kind, Kind::Ended { .. })), 0, "the wait is not over");
}

#[test]
fn ctrl_c_twice_stops_at_once_and_a_third_leaves() {
    let text = "  - { id: a, title: A, effect: change, shell: go }";
    let twice = Rig::of(text)
        .types("a", [""])
        .reply("go", [Reply::Never])
        .interrupt(10, Interrupt::Interrupt)
        .interrupt(11, Interrupt::Interrupt);
    let came = stop(twice, "a").run();
    assert!(came.failure("a").starts_with("unknown"));
    assert_eq!(came.stopped().unwrap().0, StopReason::Operator, "the menu was asked");
}

#[test]
fn a_ctrl_c_long_after_an_answered_menu_asks_again() {
    let rig = Rig::of("  - { id: a, title: A, effect: read, shell: go }")
        .reply("go", [Reply::exit(0, "").after(secs(60))])
        .interrupt(10, Interrupt::Interrupt)
        .interrupt(20, Interrupt::Interrupt);
    let came = answer(rig, "a", "wait").run().closed();
    let asked = |kind: &Kind| matches!(kind, Kind::Asked { question: Asking::Interrupt, .. });
    assert_eq!(came.count(asked), 2);
    assert_eq!(came.status("a"), Some(StepStatus::Ok));
}

#[test]
fn without_a_terminal_ctrl_c_ends_the_step_and_a_second_one_leaves() {
    let text = "  - { id: a, title: A, effect: change, shell: go }";
    let rig =
        || Rig::of(text).unattended().given("a", "a", Source::Confirm).reply("go", [Reply::Never]);
    let once = rig().interrupt(10, Interrupt::Interrupt).run();
    assert_eq!(once.stopped().unwrap().0, StopReason::OutcomeUnknown);
    let twice = rig().interrupt(10, Interrupt::Interrupt).interrupt(10, Interrupt::Interrupt).run();
    assert_eq!(twice.stopped().unwrap().0, StopReason::Interrupted);
    assert!(twice.failure("a").starts_with("unknown"));
}

#[test]
fn ctrl_c_at_a_question_is_never_an_answer() {
    for text in
        ["confirm: Good?", "manual: Do it", "ask: What?", "choose: { ask: W?, options: { a: A } }"]
    {
        let rig = Rig::of(&format!("  - {{ id: k, title: K, {text} }}"));
        let came = stop(rig, "k").interrupt(10, Interrupt::Interrupt).run();
        assert_eq!(came.stopped().unwrap().0, StopReason::Operator, "{text}");
        assert_eq!(came.failure("k"), "ended by the operator");
    }
    let gate = "  - { id: a, title: A, effect: change, shell: go }";
    let came = stop(Rig::high(gate), "a").interrupt(10, Interrupt::Interrupt).run();
    assert_eq!(came.failure("a"), "not confirmed");
    let menu = Rig::of(gate).types("a", [""]).reply("go", [Reply::exit(1, "")]);
    let came = menu.interrupt(10, Interrupt::Interrupt).run();
    assert_eq!(came.stopped().unwrap().0, StopReason::Operator);
    let commit = "  - { id: a, title: A, effect: change, target: db, commit: ask, sql: UPDATE t }";
    let came =
        stop(Rig::of(commit).types("a", [""]), "a").interrupt(10, Interrupt::Interrupt).run();
    assert!(came.begun().contains(&"ROLLBACK".to_owned()), "{}", came.story());
    let reason = Rig::of(gate)
        .types("a", [""])
        .reply("go", [Reply::exit(1, ""), Reply::exit(0, "")])
        .reply("a.menu", [Reply::types("skip"), Reply::types("retry")])
        .interrupt(10, Interrupt::Interrupt)
        .run()
        .closed();
    assert_eq!(reason.status("a"), Some(StepStatus::Ok), "back to the menu");
}

#[test]
fn term_and_hup_leave_with_their_reason_and_answer_nothing() {
    let places = [
        "confirm: Good?",
        "effect: destructive, shell: go",
        "effect: read, shell: go",
        "pause: 1h",
        "wait_for_url: { url: 'http://x.example.com', every: 1h }, timeout: 2h",
    ];
    for text in places {
        for (how, reason) in [
            (Interrupt::Terminate, StopReason::Terminated),
            (Interrupt::HangUp, StopReason::HangUp),
        ] {
            let rig = Rig::high(&format!("  - {{ id: a, title: A, {text} }}"))
                .reply("go", [Reply::Never])
                .reply("GET", [Reply::status(503, "")])
                .interrupt(10, how);
            let came = rig.run();
            assert_eq!(came.stopped().unwrap().0, reason, "{text}");
            let left = came.when(|kind| matches!(kind, Kind::Stopped { .. }));
            assert_eq!(left, secs(10), "{text}: at once");
            let over = |kind: &Kind| matches!(kind, Kind::Ended { .. } | Kind::Answered { .. });
            assert_eq!(came.count(over), 0, "{text}: what can be begun again has no outcome");
        }
    }
}

#[test]
fn a_message_that_was_cut_off_is_sent_again_and_marked() {
    let text = "mayday: 1\nid: test\ntitle: Test\nseverity: SEV-1\nsteps:\n  - { id: p, title: P, pause: 1h }";
    let rig = || Rig::new(text).milestone(Milestone::Detected, secs(0));
    let first = rig().reply("tell cto", [Reply::Never]).world(|world| {
        world.interrupt(Span::from_millis(500), Interrupt::Terminate);
    });
    let first = first.run();
    assert_eq!(first.stopped().unwrap().0, StopReason::Terminated);
    assert_eq!(first.events.last().unwrap().at.since(begin()), Span::from_millis(500));
    let came = rig().resume(&first.events, secs(9), vec![]).closed();
    assert!(came.has("possible duplicate"), "{}", came.story());
}
