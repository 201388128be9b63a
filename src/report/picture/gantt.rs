//! The timeline as a Gantt chart in the language of Mermaid, for pages that show Markdown.
//!
//! Mermaid obeys signs in names (`:`, `;`, `#`, `%%`, words at the start of a line), so a name keeps only
//! letters, digits and a few signs that mean nothing there, and never stands first in its line.

use serde_json::Value;

use super::scene::{Flag, FlagKind};
use super::{Outcome, Scene};
use crate::time::Timestamp;

/// Most tasks of a chart: Mermaid refuses texts of more than 50,000 characters.
const MOST: usize = 300;
/// Longest name, in characters.
const LONG: usize = 60;

/// The chart without its fence; empty for a run of which nothing is known.
#[must_use]
pub fn gantt(context: &Value) -> String {
    let Some(scene) = Scene::of(context) else { return String::new() };
    let mut out =
        String::from("gantt\n    dateFormat x\n    axisFormat %H:%M\n    todayMarker off\n");
    let least = shortest(&scene);
    let mut left = 0;
    for (at, lane) in scene.lanes.iter().enumerate().filter(|(_, lane)| !lane.bars.is_empty()) {
        out.push_str(&format!("    section {} {}\n", at + 1, name(&lane.title)));
        for bar in &lane.bars {
            if bar.to - bar.from < least {
                left += 1;
                continue;
            }
            // Mermaid has three looks; the words tell the rest.
            let look = match bar.outcome {
                Outcome::Passed | Outcome::Skipped | Outcome::Waiting => "done, ",
                Outcome::ByHand => "active, ",
                Outcome::Failed | Outcome::Open => "crit, ",
            };
            let words = match bar.outcome {
                Outcome::Passed => String::new(),
                outcome => format!(", {}", outcome.words()),
            };
            let to = bar.to.max(bar.from + 1);
            out.push_str(&format!(
                "    {} {}{words} :{look}{}, {to}\n",
                bar.number,
                name(&bar.title),
                bar.from
            ));
        }
    }
    if !scene.flags.is_empty() {
        out.push_str("    section Moments and deadlines\n");
    }
    for flag in scene.flags.iter().take(MOST) {
        let look = if flag.kind == FlagKind::Milestone { "" } else { "crit, " };
        out.push_str(&format!(
            "    {} {} :{look}milestone, {}, 1ms\n",
            clock(flag),
            name(&flag.words),
            flag.at
        ));
    }
    if left > 0 {
        out.push_str(&format!("    %% {left} shorter steps are left out\n"));
    }
    out
}

/// The chart in its fence, or nothing.
#[must_use]
pub fn fenced(context: &Value) -> String {
    let chart = gantt(context);
    if chart.is_empty() { chart } else { format!("```mermaid\n{chart}```\n") }
}

/// `18h20`: a colon would end the name.
fn clock(flag: &Flag) -> String {
    let clock = Timestamp::from_millis(flag.at).clock();
    format!("{}h{}", &clock[..2], &clock[3..5])
}

/// How long a bar must be to be shown.
fn shortest(scene: &Scene) -> i64 {
    let bars = scene.lanes.iter().flat_map(|lane| &lane.bars);
    let mut lengths: Vec<i64> = bars.map(|bar| bar.to - bar.from).collect();
    lengths.sort_unstable_by(|a, b| b.cmp(a));
    if lengths.len() <= MOST { 0 } else { lengths[MOST - 1] + 1 }
}

/// Letters, digits and signs that Mermaid does not obey; anything else is a space.
fn name(text: &str) -> String {
    let safe = |c: char| if c.is_alphanumeric() || "-_./()+'".contains(c) { c } else { ' ' };
    let words: String = text.chars().map(safe).collect();
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    let words = crate::text::cut(&words, LONG).into_owned();
    if words.is_empty() { "-".to_owned() } else { words }
}
