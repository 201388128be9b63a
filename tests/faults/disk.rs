//! Disks that are full, limited, forbidden, or gone in the middle of a run of the real program (F09 to F13).
//!
//! What must hold each time: no step runs twice, none runs without its durable announcement, what is said
//! to be recorded is recorded somewhere, and `verify` finds it whole.

use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use super::{Count, Row, always, has, is_root};
use crate::support::desk::{Desk, MAYDAY, Said};

/// A place on the disk that works, for the record.
pub(super) const CONFIG: &str =
    "default_environment: here\nrecord_fallback: fallback\nenvironments: {here: {danger: low}}\n";

/// A desk whose playbook `p` has so many changes, each of them run by this script, which may use `$N`.
pub(super) fn desk(steps: u32, script: &str) -> Desk {
    let desk = Desk::with(&[("mayday.yaml", CONFIG)]);
    let mut text = "mayday: 1\nid: p\ntitle: Try it\nsteps:\n".to_owned();
    for n in 0..steps {
        text += &format!(
            "  - id: s{n}\n    title: Step {n}\n    effect: change\n    shell: |\n      N={n}; echo s{n} >> \"$DONE\"\n      {script}\n"
        );
    }
    desk.write("playbooks/p.yaml", &text);
    desk
}

/// A command at the desk, around a shell script; `$MAYDAY` is the program.
pub(super) fn shell(desk: &Desk, around: &[&str], script: &str) -> Command {
    let words: Vec<&str> = around.iter().copied().chain(["bash", "-c", script]).collect();
    let mut command = Command::new(words[0]);
    command
        .args(&words[1..])
        .current_dir(desk.path(""))
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("HOME", desk.path("home"))
        .env("DONE", desk.path("done"))
        .env("MAYDAY", MAYDAY)
        .env("MAYDAY_STATE_DIR", desk.path("disk/runs"))
        .env("MAYDAY_OPERATOR", "ada")
        .stdin(Stdio::null());
    command
}

/// Words that give a command mounts of its own; `None` where that is not allowed.
pub(super) fn own_mounts() -> Option<&'static [&'static str]> {
    const WAYS: [&[&str]; 2] = [&["unshare", "-m"], &["unshare", "-Ur", "-m"]];
    let mount = ["bash", "-c", "mount -t tmpfs -o size=64k none /mnt"];
    let works = |way: &&&[&str]| {
        let words: Vec<&str> = way.iter().copied().chain(mount).collect();
        let mut command = Command::new(words[0]);
        command.args(&words[1..]).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    };
    WAYS.iter().find(works).copied()
}

/// How often each step ran.
pub(super) fn ran(desk: &Desk) -> Vec<String> {
    let done = std::fs::read_to_string(desk.path("done")).unwrap_or_default();
    done.lines().map(str::to_owned).collect()
}

pub(super) fn all_steps(steps: u32) -> Vec<String> {
    (0..steps).map(|n| format!("s{n}")).collect()
}

/// The events of the only run below a folder of runs.
pub(super) fn events(runs: &Path) -> Vec<Value> {
    let runs: Vec<PathBuf> = std::fs::read_dir(runs)
        .into_iter()
        .flatten()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("journal.jsonl").is_file())
        .filter(|path| !path.file_name().unwrap().to_string_lossy().starts_with('.'))
        .collect();
    let [run] = runs.as_slice() else { return Vec::new() };
    let text = std::fs::read_to_string(run.join("journal.jsonl")).unwrap();
    text.lines()
        .filter_map(|line| Some(serde_json::from_str::<Value>(line).ok()?["ev"].clone()))
        .collect()
}

pub(super) fn count(events: &[Value], kind: &str) -> usize {
    events.iter().filter(|event| event["type"] == kind).count()
}

/// Every step that ran was announced before, and none ran twice.
#[track_caller]
pub(super) fn announced(desk: &Desk, events: &[Value]) {
    let ran = ran(desk);
    for (at, step) in ran.iter().enumerate() {
        assert!(!ran[..at].contains(step), "{step} ran twice: {ran:?}");
        let announced = |event: &Value| event["type"] == "started" && event["step"] == **step;
        assert!(events.iter().any(announced), "{step} ran without being announced");
    }
}

/// The record that went on at the fallback is whole, and so is what the commands say of it.
#[track_caller]
fn whole_in_fallback(desk: &Desk) -> Vec<Value> {
    let events = events(&desk.path("fallback"));
    assert_eq!(count(&events, "record_moved"), 1, "{:?}", events.last());
    let mayday = |words: &str| {
        let script = format!("exec \"$MAYDAY\" {words}");
        Said::from(shell(desk, &["env"], &script).output().unwrap())
    };
    mayday("verify 2").is(0, &["OK  the record is whole and unchanged"]);
    mayday("runs").is(0, &["completed"]);
    mayday("status").is(0, &["completed"]);
    let report = mayday("report");
    report.is(0, &["Read this first", "The record went on in", "fallback"]);
    assert!(report.out.matches("The record went on in").count() >= 2, "{}", report.out);
    events
}

#[test]
fn f09_a_disk_that_fills_up_at_any_place_does_not_stop_the_run() {
    let mut row = Row::new(
        "F09",
        "disk full at every size: the run goes on elsewhere",
        Count { ci: 56, soak: 56 },
    );
    let Some(way) = own_mounts() else {
        return row.skip_rest("this machine lets nobody mount a small disk");
    };
    row.each(|n| {
        let desk = desk(6, "if test $N = 2; then cat /dev/zero > disk/filler 2>&- || true; fi; head -c 9000 /dev/zero | tr '\\0' a");
        let script = format!(
            "mkdir disk && mount -t tmpfs -o size={}k,mode=700 none disk && exec \"$MAYDAY\" run p --record-elsewhere",
            32 + 4 * n
        );
        let said = Said::from(shell(&desk, way, &script).output().unwrap());
        said.is(0, &["COMPLETED", "The record went on in"]);
        assert_eq!(ran(&desk), all_steps(6));
        announced(&desk, &whole_in_fallback(&desk));
    });
}

#[test]
fn f11_a_limit_of_file_sizes_stops_the_run_with_a_sentence_and_loses_nothing() {
    let mut row = Row::new(
        "F11",
        "limit of file sizes (ulimit -f) with a file of the record at it",
        always(10),
    );
    row.each(|n| {
        let desk = desk(6, "head -c 30000 /dev/zero | tr '\\0' a");
        let script = format!("ulimit -f {}; exec \"$MAYDAY\" run p", 8 + 2 * n);
        let said = Said::from(shell(&desk, &["env"], &script).output().unwrap());
        // The record itself reached the limit, or what its keeper writes did.
        match said.code {
            Some(1) => said.is(1, &["failed to write the record", "hint:"]),
            _ => said.is(11, &["OUTCOME UNKNOWN", "mayday resume"]),
        }
        let runs = desk.path("disk/runs");
        announced(&desk, &events(&runs));
        let verify = shell(&desk, &["env"], "\"$MAYDAY\" verify 2").output().unwrap();
        Said::from(verify).is(0, &["OK"]);
        // With room again it goes on; what was in flight is asked about, not repeated.
        let resumed = Said::from(shell(&desk, &["env"], "\"$MAYDAY\" resume").output().unwrap());
        assert!(matches!(resumed.code, Some(0 | 11)), "{}", resumed.all());
        announced(&desk, &events(&runs));
    });
}

/// A state folder that cannot be used, made by a script as root, and a word of what is said.
const FORBIDDEN: [(&str, &str); 8] = [
    ("mkdir -p disk/runs; chown -R 65534 disk; chmod 555 disk/runs", "denied"),
    ("mkdir disk; chmod 755 disk", "denied"),
    ("mkdir -p disk/runs", "belongs to another user"),
    ("mkdir -p disk other; chown 65534 disk other; ln -s ../other disk/runs", "symbolic link"),
    ("mkdir disk; chown 65534 disk; touch disk/runs", "not a folder"),
    ("mkdir -p disk/runs; chown -R 65534 disk; chmod 777 disk/runs", "others may write"),
    ("mkdir disk; mount -t tmpfs -o nr_inodes=2,mode=777 none disk", "No space left"),
    ("mkdir disk; mount -t tmpfs -o ro none disk", "Read-only"),
];

#[test]
fn f12_a_state_folder_that_cannot_be_used_is_said_and_another_is_offered() {
    let mut row =
        Row::new("F12", "state folder read-only, missing, not ours, a link, a file", always(8));
    if !is_root() {
        return row.skip_rest("only root can make folders of somebody else");
    }
    row.each(|n| {
        let (make, word) = FORBIDDEN[n as usize];
        for (flag, code) in [("", 4), ("--record-elsewhere", 0)] {
            let desk = desk(2, "true");
            // The binary may lie where only root can look.
            assert!(Command::new("cp").arg(MAYDAY).arg(desk.path("mayday")).status().unwrap().success());
            let script = format!(
                "set -e; chown 65534 .; chmod 755 . mayday; {make}\nsetpriv --reuid=65534 --regid=65534 --clear-groups ./mayday run p {flag}"
            );
            let said = Said::from(shell(&desk, &["unshare", "-m"], &script).output().unwrap());
            if code == 0 {
                said.is(0, &["COMPLETED", word]);
                assert_eq!(ran(&desk), all_steps(2));
                let events = events(&desk.path("fallback"));
                assert_eq!((&events[0]["type"], &events[1]["type"]), (&"opened".into(), &"record_moved".into()));
            } else {
                said.is(code, &["failed to", word, "disk", "--record-elsewhere"]);
                assert_eq!(ran(&desk), [""; 0]);
                assert!(!desk.path("fallback").exists());
            }
        }
    });
}

#[test]
fn f13_a_file_system_that_is_shut_down_in_mid_run_does_not_stop_it() {
    let mut row = Row::new("F13", "file system shut down in mid-run, never comes back", always(20));
    if !is_root() || !has("xfs_io") || !has("mkfs.ext4") {
        return row.skip_rest("needs root, mkfs.ext4, mkfs.xfs and xfs_io");
    }
    row.each(|n| {
        let kind = if n % 2 == 0 { "ext4" } else { "xfs" };
        let at = n / 4;
        let desk = desk(6, &format!("if test $N = {at}; then xfs_io -x -c shutdown \"$PWD/disk\"; fi"));
        let script = format!(
            "set -e; truncate -s 320M image; mkfs.{kind} -q image; mkdir disk; mount -o loop image disk\n\"$MAYDAY\" run p --record-elsewhere"
        );
        let said = Said::from(shell(&desk, &["unshare", "-m"], &script).output().unwrap());
        said.is(0, &["COMPLETED", "The record went on in"]);
        assert_eq!(ran(&desk), all_steps(6));
        let events = whole_in_fallback(&desk);
        announced(&desk, &events);
        // Within one event of the end of the step that did it.
        let place = |kind: &str, step: Option<String>| {
            let wanted = |event: &Value| {
                event["type"] == kind && step.as_ref().is_none_or(|step| event["step"] == **step)
            };
            events.iter().position(wanted).unwrap()
        };
        let (ended, moved) = (place("ended", Some(format!("s{at}"))), place("record_moved", None));
        let next = place("settled", Some(format!("s{at}"))) + 2;
        assert!(ended < moved && moved <= next + 2, "{ended} {moved} {next}");
    });
}

/// Calls and errors that the main thread of mayday gets, one at a time.
const CALLS: [&str; 6] = ["write", "fsync", "fdatasync", "openat", "rename", "ftruncate"];
const ERRORS: [&str; 5] = ["EIO", "ENOSPC", "EDQUOT", "EROFS", "EINTR"];

#[test]
fn f10_any_error_of_any_call_neither_panics_nor_repeats_nor_loses() {
    let mut row = Row::new(
        "F10",
        "EIO, ENOSPC, EDQUOT, EROFS, EINTR at the k-th system call",
        Count { ci: 120, soak: 600 },
    );
    let Some(way) = own_mounts().filter(|_| has("strace")) else {
        return row.skip_rest("needs strace, and a small disk of its own");
    };
    let many = if row.wanted() > 200 { 1 } else { 5 };
    row.each(|n| {
        let call = CALLS[n as usize % 6];
        let error = ERRORS[n as usize / 6 % 5];
        // Spread over the run: the 20 first calls, or every fifth of them.
        let k = 1 + n / 30 * many;
        let desk = desk(3, "true");
        let script = format!(
            "mkdir disk && mount -t tmpfs none disk\nstrace -o trace -e trace={call} -e inject={call}:error={error}:when={k} \"$MAYDAY\" run p --json --record-elsewhere\nCODE=$?; cp -a disk kept; exit $CODE"
        );
        let output = shell(&desk, way, &script).output().unwrap();
        let what = format!("{error} at {call} {k}");
        assert_eq!(output.status.signal(), None, "{what}");
        assert_ne!(output.status.code(), Some(101), "{what}: {}", String::from_utf8_lossy(&output.stderr));
        let said = Said::from(output);
        assert!(!said.err.contains("panicked"), "{what}: {}", said.err);
        let mut recorded = events(&desk.path("kept/runs"));
        let elsewhere = events(&desk.path("fallback"));
        if elsewhere.len() > recorded.len() {
            recorded = elsewhere;
        }
        announced(&desk, &recorded);
        acknowledged(&said.out, &recorded, &what);
        if !recorded.is_empty() {
            // The folder of runs is looked for under the name that it had.
            let verify = "rmdir disk; mv kept disk; exec \"$MAYDAY\" verify 2";
            Said::from(shell(&desk, &["env"], verify).output().unwrap()).is(0, &["OK"]);
        }
        if call == "fdatasync" && error != "EINTR" {
            never_again(&std::fs::read_to_string(desk.path("trace")).unwrap(), &what);
        }
    });
}

/// What was shown is what is recorded.
#[track_caller]
pub(super) fn acknowledged(shown: &str, recorded: &[Value], what: &str) {
    for line in shown.lines().skip(1) {
        let Ok(event) = serde_json::from_str::<Value>(line) else { continue };
        assert!(recorded.contains(&event), "{what}: shown and not recorded: {line}");
    }
}

/// No descriptor is synced again after a sync of it failed, unless it was opened anew meanwhile.
fn never_again(trace: &str, what: &str) {
    let syncs: Vec<&str> = trace.lines().filter(|line| line.contains("fdatasync(")).collect();
    let fd = |line: &str| line.split(['(', ')']).nth(1).unwrap_or_default().to_owned();
    let failed = syncs.iter().position(|line| line.contains("INJECTED"));
    let Some(failed) = failed else { return };
    let again = syncs[failed + 1..].iter().filter(|line| fd(line) == fd(syncs[failed])).count();
    assert_eq!(again, 0, "{what}: {trace}");
}
