//! `stop_if:` from outside: a drill that ends early, cleaned up, and counts for nothing.

use super::{desk, drill, records};

#[test]
fn a_stop_condition_that_holds_ends_the_drill_with_its_cleanup() {
    let stop =
        "  stop_if: [{ id: lost_copy, title: The copy is gone, shell: 'test ! -e copy' }]\n  pass:";
    let gone = ("shell: cat copy }", "shell: rm copy }");
    let desk = desk(&[("  pass:", stop), gone]);
    let said = drill(&desk);
    said.is(
        9,
        &[
            "STOP: condition lost_copy (The copy is gone) holds",
            "RESULT   INVALID",
            "because it was given up: stop condition lost_copy",
        ],
    );
    assert!(!desk.path("data").exists(), "it was not brought back");
    assert!(!desk.path("up").exists(), "the environment is down");
    let steps = records(&desk)[0]["steps"].clone();
    let tidy = steps.as_array().unwrap().iter().find(|step| step["key"] == "tidy").unwrap();
    assert_eq!(tidy["status"], "ok");
}

#[test]
fn a_stop_condition_with_an_unknown_name_is_found_by_check() {
    let stop = "  stop_if: [{ id: odd, that: nothing_of_this_name > 3 }]\n  pass:";
    let desk = desk(&[("  pass:", stop)]);
    desk.mayday(&["check"]).is(3, &["nothing_of_this_name", "playbooks/lost.yaml"]);
}
