//! What goes wrong around the playbooks of Bloom: each says so and stops before anything is changed.

use std::fs;
use std::process::Command;

use crate::support::desk::Said;
use crate::support::rehearsal::Team;

/// A real run of the data-loss playbook with these words more.
fn data_loss(team: &Team, more: &[&str]) -> Said {
    let mut words = vec!["run", "sev2-data-loss", "--env", "rehearsal", "--no-input"];
    words.extend(["--answer", "still_deleting=stopped", "--input", "tables=clients,reservations"]);
    words.extend(["--input", "margin=0s"]);
    words.extend(more);
    team.mayday(&words)
}

/// Every step that was begun in the newest run and could have changed something.
fn changes(team: &Team) -> Vec<String> {
    let events = team.events();
    let begun = events.iter().filter(|event| event["type"] == "started");
    let steps = begun.filter_map(|event| event["step"].as_str());
    let read = ["still_deleting", "tables_known", "no_unknown", "history_window", "in_window"];
    steps.filter(|step| !read.contains(step)).map(str::to_owned).collect()
}

#[test]
fn a_data_loss_that_history_cannot_help_with_stops_before_anything_is_changed() {
    let team = Team::new("bloom");
    team.bring_up();
    let now = ["--input", "incident_time=-1s"];
    data_loss(&team, &["--input", "incident_time=2031-01-01T00:00:00Z"])
        .is(2, &["That time is in the future."]);
    data_loss(&team, &["--input", "incident_time=2025-12-03T20:25:00Z"])
        .is(5, &["is outside the history window (6h). Restore a backup instead."]);
    assert_eq!(changes(&team), [""; 0]);
    data_loss(&team, &[&now[..], &["--input", "tables=clients,reservaciones"]].concat())
        .is(5, &["No such table in production: reservaciones."]);
    assert_eq!(changes(&team), [""; 0]);
    data_loss(&team, &[&now[..], &["--input", "tables=clients; DROP TABLE x"]].concat())
        .is(2, &["tables"]);
    let fault = team.path(".mayday-rehearsal/faults/neonctl");
    fs::write(&fault, "fail branches create: branch with the provided name already exists\n")
        .unwrap();
    data_loss(&team, &now).is(5, &["already exists"]);
    assert_eq!(changes(&team), ["create_branch"]);
    fs::write(&fault, "version: 1.30.2\n").unwrap();
    data_loss(&team, &now)
        .is(4, &["tool `neonctl` is 1.30.2, 5 or newer is needed", "nothing was executed"]);
    fs::remove_file(team.path(".mayday-rehearsal/bin/neonctl")).unwrap();
    data_loss(&team, &now).is(4, &["tool `neonctl` is not on PATH", "nothing was executed"]);
}

/// A real restore, with the site closed first.
fn restore(team: &Team, more: &[&str]) -> Said {
    let mut words = vec!["run", "backup-restore", "--env", "rehearsal", "--no-input"];
    words.extend(more);
    team.mayday(&words)
}

#[test]
fn a_backup_that_is_missing_cut_off_or_too_old_is_not_restored() {
    let team = Team::new("bloom");
    team.bring_up();
    restore(&team, &[]).is(5, &["step `newest` failed"]);
    team.mayday(&["run", "backup-daily", "--env", "rehearsal", "--no-input"]).is(0, &[]);
    let folder = team.path(".mayday-rehearsal/backups");
    let sh = |script: &str| {
        let done = Command::new("sh").args(["-euc", script]).current_dir(&folder).status().unwrap();
        assert!(done.success(), "{script}");
    };
    sh("for f in bloom_backup_*.gz; do cp $f whole; touch -d '50 hours ago' $f; done");
    restore(&team, &[])
        .is(7, &["`too_old` needs an answer and nobody can be asked: --answer too_old=50h"]);
    sh("for f in bloom_backup_*.gz; do head -c 4000 whole >$f; sha256sum $f >$f.sha256; done");
    restore(&team, &[]).is(5, &["step `whole` failed", "unexpected end of file"]);
    // The mark does not fit any more: the file is as good as missing.
    sh("for f in bloom_backup_*.gz; do : >$f; done");
    restore(&team, &[]).is(5, &["step `newest` failed"]);
    let begun = team.events();
    let begun = begun.iter().filter(|event| event["type"] == "started");
    assert!(begun.into_iter().all(|event| event["step"] != "make_db"), "it went on");
}

/// A failover whose application on one host stays ill: where it stops, and what it left alone.
fn ill(host: &str, stopped_at: &str, never_begun: &str) {
    let team = Team::new("bloom");
    let fault = format!(
        "    - {{ id: sick, title: Be ill, effect: change, shell: 'echo \"sick: {host}\" \
         >.mayday-rehearsal/faults/app' }}\n    - id: lose\n"
    );
    team.desk.edit("playbooks/bloom/disaster-failover.yaml", "    - id: lose\n", &fault);
    for limit in ["5m", "15m"] {
        let from = format!("times_in_a_row: 3 }}\n        timeout: {limit}");
        let to = "times_in_a_row: 3 }\n        timeout: 3s";
        team.desk.edit("playbooks/bloom/disaster-failover.yaml", &from, to);
    }
    let said = team.drill("disaster-failover");
    said.is(9, &["RESULT   FAIL", &format!("`{stopped_at}`")]);
    let events = team.events();
    let begun: Vec<_> = events.iter().filter(|event| event["type"] == "started").collect();
    assert!(begun.iter().any(|event| event["step"] == stopped_at), "{}", said.all());
    assert!(begun.iter().all(|event| event["step"] != never_begun), "{never_begun} was begun");
    assert!(!team.path(".mayday-rehearsal").exists(), "the rehearsal was left behind");
}

#[test]
fn a_failover_whose_containers_stay_ill_leaves_the_site_closed() {
    ill("compose", "api_up", "web");
}

#[test]
fn a_failover_whose_site_stays_ill_is_not_called_over() {
    ill("netlify", "web_up", "tell_open");
}
