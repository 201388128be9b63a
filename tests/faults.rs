//! The fault matrix: every row is a fault that is really made, tried as often as it says, and counted.
//!
//! Owns how rows are counted and where the counts are left for the table (`tests/faults` prints it). The
//! normal test command takes the small counts; `MAYDAY_FAULTS=soak` takes the large ones. A try that cannot
//! be made here (no root, no tmpfs) is skipped with a reason and counted as such, never as passed.

mod bad_input;
mod canary;
mod changed;
mod controls;
mod disk;
mod folders;
mod hostile;
mod http;
mod keeper;
mod kills;
mod moved;
mod names;
mod output;
mod power;
mod simulation;
pub(crate) mod sql;
mod templates;
pub(crate) mod terminal;
mod time;
mod weak;
mod yaml_suite;

use std::fmt::Write as _;
use std::path::PathBuf;

/// How often a fault is tried.
#[derive(Clone, Copy)]
pub(crate) struct Count {
    /// In the normal test command.
    pub(crate) ci: u32,
    /// In the long run before a release.
    pub(crate) soak: u32,
}

/// The same number in both.
pub(crate) const fn always(count: u32) -> Count {
    Count { ci: count, soak: count }
}

/// True in the long run.
pub(crate) fn soak() -> bool {
    std::env::var("MAYDAY_FAULTS").is_ok_and(|what| what == "soak")
}

/// One row of the matrix, or a named part of one. What it came to is written when it is dropped; a panic
/// in the middle counts as a failure, and what was not reached is told as missing.
pub(crate) struct Row {
    id: &'static str,
    what: &'static str,
    wanted: u32,
    passed: u32,
    skipped: u32,
    why: Vec<String>,
}

impl Row {
    /// A row: its id in the matrix (`F01`), the fault in words, and its count.
    pub(crate) fn new(id: &'static str, what: &'static str, count: Count) -> Self {
        let wanted = if soak() { count.soak } else { count.ci };
        Self { id, what, wanted, passed: 0, skipped: 0, why: Vec::new() }
    }

    /// How many tries are asked for.
    pub(crate) fn wanted(&self) -> u32 {
        self.wanted
    }

    /// How many tries are still to be made.
    pub(crate) fn left(&self) -> u32 {
        self.wanted.saturating_sub(self.passed + self.skipped)
    }

    /// Makes each try. A panic in one ends the test, as it should.
    pub(crate) fn each(&mut self, mut attempt: impl FnMut(u32)) {
        for round in self.passed + self.skipped..self.wanted {
            attempt(round);
            self.passed += 1;
        }
    }

    /// One try more than were asked for, where their number is only known at the end.
    pub(crate) fn more(&mut self) {
        self.passed += 1;
        self.wanted = self.wanted.max(self.passed + self.skipped);
    }

    /// One try was made and all was as it must be.
    pub(crate) fn pass(&mut self) {
        self.passed += 1;
    }

    /// So many tries were made at once and all was as it must be.
    pub(crate) fn each_of(&mut self, tries: u32) {
        self.passed += tries;
    }

    /// So many tries cannot be made here.
    pub(crate) fn skip(&mut self, tries: u32, why: &str) {
        self.skipped += tries;
        if !self.why.iter().any(|known| known == why) {
            self.why.push(why.to_owned());
        }
    }

    /// Skips what is left of the row.
    pub(crate) fn skip_rest(&mut self, why: &str) {
        self.skip(self.wanted.saturating_sub(self.passed + self.skipped), why);
    }
}

impl Drop for Row {
    fn drop(&mut self) {
        let broken = std::thread::panicking();
        let missing = self.wanted.saturating_sub(self.passed + self.skipped);
        let failed = if broken { missing.max(1) } else { missing };
        let mut line = String::new();
        let _ = writeln!(
            line,
            "{}\t{}\t{}\t{}\t{}\t{}\t{}",
            self.id,
            self.what,
            self.wanted,
            self.passed,
            failed,
            self.skipped,
            self.why.join("; ")
        );
        let folder = folder();
        let slug: String =
            self.what.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        let written = std::fs::create_dir_all(&folder)
            .and_then(|()| std::fs::write(folder.join(format!("{}-{slug}.tsv", self.id)), line));
        if !broken {
            written.unwrap();
            assert_eq!(missing, 0, "{}: {}: {missing} tries were not made", self.id, self.what);
        }
    }
}

/// Where the counts are left: one file a row, below the build folder.
fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("faults")
}

/// Root can make file systems, namespaces and other users.
pub(crate) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// True when a program is on PATH.
pub(crate) fn has(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

#[test]
fn a_row_that_makes_too_few_tries_is_no_pass() {
    let short = std::panic::catch_unwind(|| {
        let mut row = Row::new("F00", "the harness itself", always(2));
        row.pass();
    });
    assert!(short.is_err());
    let mut row = Row::new("F00", "the harness itself", always(2));
    row.each(|_| ());
    row.skip_rest("nothing is left");
    assert_eq!((row.passed, row.skipped), (2, 0));
}
