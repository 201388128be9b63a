//! What terminals obey: every kind of sequence, in every form.

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
