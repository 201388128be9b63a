//! F23: the terminal goes away under a run.

use std::process::Command;

use rustix::process::{Pid, Signal};

use super::signals::reach;
use super::{PHASES, Phase, desk, live, record, recorded, verify};
use crate::cli::until;
use crate::faults::{Row, always, has};
use crate::support::desk::Desk;
use crate::support::process::alive;
use crate::support::pty::Pty;

fn gone(desk: &Desk, about: &str) {
    let text = record(desk);
    assert!(text.contains("\"hang_up\""), "{about}: {text}");
    assert!(text.contains("\"stopped\""), "{about}: {text}");
    verify(desk);
}

fn master_closed(phase: &Phase) {
    let (desk, mut pty, _) = reach(phase);
    pty.hang_up();
    assert_eq!(pty.wait(), Some(129), "{}", phase.name);
    gone(&desk, phase.name);
}

/// As under `nohup`: whoever started it had SIGHUP ignored, but the operator's terminal is still gone.
fn hup_ignored(phase: &Phase) {
    let desk = desk(phase.steps);
    let mut command = Command::new("sh");
    command.args(["-c", "trap '' HUP; exec \"$@\"", "sh"]);
    let inner = live(&desk);
    command.arg(inner.get_program()).args(inner.get_args()).current_dir(desk.path(""));
    command.env_clear().envs(inner.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let mut pty = Pty::start(&command);
    match phase.asks {
        Some(label) => pty.shown(label),
        None => pty.until(phase.name, || recorded(&desk, phase.recorded) > 0),
    }
    pty.hang_up();
    assert_eq!(pty.wait(), Some(129), "{}", phase.name);
    gone(&desk, phase.name);
}

/// A tmux server of its own, which ends with this.
struct Tmux(String);

impl Tmux {
    fn run(&self, words: &[&str]) -> String {
        let output = Command::new("tmux").args(["-L", &self.0]).args(words).output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }
}

impl Drop for Tmux {
    fn drop(&mut self) {
        self.run(&["kill-server"]);
    }
}

fn session_killed(phase: &Phase) {
    let desk = desk(phase.steps);
    let tmux = Tmux(format!("mayday-test-{}", std::process::id()));
    let inner = live(&desk);
    let mut line = format!("cd {} && exec env -i TERM=screen", desk.path("").display());
    for (name, value) in inner.get_envs() {
        let (name, value) = (name.to_str().unwrap(), value.unwrap().to_str().unwrap());
        if name != "TERM" {
            line += &format!(" '{name}={value}'");
        }
    }
    line += &format!(" {} run p", inner.get_program().to_str().unwrap());
    tmux.run(&["new-session", "-d", "-x", "80", "-y", "24", &line]);
    let pid: i32 = tmux.run(&["list-panes", "-F", "#{pane_pid}"]).parse().unwrap();
    until(phase.name, || match phase.asks {
        Some(label) => tmux.run(&["capture-pane", "-p"]).contains(label),
        None => recorded(&desk, phase.recorded) > 0,
    });
    tmux.run(&["kill-session"]);
    until("it ends", || !alive(i64::from(pid)));
    gone(&desk, phase.name);
}

#[test]
fn f23_the_terminal_goes_away() {
    let mut row = Row::new("F23", "terminal closed, HUP ignored, tmux session killed", always(18));
    for phase in &PHASES {
        master_closed(phase);
        row.pass();
        hup_ignored(phase);
        row.pass();
        if has("tmux") {
            session_killed(phase);
            row.pass();
        } else {
            row.skip(1, "there is no tmux");
        }
    }
}

#[test]
fn under_nohup_without_a_terminal_a_run_goes_on_after_a_hang_up() {
    let desk = desk(PHASES[1].steps);
    let mut command = Command::new("nohup");
    let inner = desk.command(&["run", "p"]);
    command.arg(inner.get_program()).args(inner.get_args()).current_dir(desk.path(""));
    command.env_clear().envs(inner.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let run = crate::cli::Beside::start(command);
    until("it runs", || desk.path("pid").exists());
    let pid: Pid = run.pid();
    rustix::process::kill_process(pid, Signal::HUP).unwrap();
    desk.write("go", "");
    assert_eq!(run.end().code, Some(0));
}
