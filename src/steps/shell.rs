//! `shell`: a command in strict bash. Values arrive as variables; the script in the file is what runs.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    Broken, Context, FactType, Failure, Fate, Part, Request, Stage, StepType, Verdict,
    attempt_name, judge_ending,
};
use crate::effect::{Effect, EffectClass, Ending, FailKind, Output, Recover, RecoverCommand};

/// A command.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Shell {
    script: String,
}

impl Shell {
    /// The script, as it stands in the file.
    #[must_use]
    pub fn script(&self) -> &str {
        &self.script
    }
}

impl StepType for Shell {
    fn request(&self, cx: &Context<'_>, _: &[Output]) -> Result<Request, Failure> {
        Ok(Request::effect(Effect::Process(cx.command(&self.script)?)))
    }

    fn judge(&self, cx: &Context<'_>, outputs: &[Output]) -> Verdict {
        let Some(output) = outputs.last() else { return Verdict::Pass };
        let code = output.facts.get("exit_code").and_then(serde_json::Value::as_i64);
        match (&output.ending, code) {
            // An `expect` of the author's decides about the exit code itself.
            (Ending::Done, Some(code)) if code != 0 && cx.common.expect.is_none() => {
                let message = match code {
                    127 => "exit code 127: a command was not found".to_owned(),
                    126 => "exit code 126: a command could not be run".to_owned(),
                    // 128 + SIGPIPE, which `pipefail` makes the code of the whole pipe.
                    141 => "exit code 141: in a pipe, what reads ended before what writes, as `head` does"
                        .to_owned(),
                    _ => format!("exit code {code}"),
                };
                Verdict::Fail(Failure::new(Stage::Run, FailKind::Exit, message))
            }
            _ => judge_ending(output, cx.class),
        }
    }

    /// The keeper knows. A command that owned the terminal had none.
    fn broken(&self, cx: &Context<'_>, broken: &Broken<'_>) -> Fate {
        if cx.class == EffectClass::Read {
            return Fate::Again;
        }
        if cx.common.interactive {
            return Fate::unknown();
        }
        let attempt = attempt_name(cx.unit, broken.attempt);
        Fate::Ask(Recover::Command(RecoverCommand { attempt, folders: Vec::new() }))
    }

    fn own_effect(&self) -> Option<EffectClass> {
        None
    }

    fn facts(&self) -> &'static [(&'static str, FactType)] {
        &[
            ("exit_code", FactType::Number),
            ("stdout", FactType::Text),
            ("stderr", FactType::Text),
            ("json", FactType::Any),
        ]
    }

    fn parts<'a>(&'a self, visit: &mut dyn FnMut(&str, Part<'a>)) {
        visit("", Part::Script(&self.script));
    }
}
