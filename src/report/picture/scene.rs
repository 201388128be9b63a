//! What a picture of a run shows: bars in lanes, moments, deadlines and notes, taken from the context.

use serde_json::Value;

use crate::report::markup::said;
use crate::report::read::{lang, list, millis, text};
use crate::text::lang::Lang;
use crate::time::Timestamp;

/// What became of a step, as a picture tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::report) enum Outcome {
    /// It passed.
    Passed,
    /// A person did it.
    ByHand,
    /// It did not pass.
    Failed,
    /// It was passed over.
    Skipped,
    /// It has no end in the record.
    Open,
    /// It was not begun.
    Waiting,
}

impl Outcome {
    /// In the order of a legend.
    pub(in crate::report) const ALL: [Self; 6] =
        [Self::Passed, Self::ByHand, Self::Failed, Self::Skipped, Self::Open, Self::Waiting];

    /// From the context's word for a step's status.
    pub(in crate::report) fn of(status: &str) -> Self {
        match status {
            "ok" => Self::Passed,
            "done by hand" => Self::ByHand,
            "did not pass" => Self::Failed,
            "skipped" => Self::Skipped,
            "not reached" => Self::Waiting,
            _ => Self::Open,
        }
    }

    /// The class in the style sheet.
    pub(in crate::report) const fn class(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::ByHand => "hand",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
            Self::Open => "open",
            Self::Waiting => "waiting",
        }
    }

    /// For a legend and beside a bar.
    pub(in crate::report) const fn words(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::ByHand => "done by hand",
            Self::Failed => "did not pass",
            Self::Skipped => "skipped",
            Self::Open => "not settled",
            Self::Waiting => "not reached",
        }
    }

    /// One sign that a person who sees no colour tells it by.
    pub(in crate::report) const fn sign(self) -> &'static str {
        match self {
            Self::Passed => "✓",
            Self::ByHand => "✎",
            Self::Failed => "✗",
            Self::Skipped => "↷",
            Self::Open => "?",
            Self::Waiting => "–",
        }
    }
}

/// A step as a bar.
#[derive(Debug)]
pub(in crate::report) struct Bar {
    /// The number of its row in the table of steps, from 1.
    pub number: usize,
    pub title: String,
    pub outcome: Outcome,
    pub from: i64,
    pub to: i64,
    pub attempts: i64,
}

/// The steps of a phase.
#[derive(Debug)]
pub(in crate::report) struct Lane {
    pub title: String,
    /// By their beginning.
    pub bars: Vec<Bar>,
    /// Steps of the phase that have no bar: skipped, not reached.
    pub skipped: usize,
    pub waiting: usize,
}

/// What a flag above the lanes stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::report) enum FlagKind {
    Milestone,
    Rto,
    Deadline,
}

/// An instant with a name.
#[derive(Debug)]
pub(in crate::report) struct Flag {
    pub kind: FlagKind,
    pub at: i64,
    pub words: String,
}

/// A note: when, and its number among the notes, from 1.
#[derive(Debug)]
pub(in crate::report) struct Note {
    pub at: i64,
    pub number: usize,
    pub text: String,
}

/// All that a picture shows. Instants in milliseconds.
#[derive(Debug)]
pub(in crate::report) struct Scene {
    pub from: i64,
    pub to: i64,
    pub lanes: Vec<Lane>,
    pub flags: Vec<Flag>,
    pub notes: Vec<Note>,
    /// The end of the objective lies beyond the picture.
    pub rto_beyond: Option<i64>,
    /// In which language its words are.
    pub lang: Lang,
}

impl Scene {
    /// `None` for a run of which nothing is known.
    pub(in crate::report) fn of(context: &Value) -> Option<Self> {
        let opened = millis(&context["run"]["opened_at"])?;
        let last = millis(&context["run"]["last_at"]).unwrap_or(opened);
        let lanes = lanes(context, last);
        let mut flags: Vec<Flag> = milestones(context).collect();
        let bars = lanes.iter().flat_map(|lane| &lane.bars);
        let ends = bars.flat_map(|bar| [bar.from, bar.to]);
        let moments = flags.iter().map(|flag| flag.at).chain(ends).chain([opened, last]);
        let moments: Vec<i64> = moments.collect();
        let from = moments.iter().copied().min().unwrap_or(opened);
        let mut to = moments.iter().copied().max().unwrap_or(last).max(from + 1_000);
        let rto = &context["objectives"]["rto"];
        // An objective that ends soon behind the run belongs in the picture, with what was to spare.
        let near = to + (to - from) / 2;
        let due = millis(&rto["due"]);
        if let Some(due) = due.filter(|due| (from..=near).contains(due)) {
            to = to.max(due);
            let words = said(lang(context), &format!("RTO, {}", text(&rto["verdict"])));
            flags.push(Flag { kind: FlagKind::Rto, at: due, words });
        }
        flags.extend(deadlines(context, from, to));
        flags.sort_by_key(|flag| flag.at);
        let notes = list(&context["notes"]).iter().enumerate().filter_map(|(at, note)| {
            let text = text(&note["text"]).to_owned();
            Some(Note { at: millis(&note["at"])?, number: at + 1, text })
        });
        Some(Self {
            rto_beyond: due.filter(|due| *due > near),
            notes: notes.filter(|note| (from..=to).contains(&note.at)).collect(),
            from,
            to,
            lanes,
            flags,
            lang: lang(context),
        })
    }

    /// How many bars there are.
    pub(in crate::report) fn bars(&self) -> usize {
        self.lanes.iter().map(|lane| lane.bars.len()).sum()
    }

    /// Stretches in which something happens, by their beginning.
    pub(in crate::report) fn busy(&self) -> Vec<(i64, i64)> {
        let bars = self.lanes.iter().flat_map(|lane| &lane.bars).map(|bar| (bar.from, bar.to));
        let flags = self.flags.iter().map(|flag| (flag.at, flag.at));
        let notes = self.notes.iter().map(|note| (note.at, note.at));
        let mut busy: Vec<_> = bars
            .chain(flags)
            .chain(notes)
            .chain([(self.from, self.from), (self.to, self.to)])
            .collect();
        busy.sort_unstable();
        busy
    }
}

fn lanes(context: &Value, last: i64) -> Vec<Lane> {
    let mut lanes: Vec<Lane> = Vec::new();
    let steps = said(lang(context), "Steps");
    for (at, step) in list(&context["steps"]).iter().enumerate() {
        let title = step["phase"].as_str().filter(|title| !title.is_empty());
        let title = title.unwrap_or(&steps);
        // The newest first: steps of a phase stand together, but for undos at the end.
        let lane = match lanes.iter().rposition(|lane| lane.title == title) {
            Some(lane) => lane,
            None => {
                lanes.push(Lane {
                    title: title.to_owned(),
                    bars: Vec::new(),
                    skipped: 0,
                    waiting: 0,
                });
                lanes.len() - 1
            }
        };
        let lane = &mut lanes[lane];
        let outcome = Outcome::of(text(&step["status"]));
        match millis(&step["started_at"]) {
            Some(from) => lane.bars.push(Bar {
                number: at + 1,
                title: text(&step["title"]).to_owned(),
                outcome,
                from,
                to: millis(&step["ended_at"]).unwrap_or(last).max(from),
                attempts: step["attempts"].as_i64().unwrap_or_default(),
            }),
            None if outcome == Outcome::Skipped => lane.skipped += 1,
            None => lane.waiting += 1,
        }
    }
    for lane in &mut lanes {
        lane.bars.sort_by_key(|bar| (bar.from, bar.number));
    }
    lanes
}

fn milestones(context: &Value) -> impl Iterator<Item = Flag> {
    list(&context["milestones"]).iter().filter_map(|milestone| {
        let words = text(&milestone["words"]).to_owned();
        Some(Flag { kind: FlagKind::Milestone, at: millis(&milestone["at"])?, words })
    })
}

/// Escalations and the response, where they were due within the picture.
fn deadlines(context: &Value, from: i64, to: i64) -> impl Iterator<Item = Flag> {
    list(&context["deadlines"]).iter().filter_map(move |deadline| {
        let clock = text(&deadline["clock"]);
        let shown = clock == "response" || clock.starts_with("escalation:");
        let at = millis(&deadline["due"]).filter(|at| shown && (from..=to).contains(at))?;
        let words = format!("{}: {}", text(&deadline["words"]), text(&deadline["state_words"]));
        Some(Flag { kind: FlagKind::Deadline, at, words })
    })
}

/// `18:20`, UTC.
pub(super) fn minute(at: i64) -> String {
    Timestamp::from_millis(at).clock().chars().take(5).collect()
}
