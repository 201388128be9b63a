//! A fault that is put into a step of a drill on purpose, as it is written and recorded.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::diagnostic::did_you_mean;
use crate::time::Span;

/// What a step of a drill is made to suffer, to train what follows from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Fault {
    /// It fails, and nothing of it is run.
    Fail,
    /// Its time is over, and nothing of it is run. What changes something has an unknown outcome then.
    Timeout,
    /// It begins this much later.
    Slow(Span),
    /// mayday dies behind its beginning, as by `kill -9`.
    Crash,
}

/// The words of all of them.
const WORDS: [&str; 4] = ["fail", "timeout", "slow", "crash"];

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fail => f.write_str("fail"),
            Self::Timeout => f.write_str("timeout"),
            Self::Slow(span) => write!(f, "slow:{span}"),
            Self::Crash => f.write_str("crash"),
        }
    }
}

impl FromStr for Fault {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(':').map_or((text, None), |(word, span)| (word, Some(span))) {
            ("fail", None) => Ok(Self::Fail),
            ("timeout", None) => Ok(Self::Timeout),
            ("crash", None) => Ok(Self::Crash),
            ("slow", Some(span)) => match span.parse::<Span>()? {
                span if span > Span::ZERO => Ok(Self::Slow(span)),
                _ => Err(format!("`{text}` is no wait: write how long, such as slow:30s")),
            },
            ("slow", None) => Err("write how long, such as slow:30s".to_owned()),
            (word, _) => {
                let near = did_you_mean(word, WORDS);
                let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
                Err(format!("`{text}` is not fail, timeout, slow:SPAN or crash{near}"))
            }
        }
    }
}

impl TryFrom<String> for Fault {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Fault> for String {
    fn from(fault: Fault) -> Self {
        fault.to_string()
    }
}
