//! The store and the run folder: who may use them, what they are called, who drives.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown, symlink};

use mayday::journal::{Created, RunId, Store, Trouble, verify};

use super::{create, fill, holder, id, lines, nothing, resume, run_of, store};

#[test]
fn a_new_run_is_private_and_whole() {
    let (_folder, store) = store();
    let pinned = [("books/a.yaml".to_owned(), b"steps: []".to_vec())];
    let Created { mut journal, dir, pinned } =
        store.create(&id(), &pinned, &holder(), nothing()).unwrap();
    let sha256 = &pinned["books/a.yaml"];
    assert_eq!(dir.read_pinned("books/a.yaml", sha256).unwrap(), b"steps: []");
    fill(&mut journal, 3);
    journal.checkpoint().unwrap();
    for name in ["attempts", "evidence", "reports", "pinned", "."] {
        assert_eq!(fs::metadata(dir.path().join(name)).unwrap().mode() & 0o7777, 0o700, "{name}");
    }
    for name in ["lock", "journal.jsonl", "head", "ballast"] {
        assert_eq!(fs::metadata(dir.path().join(name)).unwrap().mode() & 0o7777, 0o600, "{name}");
    }
    assert_eq!(fs::metadata(store.root()).unwrap().mode() & 0o7777, 0o700);
    let ballast = fs::metadata(dir.path().join("ballast")).unwrap();
    assert!(ballast.blocks() * 512 >= 1 << 20, "the ballast is only {} blocks", ballast.blocks());
    assert_eq!(store.list().unwrap(), [id()]);
    let again = store.create(&id(), &[], &holder(), nothing()).err().unwrap();
    assert!(matches!(again, Trouble::Exists { .. }), "{again}");
    assert_eq!(lines(&dir).len(), 3);
}

#[test]
fn a_run_has_one_driver_and_any_number_of_readers() {
    let (_folder, store) = store();
    let Created { mut journal, dir, .. } = create(&store);
    fill(&mut journal, 2);
    let driver = store.driver(&id()).unwrap();
    let expected = format!("maria, process {}, since ", std::process::id());
    assert!(driver.starts_with(&expected), "{driver}");
    let refused = resume(&store).err().unwrap();
    assert_eq!(refused.to_string(), format!("drive run {}: {driver} is driving it", id()));
    assert!(refused.hint().unwrap().contains("mayday status"));
    assert_eq!(store.read(&id()).unwrap().events.len(), 2);
    assert!(verify(&dir).unwrap().is_sound());
    journal.append(super::noted("unimpressed")).unwrap();
    drop(journal);
    assert_eq!(store.driver(&id()), None);
    assert_eq!(resume(&store).unwrap().journal.next_seq(), 3);
}

#[test]
fn a_run_is_found_by_its_beginning_or_its_last_part() {
    let (_folder, store) = store();
    assert_eq!(store.list().unwrap(), []);
    assert!(matches!(store.find("x"), Err(Trouble::NoSuchRun { .. })));
    for name in ["20261121-0900-abc", "20261122-1820-p2c", "20261122-1821-q3d"] {
        let id = RunId::parse(name).unwrap();
        store.create(&id, &[], &holder(), nothing()).unwrap();
    }
    fs::create_dir(store.root().join(".new-x")).unwrap();
    fs::write(store.root().join("a-file"), "").unwrap();
    let ids: Vec<_> = store.list().unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(ids, ["20261122-1821-q3d", "20261122-1820-p2c", "20261121-0900-abc"]);
    assert_eq!(store.find("p2c").unwrap(), id());
    assert_eq!(store.find("20261121").unwrap().as_str(), ids[2]);
    let several = store.find("20261122").unwrap_err();
    assert_eq!(
        several.to_string(),
        "tell which run `20261122` means: 20261122-1821-q3d, 20261122-1820-p2c"
    );
    for wrong in ["../../x", "a\nb", "a\0b", &"a".repeat(1 << 20), ""] {
        assert!(matches!(store.find(wrong), Err(Trouble::BadId { .. })));
    }
    assert!(matches!(store.dir(&RunId::parse("a-file").unwrap()), Err(Trouble::Folder { .. })));
}

#[test]
fn a_folder_that_others_could_change_is_refused_with_a_way_out() {
    let (folder, store) = store();
    let refusal = |store: &Store| {
        let refused = store.create(&id(), &[], &holder(), nothing()).err().unwrap();
        assert!(refused.hint().unwrap().contains("MAYDAY_STATE_DIR"), "{refused}");
        let text = refused.to_string();
        text.rsplit(": ").next().unwrap().to_owned()
    };
    fs::create_dir(store.root()).unwrap();
    fs::set_permissions(store.root(), Permissions::from_mode(0o777)).unwrap();
    assert_eq!(refusal(&store), "others may write to it");

    let link = folder.path().join("link");
    symlink(store.root(), &link).unwrap();
    assert_eq!(refusal(&Store::new(&link)), "it is a symbolic link");
    let dangling = folder.path().join("dangling");
    symlink("nowhere", &dangling).unwrap();
    assert_eq!(refusal(&Store::new(&dangling)), "it is a symbolic link");

    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    assert_eq!(refusal(&Store::new(&file)), "it is not a folder");

    fs::set_permissions(store.root(), Permissions::from_mode(0o700)).unwrap();
    if chown(store.root(), Some(65_534), None).is_ok() {
        assert_eq!(refusal(&store), "it belongs to another user");
    } else {
        super::skipped("only root can give a folder away");
    }
}

#[test]
fn a_run_folder_that_others_could_change_is_not_taken_up() {
    let (_folder, store) = store();
    let dir = run_of(&store, 2, false);
    fs::set_permissions(dir.path(), Permissions::from_mode(0o770)).unwrap();
    assert!(matches!(resume(&store), Err(Trouble::Folder { .. })));
    fs::set_permissions(dir.path(), Permissions::from_mode(0o700)).unwrap();
    assert!(resume(&store).is_ok());

    // Links and pipes in the place of files are neither followed nor waited for.
    let elsewhere = store.root().join("elsewhere");
    fs::rename(dir.journal(), &elsewhere).unwrap();
    symlink(&elsewhere, dir.journal()).unwrap();
    assert!(matches!(resume(&store), Err(Trouble::Io { doing: "open", .. })));
    fs::remove_file(dir.journal()).unwrap();
    rustix::fs::mkfifoat(rustix::fs::CWD, dir.journal(), 0o600.into()).unwrap();
    let refused = resume(&store).err().unwrap();
    assert!(matches!(refused, Trouble::Io { doing: "open", .. }), "{refused}");
}

#[test]
fn a_store_inside_a_repository_is_told() {
    let (folder, store) = store();
    assert_eq!(store.inside_repository(), None);
    fs::create_dir(folder.path().join(".git")).unwrap();
    assert_eq!(store.inside_repository(), Some(folder.path()));
}

#[test]
fn of_two_runs_of_one_minute_the_later_one_is_the_newest() {
    let (_folder, store) = store();
    // The letters of the ids say the opposite of the order in which they were made.
    for name in ["20261122-1000-zzz", "20261122-1000-mmm", "20261122-1000-aaa"] {
        let made = |path: &std::path::Path| path.metadata().unwrap().created().unwrap();
        let run = RunId::parse(name).unwrap();
        let dir = store.create(&run, &[], &holder(), nothing()).unwrap().dir;
        // File systems tell time in ticks: the next one must be a later one.
        let next = tempfile::tempdir().unwrap();
        let mut tick = 0;
        while made(next.path()) <= made(dir.path()) {
            tick += 1;
            let probe = next.path().join(tick.to_string());
            std::fs::create_dir(&probe).unwrap();
            if made(&probe) > made(dir.path()) {
                break;
            }
        }
    }
    let ids: Vec<String> = store.list().unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(ids, ["20261122-1000-aaa", "20261122-1000-mmm", "20261122-1000-zzz"]);
}
