//! Counts that do not depend on the machine: instructions by callgrind, syncs and spawns by strace.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::measure::Said;
use crate::{Trouble, fixture, machine};

/// What the kernel was asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Calls {
    /// Syncs of the record: `fdatasync`.
    pub syncs: u32,
    /// Syncs of new files and folders: `fsync`.
    pub file_syncs: u32,
    /// Children that share our memory until they are another program.
    pub vforks: u32,
    /// Children that begin as a copy of us.
    pub forks: u32,
    /// Threads of ours.
    pub threads: u32,
    /// Keepers that were started.
    pub keepers: u32,
}

/// Instructions of the program itself, without its children; `None` without valgrind, or with one that
/// ends by a signal: older ones hand the program an address of the kernel that cannot be read.
pub fn instructions(command: &Command, folder: &Path) -> Result<Option<f64>, Trouble> {
    let Some(valgrind) = machine::find("valgrind") else { return Ok(None) };
    let log = folder.join("callgrind.log");
    let mut flag = std::ffi::OsString::from("--log-file=");
    flag.push(&log);
    let words = [
        OsStr::new("--tool=callgrind"),
        OsStr::new("--callgrind-out-file=/dev/null"),
        OsStr::new("--child-silent-after-fork=yes"),
        &flag,
    ];
    if !under(&valgrind, &words, command)? {
        return Ok(None);
    }
    let text = fs::read_to_string(&log)?;
    let count = text.lines().find_map(|line| line.split_once("Collected :")?.1.trim().parse().ok());
    Ok(Some(count.ok_or("callgrind told no count")?))
}

/// What a command and its children asked the kernel for; `None` without strace.
pub fn calls(command: &Command, folder: &Path) -> Result<Option<Calls>, Trouble> {
    let Some(strace) = machine::find("strace") else { return Ok(None) };
    let log = folder.join("strace.log");
    let trace = "trace=fsync,fdatasync,clone,clone3,fork,vfork,execve";
    let words = ["-f", "-qq", "-e", trace, "-o"].map(OsStr::new);
    if !under(&strace, &[&words[..], &[log.as_os_str()]].concat(), command)? {
        return Ok(None);
    }
    let mut calls = Calls::default();
    // A call that was cut in two by another process is counted where it begins.
    for line in fs::read_to_string(&log)?.lines().filter(|line| !line.contains(" resumed>")) {
        let counted = if line.contains("fdatasync(") {
            &mut calls.syncs
        } else if line.contains("fsync(") {
            &mut calls.file_syncs
        } else if line.contains("execve(") && line.contains("\"mayday\", \"keeper\"") {
            &mut calls.keepers
        } else if line.contains("CLONE_VFORK") || line.contains("vfork(") {
            &mut calls.vforks
        } else if line.contains("CLONE_THREAD") {
            &mut calls.threads
        } else if line.contains("clone") || line.contains("fork(") {
            &mut calls.forks
        } else {
            continue;
        };
        *counted += 1;
    }
    Ok(Some(calls))
}

/// Runs a command under a tool that takes it behind its own flags; false when a signal ended it.
fn under(tool: &Path, words: &[&OsStr], command: &Command) -> Result<bool, Trouble> {
    let mut traced = fixture::quiet(tool, &[]);
    traced.args(words).arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            traced.env(name, value);
        }
    }
    if let Some(folder) = command.get_current_dir() {
        traced.current_dir(folder);
    }
    let mut said = Said::open(&mut traced)?;
    let status = traced.status()?;
    match status.code() {
        Some(0) => Ok(true),
        None => Ok(false),
        Some(_) => Err(said.of(&traced, status)),
    }
}
