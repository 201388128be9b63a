//! Stopping mayday, as Ctrl-Z asks for, and going on.

use std::fs;

use rustix::process::{Pid, Signal, getpgid, getpgrp, getpid, getppid, getsid};

use super::modes;

/// Asks for a stop, as the key does outside of a question. False when nobody would bring mayday back.
pub fn ask_to_suspend() -> bool {
    if !can_suspend() {
        return false;
    }
    modes::lend();
    let _ = rustix::process::kill_process_group(getpgrp(), Signal::TSTP);
    true
}

/// Stops this process with the terminal as it was before; returns when it goes on.
pub fn suspend() {
    modes::lend();
    let _ = rustix::process::kill_process(getpid(), Signal::STOP);
    modes::retake();
}

/// True when a shell in this session would bring a stopped mayday back. Without one (started by `ssh -t`,
/// by a terminal window, by cron) a stop would be for ever.
#[must_use]
pub fn can_suspend() -> bool {
    let (group, session) = (getpgrp(), getsid(None));
    let mut parent = getppid();
    while let (Some(pid), Ok(session)) = (parent, session) {
        if getsid(Some(pid)) != Ok(session) {
            return false;
        }
        if getpgid(Some(pid)) != Ok(group) {
            return true;
        }
        parent = parent_of(pid);
    }
    false
}

fn parent_of(pid: Pid) -> Option<Pid> {
    let stat = fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_pid())).ok()?;
    let (_, rest) = stat.rsplit_once(')')?;
    Pid::from_raw(rest.split_ascii_whitespace().nth(1)?.parse().ok()?)
}
