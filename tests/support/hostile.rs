//! Texts and bytes made to hurt, generated kind by kind.

use std::collections::HashSet;

/// Bytes that a terminal would obey, between `left` and `right`, and what a person may see of them.
pub(crate) struct Escape {
    pub(crate) raw: Vec<u8>,
    pub(crate) shown: String,
}

/// How strings for the terminal are begun, in 7 and in 8 bits.
const STRINGS: [(&str, char); 5] =
    [("]", '\u{9d}'), ("P", '\u{90}'), ("_", '\u{9f}'), ("^", '\u{9e}'), ("X", '\u{98}')];

/// Every kind of sequence that terminals obey, in its 7-bit and its 8-bit form, ended in every way.
fn sequences() -> Vec<Escape> {
    let mut all = Vec::new();
    let mut gone = |sequence: String| {
        let raw = format!("left{sequence}right").into_bytes();
        all.push(Escape { raw, shown: "leftright".to_owned() });
    };
    for (seven, eight) in STRINGS {
        for opening in [format!("\u{1b}{seven}"), eight.to_string()] {
            for end in ["\u{1b}\\", "\u{9c}", "\u{7}"] {
                gone(format!("{opening}q;payload{end}"));
            }
        }
    }
    for number in [
        "0", "1", "2", "4", "7", "8", "9", "10", "11", "12", "22", "50", "104", "133", "777",
        "1337",
    ] {
        for end in ["\u{1b}\\", "\u{9c}", "\u{7}"] {
            gone(format!("\u{1b}]{number};owned{end}"));
        }
    }
    gone("\u{1b}]8;;http://evil.example\u{7}".to_owned());
    gone("\u{1b}]52;c;cm0gLXJmIC8=\u{7}".to_owned());
    for last in "ABCDEFGHIJKLMPSTXZ@`abdefghlmnpqrstu".chars() {
        for parameters in ["", "2", "1;1", "?6", ">0", " "] {
            gone(format!("\u{1b}[{parameters}{last}"));
        }
        gone(format!("\u{9b}3{last}"));
    }
    for mode in [
        1, 3, 5, 6, 7, 12, 25, 47, 66, 69, 1000, 1002, 1003, 1004, 1005, 1006, 1015, 1047, 1048,
        1049, 2004, 2026,
    ] {
        gone(format!("\u{1b}[?{mode}h"));
        gone(format!("\u{1b}[?{mode}l"));
    }
    for colour in ["8", "0;30;40", "7", "5", "38;5;1", "48;2;1;2;3", "38:2::1:2:3", "4:3"] {
        gone(format!("\u{1b}[{colour}m"));
    }
    for last in [
        "7", "8", "c", "D", "E", "H", "M", "N", "O", "Z", "=", ">", "(0", ")0", "#8", "%G", "n",
        "|", "}", "~",
    ] {
        gone(format!("\u{1b}{last}"));
    }
    for paste in ["[200~", "[201~"] {
        gone(format!("\u{1b}{paste}"));
    }
    // CAN and SUB give a sequence up; NUL and BEL inside one are obeyed without ending it.
    for odd in [
        "\u{1b}[3\u{18}",
        "\u{1b}]0;x\u{1a}",
        "\u{1b}[3\u{0}1m",
        "\u{1b}\u{1b}[2J",
        "\u{1b}[\u{1b}[2J",
    ] {
        gone(odd.to_owned());
    }
    for control in ('\u{0}'..='\u{1f}').chain('\u{7f}'..='\u{9f}') {
        let opens =
            matches!(control, '\u{1b}' | '\u{90}' | '\u{98}' | '\u{9b}' | '\u{9d}'..='\u{9f}');
        if !opens && !matches!(control, '\n' | '\r' | '\t') {
            gone(control.to_string());
        }
    }
    gone("\u{8}".repeat(20));
    all
}

/// All of them: sequences, characters that deceive, what nobody ended, bytes that are no text.
pub(crate) fn escapes() -> Vec<Escape> {
    let mut all = sequences();
    for c in ('\u{200b}'..='\u{200f}')
        .chain('\u{202a}'..='\u{202e}')
        .chain('\u{2060}'..='\u{206f}')
        .chain([
            '\u{61c}',
            '\u{feff}',
            '\u{ad}',
            '\u{180e}',
            '\u{2028}',
            '\u{2029}',
            '\u{fff9}',
            '\u{e0041}',
        ])
    {
        let shown = format!("left<U+{:04X}>right", u32::from(c));
        all.push(Escape { raw: format!("left{c}right").into_bytes(), shown });
    }
    // A string that nobody ends takes the rest of its line, and no more.
    for (seven, eight) in STRINGS {
        for opening in [format!("\u{1b}{seven}"), eight.to_string()] {
            let raw = format!("left{opening}0;fake prompt $ ").into_bytes();
            all.push(Escape { raw, shown: "left".to_owned() });
        }
    }
    for (raw, shown) in [
        (&b"left\rright"[..], "right"),
        (b"10 %\r20 %\rleftright\r", "leftright"),
        (b"left\xffright", "left\u{fffd}right"),
        (b"left\xc3right", "left\u{fffd}right"),
        (b"left\x9b2Jright", "left\u{fffd}2Jright"),
        (b"left\xf0\x9f\x92right", "left\u{fffd}right"),
        (b"left\xed\xa0\x80right", "left\u{fffd}\u{fffd}\u{fffd}right"),
        (b"left\xc0\x9b2Jright", "left\u{fffd}\u{fffd}2Jright"),
        (b"left\x1b[\xc3\xa9right", "left\u{e9}right"),
        (b"left\tright", "left\tright"),
    ] {
        all.push(Escape { raw: raw.to_vec(), shown: shown.to_owned() });
    }
    let mut seen = HashSet::new();
    all.retain(|escape| seen.insert(escape.raw.clone()));
    all
}

/// Texts that somebody somewhere would obey, cut, or trip over. None is empty or holds a NUL.
pub(crate) fn strings() -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    let mut kind = |list: &[&str]| all.extend(list.iter().map(|text| (*text).to_owned()));
    // shells; the file must never appear
    for shape in [
        "$(touch CANARY)",
        "`touch CANARY`",
        "; touch CANARY #",
        "| touch CANARY",
        "& touch CANARY &",
        "&& touch CANARY",
        "|| touch CANARY",
        "\ntouch CANARY\n",
        "'; touch CANARY; '",
        "\"; touch CANARY; \"",
        "${IFS}touch${IFS}CANARY",
        "$((a[$(touch CANARY)]))",
        "<(touch CANARY)",
        "> CANARY",
        ">>CANARY",
        "a[$(touch CANARY)]",
        "{touch,CANARY}",
        "$'\\x74ouch CANARY'",
        "\\\ntouch CANARY",
        "x=$(touch CANARY)",
        "() { :;}; touch CANARY",
        "-exec touch CANARY ;",
        "--checkpoint-action=exec=touch CANARY",
        "~/../CANARY",
    ] {
        for around in ["%", "'%'", "\"%\"", "\\%", "x%y"] {
            kind(&[&around.replace('%', shape)]);
        }
    }
    // templates of many engines
    for inside in [
        "7*7",
        "x",
        "config",
        "self.__class__",
        "range(10)",
        "''.__class__.__mro__",
        "env.HOME",
        "lipsum",
    ] {
        for (open, close) in [
            ("{{ ", " }}"),
            ("{% ", " %}"),
            ("{#", "#}"),
            ("${", "}"),
            ("#{", "}"),
            ("<%= ", " %>"),
            ("[[", "]]"),
            ("{{- ", " -}}"),
            ("%(", ")s"),
        ] {
            kind(&[&format!("{open}{inside}{close}")]);
        }
    }
    // databases
    for tail in [
        "; DROP TABLE t; --",
        " OR 1=1 --",
        " UNION SELECT 1 --",
        "); DELETE FROM t; --",
        "; COMMIT; --",
        "/*",
        "--",
        "#",
    ] {
        for quote in ["'", "\"", "`", "\\'", "''", "$$", "'||'", "E'"] {
            kind(&[&format!("x{quote}{tail}")]);
        }
    }
    // Markdown and HTML
    kind(&[
        "a | b | c",
        "\\| d \\\\| e",
        "|---|",
        "| 1 | 2 |\n| 3 | 4 |",
        "# heading",
        "- item",
        "1. item",
        "12) item",
        "> quote",
        "***",
        "===",
        "---",
        "~~~",
        "```",
        "````\n```",
        "    code",
        "`code`",
        "``",
        "**bold**",
        "__bold__",
        "*it*",
        "_it_",
        "~~gone~~",
        "[link](javascript:alert(1))",
        "![image](http://x/y.png)",
        "[ref]: http://x",
        "[^1]: note",
        "<http://auto.link>",
        "www.x.example",
        "me@x.example",
        "$x^2$",
        "$$x$$",
        "&lt;b&gt;",
        "&#60;",
        "&nbsp;",
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<!-- comment",
        "-->",
        "]]>",
        "</table>",
        "<b onclick=x>",
        "<svg/onload=alert(1)>",
        "<a href=\"x\">",
        "<?php x ?>",
        "<![CDATA[x",
        "- [ ] task",
        ":smile:",
        "\\",
        "line  \nbreak",
        "a\\\nb",
    ]);
    // formats, numbers, words that become something else
    kind(&[
        "%s%s%s%n",
        "%x",
        "%1$*2$d",
        "%00",
        "%0a",
        "%u0041",
        "{}",
        "{0}",
        "{:?}",
        "\\x41",
        "\\u0041",
        "\\0",
        "null",
        "NULL",
        "nil",
        "None",
        "undefined",
        "NaN",
        "Infinity",
        "-Infinity",
        "true",
        "false",
        "yes",
        "no",
        "on",
        "off",
        "~",
        "0",
        "-0",
        "00",
        "0x10",
        "0o17",
        "0b1",
        "1e1000",
        "1_000",
        "1.5e-9",
        "999999999999999999999999999999",
        "-9223372036854775809",
        "18446744073709551616",
        ".5",
        "5.",
        "1,5",
        "1;5",
        "2026-13-45",
        "12:61",
        "1h",
        "-1s",
        "=1+1",
        "+1",
        "@SUM(1)",
        "=cmd|' /C calc'!A0",
        "!x",
        "&a",
        "*a",
        "- a",
        "? a",
        "a: b",
        "{a: b}",
        "[a]",
        "# c",
        "a #b",
        "|",
        ">",
        "%TAG",
        "@a",
        "'",
        "\"",
        "''",
        "\"\"",
        "'\"'",
        "\\'",
        "\\\"",
        "\\\\",
        " ",
        "  x  ",
        "\t",
        "x\ty",
    ]);
    // paths and names of files
    kind(&[
        ".",
        "..",
        "../x",
        "../../../../etc/passwd",
        "/etc/passwd",
        "//x",
        "./",
        "~",
        "~root",
        "a/b",
        "a\\b",
        "C:\\x",
        "CON",
        "nul",
        ".hidden",
        "-rf",
        "--help",
        "-",
        "--",
        "-o",
        "x/../y",
        "..%2f..%2fx",
        "file:///etc/passwd",
        "http://169.254.169.254/",
        "a;b",
        "a*b",
        "a?b",
        "[a-z]*",
        "{a,b}",
        "a b",
        " a",
        "a ",
        "a\nb",
        "a\rb",
        "\r\n",
        "\n",
        "/dev/null",
        "/proc/self/environ",
        "\u{202e}gpj.exe",
    ]);
    // Unicode
    kind(&[
        "é",
        "e\u{301}",
        "ß",
        "ﬁ",
        "İ",
        "ı",
        "ǅ",
        "漢字",
        "カタカナ",
        "한국어",
        "العربية",
        "עברית",
        "हिन्दी",
        "ไทย",
        "Ελληνικά",
        "Ω≈ç√∫˜µ≤≥÷",
        "🙂",
        "👩‍👩‍👧‍👦",
        "🇩🇪",
        "1\u{fe0f}\u{20e3}",
        "Z̮̞̠͙͔ͅḀ̗̞͈̻̗Ḷ͙͎̯̹̞͓G̻O̭̗̮",
        "\u{202e}abc",
        "\u{2066}x\u{2069}",
        "\u{200b}",
        "\u{feff}",
        "\u{ad}",
        "\u{a0}",
        "\u{3000}",
        "\u{2028}",
        "\u{2029}",
        "\u{85}",
        "\u{fffd}",
        "\u{fffe}",
        "\u{ffff}",
        "\u{10ffff}",
        "\u{e000}",
        "\u{e0041}",
        "𝒳𝒴",
        "ﷺ",
        "田中さんにあげて下さい",
        "ÅÍÎÏ˝",
        "\u{1f468}\u{1f3ff}",
        "＇",
        "＂",
        "‘’“”",
        "–—",
        "…",
        "｜",
        "＜b＞",
    ]);
    // control characters and what terminals obey
    for control in ('\u{1}'..='\u{1f}').chain('\u{7f}'..='\u{9f}') {
        kind(&[&format!("a{control}b")]);
    }
    kind(&[
        "\u{1b}[2J",
        "\u{1b}]0;owned\u{7}",
        "\u{1b}[31mred\u{1b}[0m",
        "\u{1b}[?1049h",
        "\u{9b}2J",
        "\u{8}\u{8}\u{8}",
        "x\rfake $ ",
    ]);
    // lengths
    for (text, times) in [
        ("A", 300),
        ("é", 300),
        ("| ", 200),
        ("`", 100),
        ("\\", 99),
        ("((", 120),
        ("{{", 90),
        ("a\n", 50),
    ] {
        kind(&[&text.repeat(times)]);
    }
    let mut seen = HashSet::new();
    all.retain(|text| seen.insert(text.clone()));
    all
}

#[test]
fn there_are_enough_of_them() {
    let counts = (strings().len(), escapes().len());
    assert!(counts.0 >= 515 && counts.1 >= 200, "{counts:?}");
    assert!(strings().iter().all(|text| !text.is_empty() && !text.contains('\0')));
}
