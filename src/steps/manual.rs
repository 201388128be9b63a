//! `manual`: something a person does outside mayday, told as done, not done or partly done.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{Context, FactType, Failure, Part, Request, Stage, StepType, Verdict, judge_ending};
use crate::effect::{Choice, Effect, EffectClass, Ending, FailKind, Output, Question, Wants};

/// Instructions for a person.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Manual {
    /// What to do.
    #[serde(rename = "do")]
    pub instructions: String,
    /// A page or console to open for it; shown, not opened.
    #[serde(default)]
    pub open: Option<String>,
}

impl From<String> for Manual {
    fn from(instructions: String) -> Self {
        Self { instructions, open: None }
    }
}

impl StepType for Manual {
    fn request(&self, cx: &Context<'_>, _: &[Output]) -> Result<Request, Failure> {
        let option = |key: &str, label: &str| Choice { key: key.into(), label: label.into() };
        Ok(Request::effect(Effect::Ask(Question {
            about: cx.unit.to_owned(),
            text: cx.text(&self.instructions)?,
            help: self.open.as_deref().map(|page| cx.text(page)).transpose()?,
            wants: Wants::OneOf(vec![
                option("done", "done"),
                option("not_done", "not done"),
                option("partly", "partly done, or not sure"),
            ]),
        })))
    }

    fn judge(&self, cx: &Context<'_>, outputs: &[Output]) -> Verdict {
        let Some(output) = outputs.last() else { return Verdict::Pass };
        if output.ending != Ending::Done {
            return judge_ending(output, EffectClass::Read);
        }
        match output.facts.get("choice").and_then(Value::as_str) {
            Some("partly") if cx.class != EffectClass::Read => {
                Verdict::Unknown { reason: "partly done, or not sure".to_owned() }
            }
            Some("partly") => fail("partly done, or not sure"),
            Some("not_done") => fail("not done"),
            _ => Verdict::Pass,
        }
    }

    fn own_effect(&self) -> Option<EffectClass> {
        Some(EffectClass::Change)
    }

    fn is_question(&self) -> bool {
        true
    }

    fn facts(&self) -> &'static [(&'static str, FactType)] {
        &[("choice", FactType::Text), ("answer", FactType::Text)]
    }

    fn parts<'a>(&'a self, visit: &mut dyn FnMut(&str, Part<'a>)) {
        visit(".do", Part::Words(&self.instructions));
        if let Some(page) = &self.open {
            visit(".open", Part::Words(page));
        }
    }
}

fn fail(message: &str) -> Verdict {
    Verdict::Fail(Failure::new(Stage::Run, FailKind::Assertion, message))
}
