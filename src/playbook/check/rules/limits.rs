//! Time and size: what was promised fits what was planned.

use super::super::book::{Section, Site};
use super::super::{Found, In, Look};
use crate::steps::{Action, DEFAULT_TIMEOUT, Rhythm};
use crate::time::Span;

rules! {
    "W105" "the phases may take longer than the RTO" Look::Book(budgets);
    "The budgets of the phases that always run, added up, exceed the recovery time objective: even a \
     run on plan would miss it. Lower a budget, or be honest about the objective."

    "W106" "the steps are expected to take longer than the RTO" Look::Book(expected);
    "`expected` of the steps that always run, up to the one that ends the objective, adds up to more \
     than the RTO."

    "W107" "one step may take longer than the RTO" Look::Site(timeout);
    "A single hanging step would eat the whole recovery time before mayday ends it. Without `timeout` \
     the limit is 5m; `retry` and polling count."

    "W108" "an objective without an end" Look::Book(no_end);
    "With an RTO but no `ends`, the clock runs until the last step, clean-up and reports included. Name \
     the step that proves recovery: `ends: step:user_ok`."

    "W114" "too much for immediate action" Look::Book(immediate);
    "An `immediate` phase is shown first and alone, for the first minute. More than three steps are not \
     read in that minute."

    "W116" "a title is too long" Look::Book(titles);
    "A title must fit on one line of a terminal beside its number and clock: at most 90 characters. \
     Reasons belong into `why`."

    "N202" "the same condition twice" Look::Site(repeated);
    "A step repeats the `when` of its phase: it is evaluated twice and can drift apart. The phase's is \
     enough."
}

/// The longest title that fits beside number and clock (playbook format).
const TITLE: usize = 90;
/// Steps that are read in the first minute (playbook format).
const IMMEDIATE: usize = 3;

fn budgets(around: &In<'_>, found: &mut Found<'_>) {
    let playbook = around.book.playbook;
    let Some(rto) = playbook.head.objectives.rto else { return };
    let always = playbook.phases.iter().filter(|phase| phase.head.when.is_none());
    let sum: Span = always.filter_map(|phase| phase.head.budget).sum();
    if sum > rto {
        let message = format!("phase budgets ({sum}) exceed the RTO ({rto})");
        let help = "lower a budget, or change the objective";
        found.add(found.value("objectives.rto"), message, "", help);
    }
}

fn expected(around: &In<'_>, found: &mut Found<'_>) {
    let objectives = &around.book.playbook.head.objectives;
    let Some(rto) = objectives.rto else { return };
    let end = objectives.ends.as_deref().and_then(|ends| ends.strip_prefix("step:"));
    let mut sum = Span::ZERO;
    for phase in around.book.playbook.phases.iter().filter(|phase| phase.head.when.is_none()) {
        for step in phase.steps.iter().filter(|step| step.common.when.is_none()) {
            sum = sum + step.common.expected.unwrap_or_default();
            if end == Some(step.common.id.as_str()) {
                return tell_expected(sum, rto, found);
            }
        }
    }
    tell_expected(sum, rto, found);
}

fn tell_expected(sum: Span, rto: Span, found: &mut Found<'_>) {
    if sum > rto {
        let message = format!("the steps are expected to take {sum}, the RTO is {rto}");
        let help = "shorten the path, or change the objective";
        found.add(found.value("objectives.rto"), message, "", help);
    }
}

fn timeout(around: &In<'_>, site: &Site<'_>, found: &mut Found<'_>) {
    let Some(rto) = around.book.playbook.head.objectives.rto else { return };
    let (Some(common), Some(action)) = (site.common(), site.action) else { return };
    let runs = !matches!(action, Action::Include(_) | Action::Assert(_) | Action::Pause(_));
    if site.section != Section::Respond || action.is_question() || !runs {
        return;
    }
    let polls = matches!(action.rhythm(), Rhythm::Poll { .. });
    let limit = common.timeout.unwrap_or(DEFAULT_TIMEOUT);
    if limit > rto {
        let (range, said) = match common.timeout {
            Some(_) => (found.value(&format!("{}.timeout", site.path)), "its limit"),
            None if polls => (found.key(&site.action_path()), "no `timeout`: the limit"),
            None => return,
        };
        let message = format!("{said} ({limit}) is longer than the RTO ({rto})");
        found.add(range, message, "", "give it a `timeout` that leaves time for the rest");
    }
}

fn no_end(around: &In<'_>, found: &mut Found<'_>) {
    let objectives = &around.book.playbook.head.objectives;
    let marks =
        around.book.sites.iter().any(|site| site.common().is_some_and(|c| c.marks.is_some()));
    if objectives.rto.is_some() && objectives.ends.is_none() && !marks {
        let help = "name the step that proves recovery: `ends: step:ID`";
        found.add(found.key("objectives.rto"), "the RTO has no end", "until the last step", help);
    }
}

fn immediate(around: &In<'_>, found: &mut Found<'_>) {
    for (index, phase) in around.book.playbook.phases.iter().enumerate() {
        let count = phase.steps.len();
        if phase.head.immediate && count > IMMEDIATE {
            let range = found.key(&format!("phases[{index}].immediate"));
            let message =
                format!("{count} steps for the first minute, at most {IMMEDIATE} are read");
            found.add(range, message, "", "move the rest to a phase of its own");
        }
    }
}

fn titles(around: &In<'_>, found: &mut Found<'_>) {
    let steps = around.book.sites.iter().filter_map(|site| {
        site.common().map(|common| (format!("{}.title", site.path), common.title.as_str()))
    });
    let phases = around.book.playbook.phases.iter().enumerate();
    let phases = phases.map(|(at, p)| (format!("phases[{at}].title"), p.head.title.as_str()));
    let own = ("title".to_owned(), around.book.playbook.head.title.as_str());
    for (path, title) in std::iter::once(own).chain(phases).chain(steps) {
        let length = title.chars().count();
        if length > TITLE {
            let message = format!("this title has {length} characters, {TITLE} fit on a line");
            found.add(found.value(&path), message, "", "move the reason to `why`");
        }
    }
}

fn repeated(around: &In<'_>, site: &Site<'_>, found: &mut Found<'_>) {
    let phase = site.phase.and_then(|at| around.book.playbook.phases.get(at));
    let outer = phase.and_then(|phase| phase.head.when.as_deref());
    let own = site.common().and_then(|common| common.when.as_deref());
    if let (Some(outer), Some(own)) = (outer, own)
        && outer.split_whitespace().eq(own.split_whitespace())
    {
        let range = found.value(&format!("{}.when", site.path));
        found.add(range, "the phase has the same `when`", "", "take this one out");
    }
}
