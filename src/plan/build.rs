//! Making a plan: the drill's sections around the response, includes and undos in their place.

use std::collections::HashMap;

use super::{
    Bound, INCLUDE_DEPTH, Library, Mode, Place, Plan, PlanPhase, PlanTrouble, Purpose, Section,
    Unit, undo_unit,
};
use crate::config::{Config, Danger};
use crate::effect::Target;
use crate::playbook::{Common, Expression, Ordered, Playbook, Step};
use crate::severity::built_in_matrix;
use crate::steps::Action;

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
        let mut matrix = built_in_matrix();
        matrix.extend(config.severities.clone());
        let policy = playbook.head.severity.and_then(|severity| matrix.get(&severity).cloned());
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
            guard: Vec::new(),
            stop_if: Vec::new(),
            criteria: Vec::new(),
            inputs: playbook.head.inputs.clone(),
            vars: playbook.head.vars.clone(),
            bound: Vec::new(),
            policy,
            escalation,
            matrix,
            severity_names: config.severity_names(),
            answers: Vec::new(),
            sign_off: Vec::new(),
            place,
        };
        let drill = match purpose.mode {
            Mode::Real => None,
            Mode::Drill => Some(plan.admit_drill(playbook, config)?),
        };
        if let Some(drill) = &drill {
            plan.guard.clone_from(&drill.guard);
            plan.stop_if.clone_from(&drill.stop_if);
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
