//! What goes wrong around the playbooks of Bloom: each says so and stops before anything is changed.

use std::fs;
use std::process::Command;

use super::crash::begun;
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

/// A real failover, with every gate answered but those about what is lost.
fn failover(team: &Team, front: &[&str], more: &[&str]) -> Said {
    let mut words = front.to_vec();
    for answer in ["cost=yes", "works=yes", "hold=done", "elsewhere=done"] {
        words.extend(["--answer", answer]);
    }
    for gate in ["tell=yes", "tell_users=yes", "tell_open=yes", "tell_all=yes", "thaw=yes"] {
        words.extend(["--confirm", gate]);
    }
    words.extend(more);
    team.mayday(&words)
}

const FAILOVER: &[&str] = &["run", "disaster-failover", "--env", "rehearsal", "--no-input"];
const RESUME: &[&str] = &["resume", "--no-input"];

#[test]
fn a_backup_in_the_bucket_that_is_missing_empty_cut_off_or_too_old_is_not_loaded() {
    let team = Team::new("bloom");
    let book = "playbooks/bloom/disaster-failover.yaml";
    team.desk.edit(book, "retry: { times: 3, every: 5s }", "retry: { times: 2, every: 100ms }");
    team.bring_up();
    let bucket = team.path(".mayday-rehearsal/bucket/bloom-backups");
    let sh = |script: &str| {
        let done = Command::new("sh").args(["-euc", script]).current_dir(&bucket).status().unwrap();
        assert!(done.success(), "{script}");
    };
    failover(&team, FAILOVER, &[]).is(5, &["FAIL  objects"]);
    // The instance of that run is still there. Another run does not take it for its own.
    failover(&team, FAILOVER, &[]).is(5, &["FAIL  create_rds", "already exists"]);
    for routine in ["backup-daily", "backup-sync-s3"] {
        team.run(routine, &[]).is(0, &[]);
    }
    sh("mv production/*/*/*.gz whole; cp whole production/b.sql.gz; : >production/b.sql.gz");
    failover(&team, FAILOVER, &["--input", "provider=neon"]).is(5, &["FAIL  download"]);
    sh("head -c 4000 whole >production/b.sql.gz");
    failover(&team, RESUME, &["--answer", "download.menu=retry"])
        .is(5, &["FAIL  download", "unexpected end of file"]);
    sh("gunzip -c whole | head -n 60 | gzip >production/b.sql.gz");
    failover(&team, RESUME, &["--answer", "download.menu=retry"]).is(5, &["FAIL  whole"]);
    sh("cp whole production/b.sql.gz; touch -d '50 hours ago' production/b.sql.gz");
    failover(&team, FAILOVER, &["--input", "provider=neon"])
        .is(7, &["`too_old` needs an answer and nobody can be asked: --answer too_old=50h"]);
    let state = team.desk.path("state");
    assert!(!begun(&state, "load") && !begun(&state, "compose"), "it went on");
}

/// Every look of a failover at what it made or changed, each failing once. The run stays where it is, and the site
/// stays closed until the new one is proved.
#[test]
fn a_failover_stops_at_each_look_that_fails_and_goes_on_when_it_is_mended() {
    let team = Team::new("bloom");
    for limit in ["5m", "15m"] {
        let from = format!("times_in_a_row: 3 }}\n        timeout: {limit}");
        let to = "times_in_a_row: 3 }\n        timeout: 3s";
        team.desk.edit("playbooks/bloom/disaster-failover.yaml", &from, to);
    }
    team.desk.edit("playbooks/bloom/disaster-failover.yaml", "every: 10s\n", "every: 100ms\n");
    let reachable = "every: 2s }\n        timeout: 5m";
    let soon = "every: 200ms }\n        timeout: 2s";
    team.desk.edit("playbooks/bloom/disaster-failover.yaml", reachable, soon);
    team.bring_up();
    for routine in ["backup-daily", "backup-sync-s3", "baseline-counts"] {
        team.run(routine, &[]).is(0, &[]);
    }
    // The backup was moved to the cold class: it is brought back before it is fetched.
    let objects = team.path(".mayday-rehearsal/state/s3.json");
    let text = fs::read_to_string(&objects).unwrap();
    assert!(text.contains("STANDARD_IA"), "{text}");
    fs::write(&objects, text.replace("STANDARD_IA", "GLACIER")).unwrap();
    let other = ["--input", "provider=other"];
    failover(&team, FAILOVER, &other).is(5, &["FAIL  elsewhere"]);
    let file = team.desk.path("state").join(team.desk.newest()).join("new-db-url");
    fs::write(&file, "postgresql://u:p@127.0.0.1:1/x\n").unwrap();
    fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let go_on = |menu: &str| {
        let menu = format!("{menu}.menu=retry");
        failover(&team, RESUME, &["--answer", "loss=yes", "--answer", &menu])
    };
    let ill = |host: &str| {
        let sick = format!("sick: {host}\n");
        fs::write(team.path(".mayday-rehearsal/faults/app"), sick).unwrap();
    };
    let closed = || team.get("api", "/api/reservations").0 == 404;
    let state = team.desk.path("state");
    go_on("elsewhere").is(5, &["FAIL  reachable"]);
    assert!(closed() && !begun(&state, "load"));
    team.tool("rehearsal-elsewhere", &[file.to_str().unwrap()]);
    ill("compose");
    go_on("reachable").is(5, &["OK    thawed", "OK    download", "FAIL  api_up"]);
    assert!(closed() && !begun(&state, "login"));
    ill("netlify");
    go_on("api_up").is(5, &["FAIL  web_up"]);
    assert!(!begun(&state, "vercel_up"));
    ill("vercel");
    go_on("web_up").is(5, &["FAIL  vercel_up"]);
    assert!(!begun(&state, "works") && !begun(&state, "tell_open"));
    ill("nobody");
    go_on("vercel_up").is(0, &["COMPLETED"]);
    for host in ["api", "vercel", "compose"] {
        assert!(team.get(host, "/api/reservations").1.contains("\"total\": 500"), "{host}");
    }
}

/// A restore whose site stays ill when it is opened again is not called over.
#[test]
fn a_restore_whose_site_stays_ill_stops_before_anybody_is_told_that_it_is_over() {
    let team = Team::new("bloom");
    let limit = "timeout: 2m\n";
    team.desk.edit("playbooks/bloom/maintenance-mode.yaml", limit, "timeout: 2s\n");
    team.bring_up();
    team.run("backup-daily", &[]).is(0, &[]);
    let answers =
        ["--answer", "loss=yes", "--answer", "user_ok=yes", "--confirm", "swap_names=500"];
    let state = team.desk.path("state");
    for (host, look) in [("vercel", "writes_on.vercel_back"), ("netlify", "writes_on.back")] {
        let fault = team.path(".mayday-rehearsal/faults/app");
        fs::write(&fault, format!("sick: {host}\n")).unwrap();
        let menu = "writes_on.vercel_back.menu=retry";
        let said = match host {
            "vercel" => restore(&team, &answers),
            _ => team.mayday(&[RESUME, &["--answer", menu], &answers[..]].concat()),
        };
        said.is(5, &[&format!("FAIL  {look}")]);
        assert!(!begun(&state, "user_ok"), "it went on");
    }
    fs::remove_file(team.path(".mayday-rehearsal/faults/app")).unwrap();
    let menu = ["--answer", "writes_on.back.menu=retry"];
    team.mayday(&[RESUME, &menu, &answers].concat()).is(0, &["COMPLETED"]);
}

#[test]
fn a_rewind_to_a_moment_that_is_no_help_destroys_nothing() {
    let team = Team::new("bloom");
    team.bring_up();
    let damage = "ALTER TABLE reservations DROP CONSTRAINT \"reservations_clientId_fkey\"; \
         UPDATE reservations SET \"clientId\" = 99000 + id WHERE id = 401";
    team.sql(damage);
    let rewind = |to: &str| {
        let to = format!("rewind_to={to}");
        team.run("sev2-database-corruption", &["--answer", "way=history", "--answer", &to])
    };
    rewind("2031-01-01T00:00:00Z").is(5, &["FAIL  rewind_possible", "That time is in the future."]);
    rewind("2025-12-03T20:25:00Z").is(5, &["is outside the history window (6h)"]);
    rewind("yesterday").is(2, &["rewind_to", "nothing was run"]);
    // The moment is after the damage: the branch shows it, and production is not touched.
    rewind("-0s").is(5, &["FAIL  was_well"]);
    assert!(!begun(&team.desk.path("state"), "rewind"), "it went on");
    assert_eq!(team.sql("SELECT \"clientId\" FROM reservations WHERE id = 401"), "99401");
}
