//! The keepers of a desk's runs: found by what they were told to keep.

use rustix::process::{Pid, Signal};

use super::desk::Desk;

/// Every living keeper of a run at this desk.
pub(crate) fn keepers(desk: &Desk) -> Vec<Pid> {
    let state = desk.path("state").to_string_lossy().into_owned();
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    pids.filter(|pid| {
        let words = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let words = String::from_utf8_lossy(&words).into_owned();
        let mut words = words.split('\0');
        words.next() == Some("mayday")
            && words.next() == Some("keeper")
            && words.next().is_some_and(|folder| folder.starts_with(&state))
    })
    .filter_map(Pid::from_raw)
    .collect()
}

/// Kills the keepers of a desk's runs; at least one there must be.
pub(crate) fn kill_keepers(desk: &Desk) {
    let found = keepers(desk);
    assert!(!found.is_empty(), "no keeper runs");
    for pid in found {
        rustix::process::kill_process(pid, Signal::KILL).unwrap();
        let proc = format!("/proc/{}/stat", pid.as_raw_pid());
        // It is gone for others only when its parent took note of that.
        let gone = || !std::fs::read_to_string(&proc).is_ok_and(|stat| !stat.contains(") Z"));
        while !gone() {
            std::thread::yield_now();
        }
    }
}
