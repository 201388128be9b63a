//! Faults put into the steps of a drill: what they do instead of the step, and until when.

use mayday::run::event::{DrillFact, Fault, StepStatus};
use mayday::steps::Verdict;

use super::*;

const DRILL: &str = r"
mayday: 1
id: test
title: Test
steps:
  - { id: look, title: Look, effect: read, shell: look-at, retry: { times: 2, every: 10s } }
  - { id: fix, title: Fix, effect: change, shell: fix-it, on_crash: { probe: { shell: was-it }, done_if: exit_code == 0 } }
  - { id: each, title: Each, for_each: '[1, 2]', effect: read, shell: 'each $item' }
drill:
  environments: [low]
  inject: [{ id: wreck, title: Wreck, effect: destructive, shell: wreck-it }]
  pass: [{ id: any, that: 'true' }]
";

fn rig(step: &str, fault: &str) -> Rig {
    let mut rig = Rig::on(&[DRILL], "low", Mode::Drill).unattended();
    rig = rig.given("wreck", "wreck", Source::Drill);
    let faults = [(step.to_owned(), fault.parse::<Fault>().unwrap())].into();
    rig.opening.push(Kind::Drill(DrillFact::Injected { faults }));
    rig
}

#[test]
fn a_failure_stands_in_for_every_attempt_until_somebody_chose() {
    let came = rig("look", "fail").given("look.menu", "retry", Source::Drill).run().closed();
    assert_eq!(came.begun(), ["wreck-it", "look-at", "fix-it", "each $item", "each $item"]);
    assert_eq!(came.starts("look"), 3, "both attempts by itself, and the one that was chosen");
    assert_eq!(came.status("look"), Some(StepStatus::Ok));
    assert_eq!(came.count(|kind| matches!(kind, Kind::Chose { .. })), 1);
    assert!(came.has("INJECTED failure: nothing was run"), "{}", came.story());
}

#[test]
fn a_time_out_leaves_open_whether_a_change_happened_and_fails_what_only_looks() {
    let came = rig("fix", "timeout")
        .reply("was-it", [Reply::exit(1, "")])
        .given("fix.menu", "retry", Source::Drill)
        .given("fix", "fix", Source::Drill)
        .run()
        .closed();
    let unknown = |kind: &Kind| {
        matches!(kind, Kind::Ended { step, verdict: Verdict::Unknown { reason }, .. }
            if step == "fix" && reason.starts_with("INJECTED time-out"))
    };
    assert_eq!(came.count(unknown), 1, "{}", came.story());
    assert_eq!(came.begun()[2..4], ["was-it", "fix-it"], "the probe looks, then it is run");

    let came = rig("look", "timeout").given("look.menu", "retry", Source::Drill).run().closed();
    let timed = |kind: &Kind| {
        matches!(kind, Kind::Ended { step, verdict: Verdict::Fail(failure), .. }
            if step == "look" && failure.stage == mayday::steps::Stage::Timeout)
    };
    assert_eq!(came.count(timed), 2, "{}", came.story());
}

#[test]
fn a_slow_step_waits_once_and_before_it_begins() {
    let came = rig("fix", "slow:30s").run().closed();
    let began = |kind: &Kind| matches!(kind, Kind::Started { step, .. } if step == "fix");
    let plain = Rig::on(&[DRILL], "low", Mode::Drill)
        .unattended()
        .given("wreck", "wreck", Source::Drill)
        .run()
        .closed();
    assert_eq!(came.when(began) - plain.when(began), secs(30));
    assert_eq!(came.starts("fix"), 1);

    let came = rig("each", "slow:30s").run().closed();
    let waits = |kind: &Kind| matches!(kind, Kind::Drill(DrillFact::Slowed { .. }));
    assert_eq!(came.count(waits), 1, "the first item that is come to, and no other");
}

#[test]
fn a_crash_comes_once_behind_the_durable_beginning() {
    let rig = rig("fix", "crash").reply("was-it", [Reply::exit(0, "")]);
    let came = rig.run();
    assert_eq!(came.begun().last().map(String::as_str), Some("fix-it"));
    assert!(matches!(came.events.last().unwrap().kind, Kind::Started { .. }), "{}", came.story());
    let went_on = rig.resume(&came.events, secs(5), Vec::new()).closed();
    assert!(went_on.begun().iter().all(|what| what != "fix-it") || went_on.starts("fix") <= 2);
    assert_eq!(went_on.status("fix"), Some(StepStatus::Ok), "{}", went_on.story());
    assert_eq!(went_on.status("each"), Some(StepStatus::Ok));
}

#[test]
fn a_driver_that_finds_a_fault_open_ends_it_itself() {
    let rig = rig("fix", "fail").given("fix.menu", "retry", Source::Drill);
    let came = rig.run().closed();
    let at = came
        .events
        .iter()
        .position(|event| matches!(&event.kind, Kind::Started { step, .. } if step == "fix"));
    let went_on = rig.resume(&came.events[..=at.unwrap()], secs(5), Vec::new()).closed();
    assert!(!went_on.has("revoked"), "nothing was begun that could be taken back");
    assert_eq!(went_on.status("fix"), Some(StepStatus::Ok), "{}", went_on.story());
}
