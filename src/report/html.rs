//! The report as one HTML file: read without a network, without scripts, on paper, on a telephone.
//!
//! Owns the page: its order, its head, its style. All it says comes from the context of a report; all text
//! goes through [`put!`](super::markup). What a browser may load stands in the page's own policy: nothing.

use serde_json::Value;

use super::markup::{Markup, put};
use super::picture::trend::{self, Point};
use super::picture::{Outcome, Scene, charts, lanes};
use super::prose::Said;
use super::read::{lang, list, span, text, time};

mod incident;
mod learned;
mod record;
mod story;
mod table;
mod tiles;
mod words;

const STYLE: &str = include_str!("html/page.css");

/// Width of a picture for a desk and for a telephone, in pixels.
const WIDE: f64 = 980.0;
const NARROW: f64 = 372.0;

/// What a page shows beside the context.
#[derive(Clone, Copy, Debug, Default)]
pub struct Around<'a> {
    /// The records of drills of the same playbook, oldest first.
    pub drills: &'a [Value],
    /// What people wrote in the post-mortem.
    pub written: &'a [Said],
    /// Roles that sign the drill off, and whether they have, in words.
    pub signed: &'a [(String, String)],
}

/// The page. `drills` are the records of earlier drills of the same playbook, oldest first.
#[must_use]
pub fn page(context: &Value, drills: &[Value]) -> String {
    page_with(context, &Around { drills, ..Around::default() })
}

/// The page with all that stands beside the context.
#[must_use]
pub fn page_with(context: &Value, around: &Around<'_>) -> String {
    let mut out = Markup::of(lang(context));
    out.text.reserve(64 * 1024);
    let run = &context["run"];
    let is_drill = text(&run["mode"]) == "drill";
    let what = out.say(if is_drill { "Drill report" } else { "Post-mortem" });
    let title = title(&out, context);
    put!(
        out,
        "<!DOCTYPE html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"robots\" content=\"noindex\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n<title>{}: {}</title>\n<style>{}</style>\n</head>\n<body>\n{}",
        out.lang.code(),
        what,
        title,
        Markup::raw(STYLE),
        patterns()
    );
    put!(out, "<a class=\"skip\" href=\"#main\">{}</a>\n", out.say("To the report"));
    head(&mut out, context, &what, &title);
    put!(out, "<main id=\"main\">\n");
    warnings(&mut out, context);
    tiles::tiles(&mut out, context);
    let sentences = list(&context["summary"]).iter().map(text).collect::<Vec<_>>().join(" ");
    if !sentences.is_empty() {
        put!(out, "<p class=\"lead\">{}</p>\n", sentences);
    }
    words::written(&mut out, around.written);
    timeline(&mut out, context);
    objectives(&mut out, context);
    ledger(&mut out, context);
    story::drill(&mut out, context);
    drills_of(&mut out, context, around.drills);
    incident::signed(&mut out, around.signed);
    incident::impact(&mut out, context);
    incident::responders(&mut out, context);
    learned::factors(&mut out, context);
    story::steps(&mut out, context);
    learned::attempts(&mut out, context);
    learned::leftovers(&mut out, context);
    story::milestones(&mut out, context);
    story::deadlines(&mut out, context);
    incident::escalations(&mut out, context);
    incident::forecasts(&mut out, context);
    story::deviations(&mut out, context);
    story::decisions(&mut out, context);
    story::notes(&mut out, context);
    incident::earlier(&mut out, context);
    learned::went(&mut out, context);
    story::actions(&mut out, context);
    learned::suggestions(&mut out, context);
    record::events(&mut out, context);
    put!(out, "</main>\n");
    record::foot(&mut out, context);
    put!(out, "</body>\n</html>\n");
    record::resolved(out.text, context)
}

/// What the run is called; of one that never began there is nothing to call it by.
fn title(out: &Markup, context: &Value) -> String {
    let known = context["run"]["title"].as_str().filter(|title| !title.trim().is_empty());
    known.map_or_else(|| out.say("a run without a beginning"), str::to_owned)
}

fn head(out: &mut Markup, context: &Value, what: &str, title: &str) {
    let run = &context["run"];
    put!(out, "<header>\n<p class=\"kind\">{}</p>\n<h1>{}</h1>\n<p class=\"tags\">", what, title);
    if let Some(severity) = run["severity_words"].as_str() {
        put!(out, "<span class=\"severity\">{}</span> ", severity);
    }
    put!(
        out,
        "<span>{}</span> <span>{}</span>",
        text(&run["environment"]),
        text(&run["status_words"])
    );
    put!(out, "</p>\n<dl class=\"facts\">");
    let people = list(&run["people"]).iter().map(text).collect::<Vec<_>>().join(", ");
    let closed = time(&run["closed_at"]);
    for (name, value) in [
        ("Run", text(&run["id"]).to_owned()),
        ("Playbook", text(&run["playbook"]).to_owned()),
        ("Opened", time(&run["opened_at"])),
        ("Closed", if closed.is_empty() { out.say("not closed") } else { closed }),
        ("Took", span(&run["took_ms"])),
        ("People", people),
        ("Owner of this document", text(&context["document"]["owner"]).to_owned()),
        ("Due", time(&context["document"]["due"])),
    ] {
        if !value.is_empty() {
            put!(out, "<div><dt>{}</dt><dd>{}</dd></div>", out.say(name), value);
        }
    }
    put!(out, "</dl>\n</header>\n");
}

fn warnings(out: &mut Markup, context: &Value) {
    let warnings = list(&context["warnings"]);
    if warnings.is_empty() {
        return;
    }
    put!(
        out,
        "<section class=\"warnings\" aria-label=\"{}\"><h2>{}</h2><ul>",
        out.say("Read this first"),
        out.say("Read this first")
    );
    for warning in warnings {
        put!(out, "<li>{}</li>", text(warning));
    }
    put!(out, "</ul></section>\n");
}

fn timeline(out: &mut Markup, context: &Value) {
    let Some(scene) = Scene::of(context) else { return };
    put!(
        out,
        "<section aria-labelledby=\"timeline\"><h2 id=\"timeline\">{}</h2>\n<figure>\n",
        out.say("Timeline")
    );
    put!(
        out,
        "<div class=\"wide\">{}</div>\n<div class=\"narrow\">{}</div>\n",
        lanes::draw(&scene, WIDE, "w"),
        lanes::draw(&scene, NARROW, "n")
    );
    put!(out, "<figcaption><ul class=\"legend\">");
    let bars = || scene.lanes.iter().flat_map(|lane| &lane.bars);
    for outcome in Outcome::ALL.into_iter().filter(|one| bars().any(|bar| bar.outcome == *one)) {
        put!(out, "<li>{} {}</li>", swatch(outcome), out.say(outcome.words()));
    }
    put!(out, "</ul><p>{}", out.say("Times are UTC."));
    if scene.bars() > 40 {
        let few = "Only the longest steps and those that did not simply pass have a label.";
        put!(out, " {}", out.say(few));
    }
    if let Some(due) = scene.rto_beyond {
        let due = crate::time::Timestamp::from_millis(due).date_clock();
        put!(out, " {}", out.say(&format!("The objective ends at {due}, beyond the picture.")));
    }
    if !list(&context["steps"]).is_empty() {
        put!(out, " <a href=\"#steps\">{}</a>", out.say("The same as a table"));
    }
    put!(out, "</p></figcaption>\n</figure></section>\n");
}

/// A bar for a legend.
fn swatch(outcome: Outcome) -> Markup {
    let mut out = Markup::default();
    put!(
        out,
        "<svg class=\"swatch\" viewBox=\"0 0 26 14\" aria-hidden=\"true\"><g class=\"bar {}\"><rect width=\"26\" height=\"14\" rx=\"2\"/><rect class=\"pattern\" width=\"26\" height=\"14\" rx=\"2\"/></g></svg>",
        outcome.class()
    );
    out
}

fn objectives(out: &mut Markup, context: &Value) {
    let objectives = &context["objectives"];
    let charts = [("RTO", &objectives["rto"]), ("RPO", &objectives["rpo"])]
        .map(|(name, one)| (charts::objective(name, one, out.lang), text(&one["words"])));
    put!(
        out,
        "<section aria-labelledby=\"objectives\"><h2 id=\"objectives\">{}</h2>\n<div class=\"pair\">",
        out.say("Objectives")
    );
    for (chart, words) in charts {
        put!(out, "<div>{}<p>{}</p></div>", chart.unwrap_or_default(), words);
    }
    put!(out, "</div>\n");
    let response = text(&objectives["response"]["words"]);
    if !response.is_empty() {
        put!(out, "<p>{}</p>\n", response);
    }
    if let Some(held) = objectives["rto"]["held_ms"].as_i64().filter(|held| *held > 0) {
        put!(
            out,
            "<p>{}</p>",
            out.say(&format!(
                "The steps were held for {}; the verdict counts that time too.",
                super::read::length(held)
            ))
        );
    }
    put!(out, "</section>\n");
}

fn ledger(out: &mut Markup, context: &Value) {
    let ledger = &context["ledger"];
    let charts =
        charts::ledger(ledger, WIDE, out.lang).zip(charts::ledger(ledger, NARROW, out.lang));
    let Some((wide, narrow)) = charts else { return };
    let whole = format!(
        "From {} to {} ({}): {}.",
        time(&ledger["from"]),
        time(&ledger["to"]),
        text(&ledger["ends_with"]),
        span(&ledger["total_ms"])
    );
    put!(
        out,
        "<section aria-labelledby=\"ledger\"><h2 id=\"ledger\">{}</h2>\n<p>{}</p>\n<figure><div class=\"wide\">{}</div><div class=\"narrow\">{}</div></figure>\n",
        out.say("Where the time went"),
        out.say(&whole),
        wide,
        narrow
    );
    let mut rows = table::Table::new("Parts of the time", &["part", "time", "share"]);
    for part in list(&ledger["parts"]).iter().filter(|part| part["ms"] != 0) {
        let mut name = Markup::default();
        let class = charts::part_class(text(&part["part"]));
        put!(
            name,
            "<svg class=\"swatch\" viewBox=\"0 0 26 14\" aria-hidden=\"true\"><rect class=\"part {}\" width=\"26\" height=\"14\"/><rect class=\"over {}\" width=\"26\" height=\"14\"/></svg> {}",
            class,
            class,
            text(&part["words"])
        );
        rows.row("")
            .head(&name)
            .number(span(&part["ms"]))
            .number(format!("{} %", part["percent"].as_i64().unwrap_or_default()));
    }
    rows.write(out);
    put!(out, "</section>\n");
}

fn drills_of(out: &mut Markup, context: &Value, drills: &[Value]) {
    let newest = drills.len().saturating_sub(trend::MOST);
    let points: Vec<Point<'_>> = drills[newest..].iter().map(Point::of).collect();
    if points.is_empty() {
        return;
    }
    put!(
        out,
        "<section aria-labelledby=\"drills\"><h2 id=\"drills\">{}</h2>\n",
        out.say(&format!("Drills of {}: time to recover", text(&context["run"]["playbook"])))
    );
    if let (Some(wide), Some(narrow)) =
        (trend::draw(&points, WIDE, out.lang), trend::draw(&points, NARROW, out.lang))
    {
        put!(
            out,
            "<figure><div class=\"wide\">{}</div><div class=\"narrow\">{}</div>\
            <figcaption><p>{}</p></figcaption></figure>\n",
            wide,
            narrow,
            out.say("A disc: within the objective. A cross: later. A dash: no recovery.")
        );
    }
    let mut rows = table::Table::new(
        "Drills",
        &["began (UTC)", "verdict", "points", "time to recover", "RTO", "run"],
    );
    for point in points.iter().rev() {
        let record = point.record;
        let points = out.say(&format!("{} of {}", record["score"], record["of"]));
        let reached = point.reached.map_or_else(|| out.say("none"), super::read::length);
        let promised = point.promised.map_or_else(|| out.say("none"), super::read::length);
        rows.row("")
            .text(&time(&record["began"]))
            .text(&out.say(text(&record["verdict"])))
            .number(points)
            .number(reached)
            .number(promised)
            .text(text(&record["run"]));
    }
    rows.write(out);
    put!(out, "</section>\n");
}

/// What bars are filled with, once for all pictures.
fn patterns() -> Markup {
    Markup::raw(
        "<svg class=\"patterns\" width=\"0\" height=\"0\" aria-hidden=\"true\"><defs>\
         <pattern id=\"p-stripes\" width=\"7\" height=\"7\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\"><rect class=\"ink\" width=\"3\" height=\"7\"/></pattern>\
         <pattern id=\"p-dots\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\"><circle class=\"ink\" cx=\"3\" cy=\"3\" r=\"1.5\"/></pattern>\
         <pattern id=\"p-grid\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\"><path class=\"line\" d=\"M0 0H6M0 0V6\"/></pattern>\
         <pattern id=\"p-bars\" width=\"5\" height=\"5\" patternUnits=\"userSpaceOnUse\"><rect class=\"ink\" width=\"2\" height=\"5\"/></pattern>\
         <pattern id=\"p-lines\" width=\"5\" height=\"5\" patternUnits=\"userSpaceOnUse\"><rect class=\"ink\" width=\"5\" height=\"1.6\"/></pattern>\
         <pattern id=\"p-back\" width=\"8\" height=\"8\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(-45)\"><rect class=\"ink\" width=\"2\" height=\"8\"/></pattern>\
         </defs></svg>\n",
    )
}
