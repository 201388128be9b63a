//! Words on a terminal: the one writer, two renderers over one stream of events, prompts.
//!
//! Owns how things are shown and asked; decides nothing. Reading order: layout, lang, look, card, status, view, standing,
//! follow, plain, screen, progress, prompt. The plain renderer is a pure function; everything that reaches a terminal
//! goes through [`screen::Screen`], which sanitises it.

pub mod card;
mod follow;
pub mod lang;
pub mod layout;
pub mod look;
pub mod plain;
pub mod progress;
pub mod prompt;
pub mod screen;
pub mod standing;
pub mod status;
pub mod view;
