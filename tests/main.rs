//! All integration tests, in one binary: it links once.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "tests start the real binary in a real environment, and a panic is a failed test"
)]

mod book;
mod check;
mod cli;
mod engine;
mod faults;
mod fuzz;
mod generated;
mod http;
mod import;
mod journal;
mod language;
mod layers;
mod notify;
mod process;
mod quickstart;
mod readme;
mod rehearsal;
mod report;
mod sandbox;
mod sql;
mod support;
mod terminal;
mod workflows;
