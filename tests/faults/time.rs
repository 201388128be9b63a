//! Clocks that are set, machines that slept or were started anew (F28, F29, F30).
//!
//! Real processes: the wall clock is faked by libfaketime, which leaves the boot clock alone; a sleep of the
//! machine is a time namespace whose boot clock is ahead; another boot has another boot id, mounted over the
//! kernel's in a namespace of its own.

use std::path::Path;
use std::process::Command;

use rustix::process::Signal;
use rustix::time::{ClockId, clock_gettime};
use serde_json::Value;

use crate::cli::{Beside, CONFIG, desk, desk_with, until};
use crate::faults::{Row, always, has, is_root};
use crate::support::desk::{Desk, MAYDAY, Said};
use crate::support::keeper::{keepers, kill_keepers};

/// Where Debian has it.
const FAKETIME: &str = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1";

/// Far beyond what any step here takes, and far below what any clock is set by, in milliseconds.
const FAR: i64 = 300_000;

const WAITS: &str = "touch waits; while ! test -e go; do sleep 0.02; done";

/// mayday at the desk, begun by another program.
fn under(desk: &Desk, program: &[&str], arguments: &[&str]) -> Command {
    let plain = desk.command(arguments);
    let mut command = Command::new(program[0]);
    command.args(&program[1..]).arg(MAYDAY).args(arguments).env_clear();
    command.current_dir(desk.path("")).stdin(std::process::Stdio::null());
    for (name, value) in plain.get_envs() {
        command.env(name, value.unwrap());
    }
    command
}

/// The wall clock of a command is off by what the desk's file says.
fn faked(desk: &Desk, command: &mut Command) {
    command
        .env("LD_PRELOAD", FAKETIME)
        .env("FAKETIME_TIMESTAMP_FILE", desk.path("clock"))
        .env("FAKETIME_NO_CACHE", "1")
        .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
        .env("NO_FAKE_STAT", "1");
}

/// Sets that clock: so many seconds off the true one.
fn set_clock(desk: &Desk, off: i64) {
    desk.write("clock.new", &format!("{off:+}"));
    std::fs::rename(desk.path("clock.new"), desk.path("clock")).unwrap();
}

/// How far an instant is from now, in seconds.
fn off(instant: &str) -> i64 {
    let at: mayday::time::Timestamp = instant.parse().unwrap();
    at.millis() / 1000 - clock_gettime(ClockId::Realtime).tv_sec
}

/// Every event of the newest run.
fn events(desk: &Desk) -> Vec<Value> {
    let runs = std::fs::read_dir(desk.path("state")).into_iter().flatten().flatten();
    let journals = runs.map(|run| run.path().join("journal.jsonl"));
    let Some(journal) = journals.filter(|path| path.exists()).max() else { return Vec::new() };
    let text = std::fs::read_to_string(journal).unwrap();
    let whole = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    whole.map(|mut line| line["ev"].take()).collect()
}

fn of<'a>(events: &'a [Value], kind: &str) -> Vec<&'a Value> {
    events.iter().filter(|event| event["type"] == kind).collect()
}

fn of_step<'a>(events: &'a [Value], kind: &str, step: &str) -> &'a Value {
    let found = of(events, kind).into_iter().rfind(|event| event["step"] == step);
    found.unwrap_or_else(|| panic!("no {kind} of {step}: {events:#?}"))
}

fn boot(event: &Value) -> i64 {
    event["boot_ms"].as_i64().unwrap()
}

fn report(desk: &Desk) -> Value {
    let said = desk.mayday(&["report", "--format", "json"]);
    assert_eq!(said.code, Some(0), "{}", said.all());
    serde_json::from_str(&said.out).unwrap()
}

/// The deviations of a report, in words.
fn deviations(report: &Value) -> String {
    let list = report["deviations"].as_array().unwrap();
    let words: Vec<_> =
        list.iter().map(|found| format!("{}: {}", found["kind"], found["what"])).collect();
    words.join("\n")
}

/// A wall clock and what is done to it.
struct Clock {
    what: &'static str,
    zone: &'static str,
    /// At the start: an instant, or the true time.
    starts: Option<&'static str>,
    /// Set by so many seconds, one after the other, while a command runs.
    sets: &'static [i64],
    /// The last one while nobody drives.
    down: bool,
}

const fn clock(what: &'static str, starts: Option<&'static str>, sets: &'static [i64]) -> Clock {
    Clock { what, zone: "UTC", starts, sets, down: false }
}

const NEW_YORK: &str = "America/New_York";

/// To 2038 and to 1970, from whenever this is run: the test works it out.
const TO_2038: i64 = i64::MAX;
const TO_1970: i64 = i64::MIN;

const CLOCKS: [Clock; 12] = [
    clock("an hour forward", None, &[3600]),
    clock("an hour back", None, &[-3600]),
    clock("to 2038", None, &[TO_2038]),
    clock("to 1970", None, &[TO_1970]),
    clock("over the end of 32 bits", Some("2038-01-19T03:14:06Z"), &[]),
    clock("from 1970 to now", Some("1970-01-01T00:00:05Z"), &[1_790_000_000]),
    Clock { zone: NEW_YORK, ..clock("summer time begins", Some("2026-03-08T06:59:59Z"), &[]) },
    Clock { zone: NEW_YORK, ..clock("summer time ends", Some("2026-11-01T05:59:59Z"), &[]) },
    // A second twice: too little to be told, and no reason to be wrong by more than it.
    clock("a leap second", Some("2016-12-31T23:59:59Z"), &[-1]),
    clock("three times", None, &[600, -1200, 30]),
    Clock { down: true, ..clock("back while nobody drives", None, &[-3600]) },
    Clock { down: true, ..clock("forward while nobody drives", None, &[86_400]) },
];

const TIMED: &str = "
  - {id: wait, title: Wait, effect: read, shell: 'touch waits; while ! test -e go; do sleep 0.02; done'}
  - {id: rest, title: Rest, pause: 1s}
  - {id: limit, title: Limit, effect: read, timeout: 3s, kill_after: 1s, on_fail: continue, shell: 'sleep 600'}";

fn a_clock_is_set(clock: &Clock) {
    let desk = desk_with(CONFIG, "objectives: { rto: 3s, starts: run }", TIMED);
    let start = clock.starts.map_or(0, off);
    set_clock(&desk, start);
    let drive = |arguments: &[&str]| {
        let mut command = desk.command(arguments);
        faked(&desk, &mut command);
        command.env("TZ", clock.zone);
        Beside::start(command)
    };
    let stepped = || of(&events(&desk), "clock_stepped").len();
    let mut run = Some(drive(&["run", "p"]));
    until("the command runs", || desk.path("waits").exists());
    let mut at = start;
    let mut told = Vec::new();
    for by in clock.sets {
        let by = match *by {
            TO_2038 => off("2038-01-19T03:14:06Z"),
            TO_1970 => off("1970-01-01T00:00:05Z"),
            by => by,
        };
        at += by;
        if clock.down {
            let run = run.take().unwrap();
            run.signal(Signal::KILL);
            assert_eq!(run.end().code, None);
        }
        set_clock(&desk, at);
        if clock.down {
            std::fs::remove_file(desk.path("waits")).unwrap();
            run = Some(drive(&["resume"]));
            until("the command runs again", || desk.path("waits").exists());
        }
        if by.abs() > 2 {
            told.push(by);
            until("it is told", || stepped() == told.len());
        }
    }
    desk.write("go", "");
    let said = run.unwrap().end();
    said.is(0, &["COMPLETED", "RTO MISSED"]);
    let events = events(&desk);
    let what = clock.what;
    let seen: Vec<i64> =
        of(&events, "clock_stepped").iter().map(|event| event["by_ms"].as_i64().unwrap()).collect();
    // A second is where telling begins.
    let seen: Vec<i64> = seen.into_iter().filter(|by| by.abs() > 2000).collect();
    assert_eq!(seen.len(), told.len(), "{what}: {seen:?}");
    for (seen, told) in seen.iter().zip(&told) {
        assert!((seen - told * 1000).abs() <= 1000, "{what}: {seen} for {told} s");
    }
    // Neither early nor lost.
    let (first, last) = (&events[0], events.last().unwrap());
    let late = |from: &Value, to: &Value, due: i64| {
        let after = boot(to) - boot(from);
        assert!((due - 100..due + FAR).contains(&after), "{what}: {after} ms for {due}: {to}");
    };
    late(first, of(&events, "deadline_passed")[0], 3000);
    assert_eq!(of(&events, "deadline_passed").len(), 1, "{what}");
    for (step, due) in [("rest", 1000), ("limit", 3000)] {
        late(of_step(&events, "started", step), of_step(&events, "ended", step), due);
    }
    assert_eq!(of_step(&events, "ended", "limit")["ending"]["ended"], "timed_out");
    let report = report(&desk);
    let (took, passed) = (report["run"]["took_ms"].as_i64().unwrap(), boot(last) - boot(first));
    // Not more than a second, and the grain of the clocks.
    assert!((took - passed).abs() <= 1010, "{what}: {took} ms for {passed}");
    let parts = report["ledger"]["parts"].as_array().unwrap();
    let sum: i64 = parts.iter().map(|part| part["ms"].as_i64().unwrap()).sum();
    assert!((sum - passed).abs() <= 1010, "{what}: {sum} ms for {passed}");
    assert!(deviations(&report).matches("clock_step").count() >= told.len(), "{what}");
}

#[test]
fn a_wall_clock_that_is_set_moves_no_deadline_and_no_length_of_time() {
    let mut row =
        Row::new("F28", "wall clock set, at 2038, 1970, DST and a leap second", always(12));
    if !Path::new(FAKETIME).exists() {
        return row.skip_rest("libfaketime is not installed");
    }
    // Most of the time they wait; four at once.
    for some in CLOCKS.chunks(4) {
        std::thread::scope(|scope| {
            let tries: Vec<_> =
                some.iter().map(|clock| scope.spawn(|| a_clock_is_set(clock))).collect();
            let failed =
                tries.into_iter().map(std::thread::ScopedJoinHandle::join).filter(Result::is_err);
            assert_eq!(failed.count(), 0, "a clock was not withstood");
        });
        row.each_of(u32::try_from(some.len()).unwrap());
    }
}

/// Drives until the command waits, then kills the driver.
fn killed(desk: &Desk) {
    let run = Beside::start(desk.command(&["run", "p"]));
    until("the command waits", || desk.path("waits").exists());
    run.signal(Signal::KILL);
    assert_eq!(run.end().code, None);
}

/// The same, for a run with a pause.
fn killed_at(desk: &Desk, step: &str) {
    let run = Beside::start(desk.command(&["run", "p"]));
    until("the step began", || {
        of(&events(desk), "started").iter().any(|event| event["step"] == step)
    });
    run.signal(Signal::KILL);
    assert_eq!(run.end().code, None);
}

/// How long the machine sleeps, in seconds.
const SLEPT: i64 = 7200;

/// The machine slept for so many seconds; a real-time clock that stood still meanwhile did not notice.
fn resume_after_sleep(desk: &Desk, slept: i64, wall_too: bool) -> Said {
    let boot = slept.to_string();
    let mut command =
        under(desk, &["unshare", "--time", "--boottime", &boot, "--fork", "--"], &["resume"]);
    set_clock(desk, if wall_too { slept } else { 0 });
    faked(desk, &mut command);
    Said::from(command.output().unwrap())
}

fn elapsed(report: &Value) -> i64 {
    report["run"]["took_ms"].as_i64().unwrap()
}

#[test]
fn a_sleep_of_the_machine_counts() {
    let mut row = Row::new("F29", "the machine sleeps between two drivers", always(6));
    if !is_root() {
        return row.skip_rest("needs root for a time namespace");
    }
    let namespace = ["--time", "--boottime", "7200", "--fork", "true"];
    if !Command::new("unshare").args(namespace).output().is_ok_and(|output| output.status.success())
    {
        return row.skip_rest("no time namespaces here");
    }
    if !Path::new(FAKETIME).exists() {
        return row.skip_rest("libfaketime is not installed");
    }
    let read = format!("  - {{id: r, title: R, effect: read, timeout: 12h, shell: '{WAITS}'}}");
    let rto = |rto: &str| format!("objectives: {{ rto: {rto}, starts: run }}");

    // The objective passed while it slept, and that is said; with both clocks, and with the boot clock alone.
    for (wall_too, steps) in [(true, 0), (false, 1)] {
        let desk = desk_with(CONFIG, &rto("1h"), &read);
        killed(&desk);
        desk.write("go", "");
        resume_after_sleep(&desk, SLEPT, wall_too)
            .is(0, &["RTO MISSED", "while nobody was driving"]);
        let events = events(&desk);
        assert_eq!(of(&events, "deadline_passed")[0]["while_down"], true);
        assert_eq!(of(&events, "clock_stepped").len(), steps, "{events:#?}");
        let report = report(&desk);
        let took = elapsed(&report) - SLEPT * 1000;
        assert!((0..FAR).contains(&took), "{took}");
        assert!(
            deviations(&report).contains("nobody drove for at most 2h"),
            "{}",
            deviations(&report)
        );
        row.pass();
    }

    // An objective that is still ahead has the sleep taken off.
    let desk = desk_with(CONFIG, &rto("3h"), &read);
    killed(&desk);
    desk.write("go", "");
    let said = resume_after_sleep(&desk, SLEPT, true);
    said.is(0, &["The clock went on: 2:00:", "recovered after 2:00:"]);
    assert!(of(&events(&desk), "deadline_passed").is_empty());
    row.pass();

    // The time limit of a read passed: it is not begun again, and why is said.
    let desk = self::desk(&format!(
        "  - {{id: r, title: R, effect: read, timeout: 1h, on_fail: continue, shell: 'echo x >> begun; {WAITS}'}}"
    ));
    killed(&desk);
    desk.write("go", "");
    let said = resume_after_sleep(&desk, SLEPT, true);
    said.is(0, &["its time limit had passed (at "]);
    assert_eq!(std::fs::read_to_string(desk.path("begun")).unwrap(), "x\n");
    row.pass();

    // A change that ran on under its keeper has its true end.
    let desk = desk_with(
        CONFIG,
        &rto("1h"),
        &format!(
            "  - {{id: put, title: Put, effect: change, timeout: 30m, shell: '{WAITS}; echo x >> put'}}"
        ),
    );
    killed(&desk);
    desk.write("go", "");
    until("the command came to its end", || keepers(&desk).is_empty());
    resume_after_sleep(&desk, SLEPT, true).is(0, &["OK", "RTO MISSED"]);
    assert_eq!(std::fs::read_to_string(desk.path("put")).unwrap(), "x\n");
    row.pass();

    // A pause is over when the machine slept through its end.
    let desk = self::desk("  - {id: p, title: P, pause: 1h}");
    killed_at(&desk, "p");
    resume_after_sleep(&desk, SLEPT, true).is(0, &["COMPLETED"]);
    row.pass();
}

/// Another boot: its id is another one; its boot clock is `back` seconds behind where it was.
fn resume_after_reboot(desk: &Desk, back: i64, wall: i64) -> Said {
    desk.write("boot_id", "11111111-2222-3333-4444-555555555555\n");
    let id = desk.path("boot_id").to_string_lossy().into_owned();
    let boot = (-back).to_string();
    let script = "mount --bind \"$0\" /proc/sys/kernel/random/boot_id && exec \"$@\"";
    let mut program = vec!["unshare", "--mount"];
    if back > 0 {
        program.extend(["--time", "--boottime", &boot, "--fork"]);
    }
    program.extend(["--", "sh", "-c", script, &id]);
    let mut command = under(desk, &program, &["resume"]);
    if wall != 0 {
        set_clock(desk, wall);
        faked(desk, &mut command);
    }
    Said::from(command.output().unwrap())
}

/// What the screen says of it.
const FLAG: &str = "This machine was started anew since, or it is another one";

#[test]
fn another_boot_leaves_nothing_running_and_counts_by_the_wall_clock() {
    let mut row = Row::new("F30", "the machine is started anew between two drivers", always(6));
    if !is_root() {
        return row.skip_rest("needs root for a mount namespace");
    }
    let namespace = ["--mount", "true"];
    if !Command::new("unshare").args(namespace).output().is_ok_and(|output| output.status.success())
    {
        return row.skip_rest("no mount namespaces here");
    }
    let put = |end: &str| {
        format!(
            "  - {{id: put, title: Put, effect: change, shell: '{WAITS}; echo x >> put; {end}'}}"
        )
    };
    let count =
        |desk: &Desk| std::fs::read_to_string(desk.path("put")).unwrap_or_default().lines().count();
    let flagged = |desk: &Desk| {
        let words = deviations(&report(desk));
        assert!(words.contains("by the wall clock: the machine was started anew since"), "{words}");
    };

    // A change whose keeper went down with everything: unknown, and not begun again.
    let desk = desk(&put("true"));
    killed(&desk);
    kill_keepers(&desk);
    desk.write("go", "");
    let said = resume_after_reboot(&desk, 0, 0);
    said.is(11, &[FLAG, "put", "unknown", "--assume put=done"]);
    assert_eq!(of_step(&events(&desk), "ended", "put")["ending"]["ended"], "unknown");
    assert!(count(&desk) <= 1);
    flagged(&desk);
    row.pass();

    // One that came to its end before: its true end, good or bad.
    for (end, code, words) in [("true", 0, "OK"), ("exit 3", 5, "exit code 3")] {
        let desk = self::desk(&put(end));
        killed(&desk);
        desk.write("go", "");
        until("the command came to its end", || keepers(&desk).is_empty());
        resume_after_reboot(&desk, 0, 0).is(code, &[FLAG, words]);
        assert_eq!(count(&desk), 1);
        flagged(&desk);
        row.pass();
    }

    // A read is begun again. The boot clock began anew, and nothing is counted by it.
    let desk = desk_with(
        CONFIG,
        "objectives: { rto: 1h, starts: run }",
        &format!("  - {{id: r, title: R, effect: read, shell: 'echo x >> put; {WAITS}'}}"),
    );
    killed(&desk);
    desk.write("go", "");
    resume_after_reboot(&desk, 20, 0).is(0, &[FLAG]);
    assert_eq!(count(&desk), 2);
    let events = events(&desk);
    assert!(boot(events.last().unwrap()) < boot(&events[0]), "{events:#?}");
    assert!(of(&events, "clock_stepped").is_empty(), "{events:#?}");
    assert!((0..FAR).contains(&elapsed(&report(&desk))));
    flagged(&desk);
    row.pass();

    if !Path::new(FAKETIME).exists() || !has("unshare") {
        return row.skip_rest("libfaketime is not installed");
    }
    // Two hours later by the wall clock: they count, and the objective passed meanwhile.
    let desk = desk_with(
        CONFIG,
        "objectives: { rto: 1h, starts: run }",
        &format!("  - {{id: r, title: R, effect: read, timeout: 12h, shell: '{WAITS}'}}"),
    );
    killed(&desk);
    desk.write("go", "");
    resume_after_reboot(&desk, 0, 7200).is(0, &[FLAG, "RTO MISSED", "while nobody was driving"]);
    assert!((7_200_000..7_200_000 + FAR).contains(&elapsed(&report(&desk))));
    flagged(&desk);
    row.pass();

    // A pause that ended meanwhile is over; one that did not goes on.
    let desk = self::desk("  - {id: p, title: P, pause: 1h}");
    killed_at(&desk, "p");
    resume_after_reboot(&desk, 0, 7200).is(0, &[FLAG, "COMPLETED"]);
    flagged(&desk);
    row.pass();
}
