//! The forms in which a secret's value turns up in output.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use percent_encoding::{percent_decode_str, percent_encode_byte};

use super::MIN_HIDDEN;

/// What each encoder of URLs keeps beside letters and digits; the marks of RFC 3986, section 2.2 and 2.3, differ
/// by the part of the URL that a program takes the value for.
const KEEPS: [&str; 11] = [
    // Programs that encode all marks.
    "",
    // RFC 3986: curl, Go's `QueryEscape`, jq's `@uri`.
    "-._~",
    // Python's `quote`, which takes it for a path.
    "-._~/",
    // `encodeURIComponent`.
    "-._~!'()*",
    // `encodeURI`.
    "-._~!'()*;,/?:@&=+$#",
    // Forms of web pages: Java's `URLEncoder`, the URL standard of browsers.
    "-._*",
    // Go's `PathEscape`.
    "-._~$&+:=@",
    // A password in a URL: Go's and RFC 3986's sub-delimiters, then that of the URL standard.
    "-._~$&+,;=",
    "-._~!$&'()*+,;=",
    "-._~!$&'()*+,%",
    // Whole URLs.
    "-._~/:@",
];

/// One way in which a value is written.
pub(super) struct Form {
    pub(super) bytes: Vec<u8>,
    /// Encoders break it into lines: `base64` after 76 characters, `xxd -p` after 60.
    pub(super) wraps: bool,
}

/// Every form to search for; none when the value is too short to be hidden.
pub(super) fn of(value: &str) -> Vec<Form> {
    let value = value.trim_end_matches(['\n', '\r']);
    let mut forms = BTreeMap::new();
    for whole in std::iter::once(value.to_owned()).chain(passwords(value)) {
        if long_enough(&whole) {
            for text in texts(&whole) {
                forms.entry(text.into_bytes()).or_insert(false);
            }
            forms.extend(binary(whole.as_bytes()).into_iter().map(|form| (form, true)));
        }
    }
    if value.contains('\n') {
        let lines = value.lines().map(str::trim).filter(|line| long_enough(line));
        for line in lines {
            forms.entry(line.as_bytes().to_vec()).or_insert(false);
        }
    }
    let long = forms.into_iter().filter(|(form, _)| form.len() >= MIN_HIDDEN);
    long.map(|(bytes, wraps)| Form { bytes, wraps }).collect()
}

/// Whether the value is a URL whose password is too short to be hidden by itself.
pub(super) fn has_short_password(value: &str) -> bool {
    passwords(value.trim_end()).iter().any(|part| !part.is_empty() && !long_enough(part))
}

fn long_enough(value: &str) -> bool {
    value.chars().nth(MIN_HIDDEN - 1).is_some()
}

/// The passwords inside the value: of a URL that is or stands in it, and of `password=...` in a URL's query
/// or a connection string; as written and decoded.
fn passwords(value: &str) -> Vec<String> {
    let mut found = named(value);
    if let Some((_, rest)) = value.split_once("://") {
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        // A password may hold an unencoded `@` or even `/`: the last `@` of all is taken as well.
        let logins = [authority, rest].into_iter().filter_map(|part| part.rsplit_once('@'));
        found.extend(logins.filter_map(|(login, _)| login.split_once(':')).map(|(_, word)| word));
    }
    found
        .into_iter()
        .flat_map(|password| {
            let decoded = percent_decode_str(password).decode_utf8_lossy().into_owned();
            [password.to_owned(), decoded]
        })
        .collect()
}

/// What stands behind `password=` and its like, quoted or up to the next parameter.
fn named(value: &str) -> Vec<&str> {
    let lower = value.to_ascii_lowercase();
    let mut found = Vec::new();
    for key in ["password", "passwd", "pwd"] {
        for (at, _) in lower.match_indices(key) {
            let rest = value[at + key.len()..].trim_start();
            let Some(rest) = rest.strip_prefix('=').map(str::trim_start) else { continue };
            let word = match rest.chars().next() {
                Some(quote @ ('\'' | '"')) => rest[1..].split(quote).next(),
                _ => rest.split(|c: char| c.is_whitespace() || "&;".contains(c)).next(),
            };
            found.extend(word);
        }
    }
    found
}

/// The value as other programs write text.
fn texts(value: &str) -> Vec<String> {
    let json = json_inner(value);
    let mut texts = vec![
        value.to_owned(),
        json_inner(&json),
        json.replace('/', "\\/"),
        escaped_json(value, |c| !c.is_ascii(), Case::Lower),
        // What Go escapes for web pages, and what .NET does.
        escaped_json(value, |c| "<>&".contains(c), Case::Lower),
        escaped_json(value, |c| !c.is_ascii() || "<>&'+`".contains(c), Case::Upper)
            .replace("\\\"", "\\u0022"),
        json,
        value.replace('\'', "'\\''"),
        value.replace('\'', "'\"'\"'"),
        value.replace('\'', "''"),
        backslashed(value, |c| matches!(c, '"' | '$' | '`' | '\\' | '!')),
        backslashed(value, |c| !(c.is_alphanumeric() || "-_./:=@%+,".contains(c))),
        html(value),
    ];
    for keep in KEEPS {
        let percent = percent(value, keep);
        texts.extend([percent.replace("%20", "+"), lower_percent(&percent), percent]);
    }
    texts
}

/// The value with `%` and digits for every byte that is neither kept nor a letter or digit of ASCII.
fn percent(value: &str, keep: &str) -> String {
    let keeps = |byte: u8| byte.is_ascii_alphanumeric() || keep.as_bytes().contains(&byte);
    let mut text = String::new();
    for byte in value.bytes() {
        if keeps(byte) {
            text.push(char::from(byte));
        } else {
            text.push_str(percent_encode_byte(byte));
        }
    }
    text
}

/// The value as encoders of bytes write it.
fn binary(bytes: &[u8]) -> Vec<Vec<u8>> {
    let hex = hex(bytes);
    let mut forms = vec![hex.to_uppercase().into_bytes(), hex.into_bytes()];
    for offset in 0..3 {
        let shifted = [&[0; 2][..offset.min(2)], bytes].concat();
        for encoded in [STANDARD_NO_PAD.encode(&shifted), URL_SAFE_NO_PAD.encode(&shifted)] {
            forms.push(own_characters(&encoded, offset, shifted.len()).as_bytes().to_vec());
        }
    }
    forms
}

/// The characters of a base64 text that depend on nothing before `offset` bytes or behind the value.
fn own_characters(encoded: &str, offset: usize, bytes: usize) -> &str {
    let from = (offset * 8).div_ceil(6);
    let to = bytes * 8 / 6;
    encoded.get(from..to).unwrap_or_default()
}

/// JSON without its quotes.
fn json_inner(value: &str) -> String {
    let quoted = serde_json::Value::from(value).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

/// How hexadecimal digits are written.
#[derive(Clone, Copy)]
enum Case {
    Lower,
    Upper,
}

/// JSON of writers that escape more than they must: `\u00e4`.
fn escaped_json(value: &str, needs: impl Fn(char) -> bool, case: Case) -> String {
    let mut units = [0; 2];
    let written = |digit: char| match case {
        Case::Lower => digit,
        Case::Upper => digit.to_ascii_uppercase(),
    };
    json_inner(value).chars().fold(String::new(), |mut text, c| {
        if needs(c) {
            for unit in c.encode_utf16(&mut units).iter() {
                text.push_str("\\u");
                text.extend(unit.to_be_bytes().into_iter().flat_map(digits).map(written));
            }
        } else {
            text.push(c);
        }
        text
    })
}

fn backslashed(value: &str, needs: impl Fn(char) -> bool) -> String {
    value.chars().fold(String::new(), |mut text, c| {
        if needs(c) {
            text.push('\\');
        }
        text.push(c);
        text
    })
}

fn html(value: &str) -> String {
    value
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

/// `%2f` where the encoder writes `%2F`.
fn lower_percent(percent: &str) -> String {
    let mut digits = 0;
    let lower = |c: char| {
        let digit = digits > 0;
        digits = if c == '%' { 2 } else { digits - i32::from(digit) };
        if digit { c.to_ascii_lowercase() } else { c }
    };
    percent.chars().map(lower).collect()
}

/// A byte as two lowercase hexadecimal digits.
fn digits(byte: u8) -> [char; 2] {
    [byte >> 4, byte & 15].map(|digit| char::from_digit(digit.into(), 16).unwrap_or('0'))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().copied().flat_map(digits).collect()
}
