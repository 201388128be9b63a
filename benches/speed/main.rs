//! Speed and memory against floors and peers, measured in the same run: `cargo bench`.
//!
//! Method. Everything runs in a new temporary folder. What is compared takes turns, round after round,
//! so that a slow minute of the machine hits all alike; the median counts, and the fastest and slowest
//! round stand beside it as the noise. A ratio of medians is worth more than a time. Where they can be
//! had, counts that do not depend on the machine decide: instructions by callgrind, syncs and spawns by
//! strace. Peak memory is `VmHWM` of the process, read every millisecond. What a tool that is missing
//! would have measured is told as not measured, never as met. Goals are those of the book's page on
//! performance. `cargo bench -- G4 G6` measures only these.

mod fixture;
mod foresight;
mod goals;
mod long;
mod machine;
mod measure;
mod person;
mod reports;
mod table;
mod trace;

use std::io::{self, Write as _};
use std::process::ExitCode;

/// Whatever keeps a measurement from being taken.
type Trouble = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    // `cargo bench` says so; a test run that picks this program up must not spend minutes in it.
    if !words.iter().any(|word| word == "--bench") {
        return ExitCode::SUCCESS;
    }
    let wanted: Vec<String> = words.into_iter().filter(|word| !word.starts_with('-')).collect();
    match run(&wanted) {
        Ok(()) => ExitCode::SUCCESS,
        Err(trouble) => {
            let _ = writeln!(io::stderr(), "bench: {trouble}");
            ExitCode::FAILURE
        }
    }
}

fn run(wanted: &[String]) -> Result<(), Trouble> {
    let bench = fixture::Bench::open()?;
    let mut out = io::stdout();
    writeln!(out, "{}\n\n{}", machine::describe(), table::HEAD)?;
    for (id, goal) in goals::ALL {
        if !wanted.is_empty() && !wanted.iter().any(|word| word == id) {
            continue;
        }
        for row in goal(&bench)? {
            writeln!(out, "{}", row.line(id))?;
            out.flush()?;
        }
    }
    writeln!(out, "\nLoad at the end: {}", machine::load())?;
    Ok(())
}
