//! What a step brought back, in a few words.

use serde_json::Value;

use crate::effect::Facts;
use crate::ui::layout::count;

/// A value as a person writes it: texts without quotes, lists with commas.
pub(super) fn value(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Null => "nothing".to_owned(),
        Value::Array(items) => items.iter().map(self::value).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

/// The facts that tell an operator that it worked: rows, status, answer.
pub(super) fn summary(facts: &Facts) -> Vec<String> {
    let mut parts = Vec::new();
    let number = |name: &str| facts.get(name).and_then(Value::as_u64);
    match (number("rows_affected"), number("row_count")) {
        (Some(affected), _) if affected > 0 => parts.push(format!("{} changed", rows(affected))),
        (_, Some(rows_read)) => parts.push(rows(rows_read)),
        (Some(affected), None) => parts.push(format!("{} changed", rows(affected))),
        (None, None) => {}
    }
    if let Some(status) = number("status_code") {
        parts.push(format!("status {status}"));
    }
    if let Some(code) = number("exit_code").filter(|code| *code != 0) {
        parts.push(format!("exit code {code}"));
    }
    if facts.get("shown") == Some(&Value::Bool(true)) {
        parts.push("nothing was sent: say it yourself".to_owned());
    }
    if let Some(answer) = facts.get("answer").or_else(|| facts.get("choice")) {
        parts.push(format!("answered {}", value(answer)));
    }
    parts
}

/// What a command had left running behind itself: `sleep (12755): ended`.
pub(super) fn left_behind(facts: &Facts) -> Option<String> {
    let left = facts.get("leftovers").and_then(Value::as_array)?.iter();
    let each = left.filter_map(|one| {
        let (name, fate) = (one.get("name")?.as_str()?, one.get("fate")?.as_str()?);
        Some(format!("{name} ({}): {fate}", one.get("pid")?))
    });
    let each: Vec<String> = each.collect();
    (!each.is_empty()).then(|| each.join(", "))
}

fn rows(number: u64) -> String {
    count(number, "row")
}
