//! Files made to hurt: each is refused with a place, before anything is built from it.

use mayday::diagnostic::Diagnostic;
use mayday::playbook::parse::{self, limits};

use super::{file, places, read};

/// The one fault of a text, with its place: code, line, column.
fn refused(text: &str) -> (&'static str, usize, usize) {
    let parsed = read(text);
    assert!(parsed.value.is_none(), "{}: something was built from it", parsed.faults[0].message);
    *places(&parsed).last().unwrap()
}

fn bytes(bytes: Vec<u8>) -> (Diagnostic, usize, usize) {
    let fault = parse::read_source("playbook.yaml", bytes).unwrap_err();
    let label = &fault.labels[0];
    let (line, column) = label.file.line_column(label.range.start);
    (fault, line, column)
}

/// A line (or some) for every number.
fn lines<N>(numbers: impl Iterator<Item = N>, line: impl Fn(N) -> String) -> String {
    numbers.map(line).collect::<Vec<_>>().concat()
}

#[test]
fn aliases_are_weighed_and_never_expanded() {
    let mut laughs = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        let below = level - 1;
        let items = vec![format!("*a{below}"); 10].join(", ");
        laughs.push_str(&format!("a{level}: &a{level} [{items}]\n"));
    }
    assert_eq!(refused(&laughs), ("E010", 6, 15));
    let quadratic = format!("a: &a {}\nb: [{}]\n", "x".repeat(50_000), "*a, ".repeat(16_000));
    let (code, line, _) = refused(&quadratic);
    assert_eq!((code, line), ("E010", 2));
    assert_eq!(refused("a: &a [1, *a]\n"), ("E011", 1, 11));
    assert_eq!(refused("&k a: 1\nb: *k\n"), ("E011", 1, 4));
    let mut chain = String::from("a0: &a0 [x]\n");
    for level in 1..200 {
        chain.push_str(&format!("a{level}: &a{level} [*a{}]\n", level - 1));
    }
    assert_eq!(refused(&chain).0, "E009");
}

#[test]
fn a_few_aliases_are_fine() {
    let text = "mayday: 1\nid: x\ntitle: X\ntags: &t [a, b]\nalerts: *t\nsteps:\n  - { id: a, title: A, pause: 1s }\n";
    let parsed = read(text);
    assert_eq!(parsed.faults, []);
    assert_eq!(parsed.value.unwrap().head.alerts, ["a", "b"]);
    assert_eq!(&text[parsed.source.value("alerts[1]")], "b");
}

#[test]
fn nesting_ends_early() {
    assert_eq!(refused(&"[".repeat(20_000)), ("E009", 1, 256));
    assert_eq!(refused(&"{a: ".repeat(64_000)), ("E009", 1, 1021));
    assert_eq!(refused(&"[".repeat(100)), ("E009", 1, 65));
    let mut block = String::new();
    for depth in 0..500 {
        block.push_str(&format!("{}a:\n", " ".repeat(depth)));
    }
    assert_eq!(refused(&block), ("E009", 65, 65));
    assert_eq!(refused(&"- ".repeat(3000)), ("E009", 1, 129));
    assert_eq!(refused(&"? ".repeat(3000)).1, 1);
}

#[test]
fn sizes_have_limits() {
    let scalar = format!("mayday: 1\ntitle: {}\n", "x".repeat(limits::MAX_SCALAR + 1));
    assert_eq!(refused(&scalar), ("E010", 2, 8));
    let (fault, ..) = bytes(vec![b'x'; 10 << 20]);
    assert_eq!(fault.code.0, "E001");
    assert_eq!(refused(&"x".repeat(limits::MAX_BYTES + 1)).0, "E001");
    let nodes = format!("a: [{}]", "1,".repeat(usize::try_from(limits::MAX_NODES).unwrap()));
    assert_eq!(refused(&nodes).0, "E010");
    let keys = lines(0..limits::MAX_NODES, |n| format!("k{n}: 1\n"));
    assert_eq!(refused(&keys).0, "E010");
    let steps = lines(0..=limits::MAX_STEPS, |n| format!("- {{id: s{n}, title: T, pause: 1s}}\n"));
    let parsed = read(&format!("mayday: 1\nid: x\ntitle: X\nsteps:\n{steps}"));
    assert_eq!(places(&parsed), [("E010", 4, 1)]);
}

#[test]
fn many_faults_stay_a_list_that_can_be_read() {
    let twice = lines(0..500, |n| format!("k{n}: 1\nk{n}: 2\n"));
    let faults = read(&twice).faults.len();
    assert!((50..=250).contains(&faults), "{faults}");
    let tags = "- !t x\n".repeat(500);
    assert_eq!(refused(&tags).0, "E026");
    let steps = "- {}\n".repeat(5000);
    let parsed = read(&format!("mayday: 1\nid: x\ntitle: X\nsteps:\n{steps}"));
    assert!(parsed.faults.len() <= limits::MAX_FAULTS + 1, "{}", parsed.faults.len());
    let list = "[x], ".repeat(5000);
    let parsed = read(&format!(
        "mayday: 1\nid: x\ntitle: X\ntags: [{list}]\nsteps: [{{id: a, title: A, pause: 1s}}]\n"
    ));
    assert!((1..=limits::MAX_FAULTS).contains(&parsed.faults.len()), "{}", parsed.faults.len());
}

#[test]
fn bytes_that_are_no_text_are_refused_where_they_are() {
    let (fault, line, column) = bytes(b"mayday: 1\nid: \xff\xfe\n".to_vec());
    assert_eq!((fault.code.0, line, column), ("E002", 2, 5));
    let (fault, line, column) = bytes(b"mayday: 1\nid: a\0b\n".to_vec());
    assert_eq!((fault.code.0, line, column), ("E003", 2, 6));
    let (fault, line, column) = bytes("\u{feff}mayday: 1\n".into());
    assert_eq!((fault.code.0, line, column), ("E005", 1, 1));
    assert_eq!(refused("id: a\nt: \u{feff}b\n"), ("E005", 2, 4));
    let utf16: Vec<u8> = "mayday: 1\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(bytes(utf16).0.code.0, "E003");
    assert_eq!(bytes(b"mayday: 1\nid: \xc3".to_vec()).0.code.0, "E002");
}

#[test]
fn characters_that_deceive_are_refused_and_shown_harmlessly() {
    for c in ['\u{202a}', '\u{202e}', '\u{2066}', '\u{2069}'] {
        let parsed = read(&format!("mayday: 1\nid: é{c}b\n"));
        assert_eq!(places(&parsed), [("E004", 2, 6)]);
        assert!(!super::shown(&parsed.faults).contains(c));
    }
    for c in ['\u{1}', '\u{1b}', '\u{7f}', '\u{9b}'] {
        let parsed = read(&format!("mayday: 1\nid: a{c}[2Jb\n"));
        assert_eq!(places(&parsed), [("E003", 2, 6)]);
        assert!(!super::shown(&parsed.faults).contains(c));
    }
}

#[test]
fn documents_and_directives() {
    assert_eq!(refused("a: 1\n---\nb: 2\n"), ("E007", 2, 1));
    assert_eq!(refused("%YAML 1.2\n---\na: 1\n---\n"), ("E007", 4, 1));
    assert_eq!(refused(""), ("E008", 1, 1));
    assert_eq!(refused("---\n"), ("E008", 1, 1));
    assert_eq!(refused("~\n"), ("E008", 1, 1));
    assert_eq!(refused("words\n"), ("E008", 1, 1));
    let explicit =
        read("---\nmayday: 1\nid: x\ntitle: X\nsteps: [{id: a, title: A, pause: 1s}]\n...\n");
    assert_eq!(explicit.faults, []);
}

#[test]
fn a_configuration_is_guarded_in_the_same_way() {
    let parsed = parse::config(&file(
        "secrets: { a: 'env:A' }\nsecrets: {}\nenvironments: { prod: { dangr: low, targets: { db: { type: oracle } } } }\nseverities: { SEV-7: { response: 5m } }\n",
    ));
    let codes: Vec<&str> = parsed.faults.iter().map(|fault| fault.code.0).collect();
    assert_eq!(codes, ["E012", "E014", "E019", "E019"]);
    assert!(parsed.value.is_some());
}
