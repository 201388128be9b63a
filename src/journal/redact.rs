//! An event as the text that goes into the record: redacted, within the cap, safe to `cat`.

use std::io;

use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter};
use serde_json::{Map, Value};

use super::line::EVENT_CAP;
use super::{Redact, Trouble, trim};
use crate::run::event::Event;
use crate::seeded::bug;

/// Levels of nesting that are kept. Reading stops at 128 levels, in which the event has its own.
const LEVELS: usize = 100;

/// Fields of events that hold any value at all: a secret may stand there as a number.
const FREE: [&str; 6] = ["facts", "captured", "answer", "value", "items", "targets"];

/// The event as recorded, and its JSON text. The event that comes back is what later reading yields:
/// apply this one, not the one given.
pub(super) fn prepare(event: Event, redact: &Redact) -> Result<(Event, String), Trouble> {
    let mut value = serde_json::to_value(&event).map_err(Trouble::encode)?;
    if bug("mask after truncation") {
        value = serde_json::from_str(&trim::to_fit(&mut value)?).map_err(Trouble::encode)?;
    }
    let mut walk = Walk { redact, differs: false };
    walk.event(&mut value);
    let mut differs = walk.differs;
    let mut text = to_text(&value)?;
    if text.len() > EVENT_CAP {
        // After redaction: half a secret would not be recognised any more.
        differs = true;
        text = trim::to_fit(&mut value)?;
    }
    if differs {
        return Ok((serde_json::from_str(&text).map_err(Trouble::encode)?, text));
    }
    Ok((event, text))
}

/// One pass over an event: hides secrets and cuts what is nested too deeply to be read again.
struct Walk<'a> {
    redact: &'a Redact,
    /// What reading yields differs from the event given, or might.
    differs: bool,
}

/// Whether numbers are redacted too. The event's own ones are not: without them it could not be read.
#[derive(Clone, Copy)]
enum Numbers {
    Too,
    Not,
}

impl Walk<'_> {
    fn event(&mut self, event: &mut Value) {
        for (name, field) in event.as_object_mut().into_iter().flatten() {
            let free = FREE.contains(&name.as_str());
            self.value(field, if free { Numbers::Too } else { Numbers::Not }, 1);
        }
    }

    fn value(&mut self, value: &mut Value, numbers: Numbers, level: usize) {
        match value {
            Value::String(text) => {
                if let Some(clean) = (self.redact)(text) {
                    self.differs = true;
                    *text = clean;
                }
            }
            Value::Number(number) => {
                // A fraction may come back with another last digit.
                self.differs |= number.is_f64();
                if matches!(numbers, Numbers::Too)
                    && let Some(clean) = (self.redact)(&number.to_string())
                {
                    self.differs = true;
                    *value = Value::String(clean);
                }
            }
            Value::Array(_) | Value::Object(_) if level >= LEVELS => {
                self.differs = true;
                *value = Value::String(format!("[cut: nested deeper than {LEVELS} levels]"));
            }
            Value::Array(items) => {
                for item in items {
                    self.value(item, numbers, level + 1);
                }
            }
            Value::Object(fields) => {
                self.names(fields);
                for field in fields.values_mut() {
                    self.value(field, numbers, level + 1);
                }
            }
            Value::Null | Value::Bool(_) => {}
        }
    }

    fn names(&mut self, fields: &mut Map<String, Value>) {
        if fields.keys().all(|name| (self.redact)(name).is_none()) {
            return;
        }
        self.differs = true;
        for (name, field) in std::mem::take(fields) {
            let mut clean = (self.redact)(&name).unwrap_or(name);
            // Two names that differed in a secret only stay two.
            while fields.contains_key(&clean) {
                clean.push('\'');
            }
            fields.insert(clean, field);
        }
    }
}

/// JSON on one line, with everything escaped that a terminal or an editor might act on.
pub(super) fn to_text(value: &Value) -> Result<String, Trouble> {
    let mut text = Vec::with_capacity(512);
    let mut serializer = serde_json::Serializer::with_formatter(&mut text, Harmless);
    value.serialize(&mut serializer).map_err(Trouble::encode)?;
    String::from_utf8(text).map_err(|e| Trouble::encode(io::Error::other(e)))
}

/// Compact JSON; beyond what JSON itself demands, characters that act instead of showing are escaped.
struct Harmless;

impl Formatter for Harmless {
    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut plain = 0;
        // Most texts are ASCII, where only DEL acts.
        for (at, acting) in fragment.char_indices().filter(|(_, char)| acts(*char)) {
            CompactFormatter.write_string_fragment(writer, &fragment[plain..at])?;
            for unit in acting.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
            plain = at + acting.len_utf8();
        }
        CompactFormatter.write_string_fragment(writer, &fragment[plain..])
    }
}

/// DEL and C1 controls, line and paragraph separators, bidirectional and invisible characters, tags.
const fn acts(char: char) -> bool {
    matches!(char,
        '\u{7f}'..='\u{9f}' | '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::event::Kind;
    use crate::time::Timestamp;

    fn noted(text: &str) -> Event {
        let kind = Kind::Noted { text: text.into(), when: None, files: Vec::new() };
        Event { at: Timestamp::from_millis(0), boot_ms: 1, by: "maria".into(), slip: None, kind }
    }

    fn nothing() -> Redact {
        Box::new(|_| None)
    }

    #[test]
    fn what_acts_is_escaped_and_comes_back_whole() {
        let nasty = "a\u{1b}[2J\n\u{7f}\u{9b}31m\u{202e}\u{2028}\u{2066}\u{feff}\u{e0041}é\"\\\0";
        let (_, text) = prepare(noted(nasty), &nothing()).unwrap();
        assert!(!text.chars().any(|char| char.is_control() || acts(char)), "{text}");
        assert!(text.contains('é'), "what merely shows stays readable: {text}");
        let back: Event = serde_json::from_str(&text).unwrap();
        assert_eq!(back, noted(nasty));
    }

    #[test]
    fn a_secret_is_gone_from_text_and_event_and_numbers_stay_numbers() {
        let redact: Redact =
            Box::new(|text| text.contains("123456").then(|| text.replace("123456", "[REDACTED]")));
        let mut event = noted("token 123456!");
        event.boot_ms = 123_456;
        let (kept, text) = prepare(event, &redact).unwrap();
        assert_eq!(
            kept.kind,
            Kind::Noted { text: "token [REDACTED]!".into(), when: None, files: Vec::new() }
        );
        assert!(text.contains("\"boot_ms\":123456"), "{text}");
        assert_eq!(serde_json::from_str::<Event>(&text).unwrap(), kept);

        let mut event = noted("");
        event.kind = Kind::Answered {
            step: "s".into(),
            question: crate::run::event::Asking::Evidence,
            answer: serde_json::json!([123_456, 7]),
            source: "operator".into(),
        };
        let (_, text) = prepare(event, &redact).unwrap();
        assert!(text.contains(r#""answer":["[REDACTED]",7]"#), "{text}");
    }
}
