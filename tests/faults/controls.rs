//! Tests of the tests: each of sixteen bugs, put in on purpose, turns at least one named test red.
//!
//! The bugs are `seeded::bug` calls in the places where the right thing is done (reliability design, 2.4).
//! A named test runs in this same binary, once as it is and once with `MAYDAY_SEEDED_BUG`.

use std::process::{Command, Stdio};

use super::{Row, always, has};
use crate::cli::desk;

/// A bug and the tests that must notice it.
const CONTROLS: [(&str, &[&str]); 16] = [
    ("no fsync", &[ORDER]),
    ("fsync after the ack", &[ORDER]),
    ("no directory fsync", &[ORDER]),
    (
        "retry of fsync",
        &["journal::disk::after_one_failed_sync_nothing_is_written_or_synced_any_more"],
    ),
    ("short write ignored", &["journal::disk::a_file_size_limit_is_like_a_full_disk"]),
    (
        "prev not checked",
        &["journal::damage::eight_ways_to_edit_a_record_are_noticed_anywhere_in_it"],
    ),
    ("torn = corrupt", &["journal::damage::a_torn_end_is_kept_aside_and_the_record_goes_on"]),
    ("outcome before exit.json", &["cli::crash::a_change_that_ran_on_is_found_with_its_true_end"]),
    ("intent after spawn", &["faults::simulation::some_seeds_keep_every_law"]),
    ("started after exec", &[ORDER]),
    ("pid-file lock", &["cli::crash::a_change_in_flight_is_never_repeated_by_itself"]),
    (
        "wall clock for RTO",
        &["engine::clocks::a_wall_clock_that_is_set_moves_no_deadline_and_no_pause"],
    ),
    (
        "mask per chunk",
        &["process::a_secret_is_hidden_in_facts_lines_and_evidence_however_it_is_cut"],
    ),
    ("mask after truncation", &["journal::an_event_is_redacted_and_cut_to_fit_one_record"]),
    ("xid without flush", &["sql::fate::a_number_is_never_handed_out_again_once_it_is_kept"]),
    ("SIGHUP handled but prompt kept", &["terminal::a_question_does_not_outlive_its_terminal"]),
];

const ORDER: &str = "faults::controls::what_is_said_or_begun_is_on_disk_before";

/// True when the test is green with this bug. One that hangs is red.
fn is_green(test: &str, bug: &str) -> bool {
    let mut command = Command::new("timeout");
    command.args(["--kill-after=5", "40"]).arg(std::env::current_exe().unwrap());
    command.args(["--exact", test]).env("MAYDAY_SEEDED_BUG", bug);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("running 1 test"), "there is no test {test}");
    output.status.success()
}

fn controls(row: &mut Row, some: std::ops::Range<usize>) {
    for (bug, tests) in &CONTROLS[some] {
        for test in *tests {
            assert!(is_green(test, "none"), "{test} is red without any bug");
        }
        let noticed = tests.iter().any(|test| !is_green(test, bug));
        assert!(noticed, "nobody notices `{bug}`: {tests:?}");
        row.pass();
    }
}

#[test]
fn bugs_of_the_record_turn_a_test_red() {
    controls(&mut Row::new("C01", "seeded bugs of the record, each noticed", always(8)), 0..8);
}

#[test]
fn bugs_of_a_run_turn_a_test_red() {
    controls(&mut Row::new("C09", "seeded bugs of a run, each noticed", always(8)), 8..16);
}

/// The system calls of a run in their order: what is written is synced before it is said or acted on.
#[test]
fn what_is_said_or_begun_is_on_disk_before() {
    assert!(has("strace"), "strace is missing: tests/run installs it");
    let desk = desk("  - {id: put, title: Put, effect: change, shell: 'echo x > put'}");
    let log = desk.path("calls");
    let mayday = desk.command(&["run", "p", "--json"]);
    let mut traced = Command::new("strace");
    traced.args([
        "-f",
        "-y",
        "-s",
        "100000",
        "-e",
        "trace=write,fsync,fdatasync,openat,execve,rename",
    ]);
    traced.arg("-o").arg(&log).arg(mayday.get_program()).args(mayday.get_args());
    traced.env_clear().current_dir(desk.path(""));
    traced.envs(mayday.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = traced.stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let calls = std::fs::read_to_string(&log).unwrap();
    let (mut pending, mut synced) = (String::new(), String::new());
    let (mut unnamed, mut unmoved, mut started, mut begun, mut said) = (false, false, false, 0, 0);
    for line in calls.lines() {
        let call = line.split_once(' ').map_or("", |(_, call)| call).trim_start();
        let is = |name: &str| call.starts_with(&format!("{name}("));
        let of = |path: &str| call.contains(path);
        if is("write") && of("/journal.jsonl>") {
            pending.push_str(call);
        } else if (is("fdatasync") || is("fsync")) && of("/journal.jsonl>") {
            synced.push_str(&std::mem::take(&mut pending));
        } else if is("openat") && of("O_CREAT") && of("/journal.jsonl\"") {
            unnamed = true;
        } else if is("rename") && of("/.new-") {
            unmoved = true;
        } else if is("fsync") && of("/state>") {
            unmoved = false;
        } else if is("fsync") && of("/.new-") && !of("/pinned") {
            unnamed = false;
        } else if is("fdatasync") && of("/started>") {
            started = true;
        } else if is("write") && call.starts_with("write(1<") {
            for stamp in stamps(call) {
                said += 1;
                assert!(synced.contains(stamp), "said before it was synced: {line}");
            }
        } else if is("execve") && of("echo x > put") {
            begun += 1;
            let announced = synced.contains("\\\"type\\\":\\\"started\\\"");
            assert!(announced && pending.is_empty(), "begun before its announcement was synced");
            assert!(started, "begun before its keeper had said so on disk");
            assert!(!unnamed && !unmoved, "the name of the record was not made durable");
        }
    }
    assert!(begun > 0 && said > 3, "{begun} begun, {said} said:\n{calls}");
}

/// When each of the events in a call was recorded: the same words stand in the record.
fn stamps(call: &str) -> impl Iterator<Item = &str> {
    call.match_indices("\\\"at\\\":").filter_map(|(at, _)| {
        let rest = &call[at..];
        let end = rest.find(",\\\"by\\\"")?;
        Some(&rest[..end])
    })
}
