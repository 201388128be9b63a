//! Stopping mayday, as Ctrl-Z asks for, and going on.
//!
//! In a container the processes around mayday can be outside of its process namespace, where the kernel
//! calls each of them 0: their numbers are read as numbers, never taken for a process.

use std::fs;

use rustix::process::{Signal, getpid};

use super::modes;

/// Asks for a stop, as the key does outside of a question. False when nobody would bring mayday back.
pub fn ask_to_suspend() -> bool {
    let Some(group) = modes::own_group().filter(|_| can_suspend()) else { return false };
    modes::lend();
    let _ = rustix::process::kill_process_group(group, Signal::TSTP);
    true
}

/// Stops this process with the terminal as it was before; returns when it goes on.
pub fn suspend() {
    modes::lend();
    let _ = rustix::process::kill_process(getpid(), Signal::STOP);
    modes::retake();
}

/// True when a shell in this session would bring a stopped mayday back. Without one (started by `ssh -t`,
/// by a terminal window, by cron, as a container's own process) a stop would be for ever.
#[must_use]
pub fn can_suspend() -> bool {
    let Some(own) = Place::of("self") else { return false };
    let mut parent = own.parent;
    while let Some(place) = Place::of(&parent.to_string()) {
        if place.session != own.session {
            return false;
        }
        if place.group != own.group {
            return true;
        }
        parent = place.parent;
    }
    false
}

/// Where a process stands among the others: the fields 4 to 6 of its `stat` file, `proc_pid_stat(5)`.
struct Place {
    parent: u32,
    group: i32,
    session: i32,
}

impl Place {
    fn of(process: &str) -> Option<Self> {
        let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
        let (_, rest) = stat.rsplit_once(')')?;
        let mut fields = rest.split_ascii_whitespace().skip(1);
        Some(Self {
            parent: fields.next()?.parse().ok()?,
            group: fields.next()?.parse().ok()?,
            session: fields.next()?.parse().ok()?,
        })
    }
}
