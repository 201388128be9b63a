//! The tables that people learn from: what was run, what contributed, what went how, what the playbook may do better.

use serde_json::Value;

use super::table::{Table, end, section};
use crate::report::markup::{Markup, put};
use crate::report::read::{list, span, text, time};

/// More attempts than this are folded up.
const OPEN: usize = 200;

/// Every attempt with what ran.
pub(super) fn attempts(out: &mut Markup, context: &Value) {
    let attempts = list(&context["recovery"]);
    if attempts.is_empty() {
        return;
    }
    section(out, "attempts", "What was run");
    let folded = attempts.len() > OPEN;
    if folded {
        let all = format!("All {} attempts", attempts.len());
        put!(out, "<details><summary>{}</summary>\n", out.say(&all));
    }
    let mut rows = Table::new(
        "Attempts",
        &["event", "time (UTC)", "step", "what ran", "outcome", "took", "against plan", "who"],
    );
    for one in attempts {
        let mut step = text(&one["step"]).to_owned();
        if let Some(number) = one["attempt"].as_i64().filter(|number| *number > 1) {
            step = out.say(&format!("{step}, attempt {number}"));
        }
        let mut what = Markup::default();
        put!(what, "<code>{}</code>", text(&one["what"]));
        if let Some(target) = one["target"].as_str() {
            put!(what, " {}", out.say(&format!("on {target}")));
        }
        for kept in list(&one["evidence"]) {
            put!(
                what,
                " <span class=\"kept\">{}: {}</span>",
                text(&kept["what"]),
                text(&kept["path"])
            );
        }
        rows.row("")
            .event(&one["seq"])
            .time(time(&one["at"]))
            .text(&step)
            .markup(&what)
            .text(text(&one["outcome_words"]))
            .number(span(&one["took_ms"]))
            .number(text(&one["against"]).to_owned())
            .text(text(&one["who"]));
    }
    rows.write(out);
    put!(out, "{}", Markup::raw(if folded { "</details>" } else { "" }));
    end(out);
}

/// What contributed, as far as the record can tell.
pub(super) fn factors(out: &mut Markup, context: &Value) {
    let factors = list(&context["factors"]);
    section(out, "factors", "Contributing factors");
    if factors.is_empty() {
        let none = "The record knows of no attempt that did not pass, no unknown outcome and no missed deadline.";
        put!(out, "<p>{}</p>\n", out.say(none));
    }
    let mut rows = Table::new("Contributing factors", &["kind", "what was seen", "step", "event"]);
    for one in factors {
        rows.row("")
            .text(&out.say(kind(text(&one["kind"]))))
            .text(text(&one["what"]))
            .text(text(&one["step"]))
            .event(&one["seq"]);
    }
    rows.write(out);
    end(out);
}

fn kind(word: &str) -> &str {
    match word {
        "failure" => "did not pass",
        "retry" => "tried again",
        "unknown" => "unknown outcome",
        "breach" => "missed deadline",
        "tool" => "mayday itself",
        other => other,
    }
}

/// Seeds for what went well, what was hard, where it was luck.
pub(super) fn went(out: &mut Markup, context: &Value) {
    let went = &context["went"];
    let parts =
        [("well", "What went well"), ("hard", "What was hard"), ("lucky", "Where we were lucky")];
    if parts.iter().all(|(key, _)| list(&went[*key]).is_empty()) {
        return;
    }
    section(out, "went", "What the record suggests to talk about");
    put!(out, "<div class=\"pair\">");
    for (key, title) in parts.into_iter().filter(|(key, _)| !list(&went[*key]).is_empty()) {
        put!(out, "<div><h3>{}</h3><ul>", out.say(title));
        for seen in list(&went[key]) {
            put!(out, "<li>{}</li>", text(seen));
        }
        put!(out, "</ul></div>");
    }
    put!(out, "</div>\n");
    end(out);
}

/// What the playbook may do better.
pub(super) fn suggestions(out: &mut Markup, context: &Value) {
    let suggestions = list(&context["suggestions"]);
    if suggestions.is_empty() {
        return;
    }
    section(out, "suggestions", "Suggested changes to the playbook");
    let mut rows = Table::new("Suggested changes", &["step", "what was seen", "what may help"]);
    for one in suggestions {
        let mut step = Markup::default();
        put!(step, "{}", text(&one["step"]));
        rows.row("").head(&step).text(text(&one["seen"])).text(text(&one["suggested"]));
    }
    rows.write(out);
    end(out);
}

/// Processes that outlived the command of their step.
pub(super) fn leftovers(out: &mut Markup, context: &Value) {
    let left = list(&context["leftovers"]);
    if left.is_empty() {
        return;
    }
    section(out, "leftovers", "Processes that outlived their step");
    let mut rows = Table::new(
        "Processes that outlived their step",
        &["step", "process", "number", "what became of it", "event"],
    );
    for one in left {
        rows.row("")
            .text(text(&one["step"]))
            .text(text(&one["name"]))
            .number(one["pid"].to_string())
            .text(text(&one["fate"]))
            .event(&one["seq"]);
    }
    rows.write(out);
    end(out);
}
