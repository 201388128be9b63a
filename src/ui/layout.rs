//! Lines that fit: wrapping with a hanging indent, quoted output, lists in words. Pure.

use std::borrow::Cow;

use console::measure_text_width;

/// Fewer columns than this are treated as this many: words would fall apart.
pub const NARROWEST: usize = 20;
/// More columns than this are not used: long lines are hard to read.
pub const WIDEST: usize = 200;
/// Used where the width is not known: pipes, logs.
pub const USUAL: usize = 100;

/// Put before each line of a command's output, so that output cannot pass for words of mayday.
pub const GUTTER: &str = "      | ";
/// Put before lines that belong to the line above them.
pub const INDENT: &str = "      ";
/// The same in a window of less than 30 columns.
const NARROW_INDENT: usize = 2;

/// Breaks `text` between words so that `first` + the first line, and `rest` + each other line, fit
/// into `width` columns where their words allow it. Line ends in `text` stay line ends.
#[must_use]
pub fn wrap(text: &str, width: usize, first: &str, rest: &str) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in one_kind_of_end(text).trim_end().split('\n') {
        let lead = if lines.is_empty() { first } else { rest };
        let mut line = lead.to_owned();
        let mut empty = true;
        for word in paragraph.split(' ') {
            let taken = measure_text_width(&line) + usize::from(!empty);
            if !empty && taken + measure_text_width(word) > width {
                lines.push(line.trim_end().to_owned());
                rest.clone_into(&mut line);
            } else if !empty {
                line.push(' ');
            }
            line.push_str(word);
            empty = false;
        }
        lines.push(line.trim_end().to_owned());
    }
    lines
}

/// With every line end as a line feed. The screen makes one of a lone carriage return: what is laid out as
/// one line must not fall apart there, into a line that looks like one of mayday's.
fn one_kind_of_end(text: &str) -> Cow<'_, str> {
    if text.contains('\r') {
        return Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n"));
    }
    Cow::Borrowed(text)
}

/// A label and its text, the text under itself: `  why      A copy in seconds`.
#[must_use]
pub fn labelled(label: &str, text: &str, width: usize) -> Vec<String> {
    let first = format!("{INDENT}{label:<9}");
    let column = measure_text_width(&first);
    // In a narrow window the text would stand in a thin column of single words.
    let rest = " ".repeat(if column * 2 > width { NARROW_INDENT } else { column });
    let first = if column * 2 > width { format!("{:NARROW_INDENT$}{label}  ", "") } else { first };
    wrap(text, width, &first, &rest)
}

/// A label and lines that must stay as they are, such as a command to copy.
#[must_use]
pub fn verbatim(label: &str, text: &str) -> Vec<String> {
    let lead = |index| if index == 0 { label } else { "" };
    one_kind_of_end(text)
        .trim_end()
        .split('\n')
        .enumerate()
        .map(|(index, line)| format!("{INDENT}{:<9}{line}", lead(index)))
        .collect()
}

/// The last `count` lines of a command's output, behind the gutter.
#[must_use]
pub fn tail(text: &str, count: usize) -> Vec<String> {
    let text = one_kind_of_end(text);
    let lines: Vec<_> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let from = lines.len().saturating_sub(count);
    lines[from..].iter().map(|line| format!("{GUTTER}{}", line.trim_end())).collect()
}

/// `1 row`, `2 rows`.
#[must_use]
pub fn count(number: u64, one: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {one}{plural}")
}

/// At most `most` columns of the first line of `text`, with `...` where something is left out.
#[must_use]
pub fn brief(text: &str, most: usize) -> String {
    let text = one_kind_of_end(text);
    let mut lines = text.trim().lines();
    let first = lines.next().unwrap_or_default().trim_end();
    let cut = console::truncate_str(first, most, "...").into_owned();
    if lines.next().is_some() && !cut.ends_with("...") { format!("{cut} ...") } else { cut }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stay_whole_and_hang_under_the_first_line() {
        let returned = wrap("one\r1/9 OK  done\r\nend", 40, "  1 ", "    ");
        assert_eq!(returned, ["  1 one", "    1/9 OK  done", "    end"]);
        assert_eq!(brief("one\r1/9 OK  done", 40), "one ...");
        assert_eq!(tail("one\r1/9 OK", 2), ["      | one", "      | 1/9 OK"]);
        assert_eq!(verbatim("runs", "one\rtwo").len(), 2);
        let lines = wrap("one two three\nfour", 12, "  1 ", "    ");
        assert_eq!(lines, ["  1 one two", "    three", "    four"]);
        assert_eq!(wrap("unbreakable-word-here", 10, "", "  "), ["unbreakable-word-here"]);
        assert_eq!(wrap("", 10, "- ", "  "), ["-"]);
    }

    #[test]
    fn wide_characters_count_twice() {
        assert_eq!(wrap("数据 丢失", 6, "", ""), ["数据", "丢失"]);
    }

    #[test]
    fn the_tail_of_an_output_stands_behind_a_gutter() {
        let text = (1..=30).map(|n| format!("line {n}")).collect::<Vec<_>>().join("\n");
        let lines = tail(&text, 2);
        assert_eq!(lines, ["      | line 29", "      | line 30"]);
        assert!(tail("\n \n", 5).is_empty());
    }

    #[test]
    fn a_long_text_says_that_it_was_cut() {
        assert_eq!(brief("SELECT 1", 20), "SELECT 1");
        assert_eq!(brief("SELECT 1\nFROM t", 20), "SELECT 1 ...");
        assert_eq!(brief("SELECT count(*) FROM t", 10), "SELECT ...");
    }
}
