//! What a condition comes to before the run, where that is certain whatever the run will bring.
//!
//! A text may say `<from look.n>` for what nobody knows yet. A condition may not: compared with anything, such
//! words give an answer, and the answer is a lie. Here a name that only the run can tell has no value at
//! all, so the condition has none either, unless what is known settles it first (`env.danger == 'low' and ...`).

use serde_json::Value;

use super::Scope;
use crate::template::{self, Fault, Held, Lookup, Named, View};

/// Whether a condition holds, whatever the run brings.
///
/// # Errors
/// It cannot be told yet, or it cannot be evaluated.
pub fn certain(condition: &str, scope: &Scope<'_>) -> Result<Held, Fault> {
    let names = Certain(Scope { foresee: true, ..*scope });
    // What is missing in these is undefined, which `default` and `is defined` would take for an answer.
    for used in template::names_in_expression(condition)? {
        match used.path.as_slice() {
            [root, id, ..] if root == "steps" && names.step(id, View::Compute).is_none() => {
                return Err(unknown());
            }
            [root, name, ..] if root == "inputs" => drop(names.name(name, View::Compute)?),
            _ => {}
        }
    }
    template::holds(condition, &names)
}

/// The names of a scope, without those that only the run can tell.
struct Certain<'a>(Scope<'a>);

impl Lookup for Certain<'_> {
    fn name(&self, name: &str, view: View) -> Result<Option<Named>, Fault> {
        match self.0.name(name, view)? {
            Some(Named::Value(value)) if foreseen(&value) => Err(unknown()),
            Some(Named::Value(Value::Object(mut fields))) if name == "inputs" => {
                fields.retain(|_, value| !foreseen(value));
                Ok(Some(Named::Value(Value::Object(fields))))
            }
            named => Ok(named),
        }
    }

    fn step(&self, id: &str, view: View) -> Option<Value> {
        self.0.step(id, view)
    }

    fn known(&self) -> Vec<String> {
        self.0.known()
    }
}

fn foreseen(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.starts_with(super::FORESEEN))
}

/// Not "undefined": that would be a value to some filters.
fn unknown() -> Fault {
    Fault { message: "is not known yet".to_owned(), range: None, undefined: None }
}
