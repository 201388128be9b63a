//! F32 and F33: odd terminals, streams that take nothing, a terminal that stands still.

use std::fs::File;
use std::process::{Command, Stdio};

use super::{desk, live, record, recorded, verify};
use crate::faults::{Row, always};
use crate::support::desk::{Desk, Said};
use crate::support::pty::Pty;

const STEPS: &str = "  - { id: a, title: A, effect: read, shell: 'echo fine' }\n  - { id: b, title: B, confirm: 'Good?' }\n  - { id: c, title: C, effect: read, shell: 'echo also fine' }";

/// Answers the one question, whatever the terminal looks like.
fn answered(desk: &Desk, mut pty: Pty, about: &str) -> String {
    pty.until(about, || recorded(desk, "\"started\"") == 2);
    // Typed before the question stands there, it is thrown away: again until it is taken.
    for _ in 0..200 {
        pty.send("y\r");
        if pty.ended_within(100) {
            break;
        }
    }
    let code = pty.wait();
    assert_eq!(code, Some(0), "{about}: {}", pty.seen());
    pty.seen().to_owned()
}

fn on_terminal(
    about: &str,
    shape: impl FnOnce(&mut Command),
    change: impl FnOnce(&mut Pty),
) -> String {
    let desk = desk(STEPS);
    let mut command = live(&desk);
    shape(&mut command);
    let mut pty = Pty::start(&command);
    change(&mut pty);
    let seen = answered(&desk, pty, about);
    verify(&desk);
    assert!(!seen.contains("panicked"), "{about}: {seen}");
    seen
}

fn without(desk: &Desk, arguments: &[&str], change: impl FnOnce(&mut Command)) -> Said {
    let mut command = desk.command(arguments);
    change(&mut command);
    let said = Said::from(command.output().unwrap());
    assert!(!said.all().contains("panicked"), "{}", said.all());
    said
}

#[test]
fn f32_odd_terminals_and_streams() {
    let mut row = Row::new("F32", "no terminal, closed and full streams, odd sizes", always(10));
    let full = || File::options().write(true).open("/dev/full").unwrap();

    let destroys = desk("  - { id: a, title: A, effect: destructive, shell: 'touch destroyed' }");
    let said = without(&destroys, &["run", "p"], |command| {
        command.stdin(Stdio::null());
    });
    assert_eq!(said.code, Some(7), "{}", said.all());
    assert!(!destroys.path("destroyed").exists(), "no gate is passed by nobody");
    row.pass();

    let reads = "  - { id: a, title: A, effect: read, shell: 'echo fine' }";
    let all_fine = |change: &dyn Fn(&mut Command)| {
        let desk = desk(reads);
        let said = without(&desk, &["run", "p", "--json"], |command| change(command));
        assert!(record(&desk).contains("\"closed\""), "{:?} {}", said.code, said.all());
        verify(&desk);
    };
    all_fine(&|command| {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        command.stdout(writer);
    });
    row.pass();
    all_fine(&|command| {
        command.stdout(full());
    });
    row.pass();
    all_fine(&|command| {
        command.stderr(full());
    });
    row.pass();

    let dumb = on_terminal(
        "TERM=dumb",
        |command| {
            command.env("TERM", "dumb");
        },
        |_| {},
    );
    assert!(!dumb.contains("\u{1b}["), "{dumb:?}");
    row.pass();
    on_terminal("1x1", |_| {}, |pty: &mut Pty| pty.resize(1, 1));
    row.pass();
    on_terminal("20 columns", |_| {}, |pty: &mut Pty| pty.resize(24, 20));
    row.pass();
    let plain = on_terminal(
        "NO_COLOR",
        |command| {
            command.env("NO_COLOR", "1");
        },
        |_| {},
    );
    assert!(!plain.contains("\u{1b}[3"), "{plain:?}");
    row.pass();
    on_terminal(
        "resize storm",
        |_| {},
        |pty| {
            pty.shown("y or n >");
            for n in 0..500 {
                pty.resize(1 + n % 50, 1 + (n * 7) % 120);
            }
            pty.resize(24, 80);
        },
    );
    row.pass();

    let closed = desk(reads);
    let script = format!("exec {} run p 2>&- >&-", crate::support::desk::MAYDAY);
    let mut command = Command::new("sh");
    command.args(["-c", &script]).current_dir(closed.path("")).stdin(Stdio::null());
    command.env_clear();
    let inner = closed.command(&[]);
    command.envs(inner.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.output().unwrap();
    assert!(record(&closed).contains("\"closed\""), "{}", record(&closed));
    row.pass();
}

#[test]
fn f33_a_terminal_that_stands_still_holds_up_nothing() {
    let mut row = Row::new("F33", "the terminal takes nothing while a run goes on", always(3));
    let floods = "effect: read, shell: 'seq 50000'";
    let finishes = format!(
        "  - {{ id: a, title: A, {floods} }}\n  - {{ id: b, title: B, effect: read, shell: 'touch done' }}"
    );
    // Nobody reads.
    let desk_a = desk(&finishes);
    let mut pty = Pty::start(&live(&desk_a));
    crate::cli::until("the record goes on", || recorded(&desk_a, "\"closed\"") == 1);
    assert_eq!(pty.wait(), Some(0));
    verify(&desk_a);
    row.pass();
    // Ctrl-S.
    let desk_b = desk(&finishes);
    let mut pty = Pty::start(&live(&desk_b));
    pty.send("\u{13}");
    crate::cli::until("the record goes on", || recorded(&desk_b, "\"closed\"") == 1);
    assert_eq!(pty.wait(), Some(0));
    verify(&desk_b);
    row.pass();
    // A time limit passes meanwhile, and TERM is obeyed.
    let desk_c = desk(
        "  - { id: a, title: A, effect: read, timeout: 1s, on_fail: continue, shell: 'seq 50000; sleep 100' }\n  - { id: b, title: B, pause: 10m }",
    );
    let mut pty = Pty::start(&live(&desk_c));
    crate::cli::until("the time limit passes", || record(&desk_c).contains("\"timed_out\""));
    crate::cli::until("the pause begins", || recorded(&desk_c, "\"started\"") == 2);
    pty.signal(rustix::process::Signal::TERM);
    crate::cli::until("it ends", || pty.has_ended());
    assert!(record(&desk_c).contains("\"stopped\""));
    verify(&desk_c);
    row.pass();
}
