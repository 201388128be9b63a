//! What a step may ask of the world, and what comes back.
//!
//! Owns the words between the pure core and the world. Everything here is plain data: an [`Effect`]
//! carries references to secrets, never their values; an [`Output`] is already redacted.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::time::{Span, Timestamp};

mod message;
mod question;
mod recover;
mod sql;

pub use message::{
    About, Again, Channel, ComponentStatus, Email, Impact, NotifyEffect, Post, PostStatus, Signal,
    Statuspage,
};
pub use question::{LONGEST_ANSWER, numbered};
pub use recover::{Recover, RecoverCommand, RecoverSql};
pub use sql::{SqlEffect, SqlEnd, SqlParam};

/// What running a step does to the world outside. Declared by the author, never guessed.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum EffectClass {
    /// Changes nothing; may be repeated at will.
    Read,
    /// Changes something that can be put back.
    Change,
    /// Can lose data or service for good.
    Destructive,
}

impl EffectClass {
    /// The word used in YAML, on screen and in the record.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Change => "change",
            Self::Destructive => "destructive",
        }
    }
}

/// Names one effect in flight: the sequence number of the event that announced it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EffectId(pub u64);

/// A string for a child process, a URL or a connection: known now, or a secret known by its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Text {
    /// May be shown and recorded.
    Plain(String),
    /// The name under which the world keeps the value: one of `secrets:` in mayday.yaml, or a
    /// name captured with `secret: true`.
    Secret(String),
}

impl Text {
    /// What may be shown: the text, or the name of the secret.
    #[must_use]
    pub fn shown(&self) -> String {
        match self {
            Self::Plain(text) => text.clone(),
            Self::Secret(name) => format!("‹secret {name}›"),
        }
    }
}

/// One thing asked of the world. The world answers each with exactly one [`Output`].
#[derive(Clone, Debug)]
pub enum Effect {
    /// Run a command.
    Process(ProcessEffect),
    /// Run SQL statements.
    Sql(SqlEffect),
    /// Finish a transaction that an earlier [`Effect::Sql`] left open.
    SqlEnd(SqlEnd),
    /// Find out what became of an effect whose end nobody recorded. Has the id of that effect.
    Recover(Recover),
    /// One HTTP request.
    Http(HttpEffect),
    /// Ask the operator.
    Ask(Question),
    /// Tell a contact.
    Notify(Box<NotifyEffect>),
    /// Look at files and keep a hashed copy of each in the run's evidence.
    Keep(KeepEffect),
}

impl Effect {
    /// Ends the effect no later than this.
    pub fn limit(&mut self, most: Span) {
        let limit = match self {
            Self::Process(effect) => &mut effect.time_limit,
            Self::Sql(effect) => &mut effect.time_limit,
            Self::SqlEnd(effect) => &mut effect.time_limit,
            Self::Http(effect) => &mut effect.time_limit,
            Self::Notify(effect) => &mut effect.time_limit,
            Self::Recover(Recover::Sql(effect)) => &mut effect.time_limit,
            Self::Ask(_) | Self::Keep(_) | Self::Recover(Recover::Command(_)) => return,
        };
        *limit = (*limit).min(most).max(Span::ZERO);
    }

    /// When it is ended; `None` for what waits for a person or takes no time.
    #[must_use]
    pub const fn time_limit(&self) -> Option<Span> {
        match self {
            Self::Process(effect) => Some(effect.time_limit),
            Self::Sql(effect) => Some(effect.time_limit),
            Self::SqlEnd(effect) => Some(effect.time_limit),
            Self::Http(effect) => Some(effect.time_limit),
            Self::Notify(effect) => Some(effect.time_limit),
            Self::Recover(Recover::Sql(effect)) => Some(effect.time_limit),
            Self::Ask(_) | Self::Keep(_) | Self::Recover(Recover::Command(_)) => None,
        }
    }

    /// What it does, for the record and the screen: the command, the statements, the request, the
    /// question. Secrets stand as their names.
    #[must_use]
    pub fn what(&self) -> String {
        match self {
            Self::Process(effect) => effect.argv.last().cloned().unwrap_or_default(),
            Self::Sql(effect) => effect.statements.join(";\n"),
            Self::SqlEnd(SqlEnd { commit: true, .. }) => SqlEnd::COMMIT.to_owned(),
            Self::SqlEnd(SqlEnd { commit: false, .. }) => "ROLLBACK".to_owned(),
            Self::Http(effect) => format!("{} {}", effect.method, effect.url.shown()),
            Self::Recover(recover) => recover.what(),
            Self::Ask(question) => question.text.clone(),
            Self::Notify(effect) => format!("tell {}: {}", effect.to, effect.message),
            Self::Keep(effect) => {
                let files: Vec<_> =
                    effect.files.iter().map(|file| file.to_string_lossy()).collect();
                format!("keep {}", files.join(", "))
            }
        }
    }
}

impl Question {
    /// A value that could answer it, for the flag that a message names.
    #[must_use]
    pub fn example(&self) -> String {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:,@%+".contains(c);
        match &self.wants {
            Wants::Enter | Wants::YesNo => "yes".to_owned(),
            Wants::Typed(text) if text.chars().all(plain) => text.clone(),
            Wants::Typed(text) => format!("'{}'", text.replace('\'', "'\\''")),
            Wants::OneOf(choices) => {
                let keys: Vec<&str> = choices.iter().map(|choice| choice.key.as_str()).collect();
                match keys.as_slice() {
                    [] => String::new(),
                    [only] => (*only).to_owned(),
                    [first, rest @ ..] => format!("{first} (or {})", rest.join(", ")),
                }
            }
            Wants::Value(_) => "VALUE".to_owned(),
            Wants::Words => "WORDS".to_owned(),
        }
    }
}

/// A command, run in its own process group with stdin from /dev/null.
#[derive(Clone, Debug)]
pub struct ProcessEffect {
    /// Program and arguments. Never contains a secret: secrets travel in `env`.
    pub argv: Vec<String>,
    /// Variables added to mayday's own environment, in order.
    pub env: Vec<(String, Text)>,
    /// Folders put in front of PATH.
    pub path: Vec<PathBuf>,
    /// Working directory.
    pub cwd: PathBuf,
    /// Exports the connection variables of this target (`PGHOST`, ... or `DATABASE_PATH`, `BASE_URL`).
    pub target: Option<Target>,
    /// The command owns the terminal: its input and output are the operator's.
    pub interactive: bool,
    /// The command is ended (TERM, then KILL after `kill_after`) when it takes longer.
    pub time_limit: Span,
    /// Grace between TERM and KILL.
    pub kill_after: Span,
    /// The output holds a secret to capture: it is neither shown nor kept nor recorded.
    pub withhold: bool,
    /// The attempt that this is, such as `restore.1`, for a command that changes something: it runs
    /// under the keeper, which outlives mayday and keeps its true end. `None` for what may be repeated.
    pub attempt: Option<String>,
}

/// One HTTP request.
#[derive(Clone, Debug)]
pub struct HttpEffect {
    /// `GET`, `HEAD`, `POST`, `PUT`, `PATCH` or `DELETE`.
    pub method: String,
    /// The base URL of the step's target, when only the world can know it; `url` is then a path.
    pub base: Option<Text>,
    /// Absolute http or https URL without credentials. Secret when the URL itself is one (a webhook).
    /// With a `base`: what is put behind it, starting with `/`.
    pub url: Text,
    /// Header names and values.
    pub headers: Vec<(String, Text)>,
    /// The body, sent as it is.
    pub body: Option<String>,
    /// Follow at most this many redirects, to http and https only.
    pub redirects: u32,
    /// Do not verify the certificate. Recorded and shown.
    pub insecure: bool,
    /// One span for the whole request, name resolution to last byte.
    pub time_limit: Span,
    /// The answer holds a secret to capture: it is not shown.
    pub withhold: bool,
}

/// Files whose content is kept with the run.
#[derive(Clone, Debug)]
pub struct KeepEffect {
    /// Paths, relative to `cwd`.
    pub files: Vec<PathBuf>,
    /// Working directory.
    pub cwd: PathBuf,
}

/// A named place of the environment: what `target: db` stands for today.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The name that playbooks use.
    pub name: String,
    /// What kind of place it is.
    pub kind: TargetKind,
    /// Its `url`, `base_url` or `path`.
    pub address: Text,
}

/// The kinds of targets.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum TargetKind {
    /// PostgreSQL over the network, by a `postgres://` URL.
    Postgres,
    /// MySQL or MariaDB over the network, by a `mysql://` URL.
    Mysql,
    /// A SQLite database file.
    Sqlite,
    /// An HTTP service, by its base URL.
    Http,
}

impl TargetKind {
    /// The word used in YAML.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Postgres => "postgres",
            Self::Mysql => "mysql",
            Self::Sqlite => "sqlite",
            Self::Http => "http",
        }
    }

    /// True for what a `sql` step can talk to.
    #[must_use]
    pub const fn is_database(self) -> bool {
        !matches!(self, Self::Http)
    }
}

/// A question for the operator. It stays open until answered, cancelled, or no longer current.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// What the answer belongs to, such as `import` or `import.gate`; the key of `--answer` and `--confirm`.
    pub about: String,
    /// The question, one or more lines.
    pub text: String,
    /// A line of help under it.
    pub help: Option<String>,
    /// What counts as an answer.
    pub wants: Wants,
}

/// What counts as an answer to a [`Question`].
#[derive(Clone, Debug, PartialEq)]
pub enum Wants {
    /// Only Enter: a pause before a change, for pace.
    Enter,
    /// `y` or `n`, spelt out by the operator; no default.
    YesNo,
    /// Exactly this text: proof of reading.
    Typed(String),
    /// One of these, by key or by number. Empty input asks again.
    OneOf(Vec<Choice>),
    /// A value of a type.
    Value(ValueRule),
    /// Free text of at least one visible character: a reason, a name, what was seen.
    Words,
}

/// One thing to choose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// What is recorded, and what `--answer` takes.
    pub key: String,
    /// What the operator reads.
    pub label: String,
}

/// What a typed answer must look like.
#[derive(Clone, Debug, PartialEq)]
pub struct ValueRule {
    /// Its type.
    pub kind: ValueKind,
    /// The whole text must match (for lists: each item).
    pub pattern: Option<String>,
    /// For [`ValueKind::Choice`]: what may be said.
    pub options: Vec<String>,
    /// Offered, taken on empty input; shown first.
    pub default: Option<Value>,
}

/// Types of inputs and of `ask` steps.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema, Default,
)]
#[serde(rename_all = "lowercase")]
pub enum ValueKind {
    /// Any text of one line.
    #[default]
    String,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// yes or no.
    Boolean,
    /// A span with its unit.
    Duration,
    /// `14:30`, `-20m` or RFC 3339.
    Datetime,
    /// Words separated by commas.
    List,
    /// One of `options`.
    Choice,
    /// A text that is not shown, recorded or reported.
    Secret,
}

/// What an effect brought back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Output {
    /// How it ended.
    pub ending: Ending,
    /// What it said, by name: `exit_code`, `stdout`, `rows`, `status`, ... Redacted.
    pub facts: Facts,
    /// What was kept as files of the run.
    pub evidence: Vec<Evidence>,
    /// How long it took.
    pub elapsed: Span,
}

/// The facts of an output: what expressions and the record see.
pub type Facts = serde_json::Map<String, Value>;

impl Output {
    /// An output that ended well.
    #[must_use]
    pub fn done(facts: Facts, elapsed: Span) -> Self {
        Self { ending: Ending::Done, facts, evidence: Vec::new(), elapsed }
    }

    /// An output that says only what went wrong.
    #[must_use]
    pub fn failed(kind: FailKind, message: impl Into<String>) -> Self {
        Self {
            ending: Ending::Failed { kind, message: message.into() },
            facts: Facts::new(),
            evidence: Vec::new(),
            elapsed: Span::ZERO,
        }
    }
}

/// How an effect ended, as far as the world can tell without judging.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "ended", rename_all = "snake_case")]
pub enum Ending {
    /// It ran to its end; whether that is good is the step's to judge.
    Done,
    /// It did not come to an end of its own: refused, not found, broken off.
    Failed {
        /// The kind of trouble.
        kind: FailKind,
        /// A lowercase fragment that fits after "failed: ".
        message: String,
    },
    /// Its time limit passed; what it did by then is not known unless it only reads.
    TimedOut,
    /// The operator or a signal ended it.
    Cancelled,
    /// It is proved that nothing of it happened, and that nothing will: it never began, or it was
    /// rolled back.
    NotDone {
        /// What proves it, a lowercase fragment.
        reason: String,
    },
    /// It was sent, and no answer tells whether it took effect.
    Unknown {
        /// Why it cannot be known, a lowercase fragment.
        reason: String,
    },
}

/// Kinds of disappointment, for the record, the menu and the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailKind {
    /// A command ended with an exit code other than zero.
    Exit,
    /// A command was ended by a signal.
    Signal,
    /// A command, file or playbook part that does not exist.
    NotFound,
    /// No connection, or a broken one; names, certificates and protocols included.
    Connection,
    /// Refused for who we are: credentials, rights, modes.
    Permission,
    /// The database or service refused what was said.
    Refused,
    /// An expectation did not hold.
    Assertion,
    /// A time limit passed.
    Timeout,
    /// Something needed for the step is missing or has the wrong form.
    Input,
    /// Ended by the operator.
    Cancelled,
    /// A secret or a target could not be resolved.
    Secret,
}

/// A file kept with the run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// Path below the run folder.
    pub path: String,
    /// SHA-256 of the kept file, lowercase hexadecimal.
    pub sha256: String,
    /// Size of the kept file in bytes.
    pub bytes: u64,
    /// Bytes there were in all, when the kept file is capped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub whole_bytes: Option<u64>,
    /// SHA-256 of all bytes, when the kept file is capped. Taken after redaction.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub whole_sha256: Option<String>,
    /// What it is: `stdout`, `stderr`, `rows`, `body`, or the name of a file asked for.
    pub what: String,
}

/// What the operator or the system does to us from outside, beside answering.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Interrupt {
    /// Ctrl-C.
    Interrupt,
    /// SIGTERM.
    Terminate,
    /// SIGHUP: the terminal is gone.
    HangUp,
}

/// What the world says next.
#[derive(Clone, Debug)]
pub enum Input {
    /// An effect ended.
    Done(EffectId, Output),
    /// A line of output of a running effect, for the screen only; sanitised and redacted.
    Line(EffectId, String),
    /// Somebody wants us to stop.
    Interrupt(Interrupt),
    /// We were stopped (Ctrl-Z) for so long, and go on.
    Suspended(Span),
    /// Another terminal says something to the run. It may be said again until it is told to be taken.
    Slip {
        /// Its name.
        id: String,
        /// What it says.
        text: String,
        /// Files that came with it, kept.
        files: Vec<Evidence>,
    },
    /// Nothing happened until the instant asked for.
    Tick(Timestamp),
}
