//! Which names a script reads: those that it gets as variables.
//!
//! Owns the ways in which a shell, or a program that it starts, names a variable. Knows no values.

use std::collections::BTreeSet;

/// The names that a script reads, each once, in order: `$name`, `${name}`, a bare name in arithmetic such as
/// `$((rows + 1))`, and those by which a program asks for its environment, such as `printenv name` or
/// `os.environ["name"]`.
#[must_use]
pub fn variables(script: &str) -> Vec<&str> {
    let mut found: Vec<(usize, &str)> = Vec::new();
    for (at, _) in script.match_indices('$') {
        let rest = &script[at + 1..];
        let rest = rest.strip_prefix('{').unwrap_or(rest).trim_start_matches(['#', '!']);
        found.extend(name_at(rest).map(|name| (at, name)));
    }
    // Each piece is looked at once: a script may be megabytes of brackets.
    let mut from = 0;
    while let Some(at) = script[from..].find("((").map(|at| from + at + 2) {
        let end = at + end_of_arithmetic(&script[at..]);
        found.extend(words(&script[at..end]).map(|name| (at, name)));
        from = end;
    }
    for asked in ASKED {
        for (at, _) in script.match_indices(asked) {
            let rest = &script[at + asked.len()..];
            let rest = rest.trim_start_matches(['(', '[', '{', '"', '\'', ' ']);
            found.extend(name_at(rest).map(|name| (at, name)));
        }
    }
    found.sort_by_key(|(at, _)| *at);
    let mut seen = BTreeSet::new();
    found.into_iter().filter_map(|(_, name)| seen.insert(name).then_some(name)).collect()
}

/// How programs name a variable of their environment: the shell's own, Python, awk, jq, Node, Perl, PHP, Ruby.
const ASKED: &[&str] = &[
    "printenv ",
    "[[ -v ",
    "[ -v ",
    "test -v ",
    "environ[",
    "environ.get(",
    "getenv(",
    "ENVIRON[",
    "$ENV.",
    "env.",
    "$ENV{",
    "ENV[",
    "ENV.fetch(",
];

fn name_at(text: &str) -> Option<&str> {
    let end = text.find(|c: char| !is_part(c)).unwrap_or(text.len());
    let name = &text[..end];
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_').then_some(name)
}

fn is_part(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// The bare names of an expression. A number such as `0x1f` is none, and what has a `$` was found by it.
fn words(expression: &str) -> impl Iterator<Item = &str> {
    expression.split(|c: char| !is_part(c)).filter_map(name_at)
}

/// Where `))` closes what `((` opened; the end of the text where nothing does.
fn end_of_arithmetic(text: &str) -> usize {
    let mut open = 0_usize;
    for (at, c) in text.char_indices() {
        match c {
            '(' => open += 1,
            ')' if open == 0 => return at,
            ')' => open -= 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::variables;

    #[test]
    fn names_are_found_in_every_way_in_which_a_script_reads_them() {
        let cases: &[(&str, &[&str])] = &[
            ("echo \"$one\" ${two} ${#three} ${four:?} $1 $? $$", &["one", "two", "three", "four"]),
            ("echo $((rows + 1)) $(((a + b) * 2)) $done", &["rows", "a", "b", "done"]),
            ("if ((n > 3)); then echo many; fi", &["n"]),
            ("echo $((0x1f + 3)) $(( $rows ))", &["rows"]),
            ("printenv dump_file; [[ -v region ]]", &["dump_file", "region"]),
            (
                "python3 -c 'import os; print(os.environ[\"host\"], os.environ.get(\"port\"))'",
                &["host", "port"],
            ),
            (
                "awk '{ print ENVIRON[\"host\"] }' f; jq -n 'env.host, $ENV.port'",
                &["host", "port", "ENV"],
            ),
            ("echo rows | tr a b; (cd x && ls)", &[]),
            ("echo $((", &[]),
        ];
        for (script, expected) in cases {
            let mut found = variables(script);
            found.sort_unstable();
            let mut expected = expected.to_vec();
            expected.sort_unstable();
            assert_eq!(found, expected, "{script}");
        }
    }

    /// Looked at piece by piece, this would take hours.
    #[test]
    fn megabytes_of_brackets_and_of_names_are_read_in_one_pass() {
        assert!(variables(&"((".repeat(1 << 20)).is_empty());
        let many = (0..200_000).map(|n| format!("$n{n}")).collect::<Vec<_>>().join(" ");
        assert_eq!(variables(&format!("{many} {many}")).len(), 200_000);
    }
}
