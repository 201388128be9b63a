//! The line that stays on the last row of a real terminal: it ticks, it disturbs nothing, nothing is left of it.

use std::process::Command;

use rustix::process::{Pid, Signal};

use crate::cli::desk_with;
use crate::faults::terminal::record;
use crate::support::desk::{Desk, MAYDAY};
use crate::support::pty::Pty;

const CONFIG: &str = "
default_environment: here
environments:
  here: { danger: high }
";

const QUESTION: &str = "  - { id: a, title: A, confirm: 'Good?' }";
const WORDS: &str = "  - { id: a, title: A, ask: { question: 'Which one?' } }";

fn desk(steps: &str) -> Desk {
    desk_with(CONFIG, "objectives: { rto: 15m }", steps)
}

/// A run on a terminal that can be drawn over, its incident five minutes old.
fn live(desk: &Desk) -> Command {
    let mut command = desk.command(&["run", "p", "--detected", "-5m"]);
    command.env("TERM", "xterm");
    command
}

/// The same, with its question on the screen and the clock below it.
fn asked(steps: &str, label: &str) -> (Desk, Pty) {
    let desk = desk(steps);
    let mut pty = Pty::start(&live(&desk));
    pty.looks("the question and the clock", |pty| {
        pty.at_cursor().ends_with(&format!("{label} > ")) && is_status(&pty.last_row())
    });
    (desk, pty)
}

fn is_status(row: &str) -> bool {
    row.contains(" | HERE | ") && row.contains(" left")
}

/// Waits until the clock has told so many other times.
#[track_caller]
fn ticks(pty: &mut Pty, times: usize) {
    for _ in 0..times {
        let before = pty.last_row();
        pty.looks("the clock goes on", |pty| {
            is_status(&pty.last_row()) && pty.last_row() != before
        });
    }
}

#[test]
fn the_clock_changes_while_a_question_is_open_and_the_question_stays_as_it_is() {
    let (_desk, mut pty) = asked(QUESTION, "type y or n");
    let above = pty.rows();
    ticks(&mut pty, 3);
    let now = pty.rows();
    assert_eq!(now[..23], above[..23], "nothing but the last row changes");
    let row = pty.last_row();
    assert!(row.starts_with(" SEV-3 p | HERE | 05:0") && row.contains(" of 15:00, 09:5"), "{row}");
    assert!(pty.last_row_is_reversed());
    pty.send("y\r");
    assert_eq!(pty.wait(), Some(0), "{}", pty.seen());
    pty.scrolls_whole();
}

#[test]
fn what_is_typed_is_never_corrupted_by_a_tick_a_wide_character_or_a_window_that_changes() {
    let (desk, mut pty) = asked(WORDS, "type a value");
    let long = "réservations 日本語 ".repeat(12);
    let mut typed = String::new();
    for (index, part) in long.split_inclusive(' ').enumerate() {
        pty.send(part);
        typed.push_str(part);
        if index % 8 == 3 {
            ticks(&mut pty, 1);
            let (rows, columns) = [(24, 60), (10, 110), (24, 40), (30, 80)][index / 8 % 4];
            pty.resize(rows, columns);
        }
        // Of a long text its end shows, on one row.
        let end: String = typed.chars().skip(typed.chars().count().saturating_sub(12)).collect();
        pty.looks("the end of what was typed", |pty| pty.at_cursor().ends_with(&end));
    }
    pty.looks("one clock", |pty| {
        is_status(&pty.last_row()) && pty.rows().iter().filter(|row| is_status(row)).count() == 1
    });
    // Back into the middle, and what is typed there stands there.
    pty.send(&"\u{1b}[D".repeat(long.chars().count()));
    pty.send("the ");
    ticks(&mut pty, 1);
    pty.send("\r");
    assert_eq!(pty.wait(), Some(0), "{}", pty.seen());
    assert!(record(&desk).contains(&format!("\"the {}\"", long.trim_end())), "{}", record(&desk));
}

#[test]
fn nothing_is_left_behind_by_any_way_out() {
    type Leave = fn(&mut Pty);
    let ways: [(&str, Leave, i32); 5] = [
        ("the end", |pty| pty.send("y\r"), 0),
        (
            "Ctrl-C, then Ctrl-C at the menu",
            |pty| {
                pty.send("\u{3}");
                pty.shown("number from 1");
                pty.send("\u{3}");
            },
            6,
        ),
        ("TERM", |pty| pty.signal(Signal::TERM), 143),
        ("QUIT", |pty| pty.signal(Signal::QUIT), 143),
        ("HUP", |pty| pty.signal(Signal::HUP), 129),
    ];
    for (way, leave, code) in ways {
        let (_desk, mut pty) = asked(QUESTION, "type y or n");
        let (modes, first) = (pty.modes(), pty.rows()[0].clone());
        leave(&mut pty);
        assert_eq!(pty.wait(), Some(code), "{way}: {}", pty.seen());
        let rows = pty.rows();
        assert!(!rows.iter().any(|row| is_status(row)), "{way}:\n{}", rows.join("\n"));
        assert!(pty.seen().contains(&first), "{way}: what was shown is not erased");
        assert!(!modes.is_empty());
        pty.scrolls_whole();
    }
}

#[test]
fn a_panic_gives_the_window_back_and_says_where_the_record_is_and_how_to_go_on() {
    let desk = desk(QUESTION);
    let mut command = live(&desk);
    command.env("MAYDAY_SEEDED_BUG", "a panic at Ctrl-C");
    let mut pty = Pty::start(&command);
    let modes = pty.untouched();
    pty.looks("the clock", |pty| is_status(&pty.last_row()));
    pty.shown("y or n >");
    pty.signal(Signal::INT);
    assert_eq!(pty.wait(), Some(1), "{}", pty.seen());
    assert_eq!(pty.modes(), modes);
    let id = desk.newest();
    let said = pty.seen().replace("\r\n", "\n");
    let record = format!("Record: {}\n", desk.path("state").join(&id).display());
    assert!(said.contains(&record) && said.contains(&format!("mayday resume {id}\n")), "{said}");
    assert!(!pty.rows().iter().any(|row| is_status(row)));
    pty.scrolls_whole();
    desk.mayday(&["resume", &id, "--answer", "a=y"]).is(0, &[]);
}

/// Two commands on one terminal, one after the other, each line that is read starting the next.
fn in_a_shell(desk: &Desk, script: &str) -> Pty {
    let mut command = Command::new("bash");
    command.args(["--norc", "-c", script]).current_dir(desk.path(""));
    let of_desk = desk.command(&[]);
    command.envs(of_desk.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.env("TERM", "xterm");
    Pty::start(&command)
}

#[test]
fn what_a_kill_leaves_behind_is_mended_by_the_next_driver() {
    let desk = desk(QUESTION);
    let script = format!(
        "sh -c 'echo $$ > pid; exec {MAYDAY} run p --detected -5m'; echo KILLED; read -r line; \
         {MAYDAY} resume; echo CODE $?"
    );
    let mut pty = in_a_shell(&desk, &format!("set -m; {script}"));
    pty.looks("the clock", |pty| is_status(&pty.last_row()));
    pty.shown("y or n >");
    let pid = std::fs::read_to_string(desk.path("pid")).unwrap().trim().parse().unwrap();
    rustix::process::kill_process(Pid::from_raw(pid).unwrap(), Signal::KILL).unwrap();
    pty.shown("KILLED");
    assert!(is_status(&pty.last_row()), "nobody was there to erase it");
    pty.send("\n");
    pty.shown("y or n >");
    ticks(&mut pty, 1);
    assert_eq!(pty.rows().iter().filter(|row| is_status(row)).count(), 1);
    pty.send("y\r");
    pty.shown("CODE 0");
    pty.wait();
    assert!(!pty.rows().iter().any(|row| is_status(row)));
    pty.scrolls_whole();
}

#[test]
fn while_mayday_is_suspended_the_window_is_the_shells_and_behind_it_one_is_told_where_the_run_stands()
 {
    let desk = desk(QUESTION);
    let script = format!(
        "set -m; {MAYDAY} run p --detected -5m; echo STOPPED; read -r line; fg %1 >/dev/null; echo CODE $?"
    );
    let mut pty = in_a_shell(&desk, &script);
    pty.looks("the clock", |pty| is_status(&pty.last_row()));
    pty.shown("y or n >");
    pty.send("\u{1a}");
    pty.shown("STOPPED");
    assert!(!pty.rows().iter().any(|row| is_status(row)), "{}", pty.rows().join("\n"));
    pty.scrolls_whole();
    pty.send("\n");
    for words in
        ["Where this run stands", "done", "0 of 1 step", "open", "clock", "next", "y or n >"]
    {
        pty.shown(words);
    }
    ticks(&mut pty, 2);
    pty.send("y\r");
    pty.shown("CODE 0");
    pty.wait();
    pty.scrolls_whole();
}

#[test]
fn a_command_that_owns_the_terminal_has_all_of_it() {
    let owns = "  - { id: a, title: A, effect: read, interactive: true, shell: 'echo READY; read -r line; echo GOT' }";
    let desk = desk(&format!("{owns}\n  - {{ id: b, title: B, confirm: 'Good?' }}"));
    let mut pty = Pty::start(&live(&desk));
    pty.shown("READY");
    pty.looks("no clock", |pty| !pty.rows().iter().any(|row| is_status(row)));
    pty.scrolls_whole();
    pty.send("\n");
    pty.shown("y or n >");
    ticks(&mut pty, 1);
    pty.send("y\r");
    assert_eq!(pty.wait(), Some(0), "{}", pty.seen());
    pty.scrolls_whole();
}

#[test]
fn a_window_that_changes_has_its_clock_on_its_last_row_and_nowhere_else() {
    let (_desk, mut pty) = asked(QUESTION, "type y or n");
    for (rows, columns) in [(12, 80), (40, 120), (24, 20), (24, 45), (5, 200), (24, 80)] {
        pty.resize(rows, columns);
        let told = |row: &String| row.contains(" left");
        pty.looks(&format!("{rows} rows, {columns} columns"), |pty| {
            told(&pty.last_row()) && pty.rows().iter().filter(|row| told(row)).count() == 1
        });
        assert!(pty.last_row().chars().count() < columns.into());
        pty.looks("the question", |pty| pty.at_cursor().trim_end().ends_with('>'));
    }
    // Too low for a row of its own: none; and again one when there is room.
    pty.resize(4, 80);
    pty.looks("no clock", |pty| !pty.rows().iter().any(|row| is_status(row)));
    pty.resize(24, 80);
    ticks(&mut pty, 1);
    pty.send("y\r");
    assert_eq!(pty.wait(), Some(0), "{}", pty.seen());
    pty.scrolls_whole();
}

#[test]
fn without_colour_the_row_has_none_and_where_nothing_can_be_drawn_over_there_is_no_row() {
    let desk = desk(QUESTION);
    let mut command = live(&desk);
    command.env("NO_COLOR", "1");
    let mut pty = Pty::start(&command);
    pty.looks("the clock", |pty| is_status(&pty.last_row()));
    assert!(!pty.last_row_is_reversed());
    pty.signal(Signal::TERM);
    pty.wait();
    for (name, value) in [("TERM", "dumb"), ("MAYDAY_PLAIN", "1"), ("CI", "true"), ("TERM", "")] {
        let mut command = desk.command(&["run", "p", "--answer", "a=y", "--detected", "-8m"]);
        command.env("TERM", "xterm").env(name, value);
        let mut pty = Pty::start(&command);
        assert_eq!(pty.wait(), Some(0), "{}", pty.seen());
        let moves = ["\u{1b}7", "\u{1b}[?", "\r\u{1b}"];
        assert!(
            !moves.iter().any(|it| pty.seen().contains(it)),
            "{name}={value}: {:?}",
            pty.seen()
        );
        assert!(pty.seen().contains("(50 % used)"), "the clock is told in lines: {}", pty.seen());
    }
}
