//! Blocks of commands taken apart: each comment with the commands below it is one step.

use crate::playbook::check::guess;

/// Languages of fences that hold commands.
const SHELLS: &[&str] = &["bash", "console", "ksh", "sh", "shell", "shell-session", "zsh"];

/// Words that open or continue what must stay in one piece.
const BLOCKS: &[&str] =
    &["if", "for", "while", "until", "case", "function", "do", "then", "{", "("];

/// A part of a block of commands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Commands, their comments included, and what the first comment says.
    Script { text: String, says: Option<String> },
    /// Comments without a command: for a person.
    Words(String),
    /// What a terminal printed.
    Output(String),
}

/// True when a fence with this language holds commands. Without a language, its first words tell.
pub(super) fn is_shell(language: &str, text: &str) -> bool {
    if !language.is_empty() {
        return SHELLS.contains(&language);
    }
    let first = text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#'));
    first.is_some_and(|line| line.starts_with("$ ") || guess::is_command(line))
}

/// The parts of a block of commands.
pub(super) fn parts(text: &str) -> Vec<Part> {
    if text.lines().any(|line| line.starts_with("$ ")) {
        return session(text);
    }
    let whole = || vec![part(text.lines())];
    if hangs_together(text) || guess::is_one_piece(text) {
        return whole();
    }
    let mut pieces: Vec<Vec<&str>> = vec![Vec::new()];
    for line in text.lines() {
        let opens = line.starts_with('#');
        let commanded = pieces.last().is_some_and(|piece| piece.iter().any(|line| is_code(line)));
        if opens && commanded {
            pieces.push(Vec::new());
        }
        if let Some(piece) = pieces.last_mut() {
            piece.push(line);
        }
    }
    pieces.into_iter().map(|piece| part(piece.into_iter())).collect()
}

/// A script that cannot be cut at a comment: blocks, here-documents, lines that go on.
fn hangs_together(text: &str) -> bool {
    text.contains("<<")
        || text.lines().any(|line| {
            let first = line.split_whitespace().next().unwrap_or_default();
            BLOCKS.contains(&first) || line.trim_end().ends_with(['{', '('])
        })
}

fn is_code(line: &str) -> bool {
    let line = line.trim();
    !line.is_empty() && !line.starts_with('#')
}

fn part<'l>(lines: impl Iterator<Item = &'l str>) -> Part {
    let lines: Vec<&str> = lines.collect();
    let text = lines.join("\n").trim_matches('\n').trim_end().to_owned();
    let said = lines.iter().map(|line| line.trim()).find(|line| !line.is_empty());
    let says = said.filter(|line| line.starts_with('#')).map(uncommented);
    if lines.iter().any(|line| is_code(line)) {
        Part::Script { text, says: says.filter(|says| says.chars().any(char::is_alphanumeric)) }
    } else {
        Part::Words(lines.iter().map(|line| uncommented(line)).collect::<Vec<_>>().join("\n"))
    }
}

fn uncommented(line: &str) -> String {
    line.trim().trim_start_matches(['#', '!']).trim().to_owned()
}

/// A copied terminal: lines behind `$ ` are commands, the others are what they printed.
fn session(text: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut printed: Vec<&str> = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let Some(command) = line.strip_prefix("$ ") else {
            printed.push(line);
            continue;
        };
        output(&mut printed, &mut parts);
        let mut script = command.to_owned();
        while script.ends_with('\\') {
            let Some(more) = lines.next() else { break };
            script.push('\n');
            script.push_str(more.strip_prefix("> ").unwrap_or(more));
        }
        parts.push(Part::Script { text: script, says: None });
    }
    output(&mut printed, &mut parts);
    parts
}

fn output(printed: &mut Vec<&str>, parts: &mut Vec<Part>) {
    let text = printed.join("\n");
    printed.clear();
    if !text.trim().is_empty() {
        parts.push(Part::Output(text));
    }
}
