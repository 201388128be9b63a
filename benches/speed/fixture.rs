//! What is measured on: a folder with playbooks of several sizes, and the same work for bash and just.
#![expect(clippy::disallowed_methods, reason = "programs are started to be measured")]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::{Trouble, machine};

/// Bytes that the step with large output prints.
pub const LARGE: u64 = 200_000_000;

const CONFIG: &str =
    "playbooks: playbooks\nenvironments:\n  bench: { danger: low, shell: [sh, -c] }\n";

/// The folder and the programs.
pub struct Bench {
    folder: tempfile::TempDir,
    memory: Option<tempfile::TempDir>,
    /// just, when it is installed.
    pub just: Option<PathBuf>,
}

impl Bench {
    /// Writes all files.
    pub fn open() -> Result<Self, Trouble> {
        let folder = tempfile::tempdir()?;
        let memory = tempfile::tempdir_in("/dev/shm").ok();
        let bench = Self { folder, memory, just: machine::find("just") };
        let plain = |index| (format!("Step {index}"), "true".to_owned());
        for steps in [1, 10, 1_000, 10_000] {
            bench.project(&format!("steps{steps}"), &[playbook("p", steps, &plain)])?;
            bench.justfile(steps)?;
        }
        bench.project("changes1000", &[with_effect("change", "p", 1_000, &plain)])?;
        bench.project("waits", &[playbook("p", 1, &|_| waits())])?;
        let templated =
            |index| (format!("Say {{{{ word }}}} {index}"), "echo \"$word\"".to_owned());
        bench.project("templated", &[playbook("p", 1_000, &templated)])?;
        bench.justfile(50)?;
        let many: Vec<String> = (0..50).map(|at| playbook(&format!("p{at}"), 10, &plain)).collect();
        bench.project("fifty", &many)?;
        for (name, line) in [("lines", "0123456789abcdef0123456789abcdef"), ("noline", "")] {
            let step = |_| ("Print much".to_owned(), large(line));
            bench.project(name, &[playbook("p", 1, &step)])?;
            bench.project(&format!("{name}-kept"), &[with_effect("change", "p", 1, &step)])?;
            let script = format!("set -o pipefail\nsh -c '{}' | tee kept\n", large(line));
            bench.write(&format!("{name}.sh"), &script)?;
        }
        for steps in [1, 10, 1_000] {
            bench.write(&format!("steps{steps}.sh"), &"sh -c true\n".repeat(steps))?;
        }
        Ok(bench)
    }

    /// The folder of everything, on a disk.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// mayday in the folder of a project.
    pub fn mayday(&self, project: &str, words: &[&str]) -> Command {
        self.mayday_in(&self.folder().join("state"), project, words)
    }

    /// As [`Self::mayday`], with the runs kept in memory; nothing where there is no such folder.
    pub fn mayday_in_memory(&self, project: &str, words: &[&str]) -> Option<Command> {
        let memory = self.memory.as_ref()?;
        Some(self.mayday_in(&memory.path().join("state"), project, words))
    }

    fn mayday_in(&self, state: &Path, project: &str, words: &[&str]) -> Command {
        let mut command = quiet(Path::new(env!("CARGO_BIN_EXE_mayday")), words);
        command.current_dir(self.folder().join(project)).env("MAYDAY_STATE_DIR", state);
        command
    }

    /// bash with one of the scripts.
    pub fn bash(&self, script: &str) -> Command {
        let mut command = quiet(Path::new("bash"), &[script]);
        command.current_dir(self.folder());
        command
    }

    /// The pages of a hundred playbooks with twenty steps each, as mdBook asks for them.
    pub fn pages(&self) -> Result<Command, Trouble> {
        let plain = |index| (format!("Step {index}"), "true".to_owned());
        let hundred: Vec<String> =
            (0..100).map(|at| playbook(&format!("p{at}"), 20, &plain)).collect();
        self.project("hundred", &hundred)?;
        let sent = "[{\"root\": \".\", \"renderer\": \"html\", \"config\": {}}, {\"items\": []}]\n";
        self.write("sent.json", sent)?;
        let program = env!("CARGO_BIN_EXE_mayday");
        self.write("pages.sh", &format!("cd hundred && '{program}' book <../sent.json\n"))?;
        Ok(self.bash("pages.sh"))
    }

    /// just with the file of so many recipes.
    pub fn just(&self, recipes: usize, words: &[&str]) -> Option<Command> {
        let mut command = quiet(self.just.as_deref()?, &["--justfile"]);
        command.arg(format!("{recipes}.just")).args(words).current_dir(self.folder());
        Some(command)
    }

    /// Forgets the runs recorded so far.
    pub fn forget(&self) -> Result<(), Trouble> {
        for folder in [Some(&self.folder), self.memory.as_ref()].into_iter().flatten() {
            let state = folder.path().join("state");
            if state.exists() {
                fs::remove_dir_all(state)?;
            }
        }
        Ok(())
    }

    /// The text of the only recorded run.
    pub fn record(&self) -> Result<String, Trouble> {
        let mut runs = fs::read_dir(self.folder().join("state"))?;
        let run = runs.next().ok_or("no run was recorded")??;
        Ok(fs::read_to_string(run.path().join("journal.jsonl"))?)
    }

    fn project(&self, name: &str, playbooks: &[String]) -> Result<(), Trouble> {
        let folder = self.folder().join(name);
        fs::create_dir_all(folder.join("playbooks"))?;
        fs::write(folder.join("mayday.yaml"), CONFIG)?;
        for (index, text) in playbooks.iter().enumerate() {
            fs::write(folder.join(format!("playbooks/{index}.yaml")), text)?;
        }
        Ok(())
    }

    fn justfile(&self, recipes: usize) -> Result<(), Trouble> {
        let mut text = "word := 'hello'\nall:".to_owned();
        (0..recipes).try_for_each(|index| write!(text, " r{index}"))?;
        for index in 0..recipes {
            write!(text, "\n\n# Step {index}\n@r{index}:\n    true {{{{ word }}}} {index}")?;
        }
        self.write(&format!("{recipes}.just"), &(text + "\n"))
    }

    fn write(&self, name: &str, text: &str) -> Result<(), Trouble> {
        Ok(fs::write(self.folder().join(name), text)?)
    }
}

/// A step that fails until its project has a file `ready`.
fn waits() -> (String, String) {
    ("Wait until all is ready".to_owned(), "test -e ready".to_owned())
}

/// A command that says nothing.
pub fn quiet(program: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(words).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    for name in ["MAYDAY_CONFIG", "MAYDAY_ENV", "MAYDAY_NO_INPUT", "MAYDAY_PLAIN"] {
        command.env_remove(name);
    }
    command
}

/// A playbook of so many reading steps, each with this title and script.
fn playbook(id: &str, steps: usize, step: &dyn Fn(usize) -> (String, String)) -> String {
    with_effect("read", id, steps, step)
}

/// The same, of steps with this effect.
fn with_effect(
    effect: &str,
    id: &str,
    steps: usize,
    step: &dyn Fn(usize) -> (String, String),
) -> String {
    // One that was never reviewed, or long ago, has a fault to show: not what is measured.
    let today = chrono::Utc::now().format("%Y-%m-%d");
    let templated = step(0).0.contains("{{");
    let inputs =
        if templated { "inputs: { word: { type: string, default: hello } }\n" } else { "" };
    let mut text = format!(
        "mayday: 1\nid: {id}\ntitle: A playbook of {steps} steps\nreviewed: \"{today}\"\n{inputs}\
         phases:\n  - id: all\n    title: All of it\n    steps:\n"
    );
    for index in 0..steps {
        let (title, script) = step(index);
        text += &format!(
            "      - id: s{index}\n        title: {title:?}\n        effect: {effect}\n        shell: {script:?}\n"
        );
    }
    text
}

/// A script that prints [`LARGE`] bytes: this line again and again, or no newline at all.
fn large(line: &str) -> String {
    match line {
        "" => format!("head -c {LARGE} /dev/zero | tr \"\\\\0\" x"),
        line => format!("yes {line} | head -c {LARGE}"),
    }
}
