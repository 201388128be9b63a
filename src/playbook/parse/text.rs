//! What must be true of the bytes and characters of a file before YAML is looked at.

use std::ops::Range;
use std::sync::Arc;

use super::entries as code;
use crate::diagnostic::{Diagnostic, SourceFile};

/// Bytes of a file. 10,000 steps of the usual size take 2 MiB; the first design said 1 MiB, which the
/// speed goal of 10,000 steps does not fit into.
pub const MAX_BYTES: usize = 4 << 20;

/// Text of a file from its bytes.
///
/// # Errors
/// A fault with its position: too large, not UTF-8, a byte order mark, a NUL byte.
pub fn read_source(name: &str, bytes: Vec<u8>) -> Result<Arc<SourceFile>, Diagnostic> {
    if bytes.len() > MAX_BYTES {
        let head = bytes.split_at(MAX_BYTES.min(200)).0;
        let file = SourceFile::new(name, String::from_utf8_lossy(head));
        return Err(too_large(&file, bytes.len()));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let byte = error.as_bytes().get(valid).copied().unwrap_or_default();
        let file = SourceFile::new(name, String::from_utf8_lossy(error.as_bytes()));
        Diagnostic::new(code::NOT_UTF8, "the file is not UTF-8")
            .at(&file, valid..valid + '\u{fffd}'.len_utf8(), format!("byte 0x{byte:02x}"))
            .help("save it as UTF-8; nothing else is read")
    })?;
    let file = SourceFile::new(name, text);
    if file.text.starts_with('\u{feff}') {
        let fault = Diagnostic::new(code::BOM, "the file starts with a byte order mark");
        return Err(fault.at(&file, 0..3, "U+FEFF").help("save it as UTF-8 without BOM"));
    }
    match file.text.find('\0') {
        Some(at) => Err(control(&file, at, '\0')),
        None => Ok(file),
    }
}

fn too_large(file: &Arc<SourceFile>, bytes: usize) -> Diagnostic {
    Diagnostic::new(code::TOO_LARGE, format!("the file has {bytes} bytes"))
        .at(file, 0..0, "")
        .help(format!("at most {} MiB are read; split it and use `include`", MAX_BYTES >> 20))
}

fn control(file: &Arc<SourceFile>, at: usize, found: char) -> Diagnostic {
    Diagnostic::new(code::CONTROL, "a control character that no editor shows")
        .at(file, at..at + found.len_utf8(), format!("U+{:04X}", u32::from(found)))
        .help("remove it; in a quoted text write it as an escape such as \"\\x1b\"")
}

/// Faults of single characters; empty when YAML may look at the text.
pub(super) fn check(file: &Arc<SourceFile>) -> Vec<Diagnostic> {
    /// Enough to see a pattern.
    const SHOWN: usize = 20;
    if file.text.len() > MAX_BYTES {
        return vec![too_large(file, file.text.len())];
    }
    let odd = |c: char| {
        (c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{85}'))
            || turns_text(c)
            || c == '\u{feff}'
    };
    let faults = file.text.match_indices(odd).take(SHOWN).map(|(at, found)| {
        let found = found.chars().next().unwrap_or_default();
        if found.is_control() {
            return control(file, at, found);
        }
        if found == '\u{feff}' {
            return Diagnostic::new(code::BOM, "a byte order mark inside the file")
                .at(file, at..at + 3, "U+FEFF")
                .help("remove it");
        }
        Diagnostic::new(code::DIRECTION, "an invisible character that changes reading direction")
            .at(file, at..at + found.len_utf8(), format!("U+{:04X}", u32::from(found)))
            .help("remove it: a command can look different from what it does")
    });
    faults.collect()
}

/// Characters that reorder what a reader sees (CVE-2021-42574).
fn turns_text(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A fault of YAML's syntax, in words for an author.
pub(super) fn syntax(file: &Arc<SourceFile>, at: usize, info: &str) -> Diagnostic {
    let at = at.min(file.text.len());
    let next = file.text[at..].chars().next().filter(|c| *c != '\n');
    let end = at + next.map_or(0, char::len_utf8);
    if info.contains("recursion limit") {
        return Diagnostic::new(code::DEPTH, "nested too deep")
            .at(file, at..end, "the reader stopped here")
            .help("no playbook needs so many levels of lists and maps");
    }
    if let Some(slip) = super::slip::behind(&file.text, at, info) {
        let elsewhere =
            file.text[slip.range.start.min(at)..slip.range.start.max(at)].contains('\n');
        let fault = Diagnostic::new(code::SYNTAX, format!("this is not YAML: {}", slip.what));
        let fault = fault.at(file, slip.range, if elsewhere { "" } else { "here" });
        let read = format!("the reader stopped: {info}");
        let fault = if elsewhere && end > at { fault.at(file, at..end, read) } else { fault };
        return fault.help(slip.help);
    }
    let fault = Diagnostic::new(code::SYNTAX, format!("this is not YAML: {info}"));
    let fault = fault.at(file, at..end, "the reader stopped here");
    if info.contains("mapping values are not allowed") {
        return fault.help("put quotes around a text that holds `: `");
    }
    if info.contains("unexpected character") || info.contains("cannot start any token") {
        return fault.help("put quotes around a text that starts with one of @ ` % & * ! | >");
    }
    if info.contains("unknown anchor") {
        return fault.help("put quotes around a text that starts with `*`");
    }
    if info.contains("',' or") || info.contains("',', or") {
        let help = "inside { } and [ ], put quotes around a text that holds one of , [ ] { }";
        return fault.help(help);
    }
    fault.help("look at the line above too: a quote or bracket may be open there")
}

/// True for plain scalars that YAML 1.2 reads as null, a boolean or a number.
pub(super) fn is_not_text(plain: &str) -> bool {
    let word = matches!(
        plain,
        "" | "~"
            | "null"
            | "Null"
            | "NULL"
            | "true"
            | "True"
            | "TRUE"
            | "false"
            | "False"
            | "FALSE"
    );
    word || (plain.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.'))
        && plain.parse::<f64>().is_ok())
}

/// A warning for a plain scalar that YAML 1.1 reads as something else than YAML 1.2.
pub(super) fn yaml_1_1(
    file: &Arc<SourceFile>,
    range: &Range<u32>,
    plain: &str,
) -> Option<Diagnostic> {
    let range = range.start as usize..range.end as usize;
    if matches!(
        plain,
        "yes" | "Yes" | "YES" | "no" | "No" | "NO" | "on" | "On" | "ON" | "off" | "Off" | "OFF"
    ) {
        let message = format!("`{plain}` is a boolean in YAML 1.1 and a text in YAML 1.2");
        let read = format!("read as the text \"{plain}\"");
        let help = format!("write \"{plain}\" in quotes, or true or false");
        return Some(Diagnostic::new(code::OLD_BOOLEAN, message).at(file, range, read).help(help));
    }
    let what = old_form(plain)?;
    let message = format!("`{plain}` is {what} in YAML 1.1");
    let help = format!("write \"{plain}\" in quotes");
    Some(Diagnostic::new(code::OLD_SCALAR, message).at(file, range, "needs quotes").help(help))
}

/// What YAML 1.1 makes of a plain scalar that starts with a digit, where YAML 1.2 sees something else.
fn old_form(plain: &str) -> Option<&'static str> {
    let bytes = plain.as_bytes();
    let digits = |text: &[u8]| !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    if !bytes.first()?.is_ascii_digit() {
        return None;
    }
    if bytes.len() >= 10 && bytes[4] == b'-' && bytes[7] == b'-' {
        let parts = [&bytes[..4], &bytes[5..7], &bytes[8..10]];
        let ends = bytes.get(10).is_none_or(|next| matches!(next, b'T' | b't' | b' '));
        return (ends && parts.into_iter().all(digits)).then_some("a date");
    }
    if plain.contains(':') && plain.split(':').all(|part| digits(part.as_bytes())) {
        return Some("a number in base 60");
    }
    if bytes.len() > 1 && bytes[0] == b'0' && bytes.iter().all(|b| matches!(b, b'0'..=b'7')) {
        return Some("an octal number");
    }
    (plain.contains('_') && bytes.iter().all(|b| b.is_ascii_digit() || *b == b'_'))
        .then_some("a number")
}

/// From characters, which the scanner counts, to bytes, which positions are in.
pub(super) struct Offsets<'t> {
    /// The byte offset of every 64th character; empty when all characters are one byte.
    marks: Vec<u32>,
    text: &'t str,
}

impl<'t> Offsets<'t> {
    const STRIDE: usize = 64;

    pub(super) fn new(text: &'t str) -> Self {
        if text.is_ascii() {
            return Self { marks: Vec::new(), text };
        }
        let every = text.char_indices().step_by(Self::STRIDE);
        let marks = every.map(|(at, _)| u32::try_from(at).unwrap_or(u32::MAX)).collect();
        Self { marks, text }
    }

    /// The byte offset of the character number `index`; the end for numbers past it.
    pub(super) fn byte(&self, index: usize) -> usize {
        let Some(&mark) = self.marks.get(index / Self::STRIDE) else {
            return if self.marks.is_empty() {
                index.min(self.text.len())
            } else {
                self.text.len()
            };
        };
        let rest = &self.text[mark as usize..];
        let within = rest.char_indices().nth(index % Self::STRIDE).map_or(rest.len(), |(at, _)| at);
        mark as usize + within
    }
}

/// The byte offset of a place that the YAML library tells as line and column, both from 1.
pub(super) fn byte_of(file: &SourceFile, place: &serde_yaml::Location) -> usize {
    let lines = file.text.split_inclusive('\n');
    let start: usize = lines.take(place.line().saturating_sub(1)).map(str::len).sum();
    let line = &file.text[start..];
    let column = line.char_indices().nth(place.column().saturating_sub(1));
    start + column.map_or(line.len(), |(at, _)| at)
}
