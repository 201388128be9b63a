//! From the record to words that stay.

pub mod drill;
