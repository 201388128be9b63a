//! What people are called: a role each, in the order in which they appear, or their names.

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
