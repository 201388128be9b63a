//! What is there and yet does nothing: empty words and commands, waits that cannot pass, vars without an end.

use std::collections::HashSet;

use super::super::book::{Role, Site};
use super::super::{Found, In, Look, Spot};
use crate::playbook::check::sql;
use crate::steps::{Action, DEFAULT_TIMEOUT, Part, Rhythm};
use crate::template;
use crate::time::Span;

rules! {
    "E117" "nothing to do, or nothing to say" Look::Piece(empty);
    "An empty command, statement, question or title passes for a step: it would say OK and nothing would \
     have happened."

    "E118" "nothing to hold, nobody to tell, nothing to choose" Look::Site(nobody);
    "`assert` without a condition always holds, `notify` without a contact tells nobody, and `choose` \
     without options cannot be answered."

    "E119" "a wait or a pause between attempts that cannot be" Look::Site(rhythm);
    "`times_in_a_row` is at least 1, `every`, `timeout` and `backoff` are more than nothing. So many looks \
     in a row, so far apart, must fit into the time limit (5m without `timeout`), or the step can only fail."

    "E120" "vars that lead to themselves" Look::Book(circle);
    "Each of `vars` is made from others. A circle of them has no value, and whatever uses it fails."

    "E121" "a header that cannot be sent" Look::Site(headers);
    "The name of a header is made of letters, digits and signs such as `-`; its value is one line."

    "E122" "a tool that cannot be looked for" Look::Book(tools);
    "A tool under `requires` is the name of a program, alone or with its least version: `psql >= 15`."

    "E129" "a title or a symptom without a word" Look::Book(wordless);
    "The title of a playbook and of its phases, its symptoms and what its inputs and timers say are how it is found \
     and told apart in a list, on the screen and in a report. Blanks say nothing there."
}

/// Parts that may well be empty: a body, a header's value, words beside the step.
const MAY_BE_EMPTY: [&str; 4] = [".body", ".headers.", ".why", ".link"];

fn empty(_: &In<'_>, spot: &Spot<'_>, found: &mut Found<'_>) {
    let path = &spot.piece.path;
    let hollow = match spot.piece.part {
        Part::Script(text) => {
            text.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#'))
        }
        Part::Statement(text) => sql::statements(text).is_empty(),
        Part::Words(text) => {
            text.trim().is_empty() && !MAY_BE_EMPTY.iter().any(|field| path.contains(field))
        }
        _ => false,
    };
    // What is missing was told by the reading, which put a stand-in there.
    if hollow && is_written(spot, found) {
        let (message, help) = match spot.piece.part {
            Part::Script(_) | Part::Statement(_) => {
                ("nothing to run", "write the command, or `manual:` while a person must do it")
            }
            _ => ("nothing is said here", "write the words"),
        };
        found.add(found.value(path), message, "", help);
    }
}

/// True when the field or a longer form of it stands in the file; `confirm: Text` has no `ask` of its own.
fn is_written(spot: &Spot<'_>, found: &Found<'_>) -> bool {
    let (path, site) = (spot.piece.path.as_str(), spot.site.path.as_str());
    if found.source.broken(path) {
        return false;
    }
    let ends = path.match_indices(['.', '[']).map(|(at, _)| at).chain([path.len()]);
    ends.filter(|end| *end > site.len()).any(|end| found.source.has(&path[..end]))
}

fn nobody(_: &In<'_>, site: &Site<'_>, found: &mut Found<'_>) {
    let (field, message, help) = match site.action {
        Some(Action::Assert(_)) if !has_condition(site) => {
            ("", "nothing must hold here", "write a condition: `assert: { that: \"x == 1\" }`")
        }
        Some(Action::Notify(notify)) if notify.to.0.is_empty() => {
            (".to", "nobody is told", "name a contact of mayday.yaml")
        }
        Some(Action::Choose(choose)) if choose.options.is_empty() => {
            (".options", "nothing to choose from", "add `options: { one: What it means }`")
        }
        _ => return,
    };
    found.add(found.key(&format!("{}{field}", site.action_path())), message, "", help);
}

fn has_condition(site: &Site<'_>) -> bool {
    let below = site.action_path();
    site.pieces.iter().any(|piece| {
        matches!(piece.part, Part::Expression(_) | Part::Condition(_))
            && piece.path.starts_with(&below)
    })
}

fn rhythm(_: &In<'_>, site: &Site<'_>, found: &mut Found<'_>) {
    let common = site.common();
    if let Some(common) = common {
        if common.timeout == Some(Span::ZERO) {
            let range = found.value(&format!("{}.timeout", site.path));
            found.add(range, "no time at all", "", "give it the time it needs: `timeout: 2m`");
        }
        let backoff = common.retry.as_ref().and_then(|retry| retry.backoff);
        if backoff.is_some_and(|factor| !(factor > 0.0 && factor.is_finite())) {
            let range = found.value(&format!("{}.retry.backoff", site.path));
            let help = "each pause is this many times the one before: `backoff: 2`";
            found.add(range, "pauses cannot grow by this", "", help);
        }
    }
    let Some(action) = site.action else { return };
    let given = match action {
        Action::WaitForUrl(wait) => (wait.every, wait.times_in_a_row),
        Action::WaitUntil(wait) => (wait.pace.every, wait.pace.times_in_a_row),
        _ => return,
    };
    let path = site.action_path();
    if given.0 == Some(Span::ZERO) {
        let range = found.value(&format!("{path}.every"));
        found.add(range, "looks without a pause between them", "", "write `every: 1s` or more");
    }
    if given.1 == Some(0) {
        let range = found.value(&format!("{path}.times_in_a_row"));
        found.add(range, "no look at all", "", "write 1 or more, or leave it out");
    }
    let Rhythm::Poll { every, in_a_row } = action.rhythm() else { return };
    let limit = common.and_then(|common| common.timeout).unwrap_or(DEFAULT_TIMEOUT);
    let between = i64::from(in_a_row.saturating_sub(1));
    let least = Span::from_millis(every.millis().saturating_mul(between));
    if site.role == Role::Step && limit > Span::ZERO && least >= limit {
        let range = found.value(&format!("{path}.times_in_a_row"));
        let message =
            format!("{in_a_row} looks, one every {every}, take {least}; its limit is {limit}");
        found.add(range, message, "it can only fail", "raise `timeout`, or look more often");
    }
}

fn circle(around: &In<'_>, found: &mut Found<'_>) {
    let vars = &around.book.playbook.head.vars;
    let uses = |expression: &str| -> Vec<String> {
        let names = template::names_in_expression(expression).unwrap_or_default();
        names.into_iter().filter_map(|used| used.path.into_iter().next()).collect()
    };
    for (name, expression) in vars {
        let mut seen = HashSet::new();
        let mut open = uses(expression);
        while let Some(next) = open.pop() {
            if next == *name {
                let message = format!("`{name}` leads to itself");
                let help = "make one of them from an input, a captured name or a literal";
                found.add(found.value(&format!("vars.{name}")), message, "", help);
                break;
            }
            if let Some((_, expression)) = vars.iter().find(|(var, _)| *var == next)
                && seen.insert(next)
            {
                open.extend(uses(expression));
            }
        }
    }
}

/// The words of the head and of the phases; those of steps are pieces of their own (E117).
fn wordless(around: &In<'_>, found: &mut Found<'_>) {
    let playbook = around.book.playbook;
    let head = &playbook.head;
    let mut all = vec![("title".to_owned(), head.title.as_str())];
    let lists = [("use_when", &head.use_when), ("alerts", &head.alerts), ("tags", &head.tags)];
    for (name, texts) in lists {
        let texts = texts.iter().enumerate();
        all.extend(texts.map(|(at, text)| (format!("{name}[{at}]"), text.as_str())));
    }
    let not_for = head.not_for.iter().enumerate();
    all.extend(not_for.map(|(at, not)| (format!("not_for[{at}].if"), not.condition.as_str())));
    let inputs = head.inputs.iter();
    all.extend(
        inputs.filter_map(|(name, input)| {
            Some((format!("inputs.{name}.ask"), input.ask.as_deref()?))
        }),
    );
    all.extend(
        head.timers.iter().map(|(id, timer)| (format!("timers.{id}.say"), timer.say.as_str())),
    );
    let phases = playbook.phases.iter().enumerate();
    all.extend(
        phases.map(|(at, phase)| (format!("phases[{at}].title"), phase.head.title.as_str())),
    );
    // Steps without phases have one that nobody wrote; what is missing or broken was told by the reading.
    let written = |path: &str| found.source.has(path) && !found.source.broken(path);
    let empty: Vec<String> = all
        .into_iter()
        .filter(|(path, text)| text.trim().is_empty() && written(path))
        .map(|(path, _)| path)
        .collect();
    for path in empty {
        found.add(found.value(&path), "nothing is said here", "", "write the words");
    }
}

fn headers(_: &In<'_>, site: &Site<'_>, found: &mut Found<'_>) {
    let headers = match site.action {
        Some(Action::Http(http)) => &http.headers,
        Some(Action::WaitForUrl(wait)) => &wait.headers,
        _ => return,
    };
    // A token of RFC 9110, 5.6.2.
    let token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    for (name, value) in headers {
        let path = format!("{}.headers.{name}", site.action_path());
        if name.is_empty() || !name.chars().all(token) {
            let help = "take the blanks and signs out: `X-Request-Id`";
            found.add(found.key(&path), format!("`{name}` is no name of a header"), "", help);
        } else if value.contains(|c: char| c.is_control() && c != '\t') {
            let message = format!("the value of `{name}` has more than one line");
            found.add(found.value(&path), message, "", "write it on one line");
        }
    }
}

fn tools(around: &In<'_>, found: &mut Found<'_>) {
    for (index, tool) in around.book.playbook.head.requires.tools.iter().enumerate() {
        let (name, least) = match tool.split_once(">=") {
            Some((name, least)) => (name.trim(), Some(least.trim())),
            None => (tool.trim(), None),
        };
        let numbers = |least: &str| {
            least.starts_with(|c: char| c.is_ascii_digit())
                && least.chars().all(|c| c.is_ascii_alphanumeric() || ".-+_".contains(c))
        };
        let named = !name.is_empty()
            && !name.contains(|c: char| c.is_whitespace() || "<>=/'\"".contains(c));
        if !named || !least.is_none_or(numbers) {
            let range = found.value(&format!("requires.tools[{index}]"));
            let message = format!("`{tool}` is no tool with its least version");
            found.add(range, message, "", "write `psql`, or `psql >= 15`");
        }
    }
}
