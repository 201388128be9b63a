//! Files and words made to break the reader: refused in a sentence, in bounded memory (B2-B6, B10, T16).

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt as _;

use mayday::diagnostic::render;
use mayday::playbook::parse;

use crate::cli::{CONFIG, desk_with};
use crate::faults::{Count, Row, always, soak};
use crate::fuzz::properties;
use crate::support::desk::Said;
use crate::support::hostile::strings;
use crate::support::process::peak_mib;

const SMALL: &str = include_str!("../fixtures/language/small.yaml");
const COMPLETE: &str = include_str!("../fixtures/language/complete.yaml");

/// YAML that hurts: each with what it is.
fn yaml() -> Vec<(&'static str, Vec<u8>)> {
    let head = "mayday: 1\nid: x\ntitle: X\n";
    let step = "steps: [{id: a, title: A, pause: 1s}]\n";
    let whole = |text: &str| format!("{head}{text}\n{step}").into_bytes();
    let lines = |count: usize, line: &dyn Fn(usize) -> String| {
        (0..count).map(line).collect::<Vec<_>>().concat()
    };
    let laughs = |width: usize, levels: usize| {
        let mut text = format!("a0: &a0 [{}]\n", vec!["x"; width].join(", "));
        for level in 1..levels {
            text += &format!(
                "a{level}: &a{level} [{}]\n",
                vec![format!("*a{}", level - 1); width].join(", ")
            );
        }
        text.into_bytes()
    };
    let mut all = vec![
        ("laughs of 10", laughs(10, 12)),
        ("laughs of 2", laughs(2, 40)),
        ("laughs of 100", laughs(100, 5)),
        ("a cycle", b"a: &a [1, *a]\n".to_vec()),
        ("a cycle of two", b"a: &a [*b]\nb: &b [*a]\n".to_vec()),
        ("an alias of nothing", b"a: *nothing\n".to_vec()),
        ("a key that is an alias", b"&k a: 1\n*k : 2\n".to_vec()),
        ("50,000 anchors", lines(50_000, &|n| format!("- &a{n} x\n")).into_bytes()),
        ("300,000 keys", lines(300_000, &|n| format!("k{n}: 1\n")).into_bytes()),
        ("800 KB of [", "[".repeat(800_000).into_bytes()),
        ("200 KB of {a:", "{a: ".repeat(50_000).into_bytes()),
        ("1,000 levels of lists", "- ".repeat(1000).into_bytes()),
        ("1,000 complex keys", "? ".repeat(1000).into_bytes()),
        ("500 levels of maps", lines(500, &|n| format!("{}a:\n", " ".repeat(n))).into_bytes()),
        ("a scalar of 20 MB", format!("title: {}\n", "x".repeat(20_000_000)).into_bytes()),
        ("a quoted scalar of 900 KB", format!("title: \"{}\"\n", "x".repeat(900_000)).into_bytes()),
        (
            "a folded scalar of 900 KB",
            format!("title: >\n{}", "  xxxxxxxxxx\n".repeat(70_000)).into_bytes(),
        ),
        (
            "a literal scalar of 900 KB",
            format!("title: |\n{}", "  xxxxxxxxxx\n".repeat(70_000)).into_bytes(),
        ),
        ("a comment of 2 MB", format!("# {}\n", "x".repeat(2_000_000)).into_bytes()),
        ("a tab as indentation", b"a:\n\tb: 1\n".to_vec()),
        ("a byte order mark", "\u{feff}mayday: 1\n".into()),
        ("a byte order mark inside", whole("tags: [\u{feff}a]")),
        ("UTF-16", "mayday: 1\n".encode_utf16().flat_map(u16::to_le_bytes).collect()),
        ("Latin-1", b"title: caf\xe9\n".to_vec()),
        ("half a character", b"title: \xc3".to_vec()),
        ("a surrogate", b"title: \xed\xa0\x80\n".to_vec()),
        ("two documents", [&whole("")[..], b"---\n", &whole("")].concat()),
        ("a directive and two documents", b"%YAML 1.2\n---\na: 1\n---\n".to_vec()),
        ("nothing", Vec::new()),
        ("nothing but comments", b"# a\n# b\n".to_vec()),
        ("words", b"words and more\n".to_vec()),
        ("a list", b"- a\n- b\n".to_vec()),
        ("a number", b"5\n".to_vec()),
        ("a duplicate key", whole("id: y")),
        (
            "a duplicate key in a step",
            format!("{head}steps: [{{id: a, id: b, title: A, pause: 1s}}]\n").into(),
        ),
        ("a duplicate variable", whole("vars: {a: 1, a: 2}")),
        ("a merge key", whole("tags: &t [a]\nvars: {<<: {a: 1}}")),
        ("an open bracket", whole("tags: [a, b")),
        ("an open brace", whole("vars: {a: 1")),
        ("an open quote", whole("owner: \"a")),
        ("an open single quote", whole("owner: 'a")),
        ("a wrong escape", whole("owner: \"\\q\"")),
        ("a bracket too many", whole("tags: a]]")),
        ("a key without colon", whole("tags")),
        ("a colon inside", whole("owner: a: b")),
        ("a key that is a list", whole("? [a]\n: b")),
        ("a key that is null", whole("~: b")),
        ("an empty key", whole("'': b")),
        ("an unknown key", whole("tagz: [a]")),
        ("a huge number", whole("severity: 99999999999999999999999999")),
        ("infinity", whole("objectives: {rto: .inf}")),
        ("a duration without end", whole("objectives: {rto: 99999999999999999999y}")),
        ("a negative duration", whole("objectives: {rto: -5m}")),
        ("a version that is a word", b"mayday: one\nid: x\n".to_vec()),
        ("a version of the future", format!("mayday: 2\nid: x\ntitle: X\n{step}").into()),
        ("an indentation that jumps", whole("vars:\n    a: 1\n  b: 2")),
    ];
    for tag in ["!x", "!!python/object:os.system", "!!binary", "!<tag:x>"] {
        all.push(("a tag", whole(&format!("owner: {tag} a"))));
    }
    for c in ['\u{0}', '\u{1}', '\u{8}', '\u{1b}', '\u{7f}', '\u{9b}', '\u{202e}', '\u{2066}'] {
        all.push(("a character that acts", whole(&format!("owner: a{c}b"))));
    }
    all
}

#[test]
fn yaml_that_hurts_is_refused_with_a_place() {
    let all = yaml();
    assert!(all.len() >= 60);
    let mut row = Row::new(
        "B2",
        "hostile YAML: refused with line and column, little memory",
        always(u32::try_from(all.len()).unwrap()),
    );
    for (what, bytes) in all {
        let faults = match parse::read_source("playbook.yaml", bytes) {
            Ok(file) => {
                let parsed = parse::playbook(&file);
                parsed.faults
            }
            Err(fault) => vec![fault],
        };
        assert!(!faults.is_empty(), "{what} is taken");
        let told = render::human(&faults, false, 100);
        for fault in &faults {
            let label = fault.labels.first().unwrap_or_else(|| panic!("{what}: no place: {told}"));
            let (line, column) = label.file.line_column(label.range.start);
            assert!(line >= 1 && column >= 1);
        }
        // A list of faults that a person can read.
        assert!(faults.len() <= 250 && told.len() < 200_000, "{what}: {}", told.len());
        row.pass();
    }
    assert!(peak_mib() < 128, "{} MiB", peak_mib());
}

/// A playbook with one defect, and the line that has it. What an open quote takes with it is told later.
fn defects() -> Vec<(String, usize)> {
    let lines: Vec<&str> = COMPLETE.lines().collect();
    let mut all = Vec::new();
    let mut with = |number: usize, line: String| {
        let mut changed: Vec<&str> = lines.clone();
        changed[number] = &line;
        all.push((changed.join("\n"), number + 1));
    };
    for (number, line) in lines.iter().enumerate() {
        let inner = line.trim_start_matches([' ', '-']);
        let Some((key, value)) = inner.split_once(':') else { continue };
        if !key.chars().all(|c| c.is_ascii_lowercase() || c == '_') || inner.starts_with('#') {
            continue;
        }
        let before = &line[..line.len() - inner.len()];
        with(number, format!("{before}{key}x:{value}"));
        with(number, format!("{before}{key}: !x y"));
        with(number, format!("{before}{key}{value}"));
        if !value.trim().is_empty() {
            with(number, format!("{before}{key}: {{unknown_field: [1]}}"));
            with(number, format!("{before}{key}: [[[]]]"));
            with(number, format!("{before}{key}: \"{}", value.trim().trim_matches('"')));
            with(
                number,
                format!("{before}{key}:{value}\n{}{key}:{value}", " ".repeat(before.len())),
            );
        }
    }
    all
}

#[test]
fn one_defect_is_named_where_it_is_with_what_to_do() {
    let mut row =
        Row::new("B3", "a playbook with one defect: named, placed, and what to do", always(250));
    let mut taken = 0;
    for (text, line) in defects().into_iter().step_by(if soak() { 1 } else { 2 }) {
        let Ok(file) = parse::read_source("playbook.yaml", text.clone().into_bytes()) else {
            continue;
        };
        let parsed = parse::playbook(&file);
        if parsed.faults.is_empty() {
            // Names of the author's own, and values that may be anything.
            taken += 1;
            continue;
        }
        let told = render::human(&parsed.faults, false, 100);
        let near = parsed.faults.iter().flat_map(|fault| &fault.labels).any(|label| {
            let (at, _) = label.file.line_column(label.range.start);
            let (end, _) = label.file.line_column(label.range.end);
            let open_quote = text.lines().nth(line - 1).unwrap().matches('"').count() % 2 == 1;
            at <= line + 2 && line <= end.max(at) + 1 || open_quote && at > line
        });
        assert!(near, "line {line} of\n{text}\n{told}");
        assert!(told.contains("playbook.yaml:") && told.contains("E0"), "{told}");
        assert!(parsed.faults.iter().all(|fault| !fault.message.is_empty()), "{told}");
        if row.left() > 0 {
            row.pass();
        }
    }
    assert!(taken < 60, "{taken} defects are taken as they are");
}

#[test]
fn a_file_that_is_cut_or_damaged_anywhere_is_read_or_refused() {
    const NASTY: [&str; 8] = ["\n", "\t", "\"", "{", "&a ", "\u{0}", "\u{202e}", ": "];
    let text = if soak() { format!("{SMALL}{COMPLETE}") } else { SMALL.to_owned() };
    let boundaries: Vec<usize> = (0..text.len()).filter(|at| text.is_char_boundary(*at)).collect();
    let every = if soak() { 1 } else { 16 };
    let damaged = boundaries.iter().step_by(every).count() * NASTY.len();
    let tries = u32::try_from(boundaries.len() + damaged).unwrap();
    let mut row =
        Row::new("B4", "a playbook cut at each byte, and each byte made nasty", always(tries));
    for at in &boundaries {
        properties::playbook_load(&text.as_bytes()[..*at]);
        row.pass();
    }
    for at in boundaries.iter().step_by(every) {
        let end = at + text[*at..].chars().next().unwrap().len_utf8();
        for nasty in NASTY {
            properties::playbook_load(
                format!("{}{nasty}{}", &text[..*at], &text[end..]).as_bytes(),
            );
            row.pass();
        }
    }
}

/// Words on a command line, and what stands in a file of inputs, that nobody means.
fn command_lines() -> Vec<(Vec<OsString>, Vec<u8>)> {
    let strings = strings();
    let mut all: Vec<(Vec<OsString>, Vec<u8>)> = Vec::new();
    let mut odd: Vec<OsString> =
        strings.iter().step_by(strings.len() / 9).map(OsString::from).collect();
    odd.extend([
        "../../x".into(),
        "a\nb".into(),
        "x".repeat(120_000).into(),
        OsString::from_vec(vec![b'a', 0xff, b'b']),
    ]);
    for word in &odd {
        let joined = |before: &str| {
            let mut text = OsString::from(before);
            text.push(word);
            text
        };
        for arguments in [
            vec!["run".into(), "--".into(), word.clone()],
            vec!["run".into(), "p".into(), joined("--input=word=")],
            vec!["run".into(), "p".into(), joined("--answer=")],
            vec!["run".into(), "p".into(), joined("--answer=look.menu=")],
            vec!["run".into(), "p".into(), joined("--operator=")],
            vec!["run".into(), "p".into(), joined("--detected=")],
            vec!["run".into(), "p".into(), joined("--env=")],
            vec!["run".into(), "p".into(), joined("--inputs=")],
        ] {
            all.push((arguments, Vec::new()));
        }
    }
    let file: Vec<OsString> = ["run", "p", "--inputs", "in.yaml"].map(OsString::from).to_vec();
    for text in [
        b"word: \xff\xfe\n".to_vec(),
        b"word: [[[[\n".to_vec(),
        b"word: a\0b\n".to_vec(),
        format!("word: {}\n", "x".repeat(1 << 20)).into_bytes(),
        "[".repeat(100_000).into_bytes(),
        b"word: !x y\n".to_vec(),
        b"word: *a\n".to_vec(),
        b"word: {a: 1}\n".to_vec(),
        b"- a\n".to_vec(),
        b"word: a\nword: b\n".to_vec(),
        b"word: \"\\e]0;owned\\a\"\n".to_vec(),
        b"wrod: a\n".to_vec(),
        b"<<: {word: a}\n".to_vec(),
        Vec::new(),
        b"word: 1e999\n".to_vec(),
        b"word: \"\\u202e\"\n".to_vec(),
    ] {
        all.push((file.clone(), text));
    }
    all
}

#[test]
fn no_command_line_and_no_file_of_inputs_gets_further_than_a_sentence() {
    let all = command_lines();
    let mut row = Row::new(
        "B10",
        "command lines and files of inputs nobody means: a sentence",
        Count { ci: 60, soak: 120 },
    );
    let every = if row.wanted() < 120 { 2 } else { 1 };
    assert!(all.len() >= 120, "{}", all.len());
    let steps = "  - {id: look, title: Look, effect: read, shell: 'printf %s \"$word\"'}";
    let desk = desk_with(CONFIG, "inputs: {word: {ask: Which?, type: string, default: a}}", steps);
    for (arguments, file) in all.iter().step_by(every) {
        fs::write(desk.path("in.yaml"), file).unwrap();
        let output = desk.command(&[]).args(arguments).output().unwrap();
        // What cannot be said in UTF-8 fails here.
        let said = Said::from(output);
        assert!(
            matches!(said.code, Some(0 | 2..=5 | 7)),
            "{arguments:?}: {:?} {}",
            said.code,
            said.all()
        );
        assert!(said.code == Some(0) || !said.err.is_empty());
        assert!(!said.all().contains("panicked") && said.all().len() < 300_000, "{arguments:?}");
        assert!(
            said.all().chars().all(|c| !c.is_control() || matches!(c, '\n' | '\t')),
            "{:?}",
            said.all()
        );
        if row.left() > 0 {
            row.pass();
        }
    }
    assert!(!desk.path("../x").exists() && !desk.path("CANARY").exists());
}
