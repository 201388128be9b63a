//! From the bytes of a terminal to keys. Pure.
//!
//! Knows the sequences that common terminals send and no others: an unknown one is one unknown key, never
//! a handful of letters typed into an answer.

/// A key, or a text that was pasted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Key {
    /// A character that shows.
    Char(char),
    /// A text that the terminal marked as pasted.
    Paste(String),
    /// Enter.
    Enter,
    /// Backspace.
    Backspace,
    /// Delete, and Ctrl-D behind something typed.
    Delete,
    /// One to the left.
    Left,
    /// One to the right.
    Right,
    /// To the start: Home, Ctrl-A.
    Home,
    /// To the end: End, Ctrl-E.
    End,
    /// Ctrl-U.
    EraseLine,
    /// Ctrl-K.
    EraseRest,
    /// Ctrl-W.
    EraseWord,
    /// Esc.
    Escape,
    /// Ctrl-C.
    Interrupt,
    /// Ctrl-D.
    Eof,
    /// Ctrl-Z.
    Suspend,
    /// Ctrl-\
    Quit,
    /// Ctrl-L.
    Redraw,
    /// Anything else.
    Unknown,
}

const PASTE_BEGINS: &[u8] = b"\x1b[200~";
const PASTE_ENDS: &[u8] = b"\x1b[201~";

/// A paste longer than this is no answer to anything; the rest of it is dropped.
const LONGEST_PASTE: usize = 128 * 1024;

/// Bytes that do not make a key yet.
#[derive(Default)]
pub(super) struct Decoder {
    bytes: Vec<u8>,
}

impl Decoder {
    pub(super) fn feed(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// True when the beginning of a key waits for its rest.
    pub(super) fn is_waiting(&self) -> bool {
        !self.bytes.is_empty()
    }

    /// The next whole key.
    pub(super) fn key(&mut self) -> Option<Key> {
        let (key, length) = decode(&self.bytes)?;
        self.bytes.drain(..length);
        Some(key)
    }

    /// Nothing more came: a lone Esc is the key Esc, the beginning of anything else is no key.
    pub(super) fn give_up_waiting(&mut self) -> Option<Key> {
        let bytes = std::mem::take(&mut self.bytes);
        match bytes.as_slice() {
            [] => None,
            [0x1b] => Some(Key::Escape),
            // A paste may take its time.
            _ if bytes.starts_with(PASTE_BEGINS) => {
                self.bytes = bytes;
                None
            }
            _ => Some(Key::Unknown),
        }
    }
}

/// The first key and its length; `None` when it is not whole yet.
fn decode(bytes: &[u8]) -> Option<(Key, usize)> {
    let first = *bytes.first()?;
    let key = match first {
        0x1b => return escape(bytes),
        b'\r' | b'\n' => Key::Enter,
        0x7f | 0x08 => Key::Backspace,
        0x01 => Key::Home,
        0x02 => Key::Left,
        0x03 => Key::Interrupt,
        0x04 => Key::Eof,
        0x05 => Key::End,
        0x06 => Key::Right,
        0x0b => Key::EraseRest,
        0x0c => Key::Redraw,
        0x15 => Key::EraseLine,
        0x17 => Key::EraseWord,
        0x1a => Key::Suspend,
        0x1c => Key::Quit,
        0x00..=0x1f => Key::Unknown,
        _ => return character(bytes),
    };
    Some((key, 1))
}

fn character(bytes: &[u8]) -> Option<(Key, usize)> {
    let length = match bytes[0] {
        0x00..=0x7f => 1,
        0xc0..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf7 => 4,
        _ => return Some((Key::Unknown, 1)),
    };
    let Some(whole) = bytes.get(..length) else {
        let broken = bytes[1..].iter().any(|byte| byte & 0xc0 != 0x80);
        return broken.then_some((Key::Unknown, 1));
    };
    Some(match std::str::from_utf8(whole).ok().and_then(|text| text.chars().next()) {
        Some(c) if crate::text::is_plain(c) => (Key::Char(c), length),
        Some(_) => (Key::Unknown, length),
        None => (Key::Unknown, 1),
    })
}

fn escape(bytes: &[u8]) -> Option<(Key, usize)> {
    if bytes.starts_with(PASTE_BEGINS) {
        let body = &bytes[PASTE_BEGINS.len()..];
        let end = body.windows(PASTE_ENDS.len()).position(|window| window == PASTE_ENDS)?;
        let text = String::from_utf8_lossy(&body[..end.min(LONGEST_PASTE)]).into_owned();
        return Some((Key::Paste(text), PASTE_BEGINS.len() + end + PASTE_ENDS.len()));
    }
    match bytes.get(1)? {
        b'[' => {
            let is_final = |byte: &u8| (0x40..=0x7e).contains(byte);
            let length = bytes.iter().skip(2).position(is_final)? + 3;
            Some((control(&bytes[2..length]), length))
        }
        b'O' => Some((control(&bytes[2..=2.min(bytes.len() - 1)]), 3)).filter(|_| bytes.len() > 2),
        // Esc and then something else typed within an instant: Esc was meant.
        0x1b | b'\r' | b'\n' | 0x03 => Some((Key::Escape, 1)),
        _ => Some((Key::Unknown, 2)),
    }
}

fn control(sequence: &[u8]) -> Key {
    match sequence {
        b"D" => Key::Left,
        b"C" => Key::Right,
        b"H" | b"1~" | b"7~" => Key::Home,
        b"F" | b"4~" | b"8~" => Key::End,
        b"3~" => Key::Delete,
        b"M" => Key::Enter,
        _ => Key::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The keys of a text that comes in these pieces.
    fn keys(pieces: &[&[u8]]) -> Vec<Key> {
        let mut decoder = Decoder::default();
        let mut keys = Vec::new();
        for piece in pieces {
            decoder.feed(piece);
            while let Some(key) = decoder.key() {
                keys.push(key);
            }
        }
        keys.extend(decoder.give_up_waiting());
        keys
    }

    #[test]
    fn keys_are_the_same_however_their_bytes_are_cut() {
        let all =
            "aé✓\r\u{7f}\u{1b}[D\u{1b}OC\u{1b}[3~\u{1b}[1;5C\u{3}\u{1b}[200~y\r\n\u{1b}[201~z";
        let expected = [
            Key::Char('a'),
            Key::Char('é'),
            Key::Char('✓'),
            Key::Enter,
            Key::Backspace,
            Key::Left,
            Key::Right,
            Key::Delete,
            Key::Unknown,
            Key::Interrupt,
            Key::Paste("y\r\n".to_owned()),
            Key::Char('z'),
        ];
        assert_eq!(keys(&[all.as_bytes()]), expected);
        for cut in 1..all.len() {
            let (one, two) = all.as_bytes().split_at(cut);
            assert_eq!(keys(&[one, two]), expected, "cut at {cut}");
        }
    }

    #[test]
    fn an_escape_alone_is_a_key_and_the_beginning_of_a_sequence_is_none_of_its_letters() {
        assert_eq!(keys(&[b"\x1b"]), [Key::Escape]);
        assert_eq!(keys(&[b"\x1b\x1b"]), [Key::Escape, Key::Escape]);
        assert_eq!(keys(&[b"\x1b\r"]), [Key::Escape, Key::Enter]);
        assert_eq!(keys(&[b"\x1b[12"]), [Key::Unknown]);
        assert_eq!(keys(&[b"\x1b[12~y"]), [Key::Unknown, Key::Char('y')]);
        assert_eq!(keys(&[b"\x1bOy"]), [Key::Unknown]);
    }

    #[test]
    fn bytes_that_are_no_text_are_no_characters() {
        assert_eq!(keys(&[b"\xff\xc3A"]), [Key::Unknown, Key::Unknown, Key::Char('A')]);
        assert_eq!(keys(&["\u{202e}\u{9b}".as_bytes()]), [Key::Unknown, Key::Unknown]);
        assert_eq!(keys(&[b"\xe2\x9c"]), [Key::Unknown]);
    }
}
