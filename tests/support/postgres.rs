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
    child: Child,
    folder: TempDir,
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
        let (programs, user) = (programs(), user("postgres", "postgresql"));
        // A socket's path has room for 107 bytes.
        let folder = tempfile::Builder::new().prefix("mayday-pg").tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        give(folder.path(), user);
        let data = folder.path().join("data");
        initdb(&programs, &data, folder.path(), user);
        let authority = certificates(folder.path(), user);
        let port = free_port();
        let mut command = as_user(user, &programs.join("postgres"));
        command.arg("-D").arg(&data).arg("-p").arg(port.to_string());
        command.arg("-k").arg(folder.path());
        let ours = [
            "listen_addresses=127.0.0.1",
            "fsync=off",
            "shared_buffers=16MB",
            "max_connections=20",
            "log_min_messages=warning",
            "ssl_cert_file=../server.pem",
            "ssl_key_file=../server.key",
        ];
        for setting in ours.iter().chain(settings) {
            command.arg("-c").arg(setting);
        }
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        wait_for_line(&mut child, "ready to accept connections");
        Self { child, folder, port, authority }
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
        let pid = rustix::process::Pid::from_child(&self.child);
        // QUIT is PostgreSQL's immediate shutdown: its children go with it.
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::QUIT);
        let _ = self.child.wait();
    }
}

/// A new cluster: copied from one that an earlier test made, when there is one.
fn initdb(programs: &Path, data: &Path, folder: &Path, user: User) {
    let version = programs.to_string_lossy().replace('/', "_");
    cached(&format!("pg{version}"), data, folder, user, |fresh| {
        let password = folder.join("password");
        fs::write(&password, PASSWORD).unwrap();
        give(&password, user);
        let mut command = as_user(user, &programs.join("initdb"));
        command.arg("-D").arg(fresh).arg("--pwfile").arg(&password);
        command.args(["-U", "postgres", "-E", "UTF8", "--no-locale", "--no-sync"]);
        command.args(["--auth-local=trust", "--auth-host=scram-sha-256"]);
        command
    });
}
