//! The words of the screen in Spanish, beside the English ones: formal, exact, calm.
//!
//! `{}` stands for what differs, in the same order on both sides; `{#}` only for what begins with a digit: words of a
//! playbook must not pass for a sentence of ours. They stand in `es/*.txt`, which a translator reads without reading code.

/// Files of two lines a sentence: the English one, and behind `= ` the Spanish one. `#` begins a remark.
const FILES: &[&str] = &[
    include_str!("es/words.txt"),
    include_str!("es/asks.txt"),
    include_str!("es/run.txt"),
    include_str!("es/causes.txt"),
    include_str!("es/values.txt"),
    include_str!("es/session.txt"),
    include_str!("es/record.txt"),
];

/// Every sentence: English, Spanish.
pub(super) fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
    FILES.iter().flat_map(|file| pairs(file))
}

/// The sentences of a file. A line `\# ...` is a sentence that begins with the sign.
fn pairs(file: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let mut lines = file.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    std::iter::from_fn(move || {
        let english = lines.next()?;
        let spanish = lines.next().and_then(|line| line.strip_prefix("= ")).unwrap_or_default();
        Some((english.strip_prefix('\\').unwrap_or(english), spanish))
    })
}
