//! The ways through Bloom's procedures that their drills do not take, on the real thing.

use std::fs;
use std::time::Duration;

use super::crash::{Driver, begun};
use crate::cli::until;
use crate::support::rehearsal::Team;

/// A drill of the failover with the new database at another provider.
fn fails_over_to(provider: &str) {
    let team = Team::new("bloom");
    let said = team.drill_with("disaster-failover", &["--input", &format!("provider={provider}")]);
    said.is(0, &["PASS 100/100"]);
    assert!(!team.path(".mayday-rehearsal").exists(), "the rehearsal was left behind");
}

#[test]
fn a_failover_to_a_branch_takes_the_backup_in_a_database_of_its_own() {
    fails_over_to("neon");
}

#[test]
fn a_failover_to_a_third_provider_takes_the_url_that_a_person_wrote_down() {
    fails_over_to("other");
}

/// Without the file, or with one that others can read, nothing is restored anywhere.
#[test]
fn a_third_provider_whose_url_is_missing_or_open_to_others_stops_the_failover() {
    let team = Team::new("bloom");
    team.bring_up();
    let gates = ["--answer", "cost=yes", "--confirm", "tell=yes", "--confirm", "tell_users=yes"];
    let failover = ["--input", "provider=other", "--answer", "elsewhere=done"];
    team.run("disaster-failover", &[&failover[..], &gates].concat())
        .is(5, &["FAIL  elsewhere", "The file is there, and only we can read it"]);
    let file = team.desk.path("state").join(team.desk.newest()).join("new-db-url");
    fs::write(&file, "postgresql://u:p@127.0.0.1/x\n").unwrap();
    fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
    team.mayday(&[
        "resume",
        "--no-input",
        "--answer",
        "elsewhere.menu=retry",
        "--answer",
        "elsewhere=done",
    ])
    .is(5, &["FAIL  elsewhere"]);
    assert!(!begun(&team.desk.path("state"), "load"), "it went on");
    assert_eq!(team.sql("SELECT count(*) FROM reservations"), "500");
}

/// Ends one of the rehearsal's processes, as a host that fails does.
fn kill(team: &Team, process: &str) {
    let known = fs::read_to_string(team.path(".mayday-rehearsal/procs").join(process)).unwrap();
    let pid = known.split(' ').next().and_then(|pid| pid.parse().ok()).unwrap();
    let pid = rustix::process::Pid::from_raw(pid).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
}

/// Neon is down: the site is closed on both hosts until it is back; when it stays away, the failover takes over.
#[test]
fn an_outage_of_the_provider_is_waited_for_behind_the_page_and_then_left_behind() {
    let team = Team::new("bloom");
    let book = "playbooks/bloom/sev1-database-unavailable.yaml";
    team.desk.edit(book, "every: 30s", "every: 200ms");
    team.bring_up();
    for routine in ["backup-daily", "backup-sync-s3", "baseline-counts"] {
        team.run(routine, &[]).is(0, &[]);
    }
    // Neon is well and the application is not: it is deployed and made again.
    kill(&team, "app-netlify");
    kill(&team, "app-compose");
    let again = ["--answer", "way=a", "--answer", "bigger=done", "--answer", "works=yes"];
    team.run("sev1-database-unavailable", &again)
        .is(0, &["OK    redeploy", "OK    recreate", "COMPLETED"]);
    team.tool("rehearsal-outage", &["begin"]);
    assert_eq!(team.get("api", "/api/health").0, 503);
    let answers = ["--answer", "way=b", "--answer", "works=yes", "--confirm", "tell=yes"];
    let run = ["run", "sev1-database-unavailable", "--env", "rehearsal", "--no-input"];
    let mut driver = Driver::begin(&team, &[&run[..], &answers].concat());
    let state = team.desk.path("state");
    until("it waits", || begun(&state, "wait_neon") || driver.0.try_wait().unwrap().is_some());
    for host in ["api", "vercel"] {
        let (status, page) = team.get(host, "/");
        assert!(status == 200 && page.contains("maintenance"), "{host}: {status} {page}");
        assert_eq!(team.get(host, "/api/reservations").0, 404, "{host}");
    }
    team.tool("rehearsal-outage", &["end"]);
    let code = driver.0.wait().unwrap().code();
    let said = fs::read_to_string(team.desk.path("said")).unwrap();
    assert_eq!(code, Some(0), "{said}");
    for host in ["api", "vercel"] {
        assert_eq!(
            team.get(host, "/api/reservations"),
            (200, r#"{"total": 500, "newest": 500}"#.into())
        );
    }
    // The next one does not end. The menu of the step leads on, and the page stays.
    team.tool("rehearsal-outage", &["begin"]);
    team.desk.edit(
        book,
        "timeout: 10m\n        on_fail: { menu: [retry, handoff",
        "timeout: 1s\n        on_fail: { menu: [retry, handoff",
    );
    let away = ["--answer", "wait_neon.menu=handoff:disaster-failover"];
    let away = [&away[..], &["--answer", "wait_neon.reason=it stays away"]].concat();
    team.run("sev1-database-unavailable", &[&answers[..], &away].concat())
        .is(0, &["mayday run disaster-failover --from"]);
    assert_eq!(team.get("api", "/api/reservations").0, 404);
    let before = team.desk.newest();
    let confirmed = ["tell", "tell_users", "tell_open"].map(|step| format!("{step}=yes"));
    let mut words = vec!["--from", &before, "--answer", "cost=yes", "--answer", "loss=yes"];
    words.extend(["--answer", "works=yes", "--answer", "hold=done", "--confirm", "tell_all=yes"]);
    words.extend(confirmed.iter().flat_map(|gate| ["--confirm", gate]));
    team.run("disaster-failover", &words).is(0, &["COMPLETED"]);
    for host in ["api", "vercel", "compose"] {
        assert_eq!(
            team.get(host, "/api/reservations"),
            (200, r#"{"total": 500, "newest": 500}"#.into())
        );
    }
}

const NOTES: &str = "20261120100000_add_notes";

/// A migration of this text in the repository of the rehearsal.
fn migration(team: &Team, name: &str, script: &str) {
    let folder = team.path(".mayday-rehearsal/repo/prisma/migrations").join(name);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("migration.sql"), script).unwrap();
}

#[test]
fn a_failed_migration_is_marked_as_what_it_is_and_the_next_ones_are_applied() {
    let team = Team::new("bloom");
    team.bring_up();
    let repair = |name: &str, way: &str| {
        let (which, proved) = (format!("which={name}"), format!("proved_applied={name}"));
        let mut words = vec!["--answer", &which, "--answer", way, "--answer", &proved];
        words.extend(["--answer", "next=now", "--answer", "proved_applied.second=bob"]);
        team.run("sev3-migration-failure", &words)
    };
    // Every statement is there; whoever ran it died before it could say so.
    migration(&team, NOTES, "ALTER TABLE reservations ADD COLUMN notes text;\n");
    team.sql("ALTER TABLE reservations ADD COLUMN notes text");
    team.sql(&format!(
        "INSERT INTO _prisma_migrations (checksum, migration_name) VALUES ('x', '{NOTES}')"
    ));
    repair("20260101000000_other", "way=applied")
        .is(5, &["`20260101000000_other` has not failed."]);
    repair(NOTES, "way=applied").is(0, &["No pending migrations to apply.", "COMPLETED"]);
    // Nothing is there: its only statement failed. With the cause gone, it is applied.
    let index = "20261121100000_index_notes";
    migration(&team, index, "CREATE INDEX notes_kind ON kinds (id);\n");
    team.sql(&format!(
        "INSERT INTO _prisma_migrations (checksum, migration_name) VALUES ('x', '{index}')"
    ));
    team.sql("CREATE TABLE kinds (id int)");
    repair(index, "way=nothing").is(0, &["Applying migration", "COMPLETED"]);
    let applied = "SELECT count(*) FROM _prisma_migrations WHERE finished_at IS NOT NULL";
    assert_eq!(team.sql(applied), "4");
    assert_eq!(team.sql("SELECT count(*) FROM pg_class WHERE relname = 'notes_kind'"), "1");
}

/// Each host alone, there and back, also when it is where it should be already.
#[test]
fn the_maintenance_page_comes_and_goes_on_each_host() {
    let team = Team::new("bloom");
    team.bring_up();
    let switch = |to: &str, hosts: &str| {
        let (to, hosts) = (format!("switch={to}"), format!("hosts={hosts}"));
        team.run("maintenance-mode", &["--input", &to, "--input", &hosts]).is(0, &["COMPLETED"]);
    };
    let health = |host: &str| team.get(host, "/api/health").0;
    for (host, other, name) in [("vercel", "api", "vercel"), ("api", "vercel", "netlify")] {
        switch("on", name);
        assert_eq!((health(host), health(other)), (404, 200), "{name}");
        switch("on", name);
        switch("off", name);
        assert_eq!((health(host), health(other)), (200, 200), "{name}");
        switch("off", name);
        assert_eq!(health(host), 200, "{name}");
    }
}

/// The newest backup was taken when the damage was there: it is restored beside, found to be damaged, and left there.
#[test]
fn a_backup_with_the_damage_in_it_is_passed_over_for_an_older_one() {
    let team = Team::new("bloom");
    team.bring_up();
    team.run("backup-daily", &[]).is(0, &[]);
    for entry in fs::read_dir(team.path(".mayday-rehearsal/backups")).unwrap().flatten() {
        let file = fs::File::options().append(true).open(entry.path()).unwrap();
        let hour_ago = file.metadata().unwrap().modified().unwrap() - Duration::from_hours(1);
        file.set_modified(hour_ago).unwrap();
        let older = entry.path().to_string_lossy().replace("bloom_backup_2", "bloom_backup_1");
        fs::rename(entry.path(), &older).unwrap();
        if older.ends_with(".sha256") {
            let text = fs::read_to_string(&older).unwrap();
            fs::write(&older, text.replace("bloom_backup_2", "bloom_backup_1")).unwrap();
        }
    }
    team.sql(
        "ALTER TABLE reservations DROP CONSTRAINT \"reservations_clientId_fkey\"; \
         UPDATE reservations SET \"clientId\" = 99000 WHERE id = 401",
    );
    team.run("backup-daily", &[]).is(0, &[]);
    let answers =
        ["--answer", "loss=yes", "--answer", "user_ok=yes", "--confirm", "swap_names=500"];
    let restore = |more: &[&str]| team.run("backup-restore", &[&answers[..], more].concat());
    restore(&[]).is(5, &["FAIL  sound"]);
    assert_eq!(team.sql("SELECT \"clientId\" FROM reservations WHERE id = 401"), "99000");
    restore(&["--input", "good_until=2031-01-01T00:00:00Z"]).is(2, &["in the future"]);
    restore(&["--input", "good_until=2001-01-01T00:00:00Z"]).is(5, &["FAIL  newest"]);
    restore(&["--input", "good_until=-30m"]).is(0, &["COMPLETED"]);
    assert_ne!(team.sql("SELECT \"clientId\" FROM reservations WHERE id = 401"), "99000");
}

#[test]
fn slow_queries_are_helped_by_statistics_or_by_a_person_too() {
    let team = Team::new("bloom");
    team.bring_up();
    // Whoever leads the incident hands over to the playbook of the cause.
    let mut words = vec!["--answer", "assess=sev4", "--answer", "close_site=leave"];
    words.extend(["--answer", "investigate=slow", "--answer", "investigate.evidence=the log"]);
    words.extend(["--answer", "recover.menu=handoff:sev4-performance", "--confirm", "notify=yes"]);
    words.extend(["--answer", "recover.reason=it is slow"]);
    team.run("incident-response", &words).is(0, &["mayday run sev4-performance --from"]);
    for remedy in ["statistics", "other"] {
        let remedy = format!("remedy={remedy}");
        let words =
            ["--answer", &remedy, "--answer", "other_by_hand=done", "--answer", "better=yes"];
        team.run("sev4-performance", &words).is(0, &["COMPLETED"]);
    }
}
