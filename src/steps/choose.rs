//! `choose`: the operator picks one of several.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Context, FactType, Failure, Part, Request, StepType};
use crate::effect::{Choice, Effect, Output, Question, Wants};
use crate::playbook::{Ordered, ordered};

/// A question with named options.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Choose {
    /// The question.
    pub ask: String,
    /// What is recorded -> what the operator reads.
    #[serde(deserialize_with = "ordered::deserialize")]
    #[schemars(with = "std::collections::BTreeMap<String, String>")]
    pub options: Ordered<String>,
}

impl StepType for Choose {
    fn request(&self, cx: &Context<'_>, _: &[Output]) -> Result<Request, Failure> {
        let choice = |(key, label): &(String, String)| {
            Ok(Choice { key: key.clone(), label: cx.text(label)? })
        };
        Ok(Request::effect(Effect::Ask(Question {
            about: cx.unit.to_owned(),
            text: cx.text(&self.ask)?,
            help: None,
            wants: Wants::OneOf(self.options.iter().map(choice).collect::<Result<_, Failure>>()?),
        })))
    }

    fn is_question(&self) -> bool {
        true
    }

    fn facts(&self) -> &'static [(&'static str, FactType)] {
        &[("choice", FactType::Text), ("answer", FactType::Text)]
    }

    fn parts<'a>(&'a self, visit: &mut dyn FnMut(&str, Part<'a>)) {
        visit(".ask", Part::Words(&self.ask));
        for (key, label) in &self.options {
            visit(&format!(".options.{key}"), Part::Words(label));
        }
    }
}
