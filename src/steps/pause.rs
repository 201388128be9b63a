//! `pause`: wait for a fixed time. For what has no signal to wait for; prefer `wait_until`.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Context, FactType, Failure, Part, Request, StepType};
use crate::effect::Output;
use crate::time::Span;

/// A fixed time.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Pause {
    /// How long.
    pub length: Span,
}

impl StepType for Pause {
    fn request(&self, _: &Context<'_>, _: &[Output]) -> Result<Request, Failure> {
        Ok(Request::Pause(self.length))
    }

    fn facts(&self) -> &'static [(&'static str, FactType)] {
        &[]
    }

    fn parts<'a>(&'a self, _: &mut dyn FnMut(&str, Part<'a>)) {}
}
