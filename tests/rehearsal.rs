//! The rehearsal environment: it comes up, does the real thing, and leaves nothing behind.

mod company;
mod ferreteria;
mod lealta;
pub(crate) mod notes;

use std::fs;
use std::path::Path;

use crate::support::desk::ROOT;
use crate::support::rehearsal::Rehearsal;

mod bad_input;
mod bloom;
mod crash;
mod paths;
mod production;
mod shipped;

#[test]
fn two_rehearsals_stand_side_by_side_and_leave_nothing_behind() {
    let (one, other) = (Rehearsal::up(), Rehearsal::up());
    one.sql("DELETE FROM payments; DELETE FROM reservations WHERE id > 450");
    assert_eq!(one.get("/api/reservations"), (200, r#"{"total": 450, "newest": 450}"#.into()));
    assert_eq!(other.get("/api/reservations"), (200, r#"{"total": 500, "newest": 500}"#.into()));
    one.script("up").is(1, &["a rehearsal is up in"]);
    let about = fs::read_to_string(one.path("rehearsal.json")).unwrap();
    let base = about.split('"').nth(3).unwrap();
    assert!(one.running(base).len() > 5, "{:?}", one.running(base));
    one.script("down").is(0, &["is down"]);
    assert_eq!(one.running(base), [""; 0]);
    assert!(!one.path("").exists() && !std::path::Path::new(base).exists());
    assert_eq!(other.get("/api/health").0, 200);
    one.script("down").is(0, &["nothing is up"]);
}

/// Every stand-in says what it does not imitate, has its row in the book, and refuses what it does not know.
#[test]
fn each_stand_in_is_written_down_as_one_and_refuses_what_the_real_one_would() {
    let book = fs::read_to_string(Path::new(ROOT).join("book/rehearsal.md")).unwrap();
    let r = Rehearsal::up();
    let mut seen = 0;
    for folder in ["rehearsal/bin", "rehearsal/ferreteria/bin"] {
        for entry in fs::read_dir(Path::new(ROOT).join(folder)).unwrap().flatten() {
            let name = entry.file_name().into_string().unwrap();
            let text = fs::read_to_string(entry.path()).unwrap();
            assert!(book.contains(&format!("| `{name}")), "{name} is not in the book");
            if name.starts_with("rehearsal-") {
                assert!(text.contains("no stand-in") || text.contains("No stand-in"), "{name}");
                continue;
            }
            seen += 1;
            assert!(
                text.contains("Stand-in for") && text.contains("ot imitated"),
                "{folder}/{name}"
            );
            if folder != "rehearsal/bin" {
                continue;
            }
            let known = r.tool(&format!("{name} --help"));
            // The first command that it knows, with a flag that nobody knows.
            let line = known.out.lines().nth(1).unwrap().trim().to_owned();
            let command: Vec<&str> =
                line.split(' ').take_while(|word| !word.starts_with('-')).collect();
            let refused = r.tool(&format!("{} --frobnicate", command.join(" ").trim()));
            assert!(
                refused.code != Some(0) && refused.all().contains("--frobnicate"),
                "{name}: {}",
                refused.all()
            );
        }
    }
    assert!(seen > 10, "{seen} stand-ins");
}

#[test]
fn a_branch_is_the_past_and_a_stand_in_takes_no_flag_that_it_does_not_know() {
    let r = Rehearsal::up();
    let project = "--project-id bloom-rehearsal-001";
    let before = r.sql(
        "SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.USZ')",
    );
    r.sql("DELETE FROM payments; DELETE FROM reservations WHERE id <= 50");
    let create =
        format!("neonctl branches create {project} --name past --no-secrets -o json --parent");
    r.tool(&format!("{create} {before}")).is(0, &["\"name\": \"past\""]);
    r.tool(&format!("{create} {before}")).is(1, &["already exists: past"]);
    r.tool(&format!("{create} 2031-01-01T00:00:00Z").replace("past", "next"))
        .is(1, &["is in the future"]);
    r.tool(&format!("{create} 2025-01-01T00:00:00Z").replace("past", "old"))
        .is(1, &["older than the history"]);
    r.tool(&format!("neonctl connection-string past {project}")).is(1, &["Multiple roles found"]);
    let named = "--role-name neondb_owner --database-name neondb";
    let url = r.tool(&format!("neonctl connection-string past {project} {named}"));
    url.is(0, &["postgresql://neondb_owner:"]);
    let count = std::process::Command::new("psql")
        .args(["-XAtc", "SELECT count(*) FROM reservations", url.out.trim()])
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&count.stdout), "500\n");
    assert_eq!(r.sql("SELECT count(*) FROM reservations"), "450");
    r.tool(&format!("neonctl branches delete past {project}")).is(0, &[]);
    r.tool(&format!("neonctl branches get past {project}")).is(1, &["not found"]);
    r.tool(&format!("neonctl branches create {project} --from main"))
        .is(1, &["unknown option --from"]);
    r.tool("neonctl projects get other").is(1, &["project other not found"]);
    r.tool("neonctl frobnicate").is(1, &["not a command that this stand-in knows"]);
}
