//! What comes behind a drill: who signs its record, when the next is due, how two of them differ.

use std::process::Command;

use super::{desk, drill, records};
use crate::support::desk::Desk;

/// The files of records with this end of their names.
fn files(desk: &Desk, end: &str) -> Vec<std::path::PathBuf> {
    let mut files = crate::cli::files(&desk.path("drills"));
    files.retain(|file| file.to_string_lossy().ends_with(end));
    files.sort();
    files
}

/// The newest record tells of a day that long ago.
fn age(desk: &Desk, days: i64) {
    let file = files(desk, ".json").pop().unwrap();
    let text = std::fs::read_to_string(&file).unwrap();
    let began = records(desk).pop().unwrap()["began"].as_str().unwrap().to_owned();
    let then: mayday::time::Timestamp = began.parse().unwrap();
    let then = then + mayday::time::Span::from_mins(-days * 24 * 60);
    std::fs::write(file, text.replace(&began, &then.rfc3339())).unwrap();
    // As on another machine: the journal would say another day.
    std::fs::remove_dir_all(desk.path("state")).unwrap();
}

#[test]
fn a_record_is_signed_by_somebody_else_and_the_sign_off_holds_as_long_as_it_is_not_changed() {
    let desk = desk(&[]);
    drill(&desk).is(0, &["sign-off pending: lead"]);
    let run = desk.newest();
    desk.mayday(&["drill", "signoff", &run]).is(9, &["lead: pending"]);
    desk.mayday(&["drill", "signoff", &run, "--by", "Ada"]).is(4, &["Ada took part in this drill"]);
    desk.mayday(&["drill", "signoff", &run, "--by", " "]).is(2, &["is no name"]);
    desk.mayday(&["drill", "signoff", &run, "--by", "eve", "--role", "cto"])
        .is(2, &["asks for no sign-off by `cto`", "one of lead"]);
    desk.mayday(&["drill", "signoff", "nothing", "--by", "eve"]).is(2, &["find the record"]);
    desk.mayday(&["drill", "signoff", &run, "--by", "eve"])
        .is(0, &["lead: eve,", "attested, not signed"]);
    desk.mayday(&["drill", "signoff", &run, "--by", "bob"]).is(4, &["lead has signed already"]);
    let record = files(&desk, ".md").remove(0);
    let text = std::fs::read_to_string(&record).unwrap();
    std::fs::write(&record, text.replace("100 of 100", "101 of 100")).unwrap();
    desk.mayday(&["drill", "signoff", &run])
        .is(9, &["does NOT hold: the record was changed since eve"]);
    // A record that does not say what the journal says is signed by nobody.
    std::fs::write(&record, text).unwrap();
    let data = files(&desk, ".json").remove(0);
    let says = std::fs::read_to_string(&data).unwrap();
    std::fs::write(&data, says.replace("\"score\": 100", "\"score\": 99")).unwrap();
    desk.mayday(&["drill", "signoff", &run, "--by", "bob"])
        .is(4, &["differs from the journal", "`score`"]);
}

#[test]
fn a_sign_off_may_carry_a_signature_that_is_checked() {
    let desk = desk(&[]);
    drill(&desk).is(0, &[]);
    let key = |name: &str| {
        let file = desk.path(name);
        let made = Command::new("ssh-keygen")
            .args(["-q", "-t", "ed25519", "-N", "", "-f"])
            .arg(&file)
            .status();
        assert!(made.unwrap().success());
        let public = std::fs::read_to_string(file.with_extension("pub")).unwrap();
        public.split_whitespace().take(2).collect::<Vec<_>>().join(" ")
    };
    let (eve, bob) = (key("eve"), key("bob"));
    desk.write("signers", &format!("eve {eve}\nbob {bob}\n"));
    let run = desk.newest();
    desk.mayday(&["drill", "signoff", &run, "--by", "eve", "--key", "nowhere"])
        .is(4, &["with nowhere: ssh-keygen"]);
    desk.mayday(&["drill", "signoff", &run]).is(9, &["lead: pending"]);
    desk.mayday(&["drill", "signoff", &run, "--by", "eve", "--key", "bob"])
        .is(0, &["signed. Good"]);
    let checked = ["drill", "signoff", &run, "--allowed-signers", "signers"];
    desk.mayday(&checked).is(9, &["does NOT hold: eve,"]);
    std::fs::remove_file(files(&desk, ".signoff").remove(0)).unwrap();
    desk.mayday(&["drill", "signoff", &run, "--by", "eve"]).is(0, &["attested, not signed"]);
    desk.mayday(&checked).is(9, &["not signed by an allowed key"]);
    std::fs::remove_file(files(&desk, ".signoff").remove(0)).unwrap();
    desk.mayday(&["drill", "signoff", &run, "--by", "eve", "--key", "eve"]).is(0, &[]);
    desk.mayday(&checked).is(0, &["signed. Good", "for eve"]);
    desk.edit(files(&desk, ".signoff")[0].to_str().unwrap(), "signed-by: eve", "signed-by: bob");
    desk.mayday(&checked).is(9, &["does NOT hold: bob,"]);
}

#[test]
fn a_procedure_is_due_by_its_cadence_and_by_how_its_last_drill_ended() {
    let desk = desk(&[]);
    let due = |more: &[&str]| desk.mayday(&[&["drill", "due"], more].concat());
    due(&[]).is(0, &["lost", "quarterly", "never rehearsed"]);
    due(&["--fail"]).is(9, &["never rehearsed"]);
    desk.mayday(&["list"]).is(0, &["never"]);
    drill(&desk).is(0, &[]);
    due(&["--fail"]).is(0, &["fresh, due in 91 days", "sign-off pending: lead"]);
    desk.mayday(&["list"]).is(0, &["fresh, today"]);
    age(&desk, 95);
    due(&["--fail"]).is(9, &["due since 3 days"]);
    desk.mayday(&["list"]).is(0, &["due, 95 days ago"]);
    desk.edit("playbooks/lost.yaml", "cp copy data", "exit 3");
    drill(&desk).is(9, &["FAIL"]);
    let said = due(&["--json"]);
    let line: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!((&line["state"], &line["freshness"]), (&"failed".into(), &50.into()), "{line}");
    desk.edit("playbooks/lost.yaml", "exit 3", "cp copy data");
    due(&["--fail"]).is(9, &["did not pass, today", "the playbook changed since"]);
    drill(&desk).is(0, &[]);
    due(&["--fail"]).is(0, &["fresh"]);
}

#[test]
fn two_drills_of_one_procedure_are_told_beside_each_other() {
    let desk = desk(&[("cp copy data", "exit 3")]);
    drill(&desk).is(9, &[]);
    let first = desk.newest();
    desk.edit("playbooks/lost.yaml", "exit 3", "cp copy data");
    drill(&desk).is(0, &[]);
    let second = desk.runs().into_iter().find(|run| *run != first).unwrap();
    let said = desk.mayday(&["drill", "compare", &first, &second]);
    said.is(
        0,
        &[
            "FAIL 30/100",
            "PASS 100/100",
            "did not hold",
            "Changed between the two: lost.yaml",
            "The same people",
        ],
    );
    // A drill without its record is read from its journal.
    std::fs::remove_dir_all(desk.path("drills")).unwrap();
    let said = desk.mayday(&["drill", "compare", &first, &second, "--json"]);
    let both: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!((&both["a"]["verdict"], &both["b"]["verdict"]), (&"FAIL".into(), &"PASS".into()));
    desk.mayday(&["drill", "compare", &first, "nothing"]).is(2, &["find the record"]);
    desk.mayday(&["drill", "compare", &first, &first]).is(2, &["with itself"]);
    desk.write("cut.json", "{\"run\": ");
    desk.mayday(&["drill", "compare", &first, "cut.json"])
        .is(2, &["use the record cut.json: it is no record of a drill", "mayday resume RUN"]);
}
