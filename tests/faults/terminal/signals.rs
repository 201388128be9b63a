//! F20 and F21: signals and Ctrl-C in every state of a run.

use rustix::process::Signal;

use super::{PHASES, Phase, desk, live, record, recorded, verify};
use crate::faults::{Row, always};
use crate::support::desk::Desk;
use crate::support::pty::Pty;

/// Starts a run and brings it into a state; also the modes that its terminal had before.
pub(super) fn reach(phase: &Phase) -> (Desk, Pty, String) {
    let desk = desk(phase.steps);
    let mut pty = Pty::start(&live(&desk));
    let modes = pty.untouched();
    match phase.asks {
        Some(label) => pty.shown(label),
        // A command is running once it says so: the record is there before it.
        None if phase.steps.contains("> pid") => {
            let pid = desk.path("pid");
            pty.until(phase.name, || std::fs::read(&pid).is_ok_and(|pid| !pid.is_empty()));
        }
        None => pty.until(phase.name, || recorded(&desk, phase.recorded) > 0),
    }
    (desk, pty, modes)
}

/// Tells the run to end and looks at what it leaves.
fn ends(desk: &Desk, mut pty: Pty, modes: &str, signal: Signal, code: i32, about: &str) {
    pty.signal(signal);
    assert_eq!(pty.wait(), Some(code), "{about}: {}", pty.seen());
    assert_eq!(pty.modes(), modes, "{about}: the terminal is as before");
    assert!(record(desk).contains("\"stopped\""), "{about}: {}", record(desk));
    verify(desk);
}

#[test]
fn f20_every_signal_in_every_state() {
    let signals = [
        (Signal::INT, None),
        (Signal::TERM, Some(143)),
        (Signal::HUP, Some(129)),
        (Signal::QUIT, Some(143)),
        (Signal::PIPE, None),
        (Signal::USR1, None),
    ];
    let mut row = Row::new("F20", "a signal in each state of a run, on a terminal", always(36));
    let tries: Vec<_> =
        PHASES.iter().flat_map(|phase| signals.map(|signal| (phase, signal))).collect();
    row.each(|n| {
        let (phase, (signal, code)) = tries[n as usize];
        let about = format!("{signal:?} while {}", phase.name);
        let (desk, mut pty, modes) = reach(phase);
        match code {
            Some(code) => {
                ends(&desk, pty, &modes, signal, code, &about);
                assert!(recorded(&desk, "\"interrupted\"") > 0, "{about}");
                return;
            }
            None if signal == Signal::INT => {
                pty.signal(signal);
                pty.until(&about, || recorded(&desk, "\"interrupted\"") == 1);
                // Nothing is ended: what runs goes on while the operator is asked.
                let asked = if phase.asks.is_some() { "a.menu" } else { "" };
                pty.shown(if asked.is_empty() { "What now?" } else { "number from 1" });
                assert_eq!(recorded(&desk, "\"ended\"") > 0, phase.asks.is_some(), "{about}");
            }
            None => {
                pty.signal(signal);
                assert!(!record(&desk).contains("\"interrupted\""), "{about}: it means nothing");
            }
        }
        ends(&desk, pty, &modes, Signal::TERM, 143, &about);
    });
}

#[test]
fn f21_ctrl_c_once_twice_and_five_times() {
    let mut row = Row::new("F21", "Ctrl-C once, twice, five times fast in each state", always(18));
    let tries: Vec<_> =
        PHASES.iter().flat_map(|phase| [1, 2, 5].map(|times| (phase, times))).collect();
    row.each(|n| {
        let (phase, times) = tries[n as usize];
        let about = format!("Ctrl-C {times} times while {}", phase.name);
        let (desk, mut pty, modes) = reach(phase);
        let at_question = phase.asks.is_some();
        for pressed in 1..=times {
            // A key each: the terminal makes it a signal where no question has it as a key. Of five at
            // once some become one signal; the second of two comes behind the first.
            pty.send("\u{3}");
            if times == 2 && pressed == 1 && !at_question {
                pty.until(&about, || recorded(&desk, "\"interrupted\"") == 1);
            }
        }
        pty.until(&about, || {
            let stopped = recorded(&desk, "\"stopped\"") > 0;
            let ended = recorded(&desk, "\"ended\"") > 0;
            let asked = recorded(&desk, "\"asked\"") > 0;
            stopped || if at_question || times == 2 { ended } else { asked }
        });
        if times == 1 && !at_question {
            assert_eq!(recorded(&desk, "\"ended\""), 0, "{about}: it runs on");
        }
        let code = if recorded(&desk, "\"stopped\"") == 0 {
            let _ = rustix::process::kill_process(pty.pid(), Signal::TERM);
            pty.wait()
        } else {
            pty.wait()
        };
        assert!(matches!(code, Some(143 | 130 | 6)), "{about}: {code:?} {}", pty.seen());
        assert_eq!(pty.modes(), modes, "{about}");
        verify(&desk);
    });
}

/// A session on a terminal with a command that waits: Ctrl-C, then these keys at the menu.
fn at_menu(keys: &str) -> (Desk, Pty) {
    let (desk, mut pty, _) = reach(&PHASES[1]);
    pty.send("\u{3}");
    pty.shown("from 1 to 3 >");
    pty.send(keys);
    (desk, pty)
}

#[test]
fn the_menu_of_ctrl_c_waits_stops_and_leaves() {
    let (desk, mut pty) = at_menu("1\r");
    pty.until("the answer", || record(&desk).contains("\"wait\""));
    desk.write("go", "");
    assert_eq!(pty.wait(), Some(0), "{}", pty.seen());

    let (desk, mut pty) = at_menu("2\r");
    pty.until("the end", || record(&desk).contains("\"cancelled\""));
    pty.shown("number from 1");
    drop(pty);

    let (desk, mut pty) = at_menu("3\r");
    assert_eq!(pty.wait(), Some(6), "{}", pty.seen());
    desk.write("go", "");
    desk.mayday(&["resume"]).is(0, &[]);
}

#[test]
fn the_menu_of_ctrl_c_is_withdrawn_when_the_command_ends() {
    let (desk, mut pty) = at_menu("");
    desk.write("go", "");
    pty.shown("no longer asked");
    assert_eq!(pty.wait(), Some(0), "{}", pty.seen());
    assert!(!record(&desk).contains("\"cancelled\""));
}

/// Between its birth and its own group a command is within the terminal's reach. One that only looks is begun
/// again when a Ctrl-C hit it there; the answer to Ctrl-C is asked as always.
#[test]
fn a_ctrl_c_that_hits_a_command_at_its_birth_ends_nothing() {
    if !crate::journal::has_strace() {
        return;
    }
    let desk = desk(
        "  - { id: a, title: A, effect: read, shell: 'touch looked; until test -e go; do sleep 0.02; done' }",
    );
    let mayday = desk.command(&["run", "p"]);
    let mut command = std::process::Command::new("strace");
    command.args(["-f", "-o", "/dev/null", "-e", "trace=setpgid"]);
    command.args(["-e", "inject=setpgid:delay_enter=1500000"]);
    command.arg(mayday.get_program()).args(mayday.get_args());
    command.current_dir(mayday.get_current_dir().unwrap());
    command.envs(mayday.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.env("TERM", "dumb");
    let mut pty = crate::support::pty::Pty::start(&command);
    pty.shown("RUN   a");
    pty.send("\u{3}");
    pty.shown("1 to");
    crate::cli::until("it has looked", || desk.path("looked").exists());
    desk.write("go", "");
    pty.shown("COMPLETED");
    assert_eq!(pty.wait(), Some(0), "{}", pty.seen());
}
