//! The programs that a script calls, each with the words and long flags that tell what it must know.
//!
//! Careful: what is not certain is left out. A flag that is called unknown and is not would cost trust.

use crate::playbook::check::shell::{Command, scan};

/// What the shell has itself, and words of its grammar (bash 5, "Shell Builtin Commands", "Reserved Words").
const OWN: &[&str] = &[
    ".",
    ":",
    "[",
    "[[",
    "alias",
    "bg",
    "break",
    "builtin",
    "case",
    "cd",
    "command",
    "continue",
    "declare",
    "do",
    "done",
    "echo",
    "elif",
    "else",
    "esac",
    "eval",
    "exec",
    "exit",
    "export",
    "false",
    "fg",
    "fi",
    "for",
    "function",
    "getopts",
    "hash",
    "if",
    "in",
    "jobs",
    "kill",
    "let",
    "local",
    "mapfile",
    "popd",
    "printf",
    "pushd",
    "pwd",
    "read",
    "readarray",
    "readonly",
    "return",
    "select",
    "set",
    "shift",
    "shopt",
    "source",
    "test",
    "then",
    "time",
    "times",
    "trap",
    "true",
    "type",
    "typeset",
    "ulimit",
    "umask",
    "unalias",
    "unset",
    "until",
    "wait",
    "while",
    "{",
    "}",
    "!",
];

/// Programs that run what stands behind their own flags: the flags there are another one's.
const CARRIERS: &[&str] = &["docker", "ssh", "kubectl", "npx", "sudo"];

/// One call.
pub(super) struct Used {
    pub program: String,
    /// Words between the program and the first flag.
    pub words: Vec<String>,
    /// Long flags.
    pub flags: Vec<String>,
    /// Nothing in the script decides whether it is called.
    pub certain: bool,
}

/// A script as a list of calls.
pub(super) struct Script {
    pub programs: Vec<Used>,
}

impl Script {
    pub(super) fn read(text: &str) -> Self {
        // Below `if`, `case`, in a function or behind `||` it may not come to a call at all.
        let branches = ["if ", "case ", "||", "&&", "()", "while ", "until ", "for "];
        let certain = !branches.iter().any(|word| text.contains(word));
        let script = scan(text);
        let own = |name: &str| {
            OWN.contains(&name)
                || text.contains(&format!("{name}()"))
                || text.contains(&format!("{name} ()"))
                || text.contains(&format!("function {name}"))
        };
        let calls = script.commands.iter().filter_map(|command| called(command, text));
        let programs =
            calls.filter(|used| !own(&used.program)).map(|used| Used { certain, ..used });
        Self { programs: programs.collect() }
    }
}

fn called(command: &Command, text: &str) -> Option<Used> {
    let program = command.words.first()?.text.as_str();
    let plain = |c: char| c.is_ascii_alphanumeric() || "._+-".contains(c);
    if program.is_empty() || !program.chars().all(plain) || program.starts_with('-') {
        return None;
    }
    let line_start = text[..command.range.start].rfind('\n').map_or(0, |at| at + 1);
    let end = command.words.first().map_or(command.range.start, |word| word.range.start);
    // What npx runs it may fetch itself: npx is the tool.
    if text.get(line_start..end).is_some_and(|before| before.contains("npx ")) {
        let used = Used { program: "npx".to_owned(), words: vec![], flags: vec![], certain: true };
        return Some(used);
    }
    let arguments = command.arguments();
    let name = |text: &str| text.chars().all(|c| c.is_ascii_lowercase() || c == '-');
    let is_word = |text: &str| !text.is_empty() && !text.starts_with('-') && name(text);
    let words: Vec<String> =
        arguments.iter().map(|word| word.text.clone()).take_while(|text| is_word(text)).collect();
    let mut flags = Vec::new();
    for word in &arguments[words.len()..] {
        let text = word.text.as_str();
        if text == "--" || (CARRIERS.contains(&program) && !text.starts_with('-')) {
            break;
        }
        let flag = text.split_once('=').map_or(text, |(flag, _)| flag);
        let long = flag.strip_prefix("--").filter(|name| {
            name.starts_with(|c: char| c.is_ascii_lowercase())
                && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        });
        flags.extend(long.map(|_| flag.to_owned()));
    }
    Some(Used { program: program.to_owned(), words, flags, certain: true })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calls(text: &str) -> Vec<(String, Vec<String>, Vec<String>)> {
        let read = Script::read(text).programs.into_iter();
        read.map(|used| (used.program, used.words, used.flags)).collect()
    }

    fn call(program: &str, words: &[&str], flags: &[&str]) -> (String, Vec<String>, Vec<String>) {
        let own = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
        (program.to_owned(), own(words), own(flags))
    }

    #[test]
    fn programs_words_and_long_flags_are_found() {
        assert_eq!(
            calls(
                "pg_dump --format=custom -f \"$file\" --no-owner\nneonctl branches create --name x"
            ),
            [
                call("pg_dump", &[], &["--format", "--no-owner"]),
                call("neonctl", &["branches", "create"], &["--name"]),
            ]
        );
    }

    #[test]
    fn what_the_shell_has_itself_and_what_stands_behind_a_carrier_is_nobodys() {
        assert_eq!(calls("echo a; cd x; mine() { true; }; mine --flag"), []);
        let docker = call("docker", &["compose"], &["--ansi"]);
        assert_eq!(calls("docker compose --ansi never exec api sh --login"), [docker]);
        assert_eq!(calls("npx prisma migrate deploy --schema x"), [call("npx", &[], &[])]);
        assert_eq!(calls("\"$tool\" --x; ./own --y; gh pr -- --z"), [call("gh", &["pr"], &[])]);
    }
}
