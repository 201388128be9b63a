//! What must hold for any bytes at all, one function for each way in.
//!
//! The fuzz targets beside this file call them with what the fuzzer invents, and `tests/fuzz.rs` with the seeds
//! and findings that are kept in `seeds/`. A function panics when its property is broken. Knows nothing of
//! the fuzzer.

use std::borrow::Cow;
use std::fs;

use base64::Engine as _;
use mayday::diagnostic::{SourceFile, render};
use mayday::effect::{EffectClass, Facts, Output};
use mayday::journal::{Condition, Hash, Holder, RunDir, RunId, Store, read, verify};
use mayday::playbook::{catalogue, check, parse};
use mayday::report::{self, Names};
use mayday::secret::{Redactor, SecretValue};
use mayday::template::{self, Fault, Lookup, Named, View, WithFacts};
use mayday::text;
use mayday::time::{Span, Timestamp, Zone};
use serde_json::Value;

#[path = "pages.rs"]
mod pages;

pub use pages::{postmortem_md, render_limited, sound_page};

/// A property and the name of its target and of the folder of its seeds.
pub type Property = (&'static str, fn(&[u8]));

/// All of them.
pub const ALL: [Property; 10] = [
    ("exit_json", exit_json),
    ("expression", expression),
    ("journal_scan", journal_scan),
    ("playbook_load", playbook_load),
    ("postmortem_md", postmortem_md),
    ("redact", redact),
    ("render_limited", render_limited),
    ("sanitise", sanitise),
    ("sql_classify", sql_classify),
    ("time", time),
];

const GOLDEN: &str = include_str!("../tests/fixtures/journal/v1.jsonl");

fn now() -> Timestamp {
    Timestamp::from_millis(1_795_371_600_000)
}

fn lossy(data: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(data)
}

/// A playbook is read or refused, and every fault has a page, a place in the file, and harmless words.
pub fn playbook_load(data: &[u8]) {
    let Ok(file) = parse::read_source("playbook.yaml", data.to_vec()) else { return };
    let parsed = parse::playbook(&file);
    assert!(parsed.value.is_some() || !parsed.faults.is_empty(), "refused without a word");
    let set = check::Set { playbooks: &[parsed], config: None, today: now() };
    let faults = check::check(&set);
    for fault in &faults {
        assert!(catalogue::explain(fault.code.0).is_some(), "{} has no page", fault.code.0);
        assert!(!fault.labels.is_empty(), "{} has no place", fault.message);
        for label in &fault.labels {
            assert!(label.file.text.get(label.range.clone()).is_some(), "{}", fault.message);
        }
    }
    harmless(&render::human(&faults, false, 100));
    for line in render::json(&faults).lines() {
        assert!(serde_json::from_str::<Value>(line).is_ok(), "{line}");
    }
    let config = parse::config(&SourceFile::new("mayday.yaml", lossy(data)));
    harmless(&render::human(&config.faults, false, 100));
}

/// A terminal obeys nothing of it.
fn harmless(shown: &str) {
    let acts = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
    assert!(!shown.chars().any(acts), "{shown:?}");
    assert!(!shown.contains(['\u{202e}', '\u{2066}', '\u{200b}', '\u{feff}']), "{shown:?}");
}

/// A record is read as far as it is whole, the same way twice; what is read is a state that can be shown.
pub fn journal_scan(data: &[u8]) {
    thread_local! {
        static RUN: (tempfile::TempDir, RunDir) = a_run();
    }
    let Some((how, data)) = data.split_first() else { return };
    let bytes = if how % 2 == 0 { data.to_vec() } else { edited(GOLDEN.as_bytes().to_vec(), data) };
    RUN.with(|(_folder, dir)| {
        fs::write(dir.journal(), &bytes).unwrap();
        let found = read(dir).unwrap();
        let scan = &found.scan;
        assert_eq!(found.events.len() as u64, scan.events);
        let good = usize::try_from(scan.bytes).unwrap();
        assert!(good <= bytes.len());
        assert!(scan.events <= bytes.split(|byte| *byte == b'\n').count() as u64);
        let verified = verify(dir).unwrap();
        let whole = matches!(scan.condition, Condition::Clean | Condition::Torn { .. });
        assert!(whole || !verified.is_sound());
        let context = report::context(&found.events, None, None, Names::Full, now());
        assert_eq!(context["timeline"].as_array().map(Vec::len), Some(found.events.len()));
        // What was good alone is good.
        fs::write(dir.journal(), &bytes[..good]).unwrap();
        let again = read(dir).unwrap();
        assert_eq!(again.scan.condition, Condition::Clean);
        assert_eq!(again.events, found.events);
    });
}

fn a_run() -> (tempfile::TempDir, RunDir) {
    let folder = tempfile::tempdir().unwrap();
    let id = RunId::parse("20261122-1820-p2c").unwrap();
    let holder = Holder { operator: "maria".into(), since: now() };
    let store = Store::new(folder.path().join("runs"));
    let created = store.create(&id, &[], &holder, Box::new(|_| None)).unwrap();
    (folder, created.dir)
}

/// Some of the bytes replaced, put in or taken out.
fn edited(mut bytes: Vec<u8>, edits: &[u8]) -> Vec<u8> {
    for edit in edits.chunks_exact(4) {
        let at = usize::from(u16::from_le_bytes([edit[0], edit[1]])) % bytes.len();
        match edit[2] % 4 {
            0 => bytes[at] = edit[3],
            1 => bytes.insert(at, edit[3]),
            2 => drop(bytes.drain(at..(at + usize::from(edit[3])).min(bytes.len()))),
            _ => bytes.truncate(at.max(1)),
        }
        if bytes.is_empty() {
            break;
        }
    }
    bytes
}

/// The end that a keeper left is told when every byte is as it was written, and else not at all.
pub fn exit_json(data: &[u8]) {
    const ATTEMPT: &str = "000007-restore.1";
    let facts = Facts::from_iter([("exit_code".into(), 3.into())]);
    let output = Output::done(facts, Span::from_secs(9));
    let seal = |body: &[u8]| {
        let hash = Hash::of(body).hex();
        [body, b",\"hash\":\"", hash.as_bytes(), b"\"}\n"].concat()
    };
    let body = serde_json::json!({ "attempt": ATTEMPT, "output": output }).to_string();
    let good = seal(&body.as_bytes()[..body.len() - 1]);
    assert_eq!(mayday::world::keeper::end_in(&good, ATTEMPT), Some(output));
    assert_eq!(mayday::world::keeper::end_in(&good, "000008-restore.1"), None);
    let Some((how, data)) = data.split_first() else { return };
    match how % 3 {
        0 => assert_eq!(mayday::world::keeper::end_in(data, ATTEMPT), None),
        1 => {
            let bad = edited(good.clone(), data);
            assert!(bad == good || mayday::world::keeper::end_in(&bad, ATTEMPT).is_none());
        }
        // Whoever seals it can say anything, but must say it in our words.
        _ => drop(mayday::world::keeper::end_in(&seal(data), ATTEMPT)),
    }
}

/// Parameters are found where they stand, and no comment, string or case hides what a statement does.
pub fn sql_classify(data: &[u8]) {
    let statement = lossy(data);
    let mut end = 0;
    for found in mayday::steps::scan(&statement) {
        assert!(found.range.start >= end && found.range.end > found.range.start);
        end = found.range.end;
        let written = &statement[found.range.clone()];
        let name = if found.identifier { written[1..].trim_matches('"') } else { &written[1..] };
        assert_eq!((written.starts_with(':'), name), (true, found.name.as_str()), "{statement}");
    }
    let refused = |text: &str| mayday::world::sql::refused(text, EffectClass::Read).is_some();
    let _ = refused(&statement);
    let comment = statement.replace('/', " ");
    assert!(refused(&format!("/*{comment} */ COMMIT")), "{statement}");
    let line = statement.replace('\n', " ");
    assert!(refused(&format!("--{line}\n rollback")), "{statement}");
    let string = statement.replace('\'', "''");
    assert!(!refused(&format!("SELECT '{string}'")), "{statement}");
    assert!(refused(&format!("COPY t TO '{string}'")), "{statement}");
    assert_eq!(mayday::steps::scan(&format!("SELECT '{string}'")).len(), 0, "{statement}");
}

/// Nothing has a value but `x` and `n`.
struct Few<'a>(&'a str);

impl Lookup for Few<'_> {
    fn name(&self, name: &str, _: View) -> Result<Option<Named>, Fault> {
        Ok(match name {
            "x" => Some(Named::Value(self.0.into())),
            "n" => Some(Named::Value(Value::from(50))),
            "rows" => Some(Named::Value(serde_json::json!([{ "n": 1, "t": self.0 }, null, []]))),
            _ => None,
        })
    }

    fn step(&self, _: &str, _: View) -> Option<Value> {
        None
    }

    fn known(&self) -> Vec<String> {
        vec!["x".to_owned(), "n".to_owned(), "rows".to_owned()]
    }
}

/// An expression has a value or a fault, and data in a text stays as it is.
pub fn expression(data: &[u8]) {
    let source = lossy(data);
    let facts = Facts::new();
    let names = WithFacts { facts: &facts, outer: &Few(&source) };
    let value = template::evaluate(&source, &names);
    let held = template::holds(&source, &names);
    if let (Ok(Value::Bool(value)), Ok(held)) = (&value, &held) {
        assert_eq!(*value, held.truth, "{source}");
    }
    for fault in [value.err(), held.err()].into_iter().flatten() {
        let range = fault.range.clone();
        assert!(range.is_none_or(|range| source.get(range).is_some()), "{source:?}: {fault:?}");
    }
    let _ = template::names_in_expression(&source);
    let _ = template::names_in_text(&source);
    let _ = template::render(&source, &names);
    let _ = template::render_url(&source, &names);
    if source.len() < 10_000 {
        assert_eq!(template::render("<{{ x }}>", &names).unwrap(), format!("<{source}>"));
    }
}

/// What is read as a time or a length of time is written so that it is read again as the same.
pub fn time(data: &[u8]) {
    let text = lossy(data);
    let zone = Zone::east_opt(i32::from(data.first().copied().unwrap_or(0)) * 300).unwrap();
    if let Ok(at) = Timestamp::parse_human(&text, now(), zone) {
        let _ = (at.clock(), at.date_clock());
        assert!(text.trim().starts_with('-') || at.rfc3339().parse() == Ok(at), "{text}");
    }
    if let Ok(span) = text.parse::<Span>() {
        let _ = (span.clock(), span.std(), now() - span, now() + span);
        assert_eq!(span.to_string().parse(), Ok(span), "{text}");
    }
    let number = data.iter().take(8).fold(0_i64, |all, byte| all << 8 | i64::from(*byte));
    let (at, span) = (Timestamp::from_millis(number), Span::from_millis(number));
    let _ = (at.rfc3339(), at.clock(), span.to_string(), span.clock(), at + span, at.since(now()));
}

/// What reaches a screen is text and nothing else, and cleaning it twice changes nothing.
pub fn sanitise(data: &[u8]) {
    let raw = lossy(data);
    let clean = text::sanitise(&raw);
    harmless(&clean);
    assert_eq!(text::sanitise(&clean), clean);
    let line = text::one_line(&raw);
    harmless(&line);
    assert!(!line.contains(['\n', '\t']) && text::one_line(&line) == line, "{line:?}");
    assert!(text::cut(&clean, 20).chars().count() <= 20);
    let value = Value::from(raw.as_ref());
    let json = value.to_string();
    let json = text::json(&json);
    harmless(&json);
    assert_eq!(serde_json::from_str::<Value>(&json).unwrap(), value);
}

/// The secrets of [`redact`].
const SECRETS: [(&str, &str); 6] = [
    ("word", "hunter2!"),
    ("longer", "er2!hunter2!hu"),
    ("token", "sk_live/51H8+Q=='\"&<x>"),
    ("url", "postgres://app:s3cr%2Ft-pw@db.example:5432/app?sslmode=require&application_name=x"),
    ("pem", "-----BEGIN KEY-----\nMIIEvQIBADANBgkq\nhkiG9w0BAQEFAASC\n-----END KEY-----"),
    ("same", "aaaaaaaa"),
];

/// What other programs write for a secret; made without the code under test.
fn variants() -> Vec<String> {
    let b64 = base64::engine::general_purpose::STANDARD;
    let url = base64::engine::general_purpose::URL_SAFE;
    let mut all = vec!["s3cr/t-pw".to_owned(), "hkiG9w0BAQEFAASC".to_owned()];
    for (_, value) in SECRETS {
        let percent = |byte: u8| match byte {
            byte if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => {
                char::from(byte).to_string()
            }
            byte => format!("%{byte:02X}"),
        };
        let json = Value::from(value).to_string();
        all.extend([value.to_owned(), json[1..json.len() - 1].to_owned()]);
        all.push(value.bytes().map(percent).collect());
        let hex: Vec<String> = value.bytes().map(|byte| format!("{byte:02x}")).collect();
        all.push(hex.concat());
        all.push(value.replace('\'', "'\\''"));
        all.push(value.replace('\'', "''"));
        for before in ["", "u", "us"] {
            let whole = format!("{before}{value}");
            all.extend([b64.encode(&whole), url.encode(&whole)]);
        }
    }
    all
}

/// The redactor of [`SECRETS`].
fn redactor() -> Redactor {
    let values = SECRETS.map(|(name, value)| (name, SecretValue::from(value)));
    Redactor::new(values.iter().map(|(name, value)| (*name, value))).0
}

/// Hiding does not depend on where the bytes were cut, and leaves no form of a secret. A byte of the input
/// stands for itself, or from 0x80 on for a form of a secret, or a part of one.
pub fn redact(data: &[u8]) {
    thread_local! {
        static KNOWN: (Redactor, Vec<String>) = (redactor(), variants());
    }
    let Some((count, data)) = data.split_first() else { return };
    let (cuts, data) = data.split_at(data.len().min(usize::from(*count) % 16));
    KNOWN.with(|(redactor, variants)| {
        let mut bytes = Vec::new();
        let mut rest = data.iter();
        while let Some(byte) = rest.next() {
            let variant = variants[usize::from(*byte) % variants.len()].as_bytes();
            match byte {
                0..0x80 => bytes.push(*byte),
                0x80..0xc0 => bytes.extend_from_slice(variant),
                _ => {
                    let part = usize::from(rest.next().copied().unwrap_or(0)) % variant.len();
                    bytes.extend_from_slice(&variant[part..]);
                    bytes.extend_from_slice(&variant[..part]);
                }
            }
        }
        let whole = redactor.redact_bytes(&bytes).into_owned();
        let mut stream = redactor.stream();
        let (mut out, mut at) = (Vec::new(), 0);
        for cut in cuts {
            let next = (at + usize::from(*cut)).min(bytes.len());
            out.extend(stream.push(&bytes[at..next]));
            at = next;
        }
        out.extend(stream.push(&bytes[at..]));
        out.extend(stream.finish());
        assert_eq!(lossy(&out), lossy(&whole));
        for variant in variants {
            let stays = whole.windows(variant.len()).any(|window| window == variant.as_bytes());
            assert!(!stays, "{variant} stays in {}", lossy(&whole));
        }
        let shown = redactor.redact_shown(&lossy(&bytes)).into_owned();
        let shown = text::sanitise(&shown);
        for (name, value) in SECRETS {
            assert!(!shown.contains(value), "{name} is shown in {shown}");
        }
    });
}
