//! `flags`: does the installed program know the long flags that steps give it?
//!
//! Only its own help is asked. Words in front of `--help` are given to programs of the table alone, which are known to
//! print help then and to do nothing; of any other one the bare `--help` is read, when a playbook requires it.

use std::collections::BTreeSet;
use std::path::Path;

use super::{Finding, Look, Outcome, Shared, ToolWant, Wants};
use crate::world::aside::OUTPUT_CAP;
use crate::world::tools;

const KIND: &str = "flags";

/// How a program is asked for its flags.
struct Help {
    program: &'static str,
    /// So many words may stand in front: `gh pr create` has two.
    words: usize,
    ask: &'static [&'static str],
}

/// Programs whose help was seen to do nothing else (PostgreSQL 15, neonctl 5.0, netlify 26.2, vercel 50.44, gh 2, Docker
/// 28, curl 8, jq 1.6).
const HELPS: &[Help] = &[
    Help { program: "psql", words: 0, ask: &["--help"] },
    Help { program: "pg_dump", words: 0, ask: &["--help"] },
    Help { program: "pg_dumpall", words: 0, ask: &["--help"] },
    Help { program: "pg_restore", words: 0, ask: &["--help"] },
    Help { program: "pg_isready", words: 0, ask: &["--help"] },
    Help { program: "pg_basebackup", words: 0, ask: &["--help"] },
    Help { program: "createdb", words: 0, ask: &["--help"] },
    Help { program: "dropdb", words: 0, ask: &["--help"] },
    Help { program: "neonctl", words: 2, ask: &["--help"] },
    Help { program: "netlify", words: 1, ask: &["--help"] },
    Help { program: "vercel", words: 1, ask: &["--help"] },
    Help { program: "gh", words: 2, ask: &["--help"] },
    Help { program: "docker", words: 2, ask: &["--help"] },
    Help { program: "curl", words: 0, ask: &["--help", "all"] },
    Help { program: "jq", words: 0, ask: &["--help"] },
];

/// Flags that a program takes and whose help names them otherwise: flag, and what the help has (PostgreSQL, `pg_dump`).
const ALSO: &[(&str, &str)] = &[("--no-acl", "--no-privileges")];

pub(super) fn looks(wants: &Wants) -> Vec<Look> {
    let mut looks = Vec::new();
    for (name, want) in &wants.tools {
        let known = HELPS.iter().find(|help| help.program == name);
        if known.is_none() && !want.declared {
            continue;
        }
        for (words, flags) in split(want, known) {
            let subject = [std::slice::from_ref(name), &words].concat().join(" ");
            let (name, shown) = (name.clone(), subject.clone());
            let ask = known.map_or(&["--help"][..], |help| help.ask);
            let job = move |shared: &Shared| look(&name, &shown, &words, &flags, ask, shared);
            looks.push(Look { kind: KIND, subject, job: Box::new(job) });
        }
    }
    looks
}

/// What is asked in one go: the words that may be given, and the flags behind them.
fn split(want: &ToolWant, known: Option<&Help>) -> Vec<(Vec<String>, BTreeSet<String>)> {
    let depth = known.map_or(0, |help| help.words);
    // Behind more words, or of a program that nobody knows, the flag may be a subcommand's.
    let fits = |words: &[String]| words.len() <= depth || (known.is_some() && depth == 0);
    let asked = want.flags.iter().filter(|(words, flags)| fits(words) && !flags.is_empty());
    let mut all: Vec<(Vec<String>, BTreeSet<String>)> = Vec::new();
    for (words, flags) in asked {
        let words = if depth == 0 { Vec::new() } else { words.clone() };
        match all.iter_mut().find(|(known, _)| *known == words) {
            Some((_, more)) => more.extend(flags.iter().cloned()),
            None => all.push((words, flags.clone())),
        }
    }
    all
}

fn look(
    name: &str,
    subject: &str,
    words: &[String],
    flags: &BTreeSet<String>,
    ask: &[&str],
    shared: &Shared,
) -> Vec<Finding> {
    // That it is missing is said by `tool`.
    let Ok(program) = tools::find(name, &shared.path) else { return Vec::new() };
    let finding = match help(&program, words, ask, shared) {
        Err(why) => {
            let says = format!("its flags are not known: its help {why}");
            Finding::new(KIND, subject, Outcome::Skip, says)
        }
        Ok(help) => {
            let unknown: Vec<&str> =
                flags.iter().filter(|flag| !knows(&help, flag)).map(String::as_str).collect();
            if unknown.is_empty() {
                let list: Vec<&str> = flags.iter().map(String::as_str).collect();
                Finding::new(KIND, subject, Outcome::Ok, list.join(" "))
            } else {
                let says = format!(
                    "its help does not know {}: update the tool, or the step ({})",
                    unknown.join(" "),
                    program.display()
                );
                Finding::new(KIND, subject, Outcome::Fail, says)
            }
        }
    };
    vec![finding]
}

fn help(program: &Path, words: &[String], ask: &[&str], shared: &Shared) -> Result<String, String> {
    let mut all: Vec<&str> = words.iter().map(String::as_str).collect();
    all.extend(ask);
    let help = tools::says(program, &all, &shared.variables, shared.limit)
        .map_err(|why| format!("cannot be read: {why}"))?;
    if help.len() > OUTPUT_CAP {
        return Err(format!("is longer than {} KiB", OUTPUT_CAP / 1024));
    }
    if !help.contains("--") {
        return Err("names no flags".to_owned());
    }
    Ok(help)
}

/// True when the help names the flag, or the one that it is the opposite of (`--no-color` of `--color` or of
/// `--[no-]color`).
fn knows(help: &str, flag: &str) -> bool {
    let has = |flag: &str| {
        help.match_indices(flag).any(|(at, _)| {
            let word = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
            let behind = help[at + flag.len()..].starts_with(word);
            let before = help[..at].ends_with(word);
            !behind && !before
        })
    };
    let also = ALSO.iter().find(|(other, _)| *other == flag);
    let opposite = flag.strip_prefix("--no-");
    has(flag)
        || also.is_some_and(|(_, named)| has(named))
        || opposite.is_some_and(|name| has(&format!("--{name}")) || has(&format!("--[no-]{name}")))
        || flag.strip_prefix("--").is_some_and(|name| has(&format!("--[no-]{name}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_is_known_as_a_whole_word_or_as_an_opposite() {
        let help = "  -n, --name string  a name\n      --[no-]color\n      --analytics   [default: true]\n";
        for flag in ["--name", "--color", "--no-color", "--no-analytics"] {
            assert!(knows(help, flag), "{flag}");
        }
        for flag in ["--nam", "--names", "--no-secrets", "--string"] {
            assert!(!knows(help, flag), "{flag}");
        }
    }

    #[test]
    fn only_programs_of_the_table_get_words_in_front_of_the_help() {
        let mut want = ToolWant { declared: true, ..ToolWant::default() };
        let flags = BTreeSet::from(["--force".to_owned()]);
        want.flags.insert(vec!["production".to_owned()], flags.clone());
        assert!(split(&want, None).is_empty());
        want.flags.insert(Vec::new(), flags);
        assert_eq!(split(&want, None).len(), 1);
        let gh = HELPS.iter().find(|help| help.program == "gh");
        assert_eq!(split(&want, gh).len(), 2);
    }
}
