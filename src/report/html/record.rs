//! The whole record as a table, and what is known of it.

use serde_json::Value;

use super::table::Table;
use crate::report::markup::{Markup, put};
use crate::report::read::{list, text, time};

/// A longer record is folded up: its reader opens it, and paper is spared.
const OPEN: usize = 200;

/// Every event.
pub(super) fn events(out: &mut Markup, context: &Value) {
    let events = list(&context["timeline"]);
    if events.is_empty() {
        return;
    }
    put!(out, "<section aria-labelledby=\"record\"><h2 id=\"record\">The record</h2>\n");
    let folded = events.len() > OPEN;
    if folded {
        put!(
            out,
            "<p class=\"onpaper\">The record has {} events; they are in the file, not on paper.</p>\n",
            events.len()
        );
        put!(out, "<details><summary>All {} events</summary>\n", events.len());
    }
    for out_of in list(&context["left_out"]) {
        put!(
            out,
            "<p>Left out here: {} of {} rows of {}, behind the first {}; {}.</p>\n",
            out_of["rows"].as_i64().unwrap_or_default(),
            out_of["of"].as_i64().unwrap_or_default(),
            text(&out_of["list"]),
            out_of["after"].as_i64().unwrap_or_default(),
            text(&out_of["where"])
        );
    }
    let mut rows = Table::new("Every event of the record", &["event", "time (UTC)", "who", "what"]);
    for event in events {
        let seq = event["seq"].as_i64().unwrap_or_default().to_string();
        let mut what = Markup::default();
        put!(what, "{}", text(&event["what"]));
        for kept in list(&event["evidence"]) {
            put!(
                what,
                " <span class=\"kept\">{}: {}</span>",
                text(&kept["what"]),
                text(&kept["path"])
            );
        }
        rows.row(&format!("e{seq}"))
            .number(seq)
            .time(time(&event["at"]))
            .text(text(&event["who"]))
            .markup(&what);
    }
    rows.write(out);
    put!(out, "{}</section>\n", Markup(if folded { "</details>" } else { "" }.to_owned()));
}

/// How far the record can be trusted.
pub(super) fn foot(out: &mut Markup, context: &Value) {
    let record = &context["record"];
    let known = match (record["verified"].as_bool(), record["sound"].as_bool()) {
        (Some(true), Some(true)) => "It was verified: whole and unchanged.",
        (Some(true), _) => "It is NOT sound; see the top.",
        _ => "It was not verified.",
    };
    put!(
        out,
        "<footer><p>Written from {} events on {} by mayday {}. {}</p>\n",
        record["events"].as_i64().unwrap_or_default(),
        time(&context["generated_at"]),
        text(&context["run"]["mayday"]),
        known
    );
    if !text(&record["head"]).is_empty() {
        put!(out, "<p>Head of the record (SHA-256): <code>{}</code></p>\n", text(&record["head"]));
    }
    put!(out, "<p>{}</p>\n", text(&context["names_words"]));
    put!(
        out,
        "<p>To verify it yourself: <code>mayday verify {}</code></p></footer>\n",
        text(&context["run"]["id"])
    );
}
