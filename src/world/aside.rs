//! Small programs run beside the run: one that prints a secret, one that reaches a contact.
//!
//! Owns their bounds: time, the bytes read of each stream, and the end of the whole process group; and the word
//! ([`Stop`]) that ends all of them. Steps are not run here but in `process`, which has one loop for everything and
//! leaves a record.

use std::fs::File;
use std::io::{ErrorKind, PipeReader, Read, Write, pipe};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::ExitStatus;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::OwnedFd;
use rustix::fs::OFlags;
use rustix::process::{Pid, Signal, kill_process_group};
use rustix::time::{ClockId, clock_gettime};

use crate::time::Span;

mod stop;

pub use stop::Stop;

/// Bytes kept of each stream where nobody needs more; the rest is read and dropped, so that nobody waits for us.
pub(super) const OUTPUT_CAP: usize = 64 * 1024;

/// Bytes given on stdin: what a pipe takes at once, so that writing cannot block.
const INPUT_CAP: usize = 60 * 1024;

/// How often is looked whether the program ended.
const LOOK: Span = Span::from_millis(20);

/// What to run.
pub(super) struct Aside<'a> {
    /// Program and arguments, without secrets.
    pub argv: &'a [String],
    /// Added to our own variables.
    pub env: &'a [(String, String)],
    /// Given on stdin, at most [`INPUT_CAP`] bytes of it.
    pub stdin: &'a str,
    /// Working directory; ours when `None`.
    pub dir: Option<&'a Path>,
    /// TERM is not asked first: these programs have nothing to clean up.
    pub limit: Span,
    /// Bytes kept of each stream, and one more that tells of the rest.
    pub cap: usize,
    /// Ends it before its time.
    pub stop: Option<&'a Stop>,
}

/// What a program came to.
pub(super) struct Finished {
    pub status: ExitStatus,
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
}

/// Why a program came to nothing.
#[derive(Debug)]
pub(super) enum Fault {
    /// It could not be started.
    Start(std::io::Error),
    /// It took too long.
    Late,
    /// Everything was told to stop: it was ended, or not begun.
    Stopped,
}

impl From<std::io::Error> for Fault {
    fn from(error: std::io::Error) -> Self {
        Self::Start(error)
    }
}

impl From<rustix::io::Errno> for Fault {
    fn from(error: rustix::io::Errno) -> Self {
        Self::Start(error.into())
    }
}

/// Runs a program to its end. Starts no thread.
pub(super) fn run(aside: &Aside<'_>) -> Result<Finished, Fault> {
    let [program, arguments @ ..] = aside.argv else {
        return Err(Fault::Start(ErrorKind::NotFound.into()));
    };
    let _runs = match aside.stop {
        Some(stop) => Some(stop.begin().ok_or(Fault::Stopped)?),
        None => None,
    };
    let (stdin, mut message) = pipe()?;
    let mut end = aside.stdin.len().min(INPUT_CAP);
    while !aside.stdin.is_char_boundary(end) {
        end -= 1;
    }
    message.write_all(&aside.stdin.as_bytes()[..end])?;
    drop(message);
    let (mut stdout, stdout_end) = stream(aside.cap)?;
    let (mut stderr, stderr_end) = stream(aside.cap)?;
    let mut command = duct::cmd(program, arguments)
        .stdin_file(stdin)
        .stdout_file(stdout_end)
        .stderr_file(stderr_end)
        .unchecked()
        .before_spawn(|command| {
            command.process_group(0);
            Ok(())
        });
    if let Some(dir) = aside.dir {
        command = command.dir(dir);
    }
    for (name, value) in aside.env {
        command = command.env(name, value);
    }
    let handle = command.start()?;
    // The expression holds the writing ends of the pipes: kept alive, no reader would ever end.
    drop(command);
    let group = handle.pids().first().and_then(|pid| Pid::from_raw(i32::try_from(*pid).ok()?));
    let deadline = boot() + aside.limit;
    loop {
        let ended = handle.try_wait()?.map(|output| output.status);
        stdout.take();
        stderr.take();
        if let Some(status) = ended {
            return Ok(Finished { status, stdout: stdout.bytes, stderr: stderr.bytes });
        }
        let stopped = aside.stop.is_some_and(Stop::is_asked);
        if stopped || boot() >= deadline {
            if let Some(group) = group {
                // It was not waited for yet, so the number is still its own.
                let _ = kill_process_group(group, Signal::KILL);
            }
            let _ = handle.wait();
            return Err(if stopped { Fault::Stopped } else { Fault::Late });
        }
        let mut fds: Vec<PollFd<'_>> = [&stdout, &stderr]
            .into_iter()
            .filter_map(|stream| stream.pipe.as_ref())
            .map(|pipe| PollFd::new(pipe, PollFlags::IN))
            .collect();
        let wait = Timespec { tv_sec: 0, tv_nsec: LOOK.millis() * 1_000_000 };
        match poll(&mut fds, Some(&wait)) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// The boot clock: it goes on while the machine sleeps.
pub(super) fn boot() -> Span {
    let now = clock_gettime(ClockId::Boottime);
    Span::from_secs(now.tv_sec) + Span::from_millis(now.tv_nsec / 1_000_000)
}

/// The reading end of a stream.
struct Stream {
    pipe: Option<File>,
    bytes: Vec<u8>,
    cap: usize,
}

/// A stream and the end to write into.
fn stream(cap: usize) -> Result<(Stream, std::io::PipeWriter), Fault> {
    let (reader, writer): (PipeReader, _) = pipe()?;
    let reader = OwnedFd::from(reader);
    rustix::fs::fcntl_setfl(&reader, OFlags::NONBLOCK)?;
    Ok((Stream { pipe: Some(File::from(reader)), bytes: Vec::new(), cap }, writer))
}

impl Stream {
    /// Reads what is there and keeps what has room, a bounded amount in one go.
    fn take(&mut self) {
        let mut chunk = [0; 4096];
        for _ in 0..256 {
            let Some(pipe) = &mut self.pipe else { return };
            match pipe.read(&mut chunk) {
                Ok(0) => self.pipe = None,
                Ok(read) => {
                    let room = self.cap + 1 - self.bytes.len();
                    self.bytes.extend_from_slice(&chunk[..read.min(room)]);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(_) => self.pipe = None,
            }
        }
    }
}

/// The end of what a program said on stderr, on one line, for an error.
pub(super) fn last_words(stderr: &[u8]) -> String {
    const CAP: usize = 300;
    let text = String::from_utf8_lossy(stderr);
    let line = text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
    crate::text::cut(&crate::text::one_line(line), CAP).into_owned()
}
