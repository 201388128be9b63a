//! The drills of `playbooks/bloom`, unattended, on the real thing.

use crate::support::rehearsal::Team;

/// Runs a drill to its end: passed in full, and nothing is left up.
fn passes(team: &Team, playbook: &str) {
    let said = team.drill(playbook);
    assert_eq!(said.code, Some(0), "{}", said.all());
    said.is(0, &["PASS 100/100"]);
    assert!(!team.path(".mayday-rehearsal").exists(), "the rehearsal was left behind");
}

#[test]
fn lost_reservations_come_back_from_history_and_nothing_else_changes() {
    passes(&Team::new("bloom"), "sev2-data-loss");
}

#[test]
fn the_maintenance_page_is_turned_off() {
    passes(&Team::new("bloom"), "maintenance-mode");
}
