//! Small charts: an objective with what was reached, where the time went.

use serde_json::Value;

use super::letters::{fit, width};
use crate::report::markup::{Markup, put};
use crate::report::read::{length, list, text};
use crate::text::lang::Lang;

/// Width of a chart, in pixels of its own.
const WIDE: f64 = 440.0;

/// What was reached against what was promised; `None` without an objective.
#[expect(clippy::cast_precision_loss, reason = "spans shown to people")]
pub(in crate::report) fn objective(
    name: &'static str,
    objective: &Value,
    lang: Lang,
) -> Option<Markup> {
    let promised = objective["objective_ms"].as_i64()?;
    let reached = objective["achieved_ms"].as_i64();
    let most = promised.max(reached.unwrap_or(0)).max(1) as f64 * 1.12;
    let x = |ms: i64| (ms.max(0) as f64 / most * WIDE).max(2.0);
    let mut out = Markup::of(lang);
    put!(
        out,
        "<svg class=\"picture chart\" viewBox=\"0 0 {} 64\" role=\"img\" aria-label=\"{}\">",
        WIDE,
        text(&objective["words"])
    );
    put!(out, "<rect class=\"track\" x=\"0\" y=\"22\" width=\"{}\" height=\"18\" rx=\"3\"/>", WIDE);
    let line = x(promised);
    if let Some(reached) = reached {
        let class = if reached <= promised { "passed" } else { "failed" };
        put!(
            out,
            "<g class=\"bar {}\"><rect x=\"0\" y=\"22\" width=\"{}\" height=\"18\" rx=\"3\"/>",
            class,
            x(reached)
        );
        if reached > promised {
            put!(
                out,
                "<rect class=\"pattern\" x=\"{}\" y=\"22\" width=\"{}\" height=\"18\"/>",
                line,
                (x(reached) - line).max(0.0)
            );
        }
        put!(out, "</g>");
        let words = fit(&out.say(&format!("reached {}", length(reached))), 12.0, WIDE);
        let from = (x(reached) - width(&words, 12.0)).clamp(0.0, WIDE);
        put!(out, "<text class=\"label\" x=\"{}\" y=\"57\">{}</text>", from, words);
    }
    put!(out, "<path class=\"stem rto\" d=\"M{} 16V46\"/>", line);
    let words = format!("{name} {}", length(promised));
    let long = width(&words, 12.0);
    let end = (line + long / 2.0).clamp(long.min(WIDE), WIDE);
    put!(out, "<text class=\"end label\" x=\"{}\" y=\"12\">{}</text></svg>", end, words);
    Some(out)
}

/// Where the time went, as one bar. The table beside it has the numbers.
pub(in crate::report) fn ledger(ledger: &Value, wide: f64, lang: Lang) -> Option<Markup> {
    let whole = ledger["total_ms"].as_i64().filter(|whole| *whole > 0)?;
    let mut out = Markup::of(lang);
    put!(
        out,
        "<svg class=\"picture chart\" viewBox=\"0 0 {} 30\" role=\"img\" aria-label=\"{}\">",
        wide,
        out.say("Where the time went; the table below has the numbers")
    );
    let mut at = 0.0;
    for part in list(&ledger["parts"]) {
        #[expect(clippy::cast_precision_loss, reason = "spans shown to people")]
        let long = part["ms"].as_i64().unwrap_or_default() as f64 / whole as f64 * wide;
        if long < 0.5 {
            continue;
        }
        put!(
            out,
            "<g><title>{}: {} %</title><rect class=\"part {}\" x=\"{}\" y=\"2\" width=\"{}\" height=\"26\"/><rect class=\"over {}\" x=\"{}\" y=\"2\" width=\"{}\" height=\"26\"/>",
            text(&part["words"]),
            part["percent"].as_i64().unwrap_or_default(),
            part_class(text(&part["part"])),
            at,
            long,
            part_class(text(&part["part"])),
            at,
            long
        );
        let percent = format!("{} %", part["percent"].as_i64().unwrap_or_default());
        let room = width(&percent, 12.0) + 12.0;
        if room < long {
            put!(
                out,
                "<rect class=\"chip\" x=\"{}\" y=\"7\" width=\"{}\" height=\"16\" rx=\"3\"/><text class=\"middle chiptext\" x=\"{}\" y=\"19\">{}</text>",
                at + (long - room) / 2.0 + 2.0,
                room - 4.0,
                at + long / 2.0,
                percent
            );
        }
        put!(out, "</g>");
        at += long;
    }
    put!(out, "</svg>");
    Some(out)
}

/// The class of a part of the ledger in the style sheet.
pub(in crate::report) fn part_class(part: &str) -> &'static str {
    match part {
        "machine" => "p-machine",
        "human_decision" => "p-decision",
        "manual_work" => "p-manual",
        "waiting" => "p-waiting",
        "idle" => "p-idle",
        "engine_down" => "p-down",
        "waiting_for_person" => "p-person",
        "held" => "p-held",
        _ => "p-other",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Where a label of the objective ends, for a promise of so many milliseconds and five minutes reached.
    fn end(promised: i64) -> (f64, f64) {
        let one = json!({ "objective_ms": promised, "achieved_ms": 300_000, "words": "w" });
        let drawn = objective("RTO", &one, Lang::English).unwrap().text;
        let (_, rest) = drawn.split_once("<text class=\"end label\" x=\"").unwrap();
        let (at, rest) = rest.split_once('"').unwrap();
        let words = rest.split(['>', '<']).nth(1).unwrap();
        (at.parse().unwrap(), width(words, 12.0))
    }

    #[test]
    fn the_label_of_an_objective_stays_in_its_picture() {
        for promised in [1, 2_000, 60_000, 290_000, 300_000, 3_000_000, i64::MAX / 2] {
            let (end, long) = end(promised);
            assert!(end >= long && end <= WIDE, "{promised}: {end} for {long}");
        }
    }
}
