//! What `{{ }}` in URLs and headers stands for before there is a run.
//!
//! Known then are the environment, what was decided beforehand, vars, and inputs with a default. Everything else
//! (captured names, `steps`, `run`, `now`, targets) is the run's: nothing is asked with a guess of it.

use std::collections::{BTreeMap, BTreeSet};

use crate::effect::ValueKind;
use crate::plan::Plan;
use crate::run::scope::Scope;
use crate::run::state::{Known, Run};
use crate::template;
use crate::time::Timestamp;

/// Vars may build on vars this deep, as in a run.
const DEPTH: usize = 32;

/// Stands for the base while a path is filled in: values are encoded for where they stand.
const STAND_IN: &str = "http://base";

/// The names of a playbook before its run; of nothing where no plan can be made of it.
#[derive(Default)]
pub(super) struct Before {
    plan: Option<Plan>,
    run: Run,
}

impl Before {
    pub(super) fn of(plan: Option<Plan>) -> Self {
        let mut run = Run::default();
        let inputs = plan.iter().flat_map(|plan| &plan.inputs);
        for (name, spec) in inputs.filter(|(_, spec)| spec.kind != ValueKind::Secret) {
            if let Some(value) = &spec.default {
                run.inputs.insert(name.clone(), Known::Value(value.clone()));
            }
        }
        Self { plan, run }
    }

    /// A URL and its headers, filled in; or why they cannot be.
    pub(super) fn request(
        &self,
        url: &str,
        headers: &BTreeMap<String, String>,
    ) -> Result<(String, BTreeMap<String, String>), String> {
        let filled = match url.strip_prefix('/') {
            Some(_) => {
                let filled = self.text(&format!("{STAND_IN}{url}"), template::render_url)?;
                filled.strip_prefix(STAND_IN).unwrap_or(&filled).to_owned()
            }
            None => self.text(url, template::render_url)?,
        };
        let header = |(name, value): (&String, &String)| {
            Ok((name.clone(), self.text(value, template::render)?))
        };
        Ok((filled, headers.iter().map(header).collect::<Result<_, String>>()?))
    }

    fn text(
        &self,
        text: &str,
        fill: fn(&str, &dyn template::Lookup) -> Result<String, template::Fault>,
    ) -> Result<String, String> {
        if !text.contains("{{") {
            return Ok(text.to_owned());
        }
        let Some(plan) = &self.plan else {
            return Err("its playbook does not fit this environment".to_owned());
        };
        let names = template::names_in_text(text).map_err(|fault| fault.message)?;
        for name in names.iter().filter_map(|used| used.path.first()) {
            self.known(plan, name, &mut BTreeSet::new())?;
        }
        let scope = Scope::new(plan, &self.run, Timestamp::from_millis(0));
        fill(text, &scope).map_err(|fault| fault.message)
    }

    /// Whether a name has its value before the run.
    fn known(&self, plan: &Plan, name: &str, seen: &mut BTreeSet<String>) -> Result<(), String> {
        let later = || Err(format!("`{name}` is known only in a run"));
        if matches!(name, "env" | "policy" | "objectives") || self.run.inputs.contains_key(name) {
            return Ok(());
        }
        let var = plan.vars.iter().find(|(var, _)| var == name);
        let Some((_, expression)) =
            var.filter(|_| seen.len() < DEPTH && seen.insert(name.to_owned()))
        else {
            return later();
        };
        let names = template::names_in_expression(expression).map_err(|fault| fault.message)?;
        for inner in names.iter().filter_map(|used| used.path.first()) {
            if self.known(plan, inner, seen).is_err() {
                return later();
            }
        }
        Ok(())
    }
}
