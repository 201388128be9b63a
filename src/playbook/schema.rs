//! The JSON Schema of the language, generated from its types.
//!
//! Owns the shape of the maps that the parser splits by hand: one action beside the common fields. An
//! editor that has the schema completes fields and underlines slips while the author types.

use std::borrow::Cow;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value, json};

use super::{
    Common, Drill, DrillHead, Gate, Head, OnCrash, Operation, OperationHead, Phase, PhaseHead,
    Playbook, Probe, ProbeHead, Step,
};
use crate::config::Config;
use crate::steps::Action;

/// The schema of a playbook, draft 2020-12.
#[must_use]
pub fn playbook() -> Value {
    document::<Playbook>("mayday playbook, version 1 of the format")
}

/// The schema of mayday.yaml, draft 2020-12.
#[must_use]
pub fn config() -> Value {
    document::<Config>("mayday.yaml: environments, targets, secrets, contacts, severities")
}

fn document<T: JsonSchema>(title: &str) -> Value {
    let generator = SchemaSettings::draft2020_12().into_generator();
    let mut schema = generator.into_root_schema_for::<T>();
    schema.insert("title".to_owned(), title.into());
    let mut schema = schema.to_value();
    without_null(&mut schema);
    schema
}

/// The schema of a check whose map also holds the fields of `Extra`.
pub fn probe_with<Extra: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    let mut object = Object::of::<ProbeHead>(generator);
    object.add(Object::of::<Extra>(generator));
    object.actions(generator);
    object.exactly_one(Some(condition_alone()), None);
    object.schema("A read check: an action, a condition, or both.")
}

/// A check without an action has a condition, or it would look at nothing.
fn condition_alone() -> Value {
    let required: Vec<Value> =
        Action::KEYS.iter().map(|key| json!({ "required": [key] })).collect();
    json!({ "required": ["that"], "not": { "anyOf": required } })
}

/// How a playbook writes its severity: an editor offers the four, and leaves the names of mayday.yaml alone.
pub struct SeverityWord;

impl JsonSchema for SeverityWord {
    fn schema_name() -> Cow<'static, str> {
        "SeverityWord".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let four = generator.subschema_for::<crate::severity::Severity>();
        json_schema!({ "anyOf": [
            four,
            { "type": "string", "description": "One of the `aliases` of mayday.yaml, such as P1." },
        ] })
    }
}

/// An object schema that is put together from several.
struct Object {
    properties: Map<String, Value>,
    required: Vec<Value>,
    one_of: Vec<Value>,
}

impl Object {
    /// The fields of a type that has a derived schema.
    fn of<T: JsonSchema>(generator: &mut SchemaGenerator) -> Self {
        let mut schema = T::json_schema(generator);
        let properties = schema.remove("properties").unwrap_or_default();
        let required = schema.remove("required").unwrap_or_default();
        Self {
            properties: properties.as_object().cloned().unwrap_or_default(),
            required: required.as_array().cloned().unwrap_or_default(),
            one_of: Vec::new(),
        }
    }

    fn add(&mut self, other: Self) {
        self.properties.extend(other.properties);
        self.required.extend(other.required);
    }

    fn field(&mut self, name: &str, about: &str, mut schema: Value) {
        if let Some(object) = schema.as_object_mut() {
            object.insert("description".to_owned(), about.into());
        }
        self.properties.insert(name.to_owned(), schema);
    }

    fn required_field(&mut self, name: &str, about: &str, schema: Value) {
        self.field(name, about, schema);
        self.required.push(name.into());
    }

    /// The key of every action.
    fn actions(&mut self, generator: &mut SchemaGenerator) {
        for (key, about, schema) in Action::schemas(generator) {
            self.field(key, about, schema.to_value());
        }
    }

    /// One action and no second one; or `none`. With a `gate`, `confirm` beside another action is that.
    fn exactly_one(&mut self, none: Option<Value>, gate: Option<&Value>) {
        for key in Action::KEYS {
            // Exactly one branch holds, so that a second action fails without being named.
            let mut branch = json!({ "required": [key] });
            match gate {
                Some(_) if *key == "confirm" => {
                    let others = Action::KEYS.iter().filter(|other| *other != key);
                    let others: Vec<Value> =
                        others.map(|other| json!({ "required": [other] })).collect();
                    branch["not"] = json!({ "anyOf": others });
                }
                Some(gate) => branch["properties"] = json!({ "confirm": gate }),
                None => {}
            }
            self.one_of.push(branch);
        }
        self.one_of.extend(none);
    }

    fn schema(self, about: &str) -> Schema {
        let mut schema = json_schema!({
            "type": "object",
            "description": about,
            "properties": self.properties,
            "required": self.required,
            "additionalProperties": false,
        });
        if !self.one_of.is_empty() {
            schema.insert("oneOf".to_owned(), self.one_of.into());
        }
        schema
    }
}

fn list<T: JsonSchema>(generator: &mut SchemaGenerator) -> Value {
    json!({ "type": "array", "items": generator.subschema_for::<T>(), "minItems": 1 })
}

/// Declares the schema of a type that the parser splits by hand.
macro_rules! by_hand {
    ($($type:ident $generator:ident $body:block)*) => {$(
        impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema($generator: &mut SchemaGenerator) -> Schema $body
        }
    )*};
}

by_hand! {
    Playbook generator {
        let mut object = Object::of::<Head>(generator);
        object.field("mayday", "The version of the format.", json!({ "const": 1 }));
        object.field("steps", "The steps, where there are no phases.", list::<Step>(generator));
        object.field("phases", "Groups of steps, in order.", list::<Phase>(generator));
        let drill = generator.subschema_for::<Drill>().to_value();
        object.field("drill", "How it is rehearsed.", drill);
        object.one_of = vec![json!({ "required": ["steps"] }), json!({ "required": ["phases"] })];
        object.schema("One procedure.")
    }

    Phase generator {
        let mut object = Object::of::<PhaseHead>(generator);
        object.required_field("steps", "Its steps, in order.", list::<Step>(generator));
        object.schema("A group of steps.")
    }

    Step generator {
        let mut object = Object::of::<Common>(generator);
        object.actions(generator);
        let action = object.properties.get("confirm").cloned().unwrap_or_default();
        let gate = generator.subschema_for::<Gate>().to_value();
        object.field(
            "confirm",
            "Alone: ask the operator to confirm something. Beside another action: the gate in front of it.",
            json!({ "anyOf": [gate.clone(), action] }),
        );
        object.field("verify", "Read checks run after it: the proof.", list::<Probe>(generator));
        let undo = generator.subschema_for::<Operation>().to_value();
        object.field("undo", "How to take it back.", undo);
        let rule = generator.subschema_for::<OnCrash>().to_value();
        object.field("on_crash", "How to find out after a crash whether it happened.", rule);
        object.exactly_one(None, Some(&gate));
        object.schema("One step: exactly one action and what surrounds it.")
    }

    Operation generator {
        let mut object = Object::of::<OperationHead>(generator);
        object.actions(generator);
        object.exactly_one(None, None);
        object.schema("An action on its own.")
    }

    Probe generator {
        let mut object = Object::of::<ProbeHead>(generator);
        object.actions(generator);
        object.exactly_one(Some(condition_alone()), None);
        object.schema("A read check: an action, a condition, or both.")
    }

    OnCrash generator {
        let probe = generator.subschema_for::<Probe>().to_value();
        let mut object =
            Object { properties: Map::new(), required: Vec::new(), one_of: Vec::new() };
        object.required_field("probe", "What to look at; always read-only.", probe);
        let text = json!({ "type": "string" });
        object.required_field("done_if", "Holds when the step did happen.", text);
        object.schema("How to find out after a crash whether a step happened.")
    }

    Drill generator {
        let mut object = Object::of::<DrillHead>(generator);
        let steps = list::<Step>(generator);
        let guard = "What must hold before anything of it runs, and again on resume.";
        object.field("guard", guard, list::<Probe>(generator));
        object.field("setup", "Prepares the target.", steps.clone());
        object.field("inject", "The accident; its end starts the clock.", steps.clone());
        let stop_if = "What ends it early, when it holds: looked at between steps, and while they run.";
        object.field("stop_if", stop_if, list::<Probe>(generator));
        object.field("pass", "What makes it a pass.", list::<Probe>(generator));
        object.field("cleanup", "Puts the target back, whatever happened.", steps);
        object.schema("How a procedure is rehearsed.")
    }
}

/// A field that is there has a value: takes out the `null` that optional fields of the types allow.
fn without_null(schema: &mut Value) {
    let is_null = |part: &Value| part == "null" || part.get("type").is_some_and(|t| t == "null");
    match schema {
        Value::Object(object) => {
            if object.get("default").is_some_and(Value::is_null) {
                object.shift_remove("default");
            }
            if let Some(Value::Array(types)) = object.get_mut("type") {
                types.retain(|part| !is_null(part));
                if let [one] = types.as_slice() {
                    let one = one.clone();
                    object.insert("type".to_owned(), one);
                }
            }
            if let Some(Value::Array(parts)) = object.get_mut("anyOf") {
                parts.retain(|part| !is_null(part));
                if let [Value::Object(one)] = parts.as_slice() {
                    let one = one.clone();
                    object.shift_remove("anyOf");
                    object.extend(one);
                }
            }
            object.values_mut().for_each(without_null);
        }
        Value::Array(parts) => parts.iter_mut().for_each(without_null),
        _ => {}
    }
}
