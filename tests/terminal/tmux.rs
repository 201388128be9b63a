//! The same under tmux, as a picture of what a person sees: a terminal that moves lines when its window changes.

use std::process::{Command, Stdio};

use crate::cli::{desk_with, until};
use crate::faults::has;
use crate::support::desk::{Desk, MAYDAY};

/// A tmux server of its own, with one window.
struct Tmux<'a> {
    desk: &'a Desk,
}

impl<'a> Tmux<'a> {
    fn start(desk: &'a Desk, command: &str) -> Self {
        assert!(has("tmux"), "tmux is missing: tests/run installs it");
        let tmux = Self { desk };
        tmux.say(&["-f", "/dev/null", "new-session", "-d", "-x", "90", "-y", "24", "bash --norc"]);
        tmux.keys(&[command, "Enter"]);
        tmux
    }

    fn say(&self, words: &[&str]) -> String {
        let mut command = Command::new("tmux");
        command.arg("-S").arg(self.desk.path("tmux")).args(words).current_dir(self.desk.path(""));
        let of_desk = self.desk.command(&[]);
        command.env_clear();
        command.envs(of_desk.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command.env("TERM", "xterm").env("LC_ALL", "C.UTF-8").stdin(Stdio::null());
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    }

    fn keys(&self, keys: &[&str]) {
        self.say(&[&["send-keys"], keys].concat());
    }

    fn rows(&self) -> Vec<String> {
        self.say(&["capture-pane", "-p"]).lines().map(str::to_owned).collect()
    }

    /// The window and all that has left it at the top.
    fn all(&self) -> String {
        self.say(&["capture-pane", "-p", "-J", "-S", "-"])
    }

    #[track_caller]
    fn looks(&self, what: &str, so: impl Fn(&[String]) -> bool) {
        let mut rows = Vec::new();
        let seen = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            until(what, || {
                rows = self.rows();
                so(&rows)
            });
        }));
        assert!(seen.is_ok(), "{what}:\n{}", self.rows().join("\n"));
    }
}

impl Drop for Tmux<'_> {
    fn drop(&mut self) {
        self.say(&["kill-server"]);
    }
}

fn is_status(row: &str) -> bool {
    row.contains(" left") && row.contains("here |")
}

#[test]
fn the_clock_ticks_on_the_last_row_through_typing_and_changes_of_the_window_and_leaves_nothing() {
    let config = "default_environment: here\nenvironments:\n  here: { danger: low }\n";
    let steps = "  - { id: many, title: Many, effect: read, shell: 'seq -f line-%g 60' }\n  - { id: a, title: A, ask: { question: 'Which one?' } }";
    let desk = desk_with(config, "objectives: { rto: 15m }", steps);
    let tmux = Tmux::start(&desk, &format!("{MAYDAY} run p; echo CODE $?"));
    tmux.looks("the question and the clock", |rows| {
        rows.len() == 24 && is_status(&rows[23]) && rows[22].contains("type a value >")
    });
    let first = tmux.rows()[23].clone();
    tmux.looks("the clock goes on while the question is open", |rows| {
        is_status(&rows[23]) && rows[23] != first
    });
    let typed = "the one with the réservations 日本語 in it, of tonight";
    tmux.keys(&["-l", typed]);
    tmux.looks("what is typed", |rows| rows[22].ends_with(&format!("> {typed}")));
    // Narrower than what is typed: tmux breaks the row in two.
    for (columns, rows) in [("50", "24"), ("120", "12"), ("70", "30")] {
        tmux.say(&["resize-window", "-x", columns, "-y", rows]);
        tmux.looks(&format!("{columns} columns, {rows} rows"), |shown| {
            let last = shown.last().is_some_and(|row| is_status(row));
            let once = shown.iter().filter(|row| is_status(row)).count() == 1;
            let prompt = shown.iter().rev().nth(1).is_some_and(|row| row.ends_with("of tonight"));
            last && once && prompt && shown.len().to_string() == rows
        });
    }
    tmux.keys(&["!", "Enter"]);
    tmux.looks("the end", |rows| rows.iter().any(|row| row.starts_with("CODE 0")));
    assert!(!tmux.rows().iter().any(|row| is_status(row)), "{}", tmux.rows().join("\n"));
    // The whole window scrolls again, and what has left it is kept.
    tmux.keys(&["seq -f after-%g 40", "Enter"]);
    tmux.looks("the shell has all of it", |rows| {
        rows.iter().filter(|row| row.starts_with("after-")).count() == 29
    });
    let all = tmux.all();
    for line in (1..=60).map(|number| format!("  | line-{number}\n")) {
        assert_eq!(all.matches(&line).count(), 1, "{line}{all}");
    }
    let record = crate::faults::terminal::record(&desk);
    assert!(record.contains(&format!("\"{typed}!\"")), "{record}");
}
