//! Texts of the playbook as people read them: with what is known, and never with a bare `{{ }}`.
//!
//! A title is shown before its step ran, after a resume, and in a report of a run that never reached the step.
//! What has no value there reads `<from STEP.NAME>`, or the expression in angle brackets.

use serde_json::Value;

use super::scope::Scope;
use super::state::Run;
use crate::plan::{Plan, Unit};
use crate::template::{self, Lookup};
use crate::time::Timestamp;

/// What stands for the item where a step with `for_each` is meant as a whole.
pub const EACH: &str = "<each item>";

/// The title of a step or of an item of it, as far as it is known.
#[must_use]
pub fn title(
    plan: &Plan,
    run: &Run,
    unit: &Unit,
    item: Option<(usize, &Value)>,
    now: Timestamp,
) -> String {
    let each = Value::String(EACH.to_owned());
    let whole = unit.step.common.for_each.as_ref().map(|_| (0, &each));
    let item = item.or(whole);
    let scope = Scope { prefix: &unit.prefix, item, ..Scope::new(plan, run, now) };
    known(&unit.step.common.title, &scope)
}

/// A text of the playbook that belongs to no step.
#[must_use]
pub fn plain(text: &str, plan: &Plan, run: &Run, now: Timestamp) -> String {
    known(text, &Scope::new(plan, run, now))
}

/// A text with the names of a scope.
#[must_use]
pub fn known(text: &str, scope: &Scope<'_>) -> String {
    if !text.contains('{') {
        return text.to_owned();
    }
    let scope = Scope { foresee: true, ..*scope };
    filled(text, &scope)
}

/// Each `{{ }}` by itself where the whole cannot be rendered.
fn filled(text: &str, names: &dyn Lookup) -> String {
    if let Ok(whole) = template::render(text, names) {
        return whole;
    }
    let (mut out, mut rest) = (String::new(), text);
    while let Some((before, behind)) = rest.split_once("{{") {
        out.push_str(before);
        let Some((expression, behind)) = behind.split_once("}}") else {
            rest = behind;
            continue;
        };
        let one = template::render(&format!("{{{{{expression}}}}}"), names);
        out.push_str(&one.unwrap_or_else(|_| format!("<{}>", expression.trim())));
        rest = behind;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_is_named_and_what_is_known_stands_there() {
        let names = template::Names::default().with("n", 47);
        for (text, read) in [
            ("plain", "plain"),
            ("{{ n }} rows", "47 rows"),
            (
                "{{ n }} of {{ rows[0].n }}, {{ steps.a.stdout }}",
                "47 of <rows[0].n>, <steps.a.stdout>",
            ),
            ("{{ open", " open"),
            ("{% if n > 3 %}many{% endif %}", "many"),
        ] {
            assert_eq!(filled(text, &names), read, "{text}");
        }
    }
}
