//! Bringing an environment up for a drill and taking it down behind it.

use std::time::Duration;

use crate::plan::Place;
use crate::steps::Surroundings as _;
use crate::time::Span;

/// Bringing an environment up or down is given up after this long.
const LIMIT: Span = Span::from_mins(10);

/// What every command of an environment gets: its variables, the run's marks, PATH with its folders in front.
#[must_use]
pub fn variables(place: &Place) -> Vec<(String, String)> {
    let mut all = place.marks();
    let path = super::process::search_path(place.path());
    all.push(("PATH".to_owned(), path.to_string_lossy().into_owned()));
    all
}

/// Runs the environment's `setup` or `teardown` command; what it says comes back for the screen.
///
/// # Errors
/// How it ended when it did not end well, with the end of what it said.
pub fn command(script: &str, place: &Place) -> Result<String, String> {
    let mut words = place.shell().to_vec();
    words.push(script.to_owned());
    let program = words.remove(0);
    let mut command = duct::cmd(&program, &words).dir(place.cwd());
    for (name, value) in variables(place) {
        command = command.env(name, value);
    }
    let handle = command
        .stdin_null()
        .stderr_to_stdout()
        .stdout_capture()
        .unchecked()
        .start()
        .map_err(|error| format!("start `{program}`: {error}"))?;
    let limit = Duration::from_millis(LIMIT.millis().unsigned_abs());
    match handle.wait_timeout(limit) {
        Ok(Some(output)) => {
            let said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
            if output.status.success() {
                return Ok(said);
            }
            Err(format!("run `{script}`: {}: {said}", output.status))
        }
        Ok(None) => {
            let _ = handle.kill();
            Err(format!("run `{script}`: no end within {LIMIT}"))
        }
        Err(error) => Err(format!("run `{script}`: {error}")),
    }
}
