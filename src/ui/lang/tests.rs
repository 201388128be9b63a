//! Both languages have every sentence, with the same gaps; and the code still says the English one.

use std::collections::BTreeSet;
use std::path::Path;

use super::es::{ASKS, WORDS};
use super::*;

const LANG: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/ui/lang");

fn all() -> impl Iterator<Item = &'static (&'static str, &'static str)> {
    WORDS.iter().chain(ASKS)
}

#[test]
fn every_sentence_has_the_same_gaps_in_both_languages() {
    for (english, spanish) in all() {
        let gaps = |text: &str| text.matches("{}").count() + text.matches("{#}").count();
        assert_eq!(gaps(english), gaps(spanish), "{english}");
        assert!(!spanish.trim().is_empty(), "{english}");
        // A sentence of gaps alone would be every sentence.
        let own = english.replace("{}", "").replace("{#}", "");
        assert!(own.chars().filter(|c| c.is_alphabetic()).count() >= 2, "{english}");
    }
    let once: BTreeSet<_> = all().map(|(english, _)| english).collect();
    assert_eq!(once.len(), all().count(), "a sentence stands twice");
}

/// All code but this, without its line breaks inside of texts.
fn code() -> String {
    fn read(folder: &Path, into: &mut String) {
        for path in std::fs::read_dir(folder).unwrap().flatten().map(|entry| entry.path()) {
            if path.is_dir() {
                read(&path, into);
            } else if !path.starts_with(LANG) && !path.ends_with("ui/lang.rs") {
                into.push_str(&std::fs::read_to_string(path).unwrap());
            }
        }
    }
    let mut all = String::new();
    read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut all);
    let mut joined = String::new();
    for line in all.lines() {
        match line.strip_suffix('\\') {
            Some(goes_on) => joined.push_str(goes_on.trim_start()),
            None => {
                joined.push_str(line.trim_start());
                joined.push('\n');
            }
        }
    }
    joined
}

#[test]
fn the_code_still_says_what_is_translated() {
    let code = code();
    let stale: Vec<&str> = all()
        .map(|(english, _)| *english)
        .filter(|english| {
            let parts = english
                .split("{}")
                .flat_map(|part| part.split("{#}"))
                .flat_map(|part| part.split(['(', ')', ':', ';', ',', '.']));
            let longest = parts.map(str::trim).max_by_key(|part| part.len()).unwrap_or_default();
            !code.contains(longest)
        })
        .collect();
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
