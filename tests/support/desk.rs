//! What a reader of the documentation has in front of them: the project's files in a folder of their
//! own, a home, and the real binary.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

pub(crate) const MAYDAY: &str = env!("CARGO_BIN_EXE_mayday");
pub(crate) const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// A copy of `mayday.yaml` and `playbooks/`. A sandbox that is up in it goes down with it.
pub(crate) struct Desk {
    folder: tempfile::TempDir,
}

impl Desk {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::copy(Path::new(ROOT).join("mayday.yaml"), folder.path().join("mayday.yaml")).unwrap();
        copy_all(&Path::new(ROOT).join("playbooks"), &folder.path().join("playbooks"));
        Self { folder }
    }

    /// A folder with these files and nothing else.
    pub(crate) fn with(files: &[(&str, &str)]) -> Self {
        let desk = Self { folder: tempfile::tempdir().unwrap() };
        for (name, text) in files {
            desk.write(name, text);
        }
        desk
    }

    /// Writes one of the files.
    pub(crate) fn write(&self, file: &str, text: &str) {
        let path = self.path(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// The ids of the runs, newest first.
    pub(crate) fn runs(&self) -> Vec<String> {
        let said = self.mayday(&["runs", "--json"]);
        assert_eq!(said.code, Some(0), "{}", said.all());
        let id = |line: &str| {
            let run: serde_json::Value = serde_json::from_str(line).unwrap();
            run["run"].as_str().unwrap().to_owned()
        };
        said.out.lines().map(id).collect()
    }

    /// The newest run.
    pub(crate) fn newest(&self) -> String {
        self.runs().into_iter().next().unwrap()
    }

    pub(crate) fn path(&self, below: &str) -> PathBuf {
        self.folder.path().join(below)
    }

    /// Replaces a text in one of the files, which must have it.
    pub(crate) fn edit(&self, file: &str, from: &str, to: &str) {
        let before = fs::read_to_string(self.path(file)).unwrap();
        assert!(before.contains(from), "{file} does not hold `{from}`");
        fs::write(self.path(file), before.replace(from, to)).unwrap();
    }

    /// mayday with these arguments, at the desk: nothing of our own environment but PATH.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(MAYDAY);
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("HOME", self.folder.path())
            .env("MAYDAY_STATE_DIR", self.path("state"))
            .env("MAYDAY_OPERATOR", "ada")
            .stdin(Stdio::null());
        // The tests of the tests put a bug into what we start.
        command.envs(std::env::var_os("MAYDAY_SEEDED_BUG").map(|bug| ("MAYDAY_SEEDED_BUG", bug)));
        command
    }

    /// mayday as somebody who is not root, in the desk's folder.
    pub(crate) fn command_as_nobody(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(MAYDAY);
        if rustix::process::geteuid().is_root() {
            // The binary may lie where only root can look: it is copied to where everybody can.
            let copy = self.path("mayday");
            // By another program: a file that we hold open for writing cannot be run.
            assert!(Command::new("cp").arg(MAYDAY).arg(&copy).status().unwrap().success());
            for path in [copy.clone(), self.path("")] {
                fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
            }
            command = Command::new("setpriv");
            command.args(["--reuid=65534", "--regid=65534", "--clear-groups", "--"]).arg(copy);
        }
        command.args(arguments).current_dir(self.path("")).env_clear();
        command.env("PATH", "/usr/bin:/bin").env("HOME", self.path("")).stdin(Stdio::null());
        command.env("MAYDAY_STATE_DIR", self.path("state"));
        command
    }

    /// Runs mayday to its end without a terminal.
    pub(crate) fn mayday(&self, arguments: &[&str]) -> Said {
        Said::from(self.command(arguments).output().unwrap())
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        let _ = Command::new(MAYDAY)
            .args(["sandbox", "down"])
            .arg(self.path(".mayday-sandbox"))
            .output();
    }
}

/// How a command ended and what it said.
#[derive(Debug)]
pub(crate) struct Said {
    /// Exit code; `None` when a signal ended it.
    pub(crate) code: Option<i32>,
    /// Data.
    pub(crate) out: String,
    /// Talk.
    pub(crate) err: String,
}

impl Said {
    /// Fails the test unless it ended with this code and said all of this.
    #[track_caller]
    pub(crate) fn is(&self, code: i32, words: &[&str]) {
        let all = self.all();
        assert_eq!(self.code, Some(code), "{all}");
        // Lines are wrapped where they are full.
        let one_line = all.split_whitespace().collect::<Vec<_>>().join(" ");
        for word in words {
            assert!(all.contains(word) || one_line.contains(word), "`{word}` was not said:\n{all}");
        }
    }

    /// Talk, then data.
    pub(crate) fn all(&self) -> String {
        format!("{}{}", self.err, self.out)
    }
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }
}

pub(crate) fn copy_all(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_all(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
