//! The code says every English sentence of the table, and every sentence that it says stands there.

use std::path::Path;

use super::*;
use crate::text::spanish::sentences;

mod closed;
mod page;

/// The table itself, and what finds sentences in it.
const TABLE: [&str; 2] = ["src/text/spanish", "src/ui/lang"];

/// All code but this: what it says, and as it is written, with the texts that go over a line in one piece.
fn code() -> (String, String) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    closed::files(&root, &mut files);
    files.retain(|path| {
        !TABLE.iter().any(|own| path.with_extension("").to_string_lossy().contains(own))
    });
    let (mut said, mut written) = (String::new(), String::new());
    for path in files {
        let code = std::fs::read_to_string(path).unwrap();
        said += &closed::texts(&code).join("\n");
        written += &code;
    }
    (said, written)
}

#[test]
fn the_code_still_says_what_is_translated() {
    let (said, written) = code();
    let longest = |english: &str| {
        let bare = english.trim_start_matches(['<', '\\']);
        let parts = bare.split(['{', '}']).step_by(2);
        let parts = parts.flat_map(|part| part.split(['(', ')', ':', ';', ',', '.']));
        let longest = parts.map(str::trim).max_by_key(|part| part.len());
        longest.unwrap_or_default().to_owned()
    };
    // What is put together of pieces stands in no text as a whole.
    let is_said = |part: &String| {
        let words: Vec<&str> = part.split(' ').collect();
        let there = |words: &[&str]| {
            let words = words.join(" ");
            said.contains(&words) || written.contains(&words)
        };
        let pieces =
            |words: &[&str]| (1..words.len()).any(|at| there(&words[..at]) && there(&words[at..]));
        let three = |at: usize| there(&words[..at]) && pieces(&words[at..]);
        there(&words) || pieces(&words) || (1..words.len()).any(three)
    };
    let stale: Vec<&str> =
        sentences().map(|one| one.english).filter(|it| !is_said(&longest(it))).collect();
    assert!(stale.is_empty(), "no code says this any more: {stale:#?}");
}

#[test]
fn sentences_are_found_by_their_words_and_said_in_spanish() {
    let say = |text| Lang::Spanish.say(text).into_owned();
    assert_eq!(say("11:08 of 30:00, 18:52 left"), "11:08 de 30:00, quedan 18:52");
    assert_eq!(say("Not taken: type y or n"), "No se acepta: escriba s o n");
    assert_eq!(
        say("exit code 3  after 00:06 at 20:52:10Z"),
        "código de salida 3  tras 00:06, a las 20:52:10Z"
    );
    assert_eq!(say("Why skip?"), "¿Por qué omitir?");
    assert_eq!(say("every reservation is back"), "every reservation is back");
    assert_eq!(say("lunch of the DBA"), "lunch of the DBA");
    assert_eq!(say("Import 50 rows into PRODUCTION"), "Import 50 rows into PRODUCTION");
    assert_eq!(Lang::English.say("try again"), "try again");
}

#[test]
fn the_environment_chooses_as_posix_says() {
    let choose = |set: &[(&str, &str)]| {
        let get = |name: &str| {
            set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        Lang::choose(&get)
    };
    assert_eq!(choose(&[]), Lang::English);
    assert_eq!(choose(&[("LANG", "es_MX.UTF-8")]), Lang::Spanish);
    assert_eq!(choose(&[("LANG", "es_MX.UTF-8"), ("LC_ALL", "C")]), Lang::English);
    assert_eq!(choose(&[("LANG", "en_US"), ("LC_MESSAGES", "es")]), Lang::Spanish);
    assert_eq!(choose(&[("LANG", "es"), ("LC_ALL", "")]), Lang::Spanish);
    assert_eq!(choose(&[("LANG", "es"), ("MAYDAY_LANG", "en")]), Lang::English);
    assert_eq!(choose(&[("LANG", "est")]), Lang::English);
    // GNU gettext: a list of languages counts before the locale, but not in the C locale.
    assert_eq!(choose(&[("LANG", "en_US"), ("LANGUAGE", "fr:es:en")]), Lang::Spanish);
    assert_eq!(choose(&[("LANG", "es_AR"), ("LANGUAGE", "fr:pt")]), Lang::Spanish);
    assert_eq!(choose(&[("LANG", "C.UTF-8"), ("LANGUAGE", "es")]), Lang::English);
    assert_eq!(choose(&[("LANGUAGE", "es")]), Lang::English);
    for plain in ["C", "POSIX", "C.UTF-8", "fr_FR", "xx", "%$"] {
        assert_eq!(choose(&[("LANG", plain)]), Lang::English);
    }
}

#[test]
fn yes_is_said_in_both_languages() {
    let question = |wants| Question { about: "a".into(), text: "?".into(), help: None, wants };
    let yes_no = question(Wants::YesNo);
    for line in ["s", "S", "si", "Sí", "SÍ", "y", "yes"] {
        let typed = Lang::Spanish.typed(&yes_no, line);
        let at = crate::time::Timestamp::from_millis(0);
        let zone = crate::time::Zone::east_opt(0).unwrap();
        assert_eq!(yes_no.accept(typed, at, zone), Ok(true.into()), "{line}");
    }
    assert_eq!(Lang::English.typed(&yes_no, "s"), "s");
    assert_eq!(Lang::Spanish.typed(&question(Wants::Words), "si"), "si");
}
