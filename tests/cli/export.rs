//! `export` and `verify PACK`: a run in one file, checked where nothing of the project is.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use mayday::journal::pack::verify_pack;
use mayday::journal::{Holder, Store};
use mayday::run::event::{Event, Kind};
use mayday::time::Timestamp;

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
fn the_reports_of_a_pack_are_in_the_language_that_is_asked_for() {
    let (desk, _) = packed();
    desk.mayday(&["export", &desk.newest(), "-o", "es.zip", "--lang", "es"]).is(0, &["es.zip"]);
    verify(&desk.path("es.zip")).is(0, &["OK"]);
    let to = tempfile::tempdir().unwrap();
    let reports = unpack(&desk.path("es.zip"), to.path()).join("reports");
    let read = |name: &str| fs::read_to_string(reports.join(name)).unwrap();
    assert!(read("report.md").contains("La ejecución está completa."));
    assert!(read("report.html").contains("<html lang=\"es\">"));
    // What programs read is in English, and so is the draft that was written in English.
    assert!(read("report.json").contains("\"language\": \"en\""));
    assert!(read("postmortem.md").contains("The run is complete."));
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

/// Archives that somebody else wrote, each with one thing that a pack never has: in the very form of a pack, so that
/// nothing but that thing can be what they are refused for; and in other forms of ZIP.
const HOSTILE: &str = r"
import sys, zipfile, os, struct, zlib
good, folder = sys.argv[1:]
z = zipfile.ZipFile(good)
files = [(i.filename, z.read(i)) for i in z.infolist()]
top = files[0][0].split('/')[0]

def pack(name, files):
    out, central = b'', b''
    for path, data in files:
        path = path.encode()
        common = struct.pack('<5H3I2H', 20, 0x800, 0, 0, 0x21, zlib.crc32(data), len(data), len(data), len(path), 0)
        central += b'PK\1\2' + struct.pack('<H', 0x314) + common + bytes(6) + struct.pack('<2I', 0o100644 << 16, len(out)) + path
        out += b'PK\3\4' + common + path + data
    end = b'PK\5\6' + struct.pack('<4H2IH', 0, 0, len(files), len(files), len(central), len(out), 0)
    with open(os.path.join(folder, name + '.zip'), 'wb') as to:
        to.write(out + central + end)

pack('good', files)
assert open(good, 'rb').read() == open(os.path.join(folder, 'good.zip'), 'rb').read()
pack('traversal', files + [(top + '/../../etc/cron.d/x', b'x')])
pack('absolute', files + [('/etc/passwd', b'x')])
pack('backslash', files + [(top + '/..\\x', b'x')])
pack('drive', files + [(top + '/C:x', b'x')])
pack('twice', files + [files[0]])
pack('elsewhere', files + [('other/file', b'x')])
pack('extra', files + [(top + '/extra', b'x')])
pack('nothing', [])
pack('gone', [f for f in files if not f[0].endswith('report.md')])
pack('manifest', [f for f in files if not f[0].endswith('manifest.json')])
pack('changed', [(n, d + b'x' if n.endswith('report.md') else d) for n, d in files])
pack('renamed', [(n.replace(top, 'run'), d) for n, d in files])
pack('words', [(n, b'{' if n.endswith('manifest.json') else d) for n, d in files])

def write(name, data, mode=0o100644, method=zipfile.ZIP_STORED):
    with zipfile.ZipFile(os.path.join(folder, name + '.zip'), 'w') as out:
        for path, there in files:
            out.writestr(path, there)
        info = zipfile.ZipInfo(top + '/' + name); info.create_system = 3; info.external_attr = mode << 16
        out.writestr(info, data, method)
write('link', b'/etc/passwd', 0o120777)
write('bomb', b'\0' * (64 << 20), method=zipfile.ZIP_DEFLATED)
whole = open(good, 'rb').read()
for name, data in (('short', whole[:len(whole) * 2 // 3]), ('text', b'no archive at all, but long enough'), ('behind', whole + b'x')):
    with open(os.path.join(folder, name + '.zip'), 'wb') as out:
        out.write(data)
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
    verify(&folder.path().join("good.zip")).is(0, &["OK  the record"]);
    fs::remove_file(folder.path().join("good.zip")).unwrap();
    let told = [
        ("traversal", "/../../etc/cron.d/x`"),
        ("absolute", "it holds the path `/etc/passwd`"),
        ("backslash", "it holds the path `"),
        ("drive", "/C:x`"),
        ("twice", "` twice"),
        ("elsewhere", "it holds the path `other/file`"),
        ("extra", "extra is not in the list of the pack."),
        ("nothing", "it holds no manifest.json"),
        ("gone", "reports/report.md is gone."),
        ("manifest", "it holds no manifest.json"),
        ("changed", "reports/report.md was changed"),
        ("renamed", "The pack's folder is not named after run"),
        ("words", "its manifest.json cannot be read"),
        ("link", "it is not in the form in which packs are written"),
        ("bomb", "it is not in the form in which packs are written"),
        ("short", "it is no ZIP archive, or cut off"),
        ("text", "it is no ZIP archive, or cut off"),
        ("behind", "it is no ZIP archive, or cut off"),
    ];
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), told.len());
    for (name, words) in told {
        let file = folder.path().join(format!("{name}.zip"));
        let said = verify(&file);
        said.is(3, &[words]);
        assert!(!said.all().contains("OK  the record"), "{name}");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), told.len());
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

const SECRET: &str = "s3cr3t-canary-value";

/// What people wrote goes into the pack and into the page, without the secrets of the run.
#[test]
fn the_words_of_people_are_in_the_pack_without_secrets() {
    let desk = Desk::with(&[
        (
            "mayday.yaml",
            "secrets: { token: 'file:token.txt' }\nenvironments: { here: { danger: low } }\n",
        ),
        ("token.txt", SECRET),
        (
            "playbooks/p.yaml",
            "mayday: 1\nid: p\ntitle: P\nsteps:\n  - { id: look, title: Look, effect: read, shell: echo there, secrets: { T: token } }\n",
        ),
    ]);
    desk.mayday(&["run", "p", "--env", "here"]).is(0, &[]);
    let first = desk.newest();
    desk.mayday(&["run", "p", "--env", "here"]).is(0, &[]);
    let id = desk.newest();
    let draft = format!("state/{id}/reports/postmortem.md");
    let words = format!("The token {SECRET} was in a chat.\n\n<script>alert(1)</script>");
    desk.edit(&draft, "‹TODO: what led up to it.›", &words);
    desk.mayday(&["export", &id, "-o", "pack.zip"]).is(0, &[]);
    verify(&desk.path("pack.zip")).is(0, &["OK"]);
    let to = tempfile::tempdir().unwrap();
    let folder = unpack(&desk.path("pack.zip"), to.path());
    for file in super::files(&folder) {
        let bytes = fs::read(&file).unwrap();
        let found = bytes.windows(SECRET.len()).any(|window| window == SECRET.as_bytes());
        assert!(!found, "the secret is in {}", file.display());
    }
    let read = |name: &str| fs::read_to_string(folder.join("reports").join(name)).unwrap();
    assert!(read("postmortem.md").contains("The token [redacted:token] was in a chat."));
    let page = read("report.html");
    assert!(page.contains("The token [redacted:token] was in a chat."), "{page}");
    assert!(page.contains("&lt;script&gt;") && !page.contains("<script>"));
    assert!(page.contains(&first) && read("report.md").contains(&first), "no earlier run");
    // The same words in the page that `report` writes, from a document elsewhere as well.
    desk.mayday(&["report", &id, "--format", "html"]).is(0, &["[redacted:token]"]);
    desk.write("mine.md", "# Mine\n\nAll is well.\n");
    let said = desk.mayday(&["report", &id, "--format", "html", "--words", "mine.md"]);
    said.is(0, &["All is well."]);
    assert!(!said.out.contains("in a chat"));
    desk.mayday(&["report", &id, "--words", "mine.md"]).is(2, &["--format html"]);
    // Broken marks: the page is there without those words, and says so.
    desk.edit(&draft, "<!-- /block:head -->", "");
    let said = desk.mayday(&["report", &id, "--format", "html"]);
    said.is(0, &["NOTE  what people wrote is not in the page", "is missing"]);
    desk.mayday(&["export", &id, "-o", "broken.zip"]).is(0, &["NOTE  what people wrote"]);
    verify(&desk.path("broken.zip")).is(0, &["OK"]);
}

/// The record of a drill and its sign-offs go with it; the page tells who has signed.
#[test]
fn the_record_of_a_drill_and_its_sign_off_are_in_the_pack() {
    let desk = Desk::with(&[
        ("mayday.yaml", "environments: { here: { danger: low } }\n"),
        (
            "playbooks/p.yaml",
            "mayday: 1\nid: p\ntitle: P\nobjectives: { rto: 5m }\nsteps:\n  - { id: look, title: Look, effect: read, shell: echo there }\ndrill:\n  environments: [here]\n  pass:\n    - { id: held, title: It held, must: true, points: 10, that: \"steps.look.status == 'ok'\" }\n",
        ),
    ]);
    desk.mayday(&["drill", "run", "p", "--env", "here", "--no-input"]).is(0, &[]);
    let id = desk.newest();
    desk.mayday(&["drill", "signoff", &id, "--by", "petra"]).is(0, &["Signed off"]);
    desk.mayday(&["export", &id, "-o", "drill.zip"]).is(0, &[]);
    verify(&desk.path("drill.zip")).is(0, &["OK"]);
    let to = tempfile::tempdir().unwrap();
    let folder = unpack(&desk.path("drill.zip"), to.path());
    let within = super::files(&folder.join("reports/drill"));
    let ends =
        |end: &str| within.iter().filter(|file| file.to_string_lossy().ends_with(end)).count();
    assert_eq!((ends(".json"), ends(".md"), ends(".signoff")), (1, 1, 1), "{within:?}");
    let page = fs::read_to_string(folder.join("reports/report.html")).unwrap();
    assert!(page.contains("petra, ") && page.contains("attested, not signed"), "{page}");
    assert!(page.contains("Drills of p: time to recover"));
}

/// A record that went on elsewhere: what stayed behind is in the pack as long as it can be read there.
#[test]
fn a_record_that_was_moved_is_packed_with_what_stayed_behind() {
    let (desk, _) = packed();
    let id = desk.newest();
    let (old, new) = (desk.path("state").join(&id), desk.path("other").join(&id));
    crate::support::desk::copy_all(&old, &new);
    // The evidence stays; the record tells of it.
    let store = Store::new(desk.path("other"));
    let run = store.find(&id).unwrap();
    let holder = Holder { operator: "bo".to_owned(), since: Timestamp::from_millis(0) };
    let mut resumed = store.resume(&run, &holder, Box::new(|_| None)).unwrap();
    let last = resumed.read.events.last().unwrap().1.clone();
    let kind = Kind::RecordMoved {
        from: old.display().to_string(),
        to: new.display().to_string(),
        why: "no space left".to_owned(),
        volatile: false,
        left: vec!["evidence/".to_owned()],
    };
    resumed.journal.append(Event { kind, by: "mayday".to_owned(), ..last }).unwrap();
    resumed.journal.checkpoint().unwrap();
    drop(resumed);
    fs::remove_dir_all(new.join("evidence")).unwrap();
    fs::create_dir(new.join("evidence")).unwrap();
    let state = desk.path("other").display().to_string();
    desk.mayday(&["export", &id, "-o", "moved.zip", "--state-dir", &state]).is(0, &[]);
    verify(&desk.path("moved.zip")).is(0, &["brought the record on", "OK"]);
    fs::remove_dir_all(old.join("evidence")).unwrap();
    desk.mayday(&["export", &id, "-o", "gone.zip", "--state-dir", &state])
        .is(0, &["cannot be read and is not in the pack"]);
    verify(&desk.path("gone.zip")).is(0, &["stayed behind when the record was moved", "OK"]);
}
