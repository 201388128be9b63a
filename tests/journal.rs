//! The record and the run folder, on real files: what must survive, and what must be noticed.
#![expect(
    clippy::disallowed_methods,
    reason = "a child is this test again, told what to do by a variable"
)]

use std::fs;
use std::path::PathBuf;

use mayday::journal::{
    Condition, Created, Holder, Journal, Redact, Resumed, RunDir, RunId, Store, Trouble, read,
    verify,
};
use mayday::run::event::{Event, Kind};
use mayday::time::Timestamp;
use tempfile::TempDir;

mod damage;
mod disk;
mod folder;
pub(crate) mod kill;

/// The run that the golden record belongs to.
const GOLDEN_RUN: &str = "20261122-1820-p2c";
const GOLDEN: &str = include_str!("fixtures/journal/v1.jsonl");

fn holder() -> Holder {
    Holder { operator: "maria".into(), since: Timestamp::from_millis(1_795_371_600_000) }
}

fn nothing() -> Redact {
    Box::new(|_| None)
}

pub(crate) fn id() -> RunId {
    RunId::parse(GOLDEN_RUN).unwrap()
}

/// The golden record's first event, for records that must begin like a run.
fn opened() -> Event {
    event_of(GOLDEN.lines().next().unwrap())
}

fn event_of(line: &str) -> Event {
    let line: serde_json::Value = serde_json::from_str(line).unwrap();
    serde_json::from_value(line["ev"].clone()).unwrap()
}

fn noted(text: impl Into<String>) -> Event {
    let kind = Kind::Noted { text: text.into(), when: None, files: Vec::new() };
    Event {
        at: Timestamp::from_millis(1_795_371_600_000),
        boot_ms: 7,
        by: "maria".into(),
        slip: None,
        kind,
    }
}

fn create(store: &Store) -> Created {
    store.create(&id(), &[], &holder(), nothing()).unwrap()
}

pub(crate) fn resume(store: &Store) -> Result<Resumed, Trouble> {
    store.resume(&id(), &holder(), nothing())
}

/// A store in a folder that vanishes with it.
fn store() -> (TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::new(folder.path().join("runs"));
    (folder, store)
}

/// A run of `events` events, its lock free again.
fn run_of(store: &Store, events: usize, checkpoint: bool) -> RunDir {
    let Created { mut journal, dir, .. } = create(store);
    fill(&mut journal, events);
    if checkpoint {
        journal.checkpoint().unwrap();
    }
    dir
}

fn fill(journal: &mut Journal, events: usize) {
    for number in 0..events {
        let event = if number == 0 { opened() } else { noted(format!("n={number}")) };
        let (seq, _) = journal.stage(event).unwrap();
        assert_eq!(seq, u64::try_from(number).unwrap());
    }
    journal.commit().unwrap();
}

fn lines(dir: &RunDir) -> Vec<String> {
    fs::read_to_string(dir.journal()).unwrap().lines().map(str::to_owned).collect()
}

fn write_lines(dir: &RunDir, lines: &[String]) {
    fs::write(dir.journal(), lines.iter().fold(String::new(), |all, line| all + line + "\n"))
        .unwrap();
}

/// A record's line, built without the code under test.
fn forge(seq: usize, prev: &str, event: &str) -> String {
    let body = format!("{{\"seq\":{seq},\"prev\":\"{prev}\",\"ev\":{event}");
    let hash = sha256(body.as_bytes());
    format!("{body},\"hash\":\"{hash}\"}}")
}

fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    let digits = |byte: &u8| [byte >> 4, byte & 15].map(|digit| char::from_digit(digit.into(), 16));
    sha2::Sha256::digest(bytes).iter().flat_map(digits).flatten().collect()
}

/// The hash that ends a line.
fn hash_of(line: &str) -> String {
    line[line.len() - 66..line.len() - 2].to_owned()
}

/// A run folder that holds the golden record.
fn golden(store: &Store) -> RunDir {
    let dir = create(store).dir;
    fs::write(dir.journal(), GOLDEN).unwrap();
    dir
}

#[test]
fn what_is_appended_is_what_is_read() {
    let (_folder, store) = store();
    let Created { mut journal, dir, .. } = create(&store);
    let events: Vec<Event> = GOLDEN.lines().map(event_of).collect();
    for (number, event) in events.iter().enumerate() {
        let (seq, recorded) = journal.append(event.clone()).unwrap();
        assert_eq!((usize::try_from(seq).unwrap(), &recorded), (number, event));
    }
    let found = read(&dir).unwrap();
    assert_eq!(found.scan.condition, Condition::Clean);
    assert_eq!(found.events.into_iter().map(|(_, event)| event).collect::<Vec<_>>(), events);

    // The chain as any other program would compute it.
    let mut prev = "0".repeat(64);
    for (seq, line) in lines(&dir).iter().enumerate() {
        let event = &line[line.find("\"ev\":").unwrap() + 5..line.len() - 75];
        assert_eq!(*line, forge(seq, &prev, event));
        prev = hash_of(line);
    }
    assert_eq!(journal.head().unwrap().hash.hex(), prev);
}

#[test]
fn a_group_of_events_costs_one_sync() {
    let (_folder, store) = store();
    let mut journal = create(&store).journal;
    fill(&mut journal, 1);
    // The outcome of a step and the announcement of the next are one commit: N steps, N + 1 syncs.
    for step in 0..100 {
        journal.stage(noted(format!("outcome {step}"))).unwrap();
        journal.stage(noted(format!("intent {step}"))).unwrap();
        journal.commit().unwrap();
    }
    journal.commit().unwrap();
    assert_eq!(journal.syncs(), 101);
    assert_eq!(journal.next_seq(), 201);
}

#[test]
fn records_of_every_released_version_open() {
    let (_folder, store) = store();
    let dir = golden(&store);
    let found = read(&dir).unwrap();
    assert_eq!(found.scan.condition, Condition::Clean);
    assert_eq!(found.events.len(), GOLDEN.lines().count());
    for (line, (_, event)) in GOLDEN.lines().zip(&found.events) {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        let now = serde_json::to_value(event).unwrap();
        for (name, value) in line["ev"].as_object().unwrap() {
            let left_out = value.as_array().is_some_and(Vec::is_empty);
            assert!(left_out || now[name] == *value, "{name} of {line} became {now}");
        }
    }
    crate::faults::Row::new("F15", "records of released versions open", crate::faults::always(1))
        .pass();
}

#[test]
fn a_newer_format_is_refused_in_a_sentence() {
    let (_folder, store) = store();
    let dir = run_of(&store, 1, false);
    let event = r#"{"type":"begun","format":2,"what":"nobody knows"}"#;
    write_lines(&dir, &[forge(0, &"0".repeat(64), event)]);
    let before = fs::read(dir.journal()).unwrap();
    assert_eq!(read(&dir).unwrap().scan.condition, Condition::NewerFormat { found: 2 });
    let refused = resume(&store).err().unwrap();
    assert_eq!(
        refused.to_string(),
        format!("read run {GOLDEN_RUN}: its record has format 2, this mayday reads up to 1")
    );
    assert_eq!(refused.hint().unwrap(), "use the mayday that wrote it, or a newer one");
    assert!(!verify(&dir).unwrap().is_sound());
    assert_eq!(fs::read(dir.journal()).unwrap(), before);
}

#[test]
fn an_event_is_redacted_and_cut_to_fit_one_record() {
    let (_folder, store) = store();
    let redact: Redact =
        Box::new(|text| text.contains("hunter22").then(|| text.replace("hunter22", "[REDACTED]")));
    let Created { mut journal, dir, .. } = store.create(&id(), &[], &holder(), redact).unwrap();
    // The cut falls into the middle of a secret: it must be gone before.
    let long = format!("abc{}", "hunter22".repeat(100_000));
    let (_, recorded) = journal.append(noted(long)).unwrap();
    let text = fs::read_to_string(dir.journal()).unwrap();
    assert!(text.len() <= 65_536 + 1, "{}", text.len());
    assert!(!text.contains("hunt") && text.contains("[cut: "), "{}", &text[..400]);
    assert_eq!(read(&dir).unwrap().events, [(0, recorded)]);
}

#[test]
fn any_value_a_step_may_bring_back_is_read_as_it_was_recorded() {
    let (_folder, store) = store();
    let Created { mut journal, dir, .. } = create(&store);
    let mut nested = serde_json::json!(1);
    // A JSON body may be as deep as the reader lets it be; the event adds its own levels to that.
    for _ in 0..126 {
        nested = serde_json::json!([{ "a": nested }]);
    }
    let values = serde_json::json!([
        nested, 0.1 + 0.2, 5e-324, -0.0, 1e300, 1.797_693_134_862_315_7e308, 123_456_789.123_456_78,
        u64::MAX, i64::MIN, "\u{0}\u{2028}\u{e0041}\"\\", { "": null, "type": "closed", "at": 7 },
    ]);
    let mut event = event_of(GOLDEN.lines().nth(6).unwrap());
    let Kind::Ended { facts, .. } = &mut event.kind else { panic!("{event:?}") };
    for (number, value) in (0..).zip(values.as_array().unwrap()) {
        facts.insert(format!("type{number}"), value.clone());
    }
    let (_, recorded) = journal.append(event).unwrap();
    let found = read(&dir).unwrap();
    assert_eq!(found.scan.condition, Condition::Clean);
    assert_eq!(found.events, [(0, recorded)]);
}

/// How to run one test of this binary again as a child.
pub(crate) fn this_test(name: &str) -> std::process::Command {
    let mut child = std::process::Command::new(std::env::current_exe().unwrap());
    child.args([name, "--exact", "--nocapture", "--test-threads=1"]);
    child
}

/// Whether system calls can be made to fail here; says so when not.
pub(crate) fn has_strace() -> bool {
    let works = std::process::Command::new("strace")
        .args(["-o", "/dev/null", "true"])
        .status()
        .is_ok_and(|status| status.success());
    if !works {
        skipped("no strace here");
    }
    works
}

/// Says on the test's own output that a part of it could not be run here.
fn skipped(why: &str) {
    let mut out = std::io::stdout();
    std::io::Write::write_all(&mut out, format!("skipped: {why}\n").as_bytes()).unwrap();
}

/// The folder that the parent gave this process to work in; `None` when this is the parent.
fn told(variable: &str) -> Option<PathBuf> {
    std::env::var_os(variable).map(PathBuf::from)
}
