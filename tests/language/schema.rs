//! The JSON Schema: generated, checked in, and complete.

use std::path::Path;

use mayday::playbook::schema;
use mayday::steps::Action;
use serde_json::Value;

use super::COMPLETE;

/// Fails when a checked-in file is not what the types say, and leaves the right one to be copied.
fn holds(name: &str, schema: &Value) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema").join(name);
    let fresh = format!("{schema:#}\n");
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    if kept != fresh {
        let right = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::write(&right, fresh).unwrap();
        panic!("schema/{name} is not what the types say: copy {}", right.display());
    }
}

#[test]
fn the_files_are_what_the_types_say() {
    holds("playbook.v1.json", &schema::playbook());
    holds("config.v1.json", &schema::config());
}

/// The schema that a `$ref` points to.
fn resolve<'s>(root: &'s Value, schema: &'s Value) -> &'s Value {
    match schema["$ref"].as_str() {
        Some(target) => resolve(root, root.pointer(target.trim_start_matches('#')).unwrap()),
        None => schema,
    }
}

/// True when one of the schema's forms allows what `value` holds, as far as keys go.
fn allows(root: &Value, schema: &Value, value: &serde_yaml::Value) -> Result<(), String> {
    let schema = resolve(root, schema);
    if let Some(forms) = schema["anyOf"].as_array() {
        let tried: Vec<_> = forms.iter().map(|form| allows(root, form, value)).collect();
        return tried.into_iter().reduce(Result::or).unwrap_or(Ok(()));
    }
    match value {
        serde_yaml::Value::Mapping(map) => {
            if schema["type"] == "string" || schema["type"] == "array" {
                return Err("no map here".to_owned());
            }
            for (key, value) in map {
                let key = key.as_str().ok_or("a key that is no text")?;
                let field = &schema["properties"][key];
                let more = &schema["additionalProperties"];
                if field.is_null() && *more == Value::Bool(false) {
                    return Err(format!("`{key}` is not allowed"));
                }
                let below = if field.is_null() { more } else { field };
                allows(root, below, value).map_err(|why| format!("{key}: {why}"))?;
            }
            let required = schema["required"].as_array().cloned().unwrap_or_default();
            let missing = required.iter().find(|key| !map.contains_key(key.as_str().unwrap_or("")));
            missing.map_or(Ok(()), |key| Err(format!("{key} is missing")))
        }
        serde_yaml::Value::Sequence(list) if schema["type"] == "array" => {
            list.iter().try_for_each(|item| allows(root, &schema["items"], item))
        }
        _ if schema["type"] == "object" => Err("a map is expected".to_owned()),
        _ => Ok(()),
    }
}

#[test]
fn the_schema_knows_every_field_of_the_complete_playbook() {
    let root = schema::playbook();
    let complete: serde_yaml::Value = serde_yaml::from_str(COMPLETE).unwrap();
    allows(&root, &root, &complete).unwrap();
    for (slip, right) in [
        ("rto: 30m", "rot: 30m"),
        ("done_if:", "done:"),
        ("sign_off:", "signoff:"),
        ("times_in_a_row: 2", "in_a_row: 2"),
    ] {
        let text = COMPLETE.replacen(slip, right, 1);
        let wrong: serde_yaml::Value = serde_yaml::from_str(&text).unwrap();
        assert!(allows(&root, &root, &wrong).is_err(), "{right}");
    }
}

#[test]
fn a_step_has_exactly_one_action_in_the_schema() {
    let root = schema::playbook();
    for name in ["Step", "Operation", "Probe"] {
        let schema = &root["$defs"][name];
        let branches = schema["oneOf"].as_array().unwrap();
        for key in Action::KEYS {
            assert!(schema["properties"][key].is_object(), "{name} has {key}");
            let own =
                branches.iter().filter(|branch| branch["required"] == serde_json::json!([key]));
            assert_eq!(own.count(), 1, "{name} {key}");
        }
    }
    let text = root.to_string();
    assert!(!text.contains("\"null\""), "a field that is there has a value");
}
