//! What a command leaves behind when its first process has ended, and the end of that.

use rustix::process::Signal;

use super::{AFTER_KILL, LOOK, Phase, Running, Strays, group};
use crate::time::Span;

/// What left the command's group and is still there.
#[derive(Default)]
struct Astray {
    /// This command started it.
    ours: Vec<group::Survivor>,
    /// It appeared meanwhile and comes from another run, or says nothing of where it comes from while a server of
    /// an earlier command was there that may have started it: named, and never ended.
    unclear: Vec<group::Survivor>,
}

/// True when two marks are of the same run.
fn of_one_run(one: &str, other: &str) -> bool {
    let run = |mark: &str| mark.rsplit_once('/').map(|(run, _)| run.to_owned());
    run(one) == run(other)
}

impl Running {
    /// Says whether what left the command's group (`setsid`, daemons) can be found. What did so on purpose
    /// is named when the command ends by itself, and ended with a command that is ended.
    pub fn look_for(&mut self, strays: Strays) {
        self.strays = strays;
    }

    /// What is left of a command that was waited for.
    fn left(&self) -> Vec<group::Survivor> {
        let mut left = if group::exists(self.pid) { group::members(self.pid) } else { Vec::new() };
        if self.stop.is_some() {
            left.extend(self.astray().ours);
        }
        left
    }

    /// What left the group and is still there.
    fn astray(&self) -> Astray {
        let mut astray = Astray::default();
        let Strays::Inherited { attempt, earlier } = &self.strays else { return astray };
        if !group::has_children() {
            return astray;
        }
        group::reap_strays();
        let group = group::members(self.pid);
        for group::Stray { survivor, earlier: known } in group::strays(&earlier.0) {
            if group::lists(&group, survivor.pid) {
                continue;
            }
            match group::mark(survivor.pid) {
                Some(mark) if mark == *attempt => astray.ours.push(survivor),
                _ if known => {}
                Some(mark) if of_one_run(&mark, attempt) => {}
                None if earlier.is_empty() => astray.ours.push(survivor),
                // Of a run within this one, which may have left it running on purpose; or of nobody knows whom.
                Some(_) | None => astray.unclear.push(survivor),
            }
        }
        astray
    }

    fn signal_left(&self, left: &[group::Survivor], signal: Signal) {
        if group::exists(self.pid) {
            group::signal(self.pid, signal);
        }
        if self.stop.is_some() && matches!(self.strays, Strays::Inherited { .. }) {
            group::signal_each(left, signal);
        }
    }

    /// Looks whether anything of the group is left, and begins to end it. True when nothing is.
    pub(super) fn sweep(&mut self) -> bool {
        let astray = self.astray();
        self.leftovers.name(astray.unclear);
        if self.stop.is_none() {
            // A server that was started on purpose.
            self.leftovers.name(astray.ours);
        }
        let left = self.left();
        if left.is_empty() {
            return true;
        }
        self.signal_left(&left, Signal::TERM);
        self.signal_left(&left, Signal::CONT);
        self.leftovers.end(left, false);
        let kill_at = if self.killed { self.now } else { self.now + self.kill_after };
        self.killed = false;
        self.phase = Phase::Sweep { kill_at, look_at: (self.now + LOOK).min(kill_at) };
        false
    }

    /// Looks again after the leftovers. True when they are gone or beyond reach.
    pub(super) fn look(&mut self, kill_at: Span) -> bool {
        let left = self.left();
        if left.is_empty() {
            return true;
        }
        let mut kill_at = kill_at;
        if self.killed && self.now >= kill_at {
            self.leftovers.name(left);
            return true;
        }
        if self.killed || self.now >= kill_at {
            // Again at each look: a process that forks while it is being killed leaves another.
            self.signal_left(&left, Signal::KILL);
            if !self.killed {
                self.killed = true;
                kill_at = self.now + AFTER_KILL;
            }
        }
        self.leftovers.end(left, self.killed);
        self.phase = Phase::Sweep { kill_at, look_at: self.now + LOOK };
        false
    }
}
