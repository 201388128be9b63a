//! A PostgreSQL server of our own: temporary folder, free loopback port, not as root, gone with the test.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tempfile::TempDir;

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
    found.pop().expect("no PostgreSQL server here: run tests/run, or apt-get install postgresql")
}

/// The user the server runs as: it refuses to be root.
fn server_user() -> Option<(u32, u32)> {
    if !rustix::process::geteuid().is_root() {
        return None;
    }
    let users = fs::read_to_string("/etc/passwd").unwrap();
    let line = users.lines().find(|line| line.starts_with("postgres:"));
    let line = line.expect("the user postgres comes with Debian's package postgresql");
    let field = |at| line.split(':').nth(at).unwrap().parse().unwrap();
    Some((field(2), field(3)))
}

/// A command as the server's user; it dies with the test.
pub(crate) fn as_server_user(user: Option<(u32, u32)>, program: &Path) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL"]);
    if let Some((uid, gid)) = user {
        command.args([format!("--reuid={uid}"), format!("--regid={gid}")]).arg("--clear-groups");
    }
    command.arg("--").arg(program).current_dir("/").env_clear().env("LC_ALL", "C.UTF-8");
    command
}

pub(crate) fn give(path: &Path, user: Option<(u32, u32)>) {
    if let Some((uid, gid)) = user {
        chown(path, Some(uid), Some(gid)).unwrap();
    }
}

pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
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
        let (programs, user) = (programs(), server_user());
        // A socket's path has room for 107 bytes.
        let folder = tempfile::Builder::new().prefix("mayday-pg").tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        give(folder.path(), user);
        let data = folder.path().join("data");
        initdb(&programs, &data, folder.path(), user);
        let authority = certificates(folder.path(), user);
        let port = free_port();
        let mut command = as_server_user(user, &programs.join("postgres"));
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

/// Reads a server's log until it says so; what follows is read and dropped, lest the pipe fills.
pub(crate) fn wait_for_line(child: &mut Child, wanted: &str) {
    let mut log = BufReader::new(child.stderr.take().unwrap());
    let mut so_far = String::new();
    while !so_far.contains(wanted) {
        if log.read_line(&mut so_far).unwrap() == 0 {
            panic!("the server did not start:\n{so_far}");
        }
    }
    std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
}

/// A new cluster: copied from one that an earlier test made, when there is one.
fn initdb(programs: &Path, data: &Path, folder: &Path, user: Option<(u32, u32)>) {
    let owner = user.map_or(rustix::process::geteuid().as_raw(), |(uid, _)| uid);
    let version = programs.to_string_lossy().replace('/', "_");
    let cache = std::env::temp_dir().join(format!("mayday-tests-{owner}{version}"));
    let usable = |path: &Path| {
        use std::os::unix::fs::MetadataExt;
        fs::symlink_metadata(path).is_ok_and(|meta| meta.is_dir() && meta.uid() == owner)
    };
    if !usable(&cache) {
        let password = folder.join("password");
        fs::write(&password, PASSWORD).unwrap();
        give(&password, user);
        let fresh = folder.join("fresh");
        let mut command = as_server_user(user, &programs.join("initdb"));
        command.arg("-D").arg(&fresh).arg("--pwfile").arg(&password);
        command.args(["-U", "postgres", "-E", "UTF8", "--no-locale", "--no-sync"]);
        command.args(["--auth-local=trust", "--auth-host=scram-sha-256"]);
        let output = command.output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "initdb failed: {errors}");
        // Renaming is atomic: of two tests that come here at once, one wins and both may copy.
        if fs::rename(&fresh, &cache).is_err() {
            assert!(usable(&cache), "{} is in the way", cache.display());
        }
    }
    let copied = Command::new("cp").arg("-a").arg(&cache).arg(data).status().unwrap();
    assert!(copied.success());
}

/// A certificate for `localhost` and the authority that signed it.
fn certificates(folder: &Path, user: Option<(u32, u32)>) -> PathBuf {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let server = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let server = server.signed_by(&key, &authority).unwrap();
    let file = |name: &str, text: String, mode: u32| {
        let path = folder.join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        give(&path, user);
        path
    };
    file("server.pem", server.pem(), 0o644);
    file("server.key", key.serialize_pem(), 0o600);
    file("authority.pem", authority.pem(), 0o644)
}
