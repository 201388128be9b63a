//! The rules. A rule is a row in one of these files; a new file is one line in [`all`].

use super::Rule;

/// Writes the rows of a file: code, title, look; why. Its examples are `tests/fixtures/check/CODE.yaml`
/// and `CODE.good.yaml`, which a test runs.
macro_rules! rules {
    ($($code:literal $title:literal $look:expr; $why:literal)*) => {
        rules! { in ".yaml" ".good.yaml" $($code $title $look; $why)* }
    };
    (in $bad:literal $good:literal $($code:literal $title:literal $look:expr; $why:literal)*) => {
        /// The rules of this file.
        pub const RULES: &[$crate::playbook::check::Rule] = &[$($crate::playbook::check::Rule {
            code: $code,
            title: $title,
            why: $why,
            bad: include_str!(concat!("../../../../tests/fixtures/check/", $code, $bad)),
            good: include_str!(concat!("../../../../tests/fixtures/check/", $code, $good)),
            look: $look,
        },)*];
    };
}

mod calls;
mod client;
mod config;
mod contacts;
mod danger;
mod drill;
mod ends;
mod expressions;
mod fields;
mod habits;
mod hollow;
mod http;
mod ids;
mod leaks;
mod limits;
mod meaning;
mod messages;
mod references;
mod review;
mod shell;
mod sql;
pub mod tokens;
mod types;
mod values;

/// Every rule.
pub fn all() -> impl Iterator<Item = &'static Rule> {
    const ALL: &[&[Rule]] = &[
        ids::RULES,
        references::RULES,
        expressions::RULES,
        types::RULES,
        ends::RULES,
        fields::RULES,
        hollow::RULES,
        meaning::RULES,
        values::RULES,
        tokens::RULES,
        http::RULES,
        config::RULES,
        contacts::RULES,
        messages::RULES,
        danger::RULES,
        limits::RULES,
        review::RULES,
        drill::RULES,
        leaks::RULES,
        shell::RULES,
        client::RULES,
        sql::RULES,
    ];
    ALL.iter().copied().flatten()
}
