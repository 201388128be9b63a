//! The draft as YAML: identities, quoting, comments, REVIEW marks.

use std::collections::HashMap;
use std::fmt::Write as _;

use super::Draft;
use super::draft::{Action, Phase, Sheet, Step};
use crate::effect::EffectClass;
use crate::playbook::parse::limits::MAX_SCALAR;

/// Longest title that `check` takes, in characters.
const TITLE: usize = 90;
/// Longest id of a step or phase made from a title, in characters.
const ID: usize = 40;

/// Names with a meaning of their own in expressions or in YAML.
const TAKEN: &[&str] = &[
    "and",
    "else",
    "env",
    "false",
    "if",
    "in",
    "inputs",
    "is",
    "item",
    "n",
    "no",
    "none",
    "not",
    "now",
    "null",
    "objectives",
    "off",
    "on",
    "or",
    "policy",
    "run",
    "steps",
    "targets",
    "true",
    "y",
    "yes",
];

struct Page {
    out: String,
    /// Identities given, each with the last number behind it.
    ids: HashMap<String, usize>,
    reviews: usize,
}

/// Writes the whole playbook.
pub(super) fn playbook(name: &str, id: &str, sheet: &Sheet) -> Draft {
    let steps = sheet.phases.iter().flat_map(|phase| &phase.steps);
    let (mut all, mut executable, mut sql) = (0, 0, false);
    for step in steps.filter(|step| {
        all += 1;
        fits(&step.action)
    }) {
        executable += usize::from(step.action.is_executable());
        sql |= matches!(step.action, Action::Sql(..));
    }
    let mut page = Page { out: String::new(), ids: HashMap::new(), reviews: 0 };
    page.comment(
        "",
        &format!("Drafted from {name}. Lines with REVIEW are guesses: read each one."),
    );
    page.comment("", "What has no place in a step stands in a comment where it was.");
    let title = sheet.title.clone().unwrap_or_else(|| id.replace(['-', '_', '/'], " "));
    let severity = severity(&title);
    page.line(&format!("mayday: 1\nid: {id}"));
    page.title("", &title, "");
    page.review(&format!("severity: {severity}"), "how bad it is, SEV-1 to SEV-4");
    page.review("owner: ops", "who keeps this true");
    page.line("use_when:");
    if sheet.use_when.is_empty() {
        let seen = match one_line(&title) {
            line if line.is_empty() => "What somebody sees who needs this".to_owned(),
            line => escaped(&line),
        };
        page.review(&format!("  - {}", quoted(&seen)), "what somebody sees");
    }
    for symptom in &sheet.use_when {
        page.line(&format!("  - {}", quoted(&escaped(&one_line(symptom)))));
    }
    if sql {
        page.review("requires: { targets: { db: postgres } }", "bind `db` in mayday.yaml");
    }
    page.line("phases:");
    for words in &sheet.intro {
        page.comment("  ", words);
    }
    for phase in &sheet.phases {
        page.phase(phase, &title);
    }
    Draft { yaml: page.out, steps: all, executable, reviews: page.reviews }
}

impl Page {
    fn line(&mut self, text: &str) {
        self.out.push_str(text);
        self.out.push('\n');
    }

    fn review(&mut self, text: &str, what: &str) {
        self.reviews += 1;
        self.line(&format!("{text} # REVIEW {what}"));
    }

    fn comment(&mut self, indent: &str, words: &str) {
        for line in words.split(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']) {
            let line: String = line.chars().map(harmless).collect();
            self.line(format!("{indent}# {line}").trim_end());
        }
    }

    /// The title; all of it in a comment when neither it nor what is `told` below can hold it.
    fn title(&mut self, indent: &str, words: &str, told: &str) {
        let short = cut(&one_line(words));
        if short != words && !told.contains(words) {
            self.comment(indent, words);
        }
        let short = if short.is_empty() { "Untitled".to_owned() } else { short };
        self.line(&format!("{indent}title: {}", quoted(&fitting(&short))));
    }

    fn phase(&mut self, phase: &Phase, of: &str) {
        for words in &phase.words {
            self.comment("  ", words);
        }
        let title = if phase.title.is_empty() { of } else { &phase.title };
        let id = self.id(title, "phase");
        self.line(&format!("  - id: {id}"));
        self.title("    ", title, "");
        self.line("    steps:");
        for step in &phase.steps {
            self.step(step);
        }
        for words in &phase.after {
            self.comment("      ", words);
        }
    }

    fn step(&mut self, step: &Step) {
        for words in &step.words {
            self.comment("      ", words);
        }
        let fits = fits(&step.action);
        if !fits {
            self.comment("      ", step.action.text());
        }
        let id = self.id(&step.title, "step");
        self.line(&format!("      - id: {id}"));
        self.title("        ", &step.title, step.action.text());
        if let Some(link) = &step.link {
            self.line(&format!("        link: {}", quoted(link)));
        }
        match &step.action {
            _ if !fits => {
                self.text("manual", "Do what stands above: it is too long for one value.");
            }
            Action::Shell(text, class) => {
                self.effect(*class);
                self.text("shell", text);
            }
            Action::Sql(text, class) => {
                self.effect(*class);
                self.line("        target: db");
                self.text("sql", text);
            }
            Action::Manual(text) => self.text("manual", &escaped(text)),
            Action::Confirm(text) => self.text("confirm", &escaped(text)),
        }
    }

    fn effect(&mut self, class: EffectClass) {
        let what = match class {
            EffectClass::Read => "it seems only to look",
            EffectClass::Change => "add verify, undo or on_crash",
            EffectClass::Destructive => "add confirm with a value that must be read, and verify",
        };
        self.review(&format!("        effect: {}", class.word()), what);
    }

    /// A block where the text can stand as it is, else one quoted line.
    fn text(&mut self, key: &str, text: &str) {
        let text = text.trim_matches('\n').trim_end();
        let plain = text.chars().all(|c| c == '\n' || harmless(c) == c);
        let starts_plain = text.starts_with(|c: char| !c.is_whitespace());
        if !plain || !starts_plain || text.lines().any(|line| line.ends_with("\\ ")) {
            self.line(&format!("        {key}: {}", quoted(text)));
            return;
        }
        self.line(&format!("        {key}: |"));
        for line in text.split('\n') {
            self.line(format!("          {line}").trim_end_matches([' ', '\t']));
        }
    }

    /// An identity from a title that nothing else has.
    fn id(&mut self, title: &str, kind: &str) -> String {
        let mut id = String::new();
        for c in one_line(title).to_lowercase().chars().map(unaccented) {
            match c {
                'a'..='z' | '0'..='9' => id.push(c),
                _ if id.ends_with('_') || id.is_empty() => {}
                _ => id.push('_'),
            }
            if id.len() >= ID {
                break;
            }
        }
        let id = id.trim_matches('_');
        let starts = id.starts_with(|c: char| c.is_ascii_lowercase());
        let id =
            if starts && !TAKEN.contains(&id) { id.to_owned() } else { format!("{kind}_{id}") };
        let id = id.trim_end_matches('_').to_owned();
        let mut fresh = id.clone();
        while self.ids.contains_key(&fresh) {
            let number = self.ids.entry(id.clone()).or_insert(1);
            *number += 1;
            fresh = format!("{id}_{number}");
        }
        self.ids.insert(fresh.clone(), 1);
        fresh
    }
}

/// False for what is longer than one value of a playbook may be.
fn fits(action: &Action) -> bool {
    // Quoted, a character takes ten at most; a text that long is no step anyway.
    let text = action.text();
    text.len() <= MAX_SCALAR / 2 && escaped(text).len() <= MAX_SCALAR
}

/// SEV-1 to SEV-4 when the title names one.
fn severity(title: &str) -> String {
    let up = title.to_uppercase();
    let named =
        |level: &u8| up.contains(&format!("SEV-{level}")) || up.contains(&format!("SEV{level}"));
    format!("SEV-{}", (1..=4).find(named).unwrap_or(3))
}

/// Words for one line: without the signs of Markdown around them.
fn one_line(words: &str) -> String {
    let line = words.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    let line = line.trim_start_matches(|c: char| "#*-_> ".contains(c));
    let numbers = line.trim_start_matches(|c: char| c.is_ascii_digit());
    let line = match numbers.strip_prefix(['.', ')']) {
        Some(rest) if numbers.len() < line.len() && rest.starts_with(' ') => rest,
        _ => line,
    };
    let kept = line.replace("**", "").replace('`', "");
    kept.chars().filter(|c| harmless(*c) == *c).collect::<String>().trim().to_owned()
}

fn cut(line: &str) -> String {
    if line.chars().count() <= TITLE {
        return line.to_owned();
    }
    let mut short: String = line.chars().take(TITLE - 1).collect();
    short.truncate(short.trim_end().len());
    short.push('\u{2026}');
    short
}

/// Braces that a template would read, so that it gives back what was written.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, chars.peek()) {
            ('{', Some('{' | '%' | '#')) => out.push_str("{{ '{' }}"),
            _ => out.push(c),
        }
    }
    out
}

/// A title has no room for escapes.
fn fitting(title: &str) -> String {
    title.replace("{{", "{ {").replace("{%", "{ %").replace("{#", "{ #")
}

/// A double-quoted scalar: that of JSON, with what YAML does not print written as escapes.
fn quoted(text: &str) -> String {
    let json = serde_json::Value::from(text).to_string();
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        if harmless(c) == c {
            out.push(c);
        } else {
            let _ = write!(out, "\\U{:08X}", u32::from(c));
        }
    }
    out
}

/// The character, or a sign in place of one that a playbook may not hold.
fn harmless(c: char) -> char {
    match c {
        '\t' => '\t',
        c if c.is_control() => '\u{fffd}',
        '\u{200e}'
        | '\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2066}'..='\u{2069}'
        | '\u{2028}'
        | '\u{2029}'
        | '\u{feff}'
        | '\u{fffe}'
        | '\u{ffff}' => '\u{fffd}',
        c => c,
    }
}

fn unaccented(c: char) -> char {
    match c {
        'á' | 'à' | 'â' | 'ä' | 'ã' | 'å' => 'a',
        'é' | 'è' | 'ê' | 'ë' => 'e',
        'í' | 'ì' | 'î' | 'ï' => 'i',
        'ó' | 'ò' | 'ô' | 'ö' | 'õ' => 'o',
        'ú' | 'ù' | 'û' | 'ü' => 'u',
        'ñ' => 'n',
        'ç' => 'c',
        c => c,
    }
}
