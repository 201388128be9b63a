//! Values that are of the right kind and can still mean nothing: no time at all, a list that is none, a status that
//! nobody answers, a character that no command can hold.

use super::super::scope::{Sight, Type};
use super::super::{Found, In, Look, Spot};
use crate::playbook::check::book::Site;
use crate::steps::{Action, Part};
use crate::template::Fault;
use crate::template::shape::Shape;
use crate::time::Span;

rules! {
    "E124" "a character that nothing can hold" Look::Piece(nul);
    "Commands, SQL and URLs are handed over as texts that end at a NUL. One in the middle cannot be sent, so \
     the step could only fail."

    "E125" "no time at all" Look::Book(no_time);
    "A budget, an objective, a clock or a limit of `0s` is over before it begins, and a pause of `0s` waits \
     for nothing. Give it the time that is meant, or leave the line out. `rpo: 0s` does mean something: \
     nothing may be lost."

    "E126" "items of something that is no list" Look::Shape(no_list);
    "`for_each` takes a list and does the step once for each `item`. A text of several lines becomes a list \
     with `| lines`, a row with `rows`."

    "E127" "a status that nobody answers" Look::Site(status);
    "The status of an answer is a number from 100 to 599 (RFC 9110, 15). Another one never comes, and the wait \
     would always run out."
}

fn nul(_: &In<'_>, spot: &Spot<'_>, found: &mut Found<'_>) {
    let (Part::Script(text) | Part::Statement(text) | Part::Url(text)) = spot.piece.part else {
        return;
    };
    if text.contains('\0') {
        let range = found.value(&spot.piece.path);
        found.add(range, "a NUL stands in it", "", "take `\\0` out");
    }
}

fn no_time(around: &In<'_>, found: &mut Found<'_>) {
    let playbook = around.book.playbook;
    let head = &playbook.head;
    let mut given = vec![
        ("objectives.rto".to_owned(), head.objectives.rto),
        ("review_every".to_owned(), head.review_every),
    ];
    for (id, timer) in &head.timers {
        given.push((format!("timers.{id}.after"), Some(timer.after)));
        given.push((format!("timers.{id}.every"), timer.every));
    }
    for (at, phase) in playbook.phases.iter().enumerate() {
        given.push((format!("phases[{at}].budget"), phase.head.budget));
    }
    for site in around.book.sites.iter().filter(|site| site.common().is_some()) {
        let Some(step) = site.step else { continue };
        let path = &site.path;
        if let Action::Pause(pause) = &step.action {
            given.push((site.action_path(), Some(pause.length)));
        }
        let undo = step.undo.as_ref().and_then(|undo| undo.head.timeout);
        given.push((format!("{path}.undo.timeout"), undo));
        let probe = step.on_crash.as_ref().and_then(|rule| rule.probe.head.timeout);
        given.push((format!("{path}.on_crash.probe.timeout"), probe));
        for (at, check) in step.verify.iter().enumerate() {
            given.push((format!("{path}.verify[{at}].timeout"), check.head.timeout));
        }
    }
    for (path, span) in given {
        say_no_time(&path, span, found);
    }
}

/// Says that a span which was given is none.
pub(super) fn say_no_time(path: &str, span: Option<Span>, found: &mut Found<'_>) {
    // What stands in for a missing action has no time either.
    if span == Some(Span::ZERO) && found.source.has(path) && !found.source.broken(path) {
        let range = found.value(path);
        let help = "write the time that is meant, such as `15m`, or leave the line out";
        found.add(range, "no time at all", "over before it begins", help);
    }
}

fn no_list(around: &In<'_>, spot: &Spot<'_>, read: Result<&Shape, &Fault>, found: &mut Found<'_>) {
    let Ok(shape) = read else { return };
    if !spot.piece.path.ends_with(".for_each") {
        return;
    }
    let sight = Sight { piece: spot.piece, section: spot.site.section };
    let kind = around.names.type_of(shape, &sight);
    if !matches!(kind, Type::Any | Type::List) {
        let help = match kind {
            Type::Text => "make a list of it: `| lines`, `| split(',')`, or `['one', 'two']`",
            _ => "name a list: `['one', 'two']`, `rows`, an input of `type: list`",
        };
        let message = format!("the items are to come from {}", kind.words());
        found.add(found.within(spot, shape.range.clone()), message, "no list", help);
    }
}

fn status(_: &In<'_>, site: &Site<'_>, found: &mut Found<'_>) {
    let Some(Action::WaitForUrl(wait)) = site.action else { return };
    let path = format!("{}.expect.status", site.action_path());
    for (at, status) in wait.expect.status.iter().flat_map(|wanted| wanted.0.iter().enumerate()) {
        if !(100..=599).contains(status) {
            let item = format!("{path}[{at}]");
            let place = if found.source.has(&item) { item } else { path.clone() };
            let help = "write a number from 100 to 599, such as 200";
            found.add(found.value(&place), format!("nobody answers with {status}"), "", help);
        }
    }
}
