//! What a reader in a hurry wants: a few facts, each with its verdict in words.

use serde_json::Value;

use crate::report::markup::{Markup, put};
use crate::report::read::{length, list, text};

pub(super) fn tiles(out: &mut Markup, context: &Value) {
    put!(out, "<ul class=\"tiles\">\n");
    if let Some(verdict) = context["drill"]["verdict"].as_str() {
        let look = if context["drill"]["passed"] == true { "good" } else { "bad" };
        let points = format!("{} of {} points", context["drill"]["score"], context["drill"]["of"]);
        tile(out, look, "Drill", &out.say(verdict), &out.say(&points));
    }
    objective(out, "Recovery time", "RTO", &context["objectives"]["rto"]);
    objective(out, "Data lost", "RPO", &context["objectives"]["rpo"]);
    for (key, name) in [("impact", "Users hurt"), ("ttd", "Time to detect")] {
        let durations = list(&context["durations"]);
        let found = durations.iter().find(|duration| duration["key"] == key);
        let ms = found.and_then(|duration| duration["ms"].as_i64());
        if let (Some(ms), Some(duration)) = (ms, found) {
            tile(out, "", name, &length(ms), text(&duration["formula"]));
        }
    }
    let deviations = list(&context["deviations"]).len();
    let words = match deviations {
        0 => "as the playbook says",
        _ => "from the playbook, each with its reason",
    };
    tile(
        out,
        "",
        if deviations == 1 { "Deviation" } else { "Deviations" },
        &deviations.to_string(),
        &out.say(words),
    );
    put!(out, "</ul>\n");
}

fn objective(out: &mut Markup, name: &str, short: &str, objective: &Value) {
    let Some(promised) = objective["objective_ms"].as_i64() else { return };
    let verdict = text(&objective["verdict"]);
    let (look, sign) = match verdict {
        "met" => ("good", "✓ "),
        "missed" => ("bad", "✗ "),
        _ => ("", ""),
    };
    let reached = objective["achieved_ms"].as_i64().map_or_else(|| out.say("not known"), length);
    let margin = objective["margin_ms"].as_i64().map(|ms| {
        let words = if ms < 0 {
            format!("{} over", length(-ms))
        } else {
            format!("{} to spare", length(ms))
        };
        format!(", {}", out.say(&words))
    });
    let verdict = out.say(verdict);
    let words =
        format!("{sign}{short} {} {verdict}{}", length(promised), margin.unwrap_or_default());
    tile(out, look, name, &reached, &words);
}

fn tile(out: &mut Markup, look: &'static str, name: &str, value: &str, words: &str) {
    put!(
        out,
        "<li class=\"tile {}\"><span class=\"name\">{}</span> <strong>{}</strong> <span class=\"words\">{}</span></li>\n",
        look,
        out.say(name),
        value,
        words
    );
}
