//! One record: how a line of the journal is built and taken apart.
//!
//! `{"seq":17,"prev":"<hash>","ev":{...},"hash":"<hash>"}` and a newline. `hash` is the SHA-256 of all
//! bytes before `,"hash"`; `prev` is the `hash` of the line before, 64 zeros in the first line.

use std::fmt;

use sha2::{Digest, Sha256};

use crate::seeded::bug;

/// Longest line in bytes, newline not counted. Larger things are evidence files.
pub const RECORD_CAP: usize = 64 * 1024;

/// Longest event in bytes: what [`RECORD_CAP`] leaves beside the chain.
pub(super) const EVENT_CAP: usize = RECORD_CAP - 256;

const BEFORE_HASH: &[u8] = b",\"hash\":\"";
const AFTER_HASH: &[u8] = b"\"}";
const HEX: usize = 64;

/// A SHA-256 as 64 lowercase hexadecimal digits: the form in which it is written and compared.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Hash([u8; HEX]);

impl Hash {
    /// What the first record names as the hash before it.
    pub const NONE: Self = Self([b'0'; HEX]);

    /// The hash of `bytes`.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self::finish(Sha256::new_with_prefix(bytes))
    }

    /// From a finished digest.
    pub(super) fn finish(digest: Sha256) -> Self {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut hex = [0; HEX];
        for (pair, byte) in hex.chunks_exact_mut(2).zip(digest.finalize()) {
            pair[0] = DIGITS[usize::from(byte >> 4)];
            pair[1] = DIGITS[usize::from(byte & 15)];
        }
        Self(hex)
    }

    /// Reads 64 lowercase hexadecimal digits.
    #[must_use]
    pub fn parse(hex: &[u8]) -> Option<Self> {
        let hex: [u8; HEX] = hex.try_into().ok()?;
        hex.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')).then_some(Self(hex))
    }

    /// The 64 digits.
    #[must_use]
    pub fn hex(self) -> String {
        self.0.iter().copied().map(char::from).collect()
    }

    /// The first 12 digits, for a screen or a footer: an outside witness of the record's state.
    #[must_use]
    pub fn short(self) -> String {
        self.0[..12].iter().copied().map(char::from).collect()
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.hex())
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.hex())
    }
}

/// Appends a record and its newline to `out`; returns its hash.
pub(super) fn build(seq: u64, prev: Hash, event: &str, out: &mut Vec<u8>) -> Hash {
    let start = out.len();
    out.extend_from_slice(&lead(seq, prev));
    out.extend_from_slice(event.as_bytes());
    let hash = Hash::of(&out[start..]);
    out.extend_from_slice(BEFORE_HASH);
    out.extend_from_slice(&hash.0);
    out.extend_from_slice(AFTER_HASH);
    out.push(b'\n');
    hash
}

/// What a record with this place in the chain begins with.
fn lead(seq: u64, prev: Hash) -> Vec<u8> {
    let mut lead = Vec::with_capacity(128);
    lead.extend_from_slice(b"{\"seq\":");
    lead.extend_from_slice(seq.to_string().as_bytes());
    lead.extend_from_slice(b",\"prev\":\"");
    lead.extend_from_slice(&prev.0);
    lead.extend_from_slice(b"\",\"ev\":");
    lead
}

/// Takes a line (without its newline) apart: the event's bytes and the record's hash. A fault is a
/// clause about "the line".
pub(super) fn take_apart(line: &[u8], seq: u64, prev: Hash) -> Result<(&[u8], Hash), String> {
    const NO_RECORD: &str = "is not a record";
    if line.len() > RECORD_CAP {
        return Err(format!("is longer than {RECORD_CAP} bytes"));
    }
    let rest = line.strip_suffix(AFTER_HASH).ok_or(NO_RECORD)?;
    let (rest, hex) = rest.split_at_checked(rest.len().wrapping_sub(HEX)).ok_or(NO_RECORD)?;
    let body = rest.strip_suffix(BEFORE_HASH).ok_or(NO_RECORD)?;
    let hash = Hash::of(body);
    if hash.0 != hex {
        return Err("was changed: its bytes do not give its hash".into());
    }
    if bug("prev not checked") {
        let event = body.windows(6).position(|part| part == b",\"ev\":").map(|at| &body[at + 6..]);
        return event.map(|event| (event, hash)).ok_or_else(|| NO_RECORD.into());
    }
    match body.strip_prefix(lead(seq, prev).as_slice()) {
        Some(event) => Ok((event, hash)),
        None => Err(misplaced(body, seq)),
    }
}

/// Why a record with a right hash does not belong where it stands.
fn misplaced(body: &[u8], seq: u64) -> String {
    let digits = body.strip_prefix(b"{\"seq\":").unwrap_or_default();
    let end = digits.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(0);
    match std::str::from_utf8(&digits[..end]).ok().and_then(|digits| digits.parse::<u64>().ok()) {
        Some(found) if found != seq => {
            format!(
                "is event {found} where event {seq} belongs: a line was added, removed or moved"
            )
        }
        Some(_) => "does not continue the event before it: a line was replaced".into(),
        None => "is not a record".into(),
    }
}

/// True when `text` can be the beginning of the record with this place in the chain, cut before its end.
pub(super) fn is_beginning(text: &[u8], seq: u64, prev: Hash) -> bool {
    let lead = lead(seq, prev);
    let common = lead.len().min(text.len());
    if text[..common] != lead[..common] {
        return false;
    }
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for &byte in text {
        match byte {
            0..=0x1f => return false,
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => depth += 1,
            b'}' | b']' if !in_string => match depth {
                // The record came to its end: whatever is wrong with it, it was not cut.
                0 | 1 => return false,
                _ => depth -= 1,
            },
            _ => {}
        }
    }
    true
}
