//! The procedures of Lealta, run for real: migrations good and bad, backups good and bad.

use std::fs;

use rustix::process::Signal;

use super::company::Company;
use crate::cli::{Beside, until};
use crate::support::desk::Said;

macro_rules! drills {
    ($($name:ident: $playbook:literal;)*) => {
        $(#[test]
        fn $name() {
            Company::drill_passes("lealta", concat!("lealta/", $playbook));
        })*
    };
}

drills! {
    a_backup_is_proved_before_a_deploy: "pre-deploy-backup";
    a_migration_is_tried_on_a_copy_and_applied: "safe-migration";
    rows_of_one_table_are_put_back: "restore";
    a_deploy_is_taken_back_with_its_database: "rollback";
    staging_is_a_copy_without_anybodys_name: "clone-to-staging";
    data_is_validated: "validate-data";
}

fn release(company: &Company, folder: &str) {
    let from = format!("{}/rehearsal/lealta/{folder}/.", env!("CARGO_MANIFEST_DIR"));
    let to = company.there("repo/prisma/migrations/");
    let copied = std::process::Command::new("cp").arg("-r").arg(from).arg(to).status().unwrap();
    assert!(copied.success());
}

fn no_release(company: &Company) {
    for entry in fs::read_dir(company.there("repo/prisma/migrations")).unwrap().flatten() {
        if entry.path().is_dir() && !entry.path().ends_with("20251001090000_init") {
            fs::remove_dir_all(entry.path()).unwrap();
        }
    }
}

/// The newest file of the backups with this end.
fn newest(company: &Company, end: &str) -> std::path::PathBuf {
    let files = fs::read_dir(company.there("backups")).unwrap().flatten().map(|entry| entry.path());
    let mut files: Vec<_> = files.filter(|path| path.to_string_lossy().ends_with(end)).collect();
    files.sort_by_key(|path| fs::metadata(path).unwrap().modified().unwrap());
    files.pop().unwrap()
}

#[test]
fn a_migration_that_fails_leaves_the_data_as_it_was() {
    let company = Company::up("lealta");
    let before = company.dump("lealta_url");
    company.run("lealta/safe-migration", &[]).is(5, &["FAIL  pending", "up to date"]);
    // It deletes rows: the copy shows it, and production is not touched.
    release(&company, "pending_lossy");
    company.run("lealta/safe-migration", &[]).is(5, &["FAIL  dry_rows", "30", "STOPPED"]);
    assert!(company.dump("lealta_url") == before, "the data changed");
    no_release(&company);
    // It fails half-way, and only in production.
    release(&company, "pending_bad");
    let said = company.run("lealta/safe-migration", &[]);
    said.is(
        5,
        &["FAIL  apply", "OK    put_back", "OK    as_before", "The migration was taken back"],
    );
    let rows = |text: &str| {
        // The schema is made anew, so its own line in the dump differs; the data does not.
        let data =
            |line: &&str| !line.starts_with("--") && !line.contains("SCHEMA") && !line.is_empty();
        text.lines().filter(data).map(str::to_owned).collect::<Vec<_>>()
    };
    assert!(rows(&company.dump("lealta_url")) == rows(&before), "{}", said.all());
    let kept = "SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'before_%'";
    assert_eq!(company.sql("lealta_url", kept), "1");
    no_release(&company);
    release(&company, "pending");
    // An application that is ill before is not migrated; one that is ill afterwards is taken back.
    company.fault("app", "sick: vercel");
    company.run("lealta/safe-migration", &[]).is(5, &["FAIL  well"]);
    company.fault("app", "");
    let fault = "      - { id: ill, title: Fall ill, effect: change, shell: 'echo \"sick: vercel\" >.mayday-rehearsal/faults/app' }\n";
    let look = "      - id: well_after\n";
    let shipped = fs::read_to_string(company.path("safe-migration.yaml")).unwrap();
    company.edit("safe-migration.yaml", look, &format!("{fault}{look}"));
    company.edit("safe-migration.yaml", "timeout: 30s\n", "timeout: 3s\n");
    let said = company.run("lealta/safe-migration", &[]);
    said.is(5, &["FAIL  well_after", "OK    put_back", "OK    as_before"]);
    assert!(rows(&company.dump("lealta_url")) == rows(&before), "{}", said.all());
    company.fault("app", "");
    fs::write(company.path("safe-migration.yaml"), shipped).unwrap();
    company.run("lealta/safe-migration", &[]).is(0, &["OK    apply"]);
}

#[test]
fn a_migration_goes_on_after_a_kill_and_ends_the_same() {
    let company = Company::up("lealta");
    release(&company, "pending");
    let words = ["run", "lealta/safe-migration", "--env", "rehearsal", "--no-input"];
    let run = Beside::start(company.command(&words));
    let state = company.path("../../state");
    let begun = |step: &str| {
        let runs = fs::read_dir(&state).into_iter().flatten().flatten();
        let records =
            runs.filter_map(|run| fs::read_to_string(run.path().join("journal.jsonl")).ok());
        let mark = format!("\"step\":\"{step}\"");
        records.into_iter().any(|record| record.contains(&mark))
    };
    until("the migration begins", || begun("apply"));
    run.signal(Signal::KILL);
    run.end_lossy();
    company.mayday(&["resume", "--no-input"]).is(0, &["COMPLETED"]);
    let tiers = "SELECT count(*) FILTER (WHERE tier = 'silver') > 0, count(*) FROM \"Customer\"";
    assert_eq!(company.sql("lealta_url", tiers), "t|200");
    let once = "SELECT count(*) FROM _prisma_migrations WHERE migration_name LIKE '%_tier'";
    assert_eq!(company.sql("lealta_url", once), "1");
}

#[test]
fn a_backup_that_is_not_what_its_note_says_is_passed_over() {
    let company = Company::up("lealta");
    let restore = |more: &[&str]| {
        let gates = ["--confirm", "swap_in=restore", "--confirm", "import=1"];
        company.run("lealta/restore", &[&gates[..], more].concat())
    };
    restore(&[]).is(5, &["no proved backup from before that moment"]);
    restore(&["--input", "restore_to=2999-01-01T00:00:00Z"]).is(2, &["in the future"]);
    restore(&["--input", "tables=Visit; DROP"]).is(2, &["`tables`", "nothing was run"]);
    let back_up = || company.run("lealta/pre-deploy-backup", &[]).is(0, &["OK    proved"]);
    back_up();
    let good = newest(&company, ".dump");
    company.sql("lealta_url", "DELETE FROM \"Visit\" WHERE id = 9; UPDATE \"Customer\" SET points = points - 10 WHERE id = 10");
    back_up();
    let bad = newest(&company, ".dump");
    assert_ne!(good, bad);
    restore(&["--input", "tables=Nobody"]).is(5, &["FAIL  export", "no matching tables"]);
    // A byte of the newest one changes, then all of it is gone: the one before it is taken.
    let mut bytes = fs::read(&bad).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&bad, bytes).unwrap();
    let said = restore(&["--input", "tables=Visit"]);
    said.is(5, &["passed over:", "OK    import", "FAIL  valid.points"]);
    assert_eq!(company.sql("lealta_url", "SELECT count(*) FROM \"Visit\""), "600");
    fs::write(&bad, b"").unwrap();
    restore(&[]).is(0, &["passed over:", "OK    swap_in", "COMPLETED"]);
    assert_eq!(company.sql("lealta_url", "SELECT count(*) FROM \"Visit\""), "600");
    restore(&["--input", "restore_to=2001-01-01T00:00:00Z"]).is(5, &["no proved backup"]);
}

#[test]
fn old_backups_stay_when_no_new_one_can_be_made() {
    let company = Company::up("lealta");
    let old = company.there("backups/lealta_old.dump");
    fs::write(&old, "x").unwrap();
    let aged = std::process::Command::new("touch").args(["-d", "90 days ago"]).arg(&old).status();
    assert!(aged.unwrap().success());
    let back_up = || company.run("lealta/pre-deploy-backup", &["--confirm", "remove=1"]);
    let url = fs::read_to_string(company.there("secrets/lealta_url")).unwrap();
    let nowhere = url.replace("/lealta?", "/nowhere?");
    fs::write(company.there("secrets/lealta_url"), nowhere).unwrap();
    back_up().is(5, &["nowhere", "does not exist"]);
    assert!(old.exists(), "the only backup was removed");
    // The scratch database is production by mistake: nothing is restored into it.
    fs::write(company.there("secrets/lealta_url"), &url).unwrap();
    let scratch = fs::read_to_string(company.there("secrets/scratch_url")).unwrap();
    fs::write(company.there("secrets/scratch_url"), &url).unwrap();
    back_up().is(5, &["FAIL  scratch_apart"]);
    fs::write(company.there("secrets/staging_url"), &url).unwrap();
    company
        .run("lealta/clone-to-staging", &["--confirm", "load=lealta"])
        .is(5, &["FAIL  staging_apart"]);
    assert_eq!(company.sql("lealta_url", "SELECT count(*) FROM \"Visit\""), "600");
    fs::write(company.there("secrets/scratch_url"), scratch).unwrap();
    back_up().is(0, &["OK    remove"]);
    assert!(!old.exists());
}

#[test]
fn a_client_that_is_missing_or_too_old_is_found_before_anything_runs() {
    let company = Company::up("lealta");
    let tools = company.path("tools");
    fs::create_dir(&tools).unwrap();
    let fake = tools.join("pg_dump");
    fs::write(&fake, "#!/bin/sh\necho 'pg_dump (PostgreSQL) 14.9'\n").unwrap();
    fs::set_permissions(&fake, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    company.edit(
        "mayday.yaml",
        "path: [.mayday-rehearsal/bin]",
        "path: [tools, .mayday-rehearsal/bin]",
    );
    company
        .run("lealta/pre-deploy-backup", &[])
        .is(4, &["pg_dump", "14.9", "15 or newer", "nothing was executed"]);
    company.edit("mayday.yaml", "path: [tools, .mayday-rehearsal/bin]", "path: []");
    let words = ["run", "lealta/safe-migration", "--env", "rehearsal", "--no-input"];
    let none = company.path("none");
    fs::create_dir(&none).unwrap();
    Said::from(company.command(&words).env("PATH", &none).output().unwrap())
        .is(4, &["tool `npx`", "tool `psql`", "nothing was executed"]);
}
