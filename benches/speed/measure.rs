//! Taking times in turns, and peak memory.
#![expect(clippy::disallowed_methods, reason = "measuring is reading a clock and waiting")]

use std::fs::{self, File};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::Path;
use std::process::{Command, ExitStatus};
use std::time::{Duration, Instant};

use crate::Trouble;

/// Something that takes time.
pub type Subject<'a> = Box<dyn FnMut() -> Result<Duration, Trouble> + 'a>;

/// Times of one subject over all rounds, in seconds.
#[derive(Clone, Copy, Debug)]
pub struct Times {
    /// The one in the middle.
    pub median: f64,
    /// The fastest round.
    pub least: f64,
    /// The slowest round.
    pub most: f64,
}

/// Lets the subjects take turns for so many rounds; their times in the same order.
pub fn in_turns(rounds: usize, mut subjects: Vec<Subject<'_>>) -> Result<Vec<Times>, Trouble> {
    let mut taken: Vec<Vec<f64>> = vec![Vec::new(); subjects.len()];
    // The first round only warms caches.
    for round in 0..=rounds {
        for (subject, times) in subjects.iter_mut().zip(&mut taken) {
            let took = subject()?.as_secs_f64();
            if round > 0 {
                times.push(took);
            }
        }
    }
    Ok(taken.into_iter().map(times).collect())
}

/// The middle, the fastest and the slowest.
pub fn times(mut all: Vec<f64>) -> Times {
    all.sort_by(f64::total_cmp);
    let at = |index: usize| all.get(index).copied().unwrap_or(f64::NAN);
    Times { median: at(all.len() / 2), least: at(0), most: at(all.len().saturating_sub(1)) }
}

/// A command from start to end; it must succeed.
pub fn command<'a>(command: Command) -> Subject<'a> {
    command_with(command, 0)
}

/// A command from start to end; it must end with this code.
pub fn command_with<'a>(mut command: Command, code: i32) -> Subject<'a> {
    Box::new(move || {
        let mut said = Said::open(&mut command)?;
        let began = Instant::now();
        let status = command.status()?;
        let took = began.elapsed();
        if status.code() != Some(code) {
            return Err(said.of(&command, status));
        }
        Ok(took)
    })
}

/// What a command says on its standard error: a measurement that fails has its reason there.
pub struct Said(File);

/// So much of the end of it is told.
const TOLD: usize = 2_000;

impl Said {
    /// Lets a command say it to a file in memory, which costs it about what `/dev/null` does.
    pub fn open(command: &mut Command) -> Result<Self, Trouble> {
        let file = tempfile::tempfile_in("/dev/shm").or_else(|_| tempfile::tempfile())?;
        command.stderr(file.try_clone()?);
        Ok(Self(file))
    }

    /// That this command ended in this way, with the last of what it said.
    pub fn of(&mut self, command: &Command, status: ExitStatus) -> Trouble {
        let mut bytes = Vec::new();
        let read = self.0.rewind().and_then(|()| self.0.read_to_end(&mut bytes));
        let last = bytes.get(bytes.len().saturating_sub(TOLD)..).unwrap_or_default();
        let last = read.map_or_else(
            |trouble| trouble.to_string(),
            |_| String::from_utf8_lossy(last).trim().to_owned(),
        );
        format!("{command:?} ended with {status}, and said:\n{last}").into()
    }
}

/// The floor of spawning: `sh -c true` started bare, so often.
pub fn spawns<'a>(count: usize) -> Subject<'a> {
    Box::new(move || {
        let began = Instant::now();
        for _ in 0..count {
            Command::new("/bin/sh").args(["-c", "true"]).status()?;
        }
        Ok(began.elapsed())
    })
}

/// The floor of durability: lines of 1 KiB appended, each synced, in a file below this folder.
pub fn syncs<'a>(folder: &Path, count: usize) -> Result<Subject<'a>, Trouble> {
    let path = folder.join("synced");
    let line = [b'x'; 1024];
    File::create(&path)?;
    Ok(Box::new(move || {
        let mut file = fs::OpenOptions::new().append(true).open(&path)?;
        let began = Instant::now();
        for _ in 0..count {
            file.write_all(&line)?;
            file.sync_data()?;
        }
        Ok(began.elapsed())
    }))
}

/// What a process had used by its end.
#[derive(Clone, Copy, Debug, Default)]
pub struct Used {
    /// The most memory that it ever had, in MiB.
    pub peak: f64,
    /// Processor time of its first thread, in seconds; without its children.
    pub processor: f64,
}

/// Runs a command and reads what it uses every millisecond.
pub fn used(command: Command) -> Result<Used, Trouble> {
    used_with(command, 0)
}

/// The same of a command that must end with this code.
pub fn used_with(mut command: Command, code: i32) -> Result<Used, Trouble> {
    let mut said = Said::open(&mut command)?;
    let mut child = command.spawn()?;
    let folder = format!("/proc/{}", child.id());
    let mut used = Used::default();
    loop {
        let text = fs::read_to_string(format!("{folder}/status")).unwrap_or_default();
        let peak = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = peak.and_then(|text| text.trim().trim_end_matches(" kB").parse::<u32>().ok());
        used.peak = used.peak.max(f64::from(kib.unwrap_or(0)) / 1024.0);
        // Nanoseconds that it ran; the first of three numbers.
        let text = fs::read_to_string(format!("{folder}/schedstat")).unwrap_or_default();
        let nanos = text.split(' ').next().and_then(|word| word.parse().ok());
        used.processor = used.processor.max(Duration::from_nanos(nanos.unwrap_or(0)).as_secs_f64());
        if let Some(status) = child.try_wait()? {
            if status.code() != Some(code) {
                return Err(said.of(&command, status));
            }
            return Ok(used);
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}
