//! `include`: the steps of another playbook, here. The plan replaces the step by them, so it never runs.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Context, FactType, Failure, Part, Request, StepType};
use crate::effect::{EffectClass, Output};
use crate::playbook::{Expression, Ordered, ordered};

/// Another playbook and the values of its inputs.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Include {
    /// Its id.
    pub playbook: String,
    /// Its inputs, as expressions of this playbook. Those not named are taken by their own name.
    #[serde(default, deserialize_with = "ordered::deserialize")]
    #[schemars(with = "std::collections::BTreeMap<String, String>")]
    pub inputs: Ordered<Expression>,
}

impl From<String> for Include {
    fn from(playbook: String) -> Self {
        Self { playbook, inputs: Vec::new() }
    }
}

impl StepType for Include {
    fn request(&self, _: &Context<'_>, _: &[Output]) -> Result<Request, Failure> {
        Err(Failure::input(format!("`{}` was not included by the plan", self.playbook)))
    }

    fn own_effect(&self) -> Option<EffectClass> {
        Some(EffectClass::Read)
    }

    fn facts(&self) -> &'static [(&'static str, FactType)] {
        &[]
    }

    fn parts<'a>(&'a self, visit: &mut dyn FnMut(&str, Part<'a>)) {
        visit(".playbook", Part::Playbook(&self.playbook));
        for (name, value) in &self.inputs {
            visit(&format!(".inputs.{name}"), Part::Expression(value));
        }
    }
}
