//! All integration tests, in one binary: it links once.
#![expect(clippy::unwrap_used, reason = "a panic in a test is a failed test")]

mod journal;
mod language;
mod layers;
mod process;
mod sandbox;
mod support;
