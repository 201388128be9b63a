//! Secrets written out in a file.
//!
//! Looks at the text itself, so that nothing hides in a part that could not be read. What is found
//! is masked in every excerpt: a fault must not print the secret that it is about.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use super::super::Look;
use crate::config::Config;
use crate::diagnostic::{Code, Diagnostic, SourceFile};
use crate::template;

rules! {
    "E083" "a secret is written out" Look::Told;
    "A playbook and mayday.yaml are read by many and kept for ever in a repository. Put the value \
     where secrets live, name it under `secrets:` in mayday.yaml (`env:NAME`, `file:PATH`, \
     `cmd:COMMAND`), and replace the one that stood here: it must be taken as known to others."
}

const URL: &str = "a URL with a password";

/// What a secret looks like: in words, and a pattern whose last group (or whole) is the secret.
const SHAPES: &[(&str, &str)] = &[
    (URL, r#"[A-Za-z][A-Za-z0-9+.-]*://[^\s:/@"'<>{}$\[]*:([^\s@/"'<>{}$\[*]+)@"#),
    ("an AWS access key", r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    ("a GitHub token", r"\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,})"),
    ("a GitLab token", r"\bglpat-[A-Za-z0-9_-]{16,}"),
    ("a Slack token", r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}"),
    ("a Slack webhook", r"hooks\.slack\.com/services/(T[A-Za-z0-9]+/B[A-Za-z0-9]+/[A-Za-z0-9]+)"),
    ("an API key", r"\bsk-[A-Za-z0-9_-]{20,}"),
    ("a Stripe key", r"\b[sr]k_(?:live|test)_[A-Za-z0-9]{10,}"),
    ("a Google API key", r"\bAIza[0-9A-Za-z_-]{35}"),
    ("a Neon API key", r"\bnapi_[a-z0-9]{30,}"),
    ("an npm token", r"\bnpm_[A-Za-z0-9]{30,}"),
    ("a private key", r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----"),
    ("a signed token", r"\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}"),
    ("a password", r#"(?:PGPASSWORD|MYSQL_PWD|PASSWORD|--password)=["']?([^\s"'$<>{}\[]{4,})"#),
];

/// Words of a name whose value is a secret.
const TELLING: &[&str] = &["PASSWORD", "PASSWD", "SECRET", "TOKEN", "API_KEY", "PRIVATE_KEY"];

/// Every secret of a text: where and what.
fn secrets_in(text: &str) -> Vec<(Range<usize>, &'static str)> {
    static PATTERNS: OnceLock<Vec<(&'static str, regex::Regex)>> = OnceLock::new();
    let patterns = PATTERNS.get_or_init(|| {
        let read = |(what, pattern): &(&'static str, &str)| {
            Some((*what, template::pattern(pattern).ok()?))
        };
        SHAPES.iter().filter_map(read).collect()
    });
    let mut all = Vec::new();
    for (what, pattern) in patterns {
        // A URL may begin with any letter, so that its pattern would be tried at every one. No match
        // spans lines.
        let pieces = if *what == URL { lines_with(text, "://") } else { vec![(0, text)] };
        for (from, piece) in pieces {
            for found in pattern.captures_iter(piece) {
                if let Some(secret) = found.get(found.len() - 1) {
                    all.push((from + secret.start()..from + secret.end(), *what));
                }
            }
        }
    }
    all
}

/// The lines that hold a word, each with where it begins.
fn lines_with<'t>(text: &'t str, word: &str) -> Vec<(usize, &'t str)> {
    if !text.contains(word) {
        return Vec::new();
    }
    let mut at = 0;
    let lines = text.split_inclusive('\n').map(|line| {
        at += line.len();
        (at - line.len(), line)
    });
    lines.filter(|(_, line)| line.contains(word)).collect()
}

/// Adds a fault for every secret in the text of a file, and masks them in the excerpts of all faults.
pub fn look(file: &Arc<SourceFile>, config: Option<&Config>, faults: &mut Vec<Diagnostic>) {
    let mut secrets = secrets_in(&file.text);
    if let Some(config) = config {
        secrets.extend(telling_vars(&file.text, config));
    }
    if secrets.is_empty() {
        return;
    }
    secrets.sort_by_key(|(range, _)| (range.start, std::cmp::Reverse(range.end)));
    let mut reached = 0;
    for (range, what) in &secrets {
        if range.start < reached {
            continue;
        }
        reached = range.end;
        let fault = Diagnostic::new(Code("E083"), format!("{what} is written out"))
            .at(file, range.clone(), "masked here, not in the file")
            .help("name it under `secrets:` in mayday.yaml and replace the value: it is known now");
        faults.push(fault);
    }
    let masked = SourceFile::new(file.name.clone(), mask(&file.text, &secrets));
    for label in faults.iter_mut().flat_map(|fault| &mut fault.labels) {
        if label.file.name == file.name {
            label.file = Arc::clone(&masked);
        }
    }
}

/// Variables of an environment whose name says that their value is a secret.
fn telling_vars(text: &str, config: &Config) -> Vec<(Range<usize>, &'static str)> {
    let vars = config.environments.values().flat_map(|environment| &environment.vars);
    let telling = vars.filter(|(name, value)| {
        let name = name.to_uppercase();
        value.len() > 3 && TELLING.iter().any(|word| name.contains(word))
    });
    let places = telling.filter_map(|(name, value)| {
        let key = format!("{name}:");
        text.match_indices(key.as_str()).find_map(|(at, _)| {
            let after = at + key.len();
            let line = text[after..].lines().next().unwrap_or_default();
            line.find(value.as_str()).map(|at| after + at..after + at + value.len())
        })
    });
    places.map(|range| (range, "a secret in a variable")).collect()
}

/// The text with every secret replaced, byte for byte, so that all places stay where they are.
fn mask(text: &str, secrets: &[(Range<usize>, &'static str)]) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut at = 0;
    for (range, _) in secrets {
        if range.end <= at {
            continue;
        }
        masked.push_str(&text[at..range.start.max(at)]);
        masked.extend(std::iter::repeat_n('*', range.end - range.start.max(at)));
        at = range.end;
    }
    masked.push_str(&text[at..]);
    masked
}
