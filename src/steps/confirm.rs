//! `confirm`: the operator confirms something that mayday cannot see.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Context, FactType, Failure, Part, Request, Stage, StepType, Verdict, judge_ending};
use crate::effect::{Effect, Ending, FailKind, Output, Question, Wants};

/// A question with yes or no, or with a text to type.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Confirm {
    /// The question.
    pub ask: String,
    /// What must be typed, exactly, instead of `y`.
    #[serde(default)]
    pub type_to_confirm: Option<String>,
}

/// Why a question whose proof of reading came out empty is not asked: Enter alone would answer it.
pub const NOTHING_TO_TYPE: &str = "the text to type for confirmation is empty";

impl From<String> for Confirm {
    fn from(ask: String) -> Self {
        Self { ask, type_to_confirm: None }
    }
}

impl StepType for Confirm {
    fn request(&self, cx: &Context<'_>, _: &[Output]) -> Result<Request, Failure> {
        let typed = self.type_to_confirm.as_deref().map(|text| cx.text(text)).transpose()?;
        Ok(Request::effect(Effect::Ask(Question {
            about: cx.unit.to_owned(),
            text: cx.text(&self.ask)?,
            help: None,
            wants: match typed {
                Some(typed) => {
                    Wants::typed(&typed).ok_or_else(|| Failure::input(NOTHING_TO_TYPE))?
                }
                None => Wants::YesNo,
            },
        })))
    }

    fn judge(&self, cx: &Context<'_>, outputs: &[Output]) -> Verdict {
        let Some(output) = outputs.last() else { return Verdict::Pass };
        let no = output.facts.get("answer") == Some(&serde_json::Value::Bool(false));
        if output.ending == Ending::Done && no {
            return Verdict::Fail(Failure::new(Stage::Run, FailKind::Assertion, "answered no"));
        }
        judge_ending(output, cx.class)
    }

    fn is_question(&self) -> bool {
        true
    }

    fn facts(&self) -> &'static [(&'static str, FactType)] {
        &[("answer", FactType::Any)]
    }

    fn parts<'a>(&'a self, visit: &mut dyn FnMut(&str, Part<'a>)) {
        visit(".ask", Part::Words(&self.ask));
        if let Some(typed) = &self.type_to_confirm {
            visit(".type_to_confirm", Part::Words(typed));
        }
    }
}
