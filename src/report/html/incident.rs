//! The tables about the incident around the steps: who, how it was noticed, how bad it was, who was called in, what
//! was forecast, what earlier runs came to.

use serde_json::Value;

use super::table::{Table, end, section};
use crate::report::markup::{Markup, put};
use crate::report::read::{length, list, span, text, time};

fn head(words: &str) -> Markup {
    let mut out = Markup::default();
    put!(out, "{}", words);
    out
}

/// Nothing said about an instant that is not known.
fn or(text: String, other: &str) -> String {
    if text.is_empty() { other.to_owned() } else { text }
}

/// How it was noticed, what it cost, how bad it was from when to when.
pub(super) fn impact(out: &mut Markup, context: &Value) {
    let (impact, detection) = (&context["impact"], &context["detection"]);
    section(out, "impact", "Impact and detection");
    put!(out, "<dl class=\"facts plain\">");
    let unknown = out.say("not known");
    let mut noticed = or(time(&detection["at"]), &unknown);
    if let Some(source) = detection["source"].as_str().map(super::story::source) {
        noticed = out.say(&format!("{noticed}, known from {source}"));
    }
    if let Some(reason) = detection["reason"].as_str() {
        noticed.push_str(&format!(": {reason}"));
    }
    let known = |value: &Value| or(span(value), &unknown);
    for (name, value) in [
        ("Users hurt from", or(time(&impact["from"]), &unknown)),
        ("Mitigated", or(time(&impact["to"]), &unknown)),
        ("Users hurt for", text(&impact["users_hurt_words"]).to_owned()),
        ("Data lost", known(&impact["data_lost_ms"])),
        ("Recovered to", or(time(&impact["recovery_point"]), &unknown)),
        ("Detected", noticed),
        ("Time to detect", known(&detection["ttd_ms"])),
    ] {
        put!(out, "<div><dt>{}</dt><dd>{}</dd></div>", out.say(name), value);
    }
    put!(out, "</dl>\n");
    for again in list(&impact["reopened"]) {
        let again = format!("It was open again at {}.", time(&again["at"]));
        put!(out, "<p>{}</p>\n", out.say(&again));
    }
    let mut rows = Table::new("Severities", &["severity", "from (UTC)", "for", "reason", "event"]);
    for severity in list(&context["severities"]) {
        rows.row("")
            .head(&head(text(&severity["words"])))
            .time(time(&severity["from"]))
            .number(span(&severity["ms"]))
            .text(text(&severity["reason"]))
            .event(&severity["seq"]);
    }
    rows.write(out);
    end(out);
}

/// Who had which role.
pub(super) fn responders(out: &mut Markup, context: &Value) {
    let responders = list(&context["responders"]);
    if responders.is_empty() {
        return;
    }
    section(out, "responders", "Who responded");
    let mut rows = Table::new(
        "Who responded",
        &["role", "who", "from (UTC)", "to (UTC)", "for", "note", "event"],
    );
    for one in responders {
        rows.row("")
            .head(&head(text(&one["role"])))
            .text(text(&one["who"]))
            .time(time(&one["from"]))
            .time(time(&one["to"]))
            .number(span(&one["ms"]))
            .text(text(&one["note"]))
            .event(&one["seq"]);
    }
    rows.write(out);
    end(out);
}

/// What was due when, and when it was done.
pub(super) fn escalations(out: &mut Markup, context: &Value) {
    let escalations = list(&context["escalations"]);
    if escalations.is_empty() {
        return;
    }
    section(out, "escalations", "Escalations due and done");
    let mut rows = Table::new(
        "Escalations",
        &["escalation", "due (UTC)", "first message left (UTC)", "late by", "state", "to", "event"],
    );
    for one in escalations {
        let mut words = text(&one["words"]).to_owned();
        if let Some(reason) = one["reason"].as_str() {
            words.push_str(&format!(": {reason}"));
        }
        let told = list(&one["messages"]).iter();
        let told: Vec<String> = told
            .map(|message| format!("{}: {}", text(&message["to"]), text(&message["ending"])))
            .collect();
        rows.row("")
            .head(&head(&words))
            .time(time(&one["due"]))
            .time(or(time(&one["done_at"]), &out.say("none left")))
            .number(text(&one["late_words"]).to_owned())
            .text(text(&one["state_words"]))
            .text(&told.join("; "))
            .event(&one["seq"]);
    }
    rows.write(out);
    end(out);
}

/// What was said on the way about the end, and how far off it was.
pub(super) fn forecasts(out: &mut Markup, context: &Value) {
    let forecasts = list(&context["forecasts"]);
    if forecasts.is_empty() {
        return;
    }
    section(out, "forecasts", "Forecasts against what came");
    let mut rows = Table::new(
        "Forecasts",
        &[
            "after",
            "half of all futures (UTC)",
            "nine in ten (UTC)",
            "came (UTC)",
            "off by",
            "said",
        ],
    );
    for one in forecasts {
        let mut off = one["off_ms"].as_i64().map(length).unwrap_or_default();
        if one["within"] == false {
            off = out.say(&format!("{off}, beyond nine in ten"));
        }
        rows.row("")
            .head(&head(&out.say(&format!("{} % of the way", one["percent"]))))
            .time(time(&one["p50"]))
            .time(time(&one["p90"]))
            .time(time(&one["came_at"]))
            .number(off)
            .text(&out.say(one["standing"].as_str().unwrap_or("no objective")));
    }
    rows.write(out);
    end(out);
}

/// What earlier runs of the playbook came to.
pub(super) fn earlier(out: &mut Markup, context: &Value) {
    let earlier = list(&context["earlier"]);
    if earlier.is_empty() {
        return;
    }
    section(out, "earlier", "Earlier runs of this playbook");
    let mut rows = Table::new(
        "Earlier runs",
        &["run", "kind", "opened (UTC)", "ended", "took", "recovered in", "RTO"],
    );
    for run in earlier {
        let kind = if text(&run["mode"]) == "drill" { "drill" } else { "incident" };
        rows.row("")
            .head(&head(text(&run["run"])))
            .text(&out.say(kind))
            .time(time(&run["opened_at"]))
            .text(text(&run["status_words"]))
            .number(span(&run["took_ms"]))
            .number(or(span(&run["rto_achieved_ms"]), &out.say("not known")))
            .text(&out.say(text(&run["rto_verdict"])));
    }
    rows.write(out);
    end(out);
}

/// Which role has signed, and who is still to.
pub(super) fn signed(out: &mut Markup, signed: &[(String, String)]) {
    if signed.is_empty() {
        return;
    }
    section(out, "signed", "Sign-off");
    let mut rows = Table::new("Sign-off", &["role", "standing"]);
    for (role, words) in signed {
        rows.row("").head(&head(role)).text(&out.say(words));
    }
    rows.write(out);
    end(out);
}
