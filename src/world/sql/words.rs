//! The words of a statement, as far as they decide what to do with it.
//!
//! This is no parser: it skips strings, comments and quoted names, and tells the plain words with the
//! depth of parentheses they stand in. What must hold for safety is held by the database; this only
//! refuses early and with better words.

use crate::effect::EffectClass;

/// A plain word in lower case, and how many parentheses are open around it.
pub(super) struct Word {
    pub(super) text: String,
    pub(super) depth: usize,
}

/// The plain words of a statement, in order.
pub(super) fn words(statement: &str) -> Vec<Word> {
    let bytes = statement.as_bytes();
    let (mut found, mut at, mut depth) = (Vec::new(), 0, 0_usize);
    while let Some(&byte) = bytes.get(at) {
        let rest = &bytes[at..];
        at += match byte {
            b'\'' if follows_e(&bytes[..at]) => escaped(rest),
            b'\'' | b'"' | b'`' => quoted(rest, byte),
            b'-' if rest.starts_with(b"--") => until(rest, b"\n"),
            b'/' if rest.starts_with(b"/*") => comment(rest),
            b'$' => dollar(rest),
            b'(' => {
                depth += 1;
                1
            }
            b')' => {
                depth = depth.saturating_sub(1);
                1
            }
            b if is_word(b) => {
                let length = rest.iter().take_while(|b| is_word(**b) || **b == b'$').count();
                let text = statement[at..at + length].to_lowercase();
                found.push(Word { text, depth });
                length
            }
            _ => 1,
        };
    }
    found
}

const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

fn until(bytes: &[u8], end: &[u8]) -> usize {
    bytes.windows(end.len()).position(|w| w == end).map_or(bytes.len(), |n| n + end.len())
}

fn quoted(bytes: &[u8], quote: u8) -> usize {
    1 + until(&bytes[1..], &[quote])
}

/// True when the text so far ends in the `E` of an `E'...'` string.
fn follows_e(before: &[u8]) -> bool {
    match before {
        [.., word, b'e' | b'E'] => !is_word(*word),
        [b'e' | b'E'] => true,
        _ => false,
    }
}

fn escaped(bytes: &[u8]) -> usize {
    let mut at = 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 2,
            b'\'' => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

fn comment(bytes: &[u8]) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while at < bytes.len() {
        if bytes[at..].starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if bytes[at..].starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    at
}

fn dollar(bytes: &[u8]) -> usize {
    let tag = 1 + bytes[1..].iter().take_while(|b| is_word(**b)).count();
    if bytes.get(tag) != Some(&b'$') || bytes.get(1).is_some_and(u8::is_ascii_digit) {
        return 1;
    }
    let tag = &bytes[..=tag];
    tag.len() + until(&bytes[tag.len()..], tag)
}

/// What a statement does, by its verb.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    /// Only returns rows: a cursor can walk over them.
    Query,
    /// Changes rows, and may return them.
    Change,
    /// Anything else.
    Other,
}

/// The verb of a statement. A `WITH` that changes rows on its way counts as a change, even when a
/// SELECT stands at its end.
pub(super) fn verb(statement: &str) -> Verb {
    let words = words(statement);
    let changes = |text: &str| matches!(text, "insert" | "update" | "delete" | "merge" | "replace");
    match words.first().map(|word| word.text.as_str()) {
        Some("with") if words.iter().any(|word| changes(&word.text)) => Verb::Change,
        Some("select" | "values" | "table" | "with") => Verb::Query,
        Some(first) if changes(first) => Verb::Change,
        _ => Verb::Other,
    }
}

/// The verb at the end of a `WITH`, or the first word: what the count of rows is about.
pub(super) fn counts_changes(statement: &str) -> bool {
    let words = words(statement);
    let top = words.iter().filter(|word| word.depth == 0).map(|word| word.text.as_str());
    let mut verbs = top.filter(|text| {
        matches!(
            *text,
            "select" | "values" | "table" | "insert" | "update" | "delete" | "merge" | "replace"
        )
    });
    !matches!(verbs.next(), None | Some("select" | "values" | "table"))
}

/// Why mayday does not even send a statement.
pub(super) fn refuse(statement: &str, class: EffectClass, alone: bool) -> Option<String> {
    let words = words(statement);
    let text = |index: usize| words.get(index).map_or("", |word| word.text.as_str());
    if words.is_empty() {
        return Some("there is no statement in it".to_owned());
    }
    let first = text(0);
    let transaction = match first {
        "begin" | "start" | "commit" | "end" | "rollback" | "abort" | "savepoint" | "release" => {
            // `START REPLICA` and the like are no transactions.
            first != "start" || text(1) == "transaction"
        }
        "prepare" => text(1) == "transaction",
        "set" => text(1) == "transaction" || (text(1) == "session" && text(2) == "characteristics"),
        _ => false,
    };
    if transaction && !(alone && class != EffectClass::Read && text(1) == "prepared") {
        return Some(format!(
            "{} is mayday's to say: statements of one step run in one transaction of its own",
            first.to_uppercase()
        ));
    }
    if class == EffectClass::Read && matches!(first, "copy" | "do" | "call" | "load" | "lock") {
        return Some(format!(
            "{} does more than read: declare the step's effect, or write a query",
            first.to_uppercase()
        ));
    }
    if class == EffectClass::Read && words.iter().any(|word| writes_files(&word.text)) {
        return Some("it writes files on the server: declare the step's effect".to_owned());
    }
    if first == "copy" && words.iter().any(|word| matches!(word.text.as_str(), "stdin" | "stdout"))
    {
        return Some("COPY from STDIN and to STDOUT need psql: use a shell step".to_owned());
    }
    None
}

/// Functions and clauses that leave a READ ONLY transaction when the role may use them.
fn writes_files(word: &str) -> bool {
    matches!(
        word,
        "lo_export"
            | "lo_import"
            | "lo_create"
            | "lo_creat"
            | "lo_from_bytea"
            | "lo_put"
            | "lo_unlink"
            | "lowrite"
            | "lo_truncate"
            | "lo_truncate64"
            | "pg_file_write"
            | "pg_file_sync"
            | "pg_file_rename"
            | "pg_file_unlink"
            | "dblink"
            | "dblink_exec"
            | "outfile"
            | "dumpfile"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verbs_are_found_behind_comments_and_parentheses() {
        assert_eq!(verb("/* a /* b */ update */ -- x\n(SELECT 1)"), Verb::Query);
        assert_eq!(verb("with x as (delete from t returning *) select 1"), Verb::Change);
        assert_eq!(verb("WITH x AS (SELECT 'delete') TABLE x"), Verb::Query);
        assert_eq!(verb("explain select 1"), Verb::Other);
        assert!(counts_changes("with x as (select 1) update t set a = 1"));
        assert!(!counts_changes("with x as (delete from t returning *) select 1 from x"));
        assert!(counts_changes("insert into t select 1"));
    }

    #[test]
    fn what_ends_a_transaction_or_leaves_a_read_is_refused() {
        for refused in [
            "COMMIT",
            "-- c\ncommit",
            "end",
            "ROLLBACK",
            "begin",
            "start transaction",
            "set transaction read write",
            "set session characteristics as transaction read write",
            "prepare transaction 'x'",
            "COPY t TO PROGRAM 'id'",
            "do $$begin end$$",
            "call p()",
            "select lo_export(1, '/tmp/x')",
            "",
            "  -- nothing\n",
        ] {
            assert!(refuse(refused, EffectClass::Read, false).is_some(), "{refused}");
        }
        for taken in ["select 'commit'", "select \"commit\" from t", "table t", "show all"] {
            assert_eq!(refuse(taken, EffectClass::Read, false), None, "{taken}");
        }
        for taken in ["do $$begin end$$", "call p()", "start replica", "prepare x as select 1"] {
            assert_eq!(refuse(taken, EffectClass::Change, false), None, "{taken}");
        }
        assert!(refuse("commit", EffectClass::Destructive, false).is_some());
        assert_eq!(refuse("rollback prepared 'x'", EffectClass::Change, true), None);
    }

    #[test]
    fn unclosed_quotes_and_comments_end_with_the_text() {
        for odd in ["'", "\"", "E'\\", "E'\\'", "/*", "/*/", "$a$", "$", "--", "$$", "é'"] {
            words(odd);
        }
    }
}
