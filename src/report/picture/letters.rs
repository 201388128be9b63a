//! How much room words take, and where they fit. A page is drawn before any font is known, so widths are
//! generous guesses: a label may be short of its room, never beyond it.

/// Room that text of this size takes, in pixels; for the wider of the usual fonts.
#[expect(clippy::cast_precision_loss, reason = "labels are short")]
pub(super) fn width(text: &str, size: f64) -> f64 {
    let tenths: usize = text.chars().map(tenths).sum();
    tenths as f64 / 100.0 * size
}

/// Of a character, in hundredths of the size of the font (the widest of the usual fonts).
const fn tenths(c: char) -> usize {
    match c {
        'i' | 'j' | 'l' | '.' | ',' | ':' | ';' | '\'' | '|' | ' ' | '!' => 34,
        'f' | 'r' | 't' | '(' | ')' | '[' | ']' | '/' | '-' | 'I' => 44,
        'm' | 'w' | 'M' | 'W' | '@' | '%' => 100,
        'A'..='Z' => 74,
        '\0'..='\u{2ff}' => 64,
        // Beyond the Latin alphabets most characters are at most as wide as they are high.
        _ => 105,
    }
}

/// The text in so much room; cut with `…` where it does not fit.
pub(super) fn fit(text: &str, size: f64, room: f64) -> String {
    if width(text, size) <= room {
        return text.to_owned();
    }
    let mut short = String::new();
    let mut taken = width("…", size);
    for c in text.chars() {
        taken += width(c.encode_utf8(&mut [0; 4]), size);
        if taken > room {
            break;
        }
        short.push(c);
    }
    format!("{}…", short.trim_end())
}

/// Rows that labels are put in so that none covers another.
#[derive(Default)]
pub(super) struct Shelf {
    rows: Vec<Vec<(f64, f64)>>,
}

impl Shelf {
    /// The first row in which the label fits. The stem from there to the rows before it stays free.
    pub(super) fn put(&mut self, from: f64, to: f64, stem: f64) -> usize {
        let free = |row: &Vec<(f64, f64)>| row.iter().all(|(a, b)| to < *a || *b < from);
        let row = self.rows.iter().position(free).unwrap_or(self.rows.len());
        if row == self.rows.len() {
            self.rows.push(Vec::new());
        }
        self.rows[row].push((from, to));
        for below in &mut self.rows[..row] {
            below.push((stem - 2.0, stem + 2.0));
        }
        row
    }

    /// How many rows there are.
    pub(super) fn rows(&self) -> usize {
        self.rows.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_long_is_cut_and_labels_do_not_cover_each_other() {
        assert_eq!(fit("short", 12.0, 100.0), "short");
        let cut = fit("a very long title of a step", 12.0, 80.0);
        assert!(cut.ends_with('…') && width(&cut, 12.0) <= 80.0, "{cut}");
        let mut shelf = Shelf::default();
        assert_eq!(shelf.put(10.0, 50.0, 10.0), 0);
        assert_eq!(shelf.put(60.0, 90.0, 60.0), 0);
        assert_eq!(shelf.put(40.0, 70.0, 40.0), 1);
        // Its own stem goes through row 0 at 95, so nothing is put there later.
        assert_eq!(shelf.put(65.0, 95.0, 95.0), 2);
        assert_eq!(shelf.put(93.0, 99.0, 93.0), 3);
        assert_eq!(shelf.rows(), 4);
    }
}
