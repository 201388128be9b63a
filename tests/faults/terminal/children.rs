//! F24: children of every bad kind, that finish, run out of time, or are cancelled.

use std::process::Command;

use mayday::effect::{Ending, Output};
use mayday::time::Span;
use mayday::world::process::{Earlier, Prepared, Running, Strays};
use rustix::process::Signal;

use super::{desk, live, record};
use crate::faults::{Row, always};
use crate::support::process::{Place, alive};
use crate::support::pty::Pty;

#[derive(Clone, Copy, Debug, PartialEq)]
enum How {
    Finishes,
    TimesOut,
    Cancelled,
}

const HOWS: [How; 3] = [How::Finishes, How::TimesOut, How::Cancelled];

/// Bad kinds as shell; what they leave running is written to `pids`.
const KINDS: [(&str, &str); 10] = [
    ("ignores TERM", "trap '' TERM; echo $$ >> pids; echo ready"),
    ("double-forks", "(sleep 1000 & echo $! >> pids) & wait $!; echo ready"),
    ("setsid", "setsid sleep 1000 >/dev/null 2>&1 & echo $! >> pids; echo ready"),
    ("holds stdout open", "sleep 1000 & echo $! >> pids; echo ready"),
    ("dies by signal", "trap 'kill -9 $$' TERM EXIT; echo $$ >> pids; echo ready"),
    ("leaves a server", "nohup sleep 1000 >/dev/null 2>&1 & echo $! >> pids; echo ready"),
    (
        "fork bomb of 200",
        "i=0; while test $i -lt 200; do sleep 1000 & echo $! >> pids; i=$((i+1)); done; echo ready",
    ),
    ("becomes a zombie", "sh -c 'sleep 0.01 & exec sleep 1000' & echo $! >> pids; echo ready"),
    ("closes its output early", "echo ready; exec 1>&- 2>&-; echo $$ >> pids"),
    ("reads stdin", "cat; read -r line; echo $$ >> pids; echo ready"),
];

fn command(place: &Place, script: &str, how: How) -> Prepared {
    let waits = if how == How::Finishes { "" } else { "; while :; do sleep 0.05; done" };
    // Nothing bad happens before somebody looks after what it leaves behind.
    let begin = "echo begin; while ! test -e adopted; do sleep 0.01; done; ";
    let mut spec = place.sh(&format!("{begin}{script}{waits}"));
    spec.kill_after = Span::from_millis(300);
    spec.time_limit = if how == How::TimesOut { Span::from_millis(1200) } else { spec.time_limit };
    spec
}

fn run(place: &Place, spec: &Prepared, how: How) -> Output {
    let mut adopted = false;
    let meddle = |running: &mut Running, line: &str| {
        if !std::mem::replace(&mut adopted, true) {
            let attempt = "run/000001-children".to_owned();
            running.look_for(Strays::Inherited { attempt, earlier: Earlier::default() });
            std::fs::write(place.path("adopted"), "").unwrap();
        }
        if how == How::Cancelled && line == "ready" {
            running.cancel(crate::support::process::boot());
        }
    };
    place.run_with(spec, meddle).0
}

/// Every process that it left is gone, or named as still running.
fn accounted(place: &Place, output: &Output, about: &str) {
    let pids = std::fs::read_to_string(place.path("pids")).unwrap_or_default();
    let named = output.facts.get("leftovers").map(ToString::to_string).unwrap_or_default();
    for pid in pids.lines().map(|line| line.trim().parse::<i64>().unwrap()) {
        let known = named.contains(&format!("\"pid\":{pid}")) && named.contains("still running");
        assert!(!alive(pid) || known, "{about}: {pid} lives; {named}");
    }
}

#[test]
fn f24_children_of_every_bad_kind() {
    const INSIDE: &str = "MAYDAY_TEST_SUBREAPER";
    if std::env::var_os(INSIDE).is_none() {
        // A process of its own: a subreaper takes every child that it has for a stray.
        let status = Command::new(std::env::current_exe().unwrap())
            .args(["faults::terminal::children::f24_children_of_every_bad_kind", "--exact"])
            .env(INSIDE, "yes")
            .status()
            .unwrap();
        assert!(status.success());
        return;
    }
    rustix::process::set_child_subreaper(Some(rustix::process::getpid())).unwrap();
    let mut row = Row::new("F24", "children of 12 bad kinds: finish, time-out, cancel", always(36));
    for (kind, script) in KINDS {
        for how in HOWS {
            let about = format!("{kind}, {how:?}");
            let place = Place::new();
            let output = run(&place, &command(&place, script, how), how);
            match how {
                How::Finishes if kind == "dies by signal" => {
                    assert!(matches!(output.ending, Ending::Failed { .. }), "{about}: {output:?}");
                }
                How::Finishes => assert_eq!(output.ending, Ending::Done, "{about}: {output:?}"),
                How::TimesOut => assert_eq!(output.ending, Ending::TimedOut, "{about}"),
                How::Cancelled => assert_eq!(output.ending, Ending::Cancelled, "{about}"),
            }
            accounted(&place, &output, &about);
            row.pass();
        }
    }
    for program in ["/nonexistent/program", "/etc/passwd", "/"] {
        let place = Place::new();
        let (output, _) = place.run(&place.command(&[program]));
        assert!(matches!(output.ending, Ending::Failed { .. }), "{program}: {output:?}");
        row.pass();
    }
    for how in HOWS {
        changes_modes(how);
        row.pass();
    }
}

/// A command that sets the terminal's modes from behind: stopped for it, or with the stop ignored.
fn changes_modes(how: How) {
    let (stop, more) = match how {
        How::Finishes => ("", ""),
        How::TimesOut => ("trap \"\" TTOU; ", "timeout: 1s, "),
        How::Cancelled => ("trap \"\" TTOU; ", ""),
    };
    let waits =
        if how == How::Finishes { "" } else { "; echo ready; while :; do sleep 0.05; done" };
    let desk = desk(&format!(
        "  - {{ id: a, title: A, effect: read, {more}shell: '{stop}stty -echo raw < /dev/tty{waits}' }}"
    ));
    let mut pty = Pty::start(&live(&desk));
    let modes = pty.untouched();
    if how == How::Cancelled {
        pty.shown("ready");
        // A key means nothing while the command has broken the terminal: the signal does.
        pty.signal(Signal::INT);
        pty.shown("from 1 to 3 >");
        pty.send("2\r");
    }
    pty.shown("number from 1");
    if how == How::Finishes {
        assert!(record(&desk).contains("wanted the terminal"), "{}", record(&desk));
    }
    pty.signal(Signal::TERM);
    assert_eq!(pty.wait(), Some(143), "{how:?}: {}", pty.seen());
    assert_eq!(pty.modes(), modes, "{how:?}");
}
