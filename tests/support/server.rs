//! What the database servers of the tests have in common.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};

/// Who a server runs as: nobody else when we are not root, for servers refuse to be root.
pub(crate) type User = Option<(u32, u32)>;

/// The user that a Debian package makes for its server.
pub(crate) fn user(name: &str, package: &str) -> User {
    if !rustix::process::geteuid().is_root() {
        return None;
    }
    let users = fs::read_to_string("/etc/passwd").unwrap();
    let Some(line) = users.lines().find(|line| line.starts_with(&format!("{name}:"))) else {
        panic!("no user {name}: it comes with Debian's package {package}; run tests/run");
    };
    let field = |at| line.split(':').nth(at).unwrap().parse().unwrap();
    Some((field(2), field(3)))
}

/// A command as that user; it dies with the test.
pub(crate) fn as_user(user: User, program: &Path) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL"]);
    if let Some((uid, gid)) = user {
        command.args([format!("--reuid={uid}"), format!("--regid={gid}")]).arg("--clear-groups");
    }
    command.arg("--").arg(program).current_dir("/").env_clear().env("LC_ALL", "C.UTF-8");
    command.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
    command
}

pub(crate) fn give(path: &Path, user: User) {
    if let Some((uid, gid)) = user {
        chown(path, Some(uid), Some(gid)).unwrap();
    }
}

pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Reads a server's log until it says so; what follows is read and dropped, lest the pipe fills.
pub(crate) fn wait_for_line(child: &mut Child, wanted: &str) {
    let mut log = BufReader::new(child.stderr.take().unwrap());
    let mut so_far = String::new();
    while !so_far.contains(wanted) {
        let length = log.read_line(&mut so_far).unwrap();
        assert!(length > 0, "the server did not start:\n{so_far}");
    }
    std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
}

/// Puts a fresh data folder at `data`: a copy of one that an earlier test made, or made now by the
/// command that `make` gives for an empty folder's path below `folder`.
pub(crate) fn cached(
    name: &str,
    data: &Path,
    folder: &Path,
    user: User,
    make: impl FnOnce(&Path) -> Command,
) {
    let owner = user.map_or(rustix::process::geteuid().as_raw(), |(uid, _)| uid);
    let cache = std::env::temp_dir().join(format!("mayday-tests-{owner}-{name}"));
    // Somebody else's folder of that name is not taken.
    let usable = |path: &Path| {
        fs::symlink_metadata(path).is_ok_and(|meta| meta.is_dir() && meta.uid() == owner)
    };
    if !usable(&cache) {
        let fresh = folder.join("fresh");
        let output = make(&fresh).output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "no new {name}: {errors}");
        // Renaming is atomic: of two tests that come here at once, one wins and both may copy.
        if fs::rename(&fresh, &cache).is_err() {
            assert!(usable(&cache), "{} is in the way", cache.display());
        }
    }
    let copied = Command::new("cp").arg("-a").arg(&cache).arg(data).status().unwrap();
    assert!(copied.success());
}

/// Writes `server.pem` and `server.key` for `localhost`, and `authority.pem`, whose path it returns.
pub(crate) fn certificates(folder: &Path, user: User) -> PathBuf {
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
