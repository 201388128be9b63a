//! `wait_until`: repeat a read check until it holds.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};

use super::{
    Action, Context, FactType, Failure, Part, Request, Rhythm, Stage, StepType, Verdict,
    judge_ending,
};
use crate::effect::{EffectClass, Ending, FailKind, Output};
use crate::playbook::{Common, Probe, ProbeHead};
use crate::template;
use crate::time::Span;

/// From look to look when the author says nothing.
const EVERY: Span = Span::from_secs(5);

/// A check and its rhythm.
#[derive(Clone, Debug)]
pub struct WaitUntil {
    /// The check; its action is `shell`, `sql` or `http`, or it has only a condition.
    pub probe: Box<Probe>,
    /// Its rhythm.
    pub pace: Pace,
}

/// How often a check is repeated.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pace {
    /// From the start of one look to the start of the next. Default 5s.
    #[serde(default)]
    pub every: Option<Span>,
    /// So many good looks one after the other. Default 1.
    #[serde(default)]
    pub times_in_a_row: Option<u32>,
}

impl WaitUntil {
    /// The step's fields as the check sees them: its own target, secrets and limit first.
    fn inner_common(&self, cx: &Context<'_>) -> Common {
        let head = &self.probe.head;
        Common {
            target: head.target.clone().or_else(|| cx.common.target.clone()),
            secrets: head.secrets.clone().unwrap_or_else(|| cx.common.secrets.clone()),
            timeout: Some(
                head.timeout.unwrap_or(super::DEFAULT_CHECK_TIMEOUT).min(cx.time_limit()),
            ),
            expect: Some("true".to_owned()),
            // What is captured as a secret is withheld from the output of every look.
            capture: cx.common.capture.clone(),
            ..Common::default()
        }
    }
}

impl StepType for WaitUntil {
    fn request(&self, cx: &Context<'_>, so_far: &[Output]) -> Result<Request, Failure> {
        let Some(action) = &self.probe.action else { return Ok(Request::Nothing) };
        let common = self.inner_common(cx);
        action.request(&Context { common: &common, class: EffectClass::Read, ..*cx }, so_far)
    }

    fn judge(&self, cx: &Context<'_>, outputs: &[Output]) -> Verdict {
        let empty = serde_json::Map::new();
        let facts = outputs.last().map_or(&empty, |output| &output.facts);
        if let Some(output) = outputs.last()
            && output.ending != Ending::Done
        {
            return judge_ending(output, EffectClass::Read);
        }
        let Some(that) = &self.probe.head.that else {
            let common = Common { expect: None, ..self.inner_common(cx) };
            let cx = Context { common: &common, class: EffectClass::Read, ..*cx };
            return self.probe.action.as_ref().map_or(Verdict::Pass, |a| a.judge(&cx, outputs));
        };
        match template::holds(that, &template::WithFacts { facts, outer: cx.names }) {
            Ok(held) if held.truth => Verdict::Pass,
            Ok(held) => Verdict::Fail(Failure::new(
                Stage::Run,
                FailKind::Assertion,
                format!("not yet: {}", held.trace),
            )),
            Err(fault) => Verdict::Fail(fault.into()),
        }
    }

    fn rhythm(&self) -> Rhythm {
        Rhythm::Poll {
            every: self.pace.every.unwrap_or(EVERY),
            in_a_row: self.pace.times_in_a_row.unwrap_or(1).max(1),
        }
    }

    fn facts(&self) -> &'static [(&'static str, FactType)] {
        self.probe.action.as_ref().map_or(&[], |action| action.facts())
    }

    fn parts<'a>(&'a self, visit: &mut dyn FnMut(&str, Part<'a>)) {
        visit("", Part::Probe(&self.probe));
    }
}

/// Reads the map: the action key by the registry, the rhythm and the head by their own types. The
/// playbook parser does the same with positions for each part; this one serves plain values.
impl<'de> Deserialize<'de> for WaitUntil {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut rest = serde_json::Map::<String, serde_json::Value>::deserialize(deserializer)?;
        let wrong = serde::de::Error::custom::<serde_json::Error>;
        let mut pace = serde_json::Map::new();
        for key in ["every", "times_in_a_row"] {
            if let Some(value) = rest.remove(key) {
                pace.insert(key.to_owned(), value);
            }
        }
        let keys: Vec<String> =
            rest.keys().filter(|key| Action::KEYS.contains(&key.as_str())).cloned().collect();
        let mut action = None;
        for key in keys {
            let value = rest.remove(&key).unwrap_or_default();
            if action.is_some() {
                return Err(serde::de::Error::custom(format!(
                    "two actions: `{key}` is one too many"
                )));
            }
            action = Action::deserialize(&key, value).transpose().map_err(wrong)?;
        }
        let head: ProbeHead = serde_json::from_value(rest.into()).map_err(wrong)?;
        let pace = serde_json::from_value(pace.into()).map_err(wrong)?;
        Ok(Self { probe: Box::new(Probe { head, action }), pace })
    }
}

impl JsonSchema for WaitUntil {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "WaitUntil".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        crate::playbook::schema::probe_with::<Pace>(generator)
    }
}
