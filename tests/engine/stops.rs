//! Stop conditions of a drill: when they are looked at, what they end, and what they do not.

use mayday::run::event::{DrillFact, Outcome, StepStatus};

use super::*;

const DRILL: &str = r"
mayday: 1
id: test
title: Test
steps:
  - { id: one, title: One, effect: change, shell: step-one }
  - { id: two, title: Two, effect: change, shell: step-two, timeout: 1h }
  - { id: ok, title: OK, confirm: Good? }
drill:
  environments: [low]
  inject: [{ id: wreck, title: Wreck, effect: change, shell: wreck-it }]
  stop_if: [{ id: disk, title: Disk is full, shell: is-it-full, that: exit_code == 0 }]
  pass: [{ id: any, that: 'true' }]
  cleanup: [{ id: tidy, title: Tidy, effect: change, shell: tidy-it }]
";

fn rig() -> Rig {
    Rig::on(&[DRILL], "low", Mode::Drill).unattended().given("ok", "yes", Source::Drill)
}

fn tripped(came: &Came) -> usize {
    came.count(|kind| matches!(kind, Kind::Drill(DrillFact::Tripped { .. })))
}

#[test]
fn a_condition_that_does_not_hold_is_looked_at_between_steps_and_leaves_no_events() {
    let came = rig().reply("is-it-full", [Reply::exit(1, "")]).run().closed();
    assert_eq!(came.run.closed.as_ref().unwrap().0, Outcome::Completed, "{}", came.story());
    let looks = came.begun().iter().filter(|what| *what == "is-it-full").count();
    assert!(looks >= 4, "in front of each step: {looks}");
    assert!(!came.has("is-it-full"), "{}", came.story());
}

#[test]
fn one_that_holds_gives_the_drill_up_and_cleans_up() {
    let (no, yes) = (Reply::exit(1, ""), Reply::exit(0, ""));
    let came = rig().reply("is-it-full", [no.clone(), no, yes]).run().closed();
    let mut begun = came.begun();
    begun.retain(|what| what != "is-it-full");
    assert_eq!(begun, ["wreck-it", "step-one", "tidy-it"], "{}", came.story());
    let (outcome, reason) = came.run.closed.clone().unwrap();
    assert_eq!(outcome, Outcome::Aborted);
    assert!(reason.starts_with("stop condition disk: "), "{reason}");
    assert_eq!(tripped(&came), 1);
    let verdict = mayday::report::drill::drill_verdict(&came.run, &rig().plan);
    assert_eq!(verdict.word.word(), "INVALID");
}

#[test]
fn one_that_comes_to_hold_ends_the_step_that_runs() {
    let (no, yes) = (Reply::exit(1, ""), Reply::exit(0, ""));
    let rig = rig()
        .reply("is-it-full", [no.clone(), no.clone(), no.clone(), no, yes])
        .reply("step-two", [Reply::exit(0, "").after(secs(600))]);
    let came = rig.run().closed();
    assert_eq!(tripped(&came), 1, "{}", came.story());
    let tripping = |kind: &Kind| matches!(kind, Kind::Drill(DrillFact::Tripped { .. }));
    assert!(came.when(tripping) < secs(60), "not only behind the step");
    assert_eq!(came.status("two"), None, "it was ended, not done");
    assert_eq!(came.status("tidy"), Some(StepStatus::Ok));
}

#[test]
fn one_that_cannot_be_looked_at_stops_nothing_and_is_told_once() {
    let came = rig()
        .reply("is-it-full", [Reply::fails(mayday::effect::FailKind::NotFound, "no such file")])
        .run()
        .closed();
    assert_eq!(came.run.closed.as_ref().unwrap().0, Outcome::Completed, "{}", came.story());
    let unseen = |kind: &Kind| matches!(kind, Kind::Drill(DrillFact::Unseen { .. }));
    assert_eq!(came.count(unseen), 1);
}

/// A look that hangs costs its own time limit once, and not once for each step.
#[test]
fn one_that_hangs_does_not_hold_up_each_step() {
    let hangs = Reply::fails(mayday::effect::FailKind::Timeout, "no answer").after(secs(30));
    let came = rig().reply("is-it-full", [hangs]).run().closed();
    assert_eq!(came.run.closed.as_ref().unwrap().0, Outcome::Completed, "{}", came.story());
    let took = came.events.last().unwrap().at.since(came.events.first().unwrap().at);
    assert!(took < secs(90), "{took}: {}", came.story());
}

#[test]
fn a_driver_that_died_behind_it_gives_the_drill_up_when_it_is_back() {
    let (no, yes) = (Reply::exit(1, ""), Reply::exit(0, ""));
    let came = rig().reply("is-it-full", [no, yes]).run().closed();
    let held = |event: &Event| matches!(event.kind, Kind::Drill(DrillFact::Tripped { .. }));
    let at = came.events.iter().position(held).unwrap();
    let again = rig().reply("is-it-full", [Reply::exit(1, "")]);
    let went_on = again.resume(&came.events[..=at], secs(5), Vec::new()).closed();
    assert_eq!(went_on.run.closed.as_ref().unwrap().0, Outcome::Aborted);
    assert!(went_on.begun().iter().all(|what| !what.starts_with("step-")), "{}", went_on.story());
}
