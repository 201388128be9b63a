//! Line ends that a comparison, a parameter or a URL would get to see.

use super::super::book::Site;
use super::super::scope::Sight;
use super::super::{Found, In, Look, Spot};
use crate::steps::{Part, sql};
use crate::template::shape::{self, Comparison, Kind, Shape};

rules! {
    "W141" "an output is used with its line end" Look::Piece(passed);
    "What a command prints ends with a line end, and `stdout` keeps it: \"primary\\n\" is not equal to \
     \"primary\". So `when` skips its step, `!=` always holds, and a statement or a URL gets a name that \
     nothing has. Take the line end off where the value is captured: `stdout | trim`."
}

/// Signs in a script of an output that has no line end: what prints it leaves it out.
const BARE: &[&str] =
    &["printf", "echo -n", "-w", "--write-out", "tr -d", "head -c", "-j", "read -r"];
/// Captured names are followed through this many others.
const DEPTH: usize = 8;

fn passed(around: &In<'_>, spot: &Spot<'_>, found: &mut Found<'_>) {
    match spot.piece.part {
        Part::Expression(text) | Part::Condition(text) => {
            if let Ok(shape) = shape::of_expression(text) {
                compared(around, spot, &shape, found);
            }
        }
        Part::Statement(text) => {
            for name in sql::parameters(text) {
                let message = format!("`:{name}` ends with a line end");
                told(around, spot, &[name.as_str()], message, found);
            }
        }
        Part::Url(text) => {
            for shape in shape::of_text(text).unwrap_or_default() {
                if let Some(path) = shape.path() {
                    let message = format!("`{}` ends with a line end", path.join("."));
                    told(around, spot, &path, message, found);
                }
            }
        }
        _ => {}
    }
}

/// A parameter or a placeholder that is an output as it came.
fn told(around: &In<'_>, spot: &Spot<'_>, path: &[&str], message: String, found: &mut Found<'_>) {
    if raw(around, spot.site, path, spot, DEPTH) {
        let help = "capture it without: `stdout | trim`";
        found.add(found.value(&spot.piece.path), message, "", help);
    }
}

fn compared(around: &In<'_>, spot: &Spot<'_>, shape: &Shape, found: &mut Found<'_>) {
    let mut faults = Vec::new();
    shape.walk(&mut |part| {
        let Kind::Compare(first, others) = &part.kind else { return };
        let mut left = first.as_ref();
        for (comparison, right) in others {
            let pair = match comparison {
                Comparison::Equal if is_bare(right) => Some(left),
                Comparison::Equal if is_bare(left) => Some(right),
                Comparison::Within if is_bare(right) && matches!(right.kind, Kind::List(_)) => {
                    Some(left)
                }
                _ => None,
            };
            if let Some(side) = pair
                && let Some(path) = side.path()
                && raw(around, spot.site, &path, spot, DEPTH)
            {
                faults.push((left.range.start..right.range.end, path.join(".")));
            }
            left = right;
        }
    });
    for (range, name) in faults {
        let message = format!("`{name}` ends with a line end and is never equal to this");
        let help = format!("write `{name} | trim`");
        found.add(found.within(spot, range), message, "never equal", &help);
    }
}

/// A written text, or a list of some, none of which ends with a line end. An empty one may well be meant.
fn is_bare(shape: &Shape) -> bool {
    match &shape.kind {
        Kind::Constant(serde_json::Value::String(text)) => {
            !text.is_empty() && !text.ends_with('\n')
        }
        Kind::Constant(serde_json::Value::Array(items)) => {
            let mut texts = items.iter().map(serde_json::Value::as_str);
            !items.is_empty() && texts.all(|text| text.is_some_and(|text| !text.ends_with('\n')))
        }
        Kind::List(items) => !items.is_empty() && items.iter().all(is_bare),
        _ => false,
    }
}

/// True when the path is the output of a command as it came.
fn raw(around: &In<'_>, site: &Site<'_>, path: &[&str], spot: &Spot<'_>, depth: usize) -> bool {
    match path {
        ["stdout" | "stderr"] => {
            let own = spot.piece.facts.iter().any(|(name, _)| *name == path[0]);
            own && prints_lines(site)
        }
        ["steps", id, "stdout" | "stderr"] => around.book.step(id).is_some_and(prints_lines),
        [name] if depth > 0 => {
            let sight = Sight { piece: spot.piece, section: spot.site.section };
            let Some(definition) = around.names.seen(name, &sight) else { return false };
            let Some((site, piece)) = around.book.written_at(&definition.path) else {
                return false;
            };
            let (Part::Expression(text) | Part::Condition(text)) = piece.part else {
                return false;
            };
            let Ok(shape) = shape::of_expression(text) else { return false };
            let there = Spot { site, piece, word: None };
            shape.path().is_some_and(|path| raw(around, site, &path, &there, depth - 1))
        }
        _ => false,
    }
}

/// True when the site runs a command that is not seen to leave the line end out.
fn prints_lines(site: &Site<'_>) -> bool {
    site.pieces.iter().any(|piece| {
        matches!(piece.part, Part::Script(text) if !BARE.iter().any(|sign| text.contains(sign)))
    })
}
