//! Secrets that would be seen: in the list of processes, on the screen, in the record.

use std::collections::HashSet;

use super::super::shell::{Command, Script, Variable};
use super::super::{Found, In, Look, Spot};
use crate::steps::Part;

rules! {
    "W120" "a secret on a command line" Look::Script(in_arguments);
    "Every user of the machine can read the arguments of every process, and many tools log them. Let the \
     tool read the secret itself: from its own variable (`PGPASSWORD` through `target:`, `NEON_API_KEY`), \
     from stdin (`curl -K -`) or from a file."

    "W121" "a secret is printed" Look::Script(printed);
    "What is printed lands on the screen, in the evidence and in scrollback. mayday masks known secrets, \
     but a part of one, or a coded form, is not known."

    "W134" "the environment is printed" Look::Command(environment);
    "`env`, `printenv` and `set -x` print every variable, the secrets among them."
}

/// Variables whose values are secrets here: those of the step, captured ones, and telling names.
fn secret_names<'a>(around: &'a In<'_>, spot: &'a Spot<'_>) -> HashSet<&'a str> {
    let own = spot.site.secrets.keys().map(String::as_str);
    let captured = around.names.all.iter().filter(|(_, name)| name.secret);
    own.chain(captured.map(|(name, _)| name.as_str())).collect()
}

/// Names that speak for themselves, whoever sets them.
fn is_telling(name: &str) -> bool {
    let upper = name.to_uppercase();
    ["PASSWORD", "PASSWD", "SECRET", "TOKEN", "API_KEY", "DATABASE_URL", "DB_URL", "PRIVATE_KEY"]
        .iter()
        .any(|word| upper.contains(word))
        || ["PASS", "PGPASSWORD", "MYSQL_PWD"].contains(&upper.as_str())
}

/// The first secret among the variables of a command's words.
fn secret_in<'c>(
    spot: &Spot<'_>,
    command: &'c Command,
    secrets: &HashSet<&str>,
) -> Option<&'c Variable> {
    let Part::Script(text) = spot.piece.part else { return None };
    // `${#token}` is the length of it.
    let counted = |v: &Variable| text.get(v.range.clone()).is_some_and(|v| v.starts_with("${#"));
    let mut variables = command.arguments().iter().flat_map(|word| &word.variables);
    variables.find(|v| (secrets.contains(v.name.as_str()) || is_telling(&v.name)) && !counted(v))
}

/// Programs of the shell itself: their arguments are in no list of processes.
const INNER: &[&str] = &[
    "echo", "printf", "[", "[[", "test", "export", "local", "read", "declare", "readonly", "unset",
    "set", "cd", "exit", "return", ":", "true",
];

fn in_arguments(around: &In<'_>, spot: &Spot<'_>, script: &Script, found: &mut Found<'_>) {
    let secrets = secret_names(around, spot);
    for command in &script.commands {
        if command.program().is_empty() || INNER.contains(&command.program()) {
            continue;
        }
        if let Some(variable) = secret_in(spot, command, &secrets) {
            let message = format!("`${}` would stand on a command line", variable.name);
            let help = match command.program() {
                "psql" | "pg_dump" | "pg_restore" => {
                    "name a `target:`: it exports PGHOST, PGUSER, PGPASSWORD and the like"
                }
                "curl" => {
                    "give it on stdin: `printf 'header = \"...\"' | curl -K - ...`, or use `http:`"
                }
                "mysql" | "mysqldump" => "let the client read MYSQL_PWD, or name a `target:`",
                _ => "let the tool read it from its environment, from stdin or from a file",
            };
            let range = found.within(spot, variable.range.clone());
            found.add(range, message, "every user can read it", help);
        }
    }
}

fn printed(around: &In<'_>, spot: &Spot<'_>, script: &Script, found: &mut Found<'_>) {
    let secrets = secret_names(around, spot);
    for command in &script.commands {
        let prints = matches!(command.program(), "echo" | "printf" | "printenv" | "cat");
        // `printf %s "$token" | tool` is the right way to hand one over.
        let goes_on = command.after == super::super::shell::Joint::Pipe
            || command.output_files().next().is_some();
        if !prints || goes_on {
            continue;
        }
        let named = command.plain().find(|word| {
            command.program() == "printenv" && (secrets.contains(word) || is_telling(word))
        });
        let (range, name) = match (secret_in(spot, command, &secrets), named) {
            (Some(variable), _) => (variable.range.clone(), variable.name.clone()),
            (None, Some(name)) => (command.range.clone(), name.to_owned()),
            (None, None) => continue,
        };
        let help = "check that it is there without showing it: `test -n \"$NAME\"`";
        let range = found.within(spot, range);
        found.add(range, format!("`{name}` would be printed"), "", help);
    }
}

fn environment(_: &In<'_>, spot: &Spot<'_>, command: &Command, found: &mut Found<'_>) {
    let all = match command.program() {
        "env" | "printenv" => command.arguments().is_empty(),
        "set" => command.has(&["-x"]) || command.says(&["xtrace"]),
        "bash" | "sh" => command.has(&["-x"]),
        _ => false,
    };
    if all {
        let range = found.within(spot, command.range.clone());
        found.add(
            range,
            "this prints every variable",
            "secrets included",
            "print only what you need",
        );
    }
}
