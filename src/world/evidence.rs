//! Files kept with a run: what commands printed, copies of files that prove something.
//!
//! Owns where such files stand (`evidence/` below the run folder), how they are named and made (new,
//! private, never through a link), their caps and their hashes. What reaches this module is already
//! redacted; it knows nothing of steps or events.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use rustix::fd::OwnedFd;
use rustix::fs::{AtFlags, Mode, OFlags};
use rustix::io::Errno;
use sha2::{Digest, Sha256};

use crate::effect::Evidence;
use crate::secret::Redactor;

mod capped;

pub use capped::CappedFile;

/// The folder below the run folder.
const FOLDER: &str = "evidence";

/// The largest file that is copied, in bytes. A log of an incident fits; a database does not belong here.
pub const COPY_CAP: u64 = 64 * 1024 * 1024;

/// Bytes read at a time while copying.
const CHUNK: usize = 64 * 1024;

/// Longest part of a file name taken from outside, in bytes; file systems end at 255.
const NAME_CAP: usize = 100;

/// Where the files of one attempt go, or nowhere.
#[derive(Clone, Debug)]
pub struct EvidenceSink {
    run_folder: Option<PathBuf>,
    /// Below the run folder.
    folder: String,
    /// What names begin with; nothing where the folder is the attempt's own.
    stem: String,
    /// Small streams get a file too: until the end of the attempt nothing else holds them.
    at_once: bool,
}

impl EvidenceSink {
    /// Files named after `stem` (such as `0007-restore.1`) in the evidence of that run. Characters
    /// that have no place in a file name become `_`.
    #[must_use]
    pub fn new(run_folder: impl Into<PathBuf>, stem: &str) -> Self {
        Self {
            run_folder: Some(run_folder.into()),
            folder: FOLDER.to_owned(),
            stem: format!("{}-", safe_name(stem)),
            at_once: false,
        }
    }

    /// Files in the folder of an attempt, which exists: `folder/attempt` below the run folder. Whoever
    /// calls this makes their names durable with the end of the attempt.
    #[must_use]
    pub fn attempt(run_folder: impl Into<PathBuf>, folder: &str, attempt: &str) -> Self {
        Self {
            run_folder: Some(run_folder.into()),
            folder: format!("{folder}/{attempt}"),
            stem: String::new(),
            at_once: true,
        }
    }

    /// Keeps nothing: there is no run, or the output holds a secret.
    #[must_use]
    pub const fn nowhere() -> Self {
        Self { run_folder: None, folder: String::new(), stem: String::new(), at_once: false }
    }

    /// True when files can be kept at all.
    #[must_use]
    pub const fn keeps(&self) -> bool {
        self.run_folder.is_some()
    }

    /// A file for a stream of unknown length. Nothing is created until something worth keeping comes.
    #[must_use]
    pub fn stream(&self, what: &'static str) -> CappedFile {
        CappedFile::new(self.clone(), what)
    }

    /// Copies a file, redacted, at most [`COPY_CAP`] bytes of it, and makes the copy durable.
    ///
    /// # Errors
    /// A fragment that names the file and what was wrong: missing, not a regular file, unreadable, or
    /// the copy could not be written.
    pub fn keep_file(&self, path: &Path, redactor: &Redactor) -> Result<Evidence, String> {
        let shown = path.display();
        let fault = |error: io::Error| format!("keep {shown}: {error}");
        let source = rustix::fs::open(
            path,
            OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK,
            Mode::empty(),
        )
        .map_err(|error| fault(error.into()))?;
        let mut source = File::from(source);
        if !source.metadata().map_err(fault)?.is_file() {
            return Err(format!("keep {shown}: not a regular file"));
        }
        let name = path.file_name().map_or_else(|| "file".into(), |name| name.to_string_lossy());
        let mut kept = self.create(&safe_name(&name)).map_err(fault)?;
        let copied = copy_redacted(&mut source, &mut kept.file, redactor)
            .and_then(|copied| kept.sync().map(|()| copied));
        match copied {
            Ok(copied) => Ok(copied.evidence(kept.path, name.into_owned())),
            Err(error) => {
                kept.discard();
                Err(fault(error))
            }
        }
    }

    /// A new, empty, private file in the evidence folder.
    fn create(&self, name: &str) -> io::Result<NewFile> {
        let run = self.run_folder.as_deref().ok_or(Errno::NOENT)?;
        let flags = OFlags::DIRECTORY | OFlags::RDONLY | OFlags::CLOEXEC;
        let run = rustix::fs::open(run, flags, Mode::empty())?;
        match rustix::fs::mkdirat(&run, &self.folder, Mode::RWXU) {
            Ok(()) => rustix::fs::fsync(&run)?,
            Err(Errno::EXIST) => {}
            Err(error) => return Err(error.into()),
        }
        let folder =
            rustix::fs::openat(&run, &self.folder, flags | OFlags::NOFOLLOW, Mode::empty())?;
        let mut again = 1;
        loop {
            let suffix = if again == 1 { String::new() } else { format!(".{again}") };
            let name = format!("{}{name}{suffix}", self.stem);
            match rustix::fs::openat(
                &folder,
                &name,
                OFlags::CREATE | OFlags::EXCL | OFlags::RDWR | OFlags::NOFOLLOW | OFlags::CLOEXEC,
                Mode::RUSR | Mode::WUSR,
            ) {
                Ok(file) => {
                    let path = format!("{}/{name}", self.folder);
                    let synced_by_caller = self.at_once;
                    let file = File::from(file);
                    return Ok(NewFile { folder, file, name, path, synced_by_caller });
                }
                Err(Errno::EXIST) if again < 99 => again += 1,
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// A file that is being filled.
struct NewFile {
    folder: OwnedFd,
    file: File,
    name: String,
    /// Below the run folder.
    path: String,
    /// Its name is made durable later, together with others.
    synced_by_caller: bool,
}

impl NewFile {
    /// The content is on disk, and the name unless the caller sees to that.
    fn sync(&self) -> io::Result<()> {
        self.file.sync_data()?;
        if self.synced_by_caller {
            return Ok(());
        }
        Ok(rustix::fs::fsync(&self.folder)?)
    }

    /// Takes the name away again; the space goes with the descriptor.
    fn discard(&self) {
        // Nothing is lost when this fails: the file is not in the record, so it proves nothing.
        let _ = rustix::fs::unlinkat(&self.folder, &self.name, AtFlags::empty());
    }
}

/// What a copy came to.
struct Copied {
    bytes: u64,
    kept_hash: String,
    whole: u64,
    whole_hash: String,
}

impl Copied {
    fn evidence(self, path: String, what: String) -> Evidence {
        let capped = self.whole > self.bytes;
        Evidence {
            path,
            sha256: self.kept_hash,
            bytes: self.bytes,
            whole_bytes: capped.then_some(self.whole),
            whole_sha256: capped.then_some(self.whole_hash),
            what,
        }
    }
}

/// Copies all of `source` through the redactor, keeping the first [`COPY_CAP`] bytes.
fn copy_redacted(
    source: &mut impl Read,
    target: &mut impl Write,
    redactor: &Redactor,
) -> io::Result<Copied> {
    let mut stream = redactor.stream();
    let mut chunk = vec![0; CHUNK];
    let mut copy = Copying { target, kept: Sha256::new(), bytes: 0, hash: Sha256::new(), whole: 0 };
    loop {
        let read = source.read(&mut chunk)?;
        if read == 0 {
            break;
        }
        copy.take(&stream.push(&chunk[..read]))?;
    }
    copy.take(&stream.finish())?;
    Ok(Copied {
        bytes: copy.bytes,
        kept_hash: hex(copy.kept),
        whole: copy.whole,
        whole_hash: hex(copy.hash),
    })
}

struct Copying<'a, W> {
    target: &'a mut W,
    kept: Sha256,
    bytes: u64,
    hash: Sha256,
    whole: u64,
}

impl<W: Write> Copying<'_, W> {
    fn take(&mut self, clean: &[u8]) -> io::Result<()> {
        let room = usize::try_from(COPY_CAP - self.bytes).unwrap_or(usize::MAX);
        let part = &clean[..clean.len().min(room)];
        self.target.write_all(part)?;
        self.kept.update(part);
        self.bytes += part.len() as u64;
        self.hash.update(clean);
        self.whole += clean.len() as u64;
        Ok(())
    }
}

/// A text that can stand in a file name: letters, digits, `.`, `_`, `-`; never a leading dot.
fn safe_name(text: &str) -> String {
    let safe = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '_' };
    let name: String = text.chars().take(NAME_CAP).map(safe).collect();
    match name.strip_prefix('.') {
        Some(rest) => format!("_{rest}"),
        None if name.is_empty() => "_".to_owned(),
        None => name,
    }
}

/// The hash in lowercase hexadecimal.
fn hex(hash: Sha256) -> String {
    use std::fmt::Write as _;
    hash.finalize().iter().fold(String::with_capacity(64), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests;
