//! mayday.yaml: environments, targets, secrets, contacts, severities.
//!
//! Owns the shape of the project's configuration and how it is found. Secrets are references here;
//! their values are resolved by the world, for the one step that names them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::effect::{Target, TargetKind, Text};
use crate::severity::{Names, Severity, SeverityPolicy};

mod contact;

pub use contact::{Contact, SECRET_FIELDS, Via};

/// The file's name, looked for from the working directory upwards.
pub const FILE_NAME: &str = "mayday.yaml";

/// The project's configuration.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The folder of playbooks, relative to this file. Default `playbooks`.
    #[serde(default)]
    pub playbooks: Option<PathBuf>,
    /// The words in front of a script. Default `[bash, --noprofile, --norc, -euo, pipefail, -c]`.
    #[serde(default)]
    pub shell: Option<Vec<String>>,
    /// Replaces the built-in policy of the severities named.
    #[serde(default)]
    pub severities: BTreeMap<Severity, SeverityPolicy>,
    /// What was decided beforehand, as data (retention, recovery objectives): names for expressions as
    /// `policy.NAME`.
    #[serde(default)]
    pub policy: serde_json::Map<String, serde_json::Value>,
    /// Who can be told, and how.
    #[serde(default)]
    pub contacts: BTreeMap<String, Contact>,
    /// The contact that gets every message of a drill, marked `DRILL`. Without one they are only shown.
    #[serde(default)]
    pub drill_channel: Option<String>,
    /// Name -> where the value is: `env:NAME`, `file:PATH`, `cmd:COMMAND`, `prompt`.
    #[serde(default)]
    pub secrets: BTreeMap<String, String>,
    /// The places that playbooks run against.
    #[serde(default)]
    pub environments: BTreeMap<String, Environment>,
    /// The environment taken when none is named.
    #[serde(default)]
    pub default_environment: Option<String>,
    /// A folder on another disk, where the record of a run goes on when its own cannot be written. Relative
    /// to this file.
    #[serde(default)]
    pub record_fallback: Option<PathBuf>,
}

impl Config {
    /// What this project calls its severities.
    #[must_use]
    pub fn severity_names(&self) -> Names {
        Names::of(&self.severities)
    }
}

/// A place that playbooks run against.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Environment {
    /// `high` asks more before a change. Default `high`: the safe assumption.
    #[serde(default)]
    pub danger: Danger,
    /// What `target: NAME` stands for.
    #[serde(default)]
    pub targets: BTreeMap<String, TargetSpec>,
    /// Variables for every command, and names for expressions as `env.vars.NAME`.
    #[serde(default)]
    pub vars: BTreeMap<String, String>,
    /// Folders put in front of PATH, relative to this file.
    #[serde(default)]
    pub path: Vec<PathBuf>,
    /// Replaces the words in front of a script here, where there is no bash.
    #[serde(default)]
    pub shell: Option<Vec<String>>,
    /// A command that brings the environment up before a drill.
    #[serde(default)]
    pub setup: Option<String>,
    /// A command that takes it down after a drill, whatever happened.
    #[serde(default)]
    pub teardown: Option<String>,
    /// A file of NAME=value lines that `env:` secrets may come from, relative to this file.
    #[serde(default)]
    pub env_file: Option<PathBuf>,
}

/// How much a mistake costs here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Danger {
    /// Real users, real data.
    #[default]
    High,
    /// A rehearsal or a sandbox.
    Low,
}

/// One target of an environment.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TargetSpec {
    /// Its kind.
    #[serde(rename = "type")]
    pub kind: TargetKind,
    /// For databases over the network: a URL, or `secret:NAME`. A literal password in it is refused.
    #[serde(default)]
    pub url: Option<String>,
    /// For `http`: what paths are put behind.
    #[serde(default)]
    pub base_url: Option<String>,
    /// For `sqlite`: the file, relative to this file. `{{ env.vars.NAME }}` is not read here.
    #[serde(default)]
    pub path: Option<String>,
    /// It is made during the run: its address is looked for by the first step that works on it, not before.
    #[serde(default)]
    pub made_later: bool,
    /// Who it must be. A run on another one is refused before anything, and again when it is taken up, unless
    /// `--accept-target` says why; the guard of a drill refuses it always, and also one that is what a
    /// dangerous environment declares.
    #[serde(default)]
    pub identity: Option<Identity>,
}

/// Who a target is.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// Its host, with the port where it is not the usual one.
    #[serde(default)]
    pub host: Option<String>,
    /// The name of the database.
    #[serde(default)]
    pub database: Option<String>,
    /// What the server was made with: `SELECT system_identifier FROM pg_control_system()` on PostgreSQL,
    /// `SELECT @@server_uuid` on MySQL. Quoted. On the target of a drill it declares a copy.
    #[serde(default)]
    pub system_identifier: Option<String>,
}

impl TargetSpec {
    /// What a step gets when it names this target; `None` when its address is missing.
    #[must_use]
    pub fn target(&self, name: &str) -> Option<Target> {
        let address = match self.kind {
            TargetKind::Postgres | TargetKind::Mysql => self.url.as_deref(),
            TargetKind::Sqlite => self.path.as_deref(),
            TargetKind::Http => self.base_url.as_deref(),
        }?;
        Some(Target { name: name.to_owned(), kind: self.kind, address: reference(address) })
    }
}

/// `secret:NAME` is that secret, anything else the text itself.
#[must_use]
pub fn reference(text: &str) -> Text {
    match text.strip_prefix("secret:") {
        Some(name) => Text::Secret(name.to_owned()),
        None => Text::Plain(text.to_owned()),
    }
}
