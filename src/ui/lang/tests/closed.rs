//! The set is closed: a sentence that the code of a session says in English and that has no Spanish fails here.
//!
//! The code is read as text. What is compared is what stands between the gaps of each text of two words or more.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::*;

/// Where the words of a session come from: asked, shown while it runs, or told by a command around it.
const SAID: &[&str] = &[
    "cli.rs",
    "book/drill.rs",
    "book/flow.rs",
    "book/page.rs",
    "book/step.rs",
    "cli/abort.rs",
    "cli/ack.rs",
    "cli/driven.rs",
    "cli/drill.rs",
    "cli/drill/guard.rs",
    "cli/drill/inject.rs",
    "cli/drill/ready.rs",
    "cli/dry_run.rs",
    "cli/elsewhere.rs",
    "cli/export.rs",
    "cli/find.rs",
    "cli/given.rs",
    "cli/list.rs",
    "cli/machine.rs",
    "cli/note.rs",
    "cli/observer.rs",
    "cli/observer",
    "cli/out.rs",
    "cli/pinned.rs",
    "cli/preconditions.rs",
    "cli/report.rs",
    "cli/report",
    "cli/resume.rs",
    "cli/rollback.rs",
    "cli/run.rs",
    "cli/runs.rs",
    "cli/show.rs",
    "cli/slip.rs",
    "cli/slip",
    "cli/status.rs",
    "cli/status",
    "cli/successor.rs",
    "cli/verify.rs",
    "effect.rs",
    "effect",
    "journal/append.rs",
    "journal/folder.rs",
    "journal/line.rs",
    "journal/moving.rs",
    "journal/pack.rs",
    "journal/pack",
    "journal/scan.rs",
    "journal/store.rs",
    "journal/trouble.rs",
    "journal/verify.rs",
    "plan.rs",
    "plan",
    "report/blocks.rs",
    "report/blocks",
    "report/language.rs",
    "run",
    "severity.rs",
    "steps.rs",
    "steps",
    "template",
    "time.rs",
    "timeline",
    "ui",
    "world",
];

/// Parts of those that say nothing in a session, and why.
const UNSAID: &[(&str, &str)] = &[
    ("ui/lang", "the words themselves"),
    ("world/doctor", "`doctor` speaks English"),
    ("world/sandbox", "the sandbox speaks English"),
    ("world/sim", "only tests see it"),
    ("world/signature.rs", "`drill signoff` speaks English"),
    ("run/escalate/said.rs", "it says both itself"),
    ("run/paste.rs", "a command to copy, which is no language"),
];

const SCHEMA: &str = "the schema says it, not the screen";
const CHECK: &str = "`check` says it, in English";
const OTHERS: &str = "words of somebody else, looked for";
const DEFENCE: &str = "a defence by its name, of which tests speak";

/// Texts that are no sentence of the screen, and why.
const NO_SENTENCE: &[(&str, &str)] = &[
    ("move the record", "typed as it stands"),
    ("go on unrecorded", "typed as it stands"),
    ("status of this document", "looked for in a document"),
    ("estado de este documento", "looked for in a document"),
    ("mayday status --json", "the title of a schema"),
    ("<run id>", "a place in a path"),
    ("<run folder>", "a place in a path"),
    ("a bug, on purpose", "only a test reads it"),
    ("the runtime is taken only on drop", "a bug of mayday, which the compiler cannot rule out"),
    ("{{a map of {}}}", "a value as it stands in an expression"),
    ("mayday status --json", SCHEMA),
    ("Run a command in strict bash.", SCHEMA),
    ("Run SQL statements on a database target.", SCHEMA),
    ("Ask the operator to confirm something.", SCHEMA),
    ("Wait until a URL answers as expected.", SCHEMA),
    ("Repeat a read check until it holds.", SCHEMA),
    ("Ask the operator to pick one of several.", SCHEMA),
    ("Ask the operator for a typed value.", SCHEMA),
    ("Something a person does outside mayday.", SCHEMA),
    ("One HTTP request.", SCHEMA),
    ("Tell contacts.", SCHEMA),
    ("Stop unless conditions hold.", SCHEMA),
    ("Wait for a fixed time.", SCHEMA),
    ("The steps of another playbook, here.", SCHEMA),
    ("The undo of another step, as a step of its own.", SCHEMA),
    ("A duration with its unit, such as 90s, 5m or 1h30m.", SCHEMA),
    ("The cause is looked for.", SCHEMA),
    ("The cause is known.", SCHEMA),
    ("It is mended and watched.", SCHEMA),
    ("It is over.", SCHEMA),
    ("Nobody notices.", SCHEMA),
    ("Some notice.", SCHEMA),
    ("Many are hurt.", SCHEMA),
    ("The service is down.", SCHEMA),
    ("It works.", SCHEMA),
    ("It is slow.", SCHEMA),
    ("It fails for some.", SCHEMA),
    ("It fails for all.", SCHEMA),
    ("It is being worked on.", SCHEMA),
    ("a text or a map", CHECK),
    ("one value or a list of them", CHECK),
    ("two actions: `{key}` is one too many", CHECK),
    ("a text may hold only `{{ }}` and `{% if %}`", CHECK),
    ("Temporary failure", OTHERS),
    ("password missing", OTHERS),
    ("does not support TLS", OTHERS),
    ("insert multiple commands", OTHERS),
    ("prepared statements", DEFENCE),
    ("read only transaction", DEFENCE),
    ("statements that read", DEFENCE),
    ("extended protocol", DEFENCE),
    ("read only session", DEFENCE),
    ("role without rights on the server's files", DEFENCE),
    ("read-only file", DEFENCE),
];

pub(super) fn files(path: &Path, into: &mut Vec<PathBuf>) {
    if path.is_dir() {
        let mut all: Vec<_> =
            std::fs::read_dir(path).unwrap().map(|it| it.unwrap().path()).collect();
        all.sort();
        for path in &all {
            files(path, into);
        }
    } else if path.extension().is_some_and(|end| end == "rs")
        && !path.ends_with("tests.rs")
        && !path.components().any(|it| it.as_os_str() == "tests")
    {
        into.push(path.to_owned());
    }
}

/// The texts of a file of code, but for its tests and what stands in attributes that say nothing.
pub(super) fn texts(code: &str) -> Vec<String> {
    let code = code.split("#[cfg(test)]\nmod tests {").next().unwrap();
    let chars: Vec<char> = code.chars().collect();
    let (mut texts, mut at) = (Vec::new(), 0);
    let starts =
        |at: usize, what: &str| chars[at..].iter().take(what.len()).copied().eq(what.chars());
    while at < chars.len() {
        if starts(at, "//") {
            at += chars[at..].iter().position(|c| *c == '\n').unwrap_or(chars.len() - at);
        } else if silent(&starts, at) {
            at = behind_bracket(&chars, at);
        } else if starts(at, "r#\"") {
            at += 3;
            let end = (at..chars.len()).find(|at| starts(*at, "\"#")).unwrap();
            texts.push(chars[at..end].iter().collect());
            at = end + 2;
        } else if chars[at] == '"' {
            let raw = at > 0 && chars[at - 1] == 'r' && !chars[at - 2].is_alphanumeric();
            let (text, end) = text(&chars, at + 1, raw);
            texts.push(text);
            at = end;
        } else if starts(at, "'\\") {
            at += 3 + chars[at + 3..].iter().position(|c| *c == '\'').unwrap() + 1;
        } else if chars[at] == '\'' && chars.get(at + 2) == Some(&'\'') {
            at += 3;
        } else {
            at += 1;
        }
    }
    texts
}

/// An attribute whose texts nobody is shown in a session: reasons for the compiler, help of the command line.
fn silent(starts: &dyn Fn(usize, &str) -> bool, at: usize) -> bool {
    let silent =
        ["expect", "command", "arg", "serde", "schemars", "doc", "must_use", "cfg", "value"];
    let bug = ["bug(\"", "seeded("];
    starts(at, "#[") && silent.iter().any(|name| starts(at + 2, name))
        || starts(at, "#![")
        || bug.iter().any(|name| starts(at, name))
}

/// Behind the bracket that closes the first one from here on, brackets in texts left out.
fn behind_bracket(chars: &[char], from: usize) -> usize {
    let (mut depth, mut at) = (0, from);
    loop {
        match chars[at] {
            '(' | '[' => depth += 1,
            ')' | ']' => {
                depth -= 1;
                if depth == 0 {
                    return at + 1;
                }
            }
            '"' => at = text(chars, at + 1, false).1 - 1,
            _ => {}
        }
        at += 1;
    }
}

/// A text up to its closing quote, and where it ends.
fn text(chars: &[char], mut at: usize, raw: bool) -> (String, usize) {
    let mut text = String::new();
    while chars[at] != '"' {
        if chars[at] == '\\' && !raw {
            at += 1;
            match chars[at] {
                'n' => text.push('\n'),
                '\n' => {
                    while chars[at + 1].is_whitespace() {
                        at += 1;
                    }
                }
                'u' => at += chars[at..].iter().position(|c| *c == '}').unwrap(),
                c => text.push(c),
            }
        } else {
            text.push(chars[at]);
        }
        at += 1;
    }
    (text, at + 1)
}

/// What stands between the gaps, where it is two words or more.
fn sentences(text: &str) -> Vec<String> {
    let gap = regex::Regex::new(r"\{[^{}]*\}").unwrap();
    let text = text.replace("{{", "\u{1}").replace("}}", "\u{2}");
    let whole = gap.replace_all(&text, "\u{3}").replace('\u{1}', "{").replace('\u{2}', "}");
    let lines = whole.split('\n').flat_map(|line| line.split("  ")).map(str::trim);
    lines.filter(|line| line.split('\u{3}').any(is_sentence)).map(str::to_owned).collect()
}

fn is_sentence(part: &str) -> bool {
    let words = part.split_whitespace().filter(|word| {
        word.chars().filter(char::is_ascii_lowercase).count() > 1
            && word
                .trim_matches(|c: char| !c.is_alphabetic())
                .chars()
                .all(|c| c.is_alphabetic() || c == '\'' || c == '-')
    });
    words.count() > 1
}

/// Said in Spanish: as a whole, or what stands between its gaps is a part of a sentence that is.
fn is_known(sentence: &str) -> bool {
    static WHOLE: OnceLock<BTreeSet<String>> = OnceLock::new();
    let whole = || {
        let gap = regex::Regex::new(r"\{[^{}]*\}").unwrap();
        let bare = |one: spanish::Sentence| {
            let english = one.english.trim_start_matches(['<', '\\']);
            gap.replace_all(english, "\u{3}").into_owned()
        };
        spanish::sentences().map(bare).collect()
    };
    if WHOLE.get_or_init(whole).contains(sentence) {
        return true;
    }
    let whole = sentence.replace('\u{3}', "7");
    let said = Lang::Spanish.say(&whole);
    let words: Vec<&str> = whole.split(' ').collect();
    let letters = |word: &&str| word.chars().all(char::is_alphabetic);
    let left = |three: &&[&str]| three.iter().all(letters) && said.contains(&three.join(" "));
    if *said != whole && words.windows(3).find(left).is_none() {
        return true;
    }
    let trim =
        |part: &str| part.trim_matches([' ', ',', '.', ';', ':', '(', ')', '`', '"']).to_owned();
    let begins = |it: &str, part: &str| {
        it.find(part).is_some_and(|at| !it[..at].ends_with(char::is_alphanumeric))
    };
    let mut parts = sentence.split('\u{3}').filter(|part| is_sentence(part)).map(trim);
    parts.all(|part| spanish::english().any(|it| begins(it, &part)))
}

#[test]
fn every_sentence_of_a_session_has_its_spanish() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut all = Vec::new();
    for path in SAID {
        files(&root.join(path), &mut all);
    }
    let (mut open, mut seen) = (Vec::new(), 0);
    for path in all {
        let name = path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
        if UNSAID.iter().any(|(path, _)| name.starts_with(path)) {
            continue;
        }
        for text in texts(&std::fs::read_to_string(&path).unwrap()) {
            let no_language = text.contains("pg_catalog") || text.contains("SELECT ");
            if no_language || NO_SENTENCE.iter().any(|(known, _)| *known == text) {
                continue;
            }
            for sentence in sentences(&text) {
                seen += 1;
                if !is_known(&sentence) {
                    open.push(format!("{name}: {}", sentence.replace('\u{3}', "{}")));
                }
            }
        }
    }
    assert!(
        seen > 700,
        "only {seen} sentences were found: the code is no longer read as it is written"
    );
    assert!(
        open.is_empty(),
        "no Spanish for {} (src/text/spanish):\n{}",
        open.len(),
        open.join("\n")
    );
}

#[test]
fn a_new_sentence_would_be_found() {
    let code = "fn f() { say(&format!(\"the {} of nobody was ever {what} before\")); }\n// \"not this one here\"\n\
                #[expect(x, reason = \"nor this one\")]\nfn g() { say(\"try again\"); 'a'; '\"'; say(r#\"a \"raw\" text\"#) }";
    let texts = texts(code);
    assert_eq!(texts, ["the {} of nobody was ever {what} before", "try again", "a \"raw\" text"]);
    assert!(!is_known(&sentences(&texts[0])[0]) && is_known(&sentences(&texts[1])[0]));
    assert!(sentences("MAYDAY_STATE_DIR {x}").is_empty() && sentences("{a}, {b}").is_empty());
}
