//! Signatures of files by the keys that people have: `ssh-keygen -Y`.
//!
//! A key with a passphrase is asked for by ssh-keygen itself at the terminal, or comes from an agent.

use std::path::Path;
use std::time::Duration;

use crate::time::Span;

/// What the signature is for: one made for something else does not count.
const NAMESPACE: &str = "mayday-drill";

/// Somebody types a passphrase within this span.
const LIMIT: Span = Span::from_mins(2);

/// Signs a file; the signature lies beside it with `.sig` behind its name.
///
/// # Errors
/// What ssh-keygen said.
pub fn sign(key: &Path, file: &Path) -> Result<(), String> {
    let words = ["-Y".into(), "sign".into(), "-n".into(), NAMESPACE.into(), "-f".into()];
    let words: Vec<std::ffi::OsString> = words
        .into_iter()
        .chain([key.as_os_str().to_owned(), file.as_os_str().to_owned()])
        .collect();
    run(&duct::cmd("ssh-keygen", words).stdin_null()).map(drop)
}

/// Checks a signature. With a file of allowed signers, that it is by `signer`; else only that it fits. What
/// ssh-keygen said of it.
///
/// # Errors
/// It does not hold, or cannot be checked.
pub fn check(file: &Path, allowed: Option<(&Path, &str)>) -> Result<String, String> {
    let mut signature = file.as_os_str().to_owned();
    signature.push(".sig");
    let mut words: Vec<std::ffi::OsString> = vec!["-Y".into()];
    match allowed {
        Some((signers, signer)) => {
            words.extend(["verify".into(), "-f".into(), signers.as_os_str().to_owned()]);
            words.extend(["-I".into(), signer.into()]);
        }
        None => words.push("check-novalidate".into()),
    }
    words.extend(["-n".into(), NAMESPACE.into(), "-s".into(), signature]);
    run(&duct::cmd("ssh-keygen", words).stdin_path(file))
}

fn run(command: &duct::Expression) -> Result<String, String> {
    let start = command.stderr_to_stdout().stdout_capture().unchecked().start();
    let handle = start.map_err(|error| format!("start ssh-keygen: {error}"))?;
    let limit = Duration::from_millis(LIMIT.millis().unsigned_abs());
    match handle.wait_timeout(limit) {
        Ok(Some(output)) => {
            let said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
            if output.status.success() { Ok(said) } else { Err(format!("ssh-keygen: {said}")) }
        }
        Ok(None) => {
            let _ = handle.kill();
            Err(format!("ssh-keygen: no end within {LIMIT}"))
        }
        Err(error) => Err(format!("ssh-keygen: {error}")),
    }
}
