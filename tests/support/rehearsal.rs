//! The rehearsal environment, brought up for real in a folder of its own and taken down with the test.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use super::desk::{Desk, ROOT, Said, copy_all};

/// A folder for one rehearsal.
pub(crate) struct Rehearsal {
    folder: PathBuf,
    _parent: tempfile::TempDir,
}

impl Rehearsal {
    /// Up, in a folder that goes with it.
    pub(crate) fn up() -> Self {
        let parent = tempfile::tempdir().unwrap();
        let rehearsal = Self { folder: parent.path().join("r"), _parent: parent };
        rehearsal.script("up").is(0, &["rehearsal: up in"]);
        rehearsal
    }

    /// Runs `rehearsal/up` or `rehearsal/down` for the folder.
    pub(crate) fn script(&self, name: &str) -> Said {
        let mut command = Command::new(Path::new(ROOT).join("rehearsal").join(name));
        command.arg(&self.folder).env_clear().env("PATH", "/usr/bin:/bin").stdin(Stdio::null());
        Said::from(command.output().unwrap())
    }

    pub(crate) fn path(&self, below: &str) -> PathBuf {
        self.folder.join(below)
    }

    pub(crate) fn secret(&self, name: &str) -> String {
        let text = fs::read_to_string(self.path("secrets").join(name)).unwrap();
        text.trim_end_matches('\n').to_owned()
    }

    /// A stand-in, with the tokens that the real command would want.
    pub(crate) fn tool(&self, words: &str) -> Said {
        let words: Vec<&str> = words.split(' ').collect();
        let mut command = Command::new(self.path("bin").join(words[0]));
        command.args(&words[1..]).current_dir(self.path("repo")).env_clear();
        command.env("PATH", "/usr/bin:/bin").stdin(Stdio::null());
        command.env("AWS_PROFILE", "bloom-rehearsal").env("VERCEL_PROJECT_ID", "prj_bloom001");
        let tokens = [
            ("NEON_API_KEY", "neon_api_key"),
            ("NETLIFY_AUTH_TOKEN", "netlify_token"),
            ("VERCEL_TOKEN", "vercel_token"),
            ("GH_TOKEN", "gh_token"),
            ("DATABASE_URL", "db_url"),
        ];
        command.envs(tokens.map(|(variable, secret)| (variable, self.secret(secret))));
        Said::from(command.output().unwrap())
    }

    /// What psql prints for a statement on the main database, as its superuser over the socket.
    pub(crate) fn sql(&self, statement: &str) -> String {
        let base: Value = json(&fs::read_to_string(self.path("rehearsal.json")).unwrap());
        let server = Path::new(base["base"].as_str().unwrap()).join("neon-main");
        let about = json(&fs::read_to_string(server.join("about.json")).unwrap());
        let mut command = Command::new("psql");
        command.args(["-XAtq", "-v", "ON_ERROR_STOP=1", "-U", "postgres", "-d", "neondb", "-h"]);
        command.arg(&server).arg("-p").arg(about["port"].to_string()).args(["-c", statement]);
        let said = Said::from(command.output().unwrap());
        said.is(0, &[]);
        said.out.trim_end_matches('\n').to_owned()
    }

    /// Status and document of one GET of the application.
    pub(crate) fn get(&self, path: &str) -> (u16, String) {
        get(&self.secret("api_url"), path)
    }

    /// What belongs to this rehearsal and still runs, as command lines.
    pub(crate) fn running(&self, base: &str) -> Vec<String> {
        let own = self.folder.to_string_lossy().into_owned();
        let ours = |line: &String| line.contains(&own) || line.contains(base);
        let processes = fs::read_dir("/proc").unwrap().flatten();
        let lines = processes.filter_map(|entry| fs::read(entry.path().join("cmdline")).ok());
        let text = |line: Vec<u8>| String::from_utf8_lossy(&line).replace('\0', " ");
        lines.map(text).filter(ours).collect()
    }
}

/// A team's folder of playbooks on a desk of its own, with the rehearsal beside it. What is up goes down with it.
pub(crate) struct Team {
    pub(crate) desk: Desk,
    folder: String,
}

impl Team {
    pub(crate) fn new(name: &str) -> Self {
        let desk = Desk::new();
        copy_all(&Path::new(ROOT).join("rehearsal"), &desk.path("rehearsal"));
        Self { desk, folder: format!("playbooks/{name}") }
    }

    /// A file of the team's folder.
    pub(crate) fn path(&self, below: &str) -> PathBuf {
        self.desk.path(&self.folder).join(below)
    }

    /// Brings the team's rehearsal up, as a drill would.
    pub(crate) fn bring_up(&self) {
        let mut up = Command::new(self.desk.path("rehearsal/up"));
        let up = up.arg(self.path(".mayday-rehearsal")).stdin(Stdio::null()).output().unwrap();
        Said::from(up).is(0, &[]);
    }

    /// mayday in the team's folder.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.desk.command(arguments);
        command.current_dir(self.path(""));
        command
    }

    pub(crate) fn mayday(&self, arguments: &[&str]) -> Said {
        Said::from(self.command(arguments).output().unwrap())
    }

    /// A drill that nobody watches.
    pub(crate) fn drill(&self, playbook: &str) -> Said {
        self.drill_with(playbook, &[])
    }

    /// The same with answers of its own.
    pub(crate) fn drill_with(&self, playbook: &str, more: &[&str]) -> Said {
        let front = ["drill", "run", playbook, "--env", "rehearsal", "--no-input"];
        self.mayday(&[&front[..], more].concat())
    }

    /// A run in the rehearsal that is up, which nobody watches.
    pub(crate) fn run(&self, playbook: &str, more: &[&str]) -> Said {
        let front = ["run", playbook, "--env", "rehearsal", "--no-input"];
        self.mayday(&[&front[..], more].concat())
    }

    /// A program of the rehearsal that is up.
    pub(crate) fn tool(&self, name: &str, words: &[&str]) {
        let mut command = Command::new(self.path(".mayday-rehearsal/bin").join(name));
        Said::from(command.args(words).stdin(Stdio::null()).output().unwrap()).is(0, &[]);
    }

    /// Status and document of one GET of the application on a host: `api`, `vercel` or `compose`.
    pub(crate) fn get(&self, host: &str, path: &str) -> (u16, String) {
        let file = self.path(".mayday-rehearsal/secrets").join(format!("{host}_url"));
        get(fs::read_to_string(file).unwrap().trim_end(), path)
    }

    /// What psql prints, unaligned, in Bloom's main database.
    pub(crate) fn sql(&self, statement: &str) -> String {
        let url = fs::read_to_string(self.path(".mayday-rehearsal/secrets/db_url")).unwrap();
        let done = Command::new("psql")
            .args(["-XAtq", "-v", "ON_ERROR_STOP=1", "-c", statement, url.trim_end()])
            .output();
        let said = Said::from(done.unwrap());
        said.is(0, &[]);
        said.out.trim_end().to_owned()
    }

    /// The events of the newest run, oldest first.
    pub(crate) fn events(&self) -> Vec<Value> {
        let record = self.desk.path("state").join(self.desk.newest()).join("journal.jsonl");
        let record = fs::read_to_string(record).unwrap();
        record.lines().map(|line| json(line)["ev"].clone()).collect()
    }
}

impl Drop for Team {
    fn drop(&mut self) {
        let team = self.folder.rsplit('/').next().unwrap_or_default();
        crate::rehearsal::notes::take(team, &self.desk.path("state"));
        let down = self.desk.path("rehearsal/down");
        let _ = Command::new(down).arg(self.path(".mayday-rehearsal")).output();
    }
}

impl Drop for Rehearsal {
    fn drop(&mut self) {
        let _ = self.script("down");
    }
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// Status and body of one GET.
pub(crate) fn get(url: &str, path: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(url.strip_prefix("http://").unwrap()).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}
