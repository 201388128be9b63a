//! mayday is killed in the middle of a drill, several times, and taken up again: the data are the same at the end.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::company::Company;
use crate::cli::until;
use crate::support::rehearsal::Team;

/// A mayday that ends with the test.
struct Driver(Child);

impl Driver {
    fn begin(team: &Team, words: &[&str]) -> Self {
        Self::of(team.command(words), &team.desk.path("said"))
    }

    fn of(mut command: Command, said: &Path) -> Self {
        let out = std::fs::File::create(said).unwrap();
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
fn begun(state: &Path, step: &str) -> bool {
    let Ok(mut runs) = std::fs::read_dir(state) else { return false };
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
        until(step, || {
            begun(&team.desk.path("state"), step) || driver.0.try_wait().unwrap().is_some()
        });
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

/// A release that is migrated and never healthy: the deploy goes back by itself, whoever dies on the way.
#[test]
fn a_deploy_and_its_way_back_that_are_killed_end_with_the_same_data() {
    let company = Company::up("ferreteria");
    company.edit("deploy.yaml", "every: 5s\n", "every: 200ms\n");
    company.edit("deploy.yaml", "timeout: 25s", "timeout: 2s");
    let (before, said) = (company.dump("db_url"), company.path("said"));
    let run = ["run", "ferreteria/deploy", "--env", "rehearsal", "--no-input"];
    let run = [&run[..], &["--input", "tag=v1.2.0"]].concat();
    let steps = ["saved", "migrate", "restart", "downgrade", "restart_before"];
    let mut driver = Driver::of(company.command(&run), &said);
    let state = company.path("../../state");
    for step in steps {
        until(step, || begun(&state, step) || driver.0.try_wait().unwrap().is_some());
        driver.0.kill().unwrap();
        driver.0.wait().unwrap();
        driver = Driver::of(company.command(&["resume", "--no-input"]), &said);
    }
    let code = driver.0.wait().unwrap().code();
    let said = std::fs::read_to_string(said).unwrap();
    assert_eq!(code, Some(5), "{said}");
    assert!(said.contains("The release was rolled back"), "{said}");
    assert!(company.dump("db_url") == before, "the data changed: {said}");
    let url = std::fs::read_to_string(company.there("secrets/web_url")).unwrap();
    let health = crate::support::rehearsal::get(url.trim_end(), "/health").1;
    assert!(health.contains("\"1.0.0\""), "{health}");
}
