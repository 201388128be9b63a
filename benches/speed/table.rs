//! A line of the table.

use crate::measure::Times;

/// The head of the table.
pub const HEAD: &str = "| goal | what | must | measured | against | ratio | noise | |\n|---|---|---|---|---|---|---|---|";

/// One thing that was measured.
#[derive(Debug, Default)]
pub struct Row {
    what: String,
    must: String,
    measured: String,
    against: String,
    ratio: Option<f64>,
    noise: String,
    met: Option<bool>,
}

impl Row {
    /// A time against another one, which it may exceed by a factor of `most`.
    pub fn ratio(what: &str, ours: Times, name: &str, theirs: Times, most: f64) -> Self {
        let ratio = ours.median / theirs.median;
        Self {
            what: what.to_owned(),
            must: format!("<= {most} x {name}"),
            measured: time(ours.median),
            against: format!("{name} {}", time(theirs.median)),
            ratio: Some(ratio),
            noise: format!("{} to {}", time(ours.least), time(ours.most)),
            met: Some(ratio <= most),
        }
    }

    /// A ratio that is only told: no goal stands on it.
    pub fn told(what: &str, ours: Times, name: &str, theirs: Times) -> Self {
        Self { must: String::new(), met: None, ..Self::ratio(what, ours, name, theirs, 0.0) }
    }

    /// A count or an amount, which may be `most` at most.
    pub fn amount(what: &str, unit: &str, ours: f64, most: f64) -> Self {
        Self {
            what: what.to_owned(),
            must: format!("<= {}{unit}", number(most)),
            measured: format!("{}{unit}", number(ours)),
            ratio: (most > 0.0).then_some(ours / most),
            met: Some(ours <= most),
            ..Self::default()
        }
    }

    /// An amount that is only told.
    pub fn told_alone(what: &str, unit: &str, ours: f64) -> Self {
        Self { must: String::new(), met: None, ..Self::amount(what, unit, ours, 0.0) }
    }

    /// Something that could not be measured here.
    pub fn without(what: &str, tool: &str) -> Self {
        let measured = format!("not measured: {tool} is not here, or cannot");
        Self { what: what.to_owned(), measured, ..Self::default() }
    }

    /// Names what an amount stands beside.
    pub fn against(mut self, words: String) -> Self {
        self.against = words;
        self
    }

    /// The row as Markdown.
    pub fn line(&self, goal: &str) -> String {
        let met = match self.met {
            Some(true) => "met",
            Some(false) => "MISSED",
            None => "",
        };
        let ratio = self.ratio.map(|ratio| format!("{ratio:.2}")).unwrap_or_default();
        let Self { what, must, measured, against, noise, .. } = self;
        format!("| {goal} | {what} | {must} | {measured} | {against} | {ratio} | {noise} | {met} |")
    }
}

fn time(seconds: f64) -> String {
    if seconds < 0.1 { format!("{:.2} ms", seconds * 1e3) } else { format!("{seconds:.2} s") }
}

fn number(number: f64) -> String {
    match number {
        n if n >= 1e6 => format!("{:.2} M", n / 1e6),
        n if n >= 1e4 => format!("{:.1} k", n / 1e3),
        n if n.fract() == 0.0 => format!("{n}"),
        n => format!("{n:.2}"),
    }
}
