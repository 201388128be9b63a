//! What a step does against what it says: effects that are too low, gates and proofs that are missing.

use super::super::book::{Role, Section, Site};
use super::super::{Found, In, Look, Spot, effects, shell, sql};
use crate::effect::EffectClass;
use crate::steps::Action;

rules! {
    "E082" "a check that changes something" Look::Told;
    "`verify`, the probe after a crash, `wait_until` and the criteria of a drill are read-only: they run \
     by themselves, again and again, also in a dry run. What changes belongs into a step."

    "W100" "the declared effect looks too low" Look::Command(command);
    "The command or statement looks like more than its `effect` says. The effect decides what runs \
     without asking, what a dry run executes and what is repeated after a crash; too low is dangerous. \
     If mayday reads it wrongly, keep your word: this is only a warning."

    "W101" "destructive without a gate" Look::Site(gate);
    "What can lose data for good deserves its own question. `confirm: {type_to_confirm: ...}` with a \
     value that must be read first (a count, a name) is proof of reading; without `confirm` only the \
     step's id is typed."

    "W102" "a change that cannot be checked or taken back" Look::Site(proof);
    "After a change somebody asks: did it work, how do we get back, did it happen before the crash? \
     `verify`, `undo` and `on_crash` answer; one of them at least."

    "W103" "every row would be changed" Look::Statement(every_row);
    "UPDATE or DELETE without WHERE changes the whole table. If that is meant, say so: `WHERE true`."

    "W115" "a destructive step is repeated" Look::Site(retry);
    "A retry runs the step again without asking. What can lose data for good should be looked at after \
     the first failure, not tried again."
}

/// What is to be said when a part does more than it may.
fn too_low(
    spot: &Spot<'_>,
    class: EffectClass,
    what: &str,
    range: std::ops::Range<usize>,
    found: &mut Found<'_>,
) {
    let site = spot.site;
    if matches!(site.role, Role::Check | Role::Criterion) {
        let help = "make it a step of its own; a check only looks";
        found.add_as(
            "E082",
            found.within(spot, range),
            format!("this check changes: {what}"),
            "",
            help,
        );
        return;
    }
    let Some(declared) = site.effect.filter(|declared| *declared < class) else { return };
    let range = found.within(spot, range);
    let message = format!("`effect: {}`, but this looks {}", declared.word(), adjective(class));
    let help = format!("declare `effect: {}`", class.word());
    found.add_as("W100", range, message, what, &help);
}

const fn adjective(class: EffectClass) -> &'static str {
    match class {
        EffectClass::Read => "harmless",
        EffectClass::Change => "like a change",
        EffectClass::Destructive => "destructive",
    }
}

fn command(_: &In<'_>, spot: &Spot<'_>, command: &shell::Command, found: &mut Found<'_>) {
    if let Some((class, what)) = effects::of(command) {
        too_low(spot, class, &what, command.range.clone(), found);
    }
}

fn every_row(_: &In<'_>, spot: &Spot<'_>, statement: &sql::Statement, found: &mut Found<'_>) {
    if let Some(doing) = statement.doing() {
        too_low(spot, doing.class, &doing.what, doing.range, found);
    }
    if let Some(token) = statement.bare_change() {
        let range = found.within(spot, token.range.clone());
        let message = format!("{} without WHERE changes every row", token.text);
        found.add(range, message, "", "add a WHERE; if every row is meant: `WHERE true`");
    }
}

fn gate(_: &In<'_>, site: &Site<'_>, found: &mut Found<'_>) {
    let Some(common) = site.common() else { return };
    let gated = common.confirm.is_some() || common.commit.is_some();
    if site.section == Section::Respond && site.effect == Some(EffectClass::Destructive) && !gated {
        let range = found.value(&format!("{}.effect", site.path));
        let help = "add `confirm: { type_to_confirm: \"...\" }` with a value that must be read";
        found.add(range, "destructive without a gate of its own", "", help);
    }
}

fn proof(_: &In<'_>, site: &Site<'_>, found: &mut Found<'_>) {
    let (Some(step), Some(action), Some(effect)) = (site.step, site.action, site.effect) else {
        return;
    };
    let own = matches!(action, Action::Shell(_) | Action::Sql(_) | Action::Http(_));
    let changes = effect != EffectClass::Read;
    let responds = site.role == Role::Step && site.section == Section::Respond;
    let proved = !step.verify.is_empty() || step.undo.is_some() || step.on_crash.is_some();
    if responds && own && changes && !proved && !action.repeatable() {
        let message = format!("step `{}` changes something and proves nothing", step.common.id);
        let help = "add `verify` (did it work?), `undo` (how back?) or `on_crash` (did it happen?)";
        found.add(found.value(&format!("{}.effect", site.path)), message, "", help);
    }
}

fn retry(_: &In<'_>, site: &Site<'_>, found: &mut Found<'_>) {
    let retried = site.common().is_some_and(|common| common.retry.is_some());
    if retried && site.class() == EffectClass::Destructive {
        let range = found.key(&format!("{}.retry", site.path));
        let help = "take `retry` out: after a failure the operator decides";
        found.add(range, "a destructive step is repeated by itself", "", help);
    }
}
