//! What a project calls its severities: `P1` for `SEV-1`.
//!
//! Owns reading such a word. What is kept (playbooks as read, records, plans) is always the [`Severity`].

use std::collections::BTreeMap;

use super::{Severity, SeverityMatrix, built_in_matrix};

/// The words for severities that a project knows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// The project's own; they are shown beside the severity.
    own: BTreeMap<Severity, Vec<String>>,
}

impl Names {
    /// The names that these policies give.
    #[must_use]
    pub fn of(policies: &SeverityMatrix) -> Self {
        let names = policies.iter().map(|(severity, policy)| (*severity, policy.aliases.clone()));
        Self { own: names.collect() }
    }

    /// The severity that is written so: `SEV-1`, a name of the project's, or `P1` to `P4` where the project
    /// says nothing of that severity. Case and blanks around it do not count.
    #[must_use]
    pub fn read(&self, word: &str) -> Option<Severity> {
        let word = word.trim();
        let all = self.all();
        let exact = all.iter().find(|(_, name)| name.as_str() == word);
        let found = exact.or_else(|| {
            let folded = word.to_lowercase();
            all.iter().find(|(_, name)| name.to_lowercase() == folded)
        });
        found.map(|(severity, _)| *severity)
    }

    /// Every word that is read, the severities first.
    #[must_use]
    pub fn known(&self) -> Vec<String> {
        self.all().into_iter().map(|(_, name)| name).collect()
    }

    /// `SEV-1 (P1)`: a severity and what this project calls it; names that nobody gave are not shown.
    #[must_use]
    pub fn shown(&self, severity: Severity) -> String {
        match self.own.get(&severity).map(|names| names.join(", ")) {
            Some(names) if !names.is_empty() => format!("{severity} ({names})"),
            _ => severity.to_string(),
        }
    }

    fn all(&self) -> Vec<(Severity, String)> {
        let mut all: Vec<_> =
            Severity::ALL.iter().map(|severity| (*severity, severity.to_string())).collect();
        let own = self.own.iter();
        all.extend(own.flat_map(|(sev, names)| names.iter().map(|name| (*sev, name.clone()))));
        for (severity, policy) in built_in_matrix() {
            if !self.own.contains_key(&severity) {
                let free = |name: &String| all.iter().all(|(_, known)| known != name);
                let names: Vec<_> = policy.aliases.into_iter().filter(free).collect();
                all.extend(names.into_iter().map(|name| (severity, name)));
            }
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::severity::SeverityPolicy;

    fn names(of: &[(Severity, &[&str])]) -> Names {
        let policy = |aliases: &[&str]| SeverityPolicy {
            aliases: aliases.iter().map(ToString::to_string).collect(),
            ..built_in_matrix().remove(&Severity::Sev1).unwrap()
        };
        Names::of(&of.iter().map(|(severity, aliases)| (*severity, policy(aliases))).collect())
    }

    #[test]
    fn a_severity_is_read_by_its_own_name_by_the_projects_and_by_the_usual_ones() {
        let none = Names::default();
        let cases = [("SEV-1", 1), ("sev-2", 2), (" P3 ", 3), ("p4", 4)];
        for (word, level) in cases {
            assert_eq!(none.read(word), Some(Severity::ALL[level - 1]), "{word}");
        }
        assert_eq!(none.read("SEV-5"), None);
        assert_eq!(none.shown(Severity::Sev1), "SEV-1", "nobody here says P1");
        let own = names(&[(Severity::Sev1, &["Kritisch", "P2"]), (Severity::Sev3, &[])]);
        assert_eq!(own.read("kritisch"), Some(Severity::Sev1));
        assert_eq!(
            own.read("P2"),
            Some(Severity::Sev1),
            "the project's word stands before the usual one"
        );
        assert_eq!(own.read("P1"), None, "the project has other names for it");
        assert_eq!(own.read("P3"), None, "the project gives it no name");
        assert_eq!(own.read("P4"), Some(Severity::Sev4));
        assert_eq!(own.shown(Severity::Sev1), "SEV-1 (Kritisch, P2)");
        assert_eq!(own.shown(Severity::Sev3), "SEV-3");
        assert_eq!(own.known(), ["SEV-1", "SEV-2", "SEV-3", "SEV-4", "Kritisch", "P2", "P4"]);
    }
}
