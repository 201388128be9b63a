//! Values made to hurt: stored and shown as they are, run and read by nobody (T1, T2, T3, T10, T14, B7).

use std::collections::BTreeSet;
use std::fs;

use mayday::journal::{Holder, RunId, Store, read};
use mayday::run::event::Event;
use mayday::secret::Redactor;
use mayday::template::{self, Fault, Lookup, Named, View};
use mayday::time::Timestamp;
use mayday::world::process::EnvValue;
use pulldown_cmark::{Event as Part, Parser, Tag, TagEnd};
use serde_json::{Value, json};

use crate::cli::{CONFIG, desk_with, files};
use crate::faults::{Count, Row, always, soak};
use crate::fuzz::properties;
use crate::support::desk::Said;
use crate::support::dice::Dice;
use crate::support::escapes::escapes;
use crate::support::hostile::strings;
use crate::support::process::Place;

/// Strings, and what terminals obey as text.
fn all() -> Vec<String> {
    let mut all = strings();
    let raw = escapes().into_iter().map(|escape| String::from_utf8_lossy(&escape.raw).into_owned());
    all.extend(raw.filter(|text| !text.contains('\0')));
    let mut seen = BTreeSet::new();
    all.retain(|text| seen.insert(text.clone()));
    all
}

fn count(list: &[String], times: usize) -> Count {
    always(u32::try_from(list.len() * times).unwrap())
}

/// As the name of a file: without what no name can have.
fn as_name(text: &str) -> String {
    let name: String = text.replace('/', "\u{2215}").chars().take(60).collect();
    if matches!(name.as_str(), "." | "..") { format!("{name}x") } else { name }
}

#[test]
fn no_value_becomes_a_command() {
    let all = all();
    assert!(all.len() >= 715);
    let mut row =
        Row::new("T1", "hostile strings x variable, argument, file name: literal", count(&all, 3));
    let place = Place::new();
    fs::create_dir(place.path("named")).unwrap();
    for (number, chunk) in all.chunks(50).enumerate() {
        let names: Vec<String> = (0..chunk.len()).map(|at| format!("V{at}")).collect();
        let quoted = |before: &str| {
            names.iter().map(|name| format!(" \"{before}${name}\"")).collect::<Vec<_>>().concat()
        };
        let named: Vec<(String, EnvValue)> = names
            .iter()
            .zip(chunk)
            .map(|(name, text)| (name.clone(), EnvValue::Plain(text.clone())))
            .collect();
        let mut spec = place.sh(&format!("printf '%s\\0'{}", quoted("")));
        spec.env.clone_from(&named);
        let said = |spec: &mayday::world::process::Prepared| {
            place.run(spec).0.facts["stdout"].as_str().unwrap().to_owned()
        };
        let whole = chunk.iter().map(|text| format!("{text}\0")).collect::<Vec<_>>().concat();
        assert!(said(&spec) == whole, "variables of chunk {number}");
        let mut argv = vec!["/bin/sh", "-c", "printf '%s\\0' \"$@\"", "sh"];
        argv.extend(chunk.iter().map(String::as_str));
        assert!(said(&place.command(&argv)) == whole, "arguments of chunk {number}");
        let mut spec = place.sh(&format!("for f in{}; do : > \"$f\"; done", quoted("named/")));
        spec.env = named
            .into_iter()
            .map(|(name, _)| name)
            .zip(chunk.iter().map(|text| EnvValue::Plain(as_name(text))))
            .collect();
        said(&spec);
        for text in chunk {
            assert!(place.path("named").join(as_name(text)).is_file(), "{text:?}");
            row.each_of(3);
        }
    }
    no_canary(&files(place.folder.path()));
}

#[track_caller]
fn no_canary(files: &[std::path::PathBuf]) {
    assert!(files.iter().all(|file| file.file_name().unwrap() != "CANARY"), "a value was run");
}

#[test]
fn a_run_takes_hostile_values_by_every_way_in() {
    // One value a line: what is a list becomes lines. Inputs with control characters are refused.
    let values: Vec<String> = all()
        .into_iter()
        .filter(|text| !text.chars().any(char::is_control) && text.trim() == *text)
        .collect();
    let mut row = Row::new(
        "T1",
        "the same as inputs of a whole run, read and change steps",
        count(&values, 2),
    );
    for effect in ["read", "change"] {
        let fields = "inputs: {names: {ask: Which?, type: list}, word: {ask: What?, type: string}}";
        let steps = format!(
            "  - {{id: say, title: 'Say {{{{ word }}}}', effect: {effect}, shell: 'printf %s \"$names\" > said; printf %s \"$word\" > word; printf %s \"$names\"'}}"
        );
        let desk = desk_with(CONFIG, fields, &steps);
        let listed: Vec<String> = values.iter().map(|value| yaml(value)).collect();
        desk.write("in.yaml", &format!("names: [{}]\n", listed.join(", ")));
        let word = "$(touch CANARY) {{ 7*7 }} '; DROP TABLE t; -- <b>|`x`";
        let operator = "ada'; touch CANARY; \u{1b}[2J|<b>";
        let input = format!("word={word}");
        let said = Said::from(
            desk.command(&[
                "run",
                "p",
                "--inputs",
                "in.yaml",
                "--input",
                &input,
                "--operator",
                operator,
                "--json",
            ])
            .output()
            .unwrap(),
        );
        said.is(0, &["$(touch CANARY) {{ 7*7 }}"]);
        assert_eq!(fs::read_to_string(desk.path("word")).unwrap(), word);
        let written = fs::read_to_string(desk.path("said")).unwrap();
        assert_eq!(written.lines().count(), values.len());
        let events: Vec<Value> =
            said.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert!(
            events.iter().any(|event| event["by"] == operator),
            "the operator's name is kept as it is"
        );
        for (value, line) in values.iter().zip(written.lines()) {
            assert_eq!(value, line);
            row.pass();
        }
        assert!(said.all().chars().all(|c| !c.is_control() || matches!(c, '\n' | '\t')));
        let report = desk.mayday(&["report", "--names", "full"]).all();
        assert!(!report.contains("<b>") && !report.contains('\u{1b}'), "{report}");
        no_canary(&files(&desk.path("")));
    }
}

/// A text in YAML, every character that is not plain as a number.
fn yaml(text: &str) -> String {
    let written = |c: char| match c {
        '"' | '\\' => format!("\\{c}"),
        ' '..='~' => c.to_string(),
        c => format!("\\U{:08X}", u32::from(c)),
    };
    format!("\"{}\"", text.chars().map(written).collect::<String>())
}

/// `x` and nothing else.
struct Only<'a>(&'a str);

impl Lookup for Only<'_> {
    fn name(&self, name: &str, _: View) -> Result<Option<Named>, Fault> {
        Ok((name == "x").then(|| Named::Value(self.0.into())))
    }

    fn step(&self, _: &str, _: View) -> Option<Value> {
        None
    }

    fn known(&self) -> Vec<String> {
        vec!["x".to_owned()]
    }
}

#[test]
fn no_value_becomes_a_template() {
    let strings = strings();
    let mut dice = Dice(0x5eed_0072);
    let mut row =
        Row::new("T2", "texts with data in them: the data is there as it was", always(10_000));
    row.each(|_| {
        let data = format!("{}{}", dice.pick(&strings), dice.pick(&strings));
        let (text, filled) = *dice.pick(&[
            ("<{{ x }}>", "<%>"),
            ("{{ x }}{{ x }}", "%%"),
            ("a {{ x | default('y') }} b", "a % b"),
            ("{{ '{{' }} {{ x }}", "{{ %"),
        ]);
        assert_eq!(template::render(text, &Only(&data)).unwrap(), filled.replace('%', &data));
    });
}

#[cfg(feature = "sqlite")]
#[test]
fn no_value_becomes_a_statement() {
    use crate::sql::{facts, job, with};
    use mayday::effect::TargetKind;
    let strings = strings();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("t.db");
    let table = rusqlite::Connection::open(&file).unwrap();
    table
        .execute_batch("CREATE TABLE t (v TEXT); INSERT INTO t VALUES ('a'), ('b'), ('c');")
        .unwrap();
    let path = file.to_str().unwrap();
    let mut row =
        Row::new("T3", "hostile strings as SQL parameters and names, SQLite", count(&strings, 1));
    for text in &strings {
        let query = "SELECT :v AS v, length(CAST(:v AS BLOB)) AS n, (SELECT count(*) FROM t) AS rows, 1 AS :\"name\"";
        let said = facts(&with(
            job(TargetKind::Sqlite, path, &[query]),
            json!({ "v": text, "name": text }),
        ));
        let first = &said["rows"][0];
        assert_eq!(
            (&first["v"], &first["n"], &first["rows"]),
            (&json!(text), &json!(text.len()), &json!(3))
        );
        assert!(
            first.get(text).is_some() || ["v", "n", "rows"].contains(&text.as_str()),
            "{text:?} names a column"
        );
        row.pass();
    }
    #[cfg(feature = "postgres")]
    {
        let server = crate::support::postgres::Server::start();
        let mut row =
            Row::new("T3", "hostile strings as SQL parameters, PostgreSQL", count(&strings, 1));
        for chunk in strings.chunks(60) {
            let named: serde_json::Map<String, Value> = (0..)
                .zip(chunk)
                .map(|(at, text): (usize, _)| (format!("p{at}"), json!(text)))
                .collect();
            let columns: Vec<String> =
                (0..chunk.len()).map(|at| format!(":p{at}::text AS c{at}")).collect();
            let url = server.url("postgres", "?sslmode=disable");
            let query = format!("SELECT {}", columns.join(", "));
            let said =
                facts(&with(job(TargetKind::Postgres, &url, &[&query]), Value::Object(named)));
            for (at, text) in chunk.iter().enumerate() {
                assert_eq!(said["rows"][0][format!("c{at}")], json!(text));
                row.pass();
            }
        }
    }
}

/// The first heading of a page, read back.
fn heading(page: &str) -> String {
    let mut text = String::new();
    for part in
        Parser::new(page).skip_while(|part| !matches!(part, Part::Start(Tag::Heading { .. })))
    {
        match part {
            Part::Text(words) => text += &words,
            Part::End(TagEnd::Heading(_)) => break,
            Part::Start(Tag::Heading { .. }) => {}
            other => panic!("{other:?} in {text}"),
        }
    }
    text
}

#[test]
fn what_is_recorded_is_what_was_said_and_a_page_shows_it() {
    let strings = strings();
    let mut row = Row::new(
        "B7",
        "hostile strings x 7 places: stored and shown literally",
        count(&strings, 7),
    );
    let folder = tempfile::tempdir().unwrap();
    let store = Store::new(folder.path().join("runs"));
    let at = Timestamp::from_millis(1_795_371_600_000);
    let holder = Holder { operator: "maria".into(), since: at };
    let mut created = store
        .create(&RunId::parse("20261122-1820-p2c").unwrap(), &[], &holder, Box::new(|_| None))
        .unwrap();
    let event = |kind: &Value, by: &str| -> Event {
        let mut event = json!({ "at": "2026-11-22T18:20:00.000Z", "boot_ms": 1, "by": by });
        event.as_object_mut().unwrap().extend(kind.as_object().unwrap().clone());
        serde_json::from_value(event).unwrap()
    };
    let golden = include_str!("../fixtures/journal/v1.jsonl");
    let opened: Value =
        serde_json::from_str::<Value>(golden.lines().next().unwrap()).unwrap()["ev"].take();
    let mut said = Vec::new();
    for text in &strings {
        let mut titled = opened.clone();
        titled["title"] = json!(text);
        let ended = |facts: Value| json!({ "type": "ended", "step": "count", "attempt": 1, "part": 0, "ending": { "ended": "done" }, "facts": facts, "elapsed": "1s", "verdict": { "is": "pass" } });
        said.extend([
            serde_json::from_value(titled).unwrap(),
            event(&json!({ "type": "noted", "text": text }), text),
            event(&json!({ "type": "answered", "step": "count", "question": "gate", "answer": text, "source": "operator" }), "maria"),
            event(&json!({ "type": "input_given", "name": "table", "value": text, "source": "flag" }), "maria"),
            event(&ended(json!({ "stdout": text })), "mayday"),
            event(&ended(json!({ "rows": [{ "v": text }] })), "mayday"),
        ]);
    }
    for event in &said {
        created.journal.stage(event.clone()).unwrap();
    }
    created.journal.commit().unwrap();
    let found = read(&created.dir).unwrap().events;
    assert_eq!(found.len(), said.len());
    let raw = fs::read_to_string(created.dir.journal()).unwrap();
    assert_eq!(raw.lines().count(), said.len(), "a value is no line of the record");
    assert!(raw.chars().all(|c| c == '\n' || !c.is_control()));
    let place = Place::new();
    for (text, events) in strings.iter().zip(found.chunks(6).zip(said.chunks(6))) {
        for ((_, found), said) in events.0.iter().zip(events.1) {
            assert_eq!(found, said);
            row.pass();
        }
        fs::write(place.path(&as_name(text)), text).unwrap();
        let kept =
            place.sink().keep_file(&place.path(&as_name(text)), &Redactor::default()).unwrap();
        assert!(kept.path.starts_with("evidence/"), "{}", kept.path);
        assert!(
            kept.path["evidence/".len()..]
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "._-".contains(c)),
            "{}",
            kept.path
        );
        assert_eq!(fs::read_to_string(place.path(&kept.path)).unwrap(), *text);
        fs::remove_file(place.path(&kept.path)).unwrap();
        row.pass();
    }
    // On a page: one heading, and in it the very words, as far as they can be seen.
    let every = if soak() { 1 } else { 3 };
    let pages = strings.len().div_ceil(every);
    let what = "hostile strings everywhere on a post-mortem: its shape stays";
    let mut row = Row::new("B7", what, always(u32::try_from(pages).unwrap()));
    for text in strings.iter().step_by(every) {
        if text.trim_matches(|c: char| c.is_whitespace() || c.is_control()).is_empty() {
            row.pass();
            continue;
        }
        let page = properties::sound_page(text);
        if text.chars().all(|c| !c.is_control()) && mayday::text::sanitise(text) == *text {
            let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
            assert_eq!(words(&heading(&page)), words(&format!("Post-mortem: {text}")));
        }
        row.pass();
    }
    let mut row = Row::new("T14", "escape sequences in a post-mortem: shown as signs", always(100));
    let escapes = escapes();
    row.each(|round| properties::postmortem_md(&escapes[round as usize * 5 % escapes.len()].raw));
}
