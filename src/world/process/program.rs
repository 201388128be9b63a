//! Finding the program of a command, and saying why one could not be started.
#![expect(clippy::disallowed_methods, reason = "PATH is where the system itself looks")]

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::Access;
use rustix::io::Errno;

use super::Prepared;
use crate::effect::{FailKind, Output};

/// PATH for the command: the folders of the environment, then mayday's own.
pub(in crate::world) fn search_path(front: &[PathBuf]) -> OsString {
    let own = std::env::var_os("PATH").unwrap_or_else(|| "/usr/local/bin:/usr/bin:/bin".into());
    if front.is_empty() {
        return own;
    }
    let folders = front.iter().cloned().chain(std::env::split_paths(&own));
    // Fails for a folder with a colon in its name, which no PATH can hold.
    std::env::join_paths(folders).unwrap_or(own)
}

/// The program's file. Looked up here and not by the system: its answer would not say where it looked,
/// and a changed PATH would cost the cheap way to start a process.
pub(super) fn find(name: &str, path: &OsStr, cwd: &Path) -> Result<PathBuf, Box<Output>> {
    if name.is_empty() {
        return Err(Box::new(Output::failed(FailKind::Input, "the command names no program")));
    }
    if name.contains('/') {
        return Ok(cwd.join(name));
    }
    let mut refused = None;
    for folder in std::env::split_paths(path) {
        let file = cwd.join(folder).join(name);
        if !file.is_file() {
            continue;
        }
        if rustix::fs::access(&file, Access::EXEC_OK).is_ok() {
            return Ok(file);
        }
        refused.get_or_insert(file);
    }
    Err(Box::new(match refused {
        Some(file) => not_executable(&file),
        None => Output::failed(
            FailKind::NotFound,
            format!(
                "`{name}` was not found in PATH ({}); install it, or add its folder to `path:` of the \
                 environment",
                path.to_string_lossy()
            ),
        ),
    }))
}

fn not_executable(file: &Path) -> Output {
    let mode = file.metadata().map_or(0, |about| about.permissions().mode() & 0o7777);
    Output::failed(
        FailKind::Permission,
        format!("{} may not be executed (mode {mode:04o}); see chmod +x", file.display()),
    )
}

/// Why the system refused to start `file`.
pub(super) fn refusal(spec: &Prepared, file: &Path, error: &io::Error) -> Output {
    if !spec.cwd.is_dir() {
        let cwd = spec.cwd.display();
        return Output::failed(
            FailKind::Input,
            format!("the working directory {cwd} is missing or is no folder"),
        );
    }
    let shown = file.display();
    match Errno::from_io_error(error) {
        Some(Errno::NOENT) if file.exists() => Output::failed(
            FailKind::NotFound,
            format!("{shown} names an interpreter in its first line that does not exist"),
        ),
        Some(Errno::NOENT | Errno::NOTDIR) => {
            Output::failed(FailKind::NotFound, format!("{shown} does not exist"))
        }
        Some(Errno::ACCESS) if file.is_dir() => {
            Output::failed(FailKind::Permission, format!("{shown} is a folder, not a program"))
        }
        Some(Errno::ACCESS | Errno::PERM) => not_executable(file),
        Some(Errno::NOEXEC) => Output::failed(
            FailKind::Permission,
            format!("{shown} is no program this machine can run; a script starts with #!"),
        ),
        Some(Errno::TOOBIG) => Output::failed(FailKind::Input, too_big(spec)),
        _ => Output::failed(FailKind::Input, format!("{shown} could not be started: {error}")),
    }
}

/// The kernel takes 128 KiB a word; the largest variable is nearly always the one.
fn too_big(spec: &Prepared) -> String {
    let sizes = spec.env.iter().map(|(name, value)| (value.text().len(), name.as_str()));
    match sizes.max() {
        Some((size, name)) => format!(
            "the variables are too large for a command, the largest is ${name} with {size} bytes; \
             pass it in a file"
        ),
        None => "the command is too long".to_owned(),
    }
}

/// A NUL byte ends a word early, so the system takes none.
pub(super) fn check_words(spec: &Prepared) -> Result<(), Box<Output>> {
    let nul = |text: &str| text.contains('\0');
    if spec.argv.iter().any(|word| nul(word)) {
        let why = "the command holds a NUL character";
        return Err(Box::new(Output::failed(FailKind::Input, why)));
    }
    let bad = |(name, value): &&(String, super::EnvValue)| {
        name.is_empty() || name.contains('=') || nul(name) || nul(value.text())
    };
    match spec.env.iter().find(bad) {
        Some((name, _)) => Err(Box::new(Output::failed(
            FailKind::Input,
            format!("${} cannot be a variable: NUL or `=` where none may be", name.escape_debug()),
        ))),
        None => Ok(()),
    }
}
