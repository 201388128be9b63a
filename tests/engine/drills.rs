//! Drills: sections, milestones, criteria, cleanup whatever happened; and rollback.

use mayday::run::event::{Outcome, StepStatus, StopReason};
use mayday::steps::Verdict;
use serde_json::json;

use super::*;

const DRILL: &str = r#"
mayday: 1
id: test
title: Test
objectives: { rto: 30m }
inputs: { since: { type: datetime } }
steps:
  - { id: fix, title: Fix, effect: destructive, shell: 'fix $since' }
  - { id: ok, title: OK, confirm: Good? }
drill:
  environments: [low]
  setup: [{ id: seed, title: Seed, effect: change, shell: seed-it }]
  inject: [{ id: wreck, title: Wreck, effect: destructive, shell: wreck-it }]
  answers: { since: "{{ steps.wreck.started_at }}", fix: fix, ok: "yes" }
  pass:
    - { id: rows, must: true, points: 70, target: db, sql: SELECT n, that: "rows[0].n == 50" }
    - { id: rto, points: 30, that: run.elapsed <= objectives.rto }
  cleanup:
    - { id: tidy, title: Tidy, effect: change, shell: tidy-it }
    - { id: last, title: Last, effect: read, shell: last-look }
"#;

fn drill() -> Rig {
    drill_of(DRILL)
}

fn drill_of(text: &str) -> Rig {
    let mut rig = Rig::on(&[text], "low", Mode::Drill).unattended();
    for (about, value) in rig.plan.answers.clone() {
        rig = rig.given(&about, value, Source::Drill);
    }
    rig.reply("SELECT", [Reply::rows(&json!([{ "n": 50 }]))])
}

#[test]
fn a_drill_runs_by_itself_from_setup_to_cleanup() {
    let came = drill().run().closed();
    assert_eq!(
        came.begun(),
        ["seed-it", "wreck-it", "fix $since", "SELECT n", "tidy-it", "last-look"]
    );
    assert_eq!(came.run.closed.as_ref().unwrap().0, Outcome::Completed);
    assert_eq!(came.run.criteria["rows"].verdict, Verdict::Pass);
    assert_eq!(came.run.criteria["rto"].verdict, Verdict::Pass);
    let at = |milestone| came.run.milestones[&milestone].since(begin());
    assert_eq!(at(Milestone::ImpactStarted), secs(2), "the accident starts the clock");
    assert_eq!(at(Milestone::Detected), secs(2));
    assert_eq!(at(Milestone::Acknowledged), secs(2));
    assert!(came.has("\"value\":\"2026-11-22T10:00:01.000Z\""), "{}", came.story());
}

#[test]
fn what_prepares_a_drill_or_tidies_up_is_no_moment_of_the_incident() {
    let marked = |step: &str| DRILL.replace(step, &format!("{step}, marks: mitigated"));
    for step in ["shell: seed-it", "shell: wreck-it", "shell: tidy-it"] {
        let came = drill_of(&marked(step)).run().closed();
        assert!(!came.run.milestones.contains_key(&Milestone::Mitigated), "{step}");
    }
    let came = drill_of(&marked("shell: 'fix $since'")).run().closed();
    let mitigated = came.run.milestones[&Milestone::Mitigated];
    assert!(mitigated >= came.run.milestones[&Milestone::Detected]);
}

#[test]
fn a_drill_that_fails_cleans_up_and_is_not_completed() {
    for words in ["seed-it", "wreck-it", "fix"] {
        let came = drill().reply(words, [Reply::exit(1, "")]).run().closed();
        assert_eq!(came.run.closed.as_ref().unwrap().0, Outcome::Aborted, "{words}");
        assert!(came.begun().contains(&"tidy-it".to_owned()), "{words}");
        assert!(came.begun().contains(&"last-look".to_owned()));
    }
}

#[test]
fn a_failed_cleanup_is_not_completed_and_does_not_hold_up_the_rest_of_it() {
    let came = drill().reply("tidy-it", [Reply::exit(1, "")]).run().closed();
    let (outcome, reason) = came.run.closed.clone().unwrap();
    assert_eq!((outcome, reason.as_str()), (Outcome::Aborted, "cleanup step `tidy` failed"));
    assert!(came.begun().contains(&"last-look".to_owned()));
    assert_eq!(came.status("tidy"), Some(StepStatus::Failed));
}

#[test]
fn an_answer_that_the_drill_lacks_ends_it_with_its_cleanup() {
    let mut rig = drill();
    rig.answers.remove("ok");
    let came = rig.run().closed();
    assert!(came.run.abandoned.as_ref().unwrap().contains("--answer ok=yes"));
    assert!(came.begun().contains(&"tidy-it".to_owned()));
    let came = drill().given("ok", "perhaps", Source::Drill).run().closed();
    assert!(came.run.abandoned.as_ref().unwrap().contains("type y or n"), "{}", came.story());
}

#[test]
fn a_criterion_that_cannot_be_looked_at_is_unknown_and_one_that_does_not_hold_fails() {
    let fails = Reply::fails(mayday::effect::FailKind::Connection, "refused");
    let came = drill().reply("SELECT", [fails]).run().closed();
    assert!(matches!(came.run.criteria["rows"].verdict, Verdict::Unknown { .. }));
    let came = drill().reply("SELECT", [Reply::rows(&json!([{ "n": 47 }]))]).run().closed();
    assert!(matches!(came.run.criteria["rows"].verdict, Verdict::Fail(_)));
    assert!(came.has("rows[0].n == 50  ->  47 == 50  ->  false"));
}

#[test]
fn a_drill_given_up_by_its_operator_cleans_up_too() {
    let mut rig = drill()
        .reply("fix $since", [Reply::exit(1, "")])
        .reply("tidy-it", [Reply::exit(1, "")])
        .types("fix", ["fix"])
        .types("fix.menu", ["abort"])
        .types("fix.reason", ["enough"])
        .types("tidy.menu", ["abort"])
        .types("tidy.reason", ["enough"]);
    rig.attended = true;
    let came = rig.run().closed();
    assert_eq!(came.run.closed.as_ref().unwrap().0, Outcome::Aborted);
    assert!(came.begun().contains(&"last-look".to_owned()), "{}", came.story());
}

#[test]
fn a_drill_cut_anywhere_is_taken_up_and_cleans_up() {
    for fails in ["nothing", "seed-it", "wreck-it", "fix", "tidy-it"] {
        let rig = drill().reply(fails, [Reply::exit(1, "")]);
        let whole = rig.run().closed();
        for cut in 1..whole.events.len() {
            let came = drill().reply(fails, [Reply::exit(1, "")]);
            let came = came.resume(&whole.events[..cut], secs(9), vec![]).closed();
            for (key, what) in [("seed", "seed-it"), ("wreck", "wreck-it"), ("fix", "fix $since")] {
                assert!(came.starts(key) <= 1, "{what} twice, cut at {cut}: {}", came.story());
            }
            for key in ["tidy", "last"] {
                assert!(came.status(key).is_some(), "no {key}, cut at {cut}: {}", came.story());
            }
        }
    }
}

const BACK: &str = r#"
  - { id: a, title: A, effect: change, shell: do-a, undo: { effect: change, shell: undo-a } }
  - { id: b, title: B, effect: change, for_each: "['x', 'y']", shell: do-b, undo: { effect: change, shell: 'undo-b $item' } }
  - { id: c, title: C, effect: change, shell: do-c, undo: { effect: destructive, shell: undo-c } }
  - { id: c2, title: C, undo_of: c }
  - { id: d, title: D, effect: change, shell: do-d, undo: { effect: change, shell: undo-d } }
  - { id: e, title: E, effect: change, shell: do-e }
"#;

fn back(to: Option<&str>) -> (Came, Rig) {
    let came = Rig::of(BACK).unattended().given("c2", "c2", Source::Confirm).run().closed();
    let mut rig = Rig::of(BACK);
    for key in ["a", "b[0]", "b[1]", "c", "d"] {
        rig = rig.types(&format!("{key}.undo"), ["y"]);
    }
    let kind = Kind::RollbackStarted { to: to.map(str::to_owned), from: None };
    (rig.resume(&came.events, secs(60), vec![kind]), rig)
}

fn undone(came: &Came) -> Vec<String> {
    came.begun().into_iter().filter(|what| what.starts_with("undo")).collect()
}

#[test]
fn rollback_undoes_the_newest_first_asking_each_and_nothing_twice() {
    let (came, _) = back(None);
    came.fine();
    assert_eq!(undone(&came), ["undo-d", "undo-b $item", "undo-b $item", "undo-a"]);
    let asked = |kind: &Kind| matches!(kind, Kind::Asked { .. });
    assert_eq!(came.count(asked), 1 + 4, "the gate of `c2`, and one for each undo");
    assert!(came.run.rollback.is_none());
}

#[test]
fn rollback_goes_back_to_and_with_the_step_named() {
    assert_eq!(undone(&back(Some("d")).0), ["undo-d"]);
    assert_eq!(undone(&back(Some("b")).0), ["undo-d", "undo-b $item", "undo-b $item"]);
    assert_eq!(undone(&back(Some("e")).0), [""; 0]);
    assert_eq!(undone(&back(Some("nothing")).0), [""; 0]);
}

#[test]
fn rollback_can_be_cut_anywhere_and_taken_up() {
    let (whole, rig) = back(None);
    let begins = whole.events.len() - whole.onlooker.events.len();
    for cut in begins..whole.events.len() {
        let came = rig.resume(&whole.events[..cut], secs(9), vec![]);
        assert_eq!(came.trouble, None, "{}", came.story());
        // An undo in flight may have happened: it is asked about, and this operator does not answer.
        let in_flight = came.has("outcome unknown");
        assert_ne!(came.run.rollback.is_some(), !in_flight, "cut at {cut}: {}", came.story());
        let all = ["a.undo", "b[0].undo", "b[1].undo", "d.undo"];
        assert!(all.iter().all(|key| came.starts(key) <= 1), "{}", came.story());
    }
}

#[test]
fn an_undo_that_fails_stops_the_rollback_and_another_one_goes_on() {
    let came = Rig::of(BACK).unattended().given("c2", "c2", Source::Confirm).run().closed();
    let kind = || vec![Kind::RollbackStarted { to: None, from: None }];
    let confirmed = |mut rig: Rig| {
        for key in ["a", "b[0]", "b[1]", "c", "d"] {
            rig = rig.given(&format!("{key}.undo"), "yes", Source::Confirm);
        }
        rig.unattended()
    };
    let rig = confirmed(Rig::of(BACK)).reply("undo-b", [Reply::exit(1, "")]);
    let cut = rig.resume(&came.events, secs(9), kind());
    cut.fine();
    assert_eq!(cut.stopped().unwrap().0, StopReason::StepFailed);
    let rig = confirmed(Rig::of(BACK)).given("b[1].undo.menu", "retry", Source::Answer);
    let done = rig.resume(&cut.events, secs(9), vec![]);
    assert_eq!(undone(&done), ["undo-b $item", "undo-b $item", "undo-a"], "{}", done.story());
    // Without anybody to ask, nothing is undone.
    let rig = Rig::of(BACK).unattended();
    let asked = rig.resume(&came.events, secs(9), kind());
    assert_eq!(asked.stopped().unwrap().0, StopReason::AnswerNeeded);
    assert_eq!(undone(&asked), [""; 0]);
}

#[test]
fn a_rollback_is_not_ended_by_what_ended_the_run() {
    // The run was interrupted and left; the undo has a time limit of its own and runs to its end.
    let rig = Rig::of(BACK).unattended().interrupt(3, Interrupt::Terminate);
    let cut = rig.run();
    let rig =
        Rig::of(BACK).types("a.undo", ["y"]).types("b[0].undo", ["y"]).types("b[1].undo", ["y"]);
    let rig = rig.reply("undo-a", [Reply::exit(0, "").after(secs(200))]);
    let came =
        rig.resume(&cut.events, secs(9), vec![Kind::RollbackStarted { to: None, from: None }]);
    came.fine();
    assert_eq!(came.step("a.undo").elapsed, secs(200));
}

/// A secret that an earlier session was told is not asked for by a drill that nobody watches: it cleans up.
#[test]
fn a_drill_taken_up_unwatched_does_not_ask_for_a_secret_for_ever() {
    let text = "mayday: 1\nid: test\ntitle: Test\nsteps:\n  - { id: k, title: K, ask: { question: Key?, type: secret }, capture: { key: value } }\n  - { id: q, title: Q, confirm: Good? }\ndrill:\n  environments: [low]\n  cleanup:\n    - { id: c, title: C, effect: change, shell: tidy }\n";
    let rig = || Rig::on(&[text], "low", Mode::Drill);
    let first = rig().types("k", ["secret-key"]).interrupt(9, Interrupt::HangUp).run();
    assert!(first.status("k").is_some(), "{}", first.story());
    let came = rig().unattended().resume(&first.events, secs(60), vec![]).closed();
    assert_eq!(came.begun(), ["tidy"], "{}", came.story());
}
