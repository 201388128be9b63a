//! `undo_of`: the undo of another step, as a step of its own. The plan puts that undo in its place.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Context, FactType, Failure, Part, Request, StepType};
use crate::effect::{EffectClass, Output};

/// The id of the step whose undo runs here.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct UndoOf {
    /// The step's id.
    pub step: String,
}

impl StepType for UndoOf {
    fn request(&self, _: &Context<'_>, _: &[Output]) -> Result<Request, Failure> {
        Err(Failure::input(format!("the undo of `{}` was not put in place by the plan", self.step)))
    }

    fn own_effect(&self) -> Option<EffectClass> {
        Some(EffectClass::Change)
    }

    fn facts(&self) -> &'static [(&'static str, FactType)] {
        &[]
    }

    fn parts<'a>(&'a self, visit: &mut dyn FnMut(&str, Part<'a>)) {
        visit("", Part::Step(&self.step));
    }
}
