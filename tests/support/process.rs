//! One command through one poll loop, as the engine does it.

use std::path::PathBuf;

use mayday::effect::Output;
use mayday::secret::Redactor;
use mayday::time::Span;
use mayday::world::evidence::EvidenceSink;
use mayday::world::process::{Prepared, Running};
use rustix::event::Timespec;
use rustix::time::{ClockId, clock_gettime};
use tempfile::TempDir;

/// The boot clock.
pub(crate) fn boot() -> Span {
    let now = clock_gettime(ClockId::Boottime);
    Span::from_millis(now.tv_sec * 1000 + now.tv_nsec / 1_000_000)
}

/// A folder that is both working directory and run folder.
pub(crate) struct Place {
    pub(crate) folder: TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn sink(&self) -> EvidenceSink {
        EvidenceSink::new(self.folder.path(), "0007-restore.1")
    }

    /// `sh -c script` with limits that no test comes near.
    pub(crate) fn sh(&self, script: &str) -> Prepared {
        self.command(&["/bin/sh", "-c", script])
    }

    pub(crate) fn command(&self, argv: &[&str]) -> Prepared {
        Prepared {
            argv: argv.iter().map(|word| (*word).to_owned()).collect(),
            env: Vec::new(),
            path: Vec::new(),
            cwd: self.folder.path().to_path_buf(),
            interactive: false,
            time_limit: Span::from_secs(60),
            kill_after: Span::from_secs(20),
            withhold: false,
            redactor: Redactor::default(),
        }
    }

    pub(crate) fn run(&self, spec: &Prepared) -> (Output, Vec<String>) {
        self.run_with(spec, |_, _| {})
    }

    /// Runs a command to its end; `meddle` sees each line and may cancel.
    pub(crate) fn run_with(
        &self,
        spec: &Prepared,
        mut meddle: impl FnMut(&mut Running, &str),
    ) -> (Output, Vec<String>) {
        let mut lines = Vec::new();
        let mut running = match Running::spawn(spec, &self.sink(), boot()) {
            Ok(running) => running,
            Err(output) => return (*output, lines),
        };
        loop {
            let before = lines.len();
            if let Some(output) = running.wake(boot(), &mut |line| lines.push(line.to_owned())) {
                return (output, lines);
            }
            for line in &lines[before..] {
                meddle(&mut running, line);
            }
            let deadline = running.next_deadline();
            let mut fds = Vec::new();
            running.poll_fds(&mut fds);
            let wait = deadline.map(|at| Timespec::try_from((at - boot()).std()).unwrap());
            rustix::event::poll(&mut fds, wait.as_ref()).unwrap();
        }
    }
}

/// True while a process with that number lives.
pub(crate) fn alive(pid: i64) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat"))
        .is_ok_and(|stat| stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z')))
}

/// A driver and the keeper that it started, as folders in `/proc`.
pub(crate) fn driver_and_keeper(driver: i32) -> Vec<PathBuf> {
    let is_its_keeper = |folder: &PathBuf| {
        let status = std::fs::read_to_string(folder.join("status")).unwrap_or_default();
        let arguments = std::fs::read(folder.join("cmdline")).unwrap_or_default();
        arguments.starts_with(b"mayday\0keeper\0")
            && status.contains(&format!("\nPPid:\t{driver}\n"))
    };
    let mut all = vec![PathBuf::from(format!("/proc/{driver}"))];
    let processes = std::fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.path());
    all.extend(processes.filter(is_its_keeper));
    all
}

/// The most memory that this process took so far, in MiB. Each test is a process of its own.
pub(crate) fn peak_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
}
