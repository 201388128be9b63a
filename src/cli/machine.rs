//! This machine and this process: clocks, terminal, environment, names. Read here and passed on.
#![expect(
    clippy::disallowed_methods,
    reason = "the front reads the environment, once, and passes it on"
)]

use std::path::PathBuf;

use chrono::{Local, Offset, Utc};

use super::Global;
use super::exit::{self, Failure};
use crate::time::{Span, Timestamp, Zone};
use crate::ui::look::Look;
use crate::world::console;

/// A variable that is set and not empty.
pub(super) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Wall clock.
pub(super) fn wall_clock() -> Timestamp {
    Timestamp::from_millis(Utc::now().timestamp_millis())
}

/// The operator's zone.
pub(super) fn zone() -> Zone {
    Local::now().offset().fix()
}

/// Time since boot, suspend included.
pub(super) fn boot_clock() -> Span {
    crate::world::live::boot_clock()
}

/// The boot's id: events of one boot share a boot clock.
pub(super) fn boot_id() -> String {
    let id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id");
    id.map(|id| id.trim().to_owned()).unwrap_or_default()
}

/// The machine's name.
pub(super) fn host() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// Who drives: the flag, `MAYDAY_OPERATOR` (read by the flag), `USER`, or the user's number.
pub(super) fn operator(flag: Option<&str>) -> String {
    let named =
        flag.map(str::to_owned).or_else(|| variable("USER")).or_else(|| variable("LOGNAME"));
    named.unwrap_or_else(|| format!("uid {}", rustix::process::getuid().as_raw()))
}

/// Somebody can be asked: input and messages are a terminal, and nobody said otherwise.
pub(super) fn attended(global: &Global) -> bool {
    console::is_terminal() && !global.no_input && variable("CI").is_none()
}

/// How messages may look.
pub(super) fn look(global: &Global) -> Look {
    let columns = rustix::termios::tcgetwinsize(rustix::stdio::stderr()).ok();
    let columns = columns.map(|size| size.ws_col).filter(|columns| *columns > 0);
    let is_terminal = rustix::termios::isatty(rustix::stdio::stderr());
    Look::choose(&variable, global.plain, is_terminal, columns)
}

/// Colour is allowed on standard output.
pub(super) fn colour_on_stdout(plain: bool) -> bool {
    let is_terminal = rustix::termios::isatty(rustix::stdio::stdout());
    Look::choose(&variable, plain, is_terminal, None).colour
}

/// Columns of standard output.
pub(super) fn width() -> usize {
    let columns = rustix::termios::tcgetwinsize(rustix::stdio::stdout()).ok();
    let columns = columns.map(|size| size.ws_col).filter(|columns| *columns > 0);
    Look::choose(&variable, false, false, columns).width
}

/// Where runs are kept.
///
/// # Errors
/// Neither a flag, nor `XDG_STATE_HOME`, nor `HOME` says where.
pub(super) fn state_dir(global: &Global) -> Result<PathBuf, Failure> {
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

/// The program itself, for setup commands that call it.
pub(super) fn program() -> PathBuf {
    std::env::current_exe().unwrap_or_else(|_| PathBuf::from("mayday"))
}
