//! A PostgreSQL server of our own: temporary folder, free loopback port, not as root, gone with the test.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use super::server::{User, as_user, cached, certificates, free_port, give, user, wait_for_line};

/// The superuser's password, with what a URL has to encode.
pub(crate) const PASSWORD: &str = "p@ss/w:rd%20";
/// The same in a URL.
pub(crate) const PASSWORD_IN_URL: &str = "p%40ss%2Fw%3Ard%2520";

/// A running server. Dropping it ends it.
pub(crate) struct Server {
    /// `None` between a crash and the next start.
    child: Option<Child>,
    folder: TempDir,
    settings: Vec<String>,
    pub(crate) port: u16,
    /// The certificate of the authority that signed the server's, when it speaks TLS.
    pub(crate) authority: PathBuf,
}

/// The folder with `postgres`, `initdb` and `psql`.
fn programs() -> PathBuf {
    let found = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> = found.map(|entry| entry.path().join("bin")).collect();
    found.sort();
    found.retain(|folder| folder.join("postgres").exists());
    let Some(newest) = found.pop() else {
        panic!("no PostgreSQL server here: run tests/run, or apt-get install postgresql");
    };
    newest
}

impl Server {
    /// A server with passwords on TCP and trust on its socket.
    pub(crate) fn start() -> Self {
        Self::with(&[])
    }

    /// A server that also speaks TLS, as `localhost`, by an authority of its own.
    pub(crate) fn start_tls() -> Self {
        Self::with(&["ssl=on"])
    }

    /// A server with settings of its own.
    pub(crate) fn with(settings: &[&str]) -> Self {
        Self::made_of(settings, |data, folder, user| initdb(&programs(), data, folder, user))
    }

    /// A server that is no copy of any other: its system identifier is its own.
    pub(crate) fn stranger() -> Self {
        Self::made_of(&[], |data, folder, user| {
            let mut command = new_cluster(&programs(), data, folder, user);
            assert!(command.output().unwrap().status.success());
        })
    }

    /// A standby of a server, made by `pg_basebackup`.
    pub(crate) fn standby(of: &Self, settings: &[&str]) -> Self {
        Self::made_of(settings, |data, _, user| {
            let mut command = as_user(user, &programs().join("pg_basebackup"));
            command
                .arg("-D")
                .arg(data)
                .args(["-U", "postgres", "-c", "fast", "-X", "stream", "-R"]);
            command.arg("-h").arg(of.folder.path()).arg("-p").arg(of.port.to_string());
            let output = command.output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        })
    }

    fn made_of(settings: &[&str], make: impl FnOnce(&Path, &Path, User)) -> Self {
        let user = user("postgres", "postgresql");
        // A socket's path has room for 107 bytes.
        let folder = tempfile::Builder::new().prefix("mayday-pg").tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        give(folder.path(), user);
        let data = folder.path().join("data");
        make(&data, folder.path(), user);
        let authority = certificates(folder.path(), user);
        let port = free_port();
        let settings: Vec<String> = settings.iter().map(|text| (*text).to_owned()).collect();
        let child = launch(folder.path(), port, &settings);
        Self { child: Some(child), folder, settings, port, authority }
    }

    /// Ends the server as a crash does: nothing is written, every session is cut.
    pub(crate) fn crash(&mut self) {
        let mut child = self.child.take().unwrap();
        let pid = rustix::process::Pid::from_child(&child);
        // QUIT is PostgreSQL's immediate shutdown: its children go with it.
        rustix::process::kill_process(pid, rustix::process::Signal::QUIT).unwrap();
        child.wait().unwrap();
    }

    /// The number of its main process, which is the parent of all others.
    pub(crate) fn pid(&self) -> u32 {
        self.child.as_ref().unwrap().id()
    }

    /// The folder with its data.
    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The same server again, on the same port.
    pub(crate) fn start_again(&mut self) {
        self.child = Some(launch(self.folder.path(), self.port, &self.settings));
    }

    /// The URL of a user, with options such as `?sslmode=disable`.
    pub(crate) fn url(&self, user: &str, options: &str) -> String {
        let port = self.port;
        format!("postgres://{user}:{PASSWORD_IN_URL}@127.0.0.1:{port}/postgres{options}")
    }

    /// The folder with the server's socket.
    pub(crate) fn socket_folder(&self) -> &Path {
        self.folder.path()
    }

    /// What psql prints for a script, unaligned and without headers. The reference for what is true.
    pub(crate) fn psql(&self, script: &str) -> String {
        let mut command = Command::new(programs().join("psql"));
        command.env_clear().env("PGOPTIONS", "-c client_min_messages=warning");
        command.args(["-XAtq", "-v", "ON_ERROR_STOP=1", "-U", "postgres", "-d", "postgres", "-h"]);
        command.arg(self.socket_folder()).arg("-p").arg(self.port.to_string());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "psql failed on {script}: {errors}");
        String::from_utf8(output.stdout).unwrap().trim_end_matches('\n').to_owned()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.child.is_some() {
            self.crash();
        }
    }
}

/// Starts the server of a folder and waits until it answers.
fn launch(folder: &Path, port: u16, settings: &[String]) -> Child {
    let mut command = as_user(user("postgres", "postgresql"), &programs().join("postgres"));
    command.arg("-D").arg(folder.join("data")).arg("-p").arg(port.to_string());
    command.arg("-k").arg(folder);
    let ours = [
        "listen_addresses=127.0.0.1",
        "fsync=off",
        "shared_buffers=16MB",
        "max_connections=20",
        "log_min_messages=warning",
        "ssl_cert_file=../server.pem",
        "ssl_key_file=../server.key",
    ];
    for setting in ours.into_iter().chain(settings.iter().map(String::as_str)) {
        command.arg("-c").arg(setting);
    }
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    wait_for_line(&mut child, "ready to accept");
    child
}

/// A new cluster: copied from one that an earlier test made, when there is one.
fn initdb(programs: &Path, data: &Path, folder: &Path, user: User) {
    let version = programs.to_string_lossy().replace('/', "_");
    cached(&format!("pg{version}"), data, folder, user, |fresh| {
        new_cluster(programs, fresh, folder, user)
    });
}

fn new_cluster(programs: &Path, data: &Path, folder: &Path, user: User) -> Command {
    let password = folder.join("password");
    fs::write(&password, PASSWORD).unwrap();
    give(&password, user);
    let mut command = as_user(user, &programs.join("initdb"));
    command.arg("-D").arg(data).arg("--pwfile").arg(&password);
    command.args(["-U", "postgres", "-E", "UTF8", "--no-locale", "--no-sync"]);
    command.args(["--auth-local=trust", "--auth-host=scram-sha-256"]);
    command
}
