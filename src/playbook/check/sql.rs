//! A SQL text as the rules see it: statements of tokens, strings and comments told apart from words.
//!
//! Owns what a statement does to the data, as far as its words tell. Knows the common core of
//! PostgreSQL, MySQL and SQLite; parses no grammar.

use std::ops::Range;

use crate::effect::EffectClass;

/// One token; comments and blanks are left out.
#[derive(Clone, Debug)]
pub struct Token {
    /// Where it stands.
    pub range: Range<usize>,
    /// What it is.
    pub kind: TokenKind,
    /// Upper case for words, as written for the rest.
    pub text: String,
}

/// Kinds of tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// A keyword or unquoted name.
    Word,
    /// A string, quoted name, number or parameter.
    Value,
    /// Anything else, one character.
    Sign,
}

/// One statement.
#[derive(Clone, Debug, Default)]
pub struct Statement {
    /// Its tokens, the `;` left out.
    pub tokens: Vec<Token>,
}

/// The statements of a text, split at `;`; empty ones are left out.
#[must_use]
pub fn statements(text: &str) -> Vec<Statement> {
    let mut all = vec![Statement::default()];
    for token in tokens(text) {
        if token.text == ";" && token.kind == TokenKind::Sign {
            all.push(Statement::default());
        } else if let Some(last) = all.last_mut() {
            last.tokens.push(token);
        }
    }
    all.retain(|statement| !statement.tokens.is_empty());
    all
}

fn tokens(text: &str) -> Vec<Token> {
    let bytes = text.as_bytes();
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let start = at;
        let rest = &text[at..];
        let kind = match bytes[at] {
            byte if byte.is_ascii_whitespace() => {
                at += 1;
                continue;
            }
            b'-' if rest.starts_with("--") => {
                at += rest.find('\n').unwrap_or(rest.len());
                continue;
            }
            b'/' if rest.starts_with("/*") => {
                at += rest.find("*/").map_or(rest.len(), |n| n + 2);
                continue;
            }
            quote @ (b'\'' | b'"' | b'`') => {
                at += 1 + quoted_length(&rest.as_bytes()[1..], quote);
                TokenKind::Value
            }
            b'$' => {
                at += dollar_length(rest);
                TokenKind::Value
            }
            b'0'..=b'9' => {
                at += rest.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'.').count();
                TokenKind::Value
            }
            byte if is_word(byte) => {
                at += rest.bytes().take_while(|b| is_word(*b) || b.is_ascii_digit()).count();
                TokenKind::Word
            }
            _ => {
                at += rest.chars().next().map_or(1, char::len_utf8);
                TokenKind::Sign
            }
        };
        let written = &text[start..at];
        let text =
            if kind == TokenKind::Word { written.to_uppercase() } else { written.to_owned() };
        tokens.push(Token { range: start..at, kind, text });
    }
    tokens
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80
}

/// Up to and with the closing quote; a doubled quote goes on.
fn quoted_length(bytes: &[u8], quote: u8) -> usize {
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] == quote {
            if bytes.get(at + 1) != Some(&quote) {
                return at + 1;
            }
            at += 1;
        }
        at += 1;
    }
    bytes.len()
}

/// `$$ ... $$` and `$tag$ ... $tag$`, or the sign alone.
fn dollar_length(rest: &str) -> usize {
    let tag = 1 + rest[1..].bytes().take_while(|b| is_word(*b) || b.is_ascii_digit()).count();
    if rest.as_bytes().get(tag) != Some(&b'$') {
        return 1;
    }
    let mark = &rest[..=tag];
    rest[tag + 1..].find(mark).map_or(rest.len(), |n| tag + 1 + n + mark.len())
}

/// What a statement does, and the words that tell so.
#[derive(Clone, Debug)]
pub struct Doing {
    /// The least effect that an honest author declares.
    pub class: EffectClass,
    /// In words: `DELETE without WHERE`.
    pub what: String,
    /// The telling word.
    pub range: Range<usize>,
}

/// Functions that change something though a SELECT calls them.
const CHANGING_FUNCTIONS: &[&str] = &[
    "SETVAL",
    "NEXTVAL",
    "PG_TERMINATE_BACKEND",
    "PG_CANCEL_BACKEND",
    "LO_UNLINK",
    "PG_RELOAD_CONF",
    "PG_SWITCH_WAL",
    "DBLINK_EXEC",
];
/// First words of statements that only look.
const LOOKING: &[&str] = &[
    "SELECT",
    "SHOW",
    "EXPLAIN",
    "WITH",
    "VALUES",
    "TABLE",
    "DESCRIBE",
    "DESC",
    "PRAGMA",
    "FETCH",
    "BEGIN",
    "START",
    "COMMIT",
    "ROLLBACK",
    "SAVEPOINT",
    "RELEASE",
    "END",
];
/// Words that change rows or tables wherever they stand as a keyword behind WITH or EXPLAIN ANALYZE.
const CHANGING: &[&str] = &["INSERT", "UPDATE", "DELETE", "MERGE"];
/// What `DROP` may take away without taking data.
const REBUILDABLE: &[&str] = &["INDEX", "VIEW", "TRIGGER", "FUNCTION", "POLICY", "CONSTRAINT"];

impl Statement {
    /// True when the token at `at` is this word.
    #[must_use]
    pub fn is(&self, at: usize, word: &str) -> bool {
        self.tokens.get(at).is_some_and(|t| t.kind == TokenKind::Word && t.text == word)
    }

    /// The place of a word.
    #[must_use]
    pub fn find(&self, word: &str) -> Option<usize> {
        (0..self.tokens.len()).find(|at| self.is(*at, word))
    }

    /// The range of the whole statement.
    #[must_use]
    pub fn range(&self) -> Range<usize> {
        let start = self.tokens.first().map_or(0, |token| token.range.start);
        start..self.tokens.last().map_or(start, |token| token.range.end)
    }

    /// What it does; `None` when it only looks.
    #[must_use]
    pub fn doing(&self) -> Option<Doing> {
        let first = self.tokens.first()?;
        let doing = |at: usize, class, what: String| {
            let range = self.tokens.get(at).map_or(first.range.clone(), |t| t.range.clone());
            Some(Doing { class, what, range })
        };
        let next = self.tokens.get(1).map_or("", |token| token.text.as_str());
        match first.text.as_str() {
            "DROP" if REBUILDABLE.contains(&next) => {
                doing(0, EffectClass::Change, format!("DROP {next}"))
            }
            "DROP" => doing(0, EffectClass::Destructive, format!("DROP {next}").trim().to_owned()),
            "TRUNCATE" => doing(0, EffectClass::Destructive, "TRUNCATE".to_owned()),
            "ALTER" => match self.find("DROP") {
                Some(at) if self.is(at + 1, "COLUMN") => {
                    doing(at, EffectClass::Destructive, "ALTER ... DROP COLUMN".to_owned())
                }
                _ => doing(0, EffectClass::Change, format!("ALTER {next}")),
            },
            word if LOOKING.contains(&word) => self.hidden_change(doing),
            word @ ("DELETE" | "UPDATE") => match self.bare_change() {
                Some(_) => doing(0, EffectClass::Destructive, format!("{word} without WHERE")),
                None => doing(0, EffectClass::Change, word.to_owned()),
            },
            word => doing(0, EffectClass::Change, word.to_owned()),
        }
    }

    /// A change inside a statement that begins as a look.
    fn hidden_change(
        &self,
        doing: impl Fn(usize, EffectClass, String) -> Option<Doing>,
    ) -> Option<Doing> {
        let plan_only = self.is(0, "EXPLAIN") && self.find("ANALYZE").is_none();
        for (at, token) in self.tokens.iter().enumerate() {
            if token.kind != TokenKind::Word || plan_only {
                continue;
            }
            let called = self.tokens.get(at + 1).is_some_and(|next| next.text == "(");
            if called && CHANGING_FUNCTIONS.contains(&token.text.as_str()) {
                return doing(at, EffectClass::Change, format!("{}()", token.text.to_lowercase()));
            }
            // `SELECT ... FOR UPDATE` locks and changes nothing.
            let locks = at > 0 && (self.is(at - 1, "FOR") || self.is(at - 1, "KEY"));
            let starts_clause = at > 0
                && matches!(self.tokens[at - 1].text.as_str(), "(" | ")" | "ANALYZE" | "VERBOSE");
            if CHANGING.contains(&token.text.as_str()) && starts_clause && !locks {
                return doing(at, EffectClass::Change, token.text.clone());
            }
            if at > 0 && token.text == "INTO" && self.is(0, "SELECT") {
                return doing(at, EffectClass::Change, "SELECT INTO".to_owned());
            }
        }
        None
    }

    /// The UPDATE or DELETE of this statement that has no WHERE.
    #[must_use]
    pub fn bare_change(&self) -> Option<&Token> {
        let changes = self.is(0, "UPDATE") || (self.is(0, "DELETE") && self.is(1, "FROM"));
        (changes && self.find("WHERE").is_none()).then(|| self.tokens.first()).flatten()
    }

    /// The `NOT IN (SELECT` of this statement.
    #[must_use]
    pub fn not_in_select(&self) -> Option<Range<usize>> {
        let texts = |at: usize| self.tokens.get(at).map_or("", |token| token.text.as_str());
        let at = (0..self.tokens.len())
            .find(|at| [*at, at + 1, at + 2, at + 3].map(texts) == ["NOT", "IN", "(", "SELECT"])?;
        Some(self.tokens[at].range.start..self.tokens[at + 3].range.end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn doing(text: &str) -> String {
        let found = statements(text).first().and_then(Statement::doing);
        found.map_or("reads".to_owned(), |doing| format!("{}: {}", doing.class.word(), doing.what))
    }

    #[test]
    fn what_a_statement_does_is_read_from_its_words_not_from_its_strings() {
        for looks in [
            "SELECT 'DELETE FROM t' -- DROP TABLE t\n FROM t /* TRUNCATE t */",
            "select count(*) from updates where \"DROP\" = 1 for update",
            "EXPLAIN DELETE FROM t",
            "WITH a AS (SELECT 1) SELECT * FROM a",
            "SELECT $$DROP TABLE x$$",
            "PRAGMA integrity_check",
        ] {
            assert_eq!(doing(looks), "reads", "{looks}");
        }
        for (text, what) in [
            ("delete from t", "destructive: DELETE without WHERE"),
            ("DELETE FROM t WHERE a", "change: DELETE"),
            (
                "WITH gone AS (DELETE FROM t WHERE a RETURNING *) SELECT * FROM gone",
                "change: DELETE",
            ),
            ("EXPLAIN ANALYZE UPDATE t SET a = 1 WHERE b", "change: UPDATE"),
            ("SELECT setval('s', 1)", "change: setval()"),
            ("SELECT * INTO t2 FROM t", "change: SELECT INTO"),
            ("DROP INDEX i", "change: DROP INDEX"),
            ("drop table t", "destructive: DROP TABLE"),
            ("ALTER TABLE t DROP COLUMN c", "destructive: ALTER ... DROP COLUMN"),
            ("TRUNCATE t", "destructive: TRUNCATE"),
            ("VACUUM", "change: VACUUM"),
        ] {
            assert_eq!(doing(text), what, "{text}");
        }
    }

    #[test]
    fn statements_are_split_only_at_real_semicolons() {
        assert_eq!(statements("SELECT ';'; -- ;\n /* ; */ ;; SELECT $a$;$a$").len(), 2);
        for odd in ["'", "$", "/*", "--", "\"", "é;é", "$a", "'a''"] {
            let _ = statements(odd);
        }
    }
}
