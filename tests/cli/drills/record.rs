//! The record of a drill: where it lies and what it says.

use super::{desk, drill, records};

#[test]
fn a_record_says_who_when_what_and_how_it_came_out() {
    let desk = desk(&[]);
    let said = drill(&desk);
    let record = records(&desk).remove(0);
    let began = record["began"].as_str().unwrap();
    let (year, month) = (&began[..4], began[5..7].parse::<u32>().unwrap());
    let name = format!("lost-{}", began[..10].replace('-', ""));
    let file = format!("drills/{year}-Q{}/{name}.md", month.div_ceil(3));
    said.is(0, &[&format!("record   {}", desk.path(&file).canonicalize().unwrap().display())]);
    let words = std::fs::read_to_string(desk.path(&file)).unwrap();
    let run = desk.newest();
    for part in [
        "# Drill: A file is lost",
        "**PASS**, 100 of 100 points.",
        &format!("| Run | {run} |"),
        "| Driven by | ada in 1 session, unattended |",
        "RTO 30m: met.",
        "RPO 5m: not known",
        "| same | must | held | 70 of 70 |",
        "lab is on the playbook's list, its danger is low",
        "| respond | back: Bring it back | ok |",
        "lost.yaml: SHA-256",
        "whole and unchanged",
        "| Sign-off | lead: see the files",
    ] {
        assert!(words.contains(part), "no `{part}` in\n{words}");
    }
    assert_eq!(record["people"], serde_json::json!(["ada"]));
    assert_eq!(record["mayday"], env!("CARGO_PKG_VERSION"));
    assert_eq!(record["objectives"]["rto"]["verdict"], "met");
    assert_eq!(record["criteria"][0]["id"], "same");
    let verified = desk.mayday(&["verify", &run, "--json"]);
    let verified: serde_json::Value = serde_json::from_str(&verified.out).unwrap();
    assert_eq!(record["journal"]["head"], verified["head"]);
    // What happens later that day has a name of its own.
    drill(&desk).is(0, &[&format!("{name}-2.md")]);
    assert_eq!(records(&desk).len(), 2);
}

#[test]
fn what_did_not_go_as_planned_is_in_the_record() {
    let desk = desk(&[("shell: cat copy", "shell: cat nowhere, on_fail: continue")]);
    drill(&desk).is(0, &["PASS WITH FINDINGS"]);
    let record = records(&desk).remove(0);
    let deviations = record["deviations"].to_string();
    assert!(deviations.contains("find"), "{deviations}");
    let files = crate::cli::files(&desk.path("drills"));
    let paper = files.iter().find(|file| file.extension().is_some_and(|end| end == "md")).unwrap();
    let paper = std::fs::read_to_string(paper).unwrap();
    assert!(paper.contains("## Deviations") && paper.contains("find"), "{paper}");
}

/// A disk that is mounted at a desk, where one can be.
struct Disk(std::path::PathBuf);

impl Disk {
    fn at(folder: std::path::PathBuf, options: &str) -> Option<Self> {
        std::fs::create_dir_all(&folder).unwrap();
        let mut mount = std::process::Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", options, "records"]).arg(&folder);
        mount.output().ok()?.status.success().then_some(Self(folder))
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg(&self.0).status();
    }
}

#[test]
fn a_full_or_read_only_disk_takes_no_half_record_and_the_whole_one_later() {
    for (options, why) in [("size=4k", "No space left"), ("ro", "Read-only")] {
        let desk = desk(&[]);
        let Some(disk) = Disk::at(desk.path("drills"), options) else {
            eprintln!("skipped: no small disk can be mounted here");
            return;
        };
        drill(&desk).is(0, &["the drill has no record: failed to", why, "RESULT   PASS"]);
        assert_eq!(crate::cli::files(&desk.path("drills")), [""; 0].map(std::path::PathBuf::from));
        drop(disk);
        desk.mayday(&["resume", &desk.newest(), "--no-input"]).is(0, &["record   "]);
        assert_eq!(records(&desk)[0]["verdict"], "PASS");
    }
}

#[test]
fn a_folder_that_takes_no_record_is_said_and_does_not_change_the_verdict() {
    let desk = desk(&[]);
    desk.write("drills", "a file");
    drill(&desk).is(0, &["WARNING", "the drill has no record: failed to create", "RESULT PASS"]);
}
