//! Fields of a step that must be there, and fit each other.

use super::super::book::{Role, Site};
use super::super::{Found, In, Look, Spot};
use crate::effect::EffectClass;
use crate::playbook::OnFail;
use crate::steps::{Action, Part, Rhythm};
use crate::template::shape::{self, Shape};

rules! {
    "E071" "the effect is not declared" Look::Site(effect);
    "`effect: read | change | destructive` is mandatory on `shell`, `sql` and `http`: it decides what \
     runs by itself, what asks first, what a dry run may execute, and what happens after a crash. \
     mayday does not guess it."

    "E072" "the target is missing" Look::Site(no_target);
    "A `sql` step runs on a database target, and a URL that begins with `/` is put behind the \
     `base_url` of an http target. Without `target:` there is nowhere to go."

    "E073" "the target has the wrong kind" Look::Site(target_kind);
    "SQL needs a database (`postgres`, `mysql`, `sqlite`); a path needs an `http` target. The kind is \
     given in mayday.yaml, for every environment."

    "E074" "a placeholder stands in code" Look::Piece(placeholder);
    "Code is never built from data. In shell, values arrive as variables: write `\"$name\"`. In SQL, \
     `:name` is a bound value and `:\"name\"` a quoted identifier. So the command in the file is the \
     command that runs, and no value can become code."

    "E075" "a retry that never retries" Look::Site(retry);
    "`retry.times` counts all attempts, the first included, so it is at least 2."

    "E085" "a step that must not be skipped goes on by itself" Look::Site(killer);
    "`killer: true` says that nothing may go on without this step; `on_fail: continue` says the \
     opposite. Choose one."

    "E088" "two statements in one" Look::Piece(two_statements);
    "One string is one statement, so that a result, an error and a row count belong to something. \
     Write a list: all of its statements run in one transaction."

    "E091" "a field has no meaning on this step" Look::Site(meaningless);
    "`commit` and `no_transaction` belong to `sql` changes, `interactive` to `shell`, `retry` to what is \
     tried once, `timeout` to what runs, `on_crash` to what changes something: what only looked is simply \
     begun again. An `interactive` command owns the terminal, so nothing of its output is known. An `include` stands for the steps of another playbook, which \
     have such fields themselves. Elsewhere they would promise something that nobody keeps."
}

/// Nobody declared the effect of an action that has none by nature.
fn effect(_: &In<'_>, site: &Site<'_>, found: &mut Found<'_>) {
    if !matches!(site.role, Role::Step | Role::Undo) || site.effect.is_some() {
        return;
    }
    if let Some(action) = site.action.filter(|action| action.own_effect().is_none()) {
        let message = format!("`{}` does not say what it does to the world", action.key());
        let help = "add `effect: read`, `effect: change` or `effect: destructive`";
        found.add(found.key(&site.action_path()), message, "no `effect`", help);
    }
}

/// What the action needs: a database, an http service, or nothing.
enum Needs {
    Database,
    Service,
}

fn needs(site: &Site<'_>) -> Option<Needs> {
    match site.action? {
        Action::Sql(_) => Some(Needs::Database),
        Action::Http(_) | Action::WaitForUrl(_) => {
            let path = |piece: &super::super::book::Piece<'_>| matches!(piece.part, Part::Url(url) if url.starts_with('/'));
            site.pieces.iter().any(path).then_some(Needs::Service)
        }
        _ => None,
    }
}

fn no_target(_: &In<'_>, site: &Site<'_>, found: &mut Found<'_>) {
    if site.target.is_some() {
        return;
    }
    let (message, help) = match needs(site) {
        Some(Needs::Database) => ("`sql` has no target", "add `target: NAME` of a database"),
        Some(Needs::Service) => (
            "a path has no target",
            "add `target: NAME` of an http service, or write the whole URL",
        ),
        None => return,
    };
    found.add(found.key(&site.action_path()), message, "", help);
}

fn target_kind(around: &In<'_>, site: &Site<'_>, found: &mut Found<'_>) {
    let (Some(target), Some(needs), Some(config)) =
        (site.target, needs(site), around.scene.config())
    else {
        return;
    };
    for (name, environment) in &config.environments {
        let Some(spec) = environment.targets.get(target) else { continue };
        let wanted = match needs {
            Needs::Database if spec.kind.is_database() => continue,
            Needs::Service if !spec.kind.is_database() => continue,
            Needs::Database => "a database",
            Needs::Service => "an http service",
        };
        let message = format!(
            "target `{target}` is {} in environment `{name}`, this needs {wanted}",
            spec.kind.word()
        );
        let path = format!("{}.target", site.path);
        found.add(found.value(&path), message, "", "name another target, or correct mayday.yaml");
        return;
    }
}

fn placeholder(_: &In<'_>, spot: &Spot<'_>, found: &mut Found<'_>) {
    let (text, help) = match spot.piece.part {
        Part::Script(text) => (text, "the name is a variable here: write `\"$name\"`"),
        Part::Statement(text) => (text, "write `:name` for a value, `:\"name\"` for an identifier"),
        _ => return,
    };
    let Some(start) = text.find("{{") else { return };
    // Formats of docker, kubectl and go are written the same way, with a dot behind the braces.
    let inner = text[start + 2..].trim_start();
    let of_a_tool = inner.starts_with(['.', '#', '/'])
        || ["range", "json", "println", "end", "if", "index"].iter().any(|w| inner.starts_with(w));
    if of_a_tool && matches!(spot.piece.part, Part::Script(_)) {
        return;
    }
    let end = text[start..].find("}}").map_or(text.len(), |length| start + length + 2);
    found.add(found.within(spot, start..end), "`{{ }}` is not filled in here", "", help);
}

fn retry(_: &In<'_>, site: &Site<'_>, found: &mut Found<'_>) {
    let Some(retry) = site.common().and_then(|common| common.retry.as_ref()) else { return };
    let known = !found.source.broken(&format!("{}.retry.times", site.path));
    if retry.times < 2 && known {
        let message = format!("`times: {}` means no second attempt", retry.times);
        let range = found.value(&format!("{}.retry.times", site.path));
        found.add(range, message, "attempts in all", "write 2 or more, or leave `retry` out");
    }
}

fn killer(_: &In<'_>, site: &Site<'_>, found: &mut Found<'_>) {
    if site.common().is_some_and(|common| common.killer && common.on_fail == OnFail::Continue) {
        let range = found.value(&format!("{}.on_fail", site.path));
        let help = "leave `on_fail` out: the operator is asked";
        found.add(range, "`killer: true` goes on when it fails", "", help);
    }
}

fn two_statements(_: &In<'_>, spot: &Spot<'_>, found: &mut Found<'_>) {
    let Part::Statement(text) = spot.piece.part else { return };
    if let [_, second, ..] = super::super::sql::statements(text).as_slice() {
        let help = "write a list, one statement each: `sql: [\"...\", \"...\"]`";
        let range = found.within(spot, second.range());
        found.add(range, "a second statement in one string", "", help);
    }
}

fn meaningless(_: &In<'_>, site: &Site<'_>, found: &mut Found<'_>) {
    let (Some(common), Some(action)) = (site.common(), site.action) else { return };
    let sql_change = matches!(action, Action::Sql(_)) && site.class() != EffectClass::Read;
    let own = !matches!(action, Action::Include(_));
    let own_step = "the steps of the playbook that is included";
    for (field, given, fits, where_it_fits) in [
        ("commit", common.commit.is_some(), sql_change, "a `sql` step that changes something"),
        (
            "no_transaction",
            common.no_transaction,
            sql_change,
            "a `sql` step that changes something",
        ),
        ("interactive", common.interactive, matches!(action, Action::Shell(_)), "a `shell` step"),
        ("retry", common.retry.is_some(), own, own_step),
        (
            "retry",
            own && common.retry.is_some(),
            action.rhythm() == Rhythm::Once && !action.is_question(),
            "a step that is tried once; one that looks again and again ends by its `timeout`",
        ),
        ("timeout", common.timeout.is_some(), own, own_step),
        (
            "timeout",
            own && common.timeout.is_some(),
            !action.is_question() && !matches!(action, Action::Assert(_) | Action::Pause(_)),
            "a step that runs something; a question waits for its answer",
        ),
        ("expect", common.expect.is_some(), own, own_step),
        ("capture", !common.capture.is_empty(), own, own_step),
        ("confirm", common.confirm.is_some(), own, own_step),
        ("for_each", common.for_each.is_some(), own, own_step),
        ("killer", common.killer, own, own_step),
        ("marks", common.marks.is_some(), own, own_step),
        ("evidence", common.evidence.is_some(), own, own_step),
        ("verify", site.step.is_some_and(|step| !step.verify.is_empty()), own, own_step),
        ("undo", site.step.is_some_and(|step| step.undo.is_some()), own, own_step),
        (
            "on_crash",
            site.step.is_some_and(|step| step.on_crash.is_some()),
            site.class() != EffectClass::Read,
            "a step that changes something; what only looks is begun again after a crash",
        ),
    ] {
        if given && !fits {
            let message = format!("`{field}` has no meaning on this step");
            let help = format!("it belongs to {where_it_fits}");
            found.add(found.key(&format!("{}.{field}", site.path)), message, "", &help);
        }
    }
    if common.interactive {
        unseen(site, found);
    }
}

/// An interactive command shows its output to the operator, and to nobody else.
fn unseen(site: &Site<'_>, found: &mut Found<'_>) {
    for piece in &site.pieces {
        let (Part::Condition(text), Ok(shape)) = (piece.part, read(piece.part)) else { continue };
        let own = piece.path.strip_prefix(&site.path).unwrap_or_default();
        if !(own.starts_with(".capture.") || matches!(own, ".expect" | ".retry.when")) {
            continue;
        }
        let mut named = None;
        shape.walk(&mut |part| {
            if let Some(["stdout" | "stderr" | "json", ..]) = part.path().as_deref() {
                named = part.path().map(|path| path[0].to_owned());
            }
        });
        if let Some(name) = named {
            let message = format!("`{name}` of an `interactive` step is not known: `{text}`");
            let help = "only its `exit_code` is; ask for the value in a step behind it: `ask:`";
            found.add(found.value(&piece.path), message, "", help);
        }
    }
}

fn read(part: Part<'_>) -> Result<Shape, ()> {
    match part {
        Part::Condition(text) => shape::of_expression(text).map_err(|_| ()),
        _ => Err(()),
    }
}
