//! Run folders that are not as they should be, from the command line (F14, F15, T18, B9): a sentence, an
//! exit code, and nothing of the folder changed.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};

use super::{Row, always, is_root};
use crate::support::desk::Desk;

const CONFIG: &str = "default_environment: here\nenvironments: {here: {danger: low}}\n";

/// A desk with a run that stopped in its second step; the run's id and folder.
fn stopped() -> (Desk, String, PathBuf) {
    let desk = Desk::with(&[("mayday.yaml", CONFIG)]);
    let steps = "  - {id: a, title: A, effect: read, shell: 'seq 3000'}\n  - {id: b, title: B, effect: read, shell: 'test -e good'}\n";
    desk.write("playbooks/p.yaml", &format!("mayday: 1\nid: p\ntitle: Try it\nsteps:\n{steps}"));
    desk.mayday(&["run", "p"]).is(5, &[]);
    let id = desk.newest();
    let folder = desk.path("state").join(&id);
    (desk, id, folder)
}

/// Names and contents of all files, but for the lock: a driver says there who it is.
fn content(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files: Vec<_> = crate::cli::files(folder)
        .into_iter()
        .filter(|path| !path.ends_with("lock"))
        .map(|path| (path.clone(), fs::read(&path).unwrap_or_default()))
        .collect();
    files.sort();
    files
}

fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    let digits = |byte: &u8| [byte >> 4, byte & 15].map(|digit| char::from_digit(digit.into(), 16));
    sha2::Sha256::digest(bytes).iter().flat_map(digits).flatten().collect()
}

#[test]
fn f15_records_of_the_future_are_refused_with_a_sentence() {
    let mut row = Row::new("F15", "records of future versions", always(3));
    let events = [
        r#"{"type":"opened","format":2,"what":"nobody knows"}"#,
        r#"{"type":"begun","format":4294967297}"#,
        r#"{"at":"2026-11-22T18:20:00Z","boot_ms":1,"by":"ana","type":"not_known_yet"}"#,
    ];
    row.each(|n| {
        let (desk, id, folder) = stopped();
        let body =
            format!("{{\"seq\":0,\"prev\":\"{}\",\"ev\":{}", "0".repeat(64), events[n as usize]);
        fs::write(
            folder.join("journal.jsonl"),
            format!("{body},\"hash\":\"{}\"}}\n", sha256(body.as_bytes())),
        )
        .unwrap();
        fs::remove_file(folder.join("head")).unwrap();
        let before = content(&folder);
        let words = if n < 2 { "format" } else { "an event that this mayday does not know" };
        desk.mayday(&["verify", &id]).is(3, &[words, "NOT OK"]);
        desk.mayday(&["resume", &id]).is(4, &["failed to", &id]);
        desk.mayday(&["abort", &id, "--reason", "x"]).is(4, &["failed to", &id]);
        desk.mayday(&["runs"]).is(0, &[&id]);
        desk.mayday(&["status", &id]).is(0, &["WARNING", "mayday verify"]);
        desk.mayday(&["report", &id]).is(0, &["Read this first"]);
        assert_eq!(content(&folder), before);
    });
}

/// What somebody did to a run folder; the words of `verify`, and whether the run can still be resumed.
type Harm = fn(&Path);

#[test]
fn a_run_folder_with_a_file_missing_cut_or_changed_is_found_out() {
    let harms: [(&str, Harm, i32, i32, &str); 9] = [
        (
            "no record",
            |run| fs::remove_file(run.join("journal.jsonl")).unwrap(),
            4,
            4,
            "journal.jsonl",
        ),
        ("no head", |run| fs::remove_file(run.join("head")).unwrap(), 0, 0, "OK"),
        (
            "no pinned file",
            |run| fs::remove_file(first(run, "pinned")).unwrap(),
            3,
            4,
            "pinned copy",
        ),
        ("a pinned file changed", |run| append(&first(run, "pinned"), b"#"), 3, 4, "was changed"),
        (
            "no evidence",
            |run| fs::remove_file(first(run, "evidence")).unwrap(),
            3,
            0,
            "cannot be read",
        ),
        ("evidence changed", |run| append(&first(run, "evidence"), b"x"), 3, 0, "was changed"),
        (
            "a torn line",
            |run| append(&run.join("journal.jsonl"), b"{\"seq\":"),
            0,
            0,
            "A crash cut the last write short",
        ),
        ("the end cut off", |run| cut(run, 2), 3, 4, "The end of the record was cut off"),
        ("a line removed", |run| remove(run, 3), 3, 4, "a line was added, removed or moved"),
    ];
    let mut row = Row::new("F14", "a run folder with a file missing, cut or changed", always(9));
    row.each(|n| {
        let (desk, id, folder) = stopped();
        let (name, harm, verify, resume, words) = harms[n as usize];
        harm(&folder);
        let before = content(&folder);
        let said = desk.mayday(&["verify", &id]);
        assert_eq!(said.code, Some(verify), "{name}: {}", said.all());
        said.is(verify, &[words]);
        desk.mayday(&["runs"]).is(0, &[&id]);
        assert_eq!(content(&folder), before, "{name}: looking has changed something");
        desk.write("good", "");
        let said = desk.mayday(&["resume", &id, "--answer", "b.menu=retry"]);
        assert_eq!(said.code, Some(resume), "{name}: {}", said.all());
        if resume == 0 {
            said.is(0, &["COMPLETED"]);
        } else {
            said.is(resume, &["failed to"]);
            assert_eq!(content(&folder), before, "{name}: a refusal has changed something");
        }
    });
}

fn first(run: &Path, folder: &str) -> PathBuf {
    let mut files = crate::cli::files(&run.join(folder));
    files.sort();
    files.into_iter().next().unwrap()
}

fn append(path: &Path, bytes: &[u8]) {
    let mut all = fs::read(path).unwrap();
    all.extend_from_slice(bytes);
    fs::write(path, all).unwrap();
}

fn lines(run: &Path) -> Vec<String> {
    let text = fs::read_to_string(run.join("journal.jsonl")).unwrap();
    text.lines().map(|line| format!("{line}\n")).collect()
}

fn cut(run: &Path, last: usize) {
    let lines = lines(run);
    fs::write(run.join("journal.jsonl"), lines[..lines.len() - last].concat()).unwrap();
}

fn remove(run: &Path, at: usize) {
    let mut lines = lines(run);
    lines.remove(at);
    fs::write(run.join("journal.jsonl"), lines.concat()).unwrap();
}

#[test]
fn t18_folders_that_others_own_or_may_write_to_are_refused() {
    let mut row = Row::new("T18", "state and run folders of others, or open to them", always(15));
    if !is_root() {
        return row.skip_rest("only root can give folders away");
    }
    row.each(|n| {
        let (desk, id, folder) = stopped();
        let state = desk.path("state");
        let target = if n % 2 == 0 { &state } else { &folder };
        match n / 2 {
            0 => chown(target, Some(65534), None).unwrap(),
            other => {
                let modes = [0o777, 0o770, 0o702, 0o720, 0o775, 0o733, 0o1777];
                let mode = modes[(other - 1) as usize % modes.len()];
                fs::set_permissions(target, Permissions::from_mode(mode)).unwrap();
            }
        }
        let before = content(&folder);
        let said = desk.mayday(&["resume", &id]);
        said.is(4, &["failed to use"]);
        assert!(
            said.err.contains("belongs to another user") || said.err.contains("others may write"),
            "{}",
            said.err
        );
        if target == &state {
            desk.mayday(&["run", "p"]).is(4, &["failed to use", "state"]);
        }
        assert_eq!(content(&folder), before);
    });
}
