use std::collections::{BTreeMap, BTreeSet};

use super::*;

#[test]
fn both_sides_of_every_sentence_have_the_same_gaps() {
    let headings: BTreeSet<_> = sentences().map(|one| one.heading).collect();
    for pattern in &table().all {
        let english = pattern.around.join("{}");
        assert!(!pattern.spanish.trim().is_empty(), "{english}");
        assert_eq!(pattern.gaps.len(), pattern.spanish.matches("{}").count(), "{english}");
        // On the screen one of gaps alone would be every sentence.
        assert!(pattern.is_telling() || !pattern.heading.is_empty(), "{english}");
        for gap in &pattern.gaps {
            if let Gap::Other(other) = gap {
                assert!(headings.contains(other), "{english}: {other}");
            }
        }
    }
}

#[test]
fn a_sentence_stands_once_and_means_something_else_wherever_it_stands_again() {
    let mut met: BTreeMap<String, Vec<(&str, &str)>> = BTreeMap::new();
    for pattern in table().all.iter().filter(|pattern| pattern.is_telling()) {
        // One may be read from both ends.
        let from = if pattern.from_end { "<" } else { "" };
        let there = met.entry(from.to_owned() + &pattern.around.join("{}")).or_default();
        let same = |(heading, spanish): &(&str, &str)| {
            *heading == pattern.heading || *spanish == pattern.spanish
        };
        let twice = there.iter().any(same);
        assert!(!twice, "twice: {} under {}", pattern.around.join("{}"), pattern.heading);
        there.push((pattern.heading, pattern.spanish));
    }
}

#[test]
fn words_of_others_are_never_taken_for_ours() {
    let of = |kind: &str, text: &str| under(&format!("timeline.what:{kind}"), text);
    assert_eq!(
        of("started", "look started (read, attempt 2) on db: SELECT 1; a) on b: c").unwrap(),
        "look comenzó (lectura, intento 2) en db: SELECT 1; a) on b: c"
    );
    assert_eq!(of("noted", "Note: nobody").unwrap(), "Nota: nobody");
    assert_eq!(line("Note: nobody"), "Nota: nobody");
    assert_eq!(
        of("opened", "Run opened: Look on disk on production, SEV-1; operator 2 drives.").unwrap(),
        "Se abrió la ejecución: Look on disk en production, SEV-1; conduce operador 2."
    );
    assert_eq!(
        of("ended", "look did not pass: exit code 22 after 1m 3s, 4 looks.").unwrap(),
        "look no pasó: código de salida 22 tras 1m 3s, 4 consultas."
    );
    assert_eq!(of("ended", "look is purple."), None);
}
