//! The rehearsal environment, brought up for real in a folder of its own and taken down with the test.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use super::desk::Said;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

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
