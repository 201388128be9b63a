//! A mail as RFC 5322 wants it: ASCII headers, the words in base64, and an id that tells a repeat.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::headline;
use crate::effect::{Email, NotifyEffect};
use crate::text::{cut, one_line};
use crate::time::Timestamp;

/// Characters of a subject; phones show fewer.
const SUBJECT: usize = 120;

/// Bytes of text in one encoded word: 75 characters at most, its frame included (RFC 2047).
const WORD: usize = 42;

/// The whole mail, with the line ends of this machine, as `sendmail -t` reads it.
pub(super) fn compose(effect: &NotifyEffect, email: &Email, now: Timestamp) -> String {
    let subject = match headline(effect) {
        head if head.is_empty() => one_line(&effect.message).into_owned(),
        head => one_line(&head).into_owned(),
    };
    let mut mail = String::new();
    let mut header = |name: &str, value: &str| mail.push_str(&format!("{name}: {value}\n"));
    if let Some(from) = &email.from {
        header("From", &one_line(from));
    }
    header("To", &one_line(&email.address));
    header("Subject", &encoded(&cut(&subject, SUBJECT)));
    let date = chrono::DateTime::from_timestamp_millis(now.millis()).unwrap_or_default();
    header("Date", &date.to_rfc2822());
    header("Message-ID", &format!("<{}@mayday.invalid>", effect.id));
    header("Auto-Submitted", "auto-generated");
    header("MIME-Version", "1.0");
    header("Content-Type", "text/plain; charset=utf-8");
    header("Content-Transfer-Encoding", "base64");
    mail.push('\n');
    let body = STANDARD.encode(effect.message.replace('\n', "\r\n"));
    for line in body.as_bytes().chunks(76) {
        mail.push_str(&String::from_utf8_lossy(line));
        mail.push('\n');
    }
    mail
}

/// A header's text: as it is where ASCII says it, else as encoded words (RFC 2047).
fn encoded(text: &str) -> String {
    if text.is_ascii() {
        return text.to_owned();
    }
    let mut words: Vec<String> = vec![String::new()];
    for c in text.chars() {
        if words.last().is_some_and(|word| word.len() + c.len_utf8() > WORD) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut() {
            word.push(c);
        }
    }
    let words: Vec<String> =
        words.iter().map(|word| format!("=?utf-8?B?{}?=", STANDARD.encode(word))).collect();
    words.join("\n ")
}
