//! Esc and Ctrl-C at each kind of question: a menu, or the same question again; never a surprise.

use crate::cli::desk_with;
use crate::faults::terminal::{record, recorded};
use crate::support::desk::Desk;
use crate::support::pty::Pty;

const CONFIG: &str = "
default_environment: here
environments:
  here: { danger: high }
";

fn start(fields: &str, step: &str) -> (Desk, Pty) {
    let desk = desk_with(CONFIG, fields, &format!("  - {{ id: a, title: A, {step} }}"));
    let mut command = desk.command(&["run", "p"]);
    command.env("TERM", "xterm").env("NO_COLOR", "1");
    let pty = Pty::start(&command);
    (desk, pty)
}

#[test]
fn esc_and_ctrl_c_open_the_menu_at_the_question_of_every_step_and_gate() {
    let questions = [
        ("effect: change, shell: 'touch done'", "type y or n >"),
        ("effect: destructive, shell: 'touch done'", "type exactly: a >"),
        ("confirm: 'Good?'", "type y or n >"),
        ("ask: { question: 'Which?' }", "type a value >"),
        (
            "effect: read, evidence: { ask: 'What do you see?' }, shell: 'true'",
            "at least one word >",
        ),
    ];
    for (step, label) in questions {
        for keys in ["\u{1b}", "\u{3}"] {
            let (desk, mut pty) = start("", step);
            pty.shown(label);
            pty.send(keys);
            pty.shown("type a number from 1");
            assert!(!desk.path("done").exists(), "{step}: nothing was done");
            assert_eq!(
                recorded(&desk, "\"stopped\""),
                0,
                "{step}: the run goes on: {}",
                record(&desk)
            );
            pty.signal(rustix::process::Signal::TERM);
            assert_eq!(pty.wait(), Some(143), "{}", pty.seen());
        }
    }
}

#[test]
fn esc_at_the_menu_and_at_an_input_asks_again_and_ctrl_c_leaves_a_run_that_can_be_resumed() {
    let places = [
        ("", "effect: read, shell: 'false'", "type a number from 1"),
        ("inputs: { region: { type: string } }", "effect: read, shell: 'true'", "type a value >"),
    ];
    for (fields, step, label) in places {
        let (desk, mut pty) = start(fields, step);
        pty.shown(label);
        pty.send("\u{1b}");
        pty.shown("Ctrl-C leaves the run, which can be resumed.");
        pty.shown(label);
        assert_eq!(recorded(&desk, "\"stopped\""), 0, "{}", record(&desk));
        pty.send("\u{3}");
        assert_eq!(pty.wait(), Some(6), "{}", pty.seen());
        assert!(pty.seen().contains("mayday resume"), "{}", pty.seen());
    }
}
