//! What a step brought back, said as it is: half an output, what was left running, an end that failed.

use rustix::process::{Pid, Signal};

use super::{CONFIG, desk, desk_with};
use crate::support::desk::{Desk, MAYDAY};
use crate::support::process::alive;

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

/// Servers by the files that hold their numbers; ended when the test is over.
struct Servers<'a>(&'a Desk);

impl Servers<'_> {
    fn pid(&self, name: &str) -> i32 {
        std::fs::read_to_string(self.0.path(name)).unwrap().trim().parse().unwrap()
    }
}

impl Drop for Servers<'_> {
    fn drop(&mut self) {
        for name in ["early", "bare", "own", "stray", "later", "inner"] {
            let number = std::fs::read_to_string(self.0.path(name)).unwrap_or_default();
            if let Some(pid) = number.trim().parse().ok().and_then(Pid::from_raw) {
                let _ = rustix::process::kill_process(pid, Signal::KILL);
            }
        }
    }
}

/// The shell that starts a server out of the step's group and waits until it is there.
fn server(name: &str, by: &str) -> String {
    format!(
        "{by} sh -c \"echo \\$\\$ > {name}.new; mv {name}.new {name}; exec sleep 1000\" > /dev/null 2>&1 & \
         while ! test -e {name}; do :; done"
    )
}

#[test]
fn a_step_that_is_ended_ends_its_own_servers_and_no_earlier_one() {
    let step = |id: &str, shell: &str, more: &str| {
        format!(
            "  - id: {id}\n    title: {id}\n    effect: change\n{more}    shell: |\n      {shell}\n"
        )
    };
    let steps = [
        step("one", &server("early", "setsid"), ""),
        step("two", &server("bare", "setsid env -i"), ""),
        step("three", "echo quiet", ""),
        step(
            "four",
            &format!(
                "{}; {}; sleep 500",
                server("own", "setsid"),
                server("stray", "setsid env -i")
            ),
            "    timeout: 3s\n",
        ),
    ];
    let desk = desk(&steps.concat());
    let servers = Servers(&desk);
    let said = desk.mayday(&["run", "p"]);
    said.is(11, &[]);
    let all = said.all();
    let behind: Vec<&str> =
        all.lines().filter(|line| line.contains("behind")).map(str::trim).collect();
    let one = |name: &str, fate: &str| format!("sleep ({}): {fate}", servers.pid(name));
    assert_eq!(
        behind,
        [
            format!("behind   {}", one("early", "still running")),
            format!("behind   {}", one("bare", "still running")),
            format!("behind   {}, {}", one("stray", "still running"), one("own", "ended")),
        ],
        "{all}"
    );
    for (name, lives) in [("early", true), ("bare", true), ("stray", true), ("own", false)] {
        assert_eq!(alive(servers.pid(name).into()), lives, "{name}");
    }
}

/// As a database does: what serves has no environment of mayday's, and starts others later.
#[test]
fn what_an_earlier_server_starts_is_not_called_a_later_steps() {
    let begin = "setsid env -i sh -c \"echo \\$\\$ > early; while ! test -e go; do sleep 0.01; done; \
                 sleep 1000 & echo \\$! > later.new; mv later.new later; wait\" > /dev/null 2>&1 & \
                 while ! test -e early; do :; done";
    let steps = format!(
        "  - id: one\n    title: One\n    effect: change\n    shell: |\n      {begin}\n\
         \x20 - id: two\n    title: Two\n    effect: change\n    timeout: 5s\n    shell: |\n      \
         touch go; while ! test -e later; do :; done\n"
    );
    let desk = desk(&steps);
    let servers = Servers(&desk);
    let said = desk.mayday(&["run", "p"]);
    said.is(0, &[&format!("behind   sh ({}): still running", servers.pid("early"))]);
    assert_eq!(said.all().matches("behind").count(), 1, "{}", said.all());
    assert!(alive(servers.pid("later").into()));
}

/// A step that is itself a run: what that run left on purpose is not this one's to end.
#[test]
fn a_server_of_a_run_within_a_step_is_named_and_lives_on() {
    let inner = format!(
        "  - id: a\n    title: A\n    effect: change\n    shell: |\n      {}\n",
        server("inner", "setsid")
    );
    let outer = format!(
        "  - id: a\n    title: A\n    effect: change\n    timeout: 3s\n    shell: |\n      \
         {MAYDAY} run q > inner.txt 2>&1; touch done; sleep 500\n"
    );
    let desk = desk(&outer);
    desk.write("playbooks/q.yaml", &super::playbook("q", "", &inner));
    let servers = Servers(&desk);
    let said = desk.mayday(&["run", "p"]);
    assert!(desk.path("done").exists(), "{}", desk.path("inner.txt").display());
    said.is(11, &[&format!("sleep ({}): still running", servers.pid("inner"))]);
    assert!(alive(servers.pid("inner").into()));
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
