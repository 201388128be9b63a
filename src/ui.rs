//! Words on a terminal: two renderers over one stream of events.
//!
//! Owns how things are shown; decides nothing. Reading order: layout, card, view, plain.

pub mod card;
pub mod layout;
pub mod plain;
pub mod view;
