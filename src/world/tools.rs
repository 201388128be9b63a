//! Programs that must be there: found on PATH, asked for their version, nothing else.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::time::Span;

/// A tool has this long to say its version.
const LIMIT: Span = Span::from_secs(10);

/// Looks for a tool written as `psql` or `psql >= 15`, on PATH and in the folders put in front of it.
///
/// # Errors
/// What is missing or too old, and what to do.
pub fn missing(wanted: &str, path: &[PathBuf]) -> Result<(), String> {
    let (name, least) = match wanted.split_once(">=") {
        Some((name, least)) => (name.trim(), Some(least.trim())),
        None => (wanted.trim(), None),
    };
    let Some(program) = find(name, path) else {
        return Err(format!("tool `{name}` is not on PATH: install it"));
    };
    let Some(least) = least else { return Ok(()) };
    let said = version_text(&program)
        .map_err(|why| format!("tool `{name}` does not tell its version: {why}"))?;
    let Some(found) = version_in(&said) else {
        return Err(format!("tool `{name}` does not tell its version; {least} or newer is needed"));
    };
    if numbers(&found) < numbers(least) {
        return Err(format!("tool `{name}` is {found}, {least} or newer is needed: update it"));
    }
    Ok(())
}

/// The program that a name stands for.
fn find(name: &str, path: &[PathBuf]) -> Option<PathBuf> {
    let folders = super::process::search_path(path);
    std::env::split_paths(&folders).map(|folder| folder.join(name)).find(|file| file.is_file())
}

fn version_text(program: &Path) -> Result<String, String> {
    let handle = duct::cmd(program, ["--version"])
        .stdin_null()
        .stderr_to_stdout()
        .stdout_capture()
        .unchecked()
        .start()
        .map_err(|error| error.to_string())?;
    let limit = Duration::from_millis(LIMIT.millis().unsigned_abs());
    match handle.wait_timeout(limit) {
        Ok(Some(output)) => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        Ok(None) => {
            let _ = handle.kill();
            Err(format!("no answer within {LIMIT}"))
        }
        Err(error) => Err(error.to_string()),
    }
}

/// The first thing that looks like a version: digits with dots between them.
fn version_in(text: &str) -> Option<String> {
    let words = text.split(|c: char| !(c.is_ascii_digit() || c == '.'));
    let versions = words.map(|word| word.trim_matches('.'));
    versions.filter(|word| word.starts_with(|c: char| c.is_ascii_digit())).map(str::to_owned).next()
}

fn numbers(version: &str) -> Vec<u64> {
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
