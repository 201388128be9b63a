//! What a script or a statement probably does, where nobody has said so yet.
//!
//! A guess for a draft that a person reviews: what is not known to only look is taken for a change.

use super::{effects, looking, shell, sql};
use crate::effect::EffectClass::{self, Change, Read};

/// Clients whose argument is SQL.
const CLIENTS: &[&str] = &["mysql", "psql", "sqlite3"];

/// Commands of the clients themselves that only look, beside those that begin with `\d`.
const OWN_LOOKS: &[&str] = &[
    "\\l",
    "\\conninfo",
    "\\x",
    "\\timing",
    ".tables",
    ".schema",
    ".databases",
    ".indexes",
    ".mode",
    ".headers",
];

/// The strongest effect of any command in a script, the SQL that it hands to a client included.
#[must_use]
pub fn script(text: &str) -> EffectClass {
    let known = |command: &shell::Command| {
        let told = effects::of(command).map(|(class, _)| class);
        if let (None, Some(class)) = (told, handed_over(command)) {
            return class;
        }
        told.unwrap_or(if looking::only(command) { Read } else { Change })
    };
    shell::scan(text).commands.iter().map(known).max().unwrap_or(Read)
}

/// The strongest effect of what a client is told on its command line; `None` when it is told nothing there, and
/// for a program that is no client.
fn handed_over(command: &shell::Command) -> Option<EffectClass> {
    if !CLIENTS.contains(&command.program()) || command.is_fed() {
        return None;
    }
    // A statement has blanks in it, or is a command of the client's own; an option, a name and an address are neither.
    let words = command.words.iter().map(|word| word.text.trim());
    words.filter_map(own_command).max()
}

/// What a word does that a client of a database is told.
fn own_command(word: &str) -> Option<EffectClass> {
    let first = word.split_whitespace().next()?;
    if first.starts_with('\\') || (first.starts_with('.') && !first.contains('/')) {
        let looks = first.starts_with("\\d") || OWN_LOOKS.contains(&first);
        return Some(if looks { Read } else { Change });
    }
    word.contains(' ').then(|| statement(word))
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
        looking::knows(command.program())
            || CLIENTS.contains(&command.program())
            || effects::of(command).is_some()
            || command.program().starts_with("./")
    })
}
