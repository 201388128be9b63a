//! From a YAML value to a type, telling every fault and not only the first.
//!
//! serde stops at a fault. Here the fault is reported with its place, the value is mended (the key
//! taken out, or a stand-in put in for what is missing) and decoding starts again.

use std::cmp::Ordering;

use serde::Deserialize;
use serde_path_to_error::{Path, Segment, Track};
use serde_yaml::{Mapping, Value};

use super::entries as code;
use super::foreign;
use super::source::Source;
use super::words::{Said, one_of, short, some_of};
use crate::diagnostic::{Diagnostic, did_you_mean};

/// Faults told of one file; nobody reads more, and the first ones explain many of the others.
pub const MAX_FAULTS: usize = 200;
/// Faults reported in one part; more are told once these are put right. Bounds the work.
const PART_FAULTS: usize = 32;
/// Times that one part is decoded; bounds the work where mending does not lead on.
const MAX_TRIES: usize = 100;

/// Where faults of decoding go.
pub(super) struct Decoder<'a> {
    pub source: &'a mut Source,
    pub faults: &'a mut Vec<Diagnostic>,
}

/// A step into a value.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Key {
    Name(String),
    Index(usize),
}

impl Decoder<'_> {
    /// Reports a fault whose primary place is at `path`, which is marked as broken.
    pub(super) fn report(&mut self, path: &str, fault: Diagnostic) {
        self.source.broken.insert(path.to_owned());
        match self.faults.len().cmp(&MAX_FAULTS) {
            Ordering::Less => self.faults.push(fault),
            Ordering::Equal => {
                let words = format!("the first {MAX_FAULTS} faults are shown");
                let mut last = Diagnostic::new(code::TOO_MANY_FAULTS, words);
                last.labels = fault.labels;
                self.faults.push(last.help("put those right; the rest is looked at then"));
            }
            Ordering::Greater => {}
        }
    }

    /// Decodes a map that stands at `path`. Entries without a value are faults: nobody obeys them.
    pub(super) fn map<T>(&mut self, mut map: Mapping, path: &str, also: &[&str]) -> Option<T>
    where
        T: for<'de> Deserialize<'de>,
    {
        let empty: Vec<String> = map
            .iter()
            .filter(|(_, value)| value.is_null())
            .filter_map(|(key, _)| key.as_str().map(str::to_owned))
            .collect();
        let mut removed = Vec::new();
        for key in empty.into_iter().take(PART_FAULTS) {
            let at = join(path, &key);
            let fault = Diagnostic::new(code::TYPE, format!("`{key}` has no value"))
                .at(&self.source.file, self.source.key(&at), "nothing after the colon")
                .help("write a value, or remove the line");
            self.report(&at, fault);
            map.shift_remove(key.as_str());
            removed.push(vec![Key::Name(key)]);
        }
        let read = |value: &Value| {
            track(|track| T::deserialize(serde_path_to_error::Deserializer::new(value, track)))
        };
        self.mend(Value::Mapping(map), path, also, removed, read)
    }

    /// Decodes whatever `read` reads, at `path`. `also` are names that stand beside those that the
    /// type knows, for suggestions.
    pub(super) fn value<T>(
        &mut self,
        value: Value,
        path: &str,
        read: impl Fn(&Value) -> Result<T, (Path, String)>,
    ) -> Option<T> {
        self.mend(value, path, &[], Vec::new(), read)
    }

    fn mend<T>(
        &mut self,
        mut value: Value,
        path: &str,
        also: &[&str],
        removed: Vec<Vec<Key>>,
        read: impl Fn(&Value) -> Result<T, (Path, String)>,
    ) -> Option<T> {
        let before = self.faults.len();
        let mut mending =
            Mending { base: path, also, removed, thinned: Vec::new(), stand_ins: Vec::new() };
        for _ in 0..MAX_TRIES {
            match read(&value) {
                Ok(decoded) => return Some(decoded),
                Err((at, message)) => {
                    let keys = keys_of(&at);
                    if !mending.step(self, &mut value, &keys, &Said::from_message(&message))
                        || self.faults.len() > before + PART_FAULTS
                    {
                        return None;
                    }
                }
            }
        }
        None
    }
}

/// Runs a decoder under a tracker: the place and the words of its fault.
pub(super) fn track<T>(
    decode: impl FnOnce(&mut Track) -> Result<T, serde_yaml::Error>,
) -> Result<T, (Path, String)> {
    let mut track = Track::new();
    decode(&mut track).map_err(|error| (track.path(), error.to_string()))
}

/// What was done to a value so far.
struct Mending<'a> {
    base: &'a str,
    also: &'a [&'a str],
    /// Places, as in the text, from which something was taken out.
    removed: Vec<Vec<Key>>,
    /// Maps, by their places in the text, from which unknown fields were taken out.
    thinned: Vec<Vec<Key>>,
    /// Places, as in the value, into which something was put, and how many things were tried.
    stand_ins: Vec<(Vec<Key>, usize)>,
}

impl Mending<'_> {
    /// Reports a fault and mends the value. False when nothing more can be done.
    fn step(&mut self, cx: &mut Decoder<'_>, value: &mut Value, at: &[Key], said: &Said) -> bool {
        if let Said::MissingField { field } = said {
            let mut whole = at.to_vec();
            whole.push(Key::Name(field.clone()));
            if !self.removed.contains(&self.in_text(&whole)) {
                self.missing(cx, at, field);
            }
            self.stand_ins.push((whole.clone(), 0));
            return put(value, &whole, stand_in(0));
        }
        if let Some(place) = self.stand_ins.iter_mut().find(|(place, _)| at.starts_with(place)) {
            place.1 += 1;
            let next = match said {
                Said::UnknownVariant { known, .. } if !known.is_empty() => {
                    Some(Value::String(known[0].clone()))
                }
                _ => stand_in(place.1),
            };
            return next.is_some() && put(value, &place.0.clone(), next);
        }
        if let Said::UnknownField { field, known } = said {
            let mut map = at.to_vec();
            if map.last() == Some(&Key::Name(field.clone())) {
                map.pop();
            }
            return self.unknown(cx, value, &map, known);
        }
        if !self.thinned.contains(&self.in_text(at)) {
            self.wrong(cx, at, said);
        }
        let gone = !at.is_empty() && take(value, at);
        if gone {
            self.removed.push(self.in_text(at));
        }
        gone
    }

    /// All keys of one map that its type does not know, at once.
    fn unknown(
        &mut self,
        cx: &mut Decoder<'_>,
        value: &mut Value,
        at: &[Key],
        known: &[String],
    ) -> bool {
        let Some(Value::Mapping(map)) = get(value, at) else { return false };
        let strange: Vec<String> = map
            .keys()
            .filter_map(|key| key.as_str())
            .filter(|key| !known.iter().any(|name| name == key))
            .map(str::to_owned)
            .collect();
        let also: &[&str] = if at.is_empty() { self.also } else { &[] };
        let place = self.path(at);
        for (count, field) in strange.iter().enumerate() {
            // The scan has reported merge keys.
            if count < PART_FAULTS && field != "<<" {
                let names = known.iter().map(String::as_str).chain(also.iter().copied());
                unknown_field(cx, &place, field, &names.collect::<Vec<_>>());
            }
        }
        map.retain(|key, _| key.as_str().is_some_and(|key| known.iter().any(|name| name == key)));
        self.thinned.push(self.in_text(at));
        !strange.is_empty()
    }

    fn missing(&self, cx: &mut Decoder<'_>, at: &[Key], field: &str) {
        let parent = self.path(at);
        let place = cx.source.key(&parent);
        let fault = Diagnostic::new(code::MISSING, format!("`{field}` is missing"))
            .at(&cx.source.file, place, format!("needs `{field}`"))
            .help(match field {
                "mayday" => "start the file with `mayday: 1`".to_owned(),
                _ => format!("add `{field}:` with a value"),
            });
        cx.report(&join(&parent, field), fault);
    }

    fn wrong(&self, cx: &mut Decoder<'_>, at: &[Key], said: &Said) {
        let path = self.path(at);
        let mut place = cx.source.value(&path);
        let fault = match said {
            Said::UnknownVariant { word, known } => {
                let message = format!("{}`{}` is not {}", named(&path), short(word), one_of(known));
                let near = did_you_mean(word, known.iter().map(String::as_str));
                let label = near.map(|name| format!("did you mean `{name}`?")).unwrap_or_default();
                Diagnostic::new(code::VARIANT, message).at(&cx.source.file, place, label)
            }
            Said::WrongType { found, expected } => {
                if found == "a map" || found == "a list" {
                    place = cx.source.key(&path);
                }
                let message = format!("{}expected {expected}, found {found}", named(&path));
                let fault = Diagnostic::new(code::TYPE, message).at(&cx.source.file, place, "");
                mend_words(fault, found, expected)
            }
            Said::Other(words) => {
                let message = format!("{}{words}", named(&path));
                Diagnostic::new(code::TYPE, message).at(&cx.source.file, place, "")
            }
            // The callers above have taken these.
            Said::UnknownField { field, .. } | Said::MissingField { field } => Diagnostic::new(
                code::TYPE,
                format!("`{field}` does not fit here"),
            )
            .at(&cx.source.file, place, ""),
        };
        cx.report(&path, fault);
    }

    /// The path in the text: items that were taken out of a list before this one are counted again.
    fn in_text(&self, at: &[Key]) -> Vec<Key> {
        let mut whole: Vec<Key> = Vec::with_capacity(at.len());
        for key in at {
            let Key::Index(index) = key else {
                whole.push(key.clone());
                continue;
            };
            let mut gone: Vec<usize> = self
                .removed
                .iter()
                .filter_map(|place| match place.split_last() {
                    Some((Key::Index(gone), list)) if list == whole => Some(*gone),
                    _ => None,
                })
                .collect();
            gone.sort_unstable();
            let mut index = *index;
            for earlier in gone {
                index += usize::from(earlier <= index);
            }
            whole.push(Key::Index(index));
        }
        whole
    }

    fn path(&self, at: &[Key]) -> String {
        self.in_text(at).iter().fold(self.base.to_owned(), |path, key| match key {
            Key::Name(name) => join(&path, name),
            Key::Index(index) => format!("{path}[{index}]"),
        })
    }
}

/// Reports a key that the map at `path` does not have.
pub(super) fn unknown_field(cx: &mut Decoder<'_>, path: &str, field: &str, known: &[&str]) {
    let at = join(path, field);
    let near = foreign::meant(field, known).or_else(|| {
        let slip = did_you_mean(field, known.iter().copied());
        slip.filter(|_| foreign::otherwise(field).is_none())
    });
    let label = near.map(|name| format!("did you mean `{name}`?")).unwrap_or_default();
    let mut fault = Diagnostic::new(
        code::UNKNOWN_FIELD,
        format!("unknown field `{}`", short(field)),
    )
    .at(&cx.source.file, cx.source.key(&at), label);
    if let (None, Some(how)) = (near, foreign::otherwise(field)) {
        fault = fault.help(how);
    } else if near.is_none() {
        let mut names: Vec<String> = Vec::new();
        for name in known {
            if !names.iter().any(|known| known == name) {
                names.push((*name).to_owned());
            }
        }
        fault = fault.help(format!("known here: {}", some_of(&names)));
    }
    cx.report(&at, fault);
}

/// The field that a path ends in, to start a message with: `timeout: `.
pub(super) fn named(path: &str) -> String {
    let end = path.find('[').filter(|_| !path.contains('.')).unwrap_or(path.len());
    let name = path[..end].rsplit('.').next().unwrap_or_default();
    if name.is_empty() { String::new() } else { format!("`{name}`: ") }
}

/// What to do about a value of the wrong type.
fn mend_words(fault: Diagnostic, found: &str, expected: &str) -> Diagnostic {
    let text = expected == "text" || expected.starts_with("a duration");
    if found == "nothing" {
        fault.help("write a value, or remove the line")
    } else if expected.starts_with("a duration") && found.starts_with("the number") {
        fault.help("write the unit too: 90s, 5m, 1h30m")
    } else if text && !found.starts_with("a ") {
        fault.help("put quotes around it")
    } else if expected == "true or false" {
        fault.help("write true or false, without quotes")
    } else if expected == "a map" {
        fault.help("write fields: { name: value }")
    } else if expected == "a list" {
        fault.help("put `- ` before each item, or write [a, b]")
    } else if expected.contains("number") && found.starts_with("the text") {
        fault.help("write the number without quotes and without a unit")
    } else {
        fault
    }
}

/// `path.name`, or `name` at the root.
pub(super) fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// What is put in for something missing, so that the rest can be looked at; the n-th try.
fn stand_in(tries: usize) -> Option<Value> {
    Some(match tries {
        0 => Value::String(String::new()),
        1 => Value::Number(1.into()),
        2 => Value::Sequence(Vec::new()),
        3 => Value::Mapping(Mapping::new()),
        4 => Value::String("1s".to_owned()),
        5 => Value::Bool(false),
        _ => return None,
    })
}

fn keys_of(path: &Path) -> Vec<Key> {
    path.iter()
        .map_while(|segment| match segment {
            Segment::Seq { index } => Some(Key::Index(*index)),
            Segment::Map { key } => Some(Key::Name(key.clone())),
            Segment::Enum { .. } | Segment::Unknown => None,
        })
        .collect()
}

fn get<'v>(value: &'v mut Value, at: &[Key]) -> Option<&'v mut Value> {
    at.iter().try_fold(value, |value, key| match key {
        Key::Name(name) => value.as_mapping_mut()?.get_mut(name.as_str()),
        Key::Index(index) => value.as_sequence_mut()?.get_mut(*index),
    })
}

fn take(value: &mut Value, at: &[Key]) -> bool {
    let Some((last, parent)) = at.split_last() else { return false };
    match (get(value, parent), last) {
        (Some(Value::Mapping(map)), Key::Name(name)) => map.shift_remove(name.as_str()).is_some(),
        (Some(Value::Sequence(list)), Key::Index(index)) if *index < list.len() => {
            list.remove(*index);
            true
        }
        _ => false,
    }
}

fn put(value: &mut Value, at: &[Key], new: Option<Value>) -> bool {
    let Some((Key::Name(name), parent)) = at.split_last() else { return false };
    match (get(value, parent), new) {
        (Some(Value::Mapping(map)), Some(new)) => {
            map.insert(Value::String(name.clone()), new);
            true
        }
        _ => false,
    }
}
