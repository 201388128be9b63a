//! Disks that are full, read-only, or do not keep what is written.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use mayday::journal::{Condition, Created, Resumed, Store, Trouble, read, verify};

use super::{create, fill, id, lines, noted, resume, skipped, told};

const ROOT: &str = "MAYDAY_TEST_STORE_IN";

/// The shell line that runs one test of this binary again in `$MAYDAY_TEST_STORE_IN`.
fn again(test: &str) -> String {
    format!("\"$0\" journal::disk::{test} --exact --nocapture --test-threads=1")
}

/// Runs a shell line with this binary as `$0`; its standard output, when it ended well.
fn shell(script: &str, root: &Path, around: &[&str]) -> Result<String, String> {
    let binary = std::env::current_exe().unwrap();
    let words = around.iter().copied().chain(["bash", "-ec", script]);
    let words: Vec<_> = words.collect();
    let output = Command::new(words[0])
        .args(&words[1..])
        .arg(binary)
        .env(ROOT, root)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    if output.status.success() { Ok(out) } else { Err(format!("{}\n{out}{err}", output.status)) }
}

/// Words that give a command mounts of its own; `None`, told, where that is not allowed.
fn own_mounts(root: &Path) -> Option<&'static [&'static str]> {
    const WAYS: [&[&str]; 2] = [&["unshare", "-m"], &["unshare", "-Ur", "-m"]];
    let mount = "mount -t tmpfs -o size=64k none \"$MAYDAY_TEST_STORE_IN\"";
    let way = WAYS.into_iter().find(|way| shell(mount, root, way).is_ok());
    if way.is_none() {
        skipped("this machine lets nobody mount a small disk");
    }
    way
}

#[test]
fn a_full_disk_costs_the_ballast_then_stops_and_loses_nothing() {
    let name = "a_full_disk_costs_the_ballast_then_stops_and_loses_nothing";
    if let Some(root) = told(ROOT) {
        fill_the_disk(&Store::new(root.join("runs")), &root.join("filler"));
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let Some(way) = own_mounts(folder.path()) else { return };
    for kib in [1_200, 1_236, 1_300, 1_404] {
        let script = format!(
            "mount -t tmpfs -o size={kib}k,mode=700 none \"$MAYDAY_TEST_STORE_IN\"; {}",
            again(name)
        );
        shell(&script, folder.path(), way).unwrap();
    }
}

fn fill_the_disk(store: &Store, filler: &Path) {
    fs::write(filler, vec![1; 64 * 1024]).unwrap();
    let Created { mut journal, dir, .. } = create(store);
    fill(&mut journal, 1);
    let mut recorded = 1;
    let mut recorded_before_ballast = 0;
    let trouble = loop {
        // Different lengths: the disk fills up at different places of a record.
        let text =
            format!("n={recorded} {}", "x".repeat(usize::try_from(recorded * 37 % 3_000).unwrap()));
        if let Err(trouble) = journal.append(noted(text)) {
            break trouble;
        }
        recorded += 1;
        if !journal.ballast_freed() {
            recorded_before_ballast = recorded;
        }
    };
    assert!(matches!(trouble, Trouble::NoSpace { .. }), "{trouble}");
    assert!(trouble.hint().unwrap().contains("free space"));
    assert!(journal.ballast_freed() && !dir.path().join("ballast").exists());
    assert!(recorded - recorded_before_ballast > 500, "the ballast was good for {recorded}");
    // Nothing half-written; reading needs no space.
    let scan = read(&dir).unwrap().scan;
    assert_eq!((scan.events, scan.condition), (recorded, Condition::Clean));
    assert!(matches!(journal.commit(), Err(Trouble::NoSpace { .. })));
    assert!(journal.checkpoint().is_err());
    assert!(verify(&dir).unwrap().is_sound());
    // With space again, what waited is written, once.
    fs::remove_file(filler).unwrap();
    journal.commit().unwrap();
    journal.append(noted("on it goes")).unwrap();
    journal.checkpoint().unwrap();
    let scan = read(&dir).unwrap().scan;
    assert_eq!((scan.events, scan.condition), (recorded + 2, Condition::Clean));
}

#[test]
fn a_torn_end_is_kept_aside_also_on_a_full_disk() {
    let name = "a_torn_end_is_kept_aside_also_on_a_full_disk";
    if let Some(root) = told(ROOT) {
        let store = Store::new(root.join("runs"));
        let dir = super::run_of(&store, 5, true);
        fs::OpenOptions::new()
            .append(true)
            .open(dir.journal())
            .unwrap()
            .write_all(b"{\"se")
            .unwrap();
        let mut filler = fs::File::create(root.join("filler")).unwrap();
        while filler.write_all(&[1; 4096]).is_ok() {}
        let Resumed { mut journal, torn, .. } = resume(&store).unwrap();
        let torn = torn.unwrap();
        assert_eq!(fs::read(dir.path().join(&torn.kept_as)).unwrap(), b"{\"se");
        for _ in 0..1_000 {
            journal.append(noted("on it goes")).unwrap();
        }
        assert_eq!(read(&dir).unwrap().scan.events, 1_005);
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let Some(way) = own_mounts(folder.path()) else { return };
    let dir = "\"$MAYDAY_TEST_STORE_IN\"";
    let script = format!("mount -t tmpfs -o size=3m,mode=700 none {dir}; {}", again(name));
    shell(&script, folder.path(), way).unwrap();
}

#[test]
fn a_file_size_limit_is_like_a_full_disk() {
    if let Some(root) = told(ROOT) {
        let Created { mut journal, dir, .. } = create(&Store::new(root.join("runs")));
        let mut recorded = 0;
        let trouble = loop {
            if let Err(trouble) = journal.append(noted("x".repeat(1_000))) {
                break trouble;
            }
            recorded += 1;
        };
        assert!(matches!(trouble, Trouble::NoSpace { .. }), "{trouble}");
        assert!(recorded > 10);
        let scan = read(&dir).unwrap().scan;
        assert_eq!((scan.events, scan.condition), (recorded, Condition::Clean));
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let script = again("a_file_size_limit_is_like_a_full_disk");
    shell(&format!("trap '' XFSZ; ulimit -f 64; {script}"), folder.path(), &[]).unwrap();
}

#[test]
fn a_read_only_disk_is_read_and_refuses_with_a_way_out() {
    if let Some(root) = told(ROOT) {
        let store = Store::new(root.join("runs"));
        if store.list().unwrap().is_empty() {
            fill(&mut create(&store).journal, 3);
            return;
        }
        let dir = store.dir(&id()).unwrap();
        assert_eq!(store.read(&id()).unwrap().events.len(), 3);
        assert!(verify(&dir).unwrap().is_sound());
        assert_eq!(store.driver(&id()), None);
        let other = mayday::journal::RunId::parse("other").unwrap();
        let refused = [
            resume(&store).err().unwrap(),
            store.create(&other, &[], &super::holder(), super::nothing()).err().unwrap(),
        ];
        for refused in refused {
            assert!(matches!(&refused, Trouble::Io { source, .. }
                if source.kind() == std::io::ErrorKind::ReadOnlyFilesystem));
            assert!(refused.hint().unwrap().contains("MAYDAY_STATE_DIR"));
        }
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let Some(way) = own_mounts(folder.path()) else { return };
    let test = again("a_read_only_disk_is_read_and_refuses_with_a_way_out");
    let dir = "\"$MAYDAY_TEST_STORE_IN\"";
    let script = format!(
        "mount -t tmpfs -o size=4m,mode=700 none {dir}; {test}; mount -o remount,ro {dir}; {test}"
    );
    shell(&script, folder.path(), way).unwrap();
}

/// Runs a test of this binary under `strace`; `None`, told, where there is none.
fn traced(test: &str, root: &Path, options: &str) -> Option<String> {
    if !super::has_strace() {
        return None;
    }
    let log = root.join("strace.log");
    let script =
        format!("strace -f -o \"$MAYDAY_TEST_STORE_IN/strace.log\" {options} {}", again(test));
    shell(&script, root, &[]).unwrap();
    Some(fs::read_to_string(log).unwrap())
}

#[test]
fn after_one_failed_sync_nothing_is_written_or_synced_any_more() {
    if let Some(root) = told(ROOT) {
        let Created { mut journal, dir, .. } = create(&Store::new(root.join("runs")));
        for _ in 0..4 {
            journal.append(noted("good")).unwrap();
        }
        let first = journal.append(noted("never durable")).unwrap_err();
        assert!(matches!(&first, Trouble::Lost { source: Some(_) }), "{first}");
        assert!(first.hint().unwrap().contains("nothing further was started"));
        for _ in 0..5 {
            let later = journal.append(noted("refused")).unwrap_err();
            assert!(matches!(later, Trouble::Lost { source: None }), "{later}");
        }
        assert_eq!(journal.head().unwrap().seq, 3);
        assert_eq!(lines(&dir).len(), 5, "the fifth was written once and never again");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let test = "after_one_failed_sync_nothing_is_written_or_synced_any_more";
    let options = "-e trace=fdatasync -e inject=fdatasync:error=EIO:when=5";
    let Some(log) = traced(test, folder.path(), options) else { return };
    assert_eq!(log.matches("fdatasync(").count(), 5, "{log}");
}

#[test]
fn a_write_that_fails_for_good_leaves_no_part_of_itself() {
    if let Some(root) = told(ROOT) {
        let Created { mut journal, dir, .. } = create(&Store::new(root.join("runs")));
        let outcomes: Vec<_> = (0..6).map(|_| journal.append(noted("n")).is_ok()).collect();
        assert_eq!(outcomes, [true, true, true, false, false, false]);
        let scan = read(&dir).unwrap().scan;
        assert_eq!((scan.events, scan.condition), (3, Condition::Clean));
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("runs/20261122-1820-p2c/journal.jsonl");
    let options = format!("-P {} -e trace=write -e inject=write:error=EIO:when=4", path.display());
    let test = "a_write_that_fails_for_good_leaves_no_part_of_itself";
    if let Some(log) = traced(test, folder.path(), &options) {
        assert_eq!(log.matches(" write(").count(), 4, "{log}");
    }
}

#[test]
fn the_price_of_a_run_in_syncs_is_as_stated() {
    const STEPS: usize = 50;
    if let Some(root) = told(ROOT) {
        let store = Store::new(root.join("runs"));
        let pinned = [("a.yaml".to_owned(), b"a".to_vec())];
        let mut journal =
            store.create(&id(), &pinned, &super::holder(), super::nothing()).unwrap().journal;
        fill(&mut journal, 3);
        for _ in 0..STEPS {
            journal.stage(noted("outcome")).unwrap();
            journal.stage(noted("intent")).unwrap();
            journal.commit().unwrap();
        }
        journal.checkpoint().unwrap();
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let test = "the_price_of_a_run_in_syncs_is_as_stated";
    let Some(log) = traced(test, folder.path(), "-e trace=fsync,fdatasync") else { return };
    let count = |call: &str| log.lines().filter(|line| line.contains(call)).count();
    // One for the opening, then one for each step.
    assert_eq!(count(" fdatasync("), STEPS + 1);
    // One pinned file, its folder, the run, the store; the head and its folder.
    assert_eq!(count(" fsync("), 6);
}
