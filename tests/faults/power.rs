//! Power cuts on real file systems (F04): the file system is shut down without flushing its log, mounted
//! again, and everything that was acknowledged must be there.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use mayday::journal::{Condition, Store, read};

use super::{Count, Row, has, is_root};
use crate::journal::{id, kill::append_for_ever, resume, this_test};

const APPEND_IN: &str = "MAYDAY_TEST_POWER_APPEND_IN";
const INSIDE: &str = "MAYDAY_TEST_POWER_INSIDE";
const COUNT: Count = Count { ci: 100, soak: 1000 };
const WHAT: [&str; 2] =
    ["power cut on ext4 while events are appended", "power cut on xfs while events are appended"];

fn tool(words: &[&str]) {
    let output = Command::new(words[0]).args(&words[1..]).output().unwrap();
    assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn what_was_acknowledged_survives_a_power_cut_on_ext4() {
    cut("faults::power::what_was_acknowledged_survives_a_power_cut_on_ext4", "ext4", WHAT[0]);
}

#[test]
fn what_was_acknowledged_survives_a_power_cut_on_xfs() {
    cut("faults::power::what_was_acknowledged_survives_a_power_cut_on_xfs", "xfs", WHAT[1]);
}

/// Three lives of the same test: the outer one, the one with mounts of its own, and the one that appends.
fn cut(test: &str, kind: &str, what: &'static str) {
    if let Some(root) = std::env::var_os(APPEND_IN) {
        return append_for_ever(&Store::new(PathBuf::from(root)));
    }
    if let Some(folder) = std::env::var_os(INSIDE) {
        return rounds(test, Path::new(&folder), kind, what);
    }
    if !is_root() || !has("xfs_io") || !has(&format!("mkfs.{kind}")) {
        return Row::new("F04", what, COUNT).skip_rest("needs root, xfs_io and mkfs");
    }
    let folder = tempfile::tempdir().unwrap();
    let inner = this_test(test);
    let output = Command::new("unshare")
        .arg("-m")
        .arg(inner.get_program())
        .args(inner.get_args())
        .env(INSIDE, folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
}

fn rounds(test: &str, folder: &Path, kind: &str, what: &'static str) {
    let image = folder.join("image").to_string_lossy().into_owned();
    let disk = folder.join("disk").to_string_lossy().into_owned();
    std::fs::create_dir(&disk).unwrap();
    // XFS refuses to be smaller; nothing of it is written until it is used.
    std::fs::File::create(&image).unwrap().set_len(320 << 20).unwrap();
    tool(&[&format!("mkfs.{kind}"), "-q", &image]);
    tool(&["mount", "-o", "loop", &image, &disk]);
    let mut row = Row::new("F04", what, COUNT);
    let (mut acknowledged, mut all) = (None, 0);
    row.each(|round| {
        // A record that grows for ever would only make reading it slow.
        let store = Store::new(format!("{disk}/runs-{}", round / 20));
        if round % 20 == 0 {
            acknowledged = None;
        }
        let mut child = this_test(test)
            .env_remove(INSIDE)
            .env(APPEND_IN, store.root())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut here = 0;
        for line in BufReader::new(child.stdout.take().unwrap()).lines() {
            let Some(seq) =
                line.unwrap().strip_prefix("recorded ").map(|n| n.parse::<u64>().unwrap())
            else {
                continue;
            };
            here += 1;
            // Behind a real power cut nobody says anything any more: only what was said before it counts. It
            // appends on while the cut is made, so that it falls anywhere into a write or a sync.
            match here.cmp(&(1 + round * 7 % 19)) {
                std::cmp::Ordering::Less => acknowledged = Some(seq),
                std::cmp::Ordering::Equal => {
                    acknowledged = Some(seq);
                    tool(&["xfs_io", "-x", "-c", "shutdown", &disk]);
                }
                std::cmp::Ordering::Greater => {}
            }
        }
        assert!(!child.wait().unwrap().success(), "round {round}: nothing failed");
        assert!(here > 0, "round {round}: nothing was recorded");
        all += here;
        tool(&["umount", &disk]);
        tool(&["mount", "-o", "loop", &image, &disk]);
        let found = read(&store.dir(&id()).unwrap()).unwrap().scan;
        let whole = matches!(found.condition, Condition::Clean | Condition::Torn { .. });
        assert!(whole, "round {round}: {:?}", found.condition);
        assert!(
            found.events.checked_sub(1) >= acknowledged,
            "round {round}: {acknowledged:?} was lost"
        );
        drop(resume(&store).unwrap());
    });
    assert!(all > row.wanted() * 5, "only {all} commits");
    drop(row);
    tool(&["umount", &disk]);
}
