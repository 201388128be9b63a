//! mayday runs incident-response playbooks: it turns YAML into a supervised, timed, crash-safe run,
//! and the run into a post-mortem.
//!
//! The modules below stand in reading order. A module uses only those above it; `tests/layers.rs`
//! holds that table as data and fails when a file breaks it. ARCHITECTURE.md explains the whole.
#![forbid(unsafe_code)]

// base: quantities and texts that know nothing of playbooks
pub mod diagnostic;
pub mod secret;
pub mod seeded;
pub mod text;
pub mod time;

// vocabulary: what a step may ask of the world and what comes back
pub mod effect;
pub mod severity;
pub mod template;

// playbook: from text to plan
pub mod config;
pub mod plan;
pub mod playbook;
pub mod steps;

// import: from a runbook in prose to a draft
pub mod import;

// run: from plan to events
pub mod run;

// world: everything that touches the operating system
pub mod journal;
pub mod world;

// report: from events to words that stay
pub mod report;
pub mod timeline;

// front: words on a terminal, pages of the book, commands, exit codes
pub mod book;
pub mod cli;
pub mod ui;
