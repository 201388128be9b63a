//! The programs that a script calls, each with the words and flags that tell what it must know.
//!
//! Careful: what is not certain is left out. A flag that is called unknown and is not would cost trust.

use crate::playbook::check::shell::{Command, scan};
use crate::world::doctor::Flags;

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
const CARRIERS: &[&str] = &["docker", "ssh", "kubectl", "sudo"];

/// Programs in front of another one that must be there themselves; the others are the shell's own.
const WRAPPERS: &[&str] = &[
    "sudo", "doas", "env", "nohup", "nice", "ionice", "timeout", "xargs", "npx", "setsid", "stdbuf",
];

/// One call.
#[derive(Debug, Default)]
pub(super) struct Used {
    pub program: String,
    /// The package that `npx` runs.
    pub package: Option<String>,
    /// Words between the program and the first flag.
    pub words: Vec<String>,
    pub flags: Flags,
    /// Nothing in the script decides whether it is called.
    pub certain: bool,
}

/// A script as a list of calls.
pub(super) struct Script {
    pub programs: Vec<Used>,
}

impl Script {
    pub(super) fn read(text: &str) -> Self {
        let script = scan(text);
        // Below `if`, `case`, in a function or behind `||` it may not come to a call at all; and who sets PATH knows
        // another place.
        let branches = ["if ", "case ", "||", "&&", "()", "while ", "until ", "for "];
        let certain = !branches.iter().any(|word| text.contains(word))
            && !script.assigned.iter().any(|name| name == "PATH");
        let own = |name: &str| {
            OWN.contains(&name)
                || text.contains(&format!("{name}()"))
                || text.contains(&format!("{name} ()"))
                || text.contains(&format!("function {name}"))
        };
        // What `ssh` runs is called on another machine.
        let far: Vec<_> =
            script.commands.iter().filter(|command| command.program() == "ssh").collect();
        let is_far = |command: &Command| {
            command.program() != "ssh"
                && far
                    .iter()
                    .any(|ssh| ssh.words.last().is_some_and(|word| word.range == command.range))
        };
        let near = script.commands.iter().filter(|command| !is_far(command));
        let calls = near.flat_map(|command| {
            let mut calls = wrappers(command, text);
            calls.extend(called(command, text));
            calls
        });
        let programs =
            calls.filter(|used| !own(&used.program)).map(|used| Used { certain, ..used });
        Self { programs: programs.collect() }
    }
}

/// What stands in front of the command itself: wrappers, their flags, variables.
fn front<'t>(command: &Command, text: &'t str) -> &'t str {
    let end = command.words.first().map_or(command.range.start, |word| word.range.start);
    text.get(command.range.start..end).unwrap_or_default()
}

fn wrappers(command: &Command, text: &str) -> Vec<Used> {
    let words = front(command, text).split_whitespace();
    let known = words.filter(|word| WRAPPERS.contains(word) && *word != "npx");
    known.map(|word| Used { program: word.to_owned(), ..Used::default() }).collect()
}

fn called(command: &Command, text: &str) -> Option<Used> {
    let program = command.words.first()?.text.as_str();
    let (words, flags) = given(command, program);
    // What npx runs it may fetch itself: npx is the tool.
    if front(command, text).split_whitespace().any(|word| word == "npx") {
        let package = |c: char| c.is_ascii_alphanumeric() || "@/._+-".contains(c);
        let package =
            (program.chars().all(package) && !program.is_empty()).then(|| program.to_owned());
        return Some(Used { program: "npx".to_owned(), package, words, flags, certain: true });
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || "._+-".contains(c);
    if program.is_empty() || !program.chars().all(plain) || program.starts_with('-') {
        return None;
    }
    Some(Used { program: program.to_owned(), package: None, words, flags, certain: true })
}

/// The words behind a program, and its flags behind these.
fn given(command: &Command, program: &str) -> (Vec<String>, Flags) {
    let arguments = command.arguments();
    let name = |text: &str| {
        text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(c))
    };
    let is_word = |text: &str| text.starts_with(|c: char| c.is_ascii_lowercase()) && name(text);
    let words: Vec<String> =
        arguments.iter().map(|word| word.text.clone()).take_while(|text| is_word(text)).collect();
    let (mut flags, mut far) = (Flags::default(), false);
    for word in &arguments[words.len()..] {
        let text = word.text.as_str();
        if text == "--" {
            break;
        }
        if !text.starts_with('-') {
            if CARRIERS.contains(&program) {
                break;
            }
            far = true;
        }
        let into = if far { &mut flags.far } else { &mut flags.near };
        into.extend(flag(text));
    }
    (words, flags)
}

/// The flag that a word is, without its value.
fn flag(text: &str) -> Option<String> {
    let named = |c: char| c.is_ascii_alphanumeric() || c == '-';
    if let Some(long) = text.strip_prefix("--") {
        let name = long.split_once('=').map_or(long, |(name, _)| name);
        let good = name.starts_with(|c: char| c.is_ascii_lowercase()) && name.chars().all(named);
        return good.then(|| format!("--{name}"));
    }
    let short = text
        .strip_prefix('-')
        .filter(|short| short.starts_with(|c: char| c.is_ascii_alphabetic()))?;
    // Text with spaces that begins with a dash is a value: `date -d '-2 days'` has none such, a message may.
    if short.contains(char::is_whitespace) && !short.contains(['=', ':', '$', '{']) {
        return None;
    }
    let end = short.find(|c: char| !c.is_ascii_alphanumeric() && c != '-').unwrap_or(short.len());
    Some(format!("-{}", short[..end].trim_end_matches('-')))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Program or package, words, flags; those behind another word with a `+`.
    fn calls(text: &str) -> Vec<(String, String, String)> {
        let read = Script::read(text).programs.into_iter();
        let told = |used: Used| {
            let near = used.flags.near.iter().cloned();
            let far = used.flags.far.iter().map(|flag| format!("+{flag}"));
            let program = match used.package {
                Some(package) => format!("npx {package}"),
                None => used.program,
            };
            (program, used.words.join(" "), near.chain(far).collect::<Vec<_>>().join(" "))
        };
        read.map(told).collect()
    }

    fn call(program: &str, words: &str, flags: &str) -> (String, String, String) {
        (program.to_owned(), words.to_owned(), flags.to_owned())
    }

    #[test]
    fn programs_words_and_flags_are_found() {
        assert_eq!(
            calls(
                "pg_dump -Fc --format=custom -f \"$file\" --no-owner\nneonctl branches create --name x"
            ),
            [
                call("pg_dump", "", "--format -Fc -f +--no-owner"),
                call("neonctl", "branches create", "--name"),
            ]
        );
        let letters = "tar -xzf a; cut -d: -f1; psql -h\"$host\" -U $u -At; head -20 x; x -9 -";
        assert_eq!(
            calls(letters),
            [
                call("tar", "", "-xzf"),
                call("cut", "", "-d -f1"),
                call("psql", "", "-U -h +-At"),
                call("head", "", ""),
                call("x", "", ""),
            ]
        );
    }

    #[test]
    fn what_the_shell_has_itself_and_what_stands_behind_a_carrier_is_nobodys() {
        assert_eq!(calls("echo a; cd x; mine() { true; }; mine --flag"), []);
        let docker = call("docker", "compose", "--ansi");
        assert_eq!(calls("docker compose --ansi never exec api sh --login"), [docker]);
        assert_eq!(calls("\"$tool\" --x; ./own --y; gh pr -- --z"), [call("gh", "pr", "")]);
        // What ssh runs is not called here.
        assert_eq!(calls("ssh -i key host 'pg_dump --x | gzip'"), [call("ssh", "", "-i")]);
        assert_eq!(calls("bash -c 'jq -e .'"), [call("jq", "", "-e"), call("bash", "", "-c")]);
    }

    #[test]
    fn wrappers_are_programs_and_so_is_npx_for_what_it_runs_alone() {
        assert_eq!(calls("timeout 5 curl -f x"), [call("timeout", "", ""), call("curl", "", "-f")]);
        assert_eq!(
            calls("npx -y prisma@7.1 migrate deploy --schema x && pg_dump --y; npx tsc -p ."),
            [
                call("npx prisma@7.1", "migrate deploy", "--schema"),
                call("pg_dump", "", "--y"),
                call("npx tsc", "", "-p"),
            ]
        );
    }
}
