//! Other terminals: notes, milestones, roles, a second person; while a run is driven, while it is stopped, at once,
//! and killed in the middle of it.

use rustix::process::Signal;
use serde_json::Value;

use super::{Beside, desk, until};
use crate::support::desk::Desk;

const WAITS: &str = "
  - { id: w, title: Wait for it, effect: read, shell: 'touch begun; until [ -e go ]; do sleep 0.05; done', timeout: 5m }";
const FAILS: &str = "
  - { id: f, title: Fail, effect: read, shell: 'exit 1', on_fail: stop }";

/// The events of the newest run.
fn events(desk: &Desk) -> Vec<Value> {
    let file = desk.path("state").join(desk.newest()).join("journal.jsonl");
    let text = std::fs::read_to_string(file).unwrap();
    text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["ev"].clone()).collect()
}

fn notes(desk: &Desk) -> Vec<String> {
    let text = |event: &Value| Some(event["text"].as_str()?.to_owned());
    let noted = |event: &&Value| event["type"] == "noted";
    events(desk).iter().filter(noted).filter_map(text).collect()
}

fn inbox(desk: &Desk) -> usize {
    super::files(&desk.path("state").join(desk.newest()).join("inbox")).len()
}

#[track_caller]
fn each_once(desk: &Desk, texts: impl IntoIterator<Item = String>) {
    let notes = notes(desk);
    for text in texts {
        let count = notes.iter().filter(|note| **note == text).count();
        assert_eq!(count, 1, "`{text}` in {notes:?}");
    }
    desk.mayday(&["verify", &desk.newest()]).is(0, &[]);
    assert_eq!(inbox(desk), 0);
}

#[test]
fn a_stopped_run_takes_notes_milestones_roles_and_files() {
    let desk = desk(FAILS);
    desk.mayday(&["run", "p"]).is(5, &[]);
    desk.write("lag.txt", "40 s");
    let said = desk.mayday(&["note", "lag", "is 40 s", "--at", "-10m", "--file", "lag.txt"]);
    said.is(0, &["Note (of", "lag is 40 s"]);
    desk.mayday(&["note", "DECISION: no failover"]).is(0, &[]);
    desk.mayday(&["note", "TODO: alert on lag"]).is(0, &[]);
    desk.mayday(&["mark", "mitigated"]).is(0, &["mitigated"]);
    desk.mayday(&["handover", "--to", "bo", "--note", "restore runs"])
        .is(0, &["bo has the role ic"]);
    desk.mayday(&["mark", "resolved", "--at", "2099-01-01T00:00:00Z"]).is(2, &["in the future"]);
    desk.mayday(&["note", "  "]).is(2, &["empty"]);
    desk.mayday(&["mark", "better"]).is(2, &["mitigated"]);
    desk.mayday(&["note", "x", "--file", "none.txt"]).is(4, &["none.txt"]);
    desk.mayday(&["status"]).is(0, &["ROLE     ic: bo"]);
    let files = events(&desk).into_iter().find(|event| event["type"] == "noted").unwrap();
    let kept =
        desk.path("state").join(desk.newest()).join(files["files"][0]["path"].as_str().unwrap());
    assert_eq!(std::fs::read_to_string(&kept).unwrap(), "40 s");
    // A file of a note is evidence as that of a step is.
    let whole = desk.mayday(&["verify", &desk.newest()]);
    whole.is(0, &["the record is whole"]);
    assert!(!whole.all().contains("does not name"), "{}", whole.all());
    std::fs::write(&kept, "50 s").unwrap();
    let changed = desk.mayday(&["verify", &desk.newest()]);
    assert_ne!(changed.code, Some(0), "{}", changed.all());
    assert!(changed.all().contains("was changed"), "{}", changed.all());
    std::fs::write(&kept, "40 s").unwrap();
    desk.mayday(&["severity", "SEV-4"]).is(4, &["change the severity: lowering it"]);
    assert_eq!(files["by"], "ada");
    let report = desk.mayday(&["report", &desk.newest()]);
    report.is(0, &["no failover", "alert on lag"]);
    each_once(&desk, ["lag is 40 s".to_owned()]);
    // Nobody drives: what follows tells nothing of how long the driver was away.
    desk.mayday(&["resume", "--answer", "f.menu=skip", "--answer", "f.reason=so"]).is(0, &[]);
    desk.mayday(&["note", "after the end"]).is(0, &["after the end"]);
    desk.mayday(&["escalate", "--reason", "x"]).is(2, &["none is open"]);
}

/// A secret is hidden before it is written, whoever drives and whoever says it.
#[test]
fn what_is_said_from_another_terminal_has_no_secret_in_it() {
    const KEY: &str = "kanarienvogel-77-key";
    let config = format!("{}secrets: {{ key: 'env:KEY', kept: 'file:kept.txt' }}\n", super::CONFIG);
    let desk = super::desk_with(&config, "", FAILS);
    desk.write("kept.txt", &format!("{KEY}-kept\n"));
    desk.write("log.txt", &format!("token={KEY}-kept\n"));
    desk.mayday(&["run", "p"]).is(5, &[]);
    let say = |words: &[&str]| {
        let output = desk.command(words).env("KEY", KEY).output().unwrap();
        crate::support::desk::Said::from(output)
    };
    let noted = say(&["note", &format!("the key is {KEY}"), "--file", "log.txt"]);
    noted.is(0, &["the key is [redacted:key]"]);
    let held = say(&["hold", "--reason", &format!("{KEY}-kept leaked")]);
    held.is(0, &["[redacted:kept] leaked"]);
    for file in super::files(&desk.path("state")) {
        let bytes = std::fs::read(&file).unwrap();
        assert!(!String::from_utf8_lossy(&bytes).contains(KEY), "{}", file.display());
    }
    // A slip is as clean while it still lies in the inbox.
    let desk = super::desk_with(&config, "", WAITS);
    desk.write("kept.txt", &format!("{KEY}-kept\n"));
    let driver = Beside::start(desk.command(&["run", "p"]));
    until("the step has begun", || desk.path("begun").exists());
    driver.signal(Signal::STOP);
    desk.mayday(&["note", &format!("it is {KEY}-kept")]).is(0, &["kept in its inbox"]);
    let inbox = super::files(&desk.path("state").join(desk.newest()).join("inbox"));
    assert!(!inbox.is_empty());
    for file in inbox {
        assert!(!std::fs::read_to_string(&file).unwrap().contains(KEY));
    }
    driver.signal(Signal::CONT);
    desk.write("go", "");
    driver.end().is(0, &["it is [redacted:kept]"]);
}

/// Contacts are told at once, also where nobody drives; the run stays as it was.
#[test]
fn an_escalation_of_a_stopped_run_is_sent_and_nothing_else_is_begun() {
    let config = format!(
        "{}contacts: {{ tool: {{ via: command, command: [sh, -c, 'cat >> told'] }}, broken: {{ via: command, command: ['false'] }} }}
",
        super::CONFIG
    );
    let fields = "escalation: [{ after: 10m, to: [tool, broken] }]";
    let desk = super::desk_with(&config, fields, FAILS);
    desk.mayday(&["run", "p"]).is(5, &[]);
    let open_steps = |text: &str| {
        let status: Value = serde_json::from_str(text).unwrap();
        (status["state"].clone(), status["steps"].clone())
    };
    let before = desk.mayday(&["status", "--json"]).out;
    let said = desk.mayday(&["escalate", "--reason", "it does not start"]);
    said.is(
        0,
        &["Escalated: it does not start", "Told: tool. Call broken yourself.", "mayday resume"],
    );
    let told = std::fs::read_to_string(desk.path("told")).unwrap();
    assert_eq!(told.matches("Please join now").count(), 1, "{told}");
    let kinds: Vec<String> =
        events(&desk).iter().map(|event| event["type"].as_str().unwrap().to_owned()).collect();
    assert_eq!(kinds.iter().filter(|kind| *kind == "started").count(), 1, "{kinds:?}");
    assert!(!kinds.contains(&"attached".to_owned()), "{kinds:?}");
    let status = desk.mayday(&["status"]);
    status.is(
        0,
        &["MESSAGE  tool: delivered", "MESSAGE  broken: tried", "again when the run is taken up"],
    );
    let json = desk.mayday(&["status", "--json"]);
    json.is(0, &["\"messages\":[{", "\"state\":\"delivered\"", "\"to\":\"tool\""]);
    assert_eq!(open_steps(&before), open_steps(&json.out));
    // With the run taken up again nobody is told twice.
    desk.mayday(&["resume"]);
    assert_eq!(std::fs::read_to_string(desk.path("told")).unwrap(), told);
    desk.mayday(&["verify", &desk.newest()]).is(0, &[]);

    let nobody = super::desk(FAILS);
    nobody.mayday(&["run", "p"]).is(5, &[]);
    nobody
        .mayday(&["escalate", "--reason", "alone"])
        .is(0, &["TELL team_lead YOURSELF", "Told: nobody. Call team_lead yourself."]);
}

#[test]
fn many_at_once_lose_nothing_and_double_nothing() {
    let said = |round: u32| (0..6).map(move |n| format!("note {round}.{n}"));
    let all_at_once = |desk: &Desk, round: u32| {
        let start = |text: String| Beside::start(desk.command(&["note", &text]));
        let all: Vec<_> = said(round).map(start).collect();
        for one in all {
            one.end().is(0, &[]);
        }
    };
    // While nobody drives they take the record one after the other.
    let desk = desk(FAILS);
    desk.mayday(&["run", "p"]).is(5, &[]);
    all_at_once(&desk, 1);
    each_once(&desk, said(1));
    // While somebody drives they leave it to the driver.
    let driven = super::desk(WAITS);
    let driver = Beside::start(driven.command(&["run", "p"]));
    until("the step has begun", || driven.path("begun").exists());
    all_at_once(&driven, 2);
    each_once(&driven, said(2));
    driven.write("go", "");
    let said_by_driver = driver.end();
    said_by_driver.is(0, &["ada: note 2.0", "ada: note 2.5"]);
    assert!(events(&driven).iter().all(|event| event["slip"]["alone"].is_null()));
}

#[test]
fn a_driver_that_stands_still_or_dies_finds_its_slips_later() {
    let desk = desk(WAITS);
    let driver = Beside::start(desk.command(&["run", "p"]));
    until("the step has begun", || desk.path("begun").exists());
    driver.signal(Signal::STOP);
    desk.mayday(&["note", "while it stood still"]).is(0, &["kept in its inbox"]);
    desk.mayday(&["status"]).is(0, &["INBOX    1 message"]);
    driver.signal(Signal::KILL);
    drop(driver);
    desk.mayday(&["note", "while it was dead"]).is(0, &["while it was dead"]);
    each_once(&desk, ["while it stood still".to_owned(), "while it was dead".to_owned()]);
    desk.write("go", "");
    desk.mayday(&["resume"]).is(0, &[]);
}

#[test]
fn a_note_that_is_killed_is_on_record_once_or_not_at_all() {
    let desk = desk(FAILS);
    desk.mayday(&["run", "p"]).is(5, &[]);
    let pause = |micros: i64| {
        let limit = rustix::time::Timespec { tv_sec: 0, tv_nsec: micros * 1000 };
        rustix::event::poll(&mut [], Some(&limit)).unwrap();
    };
    for n in 0..24 {
        let note = Beside::start(desk.command(&["note", &format!("killed {n}")]));
        pause(n * 700);
        note.signal(Signal::KILL);
        drop(note);
    }
    desk.mayday(&["note", "the last one"]).is(0, &[]);
    let notes = notes(&desk);
    for n in 0..24 {
        let text = format!("killed {n}");
        assert!(notes.iter().filter(|note| **note == text).count() <= 1, "{notes:?}");
    }
    let finished: Vec<_> = std::fs::read_dir(desk.path("state").join(desk.newest()).join("inbox"))
        .unwrap()
        .filter(|entry| entry.as_ref().unwrap().path().extension().is_some_and(|it| it == "slip"))
        .collect();
    assert!(finished.is_empty(), "every slip that was whole is on record");
    desk.mayday(&["verify", &desk.newest()]).is(0, &[]);
}

#[test]
fn one_line_for_a_status_bar_and_a_watch_from_elsewhere() {
    let desk = desk(WAITS);
    let nothing = desk.mayday(&["status", "--line"]);
    assert_eq!((nothing.code, nothing.all().as_str()), (Some(0), ""));
    let driver = Beside::start(desk.command(&["run", "p"]));
    until("the step has begun", || desk.path("begun").exists());
    let line = desk.mayday(&["status", "--line"]);
    line.is(0, &["SEV-3 p | here"]);
    assert_eq!(line.out.lines().count(), 1, "{}", line.out);
    // What it shows first tells that it watches from there on.
    let seen = std::fs::File::create(desk.path("watched")).unwrap();
    let watch = Beside(Some(desk.command(&["status", "--watch"]).stdout(seen).spawn().unwrap()));
    let watched = || std::fs::read_to_string(desk.path("watched")).unwrap();
    until("it watches", || watched().contains("RUNNING  w"));
    desk.mayday(&["note", "seen from elsewhere"]).is(0, &[]);
    desk.write("go", "");
    driver.end().is(0, &[]);
    watch.end().is(0, &[]);
    for words in ["seen from elsewhere", "COMPLETED"] {
        assert!(watched().contains(words), "{}", watched());
    }
    assert_eq!(desk.mayday(&["status", "--line"]).out, "");
}

#[test]
fn the_line_counts_from_where_the_objective_counts() {
    let desk = desk(FAILS);
    let text = std::fs::read_to_string(desk.path("playbooks/p.yaml")).unwrap();
    desk.write("playbooks/p.yaml", &text.replacen("steps:", "objectives: { rto: 2h }\nsteps:", 1));
    desk.mayday(&["run", "p", "--detected=-70m"]).is(5, &[]);
    // As the last row of the driver: from the detection on, not from the start of the run.
    desk.mayday(&["status", "--line"]).is(0, &["1:10:0", " of 2:00:00, "]);
}

#[test]
fn severity_news_and_a_reopened_incident_are_said_from_another_terminal() {
    let desk = desk(FAILS);
    desk.mayday(&["run", "p", "--detected=-70m"]).is(5, &[]);
    desk.mayday(&["severity", "SEV-9"]).is(2, &["none of SEV-1"]);
    desk.mayday(&["severity", "sev-1"]).is(0, &["SEV-1"]);
    desk.mayday(&["status"]).is(0, &["p  HERE  SEV-1  stopped"]);
    // Lowering has a reason, and what it already is changes nothing.
    desk.mayday(&["severity", "SEV-2"]).is(4, &["reason"]);
    desk.mayday(&["severity", "SEV-1"]).is(4, &["already"]);
    desk.mayday(&["severity", "SEV-2", "--reason", "one region only"]).is(0, &["SEV-2"]);
    desk.mayday(&["reopen", "--reason", "errors are back"]).is(4, &["reopen: "]);
    desk.mayday(&["mark", "mitigated", "--at=-10m"]).is(0, &[]);
    desk.mayday(&["reopen", "--at=-2m", "--reason", "errors are back"]).is(0, &[]);
    desk.mayday(&["update", "the status page says so"]).is(0, &["the status page says so"]);
    let kinds: Vec<_> = events(&desk).iter().map(|event| event["type"].clone()).collect();
    for (kind, times) in [("severity_changed", 2), ("reopened", 1), ("updated", 1)] {
        assert_eq!(kinds.iter().filter(|it| **it == kind).count(), times, "{kind}");
    }
}

#[test]
fn a_held_run_begins_no_step_until_it_is_released() {
    let later =
        format!("{WAITS}\n  - {{ id: l, title: Later, effect: read, shell: 'touch later' }}");
    let desk = desk(&later);
    let driver = Beside::start(desk.command(&["run", "p"]));
    until("the step has begun", || desk.path("begun").exists());
    desk.mayday(&["release"]).is(4, &["release: it is not held"]);
    desk.mayday(&["hold", "--reason", "fire alarm"]).is(0, &["fire alarm"]);
    desk.mayday(&["hold", "--reason", "again"]).is(4, &["hold: it is held already"]);
    desk.write("go", "");
    // Nobody can be asked whether it goes on, so the driver leaves; the flag that it names is taken.
    driver.end().is(7, &["fire alarm", "--answer hold="]);
    assert!(!desk.path("later").exists());
    desk.mayday(&["resume", "--no-input"]).is(7, &["--answer hold=yes"]);
    assert!(!desk.path("later").exists());
    desk.mayday(&["release"]).is(0, &[]);
    desk.mayday(&["resume", "--no-input"]).is(0, &["COMPLETED"]);
    assert!(desk.path("later").exists());
}

#[test]
fn the_flag_that_a_held_run_names_releases_it() {
    let desk = desk(FAILS);
    desk.mayday(&["run", "p"]).is(5, &[]);
    desk.mayday(&["hold", "--reason", "fire alarm"]).is(0, &[]);
    desk.mayday(&["resume", "--no-input"]).is(7, &["--answer hold=yes"]);
    desk.mayday(&["resume", "--no-input", "--answer", "hold=yes", "--answer", "f.menu=retry"])
        .is(5, &["The steps go on."]);
}

#[test]
fn an_objective_that_was_reached_is_told_with_what_was_left_or_by_how_much_it_was_missed() {
    let desk = desk("  - { id: ok, title: Look, effect: read, shell: 'true' }");
    let text = std::fs::read_to_string(desk.path("playbooks/p.yaml")).unwrap();
    for (rto, words, palabras) in [
        ("2m", "2m from detection", "se pasó por 08:0"),
        ("2m", "missed by 08:0", "se pasó por 08:0"),
        ("48h", "2d from detection", "cumplido con 47:"),
        ("48h", "met with 47:", "cumplido con 47:"),
    ] {
        let objective = format!("objectives: {{ rto: {rto}, ends: 'step:ok' }}\nsteps:");
        desk.write("playbooks/p.yaml", &text.replacen("steps:", &objective, 1));
        desk.mayday(&["run", "p", "--detected=-10m"]).is(0, &[]);
        desk.mayday(&["status"]).is(0, &[words]);
        desk.mayday(&["status", "--lang", "es"]).is(0, &[palabras]);
    }
}

#[test]
fn a_run_in_front_of_the_words_is_the_run_that_is_told() {
    let desk = desk(FAILS);
    desk.mayday(&["run", "p"]).is(5, &[]);
    let older = desk.newest();
    desk.mayday(&["run", "p"]).is(5, &[]);
    desk.mayday(&["note", &older, "for the older one"]).is(0, &[&older]);
    desk.mayday(&["update", &older, "told the older one"]).is(0, &[&older]);
    desk.mayday(&["note", &older]).is(0, &[&desk.newest()]);
    desk.mayday(&["note", "20250101-0000-abc", "is no run"]).is(0, &[]);
    assert_eq!(notes(&desk), [older.as_str(), "20250101-0000-abc is no run"]);
    let told = desk.mayday(&["report", &older]);
    told.is(0, &["for the older one", "told the older one"]);
}
