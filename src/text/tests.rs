use super::*;
use proptest::prelude::*;

#[test]
fn sequences_disappear_whole() {
    for (raw, clean) in [
        ("plain\ttext\n", "plain\ttext\n"),
        ("\u{1b}[31mred\u{1b}[0m", "red"),
        ("\u{1b}]0;title\u{7}after", "after"),
        ("\u{1b}]8;;http://evil\u{1b}\\link\u{1b}]8;;\u{1b}\\", "link"),
        ("\u{1b}]52;c;aGk=\u{9c}x", "x"),
        ("\u{1b}Pdcs\u{1b}\\x\u{1b}_apc\u{1b}\\y\u{1b}^pm\u{1b}\\z\u{1b}Xsos\u{1b}\\!", "xyz!"),
        ("\u{9b}2Jgone\u{9d}0;t\u{9c}", "gone"),
        ("\u{1b}[2K\u{1b}[1A\u{1b}[?1049hfake", "fake"),
        ("\u{1b}(0x\u{1b}cy", "xy"),
        ("50%\r100%\r\ndone", "50%\n100%\ndone"),
        ("a\u{8}\u{8}b\u{7}\u{0}c\u{7f}", "abc"),
        ("a\u{202e}b\u{200b}c", "a<U+202E>b<U+200B>c"),
        ("\u{1b}]unfinished\nnext line", "\nnext line"),
        ("\u{1b}[201~pasted", "pasted"),
        ("\u{1b}", ""),
    ] {
        assert_eq!(sanitise(raw), clean, "{raw:?}");
    }
}

#[test]
fn plain_text_is_not_copied() {
    assert!(matches!(sanitise("Zeile mit ünïcode 漢字"), Cow::Borrowed(_)));
}

#[test]
fn json_keeps_its_meaning_and_loses_its_teeth() {
    let value = serde_json::json!({ "a\u{9b}2J": "x\u{202e}\u{1b}[0m\u{e0041}\u{7f}é" });
    for text in [value.to_string(), serde_json::to_string_pretty(&value).unwrap()] {
        let safe = json(&text);
        assert!(safe.chars().all(is_plain), "{safe}");
        assert!(safe.contains('é'));
        assert_eq!(serde_json::from_str::<serde_json::Value>(&safe).unwrap(), value);
    }
    assert!(matches!(json("{\"a\": 1}\n"), Cow::Borrowed(_)));
}

#[test]
fn a_long_text_is_cut_with_a_mark() {
    assert_eq!(cut("häuser", 6), "häuser");
    assert_eq!(cut("häuser", 3), "hä…");
    assert_eq!(cut("x", 0), "");
    assert_eq!(one_line("  a\n\tb  c "), "a b c");
    assert_eq!(one_line("a b"), "a b");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_a_terminal_obeys_gets_through(
        parts in prop::collection::vec(
            prop_oneof![
                any::<char>().prop_map(String::from),
                "[\u{1b}\u{9b}\u{9d}\u{90}\u{7}\\[\\]\\\\;0-9mPX^_\r\n\t ]{1,6}",
                "[\u{0}-\u{9f}]{1,4}",
                "[\u{200b}-\u{2069}]{1,2}",
            ],
            0..40,
        )
    ) {
        let raw = parts.concat();
        let clean = sanitise(&raw).into_owned();
        prop_assert!(clean.chars().all(|c| matches!(c, '\n' | '\t') || !c.is_control()));
        prop_assert!(!clean.chars().any(is_deceptive));
        prop_assert_eq!(sanitise(&clean), clean.as_str());
    }
}
