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

// Those of `backup-restore` and `disaster-failover` pass in `crash`, where mayday is killed in the middle of them.
drills! {
    lost_reservations_come_back_from_history_and_nothing_else_changes: "sev2-data-loss",
    connections_that_leaked_are_ended: "sev1-database-unavailable",
    the_maintenance_page_is_turned_off: "maintenance-mode",
    a_backup_reaches_the_bucket_with_its_checksum: "backup-sync-s3",
    an_old_backup_goes_when_a_newer_one_is_proved: "backup-daily",
    a_newest_backup_is_restored_into_a_throwaway: "backup-validate-weekly",
    history_is_proved_by_a_branch: "pitr-restore-test-monthly",
    rows_that_refer_to_nothing_are_repaired: "sev2-database-corruption",
    counts_are_recorded_for_a_day_on_which_somebody_must_compare: "baseline-counts",
    a_half_run_migration_is_taken_back: "sev3-migration-failure",
    an_index_is_made_without_stopping_writes: "sev4-performance",
    an_incident_is_led_from_detection_to_post_mortem: "incident-response",
    a_new_password_reaches_every_service: "credential-rotation",
    contradictions_of_the_retention_policy_are_found: "backup-retention-audit",
    readiness_is_measured: "readiness",
}

/// The procedure as it was written in 2025.
const LITERAL: &str = include_str!("literal-sev2.yaml");

#[test]
fn the_data_loss_procedure_as_it_was_written_is_refused_and_rewinds_sequences_when_forced() {
    let team = Team::new("bloom");
    team.desk.write("playbooks/bloom/literal-sev2.yaml", LITERAL);
    let said =
        team.mayday(&["check", "--deny", "warnings", "--format", "json", "literal-sev2.yaml"]);
    said.is(3, &[]);
    // A password on the command line (twice), psql that goes on after errors, sequences that are set back,
    // rows without columns, a redirection from a pattern.
    for code in ["W120", "W122", "W126", "W135", "W137"] {
        assert!(said.out.contains(code), "{code} was not said: {}", said.out);
    }
    let said = team.drill("literal-sev2");
    said.is(
        9,
        &["RESULT FAIL 50/100", "recovered_all 50/50 held", "sequences_right 0/50 did not hold"],
    );
}
