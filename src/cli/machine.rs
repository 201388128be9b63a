//! What the front knows of this machine and this process: read here and passed on.
#![expect(
    clippy::disallowed_methods,
    reason = "the front reads the environment, once, and passes it on"
)]

use std::io;
use std::path::PathBuf;

use super::Global;
use super::exit::{self, Failure};
use crate::journal::{Offers, Place};
use crate::time::Span;
use crate::ui::lang::Lang;
use crate::ui::look::Look;
use crate::world::{console, machine};

pub(super) use crate::world::machine::{boot_id, host, rest, wall_clock, zone};

/// A variable that is set and not empty.
pub(super) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Of these variables, the first that is set and empty.
pub(super) fn emptied(names: &[&'static str]) -> Option<&'static str> {
    let is_empty = |name: &&&str| std::env::var_os(name).is_some_and(|value| value.is_empty());
    names.iter().find(is_empty).copied()
}

/// Time since boot, suspend included.
pub(super) fn boot_clock() -> Span {
    crate::world::live::boot_clock()
}

/// Who drives: the flag, `MAYDAY_OPERATOR` (read by the flag), `USER`, or the user's number.
pub(super) fn operator(flag: Option<&str>) -> String {
    // A name is one line, and an empty one names nobody.
    let name = |text: String| {
        let name = text.split_whitespace().collect::<Vec<_>>().join(" ");
        (!name.is_empty()).then_some(name)
    };
    let named = flag.map(str::to_owned).and_then(name);
    let named = named.or_else(|| variable("USER")).or_else(|| variable("LOGNAME"));
    named.unwrap_or_else(|| format!("uid {}", machine::user_id()))
}

/// The account of whoever sits here, for the rule that nobody agrees with themselves: who called `sudo`, else
/// who logged in, else who runs this.
pub(super) fn account() -> String {
    let id = variable("SUDO_UID").and_then(|id| id.parse().ok());
    format!("user {}", id.unwrap_or_else(machine::login_id))
}

/// The operator's own shell.
pub(super) fn shell() -> Option<String> {
    variable("SHELL").filter(|shell| shell.starts_with('/'))
}

/// Somebody can be asked: input and messages are a terminal, and nobody said otherwise.
pub(super) fn attended(global: &Global) -> bool {
    console::is_terminal() && !global.no_input && variable("CI").is_none()
}

/// How messages may look.
pub(super) fn look(global: &Global) -> Look {
    let (is_terminal, columns) =
        (machine::is_terminal(io::stderr()), machine::columns(io::stderr()));
    let look = Look::choose(&variable, global.plain, is_terminal, columns);
    Look { lang: lang(global), ..look }
}

/// The language of the screen: the flag, else the environment.
pub(super) fn lang(global: &Global) -> Lang {
    global.lang.as_deref().map_or_else(|| Lang::choose(&variable), Lang::of)
}

/// Colour is allowed on standard output.
pub(super) fn colour_on_stdout(plain: bool) -> bool {
    Look::choose(&variable, plain, machine::is_terminal(io::stdout()), None).colour
}

/// Columns of standard output.
pub(super) fn width() -> usize {
    Look::choose(&variable, false, false, machine::columns(io::stdout())).width
}

/// Where runs are kept.
///
/// # Errors
/// Neither a flag, nor `XDG_STATE_HOME`, nor `HOME` says where; or records could not name the folder.
pub(super) fn state_dir(global: &Global) -> Result<PathBuf, Failure> {
    let folder = wanted_state_dir(global)?;
    if folder.to_str().is_none() {
        let why = format!("use {} for runs: its name is no text (UTF-8)", folder.display());
        return Err(Failure::new(exit::PRECONDITION, why)
            .hint("name another one: --state-dir DIR, or MAYDAY_STATE_DIR"));
    }
    Ok(folder)
}

fn wanted_state_dir(global: &Global) -> Result<PathBuf, Failure> {
    if let Some(named) = &global.state_dir {
        return std::path::absolute(named).map_err(|error| {
            Failure::new(exit::USAGE, format!("use {} for runs: {error}", named.display()))
        });
    }
    let state = variable("XDG_STATE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let home = || variable("HOME").map(|home| PathBuf::from(home).join(".local/state"));
    match state.or_else(home) {
        Some(folder) => Ok(folder.join("mayday").join("runs")),
        None => Err(Failure::new(exit::PRECONDITION, "find a folder for runs: HOME is not set")
            .hint("name one: --state-dir DIR, or MAYDAY_STATE_DIR")),
    }
}

/// Where a record may go on when its own disk fails.
pub(super) fn places(configured: Option<PathBuf>) -> Vec<Place> {
    let folder = |name| variable(name).map(PathBuf::from);
    let offers = Offers {
        configured,
        runtime: folder("XDG_RUNTIME_DIR"),
        temporary: folder("TMPDIR"),
        home: folder("HOME"),
    };
    offers.places()
}

/// The program itself, for setup commands that call it.
pub(super) fn program() -> PathBuf {
    std::env::current_exe().unwrap_or_else(|_| PathBuf::from("mayday"))
}
