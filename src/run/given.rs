//! Answers that were given in advance, by flags: kept with the run, so that whoever takes it up again need not
//! know them. An answer counts once; what a gate wants typed is not kept, and asked again.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::event::{Asking, Kind};
use crate::effect::ValueKind;
use crate::plan::Plan;

/// Bytes of an answer that is kept; a longer one would be cut in the record, and is then another answer.
const LONGEST: usize = 4096;

/// Answers given in advance, as far as the record knows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Given {
    /// What they answer (`step`, `step.menu`), and the answer.
    answers: BTreeMap<String, String>,
    /// What was answered by one.
    spent: BTreeSet<String>,
}

impl Given {
    /// More answers; one that is given again counts again.
    fn more(&mut self, answers: &BTreeMap<String, String>) {
        for (about, answer) in answers {
            // The answer of a step is that of its items, too.
            self.spent.retain(|spent| spent != about && !spent.starts_with(&format!("{about}[")));
            self.answers.insert(about.clone(), answer.clone());
        }
    }

    /// Remembers what an event gives in advance, or which answer it has used.
    pub(super) fn apply(&mut self, kind: &Kind) {
        match kind {
            Kind::Opened(opened) => self.more(&opened.answers),
            Kind::Attached { answers, .. } => self.more(answers),
            Kind::Ended { step, facts, .. }
                if facts.get("source").and_then(Value::as_str) == Some("flag") =>
            {
                self.spent.extend([step.clone(), format!("{step}.commit")]);
            }
            Kind::Chose { step, source, .. } if source == "flag" => {
                self.spent.extend([format!("{step}.menu"), format!("{step}.reason")]);
            }
            Kind::Answered { step, question, source, .. } if source == "flag" => {
                self.spent.extend(word(*question).map(|word| format!("{step}.{word}")));
            }
            _ => {}
        }
    }

    /// The answers, in the order of what they are about.
    pub fn answers(&self) -> impl Iterator<Item = (&String, &String)> {
        self.answers.iter()
    }

    /// What has had its answer and is not answered by it again.
    #[must_use]
    pub const fn spent(&self) -> &BTreeSet<String> {
        &self.spent
    }
}

/// What stands behind the step in the name of this question, where an answer may be given in advance.
const fn word(question: Asking) -> Option<&'static str> {
    Some(match question {
        Asking::Menu => "menu",
        Asking::Reason => "reason",
        Asking::Evidence => "evidence",
        Asking::Back => "back",
        Asking::Successor => "successor",
        Asking::Edit => "edit",
        Asking::Hand => "hand",
        Asking::Seen => "seen",
        _ => return None,
    })
}

/// The answers that the record may hold: none to a question about a secret.
#[must_use]
pub fn kept(plan: &Plan, answers: &[(String, String)]) -> BTreeMap<String, String> {
    let open =
        |(about, answer): &&(String, String)| answer.len() <= LONGEST && !is_secret(plan, about);
    answers.iter().filter(open).cloned().collect()
}

/// True where the answer is a secret: an input or a question of that type, or a step that captures one.
fn is_secret(plan: &Plan, about: &str) -> bool {
    let is = |name: &str| {
        about.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    };
    let input = plan.inputs.iter().any(|(name, spec)| spec.kind == ValueKind::Secret && is(name));
    let step = plan.units.iter().filter(|unit| is(&unit.key)).any(|unit| {
        let captures = unit.step.common.capture.iter().any(|(_, capture)| capture.secret);
        captures || super::digest::wants_secret(&unit.step.action)
    });
    input || step
}
