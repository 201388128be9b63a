//! What else stands around a drill: an environment that is in use, names that drill and procedure share, lists.

use serde_json::Value;

use super::{desk, drill};

#[test]
fn an_environment_that_cannot_be_brought_up_is_left_as_it_is() {
    // As somebody else's environment of this name does, which is up.
    let desk = desk(&[("setup: touch up", "setup: 'echo in use; exit 1'")]);
    std::fs::write(desk.path("up"), "theirs").unwrap();
    drill(&desk).is(4, &["bring lab up", "nothing was taken down", "rm up"]);
    assert_eq!(std::fs::read_to_string(desk.path("up")).unwrap(), "theirs");
}

#[test]
fn drill_and_procedure_may_capture_the_same_name_and_each_uses_its_own() {
    let desk = desk(&[
        ("shell: cat copy }", "shell: cat copy, capture: { seen: stdout | trim } }"),
        ("shell: cp copy data,", "shell: 'test \"$seen\" = rows && cp copy data',"),
        ("> copy' }]", "> copy', capture: { seen: \"'seed'\" } }]"),
    ]);
    desk.mayday(&["check"]).is(0, &["2 warnings in 2 files"]);
    drill(&desk).is(0, &["RESULT   PASS"]);
}

#[test]
fn the_list_tells_programs_how_fresh_a_drill_is() {
    let desk = desk(&[]);
    let freshness = || -> Value {
        let said = desk.mayday(&["list", "--json"]);
        let line = said.all().lines().find(|line| line.contains("\"lost\"")).unwrap().to_owned();
        serde_json::from_str::<Value>(&line).unwrap()["freshness"].clone()
    };
    assert_eq!(freshness()["state"], "never");
    assert_eq!(freshness()["last"], Value::Null);
    drill(&desk).is(0, &["RESULT   PASS"]);
    assert_eq!(freshness()["state"], "fresh");
    assert!(freshness()["last"].is_string(), "{}", freshness());
}
