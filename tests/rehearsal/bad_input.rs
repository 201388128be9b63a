//! What goes wrong around the playbooks of Bloom: each says so and stops before anything is changed.

use std::fs;

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
