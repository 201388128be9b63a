//! Ctrl-C, SIGTERM and SIGHUP, wherever they come.

use mayday::run::event::{StepStatus, StopReason};

use super::*;

fn stop(rig: Rig, key: &str) -> Rig {
    rig.types(&format!("{key}.menu"), ["stop"]).types(&format!("{key}.reason"), ["enough"])
}

#[test]
fn ctrl_c_ends_a_command_and_opens_the_menu() {
    for (class, wanted) in
        [("read", "ended by the operator"), ("change", "unknown: it was ended while it ran")]
    {
        let text = format!(
            "  - {{ id: a, title: A, effect: {class}, shell: go, on_fail: continue }}\n  - {{ id: b, title: B, effect: read, shell: next }}"
        );
        let rig = Rig::of(&text).types("a", [""]).reply("go", [Reply::Never]);
        let came = stop(rig, "a").interrupt(10, Interrupt::Interrupt).run();
        assert_eq!(came.failure("a"), wanted);
        assert_eq!(came.stopped().unwrap().0, StopReason::Operator);
        assert!(!came.has("next"), "Ctrl-C is not a reason to go on");
    }
}

#[test]
fn ctrl_c_ends_a_wait_a_pause_and_the_time_before_a_retry() {
    let waits = [
        "wait_for_url: { url: 'http://x.example.com', every: 1h }, timeout: 2h",
        "pause: 1h",
        "effect: read, shell: go, retry: { times: 3, every: 1h, max: 1h }",
        "effect: read, shell: fine, verify: [{ wait: 1 }]",
    ];
    for text in &waits[..3] {
        let rig = Rig::of(&format!("  - {{ id: a, title: A, {text} }}"))
            .reply("GET", [Reply::status(503, "")])
            .reply("go", [Reply::exit(1, "")]);
        let came = stop(rig, "a").interrupt(10, Interrupt::Interrupt).run();
        assert_eq!(came.failure("a"), "given up by the operator while it waited", "{text}");
        assert_eq!(came.stopped().unwrap().0, StopReason::Operator);
        came.fine();
    }
    let items = "  - { id: a, title: A, for_each: '[1, 2]', pause: 1h }";
    let came = stop(Rig::of(items), "a[0]").interrupt(10, Interrupt::Interrupt).run();
    assert_eq!(came.failure("a[0]"), "given up by the operator while it waited");
}

#[test]
fn ctrl_c_twice_leaves() {
    // The first one is not obeyed: the effect goes on.
    let text = "  - { id: a, title: A, effect: change, shell: go }";
    let came = Rig::of(text)
        .types("a", [""])
        .reply("go", [Reply::Never])
        .interrupt(10, Interrupt::Interrupt)
        .interrupt(10, Interrupt::Interrupt)
        .run();
    assert_eq!(came.stopped().unwrap().0, StopReason::Interrupted);
    assert!(came.failure("a").starts_with("unknown"));
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
