//! Files that change between a look at them and their use: what was pinned is what runs (T9).

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::Value;

use crate::cli::{desk, files, playbook};
use crate::faults::{Count, Row, always};
use crate::support::desk::Desk;

/// What the run's own copy of the playbook holds.
fn pinned(desk: &Desk, run: &str) -> String {
    let copies = files(&desk.path("state"));
    let copy = copies.iter().find(|file| {
        let file = file.to_string_lossy();
        file.contains(run) && file.contains("/pinned/") && file.ends_with("-p.yaml")
    });
    fs::read_to_string(copy.unwrap()).unwrap()
}

#[test]
fn a_playbook_that_changes_while_its_run_begins_runs_as_pinned() {
    let mut row = Row::new(
        "T9",
        "a writer races the start: the pinned text runs",
        Count { ci: 20, soak: 500 },
    );
    let version = |word: &str| {
        playbook(
            "p",
            "",
            &format!("  - {{id: say, title: Say, effect: read, shell: 'echo version {word}'}}"),
        )
    };
    let desk = desk("  - {id: say, title: Say, effect: read, shell: 'echo version one'}");
    let texts = [version("one"), version("two")];
    let over = Arc::new(AtomicBool::new(false));
    let writer = std::thread::spawn({
        let (over, file) = (Arc::clone(&over), desk.path("playbooks/p.yaml"));
        let temporary = desk.path("next");
        move || {
            for text in texts.iter().cycle() {
                fs::write(&temporary, text).unwrap();
                fs::rename(&temporary, &file).unwrap();
                if over.load(Ordering::Relaxed) {
                    break;
                }
            }
        }
    });
    row.each(|_| {
        let said = desk.mayday(&["run", "p", "--json"]);
        said.is(0, &[]);
        let ran = if said.out.contains("version one\\n") { "one" } else { "two" };
        // Runs that began in one minute are not in order.
        let opened = said.out.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let opened = opened.into_iter().find(|event| event["type"] == "opened").unwrap();
        let pinned = pinned(&desk, opened["run"].as_str().unwrap());
        assert!(pinned.contains(&format!("version {ran}")), "{ran} ran, pinned is\n{pinned}");
        assert!(said.out.contains(&format!("echo version {ran}")), "{}", said.out);
    });
    over.store(true, Ordering::Relaxed);
    writer.join().unwrap();
}

#[test]
fn a_playbook_that_its_own_step_changes_runs_on_as_pinned() {
    let changes = [
        "rm playbooks/p.yaml",
        "echo 'id: [' > playbooks/p.yaml",
        ": > playbooks/p.yaml",
        "sed -i 's/as reviewed/changed/' playbooks/p.yaml",
        "chmod 000 playbooks/p.yaml",
        "rm playbooks/p.yaml; ln -s /etc/passwd playbooks/p.yaml",
        "rm playbooks/p.yaml; mkdir playbooks/p.yaml",
        "mv playbooks gone",
        "echo '  - {id: more, title: More, effect: read, shell: echo more}' >> playbooks/p.yaml",
        "rm mayday.yaml",
    ];
    let mut row = Row::new("T9", "files change behind a run: the pinned text goes on", always(10));
    row.each(|round| {
        let change = changes[round as usize];
        let desk = desk(&format!(
            "  - {{id: change, title: Change, effect: change, shell: {}}}\n  - {{id: say, title: Say, effect: read, shell: 'echo as reviewed'}}\n  - {{id: fail, title: Fail, effect: read, shell: 'test -e mended && echo still as reviewed'}}",
            Value::from(change)
        ));
        desk.mayday(&["run", "p"]).is(5, &["| as reviewed"]);
        desk.write("mended", "");
        let said = desk.mayday(&["resume", &desk.newest(), "--answer=fail.menu=retry"]);
        said.is(0, &["| still as reviewed"]);
        assert!(!said.all().contains("| more"), "{change}");
    });
}
