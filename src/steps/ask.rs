//! `ask`: the operator gives a typed value.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{Context, FactType, Failure, Part, Request, StepType};
use crate::effect::{Effect, Output, Question, ValueKind, ValueRule, Wants};

/// A question with a type.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ask {
    /// The question.
    pub question: String,
    /// The type of the answer.
    #[serde(default, rename = "type")]
    pub kind: ValueKind,
    /// For `type: choice`.
    #[serde(default)]
    pub options: Vec<String>,
    /// A regular expression that the whole text (for lists: each item) must match.
    #[serde(default)]
    pub pattern: Option<String>,
    /// Offered, and taken on empty input.
    #[serde(default)]
    pub default: Option<Value>,
}

impl From<String> for Ask {
    fn from(question: String) -> Self {
        Self { question, kind: ValueKind::String, options: vec![], pattern: None, default: None }
    }
}

impl StepType for Ask {
    fn request(&self, cx: &Context<'_>, _: &[Output]) -> Result<Request, Failure> {
        Ok(Request::effect(Effect::Ask(Question {
            about: cx.unit.to_owned(),
            text: cx.text(&self.question)?,
            help: None,
            wants: Wants::Value(ValueRule {
                kind: self.kind,
                pattern: self.pattern.clone(),
                options: self.options.clone(),
                default: self.default.clone(),
            }),
        })))
    }

    fn is_question(&self) -> bool {
        true
    }

    fn facts(&self) -> &'static [(&'static str, FactType)] {
        &[("value", FactType::Any), ("answer", FactType::Any)]
    }

    fn parts<'a>(&'a self, visit: &mut dyn FnMut(&str, Part<'a>)) {
        visit(".question", Part::Words(&self.question));
        if let Some(pattern) = &self.pattern {
            visit(".pattern", Part::Pattern(pattern));
        }
    }
}
