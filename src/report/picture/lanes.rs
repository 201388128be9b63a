//! The timeline: a lane for each phase, a bar for each step, flags for moments and deadlines above them,
//! notes below.

use super::letters::{Shelf, fit, width};
use super::scene::{Bar, Flag, FlagKind, Lane, minute};
use super::{Axis, Outcome, Scene};
use crate::report::markup::{Markup, put};
use crate::report::read::length;
use crate::time::{Span, Timestamp};

/// Size of the letters, in pixels.
const SIZE: f64 = 12.0;
/// Height of a row of labels, of a bar and of a row of bars, in pixels.
const LINE: f64 = 18.0;
const BAR: f64 = 14.0;
const ROW: f64 = 22.0;
/// Room beside the picture, in pixels.
const EDGE: f64 = 6.0;
/// So many bars get a label each; of more only those that stand out.
const LABELLED: usize = 40;
/// So many of the longest stand out.
const LONGEST: usize = 8;
/// Most labels of bars that did not simply pass.
const MOST_ODD: usize = 24;

/// The picture at this width, in pixels, as one image with a name and a description. `name` makes it unique
/// in its page.
pub(in crate::report) fn draw(scene: &Scene, wide: f64, name: &'static str) -> Markup {
    let axis = Axis::new(&scene.busy(), EDGE, wide - EDGE);
    let mut out = Markup::of(scene.lang);
    let mut drawn = Markup::of(scene.lang);
    let flags = place_flags(scene, &axis, wide);
    let top = LINE * count(flags.iter().map(|flag| flag.row + 1).max().unwrap_or(0)) + 4.0;
    let ground = top + LINE + 8.0;
    let mut y = ground;
    for lane in &scene.lanes {
        y = draw_lane(&mut drawn, scene, lane, &axis, wide, y);
    }
    let bottom = draw_notes(&mut drawn, scene, &axis, y);
    put!(
        out,
        "<svg class=\"picture\" viewBox=\"0 0 {} {}\" role=\"img\" aria-labelledby=\"{}-t {}-d\"><title id=\"{}-t\">{}</title><desc id=\"{}-d\">{}</desc>",
        wide,
        bottom,
        name,
        name,
        name,
        out.say("Timeline of the run"),
        name,
        out.say(&described(scene))
    );
    draw_ground(&mut out, &axis, top, bottom, wide);
    for flag in &flags {
        draw_stem(&mut out, flag, top, bottom);
    }
    put!(out, "{}", drawn);
    for flag in &flags {
        draw_flag(&mut out, flag, top);
    }
    put!(out, "</svg>");
    out
}

#[expect(clippy::cast_precision_loss, reason = "rows of a picture")]
fn count(rows: usize) -> f64 {
    rows as f64
}

fn described(scene: &Scene) -> String {
    let from = Timestamp::from_millis(scene.from).date_clock();
    let to = Timestamp::from_millis(scene.to).date_clock();
    format!(
        "From {from} to {to}: {} steps in {} phases, {} moments and deadlines, {} notes. The tables below hold the same.",
        scene.bars(),
        scene.lanes.len(),
        scene.flags.len(),
        scene.notes.len()
    )
}

/// A flag in its place.
struct Placed<'a> {
    flag: &'a Flag,
    x: f64,
    /// From below.
    row: usize,
    label: String,
    left: bool,
}

/// The latest first and lowest, so that no stem goes through a label.
fn place_flags<'a>(scene: &'a Scene, axis: &Axis, wide: f64) -> Vec<Placed<'a>> {
    let mut shelf = Shelf::default();
    let mut place = |flag: &'a Flag| {
        let x = axis.x(flag.at);
        let label = fit(&format!("{} {}", minute(flag.at), flag.words), SIZE, wide * 0.62);
        let (before, behind) = (x - 12.0, wide - x - 12.0);
        let left = width(&label, SIZE) > behind && before > behind;
        let label = fit(&label, SIZE, if left { before } else { behind });
        let room = width(&label, SIZE) + 12.0;
        let from = if left { x - room } else { x };
        let row = shelf.put(from - 4.0, from + room, x);
        Placed { flag, x, row, label, left }
    };
    scene.flags.iter().rev().map(&mut place).collect()
}

fn kind(flag: &Flag) -> &'static str {
    match flag.kind {
        FlagKind::Milestone => "milestone",
        FlagKind::Rto => "rto",
        FlagKind::Deadline => "deadline",
    }
}

fn draw_stem(out: &mut Markup, placed: &Placed<'_>, top: f64, bottom: f64) {
    let y = top - LINE * count(placed.row) - 6.0;
    put!(out, "<path class=\"stem {}\" d=\"M{} {}V{}\"/>", kind(placed.flag), placed.x, y, bottom);
}

fn draw_flag(out: &mut Markup, placed: &Placed<'_>, top: f64) {
    let y = top - LINE * count(placed.row) - 8.0;
    let shape = match placed.flag.kind {
        // A triangle, a bar, a diamond.
        FlagKind::Milestone => "m-4 -5h8l-4 8z",
        FlagKind::Rto => "m-2 -7h4v12h-4z",
        FlagKind::Deadline => "m0 -5l4 5l-4 5l-4 -5z",
    };
    let (x, end) =
        if placed.left { (placed.x - 8.0, " class=\"end") } else { (placed.x + 8.0, " class=\"") };
    put!(out, "<g class=\"flag {}\"><path d=\"M{} {}{}\"/>", kind(placed.flag), placed.x, y, shape);
    put!(
        out,
        "<text{} label\" x=\"{}\" y=\"{}\">{}</text></g>",
        Markup::raw(end),
        x,
        y + 4.0,
        placed.label
    );
}

/// Ticks, their times, and what was cut out.
fn draw_ground(out: &mut Markup, axis: &Axis, top: f64, bottom: f64, wide: f64) {
    let mut day = String::new();
    for tick in axis.ticks() {
        let at = Timestamp::from_millis(tick.at);
        let today: String = at.date_clock().chars().take(10).collect();
        let long = at.clock();
        let time =
            if tick.seconds { long.trim_end_matches('Z').to_owned() } else { minute(tick.at) };
        put!(out, "<path class=\"grid\" d=\"M{} {}V{}\"/>", tick.x, top + LINE, bottom);
        let first = day.is_empty();
        let words = if first || today == day { time } else { format!("{} {time}", &today[5..]) };
        let half = width(&words, 11.0) / 2.0;
        let x = tick.x.clamp(half, (wide - half).max(half));
        put!(out, "<text class=\"tick\" x=\"{}\" y=\"{}\">{}</text>", x, top + 13.0, words);
        day = today;
    }
    for (from, to, ms) in axis.cuts() {
        put!(
            out,
            "<rect class=\"cut\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/>",
            from,
            top,
            to - from,
            bottom - top
        );
        let words = short(ms);
        put!(
            out,
            "<text class=\"tick\" x=\"{}\" y=\"{}\">{}<title>{}</title></text>",
            f64::midpoint(from, to),
            top + 13.0,
            words,
            out.say(&format!("{} in which nothing happened", length(ms)))
        );
    }
}

/// `11h`, `3d`, `25m`: what fits a cut.
fn short(ms: i64) -> String {
    let minutes = ms / 60_000;
    match minutes {
        0..120 => format!("⋯{minutes}m"),
        120..2_880 => format!("⋯{}h", minutes / 60),
        _ => format!("⋯{}d", minutes / 1_440),
    }
}

/// The lane from `y` on; where the next one begins.
fn draw_lane(out: &mut Markup, scene: &Scene, lane: &Lane, axis: &Axis, wide: f64, y: f64) -> f64 {
    put!(
        out,
        "<rect class=\"lane\" x=\"0\" y=\"{}\" width=\"{}\" height=\"{}\"/>",
        y,
        wide,
        LINE + 2.0
    );
    let about = about(out, lane);
    let room = wide - width(&about, 11.0) - 24.0;
    put!(
        out,
        "<text class=\"phase\" x=\"{}\" y=\"{}\">{}</text>",
        EDGE,
        y + 14.0,
        fit(&lane.title, 13.0, room)
    );
    put!(
        out,
        "<text class=\"end about\" x=\"{}\" y=\"{}\">{}</text>",
        wide - EDGE,
        y + 14.0,
        about
    );
    let first = y + LINE + 6.0;
    // The end of what each row holds: bars come by their beginning.
    let mut rows: Vec<f64> = Vec::new();
    let mut covered = f64::MIN;
    let few = scene.bars() <= LABELLED;
    let longest = if few { i64::MIN } else { longest(scene) };
    let mut odd = 0;
    for bar in &lane.bars {
        let (from, to) = (axis.x(bar.from), axis.x(bar.to));
        let plain = bar.outcome == Outcome::Passed;
        odd += usize::from(!plain);
        let stands_out = few || bar.to - bar.from >= longest || !plain && odd <= MOST_ODD;
        // What would lie within a bar that is drawn adds nothing to see.
        if !stands_out && plain && to <= covered {
            continue;
        }
        let long = (to - from).max(4.0).min(wide - EDGE - from.min(wide - EDGE - 4.0));
        let from = from.min(wide - EDGE - long);
        let label = if stands_out { label(out, bar) } else { String::new() };
        let fits = |label: &str, room: f64| width(label, SIZE) + 8.0 <= room;
        let inside = plain && !label.is_empty() && fits(&label, long - 4.0);
        let (before, behind) = (from - EDGE, wide - EDGE - from - long);
        let left = !inside && !fits(&label, behind) && before > behind;
        let label = match (inside, left) {
            (true, _) => label,
            (_, true) => fit(&label, SIZE, before.min(wide * 0.6) - 8.0),
            _ => fit(&label, SIZE, behind.min(wide * 0.6) - 8.0),
        };
        let room = if label.is_empty() { 0.0 } else { width(&label, SIZE) + 8.0 };
        let begin = if left { from - room } else { from };
        let end = if inside || left { from + long } else { from + long + room };
        let begin = begin.max(0.0);
        let row = rows.iter().position(|taken| *taken < begin).unwrap_or(rows.len());
        if row == rows.len() {
            rows.push(0.0);
        }
        rows[row] = end + 1.0;
        covered = if plain && !stands_out { from + long } else { covered };
        let top = first + ROW * count(row);
        put!(
            out,
            "<g class=\"bar {}\"><title>{}</title><rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"2\"/>",
            bar.outcome.class(),
            told(out, bar),
            from,
            top,
            long,
            BAR
        );
        if !plain {
            put!(
                out,
                "<rect class=\"pattern\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"2\"/>",
                from,
                top,
                long,
                BAR
            );
        }
        if !label.is_empty() {
            let (x, class) = match (inside, left) {
                (true, _) => (from + 5.0, "label inside"),
                (_, true) => (from - 5.0, "end label"),
                _ => (from + long + 5.0, "label"),
            };
            put!(
                out,
                "<text class=\"{}\" x=\"{}\" y=\"{}\">{}</text>",
                class,
                x,
                top + 11.0,
                label
            );
        }
        put!(out, "</g>");
    }
    first + ROW * count(rows.len()) + 6.0
}

/// How long a bar must be to be one of the longest.
fn longest(scene: &Scene) -> i64 {
    let bars = scene.lanes.iter().flat_map(|lane| &lane.bars);
    let mut lengths: Vec<i64> = bars.map(|bar| bar.to - bar.from).collect();
    lengths.sort_unstable_by(|a, b| b.cmp(a));
    lengths.get(LONGEST - 1).copied().unwrap_or_default().max(1)
}

fn about(out: &Markup, lane: &Lane) -> String {
    let first = lane.bars.iter().map(|bar| bar.from).min();
    let last = lane.bars.iter().map(|bar| bar.to).max();
    let mut parts: Vec<String> =
        first.zip(last).map(|(from, to)| length(to - from)).into_iter().collect();
    let counted = |n: usize, word: &str| (n > 0).then(|| out.say(&format!("{n} {word}")));
    parts.extend(counted(lane.skipped, "skipped"));
    parts.extend(counted(lane.waiting, "not reached"));
    parts.join(", ")
}

fn label(out: &Markup, bar: &Bar) -> String {
    let sign = match bar.outcome {
        Outcome::Passed => String::new(),
        outcome => format!("{} {}: ", outcome.sign(), out.say(outcome.words())),
    };
    let again = if bar.attempts > 1 { format!(" ×{}", bar.attempts) } else { String::new() };
    format!("{sign}{}{again}", bar.title)
}

fn told(out: &Markup, bar: &Bar) -> String {
    let took = Span::from_millis(bar.to - bar.from);
    let at = Timestamp::from_millis(bar.from).clock();
    format!(
        "{}. {}: {}, {}, {}",
        bar.number,
        bar.title,
        out.say(bar.outcome.words()),
        out.say(&format!("from {at}")),
        length(took.millis())
    )
}

/// The notes below the lanes; where the picture ends.
fn draw_notes(out: &mut Markup, scene: &Scene, axis: &Axis, y: f64) -> f64 {
    if scene.notes.is_empty() {
        return y + 2.0;
    }
    put!(
        out,
        "<text class=\"about\" x=\"{}\" y=\"{}\">{}</text>",
        EDGE,
        y + 12.0,
        out.say("Notes")
    );
    let mut shelf = Shelf::default();
    let mut reserved = false;
    let mut seen = f64::MIN;
    for note in &scene.notes {
        let x = axis.x(note.at);
        if !reserved {
            shelf.put(0.0, 46.0, 0.0);
            reserved = true;
        }
        // Of notes in one place the first one stands for all.
        if x - seen < 3.0 {
            continue;
        }
        seen = x;
        let half = 11.0;
        let row = shelf.put(x - half, x + half, x);
        let top = y + LINE * count(row);
        put!(
            out,
            "<g class=\"note\"><title>{} {}: {}</title><rect x=\"{}\" y=\"{}\" width=\"20\" height=\"15\" rx=\"3\"/><text x=\"{}\" y=\"{}\">{}</text></g>",
            out.say("Note"),
            note.number,
            note.text,
            x - 10.0,
            top,
            x,
            top + 11.5,
            note.number
        );
    }
    y + LINE * count(shelf.rows()) + 4.0
}
