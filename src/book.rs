//! The book: playbooks as pages that are read, linked and printed, made from what would be executed.
//!
//! Owns the words and the layout of a page ([`page`]), its picture ([`flow`], [`figure`]), what mdBook hands
//! over and gets back ([`preprocess`]), a page on its own for a printer (`print`) and the reference of the
//! formats (`reference`). Everything a playbook says is escaped here, in `mark`. It reads no files and no
//! clock: the command in `cli` does. So the same project gives the same pages.

mod drill;
pub mod figure;
pub mod flow;
pub mod mark;
pub mod page;
mod people;
pub mod preprocess;
pub mod print;
pub mod reference;
mod step;
