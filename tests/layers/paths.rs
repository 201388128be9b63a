//! The paths that a source text names: a small reader of Rust's tokens, enough for `a::{b, c::*}`.

/// A path with at least two parts, or one part of a `use`, with its 1-based line.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Named {
    /// Its parts, `super` and `self` resolved to `crate` where that is possible.
    pub(super) path: Vec<String>,
    /// Where it starts; inside braces, where its own part starts.
    pub(super) line: usize,
}

/// Every path that the module `run/next` names outside comments, strings and test modules.
pub(super) fn named_paths(module: &str, text: &str) -> Vec<Named> {
    let tokens = without_tests(&tokens(text));
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let starts_path = is_ident(&tokens[at].0) && (at == 0 || tokens[at - 1].0 != ".");
        if !starts_path {
            at += 1;
            continue;
        }
        let in_use = tokens[at].0 == "use";
        at += usize::from(in_use);
        at += usize::from(in_use && tokens.get(at).is_some_and(|token| token.0 == "::"));
        let before = found.len();
        at = read_tree(&tokens, at, &[], &mut found).max(at + 1);
        if !in_use && found.len() == before + 1 && found[before].path.len() < 2 {
            found.pop();
        }
    }
    found.retain(|named| !named.path.is_empty());
    for named in &mut found {
        resolve(module, &mut named.path);
    }
    found
}

type Token = (String, usize);

/// Reads one `use` tree or path that starts at `at`; returns where it ends.
fn read_tree(tokens: &[Token], mut at: usize, prefix: &[String], found: &mut Vec<Named>) -> usize {
    let mut path = prefix.to_vec();
    let line = tokens.get(at).map_or(0, |token| token.1);
    while let Some((token, _)) = tokens.get(at) {
        let is_part = is_ident(token) || (token == "*" && !path.is_empty());
        if is_part {
            path.push(token.clone());
            at += 1;
            let more = tokens.get(at).is_some_and(|token| token.0 == "::");
            let next = tokens.get(at + 1).map(|token| token.0.as_str());
            let goes_on = next.is_some_and(|next| is_ident(next) || next == "{" || next == "*");
            if more && goes_on {
                at += 1;
                continue;
            }
        } else if token == "{" && !path.is_empty() {
            at += 1;
            while tokens.get(at).is_some_and(|token| token.0 != "}") {
                let end = read_tree(tokens, at, &path, found).max(at + 1);
                at = end + usize::from(tokens.get(end).is_some_and(|token| token.0 == ","));
            }
            return at + 1;
        }
        break;
    }
    if tokens.get(at).is_some_and(|token| token.0 == "as") {
        at += 2;
    }
    found.push(Named { path, line });
    at
}

/// `super::x` in `steps/sql` is `crate::steps::x`.
fn resolve(module: &str, path: &mut Vec<String>) {
    let ups = path.iter().take_while(|part| *part == "super").count();
    if ups == 0 {
        return;
    }
    let mut base: Vec<String> = module.split('/').map(str::to_owned).collect();
    base.truncate(base.len().saturating_sub(ups));
    path.splice(..ups, std::iter::once("crate".to_owned()).chain(base));
}

/// Cuts out `#[cfg(test)] mod name { ... }`.
fn without_tests(tokens: &[Token]) -> Vec<Token> {
    let mark = ["#", "[", "cfg", "(", "test", ")", "]", "mod"];
    let mut kept = Vec::with_capacity(tokens.len());
    let mut at = 0;
    while at < tokens.len() {
        let here = tokens[at..].iter().map(|token| token.0.as_str());
        if !here.take(mark.len()).eq(mark) {
            kept.push(tokens[at].clone());
            at += 1;
            continue;
        }
        at += mark.len() + 1;
        let mut depth = 0_usize;
        while let Some((token, _)) = tokens.get(at) {
            at += 1;
            match token.as_str() {
                "{" => depth += 1,
                "}" => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                break;
            }
        }
    }
    kept
}

fn is_ident(token: &str) -> bool {
    token.chars().next().is_some_and(|c| c.is_alphabetic() || c == '_')
}

/// Identifiers and punctuation with their lines; `::` is one token; comments and literals are gone.
fn tokens(text: &str) -> Vec<Token> {
    let chars: Vec<char> = text.chars().collect();
    let mut tokens = Vec::new();
    let (mut at, mut line) = (0, 1);
    while at < chars.len() {
        let from = at;
        let next = chars.get(at + 1).copied();
        match chars[at] {
            '/' if next == Some('/') => at = seek(&chars, at, |c| c == '\n'),
            '/' if next == Some('*') => at = block_comment(&chars, at),
            '"' => at = string(&chars, at + 1),
            'r' | 'b' | 'c' if starts_raw(&chars, at) => at = raw_string(&chars, at),
            '\'' => at = quote(&chars, at),
            ':' if next == Some(':') => {
                tokens.push(("::".to_owned(), line));
                at += 2;
            }
            c if c.is_alphanumeric() || c == '_' => {
                at = seek(&chars, at, |c| !(c.is_alphanumeric() || c == '_'));
                tokens.push((chars[from..at].iter().collect(), line));
            }
            c => {
                if !c.is_whitespace() {
                    tokens.push((c.to_string(), line));
                }
                at += 1;
            }
        }
        line += chars[from..at].iter().filter(|c| **c == '\n').count();
    }
    tokens
}

fn seek(chars: &[char], from: usize, stop: impl Fn(char) -> bool) -> usize {
    chars[from..].iter().position(|c| stop(*c)).map_or(chars.len(), |n| from + n)
}

fn block_comment(chars: &[char], mut at: usize) -> usize {
    let mut depth = 0_usize;
    while at < chars.len() {
        match (chars[at], chars.get(at + 1)) {
            ('/', Some('*')) => (depth, at) = (depth + 1, at + 2),
            ('*', Some('/')) => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at.min(chars.len())
}

fn string(chars: &[char], mut at: usize) -> usize {
    while at < chars.len() && chars[at] != '"' {
        at += if chars[at] == '\\' { 2 } else { 1 };
    }
    (at + 1).min(chars.len())
}

/// `r"`, `r#"`, `br"`: an `r` (after `b` or `c`), hashes, a quote. Not `r#name`.
fn starts_raw(chars: &[char], at: usize) -> bool {
    let r = if chars[at] == 'r' { at } else { at + 1 };
    let hashes = r + 1;
    chars.get(r) == Some(&'r')
        && chars.get(seek(chars, hashes.min(chars.len()), |c| c != '#')) == Some(&'"')
}

fn raw_string(chars: &[char], at: usize) -> usize {
    let open = seek(chars, at, |c| c == '"');
    let hashes = chars[at..open].iter().filter(|c| **c == '#').count();
    let mut end = open + 1;
    while end < chars.len() {
        let closing = chars[end + 1..].iter().take_while(|c| **c == '#').count();
        if chars[end] == '"' && closing >= hashes {
            return end + 1 + hashes;
        }
        end += 1;
    }
    end
}

/// A character literal, or the quote of a lifetime.
fn quote(chars: &[char], at: usize) -> usize {
    match (chars.get(at + 1), chars.get(at + 2)) {
        (Some('\\'), _) => {
            let end = seek(chars, (at + 3).min(chars.len()), |c| c == '\'');
            (end + 1).min(chars.len())
        }
        (Some(_), Some('\'')) => at + 3,
        _ => at + 1,
    }
}
