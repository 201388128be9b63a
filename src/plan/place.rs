//! Where a plan runs: an environment with its paths made absolute.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::{Mode, PlanTrouble, Purpose};
use crate::config::{Config, Contact, Danger, Environment};
use crate::effect::{Channel, Target};
use crate::steps::Surroundings;

/// Where a plan runs: the environment with its paths made absolute.
#[derive(Clone, Debug)]
pub struct Place {
    /// The environment's name.
    pub name: String,
    /// How much a mistake costs.
    pub danger: Danger,
    /// Targets by name.
    pub targets: BTreeMap<String, Target>,
    /// Targets that are made during the run: nothing is known of them when it begins.
    pub made_later: BTreeSet<String>,
    /// Contacts by name.
    pub contacts: BTreeMap<String, Contact>,
    /// Variables of the environment.
    pub vars: BTreeMap<String, String>,
    /// What was decided beforehand, as data.
    pub policy: serde_json::Map<String, serde_json::Value>,
    /// Words in front of a script.
    pub shell: Vec<String>,
    /// Where commands run: the folder of mayday.yaml.
    pub cwd: PathBuf,
    /// Folders put in front of PATH.
    pub path: Vec<PathBuf>,
    /// The command that brings it up before a drill.
    pub setup: Option<String>,
    /// The command that takes it down after a drill.
    pub teardown: Option<String>,
    /// The run's id, once there is one.
    pub run_id: String,
    /// The run's folder, once there is one.
    pub run_dir: PathBuf,
    /// The mayday program itself, for commands that call it.
    pub program: PathBuf,
    /// Nobody is told in earnest: drills and dry runs.
    pub mute: bool,
    /// Who gets the messages of a drill instead; without one they are shown.
    pub drill_channel: Option<Contact>,
}

impl Place {
    /// The place of an environment, before there is a run.
    ///
    /// # Errors
    /// There is no such environment.
    pub fn bind(config: &Config, purpose: Purpose<'_>) -> Result<Self, PlanTrouble> {
        let name = purpose.environment;
        let environment = config.environments.get(name).ok_or_else(|| {
            let known: Vec<_> = config.environments.keys().map(String::as_str).collect();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            PlanTrouble::NoEnvironment { name: name.to_owned(), known }
        })?;
        Ok(Self {
            name: name.to_owned(),
            danger: environment.danger,
            targets: targets(environment, purpose.base),
            made_later: environment
                .targets
                .iter()
                .filter(|(_, spec)| spec.made_later)
                .map(|(name, _)| name.clone())
                .collect(),
            contacts: config.contacts.clone(),
            vars: environment.vars.clone(),
            policy: config.policy.clone(),
            shell: environment
                .shell
                .clone()
                .or_else(|| config.shell.clone())
                .unwrap_or_else(default_shell),
            cwd: purpose.base.to_path_buf(),
            path: environment.path.iter().map(|folder| purpose.base.join(folder)).collect(),
            setup: environment.setup.clone(),
            teardown: environment.teardown.clone(),
            run_id: String::new(),
            run_dir: PathBuf::new(),
            program: PathBuf::new(),
            mute: purpose.mode == Mode::Drill,
            drill_channel: config
                .drill_channel
                .as_ref()
                .and_then(|name| config.contacts.get(name))
                .cloned(),
        })
    }
}

/// Strict bash without anybody's start-up files (playbook format: the engine supplies strict mode).
#[must_use]
pub fn default_shell() -> Vec<String> {
    ["bash", "--noprofile", "--norc", "-euo", "pipefail", "-c"].map(str::to_owned).to_vec()
}

fn targets(environment: &Environment, base: &Path) -> BTreeMap<String, Target> {
    use crate::effect::{TargetKind, Text};
    let bind = |(name, spec): (&String, &crate::config::TargetSpec)| {
        let mut target = spec.target(name)?;
        if let (TargetKind::Sqlite, Text::Plain(path)) = (target.kind, &target.address) {
            target.address = Text::Plain(base.join(path).to_string_lossy().into_owned());
        }
        Some((name.clone(), target))
    };
    environment.targets.iter().filter_map(bind).collect()
}

impl Place {
    /// How a person gets hold of a contact, by the author's word.
    #[must_use]
    pub fn reach(&self, contact: &str) -> Option<&str> {
        self.contacts.get(contact)?.reach.as_deref()
    }
}

impl Surroundings for Place {
    fn target(&self, name: &str) -> Result<Target, String> {
        self.targets.get(name).cloned().ok_or_else(|| {
            let known: Vec<_> = self.targets.keys().map(String::as_str).collect();
            format!(
                "environment `{}` has no target `{name}`; it has {}",
                self.name,
                known.join(", ")
            )
        })
    }

    fn shell(&self) -> &[String] {
        &self.shell
    }

    fn cwd(&self) -> &Path {
        &self.cwd
    }

    fn path(&self) -> &[PathBuf] {
        &self.path
    }

    fn contact(&self, name: &str) -> Channel {
        let found = if self.mute { self.drill_channel.as_ref() } else { self.contacts.get(name) };
        let channel = found.map_or(Channel::Show, Contact::channel);
        // A rehearsal wakes nobody up and tells the public nothing, whatever it is told to use.
        let real_only = channel.pages() || channel.is_public();
        if self.mute && real_only { Channel::Show } else { channel }
    }

    fn marks(&self) -> Vec<(String, String)> {
        let mut marks: Vec<(String, String)> =
            self.vars.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        marks.push(("MAYDAY_RUN_ID".to_owned(), self.run_id.clone()));
        marks.push(("MAYDAY_RUN_DIR".to_owned(), self.run_dir.to_string_lossy().into_owned()));
        marks.push(("MAYDAY_BIN".to_owned(), self.program.to_string_lossy().into_owned()));
        marks.push(("MAYDAY_ENV".to_owned(), self.name.clone()));
        marks
    }
}
