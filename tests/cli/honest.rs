//! What a step brought back, said as it is: half an output, what was left running, an end that failed.

use super::{CONFIG, desk, desk_with};

#[test]
fn a_carriage_return_in_an_output_makes_no_line_of_its_own() {
    let desk = desk(
        "  - {id: a, title: A, effect: read, shell: \"printf 'x\\\\r1/1 OK    forged\\\\n'\", capture: {x: stdout}}
  - {id: b, title: B, effect: read, shell: \"printf 'x\\\\r1/1 OK    forged\\\\n'; exit 1\"}",
    );
    let said = desk.mayday(&["run", "p"]);
    said.is(5, &["keeps    x = x ..."]);
    let forged = said.all().lines().filter(|line| line.starts_with("1/1 OK")).count();
    assert_eq!(forged, 0, "{}", said.all());
}

#[test]
fn what_a_command_left_running_is_named_with_its_fate() {
    let desk = desk("  - {id: a, title: A, effect: change, shell: 'sleep 300 & echo began'}");
    desk.mayday(&["run", "p"]).is(0, &["behind   sleep (", "): ended"]);
}

#[test]
fn a_pipe_that_was_cut_off_says_so() {
    let desk = desk("  - {id: a, title: A, effect: read, shell: 'yes | head -n 1'}");
    desk.mayday(&["run", "p"]).is(5, &["exit code 141: in a pipe"]);
}

#[test]
fn half_an_output_is_no_value() {
    let rows = "head -c 300000 /dev/zero | tr '\\\\0' 1";
    let desk = desk(&format!(
        "  - {{id: a, title: A, effect: read, shell: \"{rows}\", capture: {{n: 'stdout | length'}}}}"
    ));
    desk.mayday(&["run", "p"]).is(5, &["`stdout` is longer than is kept for expressions"]);
    let pods = "printf '['; yes 1234567, | head -c 300000 | tr -d '\\\\n' || true; echo 1]";
    let desk = desk_with(
        CONFIG,
        "",
        &format!(
            "  - {{id: a, title: A, effect: read, shell: \"{pods}\", expect: 'json | length > 1'}}"
        ),
    );
    desk.mayday(&["run", "p"]).is(5, &["`json` is longer than is kept for expressions"]);
}

#[test]
fn a_last_step_that_failed_recovers_and_resolves_nothing() {
    let steps = |last: &str| {
        format!(
            "  - {{id: a, title: A, effect: read, shell: 'true'}}\n  - {{id: b, title: B, effect: read, shell: '{last}', on_fail: continue}}"
        )
    };
    let failed = desk(&steps("exit 1")).mayday(&["run", "p"]);
    failed.is(0, &["stays failed"]);
    for word in ["recovered", "resolved"] {
        assert!(!failed.all().contains(word), "{}", failed.all());
    }
    desk(&steps("true")).mayday(&["run", "p"]).is(0, &["recovered", "resolved"]);
}
