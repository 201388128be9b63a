//! The plan: a playbook bound to an environment, flat and ready to be run.
//!
//! Owns the order of things: drill sections around the response, included playbooks in their place,
//! undos in the place of `undo_of`. Pure; the plan of a resumed run is built from its pinned texts.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::config::{Config, Contact, Danger, Environment, Via, reference};
use crate::effect::{Channel, EffectClass, Target};
use crate::playbook::{Common, Expression, Head, InputSpec, Ordered, Playbook, Probe, Step};
use crate::severity::{Escalation, SeverityPolicy, built_in_matrix};
use crate::steps::{Action, Surroundings};

/// Includes may be nested this deep.
const INCLUDE_DEPTH: usize = 8;

/// Why a run exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// A real incident.
    Real,
    /// A rehearsal with real effects on a target made for it.
    Drill,
}

/// A playbook bound to an environment.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The head of the playbook.
    pub head: Head,
    /// Real or drill.
    pub mode: Mode,
    /// Sections in order.
    pub phases: Vec<PlanPhase>,
    /// All steps, in order.
    pub units: Vec<Unit>,
    /// The position of each step by its key.
    pub by_key: HashMap<String, usize>,
    /// Pass criteria of the drill.
    pub criteria: Vec<Probe>,
    /// The inputs of the playbook and of what it includes.
    pub inputs: Ordered<InputSpec>,
    /// The vars of the playbook.
    pub vars: Ordered<Expression>,
    /// The names that only what is included sees.
    pub bound: Vec<Bound>,
    /// The policy of the severity; `None` without a severity.
    pub policy: Option<SeverityPolicy>,
    /// Who hears of it when.
    pub escalation: Vec<Escalation>,
    /// Answers of the drill, by input or step.
    pub answers: Ordered<Value>,
    /// Who signs the record of the drill.
    pub sign_off: Vec<String>,
    /// Where it runs.
    pub place: Place,
}

/// A phase of the plan and the steps that belong to it.
#[derive(Clone, Debug)]
pub struct PlanPhase {
    /// Its key in the record.
    pub key: String,
    /// What it is for.
    pub title: String,
    /// Which part of the run it belongs to.
    pub section: Section,
    /// Conditions, all of which must hold.
    pub when: Option<Expression>,
    /// How long it may take.
    pub budget: Option<crate::time::Span>,
    /// Comes before everything else, and is announced so.
    pub immediate: bool,
    /// Positions of its steps in [`Plan::units`].
    pub units: std::ops::Range<usize>,
}

/// A name that only the steps of one include see: an input given to it, or a var of its own.
#[derive(Clone, Debug)]
pub struct Bound {
    /// The prefix of the steps that see it.
    pub prefix: String,
    /// The name.
    pub name: String,
    /// What it stands for.
    pub expression: Expression,
    /// The prefix of the names that the expression sees.
    pub seen_from: String,
}

/// Parts of a run. A real run has only [`Section::Respond`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Section {
    /// Prepares a drill's target.
    Setup,
    /// The accident of a drill.
    Inject,
    /// The procedure itself.
    Respond,
    /// Puts a drill's target back.
    Cleanup,
}

/// A step of the plan.
#[derive(Clone, Debug)]
pub struct Unit {
    /// Its key in the record: the step's id, behind the ids of the includes that brought it.
    pub key: String,
    /// The ids of the includes that brought it, each with a dot behind it.
    pub prefix: String,
    /// Its phase, a position in [`Plan::phases`].
    pub phase: usize,
    /// The step.
    pub step: Step,
    /// Conditions of the includes that brought it, each with the prefix of the names it sees.
    pub outer_when: Vec<(String, Expression)>,
    /// The step whose undo this is.
    pub undoes: Option<String>,
}

impl Unit {
    /// What running it does to the world.
    #[must_use]
    pub fn class(&self) -> EffectClass {
        class_of(&self.step.common, &self.step.action)
    }
}

/// The declared effect, or the one that the type has by nature. An undeclared one counts as the worst.
#[must_use]
pub fn class_of(common: &Common, action: &Action) -> EffectClass {
    common.effect.or_else(|| action.own_effect()).unwrap_or(EffectClass::Destructive)
}

/// Where a plan runs: the environment with its paths made absolute.
#[derive(Clone, Debug)]
pub struct Place {
    /// The environment's name.
    pub name: String,
    /// How much a mistake costs.
    pub danger: Danger,
    /// Targets by name.
    pub targets: BTreeMap<String, Target>,
    /// Contacts by name.
    pub contacts: BTreeMap<String, Contact>,
    /// Variables of the environment.
    pub vars: BTreeMap<String, String>,
    /// Words in front of a script.
    pub shell: Vec<String>,
    /// Where commands run: the folder of mayday.yaml.
    pub cwd: PathBuf,
    /// Folders put in front of PATH.
    pub path: Vec<PathBuf>,
    /// The run's id, once there is one.
    pub run_id: String,
    /// The run's folder, once there is one.
    pub run_dir: PathBuf,
    /// The mayday program itself, for commands that call it.
    pub program: PathBuf,
    /// Messages are shown, never sent: drills and dry runs.
    pub mute: bool,
}

/// Why no plan can be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanTrouble {
    /// No such playbook.
    #[error("find a playbook `{id}`{}", suggestion(.near.as_deref()))]
    NoPlaybook {
        /// What was asked for.
        id: String,
        /// The nearest one there is.
        near: Option<String>,
    },
    /// No such environment.
    #[error("find an environment `{name}` in mayday.yaml; it has {known}")]
    NoEnvironment {
        /// What was asked for.
        name: String,
        /// What there is.
        known: String,
    },
    /// The playbook has no drill, or not here.
    #[error("{0}")]
    NoDrill(String),
    /// Includes or undos that lead nowhere.
    #[error("{0}")]
    Broken(String),
}

fn suggestion(near: Option<&str>) -> String {
    near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default()
}

/// Playbooks by id, as they were parsed.
pub type Library = BTreeMap<String, Playbook>;

/// What a plan is made for.
#[derive(Clone, Copy, Debug)]
pub struct Purpose<'a> {
    /// The playbook's id.
    pub playbook: &'a str,
    /// The environment's name.
    pub environment: &'a str,
    /// Real or drill.
    pub mode: Mode,
    /// The folder of mayday.yaml.
    pub base: &'a Path,
}

impl Plan {
    /// Binds a playbook to an environment.
    ///
    /// # Errors
    /// [`PlanTrouble`]: nothing was touched; the caller shows it and stops.
    pub fn build(
        library: &Library,
        config: &Config,
        purpose: Purpose<'_>,
    ) -> Result<Self, PlanTrouble> {
        let playbook = find(library, purpose.playbook)?;
        let place = Place::bind(config, purpose)?;
        let policy = playbook.head.severity.map(|severity| {
            let mut matrix = built_in_matrix();
            matrix.extend(config.severities.clone());
            matrix[&severity].clone()
        });
        let escalation = playbook.head.escalation.clone();
        let escalation = escalation
            .or_else(|| policy.as_ref().map(|policy| policy.escalation.clone()))
            .unwrap_or_default();
        let mut plan = Self {
            head: playbook.head.clone(),
            mode: purpose.mode,
            phases: Vec::new(),
            units: Vec::new(),
            by_key: HashMap::new(),
            criteria: Vec::new(),
            inputs: playbook.head.inputs.clone(),
            vars: playbook.head.vars.clone(),
            bound: Vec::new(),
            policy,
            escalation,
            answers: Vec::new(),
            sign_off: Vec::new(),
            place,
        };
        let drill = match purpose.mode {
            Mode::Real => None,
            Mode::Drill => Some(plan.admit_drill(playbook, config)?),
        };
        if let Some(drill) = &drill {
            plan.criteria.clone_from(&drill.pass);
            plan.answers.clone_from(&drill.head.answers);
            plan.sign_off.clone_from(&drill.head.sign_off);
            plan.add_steps(library, "drill.setup", "Set up", Section::Setup, &drill.setup)?;
            plan.add_steps(library, "drill.inject", "Inject", Section::Inject, &drill.inject)?;
        }
        for phase in &playbook.phases {
            let index = plan.open_phase(&phase.head.id, &phase.head.title, Section::Respond);
            plan.phases[index].when.clone_from(&phase.head.when);
            plan.phases[index].budget = phase.head.budget;
            plan.phases[index].immediate = phase.head.immediate;
            plan.fill_phase(library, index, &phase.steps)?;
        }
        if let Some(drill) = &drill {
            plan.add_steps(library, "drill.cleanup", "Clean up", Section::Cleanup, &drill.cleanup)?;
        }
        plan.place_undos()?;
        for (at, unit) in plan.units.iter().enumerate() {
            if plan.by_key.insert(unit.key.clone(), at).is_some() {
                let key = &unit.key;
                return Err(PlanTrouble::Broken(format!("tell two steps `{key}` from each other")));
            }
        }
        Ok(plan)
    }

    fn admit_drill(
        &self,
        playbook: &Playbook,
        config: &Config,
    ) -> Result<crate::playbook::Drill, PlanTrouble> {
        let id = &playbook.head.id;
        let refuse = |why: String| Err(PlanTrouble::NoDrill(why));
        let Some(drill) = &playbook.drill else {
            return refuse(format!("rehearse `{id}`: it has no `drill:`"));
        };
        let name = &self.place.name;
        if !drill.head.environments.contains(name) {
            let allowed = drill.head.environments.join(", ");
            return refuse(format!("rehearse `{id}` on `{name}`: its drill allows only {allowed}"));
        }
        if self.place.danger == Danger::High {
            return refuse(format!(
                "rehearse `{id}` on `{name}`: its danger is high; a drill needs `danger: low`"
            ));
        }
        let shared = shares_a_target(&self.place, config);
        if let Some((target, elsewhere)) = shared {
            return refuse(format!(
                "rehearse `{id}` on `{name}`: its target `{target}` is also a target of \
                 `{elsewhere}`, whose danger is high"
            ));
        }
        Ok(drill.clone())
    }

    fn open_phase(&mut self, key: &str, title: &str, section: Section) -> usize {
        let at = self.units.len();
        self.phases.push(PlanPhase {
            key: key.to_owned(),
            title: title.to_owned(),
            section,
            when: None,
            budget: None,
            immediate: false,
            units: at..at,
        });
        self.phases.len() - 1
    }

    fn add_steps(
        &mut self,
        library: &Library,
        key: &str,
        title: &str,
        section: Section,
        steps: &[Step],
    ) -> Result<(), PlanTrouble> {
        if steps.is_empty() {
            return Ok(());
        }
        let index = self.open_phase(key, title, section);
        self.fill_phase(library, index, steps)
    }

    fn fill_phase(
        &mut self,
        library: &Library,
        phase: usize,
        steps: &[Step],
    ) -> Result<(), PlanTrouble> {
        for step in steps {
            self.add_step(library, phase, step, "", &[], 0)?;
        }
        self.phases[phase].units.end = self.units.len();
        Ok(())
    }

    fn add_step(
        &mut self,
        library: &Library,
        phase: usize,
        step: &Step,
        prefix: &str,
        outer_when: &[(String, Expression)],
        depth: usize,
    ) -> Result<(), PlanTrouble> {
        let Action::Include(include) = &step.action else {
            self.units.push(Unit {
                key: format!("{prefix}{}", step.common.id),
                prefix: prefix.to_owned(),
                phase,
                step: step.clone(),
                outer_when: outer_when.to_vec(),
                undoes: None,
            });
            return Ok(());
        };
        if depth == INCLUDE_DEPTH {
            let id = &include.playbook;
            return Err(PlanTrouble::Broken(format!(
                "include `{id}`: includes are nested more than {INCLUDE_DEPTH} deep, or in a circle"
            )));
        }
        let included = find(library, &include.playbook)?;
        let inner = format!("{prefix}{}.", step.common.id);
        let bind = |names: &Ordered<Expression>, seen_from: &str| -> Vec<Bound> {
            let bound = |(name, expression): &(String, Expression)| Bound {
                prefix: inner.clone(),
                name: name.clone(),
                expression: expression.clone(),
                seen_from: seen_from.to_owned(),
            };
            names.iter().map(bound).collect()
        };
        self.bound.extend(bind(&include.inputs, prefix));
        self.bound.extend(bind(&included.head.vars, &inner));
        for (name, spec) in &included.head.inputs {
            let bound = include.inputs.iter().any(|(bound, _)| bound == name);
            if !bound && !self.inputs.iter().any(|(known, _)| known == name) {
                self.inputs.push((name.clone(), spec.clone()));
            }
        }
        for inner_phase in &included.phases {
            let mut when = outer_when.to_vec();
            when.extend(step.common.when.iter().map(|when| (prefix.to_owned(), when.clone())));
            let inner_when = inner_phase.head.when.iter();
            when.extend(inner_when.map(|when| (inner.clone(), when.clone())));
            for step in &inner_phase.steps {
                self.add_step(library, phase, step, &inner, &when, depth + 1)?;
            }
        }
        Ok(())
    }

    /// Puts the undo of the step that it names in the place of each `undo_of`.
    fn place_undos(&mut self) -> Result<(), PlanTrouble> {
        for at in 0..self.units.len() {
            let Action::UndoOf(undo_of) = &self.units[at].step.action else { continue };
            let key = format!("{}{}", self.units[at].prefix, undo_of.step);
            let undone = self.units.iter().find(|unit| unit.key == key);
            let undo = undone.and_then(undo_unit);
            let Some(undo) = undo else {
                let here = &self.units[at].key;
                return Err(PlanTrouble::Broken(format!(
                    "undo `{key}` in step `{here}`: there is no such step with an `undo:`"
                )));
            };
            let unit = &mut self.units[at];
            unit.step.action = undo.step.action;
            let own = std::mem::take(&mut unit.step.common);
            unit.step.common = Common {
                target: own.target.clone().or(undo.step.common.target),
                secrets: if own.secrets.is_empty() {
                    undo.step.common.secrets
                } else {
                    own.secrets.clone()
                },
                timeout: own.timeout.or(undo.step.common.timeout),
                expect: own.expect.clone().or(undo.step.common.expect),
                effect: own.effect.or(undo.step.common.effect),
                ..own
            };
            unit.undoes = Some(key);
        }
        Ok(())
    }

    /// The step with this key.
    #[must_use]
    pub fn unit(&self, key: &str) -> Option<&Unit> {
        self.by_key.get(key).map(|at| &self.units[*at])
    }

    /// The section that a step belongs to.
    #[must_use]
    pub fn section(&self, unit: &Unit) -> Section {
        self.phases[unit.phase].section
    }
}

/// The undo of a step as a step: its key is the step's with `.undo` behind it.
#[must_use]
pub fn undo_unit(unit: &Unit) -> Option<Unit> {
    let undo = unit.step.undo.as_ref()?;
    let common = &unit.step.common;
    let title = undo.head.title.clone();
    Some(Unit {
        key: format!("{}.undo", unit.key),
        prefix: unit.prefix.clone(),
        phase: unit.phase,
        step: Step {
            common: Common {
                id: format!("{}.undo", common.id),
                title: title.unwrap_or_else(|| format!("Undo: {}", common.title)),
                effect: undo.head.effect,
                target: undo.head.target.clone().or_else(|| common.target.clone()),
                secrets: undo.head.secrets.clone().unwrap_or_else(|| common.secrets.clone()),
                timeout: undo.head.timeout,
                expect: undo.head.expect.clone(),
                ..Common::default()
            },
            action: undo.action.clone(),
            verify: Vec::new(),
            undo: None,
            on_crash: None,
        },
        outer_when: Vec::new(),
        undoes: Some(unit.key.clone()),
    })
}

fn find<'a>(library: &'a Library, id: &str) -> Result<&'a Playbook, PlanTrouble> {
    library.get(id).ok_or_else(|| {
        let near = crate::diagnostic::did_you_mean(id, library.keys().map(String::as_str));
        PlanTrouble::NoPlaybook { id: id.to_owned(), near: near.map(str::to_owned) }
    })
}

/// A target of this place whose address an environment of high danger has too.
fn shares_a_target(place: &Place, config: &Config) -> Option<(String, String)> {
    let dangerous = config.environments.iter().filter(|(_, env)| env.danger == Danger::High);
    for (elsewhere, environment) in dangerous {
        for (name, spec) in &environment.targets {
            let theirs = spec.target(name);
            let same = |ours: &&Target| theirs.as_ref().is_some_and(|t| t.address == ours.address);
            if let Some(ours) = place.targets.values().find(same) {
                return Some((ours.name.clone(), elsewhere.clone()));
            }
        }
    }
    None
}

impl Place {
    fn bind(config: &Config, purpose: Purpose<'_>) -> Result<Self, PlanTrouble> {
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
            contacts: config.contacts.clone(),
            vars: environment.vars.clone(),
            shell: environment
                .shell
                .clone()
                .or_else(|| config.shell.clone())
                .unwrap_or_else(default_shell),
            cwd: purpose.base.to_path_buf(),
            path: environment.path.iter().map(|folder| purpose.base.join(folder)).collect(),
            run_id: String::new(),
            run_dir: PathBuf::new(),
            program: PathBuf::new(),
            mute: purpose.mode == Mode::Drill,
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
        let contact = self.contacts.get(name).filter(|_| !self.mute);
        match contact.map(|contact| (contact.via, contact)) {
            Some((Via::Command, contact)) => Channel::Command(contact.command.clone()),
            Some((Via::Webhook, contact)) => {
                contact.url.as_deref().map_or(Channel::Show, |url| Channel::Webhook(reference(url)))
            }
            Some((Via::Show, _)) | None => Channel::Show,
        }
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
