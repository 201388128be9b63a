//! From a playbook to a plan, and why not.

use super::*;

const DRILLED: &str = "mayday: 1\nid: test\ntitle: Test\nsteps:\n  - { id: a, title: A, pause: 1s }\ndrill: { environments: [low, high, shared] }\n";

fn refused(texts: &[&str], environment: &str, mode: Mode) -> String {
    plan(texts, environment, mode).unwrap_err().to_string()
}

#[test]
fn an_unknown_playbook_names_the_nearest() {
    let library = library(&[&steps("  - { id: a, title: A, pause: 1s }")]);
    let purpose =
        Purpose { playbook: "tset", environment: "low", mode: Mode::Real, base: Path::new("/") };
    let trouble = Plan::build(&library, &config(PLACES), purpose).unwrap_err();
    assert_eq!(trouble.to_string(), "find a playbook `tset`; did you mean `test`?");
}

#[test]
fn an_unknown_environment_names_what_there_is() {
    let text = steps("  - { id: a, title: A, pause: 1s }");
    assert_eq!(
        refused(&[&text], "prod", Mode::Real),
        "find an environment `prod` in mayday.yaml; it has high, low"
    );
}

#[test]
fn a_drill_is_refused_where_it_could_hurt() {
    let text = steps("  - { id: a, title: A, pause: 1s }");
    assert!(refused(&[&text], "low", Mode::Drill).contains("has no `drill:`"));
    assert!(refused(&[DRILLED], "high", Mode::Drill).contains("its danger is high"));
    let other = DRILLED.replace("low, high, shared", "staging");
    assert!(refused(&[&other], "low", Mode::Drill).contains("allows only staging"));
    let library = library(&[DRILLED]);
    let places = format!(
        "{PLACES}  shared: {{ danger: low, targets: {{ d: {{ type: http, base_url: \"http://high.example.com\" }} }} }}\n"
    );
    let purpose = Purpose {
        playbook: "test",
        environment: "shared",
        mode: Mode::Drill,
        base: Path::new("/"),
    };
    let trouble = Plan::build(&library, &config(&places), purpose).unwrap_err().to_string();
    assert!(trouble.contains("its target `d` is also a target of `high`"), "{trouble}");
}

#[test]
fn includes_in_a_circle_are_refused() {
    let one = "mayday: 1\nid: one\ntitle: One\nsteps:\n  - { id: i, title: I, include: two }\n";
    let two = "mayday: 1\nid: two\ntitle: Two\nsteps:\n  - { id: i, title: I, include: one }\n";
    assert!(refused(&[one, two], "low", Mode::Real).contains("in a circle"));
    assert!(refused(&[one], "low", Mode::Real).contains("find a playbook `two`"));
}

#[test]
fn an_undo_that_is_not_there_is_refused() {
    let text = steps("  - { id: a, title: A, pause: 1s }\n  - { id: b, title: B, undo_of: a }");
    assert!(refused(&[&text], "low", Mode::Real).contains("there is no such step with an `undo:`"));
}

#[test]
fn the_keys_of_included_steps_carry_the_way_to_them() {
    let inner = "mayday: 1\nid: inner\ntitle: I\nsteps:\n  - { id: a, title: A, pause: 1s }\n";
    let text = steps("  - { id: a, title: A, pause: 1s }\n  - { id: i, title: I, include: inner }");
    let plan = plan(&[&text, inner], "low", Mode::Real).unwrap();
    let keys: Vec<_> = plan.units.iter().map(|unit| unit.key.as_str()).collect();
    assert_eq!(keys, ["a", "i.a"]);
}
