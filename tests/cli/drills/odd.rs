//! Records that are odd: of another year, from the future, edited, cut, signed already; and names that are none.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use mayday::journal::{Created, Holder, RunId, Store};
use mayday::run::event::{DrillFact, Kind};

use super::{desk, drill, records};
use crate::support::desk::Desk;

fn file(desk: &Desk, end: &str) -> PathBuf {
    let files = crate::cli::files(&desk.path("drills"));
    let mut files = files.into_iter().filter(|file| file.to_string_lossy().ends_with(end));
    files.next().unwrap()
}

#[test]
fn records_that_prove_nothing_are_named_and_not_counted() {
    let desk = desk(&[]);
    drill(&desk).is(0, &[]);
    let due = |more: &[&str]| desk.mayday(&[&["drill", "due"], more].concat());
    due(&["--fail"]).is(0, &["fresh"]);
    let data = file(&desk, ".json");
    let good = std::fs::read_to_string(&data).unwrap();
    let name = data.file_stem().unwrap().to_string_lossy().into_owned();
    let record = records(&desk).remove(0);
    let year = &record["began"].as_str().unwrap()[..4];
    let next = (year.parse::<u32>().unwrap() + 2).to_string();
    let wrong: &[(&str, String, String)] = &[
        (
            "future",
            good.replace(&format!("\"began\": \"{year}"), &format!("\"began\": \"{next}")),
            format!("{name} is not counted: it began at {next}"),
        ),
        (
            "edited",
            good.replace("\"score\": 100", "\"score\": 99"),
            format!("{name} is not counted: the journal of its run says another `score`"),
        ),
        ("cut", good[..good.len() / 2].to_owned(), "is no record of a drill".to_owned()),
        ("empty", String::new(), "is no record of a drill".to_owned()),
        ("other", "{\"run\": \"x\", \"passed\": true}".to_owned(), "it has no `name`".to_owned()),
        (
            "when",
            good.replace(&format!("\"began\": \"{year}"), "\"began\": \"soon "),
            "which is no time".to_owned(),
        ),
    ];
    for (what, text, words) in wrong {
        assert_ne!(*text, good, "{what}");
        std::fs::write(&data, text).unwrap();
        due(&["--fail"]).is(9, &[words, "never rehearsed"]);
        desk.mayday(&["drill", "signoff", &name]).code.filter(|code| *code != 0).unwrap();
    }
    // Without its journal a record stands for itself.
    std::fs::write(&data, good.replace("\"score\": 100", "\"score\": 99")).unwrap();
    std::fs::remove_dir_all(desk.path("state")).unwrap();
    due(&["--fail"]).is(0, &["fresh"]);
}

#[test]
fn a_drill_at_the_turn_of_the_year_lies_in_the_quarter_in_which_it_began() {
    const FAKETIME: &str = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1";
    if !Path::new(FAKETIME).exists() {
        eprintln!("skipped: libfaketime is not installed");
        return;
    }
    let desk = desk(&[("shell: cat copy }", "shell: sleep 1.5 }")]);
    let mut command = desk.command(&["drill", "run", "lost", "--env", "lab", "--no-input"]);
    command.env("LD_PRELOAD", FAKETIME).env("FAKETIME", "@2026-12-31 23:59:59").env("TZ", "UTC");
    command.env("FAKETIME_DONT_FAKE_MONOTONIC", "1").env("NO_FAKE_STAT", "1");
    let said = crate::support::desk::Said::from(command.output().unwrap());
    said.is(0, &["drills/2026-Q4/lost-20261231.md"]);
    let record = &records(&desk)[0];
    assert!(record["began"].as_str().unwrap().starts_with("2026-12-31T23:59:59"), "{record}");
}

#[test]
fn what_was_signed_stays_as_it_is_when_its_run_is_taken_up_again() {
    let desk = desk(&[]);
    drill(&desk).is(0, &[]);
    let run = desk.newest();
    desk.mayday(&["drill", "signoff", &run, "--by", "eve"]).is(0, &[]);
    let before = std::fs::read(file(&desk, ".json")).unwrap();
    desk.mayday(&["resume", &run, "--no-input"]).is(0, &["RESULT   PASS", "record   "]);
    assert_eq!(std::fs::read(file(&desk, ".json")).unwrap(), before);
    desk.mayday(&["drill", "signoff", &run]).is(0, &["lead: eve,"]);
    // One that is gone is written again.
    std::fs::remove_dir_all(desk.path("drills")).unwrap();
    desk.mayday(&["resume", &run, "--no-input"]).is(0, &["record   "]);
    assert_eq!(records(&desk)[0]["run"], run.as_str());
}

#[test]
fn a_record_that_cannot_be_written_is_written_when_it_can_be() {
    let desk = desk(&[]);
    desk.write("drills", "a file");
    let said = drill(&desk);
    let run = desk.newest();
    said.is(0, &["the drill has no record", &format!("write it again: mayday resume {run}")]);
    std::fs::remove_file(desk.path("drills")).unwrap();
    desk.mayday(&["resume", &run, "--no-input"]).is(0, &["record   "]);
    assert_eq!(records(&desk)[0]["verdict"], "PASS");
    let hidden = crate::cli::files(&desk.path("drills"));
    assert_eq!(hidden.len(), 2, "half files were left: {hidden:?}");
}

#[test]
fn a_signature_without_its_program_is_refused_and_nothing_is_signed() {
    let desk = desk(&[]);
    drill(&desk).is(0, &[]);
    let run = desk.newest();
    desk.write("key", "no key");
    let mut command = desk.command(&["drill", "signoff", &run, "--by", "eve", "--key", "key"]);
    command.env("PATH", desk.path("bin")).stdin(Stdio::null());
    let said = crate::support::desk::Said::from(command.output().unwrap());
    said.is(4, &["with key: start ssh-keygen"]);
    desk.mayday(&["drill", "signoff", &run]).is(9, &["lead: pending"]);
    desk.mayday(&["drill", "signoff", &run, "--by", "eve", "--key", "key"]).is(4, &["ssh-keygen:"]);
    desk.mayday(&["drill", "signoff", &run]).is(9, &["lead: pending"]);
}

#[test]
fn names_that_are_none_are_told_with_what_there_is() {
    let desk = desk(&[]);
    desk.mayday(&["drill", "run", "lots", "--env", "lab"]).is(3, &["did you mean `lost`?"]);
    desk.mayday(&["drill", "run", "lost", "--env", "lap"]).is(4, &["it has lab, production"]);
    desk.mayday(&["drill", "run", "lost", "--env", "production"])
        .is(4, &["its drill allows only lab"]);
    desk.mayday(&["drill", "signoff", "nothing"])
        .is(2, &["find the record of a drill `nothing`", "mayday runs"]);
    assert!(desk.runs().is_empty() && !desk.path("up").exists());
}

#[test]
fn a_drill_whose_record_has_steps_that_no_guard_allowed_is_invalid() {
    let desk = desk(&[(
        "shell: cat copy }",
        "shell: 'test -e again || { touch again; kill -9 $PPID; }' }",
    )]);
    assert_eq!(drill(&desk).code, None);
    let run = desk.newest();
    // The same run, made by somebody who went around the guard.
    let root = folder_of(&desk.path("state"), &run).parent().unwrap().to_path_buf();
    let store = Store::new(&root);
    let read = store.read(&store.find(&run).unwrap()).unwrap();
    let id = RunId::parse("20200101-0000-aaa").unwrap();
    let files = ["lost.yaml", "mayday.yaml"].map(|name| {
        let path = if name == "lost.yaml" { "playbooks/lost.yaml" } else { name };
        (name.to_owned(), std::fs::read(desk.path(path)).unwrap())
    });
    let holder =
        Holder { operator: "ada".to_owned(), since: mayday::time::Timestamp::from_millis(0) };
    let Created { mut journal, .. } =
        store.create(&id, &files, &holder, Box::new(|_| None)).unwrap();
    for (_, mut event) in read.events {
        if matches!(&event.kind, Kind::Drill(DrillFact::Guarded { .. })) {
            continue;
        }
        if let Kind::Opened(opened) = &mut event.kind {
            opened.run = id.as_str().to_owned();
        }
        journal.append(event).unwrap();
    }
    drop(journal);
    desk.mayday(&["resume", id.as_str(), "--no-input"])
        .is(9, &["RESULT   INVALID", "no guard had allowed it when step seed began"]);
    assert_eq!(records(&desk)[0]["verdict"], "INVALID");
}

fn folder_of(below: &Path, run: &str) -> PathBuf {
    let files = crate::cli::files(below).into_iter();
    let mut folders =
        files.flat_map(|file| file.ancestors().map(Path::to_path_buf).collect::<Vec<_>>());
    folders.find(|folder| folder.ends_with(run)).unwrap()
}

#[test]
fn a_drill_that_is_not_over_is_named_wherever_it_is_missed_and_has_come_to_nothing_yet() {
    let desk = desk(&[]);
    drill(&desk).is(0, &[]);
    let first = desk.newest();
    desk.edit(
        "playbooks/lost.yaml",
        "shell: cat copy",
        "shell: 'test -e again || { touch again; kill -9 $PPID; }'",
    );
    assert_eq!(drill(&desk).code, None);
    let open = desk.newest();
    let ways = format!("{open} was left open: `mayday resume {open}` or `mayday abort {open}`");
    // The proof is as fresh as it was: nobody knows yet what the open one comes to.
    desk.mayday(&["drill", "due", "--fail"]).is(0, &["fresh", &ways]);
    let line = |words: &[&str]| -> serde_json::Value {
        serde_json::from_str(desk.mayday(words).out.lines().next().unwrap()).unwrap()
    };
    assert_eq!(line(&["drill", "due", "--json"])["open"], serde_json::json!([open]));
    let freshness = line(&["list", "--json"])["freshness"].clone();
    assert_eq!(
        (&freshness["state"], &freshness["open"]),
        (&"fresh".into(), &serde_json::json!([open]))
    );
    desk.mayday(&["list"]).is(0, &["fresh, today, one is open"]);
    let why = format!("{open} is not over");
    let abort = format!("mayday abort {open} --reason WORDS");
    for words in [
        &["drill", "signoff", &open][..],
        &["drill", "signoff", &open, "--by", "eve"],
        &["drill", "compare", &first, &open],
    ] {
        desk.mayday(words).is(4, &[&why, &abort]);
    }
    desk.mayday(&["abort", &open, "--reason", "lunch", "--no-input"]).is(9, &["INVALID"]);
    desk.mayday(&["drill", "due", "--fail"]).is(9, &["did not pass, today"]);
    desk.mayday(&["drill", "compare", &first, &open]).is(0, &["INVALID"]);
    assert_eq!(line(&["list", "--json"])["freshness"]["open"], serde_json::json!([]));
    // A real run is no drill.
    desk.write("copy", "rows");
    desk.mayday(&["run", "lost", "--env", "lab", "--no-input"]).is(0, &[]);
    desk.mayday(&["drill", "signoff", &desk.newest()]).is(2, &["is a real run"]);
}

/// Folders whose names are no text: where the record must name one, nothing begins; elsewhere it works.
#[test]
fn a_path_that_is_no_text_is_refused_or_works_and_never_hangs() {
    use std::os::unix::ffi::OsStrExt as _;
    let odd = |desk: &Desk| desk.path("").join(std::ffi::OsStr::from_bytes(b"caf\xe9"));
    let words = ["drill", "run", "lost", "--env", "lab", "--no-input"];
    // The project itself.
    let home = desk(&[]);
    let inside = odd(&home);
    std::fs::create_dir(&inside).unwrap();
    for name in ["mayday.yaml", "playbooks"] {
        std::fs::rename(home.path(name), inside.join(name)).unwrap();
    }
    let said = home.command(&words).current_dir(&inside).output().unwrap();
    let said = crate::support::desk::Said::from(said);
    said.is(4, &["the folder's name is no text", "nothing was executed"]);
    let left = std::fs::read_dir(&inside).unwrap().count();
    assert!(left == 2 && !home.path("state").exists(), "something was begun");
    // The folder of runs.
    let runs = desk(&[]);
    let said = runs.command(&words).env("MAYDAY_STATE_DIR", odd(&runs)).output().unwrap();
    crate::support::desk::Said::from(said).is(4, &["for runs: its name is no text", "--state-dir"]);
    assert!(!runs.path("up").exists(), "the environment was brought up");
    // A folder of programs, which every step gets.
    let path = desk(&[]);
    std::fs::create_dir(odd(&path)).unwrap();
    let mut all = odd(&path).into_os_string();
    all.push(":");
    all.push(std::env::var_os("PATH").unwrap());
    let said = path.command(&words).env("PATH", all).output().unwrap();
    crate::support::desk::Said::from(said).is(0, &["RESULT   PASS"]);
}

#[test]
fn an_answer_that_no_question_would_take_is_found_before_the_accident() {
    let ask = "
  - { id: many, title: Many, ask: { question: 'How many?', type: integer } }
  - { id: which, title: Which, choose: { ask: 'Which?', options: { a: A, b: B } } }
  - { id: hand, title: Hand, effect: change, manual: Do it }
drill:";
    let with = |answers: &str| {
        let answers = format!("cadence: quarterly\n  answers: {{ {answers} }}");
        desk(&[("\ndrill:", ask), ("cadence: quarterly", &answers)])
    };
    for (answers, why) in [
        ("many: three, which: a, hand: done", "many: `\"three\"`: "),
        ("many: 3, which: c, hand: done", "which: `\"c\"`: one of a, b"),
        ("many: 3, which: a, hand: 'yes'", "hand: `\"yes\"`: one of done"),
    ] {
        let desk = with(answers);
        drill(&desk)
            .is(7, &["these answers do not fit their questions", why, "nothing was executed"]);
        assert!(!desk.path("up").exists() && desk.runs().is_empty(), "something was begun");
    }
    drill(&with("many: 3, which: a, hand: done")).is(0, &["RESULT   PASS"]);
    // One of the command line comes first, and what only the run can tell is left to it.
    let desk = with("many: three, which: a, hand: done");
    let words = ["drill", "run", "lost", "--env", "lab", "--no-input", "--answer", "many=3"];
    desk.mayday(&words).is(0, &["RESULT   PASS"]);
    drill(&with("many: '{{ 1 + 2 }}', which: a, hand: done")).is(0, &["RESULT   PASS"]);
}
