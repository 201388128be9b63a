//! ZIP archives without compression: written in one form, read in no other.
//!
//! Source: PKWARE APPNOTE 6.3, "stored" entries, no ZIP64. What is stored cannot grow when it is read, so
//! no archive is a bomb; whatever else the format allows (links, comments, gaps, second copies) is refused.

use std::fs::File;
use std::io::{self, Read, Seek as _, SeekFrom, Write as _};

use sha2::{Digest as _, Sha256};

use super::super::line::Hash;

const LOCAL: u32 = 0x0403_4b50;
const CENTRAL: u32 = 0x0201_4b50;
const END: u32 = 0x0605_4b50;
/// Version 2.0, made on Unix.
const MADE_BY: u16 = 0x0314;
const NEEDS: u16 = 20;
/// Names are UTF-8.
const UTF8: u16 = 0x0800;
/// The first of January 1980: the same run gives the same bytes.
const DATE: u16 = 0x0021;
/// A regular file, `rw-r--r--`.
const MODE: u32 = 0o100_644 << 16;
/// Most files of an archive without ZIP64.
const MOST: usize = 65_534;

/// A file in an archive.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub name: String,
    pub bytes: u32,
    crc: u32,
    /// Where its header begins.
    at: u32,
}

pub(super) struct Writer {
    file: File,
    entries: Vec<Entry>,
    at: u64,
}

impl Writer {
    pub(super) fn new(file: File) -> Self {
        Self { file, entries: Vec::new(), at: 0 }
    }

    /// Adds a file, in bounded memory. Its length and hash.
    pub(super) fn add(&mut self, name: &str, mut content: impl Read) -> io::Result<(u64, Hash)> {
        if self.entries.len() >= MOST {
            return Err(too_large());
        }
        let at = u32::try_from(self.at).map_err(|_| too_large())?;
        let mut entry = Entry { name: name.to_owned(), bytes: 0, crc: 0, at };
        let head = local(&entry)?;
        self.file.write_all(&head)?;
        let mut digest = Sha256::new();
        let mut crc = Crc::default();
        let mut block = vec![0; 1 << 16];
        let mut bytes: u64 = 0;
        loop {
            let length = content.read(&mut block)?;
            if length == 0 {
                break;
            }
            digest.update(&block[..length]);
            crc.update(&block[..length]);
            self.file.write_all(&block[..length])?;
            bytes += u64::try_from(length).unwrap_or(0);
        }
        entry.bytes = u32::try_from(bytes).map_err(|_| too_large())?;
        entry.crc = crc.finish();
        self.file.seek(SeekFrom::Start(self.at))?;
        self.file.write_all(&local(&entry)?)?;
        self.at = self.file.seek(SeekFrom::End(0))?;
        self.entries.push(entry);
        Ok((bytes, Hash::finish(digest)))
    }

    pub(super) fn finish(mut self) -> io::Result<File> {
        let begins = u32::try_from(self.at).map_err(|_| too_large())?;
        self.file.write_all(&tail(&self.entries, begins)?)?;
        Ok(self.file)
    }
}

fn too_large() -> io::Error {
    io::Error::new(io::ErrorKind::FileTooLarge, "a pack holds at most 4 GiB and 65,534 files")
}

fn local(entry: &Entry) -> io::Result<Vec<u8>> {
    let mut out = Vec::with_capacity(30 + entry.name.len());
    out.extend(LOCAL.to_le_bytes());
    common(&mut out, entry)?;
    out.extend(entry.name.as_bytes());
    Ok(out)
}

/// What both headers say in the same words.
fn common(out: &mut Vec<u8>, entry: &Entry) -> io::Result<()> {
    let length = u16::try_from(entry.name.len()).map_err(|_| too_large())?;
    for word in [NEEDS, UTF8, 0, 0, DATE] {
        out.extend(word.to_le_bytes());
    }
    for word in [entry.crc, entry.bytes, entry.bytes] {
        out.extend(word.to_le_bytes());
    }
    out.extend(length.to_le_bytes());
    out.extend(0_u16.to_le_bytes());
    Ok(())
}

/// The list of all files, and its end.
fn tail(entries: &[Entry], begins: u32) -> io::Result<Vec<u8>> {
    let mut out = Vec::new();
    for entry in entries {
        out.extend(CENTRAL.to_le_bytes());
        out.extend(MADE_BY.to_le_bytes());
        common(&mut out, entry)?;
        out.extend([0; 6]);
        out.extend(MODE.to_le_bytes());
        out.extend(entry.at.to_le_bytes());
        out.extend(entry.name.as_bytes());
    }
    let size = u32::try_from(out.len()).map_err(|_| too_large())?;
    let count = u16::try_from(entries.len()).map_err(|_| too_large())?;
    out.extend(END.to_le_bytes());
    out.extend([0; 4]);
    out.extend(count.to_le_bytes());
    out.extend(count.to_le_bytes());
    out.extend(size.to_le_bytes());
    out.extend(begins.to_le_bytes());
    out.extend([0; 2]);
    Ok(out)
}

/// The files of an archive, when it is exactly what [`Writer`] would write around them; else why not.
pub(super) fn entries(file: &mut File) -> io::Result<Result<Vec<Entry>, &'static str>> {
    const FOREIGN: &str = "it is not in the form in which packs are written";
    let length = file.seek(SeekFrom::End(0))?;
    if length < 22 || length > u64::from(u32::MAX) {
        return Ok(Err("it is no ZIP archive, or cut off"));
    }
    let mut end = [0; 22];
    file.seek(SeekFrom::Start(length - 22))?;
    file.read_exact(&mut end)?;
    let (count, size, begins) = (half(&end, 10), word(&end, 12), word(&end, 16));
    if word(&end, 0) != END {
        return Ok(Err("it is no ZIP archive, or cut off"));
    }
    if u64::from(begins) + u64::from(size) + 22 != length {
        return Ok(Err(FOREIGN));
    }
    file.seek(SeekFrom::Start(u64::from(begins)))?;
    let mut list = vec![0; usize::try_from(size).unwrap_or(0)];
    file.read_exact(&mut list)?;
    let mut entries = Vec::new();
    let mut rest = list.as_slice();
    while !rest.is_empty() {
        let long = if rest.len() < 46 { 0 } else { usize::from(half(rest, 28)) };
        let name = rest.get(46..46 + long).and_then(|name| std::str::from_utf8(name).ok());
        let Some(name) = name.filter(|name| !name.is_empty()) else { return Ok(Err(FOREIGN)) };
        entries.push(Entry {
            name: name.to_owned(),
            crc: word(rest, 16),
            bytes: word(rest, 24),
            at: word(rest, 42),
        });
        rest = &rest[46 + long..];
    }
    // Written again it must be the same to the byte: no other method, no link, no comment, no gap.
    let mut at = 0;
    for entry in &entries {
        let head = local(entry)?;
        let mut there = vec![0; head.len()];
        file.seek(SeekFrom::Start(at))?;
        if u64::from(entry.at) != at || file.read_exact(&mut there).is_err() || there != head {
            return Ok(Err(FOREIGN));
        }
        at += u64::try_from(head.len()).unwrap_or(0) + u64::from(entry.bytes);
    }
    let again = tail(&entries, begins)?;
    let same = at == u64::from(begins) && usize::from(count) == entries.len();
    if same && again[..again.len() - 22] == list && again[again.len() - 22..] == end {
        Ok(Ok(entries))
    } else {
        Ok(Err(FOREIGN))
    }
}

/// The content of a file of an archive that was found good.
pub(super) fn content<'a>(file: &'a mut File, entry: &Entry) -> io::Result<impl Read + use<'a>> {
    let head = 30 + u64::try_from(entry.name.len()).unwrap_or(0);
    file.seek(SeekFrom::Start(u64::from(entry.at) + head))?;
    Ok(file.take(u64::from(entry.bytes)))
}

fn half(bytes: &[u8], at: usize) -> u16 {
    bytes.get(at..at + 2).and_then(|two| two.try_into().ok()).map_or(0, u16::from_le_bytes)
}

fn word(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).and_then(|four| four.try_into().ok()).map_or(0, u32::from_le_bytes)
}

/// CRC-32 of IEEE 802.3, by the reversed polynomial, a byte at a time.
struct Crc {
    table: [u32; 256],
    state: u32,
}

impl Default for Crc {
    fn default() -> Self {
        let mut table = [0; 256];
        for (slot, start) in table.iter_mut().zip(0_u32..) {
            *slot = (0..8).fold(start, |value, _| {
                if value & 1 == 1 { value >> 1 ^ 0xEDB8_8320 } else { value >> 1 }
            });
        }
        Self { table, state: u32::MAX }
    }
}

impl Crc {
    fn update(&mut self, bytes: &[u8]) {
        for byte in bytes {
            let [low, ..] = (self.state ^ u32::from(*byte)).to_le_bytes();
            self.state = self.table[usize::from(low)] ^ self.state >> 8;
        }
    }

    const fn finish(&self) -> u32 {
        !self.state
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_the_one_of_the_standard() {
        let mut crc = Crc::default();
        crc.update(b"1234");
        crc.update(b"56789");
        assert_eq!(crc.finish(), 0xCBF4_3926);
    }
}
