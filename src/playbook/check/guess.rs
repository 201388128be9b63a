//! What a script or a statement probably does, where nobody has said so yet.
//!
//! A guess for a draft that a person reviews: what is not known to only look is taken for a change.

use super::{effects, shell, sql};
use crate::effect::EffectClass::{self, Change, Read};

/// Programs that only look, unless the table of effects says otherwise of their words.
const LOOKING: &[&str] = &[
    "[",
    "awk",
    "aws",
    "cat",
    "cd",
    "curl",
    "cut",
    "date",
    "df",
    "diff",
    "dig",
    "dmesg",
    "docker",
    "docker-compose",
    "du",
    "echo",
    "env",
    "exit",
    "export",
    "false",
    "file",
    "find",
    "free",
    "gh",
    "git",
    "grep",
    "gunzip",
    "gzip",
    "head",
    "helm",
    "host",
    "hostname",
    "id",
    "ip",
    "journalctl",
    "jq",
    "kubectl",
    "less",
    "ls",
    "lsof",
    "md5sum",
    "mysql",
    "nc",
    "neonctl",
    "netlify",
    "netstat",
    "nslookup",
    "open",
    "openssl",
    "pg_dump",
    "pg_isready",
    "ping",
    "printenv",
    "printf",
    "prisma",
    "ps",
    "psql",
    "pwd",
    "read",
    "redis-cli",
    "sed",
    "set",
    "sha256sum",
    "sleep",
    "sort",
    "sqlite3",
    "ss",
    "stat",
    "systemctl",
    "tail",
    "tar",
    "test",
    "top",
    "traceroute",
    "true",
    "uniq",
    "uptime",
    "vercel",
    "watch",
    "wc",
    "wget",
    "which",
    "who",
    "whoami",
    "xdg-open",
    "zcat",
];

/// Clients whose argument is SQL.
const CLIENTS: &[&str] = &["mysql", "psql", "sqlite3"];

/// The strongest effect of any command in a script, the SQL that it hands to a client included.
#[must_use]
pub fn script(text: &str) -> EffectClass {
    let known = |command: &shell::Command| {
        let program = command.program();
        let looks = program.is_empty() || LOOKING.contains(&program);
        let told = effects::of(command).map(|(class, _)| class);
        let class = told.unwrap_or(if looks { Read } else { Change });
        if !CLIENTS.contains(&program) {
            return class;
        }
        // A statement has blanks in it; an option, a name and an address have none.
        let words = command.words.iter().filter(|word| word.text.trim().contains(' '));
        words.map(|word| statement(&word.text)).fold(class, EffectClass::max)
    };
    shell::scan(text).commands.iter().map(known).max().unwrap_or(Read)
}

/// The strongest effect of any statement.
#[must_use]
pub fn statement(text: &str) -> EffectClass {
    sql::statements(text)
        .iter()
        .map(|statement| statement.doing().map_or(Read, |doing| doing.class))
        .max()
        .unwrap_or(Read)
}

/// False for a text of SQL in which there is nothing to run, such as comments alone.
#[must_use]
pub fn has_statement(text: &str) -> bool {
    !sql::statements(text).is_empty()
}

/// A script whose parts hang together: what one of them sets, another one uses.
#[must_use]
pub fn is_one_piece(text: &str) -> bool {
    let script = shell::scan(text);
    let moves = |command: &shell::Command| {
        matches!(command.program(), "cd" | "export" | "source" | "." | "set" | "read" | "trap")
    };
    !script.assigned.is_empty() || script.commands.iter().any(moves)
}

/// True when the words are a command line and not prose: a known program in front.
#[must_use]
pub fn is_command(text: &str) -> bool {
    let script = shell::scan(text);
    script.commands.first().is_some_and(|command| {
        let program = command.program();
        LOOKING.contains(&program) || effects::of(command).is_some() || program.starts_with("./")
    })
}
