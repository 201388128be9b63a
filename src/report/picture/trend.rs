//! Drills of one playbook over time: the time to recover against the objective.

use serde_json::Value;

use super::letters::width;
use crate::report::markup::{Markup, put};
use crate::report::read::{length, text};
use crate::text::lang::Lang;

/// Most drills of a picture; the newest are shown.
pub(in crate::report) const MOST: usize = 24;

const HIGH: f64 = 220.0;
const TOP: f64 = 26.0;
const FOOT: f64 = 28.0;

/// One drill as a point.
pub(in crate::report) struct Point<'a> {
    pub record: &'a Value,
    pub reached: Option<i64>,
    pub promised: Option<i64>,
}

impl<'a> Point<'a> {
    /// From the record of a drill.
    pub(in crate::report) fn of(record: &'a Value) -> Self {
        let rto = &record["objectives"]["rto"];
        Self {
            record,
            reached: rto["achieved_ms"].as_i64(),
            promised: rto["objective_ms"].as_i64(),
        }
    }

    /// The objective was kept.
    pub(in crate::report) fn met(&self) -> bool {
        self.reached.zip(self.promised).is_none_or(|(reached, promised)| reached <= promised)
    }

    /// `2026-01-15`.
    pub(in crate::report) fn day(&self) -> String {
        text(&self.record["began"]).chars().take(10).collect()
    }
}

/// The picture, oldest first at the left; `None` where no drill was measured.
#[expect(clippy::cast_precision_loss, reason = "spans shown to people, a few dozen drills")]
pub(in crate::report) fn draw(points: &[Point<'_>], wide: f64, lang: Lang) -> Option<Markup> {
    let most = points.iter().flat_map(|point| [point.reached, point.promised]).flatten().max()?;
    let most = (most as f64 * 1.1).max(1.0);
    let y = |ms: i64| HIGH - FOOT - ms.max(0) as f64 / most * (HIGH - FOOT - TOP);
    let gap = (wide - 60.0) / points.len() as f64;
    let x = |at: usize| 30.0 + gap * (at as f64 + 0.5);
    let mut out = Markup::of(lang);
    put!(
        out,
        "<svg class=\"picture chart\" viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\">",
        wide,
        HIGH,
        out.say(&format!(
            "Time to recover in {} drills against the objective; the table below has the numbers",
            points.len()
        ))
    );
    put!(out, "<path class=\"grid\" d=\"M0 {}H{}\"/>", HIGH - FOOT, wide);
    let mut said = None;
    for (at, point) in points.iter().enumerate() {
        let Some(promised) = point.promised else { continue };
        put!(
            out,
            "<path class=\"stem rto\" d=\"M{} {}h{}\"/>",
            x(at) - gap / 2.0,
            y(promised),
            gap
        );
        if said != Some(promised) {
            put!(
                out,
                "<text class=\"label\" x=\"{}\" y=\"{}\">RTO {}</text>",
                x(at) - gap / 2.0,
                y(promised) - 5.0,
                length(promised)
            );
            said = Some(promised);
        }
    }
    let known = points.iter().enumerate().filter_map(|(at, point)| Some((at, point.reached?)));
    for ((a, from), (b, to)) in known.clone().zip(known.skip(1)) {
        put!(out, "<path class=\"link\" d=\"M{} {}L{} {}\"/>", x(a), y(from), x(b), y(to));
    }
    let mut dated = f64::MIN;
    for (at, point) in points.iter().enumerate() {
        let place = x(at);
        match point.reached {
            Some(reached) if point.met() => {
                put!(
                    out,
                    "<circle class=\"dot met\" cx=\"{}\" cy=\"{}\" r=\"6\"/>",
                    place,
                    y(reached)
                );
            }
            Some(reached) => {
                put!(
                    out,
                    "<path class=\"dot missed\" d=\"M{} {}m-5 -5l10 10m0 -10l-10 10\"/>",
                    place,
                    y(reached)
                );
            }
            None => {
                put!(out, "<path class=\"dot none\" d=\"M{} {}m-5 0h10\"/>", place, HIGH - FOOT);
            }
        }
        let words = point.reached.map_or_else(|| out.say("no recovery"), length);
        if width(&words, 11.0) + 6.0 < gap {
            let above = point.reached.map_or(HIGH - FOOT, y) - 10.0;
            put!(
                out,
                "<text class=\"middle label small\" x=\"{}\" y=\"{}\">{}</text>",
                place,
                above.max(12.0),
                words
            );
        }
        if place - dated >= 84.0 {
            dated = place;
            put!(
                out,
                "<text class=\"tick\" x=\"{}\" y=\"{}\">{}</text>",
                place,
                HIGH - 9.0,
                point.day()
            );
        }
    }
    put!(out, "</svg>");
    Some(out)
}
