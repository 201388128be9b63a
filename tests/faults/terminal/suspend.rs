//! F22: Ctrl-Z and going on, with the command that runs; and commands that own the terminal.

use std::process::Command;

use rustix::process::Signal;

use super::{WAITS, desk, record, verify};
use crate::faults::{Row, always};
use crate::support::desk::{Desk, MAYDAY};
use crate::support::pty::Pty;

/// A run started by a shell with job control, which takes it up again (`fg`) at each line that it reads.
fn under_a_shell(desk: &Desk) -> Pty {
    let script = format!(
        "set -m; {MAYDAY} run p; code=$?; while test $code -gt 145; do echo STOPPED; read -r line; \
         fg %1 >/dev/null; code=$?; done; echo CODE $code"
    );
    let mut command = Command::new("bash");
    command.args(["--norc", "-c", &script]);
    let of_desk = desk.command(&[]);
    command.envs(of_desk.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.env("TERM", "xterm").current_dir(desk.path(""));
    Pty::start(&command)
}

/// `T` of a process that is stopped; empty when it is gone.
fn state(pid: i32) -> String {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let rest = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
    rest.chars().take(1).collect()
}

fn pid_in(pty: &mut Pty, desk: &Desk) -> i32 {
    let read = || std::fs::read_to_string(desk.path("pid")).unwrap_or_default().trim().parse().ok();
    pty.until("the command runs", || read().is_some());
    read().unwrap()
}

/// The parent of a process.
fn parent(pid: i32) -> i32 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    stat.rsplit_once(") ").unwrap().1.split(' ').nth(1).unwrap().parse().unwrap()
}

#[test]
fn f22_a_run_is_suspended_and_goes_on_with_its_command() {
    let mut row = Row::new("F22", "suspended and taken up again while a step runs", always(200));
    let desk =
        desk(&format!("  - {{ id: a, title: A, effect: read, timeout: 10m, shell: '{WAITS}' }}"));
    let mut pty = under_a_shell(&desk);
    let command = pid_in(&mut pty, &desk);
    let mayday = parent(command);
    row.each(|n| {
        // Half of them by the key, half by the signal.
        if n % 2 == 0 {
            pty.send("\u{1a}");
        } else {
            let pid = rustix::process::Pid::from_raw(mayday).unwrap();
            rustix::process::kill_process(pid, Signal::TSTP).unwrap();
        }
        pty.shown("STOPPED");
        // A stop is taken at the process's next turn.
        pty.until(&format!("both stand still, round {n}"), || {
            state(mayday) == "T" && state(command) == "T"
        });
        pty.send("\n");
        pty.until("both go on", || state(mayday) != "T" && state(command) != "T");
    });
    desk.write("go", "");
    pty.shown("CODE 0");
    assert!(record(&desk).matches("\"suspended\"").count() >= 100, "each long enough is told");
    verify(&desk);
}

#[test]
fn the_time_limit_of_a_command_stands_still_with_it() {
    let desk =
        desk(&format!("  - {{ id: a, title: A, effect: read, timeout: 3s, shell: '{WAITS}' }}"));
    let mut pty = under_a_shell(&desk);
    let command = pid_in(&mut pty, &desk);
    pty.send("\u{1a}");
    pty.shown("STOPPED");
    let begun = crate::support::process::boot();
    pty.until("longer than the limit", || {
        (crate::support::process::boot() - begun).millis() > 3500
    });
    assert_eq!(state(command), "T");
    desk.write("go", "");
    pty.send("\n");
    pty.shown("CODE 0");
}

#[test]
fn ctrl_z_at_a_question_gives_the_terminal_to_the_shell_and_takes_it_back() {
    for term in ["xterm", "dumb"] {
        let desk = desk("  - { id: a, title: A, confirm: 'Good?' }");
        let script = format!(
            "before=$(stty -g); set -m; TERM={term} {MAYDAY} run p; test \"$before\" = \"$(stty -g)\" && echo SAME; \
             read -r line; fg %1 >/dev/null; echo CODE $?"
        );
        let mut command = Command::new("bash");
        command.args(["--norc", "-c", &script]).current_dir(desk.path(""));
        let of_desk = desk.command(&[]);
        command.envs(of_desk.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let mut pty = Pty::start(&command);
        pty.shown("y or n >");
        pty.send("\u{1a}");
        pty.shown("SAME");
        pty.send("\n");
        pty.shown("y or n >");
        pty.send("y\r");
        pty.shown("CODE 0");
    }
}

#[test]
fn without_a_shell_ctrl_z_says_so_and_stops_nothing() {
    let desk = desk("  - { id: a, title: A, confirm: 'Good?' }");
    let mut pty = Pty::start(&super::live(&desk));
    pty.shown("y or n >");
    pty.send("\u{1a}");
    pty.shown("no shell would bring mayday back");
    pty.send("y\r");
    assert_eq!(pty.wait(), Some(0), "{}", pty.seen());
}

/// As in a container: whoever started mayday is of a session that its process namespace does not have.
#[test]
fn ctrl_z_in_a_process_namespace_of_its_own_stops_nothing_either() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let desk = desk("  - { id: a, title: A, confirm: 'Good?' }");
    let live = super::live(&desk);
    for script in ["exec setsid --ctty --wait \"$@\"", "exec \"$@\""] {
        let mut command = Command::new("unshare");
        command.args(["--pid", "--fork", "--mount-proc", "sh", "-c", script, "sh"]);
        command.arg(live.get_program()).args(live.get_args()).current_dir(desk.path(""));
        command.envs(live.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let mut pty = Pty::start(&command);
        pty.shown("y or n >");
        pty.send("\u{1a}");
        pty.shown("no shell would bring mayday back");
        pty.send("y\r");
        assert_eq!(pty.wait(), Some(0), "{}", pty.seen());
    }
}

/// An interactive step: it reads from the terminal, and tells its group and the one in front.
const OWNS: &str = "echo $$ > pid; stty -echo; echo READY; read -r line; echo GOT $line; while ! test -e go; do sleep 0.02; done";

fn interactive(more: &str) -> Desk {
    desk(&format!(
        "  - {{ id: a, title: A, effect: read, interactive: true, {more} shell: '{OWNS}' }}\n  - {{ id: b, title: B, confirm: 'Good?' }}"
    ))
}

#[test]
fn an_interactive_command_has_the_terminal_and_mayday_takes_it_back_with_its_modes() {
    let desk = interactive("");
    let mut pty = Pty::start(&super::live(&desk));
    let modes = pty.untouched();
    pty.shown("READY");
    let command = pid_in(&mut pty, &desk);
    let front = rustix::termios::tcgetpgrp(pty.terminal()).unwrap();
    assert_eq!(front.as_raw_pid(), command, "its group is the one in front");
    pty.send("hello\n");
    pty.shown("GOT hello");
    desk.write("go", "");
    pty.shown("y or n >");
    pty.send("y\r");
    assert_eq!(pty.wait(), Some(0), "{}", pty.seen());
    assert_eq!(pty.modes(), modes);
}

#[test]
fn ctrl_c_and_a_time_limit_end_an_interactive_command_and_give_the_terminal_back() {
    for (more, keys) in [("", "\u{3}"), ("timeout: 1s,", "")] {
        let desk = interactive(more);
        let mut pty = Pty::start(&super::live(&desk));
        let modes = pty.untouched();
        pty.shown("READY");
        pty.send(keys);
        pty.shown("number from 1");
        let front = rustix::termios::tcgetpgrp(pty.terminal()).unwrap();
        assert_eq!(front, pty.pid(), "the question is ours to ask");
        pty.signal(Signal::TERM);
        assert_eq!(pty.wait(), Some(143), "{}", pty.seen());
        assert_eq!(pty.modes(), modes);
    }
}

#[test]
fn ctrl_z_in_an_interactive_command_suspends_all_and_goes_on() {
    let desk = interactive("");
    let mut pty = under_a_shell(&desk);
    pty.shown("READY");
    let command = pid_in(&mut pty, &desk);
    pty.send("\u{1a}");
    pty.shown("STOPPED");
    pty.until("both stand still", || state(parent(command)) == "T" && state(command) == "T");
    pty.send("\n");
    pty.until("both go on", || state(command) != "T");
    pty.send("hello\n");
    pty.shown("GOT hello");
    desk.write("go", "");
    pty.shown("y or n >");
    pty.send("y\r");
    pty.shown("CODE 0");
}
