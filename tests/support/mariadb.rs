//! A MariaDB server of our own: temporary folder, free loopback port, not as root, gone with the test.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use super::server::{as_user, cached, certificates, free_port, give, user, wait_for_line};

/// The password of the user `tester`, and the same in a URL.
pub(crate) const PASSWORD: &str = "p@ss/w:rd%20";
pub(crate) const PASSWORD_IN_URL: &str = "p%40ss%2Fw%3Ard%2520";

/// A running server with a database `bloom`. Dropping it ends it.
pub(crate) struct Server {
    child: Child,
    folder: TempDir,
    pub(crate) port: u16,
    /// The certificate of the authority that signed the server's.
    pub(crate) authority: PathBuf,
}

impl Server {
    /// A server that also speaks TLS, as `localhost`.
    pub(crate) fn start() -> Self {
        Self::with(&["--ssl-cert=server.pem", "--ssl-key=server.key"])
    }

    /// A server that knows no TLS.
    pub(crate) fn start_plain() -> Self {
        Self::with(&["--skip-ssl"])
    }

    fn with(settings: &[&str]) -> Self {
        let program = Path::new("/usr/sbin/mariadbd");
        assert!(
            program.exists(),
            "no MariaDB server here: run tests/run, or apt-get install mariadb-server"
        );
        let user = user("mysql", "mariadb-server");
        let folder = tempfile::Builder::new().prefix("mayday-my").tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        give(folder.path(), user);
        let data = folder.path().join("data");
        cached("mariadb", &data, folder.path(), user, |fresh| {
            let mut command = as_user(user, Path::new("/usr/bin/mariadb-install-db"));
            command.arg("--no-defaults").arg(format!("--datadir={}", fresh.display()));
            command.args(["--auth-root-authentication-method=normal", "--skip-test-db"]);
            command
        });
        let authority = certificates(folder.path(), user);
        let first = folder.path().join("first.sql");
        let script = format!(
            "CREATE DATABASE bloom CHARACTER SET utf8mb4;\n\
             CREATE USER 'tester'@'%' IDENTIFIED BY '{PASSWORD}';\n\
             GRANT ALL ON *.* TO 'tester'@'%' WITH GRANT OPTION;\n"
        );
        fs::write(&first, script).unwrap();
        give(&first, user);
        let port = free_port();
        let mut command = as_user(user, program);
        let path = |name: &str| folder.path().join(name).display().to_string();
        command.arg("--no-defaults");
        command.arg(format!("--datadir={}", data.display()));
        command.arg(format!("--socket={}", path("socket")));
        command.arg(format!("--pid-file={}", path("pid")));
        command.arg(format!("--init-file={}", first.display())).arg(format!("--port={port}"));
        command.args([
            "--bind-address=127.0.0.1",
            "--skip-name-resolve",
            "--innodb-buffer-pool-size=16M",
            "--innodb-flush-log-at-trx-commit=0",
            "--performance-schema=off",
            "--secure-file-priv=",
        ]);
        for setting in settings {
            // Paths below our folder.
            match setting.split_once('=') {
                Some((name, file)) => command.arg(format!("{name}={}", path(file))),
                None => command.arg(setting),
            };
        }
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        wait_for_line(&mut child, "ready for connections");
        Self { child, folder, port, authority }
    }

    /// The URL of `tester` for `bloom`, with options such as `?ssl-mode=DISABLED`.
    pub(crate) fn url(&self, options: &str) -> String {
        format!("mysql://tester:{PASSWORD_IN_URL}@127.0.0.1:{}/bloom{options}", self.port)
    }

    /// What the mariadb client prints for a script, without headers.
    pub(crate) fn client(&self, script: &str) -> String {
        let mut command = Command::new("mariadb");
        command.args(["--no-defaults", "-N", "-B", "-u", "root", "-D", "bloom", "-S"]);
        command.arg(self.folder.path().join("socket"));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "mariadb failed on {script}: {errors}");
        String::from_utf8(output.stdout).unwrap().trim_end_matches('\n').to_owned()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Nothing in it is worth an orderly end.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
