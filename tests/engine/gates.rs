//! What is asked before a step, and what a failed one leads to.

use mayday::run::event::{Outcome, StepStatus, StopReason};

use super::*;

fn step(class: &str, more: &str) -> String {
    format!("  - {{ id: a, title: Do it, effect: {class}, shell: go{more} }}")
}

/// What is asked before the step, and whether it then ran.
fn asked(rig: &Rig) -> (Option<String>, bool) {
    let came = rig.run();
    let question = came.begun().into_iter().find(|what| what != "go");
    (question, came.begun().contains(&"go".to_owned()))
}

#[test]
fn reads_run_changes_wait_and_what_is_destructive_is_typed() {
    assert_eq!(asked(&Rig::of(&step("read", ""))), (None, true));
    let enter = Some("Do it: Enter to go on".to_owned());
    assert_eq!(asked(&Rig::of(&step("change", "")).types("a", [""])), (enter, true));
    let yes = Some("Do it (change on high)".to_owned());
    assert_eq!(asked(&Rig::high(&step("change", "")).types("a", ["y"])), (yes, true));
    for rig in [Rig::of(&step("destructive", "")), Rig::high(&step("destructive", ""))] {
        let rig = rig.reply("a", [Reply::Types(secs(1), vec!["y".into(), "a".into()])]);
        let came = rig.run().closed();
        assert_eq!(came.world.refused(), ["a: type exactly: a"]);
    }
    let text = step("destructive", ", confirm: { ask: Sure? }");
    let came = Rig::of(&text).types("a", ["a"]).run().closed();
    assert!(came.begun()[0].starts_with("Sure?"));
}

#[test]
fn nobody_at_a_gate_means_no() {
    for (text, class) in [(step("change", ""), "y"), (step("destructive", ""), "a")] {
        let came = Rig::high(&text).unattended().run();
        assert!(came.begun().is_empty());
        assert_eq!(came.stopped().unwrap().0, StopReason::AnswerNeeded);
        assert!(came.stopped().unwrap().1.contains("--confirm a="), "{:?}", came.stopped());
        let rig = Rig::high(&text).unattended();
        rig.given("a", class, Source::Confirm).run().closed();
        let came = Rig::high(&text).unattended().given("a", class, Source::Answer).run();
        assert!(came.begun().is_empty(), "an answer is no confirmation");
    }
}

#[test]
fn no_at_a_confirmation_does_not_go_on() {
    for on_fail in ["ask", "continue"] {
        let text = step("change", &format!(", confirm: {{ ask: Deploy? }}, on_fail: {on_fail}"));
        let text = format!("{text}\n  - {{ id: b, title: B, effect: read, shell: next }}");
        let came = Rig::high(&text)
            .types("a", ["n"])
            .types("a.menu", ["stop"])
            .types("a.reason", ["not now"])
            .run();
        assert!(!came.has("\"what\":\"go\"") && !came.has("next"), "{}", came.story());
        assert_eq!(came.stopped().unwrap().0, StopReason::Operator);
    }
    let text = "  - { id: k, title: K, confirm: Deploy? }\n  - { id: b, title: B, effect: read, shell: next }";
    let came = Rig::of(text).types("k", ["n"]).types("k.menu", ["abort"]).types("k.reason", ["no"]);
    let came = came.run().closed();
    assert_eq!(came.run.closed.as_ref().unwrap().0, Outcome::Aborted);
    assert!(!came.has("next"));
}

#[test]
fn end_of_input_passes_no_human_step() {
    let gone = || Reply::fails(mayday::effect::FailKind::Input, "the input has ended");
    for text in
        ["confirm: Good?", "manual: Do it", "ask: What?", "choose: { ask: W?, options: { a: A } }"]
    {
        let text = format!(
            "  - {{ id: k, title: K, {text}, on_fail: continue, retry: {{ times: 3 }} }}\n  - {{ id: b, title: B, effect: read, shell: next }}"
        );
        let came = Rig::of(&text).reply("k", [gone()]).run();
        assert_eq!(came.stopped().unwrap().0, StopReason::AnswerNeeded, "{}", came.story());
        assert_eq!(came.begun().len(), 1);
    }
    let came = Rig::high(&step("change", "")).reply("a", [gone()]).run();
    assert_eq!(came.stopped().unwrap().0, StopReason::AnswerNeeded);
    assert_eq!(came.begun().len(), 1);
}

#[test]
fn a_template_that_cannot_be_filled_never_opens_a_gate() {
    let text = step("destructive", ", confirm: { type_to_confirm: \"{{ nothing }}\" }");
    let came = Rig::of(&text).unattended().run();
    assert!(came.begun().is_empty());
    assert!(came.failure("a").contains("nothing"));
}

#[test]
fn on_fail_continue_goes_on_and_the_failure_stays() {
    let text = step("read", ", on_fail: continue");
    let came = Rig::of(&text).reply("go", [Reply::exit(1, "")]).run().closed();
    assert_eq!(came.status("a"), Some(StepStatus::Failed));
}

#[test]
fn on_fail_stop_stops_and_a_resume_asks() {
    let text = step("read", ", on_fail: stop");
    let first = Rig::of(&text).reply("go", [Reply::exit(1, "")]).run();
    assert_eq!(first.stopped().unwrap().0, StopReason::StepFailed);
    let came = Rig::of(&text).types("a.menu", ["retry"]).resume(&first.events, secs(9), vec![]);
    assert_eq!(came.closed().status("a"), Some(StepStatus::Ok));
}

const PHASES: &str = r"
mayday: 1
id: test
title: Test
severity: SEV-1
phases:
  - id: one
    title: One
    steps:
      - { id: a, title: A, effect: read, shell: go-a, on_fail: { menu: [retry, switch_to: three, handoff: other, escalate, abort] } }
      - { id: b, title: B, effect: read, shell: go-b }
  - id: two
    title: Two
    steps: [{ id: c, title: C, effect: read, shell: go-c }]
  - id: three
    title: Three
    steps: [{ id: d, title: D, effect: read, shell: go-d }]
";

fn menu(choice: &str) -> Rig {
    Rig::new(PHASES)
        .reply("go-a", [Reply::exit(1, "")])
        .reply("a.menu", [Reply::types(choice), Reply::types("abort")])
        .types("a.reason", ["so it is"])
}

#[test]
fn the_menu_switches_hands_over_and_tells() {
    let came = menu("switch_to:three").run().closed();
    assert_eq!(came.begun().last().unwrap(), "go-d");
    assert!(!came.has("go-b") && !came.has("go-c"));
    assert_eq!(came.status("b"), Some(StepStatus::Skipped));
    let came = menu("handoff:other").run().closed();
    assert_eq!(came.run.closed, Some((Outcome::HandedOff, "other".to_owned())));
    let came = menu("escalate").milestone(Milestone::Detected, secs(0)).run().closed();
    assert!(came.has("operator:0"), "{}", came.story());
    let came = menu("stop").run();
    assert_eq!(came.stopped().unwrap().0, StopReason::Operator);
    let came = menu("stop").resume(&came.events, secs(1), vec![]);
    assert_eq!(came.count(|kind| matches!(kind, Kind::Chose { .. })), 2, "the menu is asked again");
}

#[test]
fn unattended_menus_are_answered_once_by_flags() {
    let text = step("read", "");
    let came = Rig::of(&text)
        .unattended()
        .reply("go", [Reply::exit(1, "")])
        .given("a.menu", "retry", Source::Answer)
        .run();
    assert_eq!(came.starts("a"), 2);
    assert_eq!(came.stopped().unwrap().0, StopReason::StepFailed);
    let came = Rig::of(&text)
        .unattended()
        .reply("go", [Reply::exit(1, "")])
        .given("a.menu", "by_hand", Source::Answer)
        .given("a.reason", "{{ done }}", Source::Answer)
        .run()
        .closed();
    assert_eq!(came.status("a"), Some(StepStatus::ByHand));
    assert!(came.has("{{ done }}"), "an answer of the operator is no template");
}

#[test]
fn done_by_hand_counts_as_mitigated() {
    let text = step("read", ", marks: mitigated");
    let came = Rig::of(&text)
        .reply("go", [Reply::exit(1, "")])
        .types("a.menu", ["by_hand"])
        .types("a.reason", ["I did"])
        .run()
        .closed();
    assert!(came.run.milestones.contains_key(&Milestone::Mitigated));
}

#[test]
fn undo_then_retry_can_be_undone_again() {
    let text = step("change", ", undo: { effect: change, shell: back }");
    let came = Rig::of(&text)
        .types("a", [""])
        .types("a.undo", [""])
        .reply("go", [Reply::exit(1, ""), Reply::exit(0, "")])
        .reply("a.menu", [Reply::types("undo"), Reply::types("retry")])
        .types("a.reason", ["half done"])
        .run()
        .closed();
    let did: Vec<_> =
        came.begun().into_iter().filter(|what| what == "go" || what == "back").collect();
    assert_eq!(did, ["go", "back", "go"]);
    assert!(came.run.undone.is_empty(), "what was done again is not undone");
}

#[test]
fn an_unknown_outcome_is_probed_and_asked_about_never_repeated() {
    let text = step(
        "change",
        ", timeout: 5s, on_crash: { probe: { shell: look }, done_if: exit_code == 0 }",
    );
    let rig = |code| {
        Rig::of(&text)
            .types("a", [""])
            .reply("go", [Reply::Never, Reply::exit(0, "")])
            .reply("look", [Reply::exit(code, "")])
    };
    let came = rig(0).run().closed();
    assert_eq!((came.status("a"), came.starts("a")), (Some(StepStatus::Ok), 1));
    let came = rig(1).types("a", [""]).types("a.menu", ["stop"]).types("a.reason", ["?"]).run();
    assert_eq!(came.starts("a"), 1);
    let menu = came.begun().into_iter().find(|what| what.contains("outcome unknown")).unwrap();
    assert!(menu.contains("probe: expected exit_code == 0"), "{menu}");
    // To run it again, its id is typed.
    let came = rig(1)
        .reply("a", [Reply::types(""), Reply::types("a")])
        .types("a.menu", ["retry"])
        .run()
        .closed();
    assert_eq!(came.starts("a"), 2);
}

/// A refused step whose checks were tried alone has nothing to try again: its menu is asked, at once.
#[test]
fn checks_alone_behind_a_refused_gate_lead_back_to_the_menu() {
    let text = "  - { id: a, title: A, effect: change, shell: go, confirm: { ask: Sure? }, retry: { times: 3, every: 3s }, verify: [{ shell: look, that: exit_code == 0 }] }";
    let came = Rig::of(text)
        .types("a", ["n"])
        .reply("look", [Reply::exit(1, "")])
        .types("a.menu", ["check", "skip"])
        .types("a.reason", ["later"])
        .run()
        .closed();
    assert_eq!(came.status("a"), Some(StepStatus::Skipped), "{}", came.story());
    assert_eq!(came.starts("a"), 0);
}
