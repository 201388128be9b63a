//! The mayday command.
fn main() {}
