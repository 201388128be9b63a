//! Commands: every way in which one can begin, go on and end.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use mayday::effect::{Ending, FailKind, Output};
use mayday::time::Span;
use mayday::world::process::{EnvValue, FACT_CAP};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::support::process::{Place, alive, boot};

fn failure(output: &Output) -> (FailKind, &str) {
    match &output.ending {
        Ending::Failed { kind, message } => (*kind, message),
        other => unreachable!("ended as {other:?}"),
    }
}

fn sha256(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    Sha256::digest(bytes).iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

/// The process number that a fixture wrote into a file.
fn pid_in(place: &Place, file: &str) -> i64 {
    fs::read_to_string(place.path(file)).unwrap().trim().parse().unwrap()
}

#[test]
fn streams_exit_code_and_lines_are_told() {
    let place = Place::new();
    let (output, mut lines) = place.run(&place.sh("echo out; echo err >&2; printf part; exit 3"));
    assert_eq!(output.ending, Ending::Done);
    assert_eq!(output.facts["exit_code"], 3);
    assert_eq!(output.facts["stdout"], "out\npart");
    assert_eq!(output.facts["stderr"], "err\n");
    lines.sort();
    assert_eq!(lines, ["err", "out", "part"]);
    assert!(output.evidence.is_empty(), "small output is wholly in the facts");
    assert!(!place.path("evidence").exists());
}

#[test]
fn variables_reach_the_command_and_stdin_is_empty() {
    let place = Place::new();
    let mut spec = place.sh("printf '%s|' \"$a\" \"$b\"; cat");
    spec.env = vec![
        ("a".into(), EnvValue::Plain("1".into())),
        ("b".into(), EnvValue::Secret("two words; $(rm)".to_owned().into())),
        ("a".into(), EnvValue::Plain("later wins".into())),
    ];
    assert_eq!(place.run(&spec).0.facts["stdout"], "later wins|two words; $(rm)|");
}

#[test]
fn output_that_is_json_is_a_fact() {
    let place = Place::new();
    let (output, _) = place.run(&place.sh(r#"echo '{"branch":{"id":"br-1"}}'"#));
    assert_eq!(output.facts["json"], json!({ "branch": { "id": "br-1" } }));
    assert!(place.run(&place.sh("echo no json")).0.facts.get("json").is_none());
}

#[test]
fn a_folder_of_the_environment_goes_before_path() {
    let place = Place::new();
    fs::create_dir(place.path("bin")).unwrap();
    fs::write(place.path("bin/true"), "#!/bin/sh\necho mine; command -v true").unwrap();
    fs::set_permissions(place.path("bin/true"), fs::Permissions::from_mode(0o755)).unwrap();
    let mut spec = place.command(&["true"]);
    spec.path = vec![place.path("bin")];
    assert_eq!(place.run(&spec).0.facts["stdout"].as_str().unwrap().lines().next(), Some("mine"));
}

#[test]
fn what_cannot_be_started_says_what_and_where() {
    let place = Place::new();
    let (output, _) = place.run(&place.command(&["no-such-tool", "x"]));
    let (kind, message) = failure(&output);
    assert_eq!(kind, FailKind::NotFound);
    assert!(message.starts_with("`no-such-tool` was not found in PATH ("), "{message}");

    fs::write(place.path("plain"), "#!/bin/sh\n").unwrap();
    fs::set_permissions(place.path("plain"), fs::Permissions::from_mode(0o644)).unwrap();
    let (output, _) = place.run(&place.command(&["./plain"]));
    assert_eq!(failure(&output).0, FailKind::Permission);
    assert!(failure(&output).1.ends_with("may not be executed (mode 0644); see chmod +x"));

    fs::write(place.path("lost"), "#!/no/such/interpreter\n").unwrap();
    fs::set_permissions(place.path("lost"), fs::Permissions::from_mode(0o755)).unwrap();
    let (output, _) = place.run(&place.command(&["./lost"]));
    assert_eq!(failure(&output).0, FailKind::NotFound);
    assert!(failure(&output).1.contains("interpreter"));

    let mut spec = place.sh("true");
    spec.cwd = place.path("gone");
    let (output, _) = place.run(&spec);
    assert_eq!(failure(&output).0, FailKind::Input);
    assert!(failure(&output).1.starts_with("the working directory "));

    assert_eq!(failure(&place.run(&place.command(&[])).0).0, FailKind::Input);
}

#[test]
fn variables_that_no_command_can_take_are_named_without_their_value() {
    let place = Place::new();
    let mut spec = place.sh("true");
    spec.env = vec![("DUMP".into(), EnvValue::Plain("x".repeat(300_000)))];
    let (output, _) = place.run(&spec);
    assert_eq!(failure(&output).0, FailKind::Input);
    assert!(failure(&output).1.contains("$DUMP with 300000 bytes"));
    spec.env = vec![("KEY".into(), EnvValue::Secret("hunter22\0".to_owned().into()))];
    let (output, _) = place.run(&spec);
    assert!(failure(&output).1.contains("$KEY") && !failure(&output).1.contains("hunter22"));
}

#[test]
fn death_by_signal_is_told_by_number_and_name() {
    let place = Place::new();
    let (output, _) = place.run(&place.sh("echo before; kill -9 $$"));
    assert_eq!(failure(&output), (FailKind::Signal, "ended by signal 9 (KILL)"));
    assert_eq!(output.facts["signal"], 9);
    assert_eq!(output.facts["stdout"], "before\n");
    assert!(output.facts.get("exit_code").is_none());
}

#[test]
fn a_command_that_never_ends_is_ended_with_its_children() {
    let place = Place::new();
    let mut spec = place.sh("sleep 1000 & echo $! > child; echo begun; sleep 1000");
    spec.time_limit = Span::from_millis(200);
    let (output, lines) = place.run(&spec);
    assert_eq!(output.ending, Ending::TimedOut);
    assert_eq!(output.facts["signal"], 15);
    assert_eq!(lines, ["begun"]);
    assert!(output.elapsed >= Span::from_millis(200));
    assert!(!alive(pid_in(&place, "child")));
}

#[test]
fn a_trap_may_clean_up_before_the_end() {
    let place = Place::new();
    let mut spec = place.sh("trap 'echo cleaned; exit 9' TERM; while :; do sleep 0.01; done");
    spec.time_limit = Span::from_millis(100);
    let (output, _) = place.run(&spec);
    assert_eq!(output.ending, Ending::TimedOut);
    assert_eq!(
        (&output.facts["exit_code"], &output.facts["stdout"]),
        (&json!(9), &json!("cleaned\n"))
    );
}

#[test]
fn who_ignores_term_is_killed_after_the_grace() {
    let place = Place::new();
    let mut spec = place.sh("trap '' TERM; echo ready; while :; do sleep 0.01; done");
    spec.kill_after = Span::from_millis(100);
    let (output, _) = place.run_with(&spec, |running, _| running.cancel(boot()));
    assert_eq!(output.ending, Ending::Cancelled);
    assert_eq!(output.facts["signal"], 9);
    assert!(output.elapsed >= Span::from_millis(100));
}

#[test]
fn a_second_cancel_does_not_wait_for_the_grace() {
    let place = Place::new();
    let script = "trap 'echo still here' TERM; echo ready; while :; do :; done";
    let (output, lines) = place.run_with(&place.sh(script), |running, _| running.cancel(boot()));
    assert_eq!(output.ending, Ending::Cancelled);
    assert_eq!(lines, ["ready", "still here"]);
    assert!(output.elapsed < Span::from_secs(20), "the grace was waited for");
}

#[test]
fn a_stopped_command_can_be_ended() {
    let place = Place::new();
    let mut spec = place.sh("kill -STOP $$");
    spec.time_limit = Span::from_millis(100);
    assert_eq!(place.run(&spec).0.facts["signal"], 15);
}

#[test]
fn a_background_child_does_not_keep_the_step_and_is_named() {
    let place = Place::new();
    let (output, _) = place.run(&place.sh("sleep 1000 & echo $! > child; echo done"));
    assert_eq!(output.ending, Ending::Done);
    assert_eq!(output.facts["stdout"], "done\n");
    assert!(output.elapsed < Span::from_secs(20));
    let child = pid_in(&place, "child");
    assert_eq!(
        output.facts["leftovers"],
        json!([{ "pid": child, "name": "sleep", "fate": "ended" }])
    );
    assert!(!alive(child));
}

#[test]
fn a_stubborn_orphan_of_a_double_fork_is_killed() {
    let place = Place::new();
    let script = "(sh -c 'trap \"\" TERM; echo $$ > child; while :; do sleep 0.01; done' \
                  >/dev/null 2>&1 &) ; until test -s child; do sleep 0.01; done";
    let mut spec = place.sh(script);
    spec.kill_after = Span::from_millis(50);
    let (output, _) = place.run(&spec);
    let child = pid_in(&place, "child");
    let leftovers = output.facts["leftovers"].as_array().unwrap();
    let fate = leftovers.iter().find(|each| each["pid"] == child).map(|each| &each["fate"]);
    assert_eq!(fate, Some(&json!("killed")));
    assert!(!alive(child));
}

#[test]
fn a_daemon_that_left_the_group_but_holds_the_pipe_is_named_and_lives() {
    let place = Place::new();
    let script = "setsid sh -c 'echo $$ > child; exec sleep 1000' & \
                  until test -s child; do sleep 0.01; done; echo up";
    let (output, _) = place.run(&place.sh(script));
    let child = pid_in(&place, "child");
    assert!(alive(child));
    let pid = rustix::process::Pid::from_raw(i32::try_from(child).unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
    assert_eq!(output.ending, Ending::Done);
    assert_eq!(output.facts["stdout"], "up\n");
    let leftovers = output.facts["leftovers"].as_array().unwrap();
    assert_eq!(leftovers.len(), 1, "{leftovers:?}");
    assert_eq!(leftovers[0]["pid"], child);
    assert_eq!(leftovers[0]["fate"], "still running");
}

#[test]
fn a_command_may_close_its_output_early() {
    let place = Place::new();
    let (output, _) = place.run(&place.sh("echo last; exec >&- 2>&-; sleep 0.1; exit 4"));
    assert_eq!(
        (&output.facts["stdout"], &output.facts["exit_code"]),
        (&json!("last\n"), &json!(4))
    );
}

#[test]
fn a_late_writer_is_heard_within_the_drain() {
    let place = Place::new();
    let (output, _) = place.run(&place.sh("(sleep 0.05; echo late) & echo early"));
    assert_eq!(output.facts["stdout"], "early\nlate\n");
}

#[test]
fn any_bytes_are_taken() {
    let place = Place::new();
    let (output, lines) = place.run(&place.sh(r"printf 'a\000b\377c\033[31mred\033[0m\n'"));
    assert_eq!(output.facts["stdout"], "a\0b\u{fffd}c\u{1b}[31mred\u{1b}[0m\n");
    assert_eq!(lines.len(), 1);
    assert!(!lines[0].contains(['\0', '\u{1b}']), "{lines:?}");
}

#[test]
fn middling_output_is_a_fact_and_a_private_file() {
    let place = Place::new();
    let (output, _) = place.run(&place.sh("head -c 5000 /dev/zero | tr '\\0' x"));
    let whole = "x".repeat(5000);
    assert_eq!(output.facts["stdout"], whole.as_str());
    let [kept] = output.evidence.as_slice() else { unreachable!("{:?}", output.evidence) };
    assert_eq!(kept.path, "evidence/0007-restore.1-stdout");
    assert_eq!((kept.bytes, kept.sha256.as_str()), (5000, sha256(whole.as_bytes()).as_str()));
    assert_eq!((kept.whole_bytes, &kept.whole_sha256), (None, &None));
    let file = place.path(&kept.path);
    assert_eq!(fs::read(&file).unwrap(), whole.as_bytes());
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_flood_is_bounded_counted_and_hashed() {
    const MIB: usize = 1024 * 1024;
    let place = Place::new();
    let (output, lines) = place.run(&place.sh("yes 0123456789abcde | head -c 67108864"));
    let whole = b"0123456789abcde\n".repeat(4 * MIB);
    assert_eq!(output.facts["stdout"].as_str().unwrap().as_bytes(), &whole[..FACT_CAP]);
    assert_eq!(output.facts["stdout_truncated"], true);
    let kept = &output.evidence[0];
    assert_eq!(kept.whole_bytes, Some(whole.len() as u64));
    assert_eq!(kept.whole_sha256.as_deref(), Some(sha256(&whole).as_str()));
    let file = fs::read(place.path(&kept.path)).unwrap();
    assert_eq!((kept.bytes, &kept.sha256), (file.len() as u64, &sha256(&file)));
    assert_eq!(&file[..16 * MIB], &whole[..16 * MIB]);
    assert_eq!(&file[file.len() - 16 * MIB..], &whole[whole.len() - 16 * MIB..]);
    let mark = String::from_utf8_lossy(&file[16 * MIB..file.len() - 16 * MIB]);
    assert_eq!(mark, "\n[mayday: 33554432 bytes between here and the end were not kept]\n");
    assert!(lines.len() < 10_000, "{} lines", lines.len());
    let names: Vec<_> = fs::read_dir(place.path("evidence")).unwrap().collect();
    assert_eq!(names.len(), 1, "only the file itself stays: {names:?}");
}

#[test]
fn a_long_line_without_end_is_whole_in_the_evidence() {
    let place = Place::new();
    let (output, lines) = place.run(&place.sh("head -c 10000000 /dev/zero | tr '\\0' y"));
    let kept = &output.evidence[0];
    assert_eq!((kept.bytes, kept.whole_bytes), (10_000_000, None));
    assert_eq!(kept.sha256, sha256(&b"y".repeat(10_000_000)));
    assert_eq!(lines.len(), 1);
    assert!(lines[0].ends_with("y [line cut here]") && lines[0].len() < 5000);
}

#[test]
fn output_is_kept_nowhere_when_it_holds_a_secret() {
    let place = Place::new();
    let mut spec = place.sh("head -c 10000 /dev/zero | tr '\\0' s");
    spec.withhold = true;
    let (output, lines) = place.run(&spec);
    assert_eq!(output.facts["stdout"].as_str().map(str::len), Some(10_000));
    assert!(lines.is_empty() && output.evidence.is_empty());
    assert!(!place.path("evidence").exists());
}

#[test]
fn a_disk_that_takes_nothing_does_not_stop_the_command() {
    let place = Place::new();
    fs::write(place.path("evidence"), "a file where the folder should be").unwrap();
    let (output, _) = place.run(&place.sh("head -c 10000 /dev/zero; echo $?; exit 0"));
    assert_eq!(output.ending, Ending::Done);
    assert_eq!(output.facts["exit_code"], 0);
    let reason = output.facts["not_kept"][0].as_str().unwrap();
    assert!(reason.starts_with("keep stdout: "), "{reason}");
}

#[test]
fn evidence_never_goes_through_a_link() {
    let place = Place::new();
    let elsewhere = Place::new();
    std::os::unix::fs::symlink(elsewhere.folder.path(), place.path("evidence")).unwrap();
    let (output, _) = place.run(&place.sh("head -c 10000 /dev/zero"));
    assert!(output.facts["not_kept"][0].is_string());
    assert_eq!(fs::read_dir(elsewhere.folder.path()).unwrap().count(), 0);
}

#[test]
fn a_crowd_of_children_is_ended_and_the_list_stays_short() {
    let place = Place::new();
    let script = "i=0; while [ $i -lt 60 ]; do sleep 1000 >/dev/null 2>&1 & i=$((i+1)); done";
    let (output, _) = place.run(&place.sh(script));
    let leftovers = output.facts["leftovers"].as_array().unwrap();
    assert_eq!(leftovers.len(), 20);
    for each in leftovers {
        assert!(!alive(each["pid"].as_i64().unwrap()));
        assert_eq!(each["fate"], Value::from("ended"));
    }
}

#[test]
fn a_secret_is_hidden_in_facts_lines_and_evidence_however_it_is_cut() {
    let place = Place::new();
    let value = "hunter2secret".to_owned().into();
    let script = "head -c 8000 /dev/zero | tr '\\0' .; \
                  printf 'hunt'; sleep 0.05; printf 'er2sec'; sleep 0.05; echo ret; echo hunter2secret >&2";
    let mut spec = place.sh(script);
    spec.redactor.add("db", &value).unwrap();
    let (output, lines) = place.run(&spec);
    let kept = fs::read_to_string(place.path(&output.evidence[0].path)).unwrap();
    let whole = format!("{}[redacted:db]\n", ".".repeat(8000));
    assert_eq!(output.facts["stdout"], whole.as_str());
    assert_eq!(output.facts["stderr"], "[redacted:db]\n");
    assert_eq!(kept, whole);
    assert_eq!(output.evidence[0].sha256, sha256(whole.as_bytes()));
    assert!(!lines.iter().any(|line| line.contains("hunt") || line.contains("ret")), "{lines:?}");
}
