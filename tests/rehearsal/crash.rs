//! mayday is killed in the middle of a drill, several times, and taken up again: the data are the same at the end.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::company::Company;
use crate::cli::until;
use crate::support::rehearsal::Team;

/// A mayday that ends with the test.
pub(super) struct Driver(pub(super) Child);

impl Driver {
    pub(super) fn begin(team: &Team, words: &[&str]) -> Self {
        Self::of(team.command(words), &team.desk.path("said"))
    }

    fn of(mut command: Command, said: &Path) -> Self {
        let out = std::fs::File::options().create(true).append(true).open(said).unwrap();
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

/// Lines of the records below a folder that have all of these words.
fn lines(state: &Path, words: &[&str]) -> usize {
    let runs = std::fs::read_dir(state).into_iter().flatten().flatten();
    let records = runs.map(|run| std::fs::read_to_string(run.path().join("journal.jsonl")));
    let has = |line: &&str| words.iter().all(|word| line.contains(word));
    records.map(|record| record.unwrap_or_default().lines().filter(has).count()).sum()
}

/// True when the record of a run says that the step was begun.
pub(super) fn begun(state: &Path, step: &str) -> bool {
    lines(state, &["\"type\":\"started\"", &format!("\"step\":\"{step}\"")]) > 0
}

/// How often a run was taken up.
fn taken_up(state: &Path) -> usize {
    lines(state, &["\"type\":\"attached\""])
}

/// Drives the drill to its end, with a kill while each of these steps runs.
fn survives(playbook: &str, more: &[&str], steps: &[&str]) {
    let team = Team::new("bloom");
    let drill = ["drill", "run", playbook, "--env", "rehearsal", "--no-input"];
    let drill = [&drill[..], more].concat();
    let mut driver = Driver::begin(&team, &drill);
    let state = team.desk.path("state");
    for (times, step) in steps.iter().enumerate() {
        // Steps may follow each other faster than anybody looks: each driver gets as far as taking it up.
        until(step, || {
            let there = taken_up(&state) >= times && begun(&state, step);
            there || driver.0.try_wait().unwrap().is_some()
        });
        // SIGKILL: nothing is written, nobody is told.
        driver.0.kill().unwrap();
        driver.0.wait().unwrap();
        driver = Driver::begin(&team, &[&["resume", "--no-input"][..], more].concat());
    }
    let code = driver.0.wait().unwrap().code();
    let said = std::fs::read_to_string(team.desk.path("said")).unwrap();
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("PASS  100/100"), "{said}");
    assert!(taken_up(&state) >= steps.len(), "it was not taken up {} times", steps.len());
    assert!(!team.path(".mayday-rehearsal").exists(), "the rehearsal was left behind");
}

#[test]
fn a_recovery_from_history_that_is_killed_gives_the_same_rows() {
    let steps = ["create_branch", "dump", "import_rows", "sequences", "drop_branch", "purge"];
    survives("sev2-data-loss", &[], &steps);
}

#[test]
fn a_restore_that_is_killed_gives_the_same_rows() {
    survives("backup-restore", &[], &["corrupt", "load", "sound", "swap_names", "migrate"]);
}

#[test]
fn a_failover_that_is_killed_ends_on_the_new_database() {
    let steps = ["create_rds", "load", "compose", "counts", "web", "remove_rds"];
    survives("disaster-failover", &[], &steps);
}

#[test]
fn a_damaged_database_that_is_rewound_by_a_killed_mayday_is_whole() {
    let steps = ["look_back", "was_well", "rewind", "rewound", "drop_look"];
    survives("sev2-database-corruption", &["--answer", "way=history"], &steps);
}

#[test]
fn a_damaged_database_that_is_restored_by_a_killed_mayday_is_whole() {
    let steps = ["damage", "load", "sound", "swap_names", "migrate"];
    let steps = steps
        .map(|step| if step == "damage" { step.into() } else { format!("from_backup.{step}") });
    let steps: Vec<&str> = steps.iter().map(String::as_str).collect();
    survives("sev2-database-corruption", &["--answer", "way=backup"], &steps);
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
