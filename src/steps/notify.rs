//! `notify`: tell contacts of mayday.yaml.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::{
    Context, FactType, Failure, OneOrMany, Part, Request, StepType, Verdict, judge_ending,
};
use crate::effect::{Effect, EffectClass, NotifyEffect, Output};
use crate::time::Span;

/// A delivery is given up after this long (messages design: 5 s, never blocking recovery).
pub const DELIVERY_LIMIT: Span = Span::from_secs(5);

/// A message and who gets it, one after the other.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Notify {
    /// One contact or several.
    pub to: OneOrMany<String>,
    /// What is said.
    pub message: String,
}

impl StepType for Notify {
    fn request(&self, cx: &Context<'_>, so_far: &[Output]) -> Result<Request, Failure> {
        let to = self.to.0.get(so_far.len()).ok_or_else(|| Failure::input("nobody to notify"))?;
        Ok(Request::effect(Effect::Notify(NotifyEffect {
            to: to.clone(),
            channel: cx.place.contact(to),
            message: cx.text(&self.message)?,
            data: json!({ "step": cx.unit }),
            time_limit: DELIVERY_LIMIT.min(cx.time_limit()),
        })))
    }

    fn judge(&self, _: &Context<'_>, outputs: &[Output]) -> Verdict {
        if outputs.len() < self.to.0.len() {
            return Verdict::More;
        }
        let verdicts = outputs.iter().map(|output| judge_ending(output, EffectClass::Read));
        verdicts.into_iter().find(|verdict| *verdict != Verdict::Pass).unwrap_or(Verdict::Pass)
    }

    fn own_effect(&self) -> Option<EffectClass> {
        Some(EffectClass::Change)
    }

    fn facts(&self) -> &'static [(&'static str, FactType)] {
        &[("delivered", FactType::Any)]
    }

    fn parts<'a>(&'a self, visit: &mut dyn FnMut(&str, Part<'a>)) {
        for (index, contact) in self.to.0.iter().enumerate() {
            let path = if self.to.0.len() == 1 { ".to".into() } else { format!(".to[{index}]") };
            visit(&path, Part::Contact(contact));
        }
        visit(".message", Part::Words(&self.message));
    }
}
