//! mayday is killed in the middle of a drill, several times, and taken up again: the data are the same at the end.

use std::process::{Child, Stdio};

use crate::cli::until;
use crate::support::rehearsal::Team;

/// A mayday that ends with the test.
struct Driver(Child);

impl Driver {
    fn begin(team: &Team, words: &[&str]) -> Self {
        let out = std::fs::File::create(team.desk.path("said")).unwrap();
        let mut command = team.command(words);
        command.stdin(Stdio::null()).stderr(out.try_clone().unwrap()).stdout(out);
        Self(command.spawn().unwrap())
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// True when the record of the only run says that the step was begun.
fn begun(team: &Team, step: &str) -> bool {
    let Ok(mut runs) = std::fs::read_dir(team.desk.path("state")) else { return false };
    let Some(Ok(run)) = runs.next() else { return false };
    let record = std::fs::read_to_string(run.path().join("journal.jsonl")).unwrap_or_default();
    let (kind, step) = ("\"type\":\"started\"", format!("\"step\":\"{step}\""));
    record.lines().any(|line| line.contains(kind) && line.contains(&step))
}

/// Drives the drill to its end, with a kill while each of these steps runs.
fn survives(playbook: &str, steps: &[&str]) {
    let team = Team::new("bloom");
    let drill = ["drill", "run", playbook, "--env", "rehearsal", "--no-input"];
    let mut driver = Driver::begin(&team, &drill);
    for step in steps {
        until(step, || begun(&team, step) || driver.0.try_wait().unwrap().is_some());
        // SIGKILL: nothing is written, nobody is told.
        driver.0.kill().unwrap();
        driver.0.wait().unwrap();
        driver = Driver::begin(&team, &["resume", "--no-input"]);
    }
    let code = driver.0.wait().unwrap().code();
    let said = std::fs::read_to_string(team.desk.path("said")).unwrap();
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("PASS  100/100"), "{said}");
    let attached = team.events().iter().filter(|event| event["type"] == "attached").count();
    assert!(attached >= steps.len(), "it was not taken up {} times", steps.len());
    assert!(!team.path(".mayday-rehearsal").exists(), "the rehearsal was left behind");
}

#[test]
fn a_recovery_from_history_that_is_killed_gives_the_same_rows() {
    survives("sev2-data-loss", &["create_branch", "dump", "import_rows", "drop_branch"]);
}

#[test]
fn a_restore_that_is_killed_gives_the_same_rows() {
    survives("backup-restore", &["corrupt", "load", "swap_names", "migrate"]);
}

#[test]
fn a_failover_that_is_killed_ends_on_the_new_database() {
    survives("disaster-failover", &["create_rds", "load", "compose", "web"]);
}
