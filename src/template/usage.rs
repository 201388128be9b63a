//! What filters and tests take: how many arguments, and which by name.
//!
//! One table for the evaluator and for `check`, so that what passes the one cannot fail in the other. Names of
//! filters and tests that are given as texts (`map('lower')`, `selectattr('n', 'gt', 5)`) are held against it too.

use super::{FILTERS, TESTS};

/// What a filter or test takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    /// Fewest arguments by position.
    pub least: usize,
    /// Most arguments by position.
    pub most: usize,
    /// Arguments by name.
    pub names: &'static [&'static str],
}

const fn takes(least: usize, most: usize, names: &'static [&'static str]) -> Usage {
    Usage { least, most, names }
}

/// What a filter takes; `None` where there is no such filter.
#[must_use]
pub fn of_filter(name: &str) -> Option<Usage> {
    Some(match name {
        "default" => takes(0, 2, &["boolean"]),
        "join" | "round" | "split" => takes(0, 1, &[]),
        "replace" => takes(2, 2, &[]),
        "sort" => takes(0, 0, &["attribute", "reverse"]),
        "sum" => takes(0, 0, &["attribute"]),
        "map" => takes(0, usize::MAX, &["attribute", "default"]),
        "select" | "reject" => takes(0, usize::MAX, &[]),
        "selectattr" | "rejectattr" => takes(1, usize::MAX, &[]),
        "tojson" => takes(0, 0, &[]),
        name if FILTERS.contains(&name) => takes(0, 0, &[]),
        _ => return None,
    })
}

/// What a test takes behind its value; `None` where there is no such test.
#[must_use]
pub fn of_test(name: &str) -> Option<Usage> {
    Some(match name {
        "boolean" | "defined" | "empty" | "even" | "false" | "integer" | "list" | "mapping"
        | "none" | "number" | "odd" | "string" | "true" | "undefined" => takes(0, 0, &[]),
        name if TESTS.contains(&name) || super::checks::sign(name).is_some() => takes(1, 1, &[]),
        _ => return None,
    })
}

impl Usage {
    /// What is wrong with arguments, a lowercase fragment; `None` where they fit.
    #[must_use]
    pub fn slip<'n>(
        self,
        by_position: usize,
        by_name: impl IntoIterator<Item = &'n str>,
    ) -> Option<String> {
        if let Some(name) = by_name.into_iter().find(|name| !self.names.contains(name)) {
            return Some(match self.names {
                [] => format!("takes nothing by name, and no `{name}`"),
                names => format!("takes no `{name}`; by name it takes {}", names.join(", ")),
            });
        }
        let say = |count: usize| match count {
            0 => "nothing".to_owned(),
            1 => "1 argument".to_owned(),
            n => format!("{n} arguments"),
        };
        if by_position < self.least {
            Some(format!("needs {}, has {}", say(self.least), say(by_position)))
        } else if by_position > self.most {
            Some(format!("takes {}, has {}", say(self.most), say(by_position)))
        } else {
            None
        }
    }
}
