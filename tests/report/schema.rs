//! The schema of `report --format json`: every report fits it, and every field of it is in some report.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use mayday::report::earlier::Earlier;
use mayday::report::{self, Beside, Checked, Names, fields};
use serde_json::{Value, json};

use super::{Ends, context, every, full, now, runs, story};
use crate::support::desk::Desk;

/// What does not fit, by path. Knows the words that the schema uses, and no others.
pub(crate) fn faults(schema: &Value, value: &Value, path: &str, all: &mut Vec<String>) {
    for (word, rule) in schema.as_object().unwrap() {
        let fits = match word.as_str() {
            "type" => {
                let is = |word: &str| match word {
                    "string" => value.is_string(),
                    "integer" => value.is_i64() || value.is_u64(),
                    "boolean" => value.is_boolean(),
                    "array" => value.is_array(),
                    "object" => value.is_object(),
                    "null" => value.is_null(),
                    other => panic!("a type {other}"),
                };
                rule.as_array().map_or_else(
                    || is(rule.as_str().unwrap()),
                    |words| words.iter().any(|word| is(word.as_str().unwrap())),
                )
            }
            "enum" => rule.as_array().unwrap().contains(value),
            "const" => rule == value,
            "minimum" => value.as_i64().is_none_or(|number| number >= rule.as_i64().unwrap()),
            "format" => {
                assert_eq!(rule, "date-time");
                value.as_str().is_none_or(|at| at.parse::<mayday::time::Timestamp>().is_ok())
            }
            "required" => value.as_object().is_none_or(|map| {
                rule.as_array().unwrap().iter().all(|name| map.contains_key(name.as_str().unwrap()))
            }),
            "properties" => {
                for (name, inner) in value.as_object().into_iter().flatten() {
                    match rule.get(name) {
                        Some(rule) => faults(rule, inner, &format!("{path}.{name}"), all),
                        // Others may add fields; these reports have none that the schema does not tell of.
                        None => all.push(format!("{path}.{name} is not in the schema")),
                    }
                }
                true
            }
            "items" => {
                for inner in value.as_array().into_iter().flatten() {
                    faults(rule, inner, &format!("{path}[]"), all);
                }
                true
            }
            "$schema" | "title" | "description" => true,
            other => panic!("the schema says {other}"),
        };
        if !fits {
            all.push(format!("{path}: {word} {rule} against {value:.80}"));
        }
    }
}

fn fit(name: &str, told: &Value) {
    let mut all = Vec::new();
    faults(&fields::schema(), told, "", &mut all);
    all.sort();
    all.dedup();
    assert!(all.is_empty(), "{name}:\n{}", all.join("\n"));
}

/// Reports of all kinds of runs, whole and cut off, with and without what stands beside the record.
fn reports() -> Vec<(String, Value)> {
    let mut all = vec![
        ("clean".to_owned(), context(&runs::clean())),
        ("rough".to_owned(), full(&runs::rough())),
        ("full".to_owned(), full(&runs::full())),
        ("aborted".to_owned(), context(&runs::aborted())),
        ("stopped".to_owned(), context(&runs::stopped())),
        ("every".to_owned(), full(&every::story())),
        ("every drill".to_owned(), context(&every::drill())),
        ("example".to_owned(), fields::example()),
    ];
    for ends in [Ends::Passes, Ends::Fails, Ends::Invalid] {
        all.push(("drill".to_owned(), context(&runs::drill(ends))));
    }
    let mut bare = story::plan(mayday::plan::Mode::Real);
    bare.head.objectives.rto = None;
    let clean = runs::clean();
    let earlier = Earlier::of(&runs::aborted().events, Some(&bare)).into_iter().collect();
    let beside = Beside { base: "", earlier };
    let bare = report::context_with(&clean.events, Some(&bare), None, Names::Full, now(), &beside);
    all.push(("without an objective".to_owned(), bare));
    let damaged = Checked {
        sound: false,
        head: String::new(),
        findings: vec!["event 3 was changed".to_owned()],
    };
    let every = every::story();
    for length in (0..every.events.len()).step_by(17) {
        let events = &every.events[..length];
        let told = report::context(events, None, Some(&damaged), Names::Full, now());
        all.push((format!("the first {length} events"), told));
    }
    let mut long = runs::clean();
    for _ in 0..=report::MAX_LIST {
        long.note("still here");
    }
    all.push(("long".to_owned(), context(&long)));
    all
}

/// The values that fields have: `run.id`, `steps[].key`.
fn seen<'a>(value: &'a Value, path: &str, all: &mut BTreeMap<String, Vec<&'a Value>>) {
    match value {
        Value::Object(map) => {
            for (name, inner) in map {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                all.entry(path.clone()).or_default().push(inner);
                seen(inner, &path, all);
            }
        }
        Value::Array(items) => {
            for item in items {
                seen(item, &format!("{path}[]"), all);
            }
        }
        _ => {}
    }
}

#[test]
fn every_report_fits_the_schema_and_every_field_is_in_some_report() {
    let reports = reports();
    let mut all = BTreeMap::new();
    for (name, told) in &reports {
        fit(name, told);
        if name != "example" {
            seen(told, "", &mut all);
        }
    }
    let known = fields::groups().into_iter().flat_map(|group| group.fields);
    let known: BTreeMap<&str, fields::Field> = known.map(|field| (field.path, field)).collect();
    let real: BTreeSet<&str> = all.keys().map(String::as_str).collect();
    let told: BTreeSet<&str> = known.keys().copied().collect();
    assert_eq!(real.difference(&told).collect::<Vec<_>>(), Vec::<&&str>::new(), "told of nowhere");
    assert_eq!(told.difference(&real).collect::<Vec<_>>(), Vec::<&&str>::new(), "in no report");
    let ever = |null: bool| {
        let fields = all.iter().filter(|(path, _)| null || known[path.as_str()].nullable);
        let never = fields.filter(|(_, values)| values.iter().all(|value| value.is_null() == null));
        never.map(|(path, _)| path.as_str()).collect::<Vec<_>>()
    };
    assert_eq!(ever(true), Vec::<&str>::new(), "null in every report");
    assert_eq!(ever(false), Vec::<&str>::new(), "never null: say so");
}

#[test]
fn what_does_not_fit_is_found() {
    for (pointer, wrong) in [
        ("/context_version", json!(2)),
        ("/generated_at", json!("yesterday")),
        ("/run/mode", json!("rehearsal")),
        ("/steps/0/attempts", json!(-1)),
        ("/timeline/0/seq", json!("1")),
        ("/ledger", json!([])),
        ("/run", json!({})),
    ] {
        let mut told = context(&runs::clean());
        *told.pointer_mut(pointer).unwrap() = wrong;
        let mut all = Vec::new();
        faults(&fields::schema(), &told, "", &mut all);
        assert!(!all.is_empty(), "{pointer}");
    }
}

/// Runs that really ran, as the program tells them.
#[test]
fn reports_of_real_runs_fit_the_schema() {
    let desk = Desk::with(&[
        (
            "mayday.yaml",
            "contacts: { cto: { via: show } }\nenvironments: { local: { danger: low } }\n",
        ),
        (
            "playbooks/ok.yaml",
            "mayday: 1\nid: ok\ntitle: It works\nseverity: SEV-3\nobjectives: { rto: 5m }\nsteps:\n  - { id: look, title: Look, effect: read, shell: echo seen }\n  - { id: set, title: Set, effect: change, shell: echo set, expected: 1m }\ndrill:\n  environments: [local]\n  pass:\n    - { id: held, title: It held, must: true, points: 10, that: \"steps.look.status == 'ok'\" }\n",
        ),
        (
            "playbooks/no.yaml",
            "mayday: 1\nid: no\ntitle: It does not\nsteps:\n  - { id: f, title: Fail, effect: read, shell: 'exit 3', on_fail: stop }\n",
        ),
    ]);
    let told = |run: &str| -> Value {
        let said = desk.mayday(&["report", run, "--format", "json"]);
        said.is(0, &[]);
        serde_json::from_str(&said.out).unwrap()
    };
    let newest = |arguments: &[&str], code| {
        desk.mayday(arguments).is(code, &[]);
        desk.newest()
    };
    let finished = newest(&["run", "ok", "--env", "local", "--no-input"], 0);
    let open = newest(&["run", "no", "--env", "local", "--no-input"], 5);
    let aborted = newest(&["run", "no", "--env", "local", "--no-input"], 5);
    desk.mayday(&["abort", &aborted, "--reason", "wrong one", "--no-input"]).is(0, &[]);
    let drill = newest(&["drill", "run", "ok", "--env", "local", "--no-input"], 0);
    let damaged = newest(&["run", "no", "--env", "local", "--no-input"], 5);
    let record = desk.path(&format!("state/{damaged}/journal.jsonl"));
    let text = std::fs::read_to_string(&record).unwrap();
    std::fs::write(&record, text.replacen("exit code 3", "exit code 4", 1)).unwrap();
    for (run, status, mode) in [
        (&finished, "completed", "real"),
        (&open, "stopped", "real"),
        (&aborted, "aborted", "real"),
        (&drill, "completed", "drill"),
    ] {
        let told = told(run);
        fit(run, &told);
        assert_eq!((&told["run"]["status"], &told["run"]["mode"]), (&json!(status), &json!(mode)));
        assert_eq!(told["record"]["sound"], true);
    }
    let told = told(&damaged);
    fit("damaged", &told);
    assert_eq!(told["record"]["sound"], false, "{}", told["record"]);
    assert!(told["warnings"].to_string().contains("damaged or was changed"));
}

/// With the validator that others use, where there is one.
#[test]
fn a_validator_of_others_reads_the_schema_too() {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, value: &Value| {
        let file = folder.path().join(name);
        std::fs::write(&file, value.to_string()).unwrap();
        file
    };
    let schema = put("schema.json", &fields::schema());
    let report = put("report.json", &full(&every::story()));
    let script = "import json, sys\n\
        try:\n import jsonschema\nexcept ImportError:\n sys.exit(77)\n\
        s, r = (json.load(open(f)) for f in sys.argv[1:])\n\
        v = jsonschema.validators.validator_for(s); v.check_schema(s)\n\
        sys.exit(len(list(v(s).iter_errors(r))))\n";
    let done = Command::new("python3").args(["-c", script]).args([schema, report]).status();
    let code = done.ok().and_then(|status| status.code());
    assert!(matches!(code, None | Some(0 | 77 | 127)), "{code:?}");
}

#[test]
fn each_group_of_the_page_gives_what_it_shows() {
    let page = fields::page().unwrap();
    let example = fields::example();
    for group in fields::groups() {
        let (_, rest) = page.split_once(&format!("\n### {}\n", group.title)).unwrap();
        let shown = rest.split("```text\n").nth(1).unwrap().split("\n```").next().unwrap();
        let given = report::render(&group.template, "t", &example).unwrap();
        assert_eq!(shown, given.trim_end(), "{}", group.title);
        assert!(!shown.contains("none,") && shown.len() > 10, "{}: {shown}", group.title);
        for field in &group.fields {
            let row = format!("| `{}` | ", field.path);
            assert_eq!(page.matches(&row).count(), 1, "{row}");
        }
    }
}
