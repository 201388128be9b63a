//! Commands that change something, and every way in which mayday or their keeper can end around them.
//!
//! The truth is a file that each command adds a line to: at most one line a step, whatever happens, and
//! no verdict that says otherwise.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use mayday::effect::{
    Effect, EffectId, Ending, Input, Output, ProcessEffect, Recover, RecoverCommand,
};
use mayday::time::Span;
use mayday::world::World as _;
use mayday::world::live::{LiveWorld, Setting};
use rustix::process::Signal;

use super::{Count, Row, always, has};
use crate::support::desk::{Desk, MAYDAY, Said};
use crate::support::keeper::{keepers, kill_keepers};

/// A run folder, and a world with a keeper that works in it.
struct Place {
    folder: tempfile::TempDir,
    keeper: PathBuf,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("attempts")).unwrap();
        Self { folder, keeper: PathBuf::from(MAYDAY) }
    }

    /// The keeper runs under strace, which kills it at the `at`-th call of that name.
    fn killed_at(call: &str, at: usize) -> Self {
        let mut place = Self::new();
        let script = place.folder.path().join("keeper");
        let text = format!(
            "#!/bin/sh\nexec strace -o {}/trace -e trace={call} -e inject={call}:signal=KILL:when={at} {MAYDAY} \"$@\"\n",
            place.folder.path().display()
        );
        std::fs::write(&script, text).unwrap();
        std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
        place.keeper = script;
        place
    }

    fn world(&self) -> LiveWorld {
        LiveWorld::open(Setting {
            secrets: BTreeMap::new(),
            base: self.folder.path().to_path_buf(),
            env_file: None,
            variables: Vec::new(),
            run_dir: self.folder.path().to_path_buf(),
            run_id: "run-1".to_owned(),
            operator: None,
            keeper: Some(self.keeper.clone()),
        })
        .unwrap()
    }

    /// A command of a kind that leaves a line and ends with 3.
    fn command(&self, kind: usize) -> Effect {
        let argv = ["/bin/sh", "-c", KINDS[kind % KINDS.len()]];
        Effect::Process(ProcessEffect {
            argv: argv.map(str::to_owned).to_vec(),
            env: Vec::new(),
            path: Vec::new(),
            cwd: self.folder.path().to_path_buf(),
            target: None,
            interactive: false,
            time_limit: Span::from_secs(60),
            kill_after: Span::from_secs(5),
            withhold: false,
            attempt: Some("put.1".to_owned()),
        })
    }

    fn truth(&self) -> usize {
        lines(&self.folder.path().join("truth"))
    }
}

fn lines(file: &Path) -> usize {
    std::fs::read_to_string(file).unwrap_or_default().lines().count()
}

/// How an effect ends.
fn end(world: &mut LiveWorld, id: EffectId) -> Output {
    loop {
        match world.wait(None) {
            Input::Done(done, output) if done == id => return output,
            Input::Line(..) => {}
            other => panic!("{other:?}"),
        }
    }
}

/// What a later driver finds out about it.
fn found(place: &Place) -> Output {
    let mut world = place.world();
    let command = RecoverCommand { attempt: "put.1".to_owned(), folders: Vec::new() };
    world.start(EffectId(7), Effect::Recover(Recover::Command(command)));
    end(&mut world, EffectId(7))
}

/// The verdict about a command must be the truth, or unknown. True when it was a verdict.
#[track_caller]
fn is_true(place: &Place, output: &Output) -> bool {
    match &output.ending {
        Ending::Done => {
            assert_eq!(output.facts["exit_code"], 3);
            assert_eq!(place.truth(), 1);
            true
        }
        Ending::NotDone { .. } => {
            assert_eq!(place.truth(), 0);
            true
        }
        Ending::Unknown { .. } => {
            assert!(place.truth() <= 1);
            false
        }
        // Nothing could be run, and that is said.
        Ending::Failed { message, .. } => {
            assert!(message.contains("nothing was run"), "{message}");
            assert_eq!(place.truth(), 0);
            true
        }
        other => panic!("{other:?}"),
    }
}

/// Commands: one that says a word, one that prints much, one that leaves a process behind, one that is deaf
/// to TERM and fills both streams.
const KINDS: [&str; 4] = [
    "echo x >> truth; echo said; exit 3",
    "echo x >> truth; head -c 300000 /dev/zero | tr '\\0' y; exit 3",
    "echo x >> truth; (sleep 0.1; echo late) & echo said; exit 3",
    "trap '' TERM; echo x >> truth; echo said; echo complained >&2; exit 3",
];

/// Calls at which a keeper can be killed, in the order of its life.
const CALLS: &[&str] = &[
    "setsid",
    "bind",
    "listen",
    "socket",
    "socketpair",
    "mkdir",
    "flock",
    "openat",
    "fsync",
    "fdatasync",
    "write",
    "read",
    "sendto",
    "recvfrom",
    "rename",
    "unlink",
    "vfork",
    "clone3",
    "pipe2",
    "waitid",
    "wait4",
    "pidfd_open",
    "poll",
    "ppoll",
    "close",
    "fcntl",
    "newfstatat",
    "statx",
    "lseek",
    "ioctl",
    "prctl",
    "mmap",
    "munmap",
    "rt_sigaction",
    "rt_sigprocmask",
];

#[test]
fn a_keeper_that_dies_at_any_system_call_never_leads_to_a_wrong_verdict() {
    // Of calls that come many times, this many; the kinds that come seldom are tried to their end.
    let most = if super::soak() { 400 } else { 12 };
    let kills = Count { ci: 77, soak: 200 };
    let mut row = Row::new("F03", "the keeper is killed at a system call", kills);
    if !has("strace") {
        return row.skip_rest("strace is not installed");
    }
    let mut verdicts = 0;
    // In the normal test command the kinds take turns; in the long one each has all calls to itself.
    let rounds = if super::soak() { KINDS.len() } else { 1 };
    for (nth, call) in (0..rounds).flat_map(|round| CALLS.iter().map(move |call| (round, call))) {
        for at in 1..=most {
            let place = Place::killed_at(call, at);
            let mut world = place.world();
            let kind = if rounds > 1 { nth } else { at };
            world.start(EffectId(7), place.command(kind));
            let output = end(&mut world, EffectId(7));
            drop(world);
            let trace = std::fs::read_to_string(place.folder.path().join("trace"));
            let killed = trace.is_ok_and(|trace| trace.contains("killed by SIGKILL"));
            let told = is_true(&place, &output);
            let later = found(&place);
            is_true(&place, &later);
            if told && output.ending == Ending::Done && killed {
                // What was told stays true.
                assert_eq!(later.ending, Ending::Done, "{call} {at}");
            }
            verdicts += u32::from(told);
            if !killed {
                break;
            }
            row.more();
        }
    }
    assert!(verdicts > 20, "only {verdicts} verdicts: nearly everything is unknown");
}

/// Three changes, each of which leaves a line.
fn desk(scripts: [&str; 3]) -> Desk {
    let mut steps = String::new();
    for (n, script) in scripts.iter().enumerate() {
        steps += &format!(
            "  - {{id: s{n}, title: Step {n}, effect: change, shell: 'echo x >> s{n}; {script}'}}\n"
        );
    }
    let desk = Desk::with(&[(
        "mayday.yaml",
        "default_environment: here\nenvironments:\n  here: { danger: low }\n",
    )]);
    desk.write(
        "playbooks/p.yaml",
        &format!("mayday: 1\nid: p\ntitle: Try it\nseverity: SEV-3\nsteps:\n{steps}"),
    );
    desk
}

/// Resumes until the run is over; what is unknown is told as it is. How often that was needed; `None`
/// when there is no run that began.
fn to_the_end(desk: &Desk) -> Option<u32> {
    let mut unknown = 0;
    let mut flags: Vec<String> = Vec::new();
    for _ in 0..12 {
        let mut words = vec!["resume"];
        words.extend(flags.iter().map(String::as_str));
        let said = desk.mayday(&words);
        match said.code {
            Some(0) => return Some(unknown),
            Some(2) if said.all().contains("none is open") => {
                return closed(desk).then_some(unknown);
            }
            Some(11) => {
                unknown += 1;
                let step = (0..3).find(|n| said.all().contains(&format!("`s{n}`"))).unwrap();
                let done = lines(&desk.path(&format!("s{step}"))) > 0;
                let what = if done { "done" } else { "not-done" };
                flags = vec!["--assume".to_owned(), format!("s{step}={what}")];
            }
            // Its keeper was killed before it began the command, and mayday saw that: a plain failure.
            Some(5) if said.all().contains("had not been begun") => {
                flags = (0..3).map(|n| format!("--answer=s{n}.menu=retry")).collect();
            }
            _ => panic!("{}", said.all()),
        }
    }
    panic!("it does not come to an end")
}

/// The run came to its end before it was looked at.
fn closed(desk: &Desk) -> bool {
    desk.mayday(&["runs"]).all().contains("completed")
}

/// Each step happened once, and the record is whole.
#[track_caller]
fn each_once(desk: &Desk) {
    for n in 0..3 {
        assert_eq!(lines(&desk.path(&format!("s{n}"))), 1, "step s{n}");
    }
    desk.mayday(&["verify", &desk.newest()]).is(0, &["OK"]);
}

#[test]
fn an_engine_that_dies_at_any_system_call_repeats_nothing_and_loses_nothing() {
    let mut row =
        Row::new("F25", "mayday dies of a signal at a system call", Count { ci: 60, soak: 600 });
    if !has("strace") {
        return row.skip_rest("strace is not installed");
    }
    let most = if super::soak() { 400 } else { 12 };
    for call in [
        "fdatasync",
        "fsync",
        "rename",
        "mkdir",
        "flock",
        "fallocate",
        "vfork",
        "clone3",
        "sendto",
        "recvfrom",
        "write",
        "poll",
        "socketpair",
    ] {
        for at in 1..=most {
            let desk = desk([":"; 3]);
            let run = desk.command(&["run", "p"]);
            // How the kernel ends what ran out of memory, aborted, or did what it cannot. (The runtime catches SEGV
            // and BUS, and takes those that no memory access made for nothing.)
            let signal = ["KILL", "ABRT", "ILL", "SYS"][at % 4];
            // Without -f: the keeper and the commands are not touched.
            let mut traced = Command::new("strace");
            traced
                .args(["-o", "/dev/null", "-e", &format!("trace={call}")])
                .args([
                    "-e",
                    &format!("inject={call}:signal={signal}:when={at}"),
                    MAYDAY,
                    "run",
                    "p",
                ])
                .current_dir(run.get_current_dir().unwrap())
                .env_clear()
                .envs(run.get_envs().filter_map(|(name, value)| Some((name, value?))))
                .stdin(Stdio::null());
            let ended = traced.output().unwrap();
            if ended.status.success() {
                each_once(&desk);
                break;
            }
            match to_the_end(&desk) {
                // It died before there was a run, so nothing can have been begun.
                None => assert_eq!(lines(&desk.path("s0")), 0, "{call} {at}"),
                Some(unknown) => {
                    each_once(&desk);
                    assert_eq!(unknown, 0, "{call} {at}: its keeper knew");
                }
            }
            until_gone(&desk);
            row.more();
        }
    }
}

fn until_gone(desk: &Desk) {
    crate::cli::until("the keeper has left", || keepers(desk).is_empty());
}

#[test]
fn kills_at_any_moment_repeat_nothing() {
    let mut row = Row::new(
        "F25",
        "mayday, its keeper or both are killed at random",
        Count { ci: 48, soak: 600 },
    );
    let (mut engine_only, mut unknown_then) = (0, 0);
    row.each(|round| {
        let desk = desk(["sleep 0.01"; 3]);
        let mut run = desk.command(&["run", "p"]);
        let mut run = run.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        // Spread over the length of a run, the same in each.
        let after = u64::from(round * 7919 % 240) + 5;
        let pause = rustix::time::Timespec {
            tv_sec: 0,
            tv_nsec: i64::try_from(after).unwrap() * 1_000_000,
        };
        rustix::event::poll(&mut [], Some(&pause)).unwrap();
        if round % 3 != 1 {
            let _ = run.kill();
        }
        if round % 3 != 0 && !keepers(&desk).is_empty() {
            kill_keepers_if_there(&desk);
        }
        run.wait().unwrap();
        match to_the_end(&desk) {
            None => assert_eq!(lines(&desk.path("s0")), 0),
            Some(unknown) => {
                each_once(&desk);
                if round % 3 == 0 {
                    engine_only += 1;
                    unknown_then += unknown;
                }
            }
        }
        until_gone(&desk);
    });
    assert_eq!(unknown_then, 0, "of {engine_only} kills of mayday alone");
}

/// They may have left between the look and the kill.
fn kill_keepers_if_there(desk: &Desk) {
    for pid in keepers(desk) {
        let _ = rustix::process::kill_process(pid, Signal::KILL);
    }
    crate::cli::until("they are gone", || keepers(desk).is_empty());
}

#[test]
fn of_twenty_drivers_one_drives() {
    let mut row =
        Row::new("F26", "twenty drivers at once; one holds the run", Count { ci: 2, soak: 10 });
    row.each(|_| {
        let desk = desk([
            "touch waits; while test -e waits && ! test -e go; do sleep 0.02; done",
            ":",
            ":",
        ]);
        let mut first = desk.command(&["run", "p"]).stderr(Stdio::null()).spawn().unwrap();
        crate::cli::until("it runs", || desk.path("waits").exists());
        let id = desk.newest();
        first.kill().unwrap();
        first.wait().unwrap();
        let mut all: Vec<_> = (0..20)
            .map(|_| {
                let mut command = desk.command(&["resume", &id]);
                command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
            })
            .collect();
        // All but one end by themselves: the one waits for the command.
        crate::cli::until("nineteen are refused", || {
            let over = |child: &mut std::process::Child| child.try_wait().unwrap().is_some();
            all.iter_mut().map(over).filter(|over| *over).count() == 19
        });
        desk.write("go", "");
        let mut codes = Vec::new();
        for child in all {
            let said = Said::from(child.wait_with_output().unwrap());
            if said.code == Some(10) {
                said.is(10, &["ada", "since"]);
            }
            codes.push(said.code.unwrap());
        }
        codes.sort_unstable();
        assert_eq!((codes[0], &codes[1..]), (0, &[10; 19][..]));
        each_once(&desk);
    });
}

#[test]
fn a_number_that_is_given_out_again_deceives_nobody() {
    let mut row = Row::new("F27", "the keeper's process number is given out again", always(20));
    if !super::is_root() || !has("unshare") {
        return row.skip_rest("a process namespace needs root and unshare");
    }
    row.each(|_| {
        // It starts no process while it waits: those would take the number.
        let desk = desk(["touch waits; exec sleep 60", ":", ":"]);
        // In a namespace of its own: the next number is ours to choose.
        let script = r#"
            "$1" run p & run=$!
            while ! test -e waits; do sleep 0.02; done
            keeper=$(cat /proc/[0-9]*/stat 2>/dev/null | awk -v run=$run '$4 == run { print $1 }')
            command=$(cat /proc/[0-9]*/stat 2>/dev/null | awk -v keeper=$keeper '$4 == keeper { print $1 }')
            # A number is not free while a command has it as its session's.
            kill -9 $run $keeper $command
            wait $run 2>/dev/null
            while test -e /proc/$keeper || test -e /proc/$command; do sleep 0.02; done
            echo $((keeper - 1)) > /proc/sys/kernel/ns_last_pid
            sleep 60 & other=$!
            test $other = $keeper || exit 99
            "$1" resume; code=$?
            exit $code
        "#;
        let mut command = desk.command(&[]);
        let envs: Vec<_> = command.get_envs().filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned()))).collect();
        let folder = command.get_current_dir().unwrap().to_path_buf();
        command = Command::new("unshare");
        command
            .args(["--fork", "--pid", "--mount-proc", "--kill-child", "bash", "-c", script, "bash", MAYDAY])
            .env_clear()
            .envs(envs)
            .current_dir(folder)
            .stdin(Stdio::null());
        let said = Said::from(command.output().unwrap());
        // Its keeper is gone, whoever has its number now.
        said.is(11, &["unknown"]);
        assert_eq!(lines(&desk.path("s0")), 1);
        assert_eq!(lines(&desk.path("s1")), 0);
    });
}

#[test]
fn what_cannot_be_reached_is_still_waited_for() {
    let mut row = Row::new("F25", "the keeper lives and its socket is gone", always(1));
    row.each(|_| {
        let desk = desk([
            "touch waits; while test -e waits && ! test -e go; do sleep 0.02; done",
            ":",
            ":",
        ]);
        let mut first = desk.command(&["run", "p"]).stderr(Stdio::null()).spawn().unwrap();
        crate::cli::until("it runs", || desk.path("waits").exists());
        let id = desk.newest();
        first.kill().unwrap();
        first.wait().unwrap();
        for entry in std::fs::read_dir(desk.path(&format!("state/{id}"))).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|end| end == "sock") {
                std::fs::remove_file(path).unwrap();
            }
        }
        let resumed = desk
            .command(&["resume"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        desk.write("go", "");
        Said::from(resumed.wait_with_output().unwrap()).is(0, &["OK"]);
        each_once(&desk);
    });
}

#[test]
fn a_keeper_that_is_killed_alone_is_noticed_at_once() {
    let mut row = Row::new("F25", "the keeper is killed while mayday looks on", always(1));
    row.each(|_| {
        let desk = desk([
            "touch waits; while test -e waits && ! test -e go; do sleep 0.02; done",
            ":",
            ":",
        ]);
        let run = desk
            .command(&["run", "p"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        crate::cli::until("it runs", || desk.path("waits").exists());
        kill_keepers(&desk);
        let said = Said::from(run.wait_with_output().unwrap());
        said.is(11, &["keeper", "--assume s0=done"]);
        desk.write("go", "");
        assert_eq!(lines(&desk.path("s0")), 1);
    });
}
