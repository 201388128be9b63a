//! The second person: asked with a code that agrees to this one thing, for a while; or the glass is broken.
//!
//! Owns who counts: never the one who drives, neither by name nor by account. It keeps honest colleagues
//! from slips; it is no lock against somebody who lies about who they are. Pure.

use super::event::{Asking, Kind};
use super::gate::{is_operator, put};
use super::next::{Look, Move};
use super::session::Source;
use super::state::{GLASS, NEW_CODE, Run, StepState};
use crate::effect::{Choice, Question, Wants};
use crate::plan::Mode;
use crate::time::{Span, Timestamp};

/// A code is worth nothing after this long: as long as a gate before a destructive step counts
/// (durability design, crash rules).
const VALID: Span = Span::from_mins(10);

/// What a flag begins with that breaks the glass; the reason stands behind it.
pub(super) const GLASS_FLAG: &str = "break glass:";

/// The next question to or about the second person.
pub(super) fn ask(look: &Look<'_>, key: &str, state: &StepState, asking: Asking, to: &str) -> Move {
    let about = format!("{key}.{}", if asking == Asking::Override { "override" } else { "second" });
    let scripted = look.session.scripted(&about, true).is_some();
    if scripted || !look.session.attended {
        let example = format!("'{GLASS_FLAG} WHY'");
        if !scripted {
            return super::next::answer_needed(look, key, &about, "--confirm", &example);
        }
        let text = "A second person must agree. Second person: their name".to_owned();
        let question = Question { about, text, help: None, wants: Wants::Words };
        return put(look, key, asking, question, "--confirm");
    }
    let Some(open) = state.approval.as_ref().filter(|open| open.question == asking) else {
        return Move::record(Kind::ApprovalAsked {
            step: key.to_owned(),
            question: asking,
            code: code(look, key, state, to),
            what: to.to_owned(),
            user: look.session.user.clone(),
            until: look.now + VALID,
        });
    };
    let run = &look.plan.place.run_id;
    if open.glass {
        let question = Question {
            about: format!("{about}.reason"),
            text: "Why does nobody else agree? This stands in the post-mortem.".to_owned(),
            help: Some("Esc goes back to the menu; nothing was changed.".to_owned()),
            wants: Wants::Words,
        };
        return put(look, key, Asking::Glass, question, "--answer");
    }
    let choice = |key: &str, label: &str| Choice { key: key.to_owned(), label: label.to_owned() };
    let question = Question {
        about,
        text: format!(
            "A second person must agree: {}\nSomebody else than {}, from their own account, until {}:\n  \
             mayday ack {run} {}\nThis goes on by itself when they did.",
            open.what,
            look.run.operator,
            open.until.clock(),
            open.code
        ),
        help: None,
        wants: Wants::OneOf(vec![
            choice("no", "do not do it"),
            choice(NEW_CODE, "a new code"),
            choice(GLASS, "break the glass: go on alone, with a reason"),
        ]),
    };
    put(look, key, asking, question, "--confirm")
}

/// Whether a name given in advance agrees, and as what it is recorded.
///
/// # Errors
/// Why it does not.
pub(super) fn in_advance(
    run: &Run,
    mode: Mode,
    source: &str,
    name: &str,
) -> Result<String, String> {
    let glass = name.trim().get(..GLASS_FLAG.len());
    if glass.is_some_and(|start| start.eq_ignore_ascii_case(GLASS_FLAG)) {
        let why = name.trim()[GLASS_FLAG.len()..].trim();
        if why.is_empty() {
            return Err("breaking the glass needs a reason".to_owned());
        }
        return Ok(format!("{}{why}", super::state::BROKEN));
    }
    if is_operator(run, name) {
        return Err(format!("{} drives this run; a second person must agree", run.operator));
    }
    // In a drill somebody may stand in; elsewhere whoever drives cannot speak for another.
    match (source == Source::Drill.word(), mode) {
        (true, _) | (_, Mode::Drill) => Ok(name.to_owned()),
        _ => Err(format!(
            "whoever drives cannot agree for somebody else: they use `mayday ack`, or give \
             `{GLASS_FLAG} WHY`"
        )),
    }
}

/// Somebody else's code: the step that it agrees to.
///
/// # Errors
/// Why it does not count.
pub(super) fn agree(
    run: &Run,
    code: &str,
    by: &str,
    user: &str,
    now: Timestamp,
) -> Result<Kind, String> {
    let asked = normal(code);
    let mut open =
        run.steps.iter().filter_map(|(step, state)| Some((step, state.approval.as_ref()?)));
    let Some((step, approval)) = open.find(|(_, approval)| normal(&approval.code) == asked) else {
        return Err("nothing that is asked now has this code; the screen of the run shows the one that counts".to_owned());
    };
    if now >= approval.until {
        return Err(format!(
            "the code was good until {}; ask for a new one",
            approval.until.clock()
        ));
    }
    if is_operator(run, by) {
        return Err(format!("{} drives this run; somebody else must agree", run.operator));
    }
    if approval.user == user {
        return Err(format!(
            "it comes from the account that drives this run ({user}); somebody else must agree"
        ));
    }
    Ok(Kind::Agreed {
        step: step.clone(),
        question: approval.question,
        code: approval.code.clone(),
        user: user.to_owned(),
    })
}

/// What is waiting for a second person: the step and what is asked.
#[must_use]
pub fn waiting(run: &Run) -> Vec<(&str, &super::state::Approval)> {
    let mut open: Vec<_> = run
        .steps
        .iter()
        .filter_map(|(step, state)| Some((step.as_str(), state.approval.as_ref()?)))
        .collect();
    open.sort_by_key(|(step, _)| *step);
    open
}

/// Capitals and digits that are not mistaken for each other when they are read out.
const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Eight characters that follow from the run, the step, its attempt, and every word of what is asked. It is
/// read out between people: it must not collide by chance, nobody is kept from computing it.
fn code(look: &Look<'_>, key: &str, state: &StepState, what: &str) -> String {
    let attempt = state.attempts.to_string();
    let at = look.now.millis().to_string();
    let parts = [look.plan.place.run_id.as_str(), key, &attempt, &at, what];
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for byte in parts.iter().flat_map(|part| part.bytes().chain([0])) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    // The low bits of this hash mix badly: fold the high ones in.
    hash ^= hash >> 29;
    let letter = |place: u32| {
        let five = (hash >> (5 * place)) & 31;
        char::from(LETTERS[usize::try_from(five).unwrap_or_default()])
    };
    let (first, second): (String, String) =
        ((0..4).map(letter).collect(), (4..8).map(letter).collect());
    format!("{first}-{second}")
}

/// As it is compared: without the dash and spaces, letters that look like digits as those.
fn normal(code: &str) -> String {
    let plain = code.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase());
    plain
        .map(|c| match c {
            'O' => '0',
            'I' | 'L' => '1',
            c => c,
        })
        .collect()
}
