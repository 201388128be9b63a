//! A run with a long record, stopped, that can be taken up again and again.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use mayday::journal::{Holder, Store};
use mayday::run::event::{Event, Kind};
use mayday::time::Timestamp;

use crate::Trouble;
use crate::fixture::Bench;
use crate::measure::{Subject, command_with};

/// What a crash in the middle of an append leaves.
const TORN: &[u8] = b"{\"seq\":";

/// Notes made durable together.
const TOGETHER: usize = 1_000;

/// The folder of runs as it is to be found, and a copy that stays.
pub struct Long {
    state: PathBuf,
    copy: PathBuf,
}

impl Long {
    /// Stops a run and lengthens its record.
    pub fn make(bench: &Bench, events: usize) -> Result<Self, Trouble> {
        let project = bench.folder().join("waits");
        // It stops because a file is missing, which is there from then on.
        let stopped =
            bench.mayday("waits", &["run", "p", "--env", "bench", "--no-input"]).status()?;
        if stopped.success() {
            return Err("the run did not stop".into());
        }
        fs::write(project.join("ready"), "")?;
        let state = bench.folder().join("state");
        let store = Store::new(&state);
        let id = store.list()?.into_iter().next().ok_or("no run was recorded")?;
        let at: Timestamp = "2026-11-22T10:00:00Z".parse()?;
        let holder = Holder { operator: "bench".to_owned(), since: at };
        let mut journal = store.resume(&id, &holder, Box::new(|_| None))?.journal;
        for number in 0..events {
            let kind = Kind::Noted {
                text: format!("note {number} of somebody who looks on"),
                when: None,
                files: Vec::new(),
            };
            journal.stage(Event { at, boot_ms: 0, by: "bench".to_owned(), slip: None, kind })?;
            if number % TOGETHER == TOGETHER - 1 {
                journal.commit()?;
            }
        }
        journal.commit()?;
        let mut file = fs::OpenOptions::new().append(true).open(journal.dir().journal())?;
        drop(journal);
        file.write_all(TORN)?;
        let copy = bench.folder().join("long");
        copy_all(&state, &copy)?;
        Ok(Self { state, copy })
    }

    /// Everything as it was when the run had stopped.
    pub fn restore(&self) -> Result<(), Trouble> {
        fs::remove_dir_all(&self.state)?;
        copy_all(&self.copy, &self.state)
    }

    /// A command that finds it so each time; only the command is timed.
    pub fn again(&self, timed: Command, code: i32) -> Subject<'_> {
        let mut timed = command_with(timed, code);
        Box::new(move || {
            self.restore()?;
            timed()
        })
    }
}

fn copy_all(from: &Path, to: &Path) -> Result<(), Trouble> {
    fs::create_dir_all(to)?;
    fs::set_permissions(to, fs::metadata(from)?.permissions())?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_all(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
