//! The practice system of the quickstart: a real process, a real port, a real database.
#![cfg(feature = "sqlite")]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use mayday::world::sandbox::{Sandbox, SandboxTrouble};
use rusqlite::Connection;

const MAYDAY: &str = env!("CARGO_BIN_EXE_mayday");

/// A sandbox in a temporary folder; its service ends with the test.
struct Practice {
    sandbox: Sandbox,
    folder: tempfile::TempDir,
}

impl Practice {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { sandbox: Sandbox::at(folder.path().join("box")), folder }
    }

    fn up(&self) -> String {
        self.sandbox.up(Path::new(MAYDAY)).unwrap()
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join("box").join(name)
    }
}

impl Drop for Practice {
    fn drop(&mut self) {
        let _ = self.sandbox.stop();
    }
}

/// Status and body of one request.
fn request(url: &str, method: &str, path: &str, body: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(url.strip_prefix("http://").unwrap()).unwrap();
    let length = body.len();
    write!(stream, "{method} {path} HTTP/1.1\r\nhost: x\r\ncontent-length: {length}\r\n\r\n{body}")
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

fn get(url: &str, path: &str) -> (u16, String) {
    request(url, "GET", path, "")
}

#[test]
fn it_books_counts_and_tells_its_health() {
    let practice = Practice::new();
    let url = practice.up();
    assert_eq!(get(&url, "/api/health"), (200, r#"{"status":"ok","reservations":0}"#.to_owned()));
    let booking = r#"{"guest":"Ada","room":7,"night":"2030-01-01"}"#;
    assert_eq!(
        request(&url, "POST", "/api/reservations", booking),
        (201, r#"{"id":1}"#.to_owned())
    );
    assert_eq!(get(&url, "/api/reservations/count"), (200, r#"{"count":1}"#.to_owned()));
    let rows = Connection::open(practice.path("app.sqlite")).unwrap();
    let guest: String = rows.query_row("SELECT guest FROM reservations", [], |r| r.get(0)).unwrap();
    assert_eq!(guest, "Ada");
    assert_eq!(request(&url, "POST", "/api/reservations", "{}").0, 422);
    assert_eq!(get(&url, "/elsewhere").0, 404);
    let mode = std::fs::metadata(practice.path("api.url")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "others can read the URL");
}

#[test]
fn maintenance_and_a_missing_database_are_503() {
    let practice = Practice::new();
    let url = practice.up();
    let flag = practice.path("maintenance");
    std::fs::write(&flag, "on\n").unwrap();
    assert_eq!(get(&url, "/api/health"), (503, r#"{"status":"maintenance"}"#.to_owned()));
    std::fs::write(&flag, "off\n").unwrap();
    assert_eq!(get(&url, "/api/health").0, 200);
    std::fs::remove_file(practice.path("app.sqlite")).unwrap();
    let (status, body) = get(&url, "/api/health");
    assert_eq!((status, body.contains(r#""status":"down""#)), (503, true), "{body}");
    assert!(!practice.path("app.sqlite").exists(), "a health check made a database");
}

#[test]
fn it_comes_back_on_the_same_port_with_its_data() {
    let practice = Practice::new();
    let url = practice.up();
    request(&url, "POST", "/api/reservations", r#"{"guest":"Ada","room":7,"night":"2030-01-01"}"#);
    let again = practice.sandbox.start(Path::new(MAYDAY));
    assert!(matches!(again, Err(SandboxTrouble::Running(_))), "{again:?}");
    assert!(practice.sandbox.stop().unwrap());
    let address = url.strip_prefix("http://").unwrap();
    assert!(TcpStream::connect(address).is_err(), "the service still listens");
    assert!(!practice.sandbox.stop().unwrap(), "it was stopped already");
    assert_eq!(practice.sandbox.start(Path::new(MAYDAY)).unwrap(), url);
    assert_eq!(get(&url, "/api/reservations/count").1, r#"{"count":1}"#);
}

#[test]
fn up_is_fresh_and_down_leaves_nothing() {
    let practice = Practice::new();
    let first = practice.up();
    request(
        &first,
        "POST",
        "/api/reservations",
        r#"{"guest":"Ada","room":7,"night":"2030-01-01"}"#,
    );
    let second = practice.up();
    assert_eq!(get(&second, "/api/reservations/count").1, r#"{"count":0}"#);
    assert!(practice.sandbox.down().unwrap());
    assert!(!practice.path("").exists());
    assert!(!practice.sandbox.down().unwrap(), "nothing is there any more");
}

#[test]
fn a_folder_with_other_files_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("thesis.txt");
    std::fs::write(&file, "years of work").unwrap();
    for verb in ["up", "down"] {
        let told =
            Command::new(MAYDAY).args(["sandbox", verb]).arg(folder.path()).output().unwrap();
        let words = String::from_utf8(told.stderr).unwrap();
        assert_eq!(told.status.code(), Some(1), "{verb}: {words}");
        assert!(words.contains("it holds other files"), "{verb}: {words}");
    }
    assert_eq!(std::fs::read_to_string(file).unwrap(), "years of work");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}
