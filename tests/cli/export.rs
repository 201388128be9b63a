//! `export` and `verify PACK`: a run in one file, checked where nothing of the project is.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use mayday::journal::pack::verify_pack;

use super::desk;
use crate::support::desk::{Desk, Said};

/// A run with evidence, closed, and its pack.
fn packed() -> (Desk, PathBuf) {
    let desk = desk(
        "  - {id: look, title: Look, effect: read, shell: 'echo it is there'}\n  - {id: again, title: Look again, effect: read, shell: 'seq 1 2000'}",
    );
    desk.mayday(&["run", "p"]).is(0, &[]);
    desk.mayday(&["export", &desk.newest(), "-o", "pack.zip"])
        .is(0, &["Written:", "mayday verify pack.zip"]);
    let pack = desk.path("pack.zip");
    (desk, pack)
}

fn verify(pack: &Path) -> Said {
    // Another machine: no project, no runs, nothing of an environment.
    let elsewhere = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_mayday"));
    command.arg("verify").arg(pack).current_dir(elsewhere.path()).env_clear();
    Said::from(command.output().unwrap())
}

fn unpack(pack: &Path, to: &Path) -> PathBuf {
    let script = "import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None; z.extractall(sys.argv[2])";
    let done =
        Command::new("/usr/bin/python3").args(["-c", script]).arg(pack).arg(to).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    fs::read_dir(to).unwrap().next().unwrap().unwrap().path()
}

#[test]
fn a_pack_is_verified_where_there_is_no_project_and_opened_by_others() {
    let (desk, pack) = packed();
    verify(&pack).is(0, &["OK  the record is whole and unchanged", "files"]);
    let json = verify(&pack);
    assert!(json.out.contains("head "), "{}", json.out);
    let to = tempfile::tempdir().unwrap();
    let folder = unpack(&pack, to.path());
    assert!(folder.ends_with(desk.newest()));
    verify(&folder).is(0, &["OK"]);
    let sums = Command::new("sha256sum")
        .args(["--check", "--strict", "SHA256SUMS"])
        .current_dir(&folder)
        .output()
        .unwrap();
    assert!(sums.status.success(), "{}", String::from_utf8_lossy(&sums.stdout));
    for file in [
        "journal.jsonl",
        "head",
        "manifest.json",
        "reports/report.md",
        "reports/report.html",
        "reports/report.json",
        "reports/postmortem.md",
    ] {
        assert!(folder.join(file).is_file(), "{file} is not in the pack");
    }
    assert_eq!(fs::read_dir(folder.join("pinned")).unwrap().count(), 2);
    assert!(fs::read_dir(folder.join("evidence")).unwrap().count() > 0);
}

#[test]
fn the_same_run_gives_the_same_bytes_and_nothing_is_overwritten_without_a_word() {
    let (desk, pack) = packed();
    let first = fs::read(&pack).unwrap();
    let id = desk.newest();
    desk.mayday(&["export", &id, "-o", "pack.zip"]).is(2, &["it is there already", "--overwrite"]);
    desk.mayday(&["export", &id, "-o", "other.zip"]).is(0, &[]);
    assert!(fs::read(desk.path("other.zip")).unwrap() == first, "the same run, other bytes");
    fs::write(&pack, "mine").unwrap();
    desk.mayday(&["export", &id, "-o", "pack.zip", "--overwrite"]).is(0, &[]);
    assert!(fs::read(&pack).unwrap() == first);
    desk.mayday(&["export", &id, "-o", "no/such/folder.zip"]).is(4, &["folder.zip"]);
    let beside = fs::read_dir(desk.path("")).unwrap().flatten();
    let left: Vec<_> = beside
        .map(|entry| entry.file_name())
        .filter(|name| name.to_string_lossy().contains(".zip."))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn one_changed_byte_anywhere_is_found() {
    let (_desk, pack) = packed();
    let good = fs::read(&pack).unwrap();
    let bad = pack.with_file_name("bad.zip");
    // Every byte of a pack counts: in contents, in names, in the headers between them.
    let step = (good.len() / 400).max(1);
    for at in (0..good.len()).step_by(step) {
        let mut bytes = good.clone();
        bytes[at] ^= 0x20;
        fs::write(&bad, &bytes).unwrap();
        let sound = verify_pack(&bad).is_ok_and(|found| found.verification.is_sound());
        assert!(!sound, "byte {at} was changed and nobody noticed");
    }
    for length in [0, 1, 21, 22, good.len() / 2, good.len() - 1] {
        fs::write(&bad, &good[..length]).unwrap();
        assert!(verify_pack(&bad).is_err(), "{length} bytes are taken for a pack");
    }
    verify(&bad).is(3, &["failed to verify", "cut off"]);
    let longer = [&good[..], b"x"].concat();
    fs::write(&bad, longer).unwrap();
    assert!(verify_pack(&bad).is_err());
}

#[test]
fn files_that_are_gone_or_came_are_found_in_a_folder_too() {
    let (_desk, pack) = packed();
    let to = tempfile::tempdir().unwrap();
    let folder = unpack(&pack, to.path());
    fs::write(folder.join("extra"), "x").unwrap();
    verify(&folder).is(3, &["extra is not in the list", "NOT OK"]);
    fs::remove_file(folder.join("extra")).unwrap();
    let kept = fs::read_dir(folder.join("evidence")).unwrap().next().unwrap().unwrap().path();
    let kept = if kept.is_dir() { super::files(&kept)[0].clone() } else { kept };
    fs::remove_file(&kept).unwrap();
    verify(&folder).is(3, &["is gone", "NOT OK"]);
    std::os::unix::fs::symlink("/etc/passwd", &kept).unwrap();
    verify(&folder).is(3, &["is no regular file"]);
    fs::remove_file(folder.join("manifest.json")).unwrap();
    verify(&folder).is(3, &["verify"]);
    verify(Path::new("/no/such/pack.zip")).is(4, &["read /no/such/pack.zip"]);
}

/// Archives that somebody else wrote, each with one thing that a pack never has.
const HOSTILE: &str = r"
import sys, zipfile, os
good, folder = sys.argv[1:]
z = zipfile.ZipFile(good)
items = [(i, z.read(i)) for i in z.infolist()]
def write(name, change, method=zipfile.ZIP_STORED):
    with zipfile.ZipFile(os.path.join(folder, name + '.zip'), 'w', method) as out:
        for info, data in change(list(items)):
            out.writestr(info, data, method)
def more(name, data=b'x', mode=0o100644):
    info = zipfile.ZipInfo(name); info.create_system = 3; info.external_attr = mode << 16
    return lambda items: items + [(info, data)]
top = items[0][0].filename.split('/')[0]
write('traversal', more(top + '/../../etc/cron.d/x'))
write('absolute', more('/etc/passwd'))
write('backslash', more(top + '/..\\x'))
write('link', more(top + '/link', b'/etc/passwd', 0o120777))
write('twice', lambda items: items + [items[0]])
write('bomb', more(top + '/big', b'\0' * (64 << 20)), zipfile.ZIP_DEFLATED)
write('elsewhere', more('other/file'))
write('nothing', lambda items: [])
write('missing', lambda items: items[1:])
";

#[test]
fn hostile_archives_are_refused_and_nothing_is_written() {
    let (_desk, pack) = packed();
    let folder = tempfile::tempdir().unwrap();
    let done = Command::new("/usr/bin/python3")
        .args(["-W", "ignore", "-c", HOSTILE])
        .arg(&pack)
        .arg(folder.path())
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let all: Vec<PathBuf> =
        fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(all.len(), 9);
    for file in &all {
        let said = verify(file);
        assert_eq!(said.code, Some(3), "{}: {}", file.display(), said.all());
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 9);
}

#[test]
fn a_damaged_or_unfinished_run_is_packed_as_it_is_and_said_to_be() {
    let desk = desk("  - {id: fail, title: Fail, effect: read, shell: 'exit 1'}");
    desk.mayday(&["run", "p"]).is(5, &[]);
    let id = desk.newest();
    desk.mayday(&["export", &id, "-o", "stopped.zip"]).is(0, &[]);
    verify(&desk.path("stopped.zip")).is(0, &["OK"]);
    let journal = desk.path("state").join(&id).join("journal.jsonl");
    let text = fs::read_to_string(&journal).unwrap();
    fs::write(&journal, text.replacen("exit 1", "exit 0", 1)).unwrap();
    desk.mayday(&["report", &id, "--format", "html"])
        .is(0, &["Read this first", "damaged or was changed"]);
    desk.mayday(&["export", &id, "-o", "damaged.zip"]).is(0, &[]);
    verify(&desk.path("damaged.zip")).is(3, &["of the record", "NOT OK"]);
}
