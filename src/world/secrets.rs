//! Where secrets come from, and the values found so far.
//!
//! Owns the references of mayday.yaml (`env:NAME`, `file:PATH`, `cmd:COMMAND`, `prompt`), what they
//! resolve to, and the [`Redactor`] that knows every value from the moment it is known here. No error
//! repeats a value, or anything a command printed on stdout.
//!
//! A variable is looked for in the environment's `env_file` first: the file belongs to that environment,
//! while a variable left over in the operator's shell may point at another one.
#![expect(clippy::disallowed_methods, reason = "a secret may name a variable")]

use std::collections::{BTreeMap, HashMap};
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use secrecy::ExposeSecret;

use super::aside::{self, Aside, Fault, Stop};
use crate::diagnostic::did_you_mean;
use crate::secret::{MIN_HIDDEN, Redactor, SecretValue};
use crate::time::Span;

mod env_file;

/// A command that prints a secret has this long; a password manager may ask a server.
const COMMAND_LIMIT: Span = Span::from_secs(30);

/// The largest secret, in bytes; key files are far smaller.
const VALUE_CAP: u64 = 64 * 1024;

/// A secret that cannot be had. Reads as a fragment after "failed to resolve: ".
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// No such name.
    #[error("secret `{name}` is not one of `secrets:` in mayday.yaml{hint}")]
    Unknown {
        /// The name.
        name: String,
        /// `; did you mean ...?`, or nothing.
        hint: String,
    },
    /// Its reference has no known form.
    #[error(
        "secret `{name}` is not written as env:NAME, file:PATH, cmd:COMMAND or prompt in mayday.yaml"
    )]
    Reference {
        /// The name.
        name: String,
    },
    /// It was looked for and not found, or not usable.
    #[error("secret `{name}`: {why}")]
    Missing {
        /// The name.
        name: String,
        /// Where it was looked for, and what to do.
        why: String,
    },
    /// It must be typed.
    #[error("secret `{name}` is asked for: run with a terminal, or give it another source")]
    Prompt {
        /// The name.
        name: String,
    },
}

/// Secrets by name.
pub struct Vault {
    references: BTreeMap<String, String>,
    base: PathBuf,
    env_file: Option<PathBuf>,
    variables: Vec<(String, String)>,
    values: HashMap<String, SecretValue>,
    redactor: Arc<Mutex<Redactor>>,
    warnings: Vec<String>,
    command_limit: Span,
    stop: Option<Stop>,
}

impl Vault {
    /// A vault for these references; nothing is looked for yet. Relative paths start from `base`, the
    /// folder of mayday.yaml.
    #[must_use]
    pub fn new(
        references: BTreeMap<String, String>,
        base: PathBuf,
        env_file: Option<PathBuf>,
    ) -> Self {
        Self {
            references,
            base,
            env_file,
            variables: Vec::new(),
            values: HashMap::new(),
            redactor: Arc::default(),
            warnings: Vec::new(),
            command_limit: COMMAND_LIMIT,
            stop: None,
        }
    }

    /// A vault of its own for another thread, which hides what it finds everywhere at once. Its commands
    /// have no more time than a message has.
    pub(super) fn beside(&self) -> Self {
        Self {
            references: self.references.clone(),
            base: self.base.clone(),
            env_file: self.env_file.clone(),
            variables: self.variables.clone(),
            values: self.values.clone(),
            redactor: Arc::clone(&self.redactor),
            warnings: Vec::new(),
            command_limit: crate::steps::notify::DELIVERY_LIMIT,
            stop: None,
        }
    }

    /// A vault for one look, which knows what was found by then. Its commands have this long, and end when told.
    pub(super) fn for_look(&self, limit: Span, stop: &Stop) -> Self {
        Self { command_limit: limit, stop: Some(stop.clone()), ..self.beside() }
    }

    /// A secret that was found by then.
    pub(super) fn kept(&self, name: &str) -> Option<SecretValue> {
        self.values.get(name).cloned()
    }

    /// The variables that a `cmd:` reference gets beside our own: those of the environment, so that the tools it
    /// names are found where those of steps are.
    #[must_use]
    pub fn with_variables(mut self, variables: Vec<(String, String)>) -> Self {
        self.variables = variables;
        self
    }

    /// The run that `cmd:` references may ask for, once there is one.
    pub fn bind(&mut self, run_id: &str, run_dir: &Path) {
        let marks =
            [("MAYDAY_RUN_ID", run_id.into()), ("MAYDAY_RUN_DIR", run_dir.to_string_lossy())];
        for (name, value) in marks {
            self.variables.retain(|(known, _)| known != name);
            self.variables.push((name.to_owned(), value.into_owned()));
        }
    }

    /// What hides the values known so far; kept in step with the vault.
    #[must_use]
    pub fn redactor(&self) -> Arc<Mutex<Redactor>> {
        Arc::clone(&self.redactor)
    }

    /// True when the operator must be asked for it; the answer goes to [`Vault::keep`].
    #[must_use]
    pub fn needs_prompt(&self, name: &str) -> bool {
        !self.values.contains_key(name)
            && self.references.get(name).is_some_and(|reference| reference.trim() == "prompt")
    }

    /// True when a command must be run for it.
    #[must_use]
    pub fn takes_time(&self, name: &str) -> bool {
        !self.values.contains_key(name)
            && self.references.get(name).is_some_and(|at| at.trim_start().starts_with("cmd:"))
    }

    /// The value of a secret, looked for once.
    ///
    /// # Errors
    /// Which secret, where it was looked for, what to do. Tell the operator; the step cannot start.
    pub fn resolve(&mut self, name: &str) -> Result<SecretValue, Trouble> {
        if let Some(value) = self.values.get(name) {
            return Ok(value.clone());
        }
        let missing = |why: String| Trouble::Missing { name: name.to_owned(), why };
        let Some(reference) = self.references.get(name).cloned() else {
            let known = self.references.keys().map(String::as_str);
            let near = did_you_mean(name, known).map(|near| format!("; did you mean `{near}`?"));
            return Err(Trouble::Unknown { name: name.to_owned(), hint: near.unwrap_or_default() });
        };
        let found = match reference.trim().split_once(':') {
            Some(("env", variable)) => self.variable(variable.trim()),
            Some(("file", path)) => self.file(name, path.trim()),
            Some(("cmd", command)) => self.command(command.trim()),
            None if reference.trim() == "prompt" => {
                return Err(Trouble::Prompt { name: name.to_owned() });
            }
            _ => return Err(Trouble::Reference { name: name.to_owned() }),
        };
        let value = found.and_then(long_enough).map_err(missing)?;
        self.keep(name, value.clone());
        Ok(value)
    }

    /// Looks for every secret that a variable or a file holds; those that cannot be had are passed over.
    pub fn resolve_at_hand(&mut self) {
        let at_hand = |reference: &&String| {
            let reference = reference.trim_start();
            reference.starts_with("env:") || reference.starts_with("file:")
        };
        let names = self.references.iter().filter(|(_, reference)| at_hand(reference));
        for name in names.map(|(name, _)| name.clone()).collect::<Vec<_>>() {
            // What cannot be had cannot have been said by mistake either, as far as we can know.
            let _ = self.resolve(&name);
        }
    }

    /// Keeps a value found elsewhere: typed by the operator or captured from an output. It is hidden from
    /// here on.
    pub fn keep(&mut self, name: &str, value: SecretValue) {
        let mut redactor = self.redactor.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(not_hidden) = redactor.add(name, &value) {
            self.warnings.push(not_hidden.to_string());
        }
        drop(redactor);
        self.values.insert(name.to_owned(), value);
    }

    /// The secrets found so far, for a process that must hide them too.
    pub(super) fn known(&self) -> impl Iterator<Item = (String, SecretValue)> {
        self.values.iter().map(|(name, value)| (name.clone(), value.clone()))
    }

    /// What the operator should know about the secrets found since the last time: readable by others, too
    /// short to be hidden.
    #[must_use]
    pub fn take_warnings(&mut self) -> Vec<String> {
        std::mem::take(&mut self.warnings)
    }

    fn variable(&self, variable: &str) -> Result<SecretValue, String> {
        let mut looked = Vec::new();
        if let Some(file) = &self.env_file {
            let file = below(&self.base, file);
            let shown = file.display();
            match env_file::read(&file) {
                Ok(all) => {
                    if let Some(value) = all.get(variable) {
                        return not_empty(value.clone(), &format!("${variable} in {shown}"));
                    }
                    looked.push(format!("nor is it in {shown}"));
                }
                Err(why) => looked.push(format!("and {shown} {why}")),
            }
        }
        match std::env::var(variable) {
            Ok(value) => not_empty(value.into(), &format!("${variable}")),
            Err(std::env::VarError::NotUnicode(_)) => Err(format!("${variable} is not UTF-8")),
            Err(std::env::VarError::NotPresent) => {
                looked.insert(0, format!("${variable} is not set"));
                Err(format!("{}; set it: export {variable}=...", looked.join(", ")))
            }
        }
    }

    fn file(&mut self, name: &str, path: &str) -> Result<SecretValue, String> {
        let path = match path.strip_prefix("~/") {
            Some(rest) => {
                let home = std::env::var_os("HOME").ok_or("~ is unknown: $HOME is not set")?;
                PathBuf::from(home).join(rest)
            }
            None => below(&self.base, Path::new(path)),
        };
        let shown = path.display();
        let (text, mode) = read_small(&path).map_err(|why| format!("{shown} {why}"))?;
        if mode & 0o077 != 0 {
            self.warnings.push(format!(
                "secret `{name}`: {shown} can be read by others (mode {mode:04o}); see chmod 600"
            ));
        }
        not_empty(without_line_end(&text), &format!("{shown}"))
    }

    fn command(&self, command: &str) -> Result<SecretValue, String> {
        let argv = ["sh", "-c", command].map(str::to_owned);
        let aside = Aside {
            argv: &argv,
            env: &self.variables,
            stdin: "",
            dir: Some(&self.base),
            limit: self.command_limit,
            cap: aside::OUTPUT_CAP,
            stop: self.stop.as_ref(),
        };
        let shown = crate::text::cut(command, 80);
        let finished = aside::run(&aside).map_err(|fault| match fault {
            Fault::Start(error) => format!("`{shown}` could not be run: {error}"),
            Fault::Late => format!("`{shown}` did not end within {}", self.command_limit),
            Fault::Stopped => format!("`{shown}` was stopped before it ended"),
        })?;
        if !finished.status.success() {
            let redactor = self.redactor.lock().unwrap_or_else(PoisonError::into_inner);
            let words = redactor.redact(&String::from_utf8_lossy(&finished.stderr)).into_owned();
            // What it printed on stdout by then may be the value, which a trace repeats on stderr.
            let words = without(&words, &finished.stdout);
            let said = match aside::last_words(words.as_bytes()) {
                words if words.is_empty() => String::new(),
                words => format!(": {words}"),
            };
            return Err(format!("`{shown}` failed ({}){said}", finished.status));
        }
        if finished.stdout.len() > aside::OUTPUT_CAP {
            return Err(format!("`{shown}` printed more than {} KiB", aside::OUTPUT_CAP / 1024));
        }
        let text = String::from_utf8(finished.stdout)
            .map_err(|_| format!("`{shown}` printed what is not UTF-8"))?;
        not_empty(without_line_end(&text), &format!("what `{shown}` prints"))
    }
}

/// A text without what stands on the lines of an output that is nobody's to see.
fn without(words: &str, hidden: &[u8]) -> String {
    let hidden = String::from_utf8_lossy(hidden);
    let long = hidden.lines().map(str::trim).filter(|line| line.len() >= MIN_HIDDEN);
    long.fold(words.to_owned(), |words, line| words.replace(line, "***"))
}

/// The text of a small regular file and its mode. The error fits after the file's name.
fn read_small(path: &Path) -> Result<(String, u32), String> {
    let about = path.metadata().map_err(|error| format!("cannot be read: {error}"))?;
    if !about.is_file() {
        return Err("is not a regular file".to_owned());
    }
    let mut text = String::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(VALUE_CAP + 1).read_to_string(&mut text))
        .map_err(|error| format!("cannot be read: {error}"))?;
    if text.len() as u64 > VALUE_CAP {
        return Err(format!("is larger than {} KiB", VALUE_CAP / 1024));
    }
    Ok((text, about.permissions().mode() & 0o7777))
}

fn below(base: &Path, path: &Path) -> PathBuf {
    base.join(path)
}

/// Files and commands end their text with a line end that is not part of the secret.
fn without_line_end(text: &str) -> SecretValue {
    let text = text.strip_suffix('\n').unwrap_or(text);
    text.strip_suffix('\r').unwrap_or(text).to_owned().into()
}

fn not_empty(value: SecretValue, whence: &str) -> Result<SecretValue, String> {
    if value.expose_secret().trim().is_empty() {
        return Err(format!("{whence} is empty"));
    }
    Ok(value)
}

/// A shorter one stands in ordinary words: hiding it would hide those, and not hiding it would leak it
/// (reliability design, T11).
fn long_enough(value: SecretValue) -> Result<SecretValue, String> {
    if value.expose_secret().chars().count() < MIN_HIDDEN {
        return Err(format!(
            "it is shorter than {MIN_HIDDEN} characters and could not be hidden in the record; make it \
             longer, or give it without `secrets:` if it is no secret"
        ));
    }
    Ok(value)
}

#[cfg(test)]
mod tests;
