//! `assert`: stop unless conditions hold. A failing one shows its evaluated parts.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};

use super::{
    Brief, Context, FactType, Failure, OneOrMany, Part, Request, Stage, StepType, Verdict,
};
use crate::effect::{FailKind, Output};
use crate::playbook::Condition;
use crate::template;

/// Conditions, all of which must hold.
#[derive(Clone, Debug, JsonSchema)]
#[schemars(transparent)]
pub struct Assert {
    conditions: OneOrMany<Brief<Condition>>,
}

impl Assert {
    /// What is said when a condition does not hold, by its place among the conditions.
    pub(crate) fn otherwise(&mut self) -> impl Iterator<Item = (usize, &mut String)> {
        let conditions = self.conditions.0.iter_mut().enumerate();
        conditions.filter_map(|(index, condition)| Some((index, condition.0.otherwise.as_mut()?)))
    }
}

impl<'de> Deserialize<'de> for Assert {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        OneOrMany::deserialize(deserializer).map(|conditions| Self { conditions })
    }
}

impl From<String> for Condition {
    fn from(that: String) -> Self {
        Self { that, otherwise: None }
    }
}

impl StepType for Assert {
    fn request(&self, _: &Context<'_>, _: &[Output]) -> Result<Request, Failure> {
        Ok(Request::Nothing)
    }

    fn judge(&self, cx: &Context<'_>, _: &[Output]) -> Verdict {
        for condition in &self.conditions.0 {
            match template::holds(&condition.that, cx.names) {
                Ok(held) if held.truth => {}
                Ok(held) => {
                    let mut failure = Failure::new(Stage::Run, FailKind::Assertion, held.trace);
                    let words = condition.otherwise.as_deref();
                    failure.meaning = words.map(|words| cx.text(words).unwrap_or(words.to_owned()));
                    return Verdict::Fail(failure);
                }
                Err(fault) => return Verdict::Fail(fault.into()),
            }
        }
        Verdict::Pass
    }

    fn facts(&self) -> &'static [(&'static str, FactType)] {
        &[]
    }

    fn parts<'a>(&'a self, visit: &mut dyn FnMut(&str, Part<'a>)) {
        let several = self.conditions.0.len() > 1;
        for (index, condition) in self.conditions.0.iter().enumerate() {
            let at = if several { format!("[{index}]") } else { String::new() };
            visit(&format!("{at}.that"), Part::Expression(&condition.that));
            if let Some(words) = &condition.otherwise {
                visit(&format!("{at}.else"), Part::Words(words));
            }
        }
    }
}
