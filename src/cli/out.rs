//! Words of commands that drive nothing: data to stdout, talk to stderr.
//!
//! A closed pipe or a full disk behind stdout is no reason to panic: what cannot be said is not said. Data that
//! was lost to anything but a reader who left is trouble of the command, see [`lost`].

use std::io::{self, Write};
use std::sync::OnceLock;

use super::exit::Failure;
use crate::text;
use crate::ui::lang::Lang;

/// Why standard output did not take all data, the first time.
static LOST: OnceLock<String> = OnceLock::new();

/// Data, as it is.
pub(super) fn data(text: &str) {
    let mut stdout = io::stdout().lock();
    let written = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
    // A reader who has enough, such as `head`, has lost nothing.
    if let Err(why) = written
        && why.kind() != io::ErrorKind::BrokenPipe
    {
        let _ = LOST.set(why.to_string());
    }
}

/// Why data is missing behind standard output, such as a full disk; nothing when all of it is there.
pub(super) fn lost() -> Option<&'static str> {
    LOST.get().map(String::as_str)
}

/// JSON, without anything in its strings that a terminal would obey. It ends with a line end.
pub(super) fn json(json: &str) {
    data(&format!("{}\n", text::json(json.trim_end_matches('\n'))));
}

/// A line of data, sanitised.
pub(super) fn line(line: &str) {
    data(&format!("{}\n", text::sanitise(line)));
}

/// Lines of data, sanitised, in one write.
pub(super) fn lines(lines: &[String]) {
    let mut all = String::new();
    for line in lines {
        all += &text::sanitise(line);
        all.push('\n');
    }
    data(&all);
}

/// Words for the person.
pub(super) fn talk(words: &str) {
    let words = text::sanitise(words);
    let _ = io::stderr().lock().write_all(format!("{}\n", words.trim_end()).as_bytes());
}

/// Words of ours for the person, in their language.
pub(super) fn tell(lang: Lang, words: &str) {
    talk(&lang.say(words));
}

/// What went wrong, and what to do next.
pub(super) fn failure(failure: &Failure, lang: Lang) {
    tell(lang, &format!("error: failed to {:#}", failure.error));
    if let Some(hint) = &failure.hint {
        tell(lang, &format!("hint: {hint}"));
    }
}
