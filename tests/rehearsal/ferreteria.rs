//! The procedures of Ferreteria, run for real: releases good and bad, backups good and bad.

use std::fs;

use super::company::Company;
use crate::support::desk::Said;
use crate::support::rehearsal::get;

fn ferreteria() -> Company {
    let company = Company::up("ferreteria");
    // A site that stays ill is looked at for 25 s; nobody has to wait for that here.
    for file in ["deploy.yaml", "p1-site-down.yaml"] {
        company.edit(file, "every: 5s\n", "every: 200ms\n");
        company.edit(file, "timeout: 25s", "timeout: 2s");
    }
    company
}

fn version(company: &Company) -> String {
    let url = fs::read_to_string(company.there("secrets/web_url")).unwrap();
    get(url.trim_end(), "/health").1
}

fn on_machine(company: &Company, script: &str) {
    let mut command = std::process::Command::new(company.there("bin/ssh"));
    let done = command.args(["root@tandil.site", &format!("cd ferreteria && {script}")]).output();
    Said::from(done.unwrap()).is(0, &[]);
}

macro_rules! drills {
    ($($name:ident: $playbook:literal;)*) => {
        $(#[test]
        fn $name() {
            Company::drill_passes("ferreteria", concat!("ferreteria/", $playbook));
        })*
    };
}

drills! {
    a_release_is_deployed: "deploy";
    a_release_is_taken_back: "rollback";
    a_backup_is_made: "backup";
    a_backup_is_put_back: "restore";
    backups_are_validated: "backup-validation";
    tenants_are_kept_apart: "tenant-isolation-check";
    a_site_that_is_down_comes_up: "p1-site-down";
    a_lost_database_comes_back: "p1-database-lost";
    mixed_up_data_is_put_right: "p1-data-corruption";
    a_certificate_is_renewed: "p2-tls-certificate-expired";
    a_cut_off_deploy_is_finished: "p2-deploy-failed";
    a_blocked_database_is_freed: "p2-high-resource-usage";
    a_missing_backup_is_made_good: "p3-backup-failed";
    mail_is_sent_again: "p3-email-failing";
}

/// Every stage of a deploy that can fail: the release before serves again and the database is what it was.
#[test]
fn a_deploy_that_fails_at_any_stage_goes_back_by_itself() {
    let company = ferreteria();
    let before = company.dump("db_url");
    let fails = |tag: &str, step: &str| {
        let said = company.run("ferreteria/deploy", &["--input", &format!("tag={tag}")]);
        said.is(5, &[step, "The release was rolled back"]);
        assert!(version(&company).contains("\"1.0.0\""), "{}", said.all());
        assert!(company.dump("db_url") == before, "{}", said.all());
        let checkout = fs::read_to_string(company.there("hosts/tandil.site/ferreteria/web.py"));
        assert!(checkout.unwrap().contains("\"1.0.0\""), "{}", said.all());
    };
    fails("v1.2.0", "FAIL  healthy"); // migrated, started, never healthy
    fails("v1.3.0", "FAIL  migrate"); // the migration fails in its middle
    company.fault("docker", "fail compose build: no space left on device");
    fails("v1.1.0", "FAIL  build");
    company.fault("docker", "fail compose up: driver failed programming external connectivity");
    let said = company.run("ferreteria/deploy", &["--input", "tag=v1.1.0"]);
    said.is(5, &["FAIL  restart"]);
    company.fault("docker", "");
    said.is(5, &["FAIL  restart_before"]);
    company
        .mayday(&["resume", "--no-input", "--answer", "restart_before.menu=retry"])
        .is(5, &["The release was rolled back"]);
    assert!(company.dump("db_url") == before, "the data changed");
    // The release before is ill too when it is back: that is said, and nothing is called over.
    let ill = "vps <<< 'docker compose -f docker-compose.prod.yml stop db'";
    let ill = format!("      - {{ id: ill, title: Fall ill, effect: change, shell: \"{ill}\" }}\n");
    let look = "      - id: healthy_again\n";
    company.edit("deploy.yaml", look, &format!("{ill}{look}"));
    let said = company.run("ferreteria/deploy", &["--input", "tag=v1.2.0"]);
    said.is(5, &["FAIL  healthy_again"]);
    assert!(!said.all().contains("rolled back, v1.0.0 serves"), "{}", said.all());
    on_machine(&company, "docker compose -f docker-compose.prod.yml up -d db");
    company
        .mayday(&["resume", "--no-input", "--answer", "healthy_again.menu=retry"])
        .is(5, &["The release was rolled back"]);
    assert!(company.dump("db_url") == before, "the data changed");
}

#[test]
fn a_deploy_begins_only_with_a_release_that_is_there_on_a_site_that_is_well() {
    let company = ferreteria();
    let before = company.dump("db_url");
    let deploy = |tag: &str| company.run("ferreteria/deploy", &["--input", &format!("tag={tag}")]);
    deploy("v1.1.0; rm -rf /").is(2, &["`tag`", "nothing was run"]);
    deploy("v9.9.9").is(5, &["no tag v9.9.9 in the repository"]);
    deploy("v1.0.0").is(5, &["This release runs already"]);
    company.fault("ssh", "unreachable: yes");
    deploy("v1.1.0").is(5, &["Connection timed out"]);
    company.fault("ssh", "");
    on_machine(&company, "echo '# by hand' >> web.py");
    deploy("v1.1.0").is(5, &["the checkout has local changes"]);
    on_machine(&company, "git checkout -q web.py");
    on_machine(&company, "docker compose -f docker-compose.prod.yml stop db");
    deploy("v1.1.0").is(5, &["FAIL  healthy_before"]);
    on_machine(&company, "docker compose -f docker-compose.prod.yml up -d db");
    assert!(company.dump("db_url") == before, "the data changed");
    let none = company.path("empty");
    fs::create_dir(&none).unwrap();
    company.edit("mayday.yaml", "path: [bin, .mayday-rehearsal/bin]", "path: [bin]");
    let mut command = company.command(&[
        "run",
        "ferreteria/deploy",
        "--env",
        "rehearsal",
        "--no-input",
        "--input",
        "tag=v1.1.0",
    ]);
    Said::from(command.env("PATH", &none).output().unwrap())
        .is(4, &["tool `ssh`", "nothing was executed"]);
}

#[test]
fn a_backup_that_is_missing_empty_broken_cut_off_or_old_is_never_taken_for_one() {
    let company = ferreteria();
    let validate = |step: &str, words: &str| {
        let said = company.run("ferreteria/backup-validation", &["--confirm", "rotate=remove"]);
        said.is(5, &[&format!("FAIL  {step}"), words]);
    };
    validate("newest", "there is no backup at all");
    let dump = "docker compose -f docker-compose.prod.yml exec -T db pg_dump -U ferreteria --no-owner --no-acl ferreteria";
    on_machine(
        &company,
        &format!("{dump} | gzip > backups/old.sql.gz; touch -d '90 days ago' backups/old.sql.gz"),
    );
    validate("age", "older than the policy allows");
    on_machine(&company, ": > backups/new.sql.gz");
    validate("whole", "is empty");
    on_machine(&company, "head -c 900 backups/old.sql.gz > backups/new.sql.gz");
    validate("whole", "is broken");
    on_machine(&company, "gunzip -c backups/old.sql.gz | head -n 60 | gzip > backups/new.sql.gz");
    validate("whole", "is cut off");
    // Whole as a file, and yet no backup: the restore finds it.
    on_machine(
        &company,
        "{ echo 'SELECT 1/0;'; echo '-- PostgreSQL database dump complete'; } | gzip > backups/new.sql.gz",
    );
    validate("restore_test", "division by zero");
    on_machine(&company, "test -s backups/old.sql.gz");
    let restore = |until: &str| {
        let gates =
            ["--confirm", "swap_in=6", "--confirm", "loss=lose it", "--answer", "loss=lose it"];
        company.run(
            "ferreteria/restore",
            &[&["--input", &format!("good_until={until}")], &gates[..]].concat(),
        )
    };
    restore("2001-01-01T00:00:00Z").is(5, &["no whole backup from before that moment"]);
    restore("2999-01-01T00:00:00Z").is(2, &["in the future"]);
}

/// The ways that the drills do not take.
#[test]
fn a_full_disk_a_machine_that_is_gone_and_a_deploy_that_goes_back_are_dealt_with() {
    let company = ferreteria();
    let before = company.dump("db_url");
    let up = ["--answer", "volume=yes", "--answer", "page=yes"];
    let down = |more: &[&str]| company.run("ferreteria/p1-site-down", &[&up[..], more].concat());
    company.fault("df", "used: 97");
    down(&[]).is(5, &["OK    prune", "FAIL  room"]);
    company.fault("df", "used: 60");
    let retry = ["resume", "--no-input", "--answer", "room.menu=retry"];
    company.mayday(&[&retry[..], &up].concat()).is(0, &["OK    healthy", "COMPLETED"]);
    company.fault("ssh", "unreachable: yes");
    let away = [
        "machine.menu=switch_to:machine_down",
        "machine.reason=no answer",
        "provider=done",
        "again=done",
    ];
    let away: Vec<&str> = away.iter().flat_map(|answer| ["--answer", answer]).collect();
    down(&away).is(0, &["OK    provider", "OK    again"]);
    company.fault("ssh", "");
    company.run("ferreteria/backup", &["--input", "label=nightly"]).is(0, &[]);
    company.fault("df", "used: 90");
    company
        .run(
            "ferreteria/p2-high-resource-usage",
            &["--answer", "scale=done", "--confirm", "old_backups.rotate=remove"],
        )
        .is(0, &["OK    reclaim", "OK    old_backups.restore_test", "COMPLETED"]);
    company.fault("df", "");
    company
        .run(
            "ferreteria/p3-backup-failed",
            &[
                "--answer",
                "cause=disk",
                "--answer",
                "make_room=done",
                "--confirm",
                "validated.rotate=remove",
            ],
        )
        .is(0, &["OK    make_room", "COMPLETED"]);
    company
        .run("ferreteria/p2-tls-certificate-expired", &[])
        .is(5, &["The certificate is good for longer than that. Nothing is to be done."]);
    let failed = |way: &str| {
        let decide = format!("decide={way}");
        let words = ["--answer", &decide, "--confirm", "go_back.downgrade=0001"];
        company.run("ferreteria/p2-deploy-failed", &words)
    };
    failed("nothing").is(0, &["COMPLETED"]);
    company.run("ferreteria/deploy", &["--input", "tag=v1.1.0"]).is(0, &["COMPLETED"]);
    failed("back").is(0, &["OK    go_back.downgrade", "COMPLETED"]);
    assert!(version(&company).contains("\"1.0.0\""));
    let mut words = vec!["--input", "good_until=-1m", "--answer", "writes=stop"];
    words.extend([
        "--answer",
        "decide=by_hand",
        "--answer",
        "rows_right=done",
        "--answer",
        "owner_ok=yes",
    ]);
    company.run("ferreteria/p1-data-corruption", &words).is(0, &["OK    web_on", "COMPLETED"]);
    assert!(company.dump("db_url") == before, "the data changed");
}

#[test]
fn a_tenant_that_sees_data_of_another_is_found() {
    let company = ferreteria();
    let check = || company.run("ferreteria/tenant-isolation-check", &[]);
    check().is(0, &[]);
    company.sql("db_url", "UPDATE sale SET tenant_id = 1 WHERE id = 7");
    check().is(5, &["FAIL  lines"]);
    company.sql("db_url", "UPDATE sale SET tenant_id = 2 WHERE id = 7");
    let url = fs::read_to_string(company.there("secrets/web_url")).unwrap();
    assert_eq!(get(url.trim_end(), "/api/products").0, 401);
    // A token of the second probe tenant that leads to the first: what a broken query would do.
    let a = fs::read_to_string(company.there("secrets/probe_a_token")).unwrap();
    fs::write(company.there("secrets/probe_b_token"), a).unwrap();
    check().is(5, &["FAIL  foreign_product"]);
}
