//! The tables of a report: what was planned, what happened, who decided, what is left to do.

use serde_json::Value;

use super::table::{Table, end, section};
use crate::report::markup::{Markup, put};
use crate::report::picture::{Axis, Outcome, Scene};
use crate::report::read::{length, list, millis, span, text, time};

/// What a drill came to.
pub(super) fn drill(out: &mut Markup, context: &Value) {
    let drill = &context["drill"];
    let Some(verdict) = drill["verdict"].as_str() else { return };
    let title = format!("Drill: {verdict}, {} of {} points", drill["score"], drill["of"]);
    section(out, "drill", &title);
    let reasons = list(&drill["reasons"]);
    if !reasons.is_empty() {
        put!(out, "<ul>");
        for reason in reasons {
            put!(out, "<li>{}</li>", text(reason));
        }
        put!(out, "</ul>\n");
    }
    let injected = list(&drill["injected"]);
    if !injected.is_empty() {
        let heading = out.say("INJECTED on purpose, not real:");
        put!(out, "<p><strong>{}</strong></p>\n<ul>", heading);
        for fault in injected {
            put!(out, "<li>{}: {}", text(&fault["step"]), text(&fault["fault"]));
            if fault["happened"] != true {
                put!(out, " {}", out.say("(its step was not come to)"));
            }
            put!(out, "</li>");
        }
        put!(out, "</ul>\n");
    }
    let mut rows =
        Table::new("Criteria of the drill", &["criterion", "result", "points", "measured"]);
    for criterion in list(&drill["criteria"]) {
        let mut name = Markup::default();
        put!(name, "{}", text(&criterion["id"]));
        if !text(&criterion["title"]).is_empty() {
            put!(name, ": {}", text(&criterion["title"]));
        }
        if criterion["must"] == true {
            put!(name, " <em>{}</em>", out.say("(must)"));
        }
        let (look, sign) = match criterion["held"].as_bool() {
            Some(true) => ("good", "✓"),
            Some(false) => ("bad", "✗"),
            None => ("", "?"),
        };
        let mut result = Markup::default();
        put!(
            result,
            "<span class=\"verdict {}\">{} {}</span>",
            look,
            sign,
            text(&criterion["held_words"])
        );
        rows.row("")
            .head(&name)
            .markup(&result)
            .number(out.say(&format!("{} of {}", criterion["got"], criterion["points"])))
            .text(text(&criterion["measured"]));
    }
    rows.write(out);
    end(out);
}

/// Every step, with a bar on the line of the timeline.
pub(super) fn steps(out: &mut Markup, context: &Value) {
    let steps = list(&context["steps"]);
    if steps.is_empty() {
        return;
    }
    section(out, "steps", "Steps");
    let axis = Scene::of(context).map(|scene| Axis::new(&scene.busy(), 0.0, 120.0));
    let last = millis(&context["run"]["last_at"]);
    let mut rows = Table::new(
        "Steps",
        &["no", "step", "outcome", "when", "began (UTC)", "took", "expected", "who"],
    );
    let mut phase = None;
    for (at, step) in steps.iter().enumerate() {
        if phase != Some(&step["phase"]) && !text(&step["phase"]).is_empty() {
            rows.group(text(&step["phase"]), 8);
        }
        phase = Some(&step["phase"]);
        let status = text(&step["status"]);
        let outcome = Outcome::of(status);
        let mut name = Markup::default();
        put!(name, "{}", text(&step["title"]));
        put!(name, " <code>{}</code>", text(&step["key"]));
        let attempts = step["attempts"].as_i64().unwrap_or_default();
        let again = if attempts > 1 {
            format!(", {}", out.say(&format!("{attempts} attempts")))
        } else {
            String::new()
        };
        let mut verdict = Markup::default();
        let words = if status == "ok" { "passed" } else { status };
        put!(
            verdict,
            "<span class=\"outcome {}\">{} {}{}</span>",
            outcome.class(),
            outcome.sign(),
            out.say(words),
            again
        );
        let mut bar = Markup::default();
        if let (Some(axis), Some(from)) = (&axis, millis(&step["started_at"])) {
            let to = millis(&step["ended_at"]).or(last).unwrap_or(from);
            let (x, end) = (axis.x(from), axis.x(to));
            let long = (end - x).max(2.0);
            put!(
                bar,
                "<svg class=\"mini\" viewBox=\"0 0 120 10\" aria-hidden=\"true\"><path class=\"grid\" d=\"M0 5H120\"/><g class=\"bar {}\"><rect x=\"{}\" width=\"{}\" height=\"10\"/></g></svg>",
                outcome.class(),
                x.min(120.0 - long),
                long
            );
        }
        let over = step["over_ms"].as_i64().filter(|over| *over > 0);
        let took = over.map_or(span(&step["took_ms"]), |over| {
            format!("{} (+{})", span(&step["took_ms"]), length(over))
        });
        rows.row("")
            .number((at + 1).to_string())
            .head(&name)
            .markup(&verdict)
            .markup(&bar)
            .time(time(&step["started_at"]))
            .number(took)
            .number(span(&step["expected_ms"]))
            .text(text(&step["who"]));
    }
    rows.write(out);
    end(out);
}

/// How a time is known, in words; a Spanish context has them already.
pub(super) fn source(key: &str) -> &str {
    match key {
        "flag" => "a flag",
        "run_start" => "the start of the run",
        "last_step" => "the last step",
        "operator" => "the operator",
        other => other,
    }
}

/// Milestones and the spans between them.
pub(super) fn milestones(out: &mut Markup, context: &Value) {
    section(out, "milestones", "Milestones");
    let mut rows = Table::new("Milestones", &["milestone", "time (UTC)", "known from", "event"]);
    for milestone in list(&context["milestones"]) {
        let mut name = Markup::default();
        put!(name, "{}", text(&milestone["words"]));
        let at = time(&milestone["at"]);
        let mut from = source(text(&milestone["source"])).to_owned();
        if let Some(amended) = milestone["amended"].as_i64().filter(|amended| *amended > 0) {
            let times = if amended == 1 { "time" } else { "times" };
            from = out.say(&format!("{from}, amended {amended} {times}"));
        }
        if let Some(reason) = milestone["reason"].as_str() {
            from.push_str(&format!(": {reason}"));
        }
        rows.row("")
            .head(&name)
            .time(if at.is_empty() { out.say("not set") } else { at })
            .text(&from)
            .event(&milestone["seq"]);
    }
    rows.write(out);
    let mut rows = Table::new("Spans", &["span", "length", "how it is computed"]);
    for duration in list(&context["durations"]) {
        let mut name = Markup::default();
        put!(name, "{}", text(&duration["words"]));
        let ms = duration["ms"].as_i64().map_or_else(|| out.say("not known"), length);
        rows.row("").head(&name).number(ms).text(text(&duration["formula"]));
    }
    rows.write(out);
    end(out);
}

/// Every clock, and every message.
pub(super) fn deadlines(out: &mut Markup, context: &Value) {
    let (deadlines, messages) = (list(&context["deadlines"]), list(&context["messages"]));
    if deadlines.is_empty() && messages.is_empty() {
        return;
    }
    section(out, "deadlines", "Deadlines and escalations");
    let mut rows =
        Table::new("Deadlines", &["clock", "counted from", "due (UTC)", "met (UTC)", "state"]);
    for deadline in deadlines {
        let mut name = Markup::default();
        put!(name, "{}", text(&deadline["words"]));
        rows.row("")
            .head(&name)
            .text(text(&deadline["anchor"]))
            .time(time(&deadline["due"]))
            .time(time(&deadline["met_at"]))
            .text(text(&deadline["state_words"]));
    }
    rows.write(out);
    let mut rows = Table::new(
        "Messages",
        &["sent (UTC)", "to", "because of", "message", "what became of it", "event"],
    );
    for message in messages {
        rows.row("")
            .time(time(&message["at"]))
            .text(text(&message["to"]))
            .text(text(&message["cause_words"]))
            .text(text(&message["message"]))
            .text(text(&message["ending"]))
            .event(&message["seq"]);
    }
    rows.write(out);
    end(out);
}

/// Where the run left the playbook.
pub(super) fn deviations(out: &mut Markup, context: &Value) {
    section(out, "deviations", "Deviations from the playbook");
    let deviations = list(&context["deviations"]);
    if deviations.is_empty() {
        put!(out, "<p>{}</p>\n", out.say("None."));
    }
    let mut rows =
        Table::new("Deviations", &["event", "time (UTC)", "what", "reason", "settled by"]);
    for deviation in deviations {
        rows.row("")
            .event(&deviation["seq"])
            .time(time(&deviation["at"]))
            .text(text(&deviation["what"]))
            .text(text(&deviation["reason"]))
            .text(text(&deviation["settled"]));
    }
    rows.write(out);
    end(out);
}

/// Who answered and chose what.
pub(super) fn decisions(out: &mut Markup, context: &Value) {
    let (decisions, objections) = (list(&context["decisions"]), list(&context["objections"]));
    if decisions.is_empty() && objections.is_empty() {
        return;
    }
    section(out, "decisions", "Decisions and objections");
    let mut rows =
        Table::new("Decisions", &["event", "time (UTC)", "who", "question", "answer", "reason"]);
    for decision in decisions {
        let given = match text(&decision["source"]) {
            "drill" => format!(" {}", out.say("(the drill's answer)")),
            "flag" => format!(" {}", out.say("(given as a flag)")),
            _ => String::new(),
        };
        rows.row("")
            .event(&decision["seq"])
            .time(time(&decision["at"]))
            .text(&format!("{}{given}", text(&decision["who"])))
            .text(text(&decision["question"]))
            .text(text(&decision["answer"]))
            .text(text(&decision["reason"]));
    }
    rows.write(out);
    let mut rows = Table::new("Objections", &["event", "time (UTC)", "who", "objection"]);
    for objection in objections {
        rows.row("")
            .event(&objection["seq"])
            .time(time(&objection["at"]))
            .text(text(&objection["who"]))
            .text(text(&objection["what"]));
    }
    rows.write(out);
    end(out);
}

/// What was noted, with the numbers that the picture shows.
pub(super) fn notes(out: &mut Markup, context: &Value) {
    let notes = list(&context["notes"]);
    if notes.is_empty() {
        return;
    }
    section(out, "notes", "Notes");
    let mut rows = Table::new("Notes", &["note", "time (UTC)", "who", "what", "event"]);
    for (at, note) in notes.iter().enumerate() {
        rows.row("")
            .number((at + 1).to_string())
            .time(time(&note["at"]))
            .text(text(&note["who"]))
            .text(text(&note["text"]))
            .event(&note["seq"]);
    }
    rows.write(out);
    end(out);
}

/// What is left to do.
pub(super) fn actions(out: &mut Markup, context: &Value) {
    let actions = list(&context["actions"]);
    if actions.is_empty() {
        return;
    }
    section(out, "actions", "Action items");
    let mut rows = Table::new("Action items", &["what", "owner", "due (UTC)", "event"]);
    for action in actions {
        let mut what = Markup::default();
        put!(what, "{}", text(&action["what"]));
        let due = time(&action["due"]);
        rows.row("")
            .head(&what)
            .text(action["owner"].as_str().unwrap_or(&out.say("nobody yet")))
            .time(if due.is_empty() { out.say("no date yet") } else { due })
            .event(&action["seq"]);
    }
    rows.write(out);
    end(out);
}
