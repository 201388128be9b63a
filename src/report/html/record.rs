//! The whole record as a table, and what is known of it.

use std::collections::HashSet;

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
    put!(
        out,
        "<section aria-labelledby=\"record\"><h2 id=\"record\">{}</h2>\n",
        out.say("The record")
    );
    let folded = events.len() > OPEN;
    if folded {
        let told = events.len();
        let paper = format!("The record has {told} events; they are in the file, not on paper.");
        put!(out, "<p class=\"onpaper\">{}</p>\n", out.say(&paper));
        put!(out, "<details><summary>{}</summary>\n", out.say(&format!("All {told} events")));
    }
    for out_of in list(&context["left_out"]) {
        let words = format!(
            "Left out here: {} of {} rows of {}, behind the first {}; {}.",
            out_of["rows"].as_i64().unwrap_or_default(),
            out_of["of"].as_i64().unwrap_or_default(),
            text(&out_of["list"]),
            out_of["after"].as_i64().unwrap_or_default(),
            text(&out_of["where"])
        );
        put!(out, "<p>{}</p>\n", out.say(&words));
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
    put!(out, "{}</section>\n", Markup::raw(if folded { "</details>" } else { "" }));
}

/// What begins a link to an event.
const LINK: &str = "<a href=\"#e";

/// The page without links to events that it leaves out: of those the number stays, which the record knows.
pub(super) fn resolved(page: String, context: &Value) -> String {
    if list(&context["left_out"]).iter().all(|out| out["list"] != "timeline") {
        return page;
    }
    let shown: HashSet<i64> =
        list(&context["timeline"]).iter().filter_map(|event| event["seq"].as_i64()).collect();
    let mut parts = page.split(LINK);
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        // `7">7</a>` and what follows.
        let (link, rest) = part.split_once("</a>").unwrap_or((part, ""));
        let (seq, words) = link.split_once("\">").unwrap_or((link, link));
        if seq.parse().is_ok_and(|seq| shown.contains(&seq)) {
            out.push_str(LINK);
            out.push_str(part);
        } else {
            out.push_str(words);
            out.push_str(rest);
        }
    }
    out
}

/// How far the record can be trusted.
pub(super) fn foot(out: &mut Markup, context: &Value) {
    let record = &context["record"];
    let known = match (record["verified"].as_bool(), record["sound"].as_bool()) {
        (Some(true), Some(true)) => "It was verified: whole and unchanged.",
        (Some(true), _) => "It is NOT sound; see the top.",
        _ => "It was not verified.",
    };
    let mayday = format!("mayday {}", text(&context["run"]["mayday"]));
    let written = format!(
        "Written from {} events on {} by {}.",
        record["events"].as_i64().unwrap_or_default(),
        time(&context["generated_at"]),
        mayday.trim()
    );
    put!(out, "<footer><p>{} {}</p>\n", out.say(&written), out.say(known));
    if !text(&record["head"]).is_empty() {
        let head = out.say("Head of the record (SHA-256):");
        put!(out, "<p>{} <code>{}</code></p>\n", head, text(&record["head"]));
    }
    put!(out, "<p>{}</p>\n", text(&context["names_words"]));
    put!(
        out,
        "<p>{} <code>mayday verify {}</code></p></footer>\n",
        out.say("To verify it yourself:"),
        text(&context["run"]["id"])
    );
}
