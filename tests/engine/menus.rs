//! The rest of the menu: other inputs, back to an earlier step, another branch, a shell, another playbook.

use mayday::effect::{Effect, Output};
use mayday::run::event::{Kind, Outcome, StepStatus};
use mayday::world::sim::Reply;
use serde_json::json;

use super::{Rig, secs};

const INPUTS: &str = r#"
mayday: 1
id: test
title: Test
inputs:
  region: { type: string, default: eu, pattern: "[a-z]+" }
  token: { type: secret, ask: Token? }
steps:
  - { id: a, title: A, effect: read, shell: 'go "$region"' }
"#;

#[test]
fn inputs_are_edited_with_their_rules_and_the_difference_is_recorded() {
    let came = Rig::new(INPUTS)
        .types("region", [""])
        .types("token", ["s3cret"])
        .reply("go", [Reply::exit(1, ""), Reply::exit(0, "")])
        .types("a.menu", ["edit"])
        .types("a.reason", ["wrong region"])
        .types("a.edit", ["region", "try_again"])
        .reply(
            "a.input.region",
            [Reply::Types(secs(1), vec![String::new(), "US1".into(), "us".into()])],
        )
        .run()
        .closed();
    assert!(came.has("\"name\":\"region\",\"before\":\"eu\",\"value\":\"us\""), "{}", came.story());
    assert_eq!(
        came.world.refused().len(),
        2,
        "an empty Enter is no value: {:?}",
        came.world.refused()
    );
    assert!(
        !came.begun().iter().any(|what| what.contains("token is")),
        "secrets are not read back"
    );
    let last = came.world.begun().iter().rev().find_map(|(_, effect)| match effect {
        Effect::Process(command) => Some(command.env.clone()),
        _ => None,
    });
    assert!(format!("{last:?}").contains("us"), "{last:?}");
    assert_eq!(came.status("a"), Some(StepStatus::Ok));
}

const CHAIN: &str = r"
mayday: 1
id: test
title: Test
phases:
  - id: one
    title: One
    steps:
      - { id: look, title: Look, effect: read, shell: go-look }
      - { id: a, title: Branch, effect: change, shell: go-a, undo: { effect: change, shell: back-a } }
      - { id: see, title: See, effect: read, shell: go-see }
      - { id: keep, title: No way back, effect: change, shell: go-keep }
      - { id: b, title: Import, effect: change, shell: go-b, undo: { effect: change, shell: back-b } }
      - { id: c, title: Check, effect: read, shell: go-c }
  - { id: two, title: Plan B, steps: [{ id: d, title: D, effect: read, shell: go-d }] }
";

#[test]
fn undo_back_takes_steps_back_newest_first_and_goes_on_from_there() {
    let came = Rig::new(CHAIN)
        .reply("go-c", [Reply::exit(1, ""), Reply::exit(0, "")])
        .types("c.menu", ["undo_back", "retry"])
        .types("c.reason", ["the branch was made too late"])
        .types("c.back", ["a"])
        .types("a", [""])
        .types("keep", [""])
        .types("b", [""])
        .types("a.undo", ["y"])
        .types("b.undo", ["y"])
        .run()
        .closed();
    let begun: Vec<_> = came
        .begun()
        .into_iter()
        .filter(|what| what.starts_with("go-") || what.starts_with("back-"))
        .collect();
    assert_eq!(
        begun,
        [
            "go-look", "go-a", "go-see", "go-keep", "go-b", "go-c", "back-b", "back-a", "go-a",
            "go-see", "go-b", "go-c", "go-d"
        ],
        "what cannot be undone is not done twice: {}",
        came.story()
    );
    assert_eq!(came.run.closed.as_ref().unwrap().0, Outcome::Completed);
    let again = Kind::RollbackEnded { again: vec!["a".into(), "b".into(), "see".into()] };
    assert_eq!(came.count(|kind| *kind == again), 1);
}

#[test]
fn another_branch_is_any_later_phase() {
    let came = Rig::new(CHAIN)
        .reply("go-look", [Reply::exit(1, "")])
        .types("look.menu", ["switch_to"])
        .types("look.reason", ["nothing to see"])
        .types("look.branch", ["two"])
        .run()
        .closed();
    assert!(came.has("\"choice\":\"switch_to:two\""), "{}", came.story());
    assert!(!came.has("go-a") && came.has("go-d"));
}

#[test]
fn a_shell_is_a_take_over_on_the_record_and_leads_back_to_the_menu() {
    let text = "  - { id: a, title: A, effect: change, shell: go, target: db }";
    let came = Rig::of(text)
        .types("a", [""])
        .reply("go", [Reply::exit(1, "")])
        .types("a.menu", ["shell", "by_hand"])
        .types("a.reason", ["look at the disk", "the disk is mounted again"])
        .reply("bash", [Reply::facts(json!({ "exit_code": 3 }))])
        .run()
        .closed();
    let shell = came.world.begun().iter().find_map(|(_, effect)| match effect {
        Effect::Process(command) if command.interactive => Some(command.clone()),
        _ => None,
    });
    let shell = shell.unwrap();
    let names: Vec<_> = shell.env.iter().map(|(name, _)| name.as_str()).collect();
    for name in ["MAYDAY_RUN_ID", "MAYDAY_STEP_ID", "MAYDAY_RUN_DIR", "MAYDAY_ENV"] {
        assert!(names.contains(&name), "{names:?}");
    }
    assert_eq!(shell.target.unwrap().name, "db");
    assert_eq!(
        came.count(|kind| matches!(kind, Kind::ShellClosed { exit_code: Some(3), .. })),
        1,
        "{}",
        came.story()
    );
    assert_eq!(came.status("a"), Some(StepStatus::ByHand));
    // mayday died while the shell was open: the menu is there again.
    let opened = came
        .events
        .iter()
        .position(|event| matches!(event.kind, Kind::ShellOpened { .. }))
        .unwrap();
    let again = Rig::of(text)
        .types("a.menu", ["skip"])
        .types("a.reason", ["so it is"])
        .resume(&came.events[..=opened], secs(60), vec![])
        .closed();
    assert_eq!(again.status("a"), Some(StepStatus::Skipped), "{}", again.story());
}

#[test]
fn another_playbook_is_chosen_from_those_there_are() {
    let mut rig = Rig::of("  - { id: a, title: A, effect: read, shell: go }")
        .reply("go", [Reply::exit(1, "")])
        .types("a.menu", ["handoff"])
        .types("a.reason", ["it is the disk"])
        .types("a.successor", ["disk-full"]);
    rig.playbooks = vec![("disk-full".to_owned(), "Disk full".to_owned())];
    let came = rig.run().closed();
    assert_eq!(came.run.closed, Some((Outcome::HandedOff, "disk-full".to_owned())));
}

#[test]
fn esc_in_the_middle_of_a_choice_is_the_menu_again_and_nothing_is_chosen() {
    let escape = || {
        Reply::Ends(
            secs(1),
            Output {
                ending: mayday::effect::Ending::Cancelled,
                ..Output::done(mayday::effect::Facts::new(), secs(0))
            },
        )
    };
    let came = Rig::new(INPUTS)
        .types("region", [""])
        .types("token", ["s3cret"])
        .reply("go", [Reply::exit(1, "")])
        .types("a.menu", ["edit", "skip"])
        .types("a.reason", ["wrong region", "never mind"])
        .reply("a.edit", [escape()])
        .run()
        .closed();
    assert_eq!(came.count(|kind| matches!(kind, Kind::Chose { .. })), 1, "{}", came.story());
    assert_eq!(came.status("a"), Some(StepStatus::Skipped));
}

/// A step's own menu may offer all that the usual one does, in the order of its author.
#[test]
fn an_authors_own_menu_offers_what_it_names() {
    let text = INPUTS.replace(
        "shell: 'go \"$region\"' }",
        "shell: 'go \"$region\"', on_fail: { menu: [shell, undo_back, edit, retry] } }",
    );
    let came = Rig::new(&text)
        .types("region", [""])
        .types("token", ["s3cret"])
        .reply("go", [Reply::exit(1, ""), Reply::exit(0, "")])
        .types("a.menu", ["edit"])
        .types("a.reason", ["wrong region"])
        .types("a.edit", ["region", "try_again"])
        .types("a.input.region", ["us"])
        .run()
        .closed();
    let menu = came.world.begun().iter().find_map(|(_, effect)| match effect {
        Effect::Ask(question) if question.about == "a.menu" => Some(question.wants.clone()),
        _ => None,
    });
    let Some(mayday::effect::Wants::OneOf(choices)) = menu else { panic!("no menu") };
    let keys: Vec<&str> = choices.iter().map(|choice| choice.key.as_str()).collect();
    // Nothing passed that could be undone.
    assert_eq!(keys, ["shell", "edit", "retry", "stop"]);
    assert_eq!(came.status("a"), Some(StepStatus::Ok));
}
