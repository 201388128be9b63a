//! The second person: who counts, for what, and for how long.

use mayday::effect::Interrupt;
use mayday::plan::Mode;
use mayday::run::event::{Kind, Milestone, StepStatus, StopReason};
use mayday::run::session::Source;
use mayday::run::slip::{Said, Slip};
use mayday::world::sim::Reply;

use super::{Came, Rig, begin, secs, steps};

fn step(class: &str, more: &str) -> String {
    format!("  - {{ id: a, title: A, effect: {class}, shell: go{more} }}")
}

fn guarded() -> String {
    step(
        "destructive",
        ", confirm: { type_to_confirm: \"{{ env.name }}\", second_person: \"env.danger == 'high'\" }",
    )
}

fn agreed(came: &Came) -> Vec<&str> {
    let by = came.events.iter().filter(|event| matches!(event.kind, Kind::Agreed { .. }));
    by.map(|event| event.by.as_str()).collect()
}

fn refused(came: &Came) -> Vec<&str> {
    let why = |event: &'_ mayday::run::event::Event| match &event.kind {
        Kind::Refused { why, .. } => Some(why.clone()),
        _ => None,
    };
    came.events.iter().filter_map(why).map(|why| &*why.leak()).collect()
}

#[test]
fn a_second_person_agrees_from_elsewhere_while_the_question_is_open() {
    let came = Rig::high(&guarded())
        .types("a", ["high"])
        .reply("a.second", [Reply::Never])
        .world(|world| world.ack(secs(30), "bo", "user 7"))
        .run()
        .closed();
    assert_eq!(agreed(&came), ["bo"], "{}", came.story());
    assert_eq!(came.status("a"), Some(StepStatus::Ok));
    assert_eq!(came.world.taken().len(), 1, "the inbox is told once it is durable");
    let gone_on = came.when(|kind| matches!(kind, Kind::Started { .. }));
    assert!(gone_on < secs(40), "it goes on by itself: {}", came.story());
    let came = Rig::of(&guarded()).types("a", ["low"]).run().closed();
    assert_eq!(came.begun().len(), 2, "low danger needs no second person");
}

#[test]
fn whoever_asks_never_counts_neither_by_name_nor_by_account() {
    for (by, user, why) in
        [(" Ana ", "user 7", "drives this run"), ("bo", "ana's account", "the account that drives")]
    {
        let came = Rig::high(&guarded())
            .types("a", ["high"])
            .reply("a.second", [Reply::Never])
            .world(move |world| world.ack(secs(30), by, user))
            .interrupt(60, Interrupt::Terminate)
            .run();
        assert!(agreed(&came).is_empty() && refused(&came)[0].contains(why), "{}", came.story());
        assert!(!came.begun().iter().any(|what| what == "go"));
    }
}

#[test]
fn a_code_expires_and_a_wrong_one_agrees_to_nothing() {
    let came = Rig::high(&guarded())
        .types("a", ["high"])
        .reply("a.second", [Reply::Never])
        .world(|world| world.ack(secs(11 * 60), "bo", "user 7"))
        .world(|world| {
            let said = Said::Ack { code: "0000-0000".to_owned() };
            let (by, user) = ("bo".to_owned(), "user 7".to_owned());
            world.slip(secs(20), Slip { by, user, said });
        })
        .interrupt(12 * 60, Interrupt::Terminate)
        .run();
    let refused = refused(&came);
    assert!(refused[0].contains("nothing that is asked now has this code"), "{refused:?}");
    assert!(refused[1].contains("was good until 10:10:"), "{refused:?}");
    assert!(!came.begun().iter().any(|what| what == "go"));
}

#[test]
fn a_new_code_makes_the_old_one_worthless() {
    let came = Rig::high(&guarded())
        .types("a", ["high"])
        .reply("a.second", [Reply::types("code"), Reply::Never])
        .world(|world| world.ack(secs(30), "bo", "user 7"))
        .run()
        .closed();
    let codes: std::collections::BTreeSet<_> = came
        .events
        .iter()
        .filter_map(|event| match &event.kind {
            Kind::ApprovalAsked { code, .. } => Some(code.clone()),
            _ => None,
        })
        .collect();
    assert_eq!(codes.len(), 2, "{}", came.story());
    assert_eq!(agreed(&came), ["bo"]);
}

#[test]
fn the_glass_is_broken_with_a_reason_only() {
    let came = Rig::high(&guarded())
        .types("a", ["high"])
        .types("a.second", ["glass"])
        .types("a.second.reason", ["nobody answers the phone"])
        .run()
        .closed();
    assert!(came.has("\"question\":\"glass\",\"answer\":\"nobody answers the phone\""));
    let second = came.step("a").gate.second.as_deref();
    assert_eq!(second, Some("nobody: glass broken: nobody answers the phone"));
    // "No" is the first choice, and leads to the menu.
    let came = Rig::high(&guarded())
        .types("a", ["high"])
        .types("a.second", ["1"])
        .types("a.menu", ["stop"])
        .types("a.reason", ["not now"])
        .run();
    assert_eq!(came.stopped().unwrap().0, StopReason::Operator);
    assert!(!came.begun().iter().any(|what| what == "go"));
}

#[test]
fn a_flag_cannot_speak_for_somebody_else() {
    let rig = |second: &str| {
        Rig::high(&guarded()).unattended().given("a", "high", Source::Confirm).given(
            "a.second",
            second,
            Source::Confirm,
        )
    };
    for name in ["bo", "ana", "break glass:  "] {
        let came = rig(name).run();
        assert_eq!(came.stopped().unwrap().0, StopReason::AnswerNeeded, "{}", came.story());
        assert!(came.begun().is_empty());
    }
    let came = rig("Break Glass: alone at night").run().closed();
    assert!(came.has("nobody: glass broken: alone at night"), "{}", came.story());
}

#[test]
fn somebody_may_stand_in_for_a_second_person_in_a_drill() {
    let text = format!(
        "mayday: 1\nid: test\ntitle: T\ndrill: {{ environments: [low], answers: {{ a: low, a.second: bo }} }}\nsteps:\n{}",
        step(
            "destructive",
            ", confirm: { type_to_confirm: \"{{ env.name }}\", second_person: 'true' }"
        )
    );
    let rig = Rig::on(&[&text], "low", Mode::Drill).unattended();
    let rig = rig.given("a", "low", Source::Drill).given("a.second", "bo", Source::Drill);
    let came = rig.run().closed();
    assert_eq!(came.status("a"), Some(StepStatus::Ok), "{}", came.story());
}

#[test]
fn who_agreed_and_drives_by_now_needs_somebody_else() {
    let text = step("destructive", ", confirm: { second_person: 'true' }");
    let first = Rig::high(&text)
        .types("a", ["a"])
        .reply("a.second", [Reply::Never])
        .world(|world| world.ack(secs(30), "bo", "user 7"))
        .run();
    let cut =
        first.events.iter().position(|event| matches!(&event.kind, Kind::Started { .. })).unwrap();
    let came = Rig::high(&text)
        .operator("bo")
        .types("a", ["a"])
        .reply("a.second", [Reply::Never])
        .world(|world| world.ack(secs(30), "cy", "user 8"))
        .resume(&first.events[..cut], secs(0), vec![])
        .closed();
    assert_eq!(agreed(&came), ["bo", "cy"], "{}", came.story());
}

#[test]
fn passing_over_a_required_step_takes_a_second_person() {
    let text = step("read", ", on_fail: continue, killer: true");
    let came = Rig::of(&text)
        .reply("go", [Reply::exit(1, "")])
        .types("a.menu", ["skip"])
        .types("a.reason", ["it is fine"])
        .reply("a.override", [Reply::Never])
        .world(|world| world.ack(secs(60), "bo", "user 7"))
        .run()
        .closed();
    let skipped = |kind: &Kind| {
        matches!(kind, Kind::Skipped { reason, second_person: Some(bo), .. }
            if reason == "it is fine" && bo == "bo")
    };
    assert_eq!(came.count(skipped), 1, "{}", came.story());
}

#[test]
fn other_terminals_note_mark_and_give_roles_while_a_question_is_open() {
    let slip = |by: &str, said: Said| Slip { by: by.to_owned(), user: "user 7".to_owned(), said };
    let note = |text: &str| Said::Note { text: text.to_owned(), when: None };
    let role = Said::Role { role: "comms".to_owned(), to: "cy".to_owned(), note: None };
    let mark = Said::Mark {
        milestone: Milestone::Detected,
        when: begin() - secs(60),
        reason: None,
        force: false,
    };
    let future = Said::Mark {
        milestone: Milestone::Mitigated,
        when: begin() + secs(6000),
        reason: None,
        force: false,
    };
    let said = [note("one"), note("two"), role, mark, future];
    let came = Rig::new(&steps("  - { id: k, title: K, confirm: Good? }"))
        .reply("k", [Reply::Types(secs(300), vec!["y".to_owned()])])
        .world(move |world| {
            for (at, said) in (10..).zip(said.clone()) {
                world.slip(secs(at), slip("bo", said));
            }
        })
        .run()
        .closed();
    let words: Vec<_> = came
        .events
        .iter()
        .filter_map(|event| match &event.kind {
            Kind::Noted { text, .. } => Some((event.by.as_str(), text.as_str())),
            _ => None,
        })
        .collect();
    assert_eq!(words, [("bo", "one"), ("bo", "two")]);
    assert!(came.when(|kind| matches!(kind, Kind::Noted { .. })) < secs(20), "at once");
    assert_eq!(came.run.roles["comms"], "cy");
    assert_eq!(came.run.milestones[&Milestone::Detected], begin() - secs(60));
    assert!(refused(&came)[0].contains("future"));
    assert_eq!(came.world.taken().len(), 5);
}
