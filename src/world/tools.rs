//! Programs that must be there: found on PATH, asked for their version, nothing else.

use std::path::{Path, PathBuf};

use rustix::fs::Access;

use super::aside::{self, Aside, Fault, Stop};
use crate::time::Span;

/// A tool has this long to say its version.
const LIMIT: Span = Span::from_secs(10);

/// A tool as playbooks name it: `psql` or `psql >= 15`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Wanted {
    /// The program.
    pub name: String,
    /// The least version.
    pub least: Option<String>,
}

impl Wanted {
    /// Reads it.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        match text.split_once(">=") {
            Some((name, least)) => {
                Self { name: name.trim().to_owned(), least: Some(least.trim().to_owned()) }
            }
            None => Self { name: text.trim().to_owned(), least: None },
        }
    }
}

/// Looks for a tool written as `psql` or `psql >= 15`, on PATH and in the folders put in front of it.
///
/// # Errors
/// What is missing or too old, and what to do.
pub fn missing(wanted: &str, path: &[PathBuf]) -> Result<(), String> {
    let wanted = Wanted::parse(wanted);
    let program = find(&wanted.name, path)?;
    let Some(least) = &wanted.least else { return Ok(()) };
    let search = super::process::search_path(path).to_string_lossy().into_owned();
    let env = [("PATH".to_owned(), search)];
    let bounds = Bounds { limit: LIMIT, cap: aside::OUTPUT_CAP, stop: None };
    new_enough(&wanted.name, least, &version(&wanted.name, &program, &env, &bounds)?)
}

/// What a tool that is asked something may take.
pub(super) struct Bounds<'a> {
    /// Time.
    pub limit: Span,
    /// Bytes of each stream.
    pub cap: usize,
    /// Ends it before its time.
    pub stop: Option<&'a Stop>,
}

/// What a tool said.
pub(super) struct Said {
    /// Both streams.
    pub text: String,
    /// How it ended: some tools end badly behind their help.
    pub status: std::process::ExitStatus,
    /// There was more.
    pub cut: bool,
}

/// A fault when a tool is older than it must be.
pub(super) fn new_enough(name: &str, least: &str, found: &str) -> Result<(), String> {
    if numbers(found) < numbers(least) {
        return Err(format!("tool `{name}` is {found}, {least} or newer is needed: update it"));
    }
    Ok(())
}

/// The program that a name stands for.
pub(super) fn find(name: &str, path: &[PathBuf]) -> Result<PathBuf, String> {
    let folders = super::process::search_path(path);
    let files = std::env::split_paths(&folders).map(|folder| folder.join(name));
    let mut files: Vec<PathBuf> = files.filter(|file| file.is_file()).collect();
    let runs = |file: &PathBuf| rustix::fs::access(file, Access::EXEC_OK).is_ok();
    if let Some(at) = files.iter().position(runs) {
        return Ok(files.swap_remove(at));
    }
    match files.first() {
        Some(file) => {
            let file = file.display();
            Err(format!("tool `{name}`: {file} may not be executed: chmod +x it"))
        }
        None => Err(format!("tool `{name}` is not on PATH: install it")),
    }
}

/// The version that a tool tells.
pub(super) fn version(
    name: &str,
    program: &Path,
    env: &[(String, String)],
    bounds: &Bounds<'_>,
) -> Result<String, String> {
    let why = |why: String| format!("tool `{name}` does not tell its version: {why}");
    let said = says(program, &["--version"], env, bounds).map_err(why)?;
    version_in(&said.text).ok_or_else(|| format!("tool `{name}` does not tell its version"))
}

/// What a program prints on both streams, bounded in time and size.
pub(super) fn says(
    program: &Path,
    words: &[&str],
    env: &[(String, String)],
    bounds: &Bounds<'_>,
) -> Result<Said, String> {
    let Bounds { limit, cap, stop } = *bounds;
    let mut argv = vec![program.to_string_lossy().into_owned()];
    argv.extend(words.iter().map(|word| (*word).to_owned()));
    let aside = Aside { argv: &argv, env, stdin: "", dir: None, limit, cap, stop };
    let finished = aside::run(&aside).map_err(|fault| match fault {
        Fault::Start(error) => error.to_string(),
        Fault::Late => format!("no answer within {limit}"),
        Fault::Stopped => "stopped before it answered".to_owned(),
    })?;
    let cut = finished.stdout.len() > cap || finished.stderr.len() > cap;
    let all = [finished.stdout, finished.stderr].concat();
    Ok(Said { text: String::from_utf8_lossy(&all).into_owned(), status: finished.status, cut })
}

/// The first thing that looks like a version: digits with dots between them.
pub(super) fn version_in(text: &str) -> Option<String> {
    let words = text.split(|c: char| !(c.is_ascii_digit() || c == '.'));
    let versions = words.map(|word| word.trim_matches('.'));
    versions.filter(|word| word.starts_with(|c: char| c.is_ascii_digit())).map(str::to_owned).next()
}

pub(super) fn numbers(version: &str) -> Vec<u64> {
    version.split('.').map(|part| part.parse().unwrap_or_default()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_found_and_compared_as_numbers() {
        assert_eq!(version_in("psql (PostgreSQL) 15.18 (Debian 15.18-0)").unwrap(), "15.18");
        assert_eq!(version_in("neonctl v5.0.1").unwrap(), "5.0.1");
        assert_eq!(version_in("no version"), None);
        assert!(numbers("9.6") < numbers("15"));
        assert!(numbers("15.18") >= numbers("15"));
    }

    #[test]
    fn a_missing_tool_is_named() {
        let why = missing("no-such-tool-here >= 3", &[]).unwrap_err();
        assert!(why.contains("`no-such-tool-here` is not on PATH"), "{why}");
        assert_eq!(missing("sh", &[]), Ok(()));
    }
}
