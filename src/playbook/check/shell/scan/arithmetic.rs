//! Arithmetic: `((n > 3))` and `$((n + 1))`, where a name needs no `$`.

use super::super::{Script, Variable};

/// Notes the names of an arithmetic expression that begins at `start` of the script. The word behind `[` may be
/// a key and is left out.
pub(super) fn names(text: &str, start: usize, script: &mut Script) {
    let bytes = text.as_bytes();
    let part = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let mut at = 0;
    while at < bytes.len() {
        if !part(&bytes[at]) {
            at += 1;
            continue;
        }
        let length = bytes[at..].iter().take_while(|byte| part(byte)).count();
        let (name, before, rest) = (&text[at..at + length], &text[..at], &text[at + length..]);
        let whole = start + at..start + at + length;
        at += length;
        let number = name.starts_with(|c: char| c.is_ascii_digit());
        if number || before.ends_with(['[', '#', '@']) {
            continue;
        }
        let rest = rest.trim_start();
        if rest.starts_with('=') && !rest.starts_with("==") {
            script.assigned.push(name.to_owned());
            continue;
        }
        let guarded = before.ends_with("${") && rest.starts_with([':', '-', '?', '+', '=']);
        script.used.push(Variable { name: name.to_owned(), range: whole, quoted: true, guarded });
    }
}
