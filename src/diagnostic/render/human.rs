//! The excerpt with carets, as rustc draws it.

use std::ops::Range;
use std::sync::Arc;

use annotate_snippets::{
    Annotation, AnnotationKind, Group, Level as Drawn, Origin, Renderer, Snippet,
};

use super::{Lines, Place, floor, sorted};
use crate::diagnostic::{Diagnostic, Label, Level, SourceFile};
use crate::text::{is_plain, one_line};

/// Lines between two labels that are drawn in one excerpt; farther ones get an excerpt each.
const NEAR: usize = 200;
/// Bytes of one line that are looked at on each side of a label; the rest of a longer line is left out.
const LONG_LINE: usize = 4096;

/// All faults, each with its code, place, excerpt and help; a blank line between them.
#[must_use]
pub fn human(faults: &[Diagnostic], colour: bool, width: usize) -> String {
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    let renderer = renderer.term_width(width.max(20));
    let mut lines = Lines::default();
    let mut page = String::new();
    for fault in sorted(faults) {
        if !page.is_empty() {
            page.push('\n');
        }
        page.push_str(&one(fault, &renderer, &mut lines));
        page.push('\n');
    }
    page
}

fn one(fault: &Diagnostic, renderer: &Renderer, lines: &mut Lines) -> String {
    let level = match fault.level {
        Level::Error => Drawn::ERROR,
        Level::Warning => Drawn::WARNING,
        Level::Note => Drawn::NOTE,
    };
    let title = level.primary_title(one_line(&fault.message)).id(fault.code.0);
    let mut group = Group::with_title(title);
    for excerpt in excerpts(&fault.labels, lines) {
        let name = one_line(&excerpt.file.name).into_owned();
        let empty = excerpt.text.trim().is_empty();
        let mut snippet = Snippet::source(excerpt.text).line_start(excerpt.first_line + 1);
        if excerpt.cut || empty {
            let Place { line, column } = excerpt.place;
            group = group.element(Origin::path(name).line(line).char_column(column));
        } else {
            snippet = snippet.path(name);
        }
        if !empty {
            group = group.element(snippet.annotations(excerpt.annotations));
        }
    }
    for help in &fault.help {
        group = group.element(Drawn::HELP.message(one_line(help)));
    }
    renderer.render(&[group])
}

/// Some lines of a file with labels in them.
struct Excerpt<'a> {
    file: &'a Arc<SourceFile>,
    first_line: usize,
    text: String,
    /// Line starts are left out, so that columns in the text are not those of the file.
    cut: bool,
    /// Of the first label.
    place: Place,
    annotations: Vec<Annotation<'a>>,
}

/// Labels shown together; true for the primary one.
type Near<'a> = Vec<(bool, &'a Label)>;

/// One excerpt for the primary label and those near it, then one for each other group.
fn excerpts<'a>(labels: &'a [Label], lines: &mut Lines) -> Vec<Excerpt<'a>> {
    let mut groups: Vec<(Range<usize>, Near<'a>)> = Vec::new();
    for (at, label) in labels.iter().enumerate() {
        let end = label.range.end.saturating_sub(1).max(label.range.start);
        let (first, last) =
            (lines.line(&label.file, label.range.start), lines.line(&label.file, end));
        let near = groups.iter_mut().find(|(span, members)| {
            Arc::ptr_eq(&members[0].1.file, &label.file)
                && first + NEAR >= span.start
                && last <= span.end + NEAR
        });
        match near {
            Some((span, members)) => {
                *span = span.start.min(first)..span.end.max(last);
                members.push((at == 0, label));
            }
            None => groups.push((first..last, vec![(at == 0, label)])),
        }
    }
    groups.into_iter().map(|(span, members)| draw(span, &members, lines)).collect()
}

fn draw<'a>(span: Range<usize>, labels: &[(bool, &'a Label)], lines: &mut Lines) -> Excerpt<'a> {
    let file = &labels[0].1.file;
    let starts = lines.starts(file);
    let begin = starts[span.start];
    let end = starts.get(span.end + 1).map_or(file.text.len(), |next| next - 1);
    let spots: Vec<Range<usize>> = labels
        .iter()
        .map(|(_, label)| {
            let start = floor(&file.text, label.range.start).clamp(begin, end);
            start..floor(&file.text, label.range.end).clamp(start, end)
        })
        .collect();
    let place = lines.place(file, spots[0].start);
    let Shown { text, spots, cut } = shown(&file.text, begin..end, &spots);
    let annotations = labels.iter().zip(spots).map(|((primary, label), spot)| {
        let kind = if *primary { AnnotationKind::Primary } else { AnnotationKind::Context };
        let annotation = kind.span(spot);
        if label.text.is_empty() { annotation } else { annotation.label(one_line(&label.text)) }
    });
    let annotations = annotations.collect();
    Excerpt { file, first_line: span.start, text, cut, place, annotations }
}

/// A part of a text as it may be drawn.
struct Shown {
    text: String,
    /// Where the labels are in it.
    spots: Vec<Range<usize>>,
    /// Whether the start of a line is left out.
    cut: bool,
}

/// What a terminal would obey or not show becomes U+FFFD, and of very long lines only the part around
/// the first label is taken.
fn shown(text: &str, part: Range<usize>, spots: &[Range<usize>]) -> Shown {
    let mut shown = Shown { text: String::new(), spots: spots.to_vec(), cut: false };
    let mut at = part.start;
    for line in text[part].split_inclusive('\n') {
        let whole = at..at + line.trim_end_matches(['\r', '\n']).len();
        at += line.len();
        let kept = kept(text, whole.clone(), spots);
        shown.cut |= kept.start > whole.start;
        let begin = shown.text.len();
        for (offset, c) in text[kept.clone()].char_indices() {
            let here = shown.text.len();
            shown.text.push(if is_plain(c) { c } else { char::REPLACEMENT_CHARACTER });
            shown.mark(spots, kept.start + offset..kept.start + offset + c.len_utf8(), here);
        }
        // Ends of lines, and what was left out in front of and behind the part that is kept.
        let end = shown.text.len();
        shown.mark(spots, kept.end..at.max(kept.end + 1), end);
        if kept.start > whole.start {
            shown.mark(spots, whole.start..kept.start, begin);
        }
        if line.ends_with('\n') {
            shown.text.push('\n');
        }
    }
    shown
}

impl Shown {
    /// Moves the ends of labels that lie in `from` to the place `here`.
    fn mark(&mut self, spots: &[Range<usize>], from: Range<usize>, here: usize) {
        for (spot, moved) in spots.iter().zip(&mut self.spots) {
            if from.contains(&spot.start) {
                moved.start = here;
            }
            if from.contains(&spot.end) {
                moved.end = here;
            }
        }
    }
}

/// The part of a line that is drawn: all of it, unless it is very long.
fn kept(text: &str, line: Range<usize>, spots: &[Range<usize>]) -> Range<usize> {
    if line.len() <= 2 * LONG_LINE {
        return line;
    }
    let first = spots.iter().map(|spot| spot.start).find(|start| line.contains(start));
    let first = first.unwrap_or(line.start);
    let start = if first - line.start > LONG_LINE { floor(text, first - 64) } else { line.start };
    start..floor(text, (first + LONG_LINE).min(line.end)).max(start)
}
