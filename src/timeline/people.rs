//! What people are called: a role each, in the order in which they appear, or their names.

use std::borrow::Cow;

use crate::run::event::{Asking, Event, Kind};
use crate::run::state::{BROKEN, GLASS, NEW_CODE};

/// The people of a run.
#[derive(Clone, Debug)]
pub struct People {
    names: Vec<String>,
    in_full: bool,
}

impl People {
    /// Everybody whom the events name. With `in_full` they keep their names.
    #[must_use]
    pub fn of(events: &[(u64, Event)], in_full: bool) -> Self {
        let mut people = Self { names: Vec::new(), in_full };
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
        people
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
        match self.names.iter().position(|known| known == name) {
            Some(at) if !self.in_full => format!("operator {}", at + 1),
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
        ] {
            assert_eq!(people.hidden(text), told);
        }
        let full = People { in_full: true, ..people };
        assert_eq!(full.hidden("maria"), "maria");
    }
}
