//! What people are called: a role each, in the order in which they appear, or their names.

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::plan::Plan;
use crate::run::event::{Asking, Event, Kind};
use crate::run::state::{BROKEN, GLASS, NEW_CODE};

/// The people of a run.
#[derive(Clone, Debug)]
pub struct People {
    names: Vec<String>,
    /// Whom notes name with `@` and nobody knows: people of whom the record tells nothing else.
    mentioned: Vec<String>,
    in_full: bool,
}

impl People {
    /// Everybody whom the events name. With `in_full` they keep their names. Of the plan, its contacts are known to be
    /// places rather than people.
    #[must_use]
    pub fn of(events: &[(u64, Event)], plan: Option<&Plan>, in_full: bool) -> Self {
        let mut people = Self { names: Vec::new(), mentioned: Vec::new(), in_full };
        for (_, event) in events {
            people.meet(&event.by);
            match &event.kind {
                Kind::Opened(opened) => people.meet(&opened.operator),
                Kind::Attached { operator, .. } => people.meet(operator),
                Kind::Chose { second_person: Some(second), .. }
                | Kind::Skipped { second_person: Some(second), .. } => people.meet_second(second),
                Kind::Answered {
                    question: Asking::SecondPerson | Asking::Override,
                    answer,
                    ..
                } => people.meet_second(answer.as_str().unwrap_or_default()),
                Kind::RoleGiven { to, .. } => people.meet(to),
                _ => {}
            }
        }
        people.hear_of(events, plan);
        people
    }

    /// Whom notes name with `@`, but for those who are known, and roles, contacts and accounts that many share.
    fn hear_of(&mut self, events: &[(u64, Event)], plan: Option<&Plan>) {
        let rungs = plan.into_iter().flat_map(|plan| {
            let all = plan.matrix.values().flat_map(|policy| &policy.escalation);
            plan.escalation.iter().chain(all).flat_map(|rung| &rung.to)
        });
        let mut places: BTreeSet<&str> = rungs.map(String::as_str).collect();
        let mut notes: Vec<&str> = Vec::new();
        for (_, event) in events {
            match &event.kind {
                Kind::RoleGiven { role, note, .. } => {
                    places.insert(role);
                    notes.extend(note.as_deref());
                }
                Kind::MessageQueued { to, .. } | Kind::Notifying { to, .. } => {
                    places.insert(to);
                }
                kind => notes.extend(words_of(kind)),
            }
        }
        for name in notes.into_iter().flat_map(mentions) {
            let known = self.knows(name) || self.mentioned.iter().any(|known| known == name);
            if !known && !places.contains(name) && is_told_apart(name) {
                self.mentioned.push(name.to_owned());
            }
        }
    }

    /// What stands in the place of a second person need not be one.
    fn meet_second(&mut self, name: &str) {
        if !name.starts_with(BROKEN) && ![GLASS, NEW_CODE].contains(&name) {
            self.meet(name);
        }
    }

    fn meet(&mut self, name: &str) {
        if !name.is_empty() && name != "mayday" && !self.names.iter().any(|known| known == name) {
            self.names.push(name.to_owned());
        }
    }

    /// `operator 2`, or the name. mayday itself stays mayday.
    #[must_use]
    pub fn called(&self, name: &str) -> String {
        let place = |of: &[String]| of.iter().position(|known| known == name);
        match (place(&self.names), place(&self.mentioned)) {
            (Some(at), _) if !self.in_full => format!("operator {}", at + 1),
            (None, Some(at)) if !self.in_full => format!("person {}", at + 1),
            _ if name.is_empty() => "nobody".to_owned(),
            _ => name.to_owned(),
        }
    }

    /// The text with the names of people as they are called. Only whole words count, and no word that is the name of
    /// an account rather than of a person: `root` in a sentence is not the one who logged in as it.
    #[must_use]
    pub fn hidden<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.in_full {
            return Cow::Borrowed(text);
        }
        let mut text = Cow::Borrowed(text);
        for (at, name) in self.names.iter().enumerate().filter(|(_, name)| is_told_apart(name)) {
            if let Some(new) = replaced(&text, name, &format!("operator {}", at + 1)) {
                text = Cow::Owned(new);
            }
        }
        // Of those whom only a note names, a word without `@` may be any word.
        for (at, name) in self.mentioned.iter().enumerate() {
            let mention = format!("@{name}");
            if let Some(new) = replaced(&text, &mention, &format!("person {}", at + 1)) {
                text = Cow::Owned(new);
            }
        }
        text
    }

    /// Whether the record names somebody so.
    #[must_use]
    pub fn knows(&self, name: &str) -> bool {
        self.names.iter().any(|known| known == name)
    }

    /// Everybody, as they are called.
    #[must_use]
    pub fn all(&self) -> Vec<String> {
        self.names.iter().map(|name| self.called(name)).collect()
    }
}

/// What a person wrote into an event.
fn words_of(kind: &Kind) -> Option<&str> {
    match kind {
        Kind::Noted { text, .. } | Kind::Updated { text } => Some(text),
        Kind::Skipped { reason, by_choice: true, .. }
        | Kind::Closed { reason, .. }
        | Kind::Abandoned { reason } => Some(reason),
        Kind::Chose { reason, .. }
        | Kind::Milestone { reason, .. }
        | Kind::SeverityChanged { reason, .. } => reason.as_deref(),
        Kind::Answered { answer, .. } => answer.as_str(),
        _ => None,
    }
}

/// The names behind `@` in a text: `@ana`, and no part of an address.
fn mentions(text: &str) -> impl Iterator<Item = &str> {
    let inside = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    text.match_indices('@').filter_map(move |(at, _)| {
        let alone = !text[..at].chars().next_back().is_some_and(inside);
        let behind = &text[at + 1..];
        let name =
            behind[..behind.find(|c| !inside(c)).unwrap_or(behind.len())].trim_end_matches('.');
        (alone && !name.is_empty()).then_some(name)
    })
}

/// Accounts that many people share: as a word of a text they are no person's name.
const SHARED: [&str; 14] = [
    "root",
    "admin",
    "administrator",
    "operator",
    "ops",
    "oncall",
    "user",
    "postgres",
    "mysql",
    "ubuntu",
    "debian",
    "deploy",
    "runner",
    "nobody",
];

/// A name that is one wherever it stands.
fn is_told_apart(name: &str) -> bool {
    name.chars().count() > 1 && !SHARED.iter().any(|shared| name.eq_ignore_ascii_case(shared))
}

/// The text with a name replaced, whatever its case; `None` where it does not stand in it.
fn replaced(text: &str, name: &str, by: &str) -> Option<String> {
    let word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    let first = *name.as_bytes().first()?;
    let (mut out, mut from, mut at) = (String::new(), 0, 0);
    while let Some(step) =
        text.as_bytes().get(at..)?.iter().position(|byte| byte.eq_ignore_ascii_case(&first))
    {
        at += step;
        let end = at + name.len();
        let same = text.get(at..end).is_some_and(|there| there.eq_ignore_ascii_case(name));
        let alone =
            same && !word(text[..at].chars().next_back()) && !word(text[end..].chars().next());
        if alone {
            // `@maria` in a note is Maria; in an address it is a part of it.
            let before = &text[from..at];
            let mention = before.strip_suffix('@').filter(|rest| !word(rest.chars().next_back()));
            out.push_str(mention.unwrap_or(before));
            out.push_str(by);
            (from, at) = (end, end);
        } else {
            at += 1;
        }
    }
    (from > 0).then(|| out + &text[from..])
}

#[cfg(test)]
mod tests {
    use super::People;

    #[test]
    fn a_name_in_a_text_is_replaced_where_it_is_a_word() {
        let people = People {
            names: ["maria", "josé", "root", "x"].map(str::to_owned).into(),
            mentioned: ["ana.ruiz", "will"].map(str::to_owned).into(),
            in_full: false,
        };
        for (text, told) in [
            (
                "Maria asked josé, maria's friend",
                "operator 1 asked operator 2, operator 1's friend",
            ),
            ("mariana and rosemaria_1 of MARIA", "mariana and rosemaria_1 of operator 1"),
            ("as root, x = 1", "as root, x = 1"),
            ("", ""),
            ("josé", "operator 2"),
            ("ask @maria, not x@maria.example", "ask operator 1, not x@operator 1.example"),
            ("ñmaria ñ maria", "ñmaria ñ operator 1"),
            ("@ana.ruiz: @will will do it", "person 1: person 2 will do it"),
            ("x@ana.ruiz @ana.ruizo @Will.", "x@ana.ruiz @ana.ruizo person 2."),
        ] {
            assert_eq!(people.hidden(text), told);
        }
        let full = People { in_full: true, ..people };
        assert_eq!(full.hidden("maria"), "maria");
    }
}
