//! The timeline as a Gantt chart in the language of Mermaid, for pages that show Markdown.
//!
//! Mermaid obeys signs in names (`:`, `;`, `#`, `%%`, words at the start of a line), so a name keeps only
//! letters, digits and a few signs that mean nothing there, and never stands first in its line.

use serde_json::Value;

use super::scene::{Flag, FlagKind};
use super::{Outcome, Scene};
use crate::report::markup::said;
use crate::time::Timestamp;

/// Most tasks of a chart: more than that is no picture any more.
const MOST: usize = 300;
/// Most characters of a chart: Mermaid refuses texts of more than 50,000 (its setting `maxTextSize`).
const LARGEST: usize = 48_000;
/// Longest name, in characters.
const LONG: usize = 60;

/// A chart that is being written, within its limit.
struct Chart {
    text: String,
    characters: usize,
    left: usize,
}

impl Chart {
    /// A line, where there is room for it; else it counts as left out.
    fn line(&mut self, line: &str) {
        let characters = line.chars().count() + 5;
        if self.characters + characters > LARGEST {
            self.left += 1;
            return;
        }
        self.characters += characters;
        self.text.push_str("    ");
        self.text.push_str(line);
        self.text.push('\n');
    }
}

/// The chart without its fence; empty for a run of which nothing is known.
#[must_use]
pub fn gantt(context: &Value) -> String {
    let Some(scene) = Scene::of(context) else { return String::new() };
    let say = |text: &str| said(scene.lang, text);
    let mut chart = Chart { text: "gantt\n".to_owned(), characters: 0, left: 0 };
    for line in ["dateFormat x", "axisFormat %H:%M", "todayMarker off"] {
        chart.line(line);
    }
    // First the moments: a chart that is cut off ends in steps.
    if !scene.flags.is_empty() {
        chart.line(&format!("section {}", say("Moments and deadlines")));
    }
    chart.left += scene.flags.len().saturating_sub(MOST);
    for flag in scene.flags.iter().take(MOST) {
        let look = if flag.kind == FlagKind::Milestone { "" } else { "crit, " };
        chart.line(&format!(
            "{} {} :{look}milestone, {}, 1ms",
            clock(flag),
            name(&flag.words),
            flag.at
        ));
    }
    let least = shortest(&scene);
    for (at, lane) in scene.lanes.iter().enumerate() {
        let bars: Vec<_> = lane.bars.iter().filter(|bar| bar.to - bar.from >= least).collect();
        chart.left += lane.bars.len() - bars.len();
        if bars.is_empty() {
            continue;
        }
        chart.line(&format!("section {} {}", at + 1, name(&lane.title)));
        for bar in bars {
            // Mermaid has three looks; the words tell the rest.
            let look = match bar.outcome {
                Outcome::Passed | Outcome::Skipped | Outcome::Waiting => "done, ",
                Outcome::ByHand => "active, ",
                Outcome::Failed | Outcome::Open => "crit, ",
            };
            let words = match bar.outcome {
                Outcome::Passed => String::new(),
                outcome => format!(", {}", say(outcome.words())),
            };
            let to = bar.to.max(bar.from + 1);
            chart.line(&format!(
                "{} {}{words} :{look}{}, {to}",
                bar.number,
                name(&bar.title),
                bar.from
            ));
        }
    }
    if chart.left > 0 {
        let words = say("shorter or later ones are left out");
        chart.text.push_str(&format!("    %% {} {words}\n", chart.left));
    }
    chart.text
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
