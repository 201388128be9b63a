//! Who is still there after a command: members of its process group, and holders of its pipes.
//!
//! Reads /proc. Names processes by the kernel's short name, never by their arguments: those may hold
//! what must not be shown. A process that left the group (`setsid`) and closed its output is found only
//! by a child subreaper, which inherits it; elsewhere that is documented, and only a container or a
//! systemd scope is a jail.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read as _;
use std::path::PathBuf;

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, WaitOptions};

/// A process that outlived the command that started it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Survivor {
    pub pid: i32,
    pub name: String,
    /// When it started, in clock ticks after boot, `proc_pid_stat(5)`: a number that was given out anew has another.
    /// 0 where that was not asked.
    pub since: u64,
}

impl Survivor {
    pub(super) const fn named(pid: i32, name: String) -> Self {
        Self { pid, name, since: 0 }
    }

    /// From the two parts of its `stat` file, before and behind the end of its name.
    fn of(pid: i32, head: &str, tail: &str) -> Option<Self> {
        let name = head.split_once('(')?.1.to_owned();
        let since = tail.split_ascii_whitespace().nth(19)?.parse().ok()?;
        Some(Self { pid, name, since })
    }
}

/// False when no process at all, not even a dead one, is in the group. One system call.
pub(super) fn exists(group: Pid) -> bool {
    rustix::process::test_kill_process_group(group).is_ok()
}

/// Sends a signal to the group. It being gone already is no trouble.
pub(super) fn signal(group: Pid, signal: Signal) {
    let _ = rustix::process::kill_process_group(group, signal);
}

/// Living members of the group, once its leader was waited for.
///
/// Empty when there is a process with the group's own number: the number was given out anew, and the
/// group is not ours any more.
pub(super) fn members(group: Pid) -> Vec<Survivor> {
    let group = group.as_raw_pid();
    let members: Vec<Survivor> = processes()
        .filter_map(|pid| {
            let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
            let (head, tail) = stat.rsplit_once(')')?;
            let mut fields = tail.split_ascii_whitespace();
            let state = fields.next()?;
            let its_group: i32 = fields.nth(1)?.parse().ok()?;
            let survivor = Survivor::of(pid, head, tail)?;
            (its_group == group && !matches!(state, "Z" | "X")).then_some(survivor)
        })
        .collect();
    if members.iter().any(|member| member.pid == group) { Vec::new() } else { members }
}

/// True when a process is in the list.
pub(super) fn lists(survivors: &[Survivor], pid: i32) -> bool {
    survivors.iter().any(|survivor| survivor.pid == pid)
}

/// Sends a signal to each of them.
pub(super) fn signal_each(survivors: &[Survivor], signal: Signal) {
    for pid in survivors.iter().filter_map(|survivor| Pid::from_raw(survivor.pid)) {
        let _ = rustix::process::kill_process(pid, signal);
    }
}

/// A living descendant of this process.
pub(super) struct Stray {
    pub survivor: Survivor,
    /// It was there already, or something that was there already has started it.
    pub earlier: bool,
}

/// Living descendants of this process. For a child subreaper whose own command was waited for: what left its
/// group or lost its parent, of that command and of earlier ones.
pub(super) fn strays(earlier: &[Survivor]) -> Vec<Stray> {
    let mut children: BTreeMap<i32, Vec<(Survivor, bool)>> = BTreeMap::new();
    for (survivor, parent, dead) in processes().filter_map(parentage) {
        children.entry(parent).or_default().push((survivor, dead));
    }
    let mut strays = Vec::new();
    let mut seen = BTreeSet::new();
    let mut open = vec![(rustix::process::getpid().as_raw_pid(), false)];
    while let Some((pid, below)) = open.pop() {
        for (survivor, dead) in children.remove(&pid).unwrap_or_default() {
            if seen.insert(survivor.pid) {
                let earlier = below || earlier.contains(&survivor);
                open.push((survivor.pid, earlier));
                if !dead {
                    strays.push(Stray { survivor, earlier });
                }
            }
        }
    }
    strays
}

/// The variable that says which run and attempt a process comes from; a process hands it down to what it starts.
pub(in crate::world) const MARK: &str = "MAYDAY_ATTEMPT";

/// Bytes of a process's environment that are searched for the mark; the kernel gives out a few MiB at most.
const ENVIRONMENT: u64 = 4 << 20;

/// The attempt that a process says it comes from; none when its environment was emptied or is not ours to read.
pub(super) fn mark(pid: i32) -> Option<String> {
    let mut environment = Vec::new();
    let file = fs::File::open(format!("/proc/{pid}/environ")).ok()?;
    file.take(ENVIRONMENT).read_to_end(&mut environment).ok()?;
    environment.split(|byte| *byte == 0).find_map(|variable| {
        let value = variable.strip_prefix(MARK.as_bytes())?.strip_prefix(b"=")?;
        Some(String::from_utf8_lossy(value).into_owned())
    })
}

/// False when this process has no child at all, dead or alive. One system call.
pub(super) fn has_children() -> bool {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    !matches!(rustix::process::waitid(WaitId::All, options), Err(rustix::io::Errno::CHILD))
}

/// Waits for what was inherited and is dead already, so that it does not stay a zombie.
pub(super) fn reap_strays() {
    let own = rustix::process::getpid().as_raw_pid();
    for (survivor, parent, dead) in processes().filter_map(parentage) {
        if let (true, true, Some(pid)) = (dead, parent == own, Pid::from_raw(survivor.pid)) {
            let _ = rustix::process::waitpid(Some(pid), WaitOptions::NOHANG);
        }
    }
}

/// A process, its parent, and whether it is dead.
fn parentage(pid: i32) -> Option<(Survivor, i32, bool)> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (head, tail) = stat.rsplit_once(')')?;
    let mut fields = tail.split_ascii_whitespace();
    let dead = matches!(fields.next()?, "Z" | "X");
    let parent = fields.next()?.parse().ok()?;
    Some((Survivor::of(pid, head, tail)?, parent, dead))
}

/// Other processes that hold one of these pipes open.
pub(super) fn holders(pipes: &[u64]) -> Vec<Survivor> {
    let links: Vec<PathBuf> = pipes.iter().map(|inode| format!("pipe:[{inode}]").into()).collect();
    let own = rustix::process::getpid().as_raw_pid();
    let holds = |pid: &i32| {
        let files = fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
        files.filter_map(|file| fs::read_link(file.path()).ok()).any(|link| links.contains(&link))
    };
    processes()
        .filter(|pid| *pid != own && holds(pid))
        .map(|pid| {
            let name = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
            Survivor::named(pid, name.trim_end().to_owned())
        })
        .collect()
}

fn processes() -> impl Iterator<Item = i32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// The name of a signal without `SIG`, for the numbers that end processes on Linux.
pub(super) const fn signal_name(number: i32) -> &'static str {
    match number {
        1 => "HUP",
        2 => "INT",
        3 => "QUIT",
        4 => "ILL",
        5 => "TRAP",
        6 => "ABRT",
        7 => "BUS",
        8 => "FPE",
        9 => "KILL",
        10 => "USR1",
        11 => "SEGV",
        12 => "USR2",
        13 => "PIPE",
        14 => "ALRM",
        15 => "TERM",
        24 => "XCPU",
        25 => "XFSZ",
        31 => "SYS",
        _ => "other",
    }
}
