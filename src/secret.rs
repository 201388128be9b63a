//! Secrets: values that reach a child process or a server, and nothing else.
//!
//! Owns the type of a secret value and the one [`Redactor`] that keeps such values out of screens, records
//! and reports. Matching is literal and happens before any cutting. The matcher holds the values in memory
//! for as long as it lives; nothing prints it.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};

use crate::text::sanitise;

mod forms;
mod search;
mod stream;
#[cfg(test)]
mod tests;

use search::{Matcher, Search};
pub use stream::Stream;

/// A secret's value. Prints as `[REDACTED]`, is wiped on drop, is never serialised.
pub type SecretValue = SecretString;

/// The shortest value that is hidden, in characters: shorter ones are found in ordinary words.
pub const MIN_HIDDEN: usize = 6;

/// A secret that cannot be hidden in output.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotHidden {
    /// It is shorter than [`MIN_HIDDEN`].
    #[error(
        "secret `{name}` is shorter than {MIN_HIDDEN} characters and cannot be hidden in output"
    )]
    TooShort {
        /// Its name.
        name: String,
    },
    /// It is hidden, but the password inside it is shorter than [`MIN_HIDDEN`] and is not, by itself.
    #[error(
        "the password inside secret `{name}` is shorter than {MIN_HIDDEN} characters and cannot be \
         hidden where it stands alone"
    )]
    PartTooShort {
        /// The name of the whole.
        name: String,
    },
    /// It is too large to search for.
    #[error("secret `{name}` is too large to be hidden in output")]
    TooLarge {
        /// Its name.
        name: String,
    },
}

/// Hides secrets: finds every form of every value and puts `[redacted:NAME]` in its place. A clone is
/// cheap and sees the secrets known when it was made.
#[derive(Clone, Default)]
pub struct Redactor {
    shared: Arc<Shared>,
}

#[derive(Clone, Default)]
struct Shared {
    names: Vec<String>,
    forms: Vec<Known>,
    matcher: Option<Matcher>,
}

/// A form to search for.
#[derive(Clone)]
struct Known {
    bytes: Zeroizing<Vec<u8>>,
    /// Line ends may stand in it.
    wraps: bool,
    /// The index of its secret's name.
    owner: usize,
}

/// A stretch to hide: one match, or several that overlap.
#[derive(Clone, Copy, Debug)]
struct Hit {
    start: u64,
    end: u64,
    /// The longest form in it, and whose it is: that name is shown.
    longest: usize,
    owner: usize,
}

impl Redactor {
    /// A redactor for secrets and their names, with those that it cannot hide.
    #[must_use]
    pub fn new<'s>(
        secrets: impl IntoIterator<Item = (&'s str, &'s SecretValue)>,
    ) -> (Self, Vec<NotHidden>) {
        let mut redactor = Self::default();
        let mut refused = Vec::new();
        for (name, value) in secrets {
            refused.extend(redactor.admit(name, value).err());
        }
        refused.extend(redactor.build("all secrets").err());
        (redactor, refused)
    }

    /// Hides one more secret from now on.
    ///
    /// # Errors
    /// It, or a part of it, is too short or too large to be hidden; tell the operator.
    pub fn add(&mut self, name: &str, value: &SecretValue) -> Result<(), NotHidden> {
        let admitted = self.admit(name, value);
        self.build(name).and(admitted)
    }

    /// Whether there is nothing to hide.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.shared.matcher.is_none()
    }

    fn admit(&mut self, name: &str, value: &SecretValue) -> Result<(), NotHidden> {
        let value = value.expose_secret();
        let forms = forms::of(value);
        if forms.is_empty() {
            return Err(NotHidden::TooShort { name: name.to_owned() });
        }
        let shared = Arc::make_mut(&mut self.shared);
        let owner = shared.names.iter().position(|known| known == name).unwrap_or_else(|| {
            shared.names.push(name.to_owned());
            shared.names.len() - 1
        });
        shared.forms.extend(forms.into_iter().map(|form| Known {
            bytes: Zeroizing::new(form.bytes),
            wraps: form.wraps,
            owner,
        }));
        if forms::has_short_password(value) {
            return Err(NotHidden::PartTooShort { name: name.to_owned() });
        }
        Ok(())
    }

    fn build(&mut self, name: &str) -> Result<(), NotHidden> {
        if !self.shared.forms.is_empty() {
            let matcher = Matcher::new(&self.shared.forms)
                .ok_or_else(|| NotHidden::TooLarge { name: name.to_owned() })?;
            Arc::make_mut(&mut self.shared).matcher = Some(matcher);
        }
        Ok(())
    }

    /// The text with every secret hidden.
    #[must_use]
    pub fn redact<'t>(&self, text: &'t str) -> Cow<'t, str> {
        match self.redact_bytes(text.as_bytes()) {
            Cow::Borrowed(_) => Cow::Borrowed(text),
            // Forms are valid UTF-8, so a match begins and ends between characters.
            Cow::Owned(bytes) => Cow::Owned(
                String::from_utf8(bytes)
                    .unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned()),
            ),
        }
    }

    /// The text with every secret hidden, also one that is whole only where nobody sees the escape sequences
    /// inside it. In that case the text comes back without them.
    #[must_use]
    pub fn redact_shown<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let clean = self.redact(text);
        if self.is_empty() {
            return clean;
        }
        match sanitise(&clean) {
            Cow::Borrowed(_) => clean,
            Cow::Owned(shown) => match self.redact(&shown) {
                Cow::Owned(hidden) => Cow::Owned(hidden),
                Cow::Borrowed(_) => clean,
            },
        }
    }

    /// The bytes with every secret hidden.
    #[must_use]
    pub fn redact_bytes<'t>(&self, bytes: &'t [u8]) -> Cow<'t, [u8]> {
        let Some(matcher) = &self.shared.matcher else { return Cow::Borrowed(bytes) };
        let mut search = Search::new(matcher);
        if !bytes.iter().any(|byte| search.step(matcher, *byte).any()) {
            return Cow::Borrowed(bytes);
        }
        let mut stream = self.stream();
        let mut clean = stream.push(bytes);
        clean.extend(stream.finish());
        Cow::Owned(clean)
    }

    /// Hides every secret in the texts, keys and numbers of a value.
    pub fn redact_value(&self, value: &mut Value) {
        if self.is_empty() {
            return;
        }
        match value {
            Value::Null | Value::Bool(_) => {}
            Value::Number(number) => {
                if let Cow::Owned(clean) = self.redact(&number.to_string()) {
                    *value = Value::String(clean);
                }
            }
            Value::String(text) => {
                if let Cow::Owned(clean) = self.redact(text) {
                    *text = clean;
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.redact_value(item)),
            Value::Object(map) => self.redact_map(map),
        }
    }

    fn redact_map(&self, map: &mut Map<String, Value>) {
        map.values_mut().for_each(|value| self.redact_value(value));
        if map.keys().all(|key| matches!(self.redact(key), Cow::Borrowed(_))) {
            return;
        }
        for (key, value) in std::mem::take(map) {
            let clean = self.redact(&key).into_owned();
            let mut free = clean.clone();
            let mut number = 2;
            while map.contains_key(&free) {
                free = format!("{clean}#{number}");
                number += 1;
            }
            map.insert(free, value);
        }
    }

    /// A stream of bytes to be hidden in as they come, however they are cut.
    #[must_use]
    pub fn stream(&self) -> Stream {
        Stream::new(self.clone())
    }

    fn mark(&self, owner: usize) -> String {
        format!("[redacted:{}]", self.shared.names.get(owner).map_or("secret", String::as_str))
    }
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redactor").field("names", &self.shared.names).finish_non_exhaustive()
    }
}
