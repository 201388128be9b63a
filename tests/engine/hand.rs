//! By hand: what would run is shown, and what came of it is told.

use mayday::run::event::{Kind, StepStatus};
use mayday::world::sim::Reply;

use super::{Came, Rig, steps};

fn by_hand(text: &str) -> Rig {
    let mut rig = Rig::new(&steps(text));
    rig.manual = true;
    rig
}

fn shown(came: &Came, about: &str) -> String {
    let ask = |effect: &mayday::effect::Effect| match effect {
        mayday::effect::Effect::Ask(question) if question.about == about => {
            Some(question.text.clone())
        }
        _ => None,
    };
    came.world.begun().iter().find_map(|(_, effect)| ask(effect)).unwrap()
}

#[test]
fn a_command_is_shown_to_be_pasted_and_its_values_stay_values() {
    let text = r#"  - { id: n, title: N, ask: { question: Name? } , capture: { name: value } }
  - { id: a, title: Drop it, effect: change, shell: 'dropdb "$name"', secrets: { TOKEN: api }, capture: { size: stdout } }
  - { id: b, title: Use it, effect: read, shell: 'echo "$size"' }"#;
    let came = by_hand(text)
        .types("n", ["a'; rm -rf /"])
        .types("a", [""])
        .types("a.hand", ["done"])
        .types("a.seen", ["dropped, 47 rows"])
        .types("a.size", ["47"])
        .types("b.hand", ["2"])
        .types("b.seen", ["47"])
        .run()
        .closed();
    let text = shown(&came, "a.hand");
    assert!(text.contains("name='a'\\''; rm -rf /'"), "{text}");
    assert!(text.contains("TOKEN='<secret api>'"), "{text}");
    assert!(text.contains("'dropdb \"$name\"'"), "{text}");
    assert!(shown(&came, "b.hand").contains("size=47"));
    assert_eq!(came.status("a"), Some(StepStatus::ByHand), "{}", came.story());
    assert_eq!(came.count(|kind| matches!(kind, Kind::Started { step, .. } if step != "n")), 0);
    assert!(came.has("dropped, 47 rows"));
}

#[test]
fn statements_are_shown_with_literals_for_the_database_they_are_for() {
    let text = |target: &str| {
        format!(
            "  - {{ id: n, title: N, ask: {{ question: Name? }}, capture: {{ name: value }} }}\n  \
             - {{ id: a, title: A, effect: change, target: {target}, sql: 'DELETE FROM t WHERE n = :name' }}"
        )
    };
    for (target, literal) in [("pg", r"'x\''; --'"), ("my", r"'x\\''; --'")] {
        let came = by_hand(&text(target))
            .types("n", [r"x\'; --"])
            .types("a", [""])
            .types("a.hand", ["done"])
            .types("a.seen", ["DELETE 1"])
            .run()
            .closed();
        let text = shown(&came, "a.hand");
        assert!(text.contains(&format!("DELETE FROM t WHERE n = {literal};")), "{text}");
    }
}

#[test]
fn what_failed_or_is_not_known_elsewhere_leads_to_the_menu() {
    let text = "  - { id: a, title: A, effect: change, shell: go }";
    for (verdict, word) in
        [("failed", "did not"), ("unsure", "unknown"), ("not_done", "was not run")]
    {
        let came = by_hand(text)
            .types("a", [""])
            .types("a.hand", [verdict])
            .types("a.seen", ["it hangs"])
            .types("a.menu", ["skip"])
            .types("a.reason", ["later"])
            .run()
            .closed();
        assert!(
            came.begun().iter().any(|what| what.contains("it hangs")),
            "{word}: {:?}",
            came.begun()
        );
        assert_eq!(came.status("a"), Some(StepStatus::Skipped));
    }
    // Checks are run where the command was: nothing of the step is run here.
    let text = "  - { id: a, title: A, effect: change, shell: go, verify: [{ shell: look }] }";
    let came = by_hand(text)
        .types("a", [""])
        .types("a.hand", ["done"])
        .types("a.seen", ["fine"])
        .reply("look", [Reply::exit(1, "")])
        .run()
        .closed();
    assert!(shown(&came, "a.hand").contains("Then check:"), "{}", came.story());
    assert!(!came.has("check_started"));
}

/// The value of a secret is asked for, kept in memory only, and asked for again by the next session.
#[test]
fn a_secret_that_a_step_gave_elsewhere_is_told_and_never_recorded() {
    let text = r#"  - { id: a, title: Make a key, effect: read, shell: 'make-key', capture: { key: { from: stdout, secret: true } } }
  - { id: b, title: Use it, effect: read, shell: 'use "$KEY"', secrets: { KEY: key } }"#;
    let came = by_hand(text)
        .types("a.hand", ["done"])
        .types("a.seen", ["made"])
        .types("a.key", ["s3cret-key-77"])
        .types("b.hand", ["done"])
        .types("b.seen", ["used"])
        .run()
        .closed();
    assert_eq!(came.status("b"), Some(StepStatus::ByHand), "{}", came.story());
    assert!(!came.has("s3cret-key-77"), "{}", came.story());
    assert!(came.has(r#""answer":{"key":null}"#), "{}", came.story());
    let kept = came.count(|kind| {
        matches!(kind, Kind::Ended { step, secret_names, captured, .. }
        if step == "a" && *secret_names == ["key"] && captured.is_empty())
    });
    assert_eq!(kept, 1, "{}", came.story());
}
