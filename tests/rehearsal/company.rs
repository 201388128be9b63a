//! The playbooks of one organisation beside a rehearsal of its system, as they are shipped.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::support::desk::{MAYDAY, Said};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const FOLDER: &str = ".mayday-rehearsal";

/// A copy of its playbooks, and the rehearsal that its environment brings up beside them.
pub(crate) struct Company {
    name: &'static str,
    parent: tempfile::TempDir,
}

impl Company {
    pub(crate) fn new(name: &'static str) -> Self {
        let company = Self { name, parent: tempfile::tempdir().unwrap() };
        fs::create_dir(company.parent.path().join("playbooks")).unwrap();
        let from = Path::new(ROOT).join("playbooks").join(name);
        let copied = Command::new("cp").arg("-a").arg(from).arg(company.path("")).status().unwrap();
        assert!(copied.success());
        let scripts = company.parent.path().join("rehearsal");
        std::os::unix::fs::symlink(Path::new(ROOT).join("rehearsal"), scripts).unwrap();
        company
    }

    /// The same with its rehearsal up, for runs that are no drills.
    pub(crate) fn up(name: &'static str) -> Self {
        let company = Self::new(name);
        company.script("up", &[name]).is(0, &["rehearsal: up in"]);
        company
    }

    fn script(&self, script: &str, more: &[&str]) -> Said {
        let mut command = Command::new(Path::new(ROOT).join("rehearsal").join(script));
        command.arg(self.path(FOLDER)).args(more);
        command.env_clear().env("PATH", "/usr/bin:/bin").stdin(Stdio::null());
        Said::from(command.output().unwrap())
    }

    /// A file beside the playbooks.
    pub(crate) fn path(&self, below: &str) -> PathBuf {
        self.parent.path().join("playbooks").join(self.name).join(below)
    }

    /// A file of the rehearsal.
    pub(crate) fn there(&self, below: &str) -> PathBuf {
        self.path(FOLDER).join(below)
    }

    /// Replaces a text in one of its files, which must have it.
    pub(crate) fn edit(&self, file: &str, from: &str, to: &str) {
        let before = fs::read_to_string(self.path(file)).unwrap();
        assert!(before.contains(from), "{file} does not hold `{from}`");
        fs::write(self.path(file), before.replace(from, to)).unwrap();
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(MAYDAY);
        let state = self.parent.path().join("state");
        command.args(arguments).current_dir(self.path("")).env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap()).env("HOME", self.parent.path());
        command.env("MAYDAY_STATE_DIR", state).env("MAYDAY_OPERATOR", "ada").stdin(Stdio::null());
        command
    }

    pub(crate) fn mayday(&self, arguments: &[&str]) -> Said {
        Said::from(self.command(arguments).output().unwrap())
    }

    /// A run in the rehearsal that nobody watches.
    pub(crate) fn run(&self, playbook: &str, more: &[&str]) -> Said {
        let front = ["run", playbook, "--env", "rehearsal", "--no-input"];
        self.mayday(&[&front[..], more].concat())
    }

    /// Its drill, unattended, as it is shipped: all criteria met, and nothing left behind.
    #[track_caller]
    pub(crate) fn drill_passes(name: &'static str, playbook: &str) {
        let company = Self::new(name);
        let said = company.mayday(&["drill", "run", playbook, "--env", "rehearsal", "--no-input"]);
        said.is(0, &["RESULT   PASS  100/100"]);
        assert!(!company.there("").exists(), "the rehearsal was left behind");
    }

    /// Makes a stand-in do something else, until it is told nothing: lines of `DIR/faults/TOOL`.
    pub(crate) fn fault(&self, tool: &str, line: &str) {
        fs::write(self.there("faults").join(tool), format!("{line}\n")).unwrap();
    }

    /// What psql prints, unaligned, for the URL in one of the rehearsal's secrets.
    pub(crate) fn sql(&self, secret: &str, statement: &str) -> String {
        self.client("psql", secret, &["-XAtq", "-v", "ON_ERROR_STOP=1", "-c", statement])
    }

    /// The whole database as text, without what a dump says about itself.
    pub(crate) fn dump(&self, secret: &str) -> String {
        let text = self.client("pg_dump", secret, &["--exclude-schema=before_*"]);
        let says_when =
            |line: &&str| line.starts_with("\\restrict") || line.starts_with("\\unrestrict");
        text.lines().filter(|line| !says_when(line)).collect::<Vec<_>>().join("\n")
    }

    fn client(&self, program: &str, secret: &str, arguments: &[&str]) -> String {
        let url = fs::read_to_string(self.there("secrets").join(secret)).unwrap();
        let done = Command::new(program).args(arguments).arg(url.trim_end()).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).unwrap().trim_end().to_owned()
    }
}

impl Drop for Company {
    fn drop(&mut self) {
        super::notes::take(self.name, &self.parent.path().join("state"));
        let _ = self.script("down", &[]);
    }
}
