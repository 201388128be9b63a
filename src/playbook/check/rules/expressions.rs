//! Names in expressions and texts: each is defined, has its value by then, and has that field.

use std::collections::BTreeSet;
use std::ops::Range;

use super::super::book::Section;
use super::super::scope::{
    Definition, ENV, FIXED, ITEM, Names, OBJECTIVES, RUN, STEP, Sight, Type, conditions_of,
};
use super::super::{Found, In, Look, Spot};
use crate::diagnostic::did_you_mean;
use crate::effect::TargetKind;
use crate::steps::{Part, sql};
use crate::template::Fault;
use crate::template::shape::{Kind, Shape};

rules! {
    "E062" "a name is not defined" Look::Shape(names);
    "Expressions and texts see inputs, vars, captured names, `steps.<id>`, `run`, `env`, `policy`, \
     `targets`, `objectives`, `inputs`, `now`, and `item` under `for_each`; `expect`, `capture` and \
     `that` also see the facts of the output. Anything else would stop the step when it is reached."

    "E063" "a name has no value yet" Look::Told;
    "A captured name has its value once its step has run; steps run from top to bottom. What the drill \
     captures is known only to the drill: a real run has no setup and no accident."

    "E064" "a field does not exist" Look::Told;
    "`run`, `env`, `objectives` and `steps.<id>` have a fixed set of fields; those of a step depend on \
     its action, those of `policy` stand in mayday.yaml. Reading any other stops the step."

    "E065" "an expression cannot be read" Look::Shape(syntax);
    "Expressions are minijinja: `rows[0].n == 50`, `cause == 'active' and retention > 0`. Texts hold \
     them inside `{{ }}`."

    "E066" "a filter, test or function does not exist, or takes something else" Look::Shape(super::calls::calls);
    "Filters (`x | length`) and tests (`x is defined`) come from a fixed list, and there are no \
     functions: a playbook can compute, but it cannot reach out. Where one is named in a text, as in \
     `map('lower')` or `selectattr('n', 'gt', 5)`, the name must be written out and stand on the list too."

    "E067" "a secret is used in a text or expression" Look::Told;
    "A secret reaches commands through `secrets:` and SQL through `:name`, and nothing else. It has no \
     text form: titles, messages, URLs and conditions are shown and recorded."

    "N203" "a name may have no value" Look::Told;
    "The step that captures it has a `when` that does not hold here: when it is passed over, the name has \
     no value and this would stop. Use the same `when`, give a default, or capture it in both branches."

    "E090" "a SQL parameter is not defined" Look::Piece(parameters);
    "`:name` is bound to a value and `:\"name\"` quoted as an identifier; both are inputs, vars or \
     captured names. `:run_id` is the id of the run."
}

fn syntax(_: &In<'_>, spot: &Spot<'_>, read: Result<&Shape, &Fault>, found: &mut Found<'_>) {
    let Err(fault) = read else { return };
    let range = fault.range.clone().unwrap_or_default();
    let range = found.within(spot, range);
    found.add(range, fault.message.clone(), "", super::habits::help(&spot.piece.part));
}

fn names(around: &In<'_>, spot: &Spot<'_>, read: Result<&Shape, &Fault>, found: &mut Found<'_>) {
    if let Ok(shape) = read {
        walk(around, spot, shape, found);
    }
}

/// Resolves the longest paths; what is inside a resolved path is not looked at again.
fn walk(around: &In<'_>, spot: &Spot<'_>, shape: &Shape, found: &mut Found<'_>) {
    if let Some(path) = shape.path() {
        resolve(around, spot, &path, shape.range.clone(), found);
        return;
    }
    // `x is defined` and `x | default(...)` ask whether there is a value.
    match &shape.kind {
        Kind::Test(test, ..) if test == "defined" || test == "undefined" => return,
        Kind::Filter(filter, _, arguments) if filter == "default" => {
            for argument in arguments {
                walk(around, spot, argument, found);
            }
            return;
        }
        _ => {}
    }
    let mut below: Vec<&Shape> = Vec::new();
    shape.children(&mut |child| below.push(child));
    for child in below {
        walk(around, spot, child, found);
    }
}

fn resolve(
    around: &In<'_>,
    spot: &Spot<'_>,
    path: &[&str],
    range: Range<usize>,
    found: &mut Found<'_>,
) {
    let (piece, names) = (spot.piece, around.names);
    let facts = piece.facts;
    let root = path[0];
    // The engine adds how long it took to the facts of an output.
    let timed = root == "elapsed" && matches!(piece.part, Part::Condition(_));
    if timed || facts.iter().any(|(name, _)| *name == root) || (piece.item && ITEM.contains(&root))
    {
        return;
    }
    let range = found.within(spot, range);
    let sight = Sight { piece, section: spot.site.section };
    let fields = |known: &[(&str, Type)], found: &mut Found<'_>| {
        if let Some(field) = path.get(1)
            && !known.iter().any(|(name, _)| name == field)
        {
            no_field(found, &range, root, field, known.iter().map(|(name, _)| *name));
        }
    };
    match root {
        "run" => fields(RUN, found),
        "env" => fields(ENV, found),
        "objectives" => fields(OBJECTIVES, found),
        "now" => {}
        "run_id" if !names.all.contains_key(root) => {}
        "policy" => policy(around, path, &range, found),
        "targets" => target(around, path, &range, found),
        "steps" => step(around, path, &sight, &range, found),
        "inputs" => {
            let inputs = || around.book.playbook.head.inputs.iter().map(|(name, _)| name.as_str());
            if let Some(name) = path.get(1).filter(|name| !inputs().any(|i| i == **name)) {
                no_field(found, &range, root, name, inputs());
            }
        }
        _ => match names.seen(root, &sight) {
            Some(definition) if definition.secret => {
                let help = "give it to a command with `secrets: {VARIABLE: name}`";
                let message = format!("`{root}` is a secret and has no text form");
                found.add_as("E067", range, message, "", help);
            }
            Some(definition) if Names::is_visible(definition.at, definition.section, &sight) => {
                maybe(around, spot, definition, (root, range), found);
            }
            Some(definition) => {
                let message = format!("`{root}` has no value yet");
                let step = &definition.step;
                let help = if definition.section == Section::Respond && step.is_empty() {
                    "it is built from names that are captured later".to_owned()
                } else if definition.section == Section::Respond {
                    format!("the step `{step}` captures it, at this point or later")
                } else {
                    "it comes from the drill, which a real run does not have".to_owned()
                };
                let there = found.key(&definition.path);
                found.add_as("E063", range, message, "", &help);
                found.also(there, "captured here");
            }
            None => undefined(around, spot, root, range, found),
        },
    }
}

/// A name that has no value when the step that gives it was passed over.
fn maybe(
    around: &In<'_>,
    spot: &Spot<'_>,
    definition: &Definition,
    (name, range): (&str, Range<usize>),
    found: &mut Found<'_>,
) {
    let here = conditions_of(spot.site, around.book);
    if definition.when.iter().any(|condition| !here.contains(condition)) {
        let step = &definition.step;
        let help = format!("the step `{step}` may be passed over: `{name} | default(...)`");
        let there = found.key(&definition.path);
        found.add_as("N203", range, format!("`{name}` may have no value"), "", &help);
        found.also(there, "only under a condition");
    }
}

fn undefined(
    around: &In<'_>,
    spot: &Spot<'_>,
    name: &str,
    range: Range<usize>,
    found: &mut Found<'_>,
) {
    let facts = spot.piece.facts.iter().map(|(name, _)| *name);
    let known = around.names.all.keys().map(String::as_str).chain(FIXED.iter().copied());
    let help = if ITEM.contains(&name) {
        "`item` has a value only in a step with `for_each`".to_owned()
    } else if let Some(near) = did_you_mean(name, facts.clone().chain(known)) {
        format!("did you mean `{near}`?")
    } else if around.names.steps.contains_key(name) {
        format!("a step is named `steps.{name}`")
    } else if spot.piece.facts.is_empty() {
        "define it under `inputs` or `vars`, or capture it in an earlier step".to_owned()
    } else {
        format!("the output here has: {}", facts.collect::<Vec<_>>().join(", "))
    };
    // `role == primary`: the quotes of YAML are not those of the expression.
    let expression = matches!(spot.piece.part, Part::Expression(_) | Part::Condition(_));
    let help = if expression && !help.starts_with("did you mean") {
        format!("{help}; a word that is meant stands in quotes: `'{name}'`")
    } else {
        help
    };
    found.add(range, format!("`{name}` is not defined"), "", &help);
}

fn target(around: &In<'_>, path: &[&str], range: &Range<usize>, found: &mut Found<'_>) {
    let (Some(name), Some(config)) = (path.get(1), around.scene.config()) else { return };
    let known = || config.environments.values().flat_map(|env| env.targets.keys());
    if !known().any(|known| known == name) {
        no_field(found, range, "targets", name, known().map(String::as_str));
        return;
    }
    let Some(field) = path.get(2) else { return };
    let kinds = config.environments.values().filter_map(|env| env.targets.get(*name));
    let fields: BTreeSet<&str> = kinds.flat_map(|spec| target_fields(spec.kind)).copied().collect();
    if !fields.contains(field) {
        no_field(found, range, &format!("targets.{name}"), field, fields);
    }
}

/// Fields of `targets.<name>` by its kind. Where a database listens is in `host`.
const fn target_fields(kind: TargetKind) -> &'static [&'static str] {
    match kind {
        TargetKind::Http => &["type", "base_url"],
        TargetKind::Sqlite => &["type", "kind", "path"],
        TargetKind::Postgres | TargetKind::Mysql => {
            &["type", "kind", "target", "host", "database", "user", "sslmode", "notes"]
        }
    }
}

/// `policy.a.b`: each name, as far as there are maps.
fn policy(around: &In<'_>, path: &[&str], range: &Range<usize>, found: &mut Found<'_>) {
    let Some(config) = around.scene.config() else { return };
    let (mut known, mut so_far) = (Some(&config.policy), "policy".to_owned());
    for name in &path[1..] {
        let Some(map) = known else { return };
        if !map.contains_key(*name) {
            no_field(found, range, &so_far, name, map.keys().map(String::as_str));
            return;
        }
        known = map.get(*name).and_then(serde_json::Value::as_object);
        so_far = format!("{so_far}.{name}");
    }
}

fn step(
    around: &In<'_>,
    path: &[&str],
    sight: &Sight<'_>,
    range: &Range<usize>,
    found: &mut Found<'_>,
) {
    let Some(id) = path.get(1) else { return };
    let steps = &around.names.steps;
    let Some(known) = steps.get(*id) else {
        let near = did_you_mean(id, steps.keys().map(String::as_str));
        let help = near.map(|near| format!("did you mean `steps.{near}`?")).unwrap_or_default();
        found.add_as("E054", range.clone(), format!("there is no step `{id}`"), "", &help);
        return;
    };
    if known.include {
        let inner = steps.keys().filter(|key| key.starts_with(&format!("{id}."))).min();
        let example = inner.map_or_else(String::new, |key| format!("such as steps['{key}']"));
        let help = format!("name one of the steps that it brings {example}");
        let message = format!("`{id}` is an include and has no record of its own");
        found.add_as("E064", range.clone(), message, "", help.trim());
        return;
    }
    if !Names::is_visible(known.at, known.section, sight) {
        let help = "steps run from top to bottom; move this behind it";
        found.add_as("E063", range.clone(), format!("the step `{id}` has not run yet"), "", help);
        return;
    }
    let Some(field) = path.get(2) else { return };
    let fields = || STEP.iter().map(|(name, _)| *name).chain(known.facts.iter().map(|(n, _)| *n));
    // The facts of an undo are those of its action, which stands elsewhere.
    let undo = || {
        around.book.sites.iter().any(|site| {
            site.id() == *id && site.action.is_some_and(|action| action.key() == "undo_of")
        })
    };
    if !fields().any(|known| known == *field) && !undo() {
        no_field(found, range, &format!("steps.{id}"), field, fields());
    }
}

fn no_field<'n>(
    found: &mut Found<'_>,
    range: &Range<usize>,
    owner: &str,
    field: &str,
    known: impl IntoIterator<Item = &'n str>,
) {
    let known: Vec<&str> = known.into_iter().collect();
    let help = match did_you_mean(field, known.iter().copied()) {
        Some(near) => format!("did you mean `{owner}.{near}`?"),
        None => format!("it has: {}", known.join(", ")),
    };
    found.add_as("E064", range.clone(), format!("`{owner}` has no field `{field}`"), "", &help);
}

fn parameters(around: &In<'_>, spot: &Spot<'_>, found: &mut Found<'_>) {
    let Part::Statement(text) = spot.piece.part else { return };
    for parameter in sql::scan(text) {
        let name = parameter.name.as_str();
        let item = spot.piece.item && ITEM.contains(&name);
        let fixed = name == "now" || (name == "run_id" && !around.names.all.contains_key(name));
        if item || fixed {
            continue;
        }
        let range = found.within(spot, parameter.range.clone());
        let sight = Sight { piece: spot.piece, section: spot.site.section };
        match around.names.seen(name, &sight) {
            Some(known) if Names::is_visible(known.at, known.section, &sight) => {}
            Some(known) => {
                let help = format!("the step `{}` captures it, at this point or later", known.step);
                found.add_as("E063", range, format!("`{name}` has no value yet"), "", &help);
            }
            None => {
                let near = did_you_mean(name, around.names.all.keys().map(String::as_str));
                let help = near.map_or_else(
                    || "define it under `inputs` or `vars`, or capture it".to_owned(),
                    |near| format!("did you mean `:{near}`?"),
                );
                found.add(range, format!("the parameter `:{name}` is not defined"), "", &help);
            }
        }
    }
}
