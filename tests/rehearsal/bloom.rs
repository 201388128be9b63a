//! The drills of `playbooks/bloom`, unattended, on the real thing.

use crate::support::rehearsal::Team;

/// Runs a drill to its end: passed in full, and nothing is left up.
fn passes(team: &Team, playbook: &str) {
    let said = team.drill(playbook);
    assert_eq!(said.code, Some(0), "{}", said.all());
    said.is(0, &["PASS 100/100"]);
    assert!(!team.path(".mayday-rehearsal").exists(), "the rehearsal was left behind");
}

macro_rules! drills {
    ($($name:ident: $playbook:literal,)*) => {
        $(#[test]
        fn $name() {
            passes(&Team::new("bloom"), $playbook);
        })*
    };
}

drills! {
    lost_reservations_come_back_from_history_and_nothing_else_changes: "sev2-data-loss",
    a_damaged_database_is_replaced_by_its_backup: "backup-restore",
    the_application_moves_to_a_new_database: "disaster-failover",
    connections_that_leaked_are_ended: "sev1-database-unavailable",
    the_maintenance_page_is_turned_off: "maintenance-mode",
    a_backup_reaches_the_bucket_with_its_checksum: "backup-sync-s3",
    an_old_backup_goes_when_a_newer_one_is_proved: "backup-daily",
}
