//! Drills whose driver dies: in the setup, in the accident, in a criterion, in the cleanup. Each goes on to the same end.

use super::{desk, records};
use crate::support::desk::Desk;

/// Kills mayday once, from wherever it stands; the driver wrote its id into `driver`.
const KILLS: &str = "test -e again || { touch again; kill -9 $(cat driver); }";

/// The drill, by a shell that becomes mayday and so knows its id.
fn drill(desk: &Desk) -> Option<i32> {
    let plain = desk.command(&["drill", "run", "lost", "--env", "lab", "--no-input"]);
    let mut shell = std::process::Command::new("sh");
    shell
        .args(["-c", "echo $$ > driver; exec \"$@\"", "sh"])
        .arg(plain.get_program())
        .args(plain.get_args());
    shell.env_clear().current_dir(desk.path(""));
    shell.envs(plain.get_envs().map(|(name, value)| (name, value.unwrap())));
    shell.output().unwrap().status.code()
}

#[test]
fn a_drill_that_is_killed_in_any_of_its_sections_ends_with_the_same_data() {
    let places = [
        ("tee data > copy' }", "tee data > copy; KILL' }"),
        ("shell: rm data }", "shell: 'rm -f data; KILL' }"),
        ("shell: cmp copy data }", "shell: 'KILL; cmp copy data' }"),
        ("shell: rm -f data copy }", "shell: 'KILL; cp data kept; rm -f data copy' }"),
    ];
    for (from, to) in places {
        let keep = ("shell: rm -f data copy }", "shell: 'cp data kept; rm -f data copy' }");
        let to = to.replace("KILL", "sh kills");
        let change = (from, to.as_str());
        let desk = if from == keep.0 { desk(&[change]) } else { desk(&[change, keep]) };
        desk.write("kills", KILLS);
        assert_eq!(drill(&desk), None, "{from}");
        assert!(records(&desk).is_empty(), "{from}: a record of what is not over");
        let said = desk.mayday(&["resume", &desk.newest(), "--no-input"]);
        said.is(0, &["RESULT   PASS"]);
        assert_eq!(std::fs::read_to_string(desk.path("kept")).unwrap(), "rows\n", "{from}");
        let records = records(&desk);
        assert_eq!(records.len(), 1, "{from}");
        assert_eq!(records[0]["verdict"], "PASS", "{from}");
        assert!(!desk.path("up").exists() && !desk.path("copy").exists(), "{from}: left behind");
    }
}
