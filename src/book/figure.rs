//! The way through a playbook as a picture: inline SVG that needs nothing else.
//!
//! Owns the layout. One column of shapes from top to bottom, ways out to the right, a rail on the left for what
//! is passed over. A shape means what it is (round: begin and end; pointed: a question; square: work; dashed: a way
//! out), no colour means anything: everything has the colour of the text around it, light, dark or on paper. No
//! ids, so that any number of pictures may stand in one document.

use console::measure_text_width;

use super::flow::{Row, Shape, sentences};
use super::mark::html;
use crate::ui::lang::Lang;

/// Columns of text that fit into a shape of the main column, a question, and a way out.
const COLUMNS: [usize; 3] = [50, 44, 27];
/// Pixels: a line of text, the gap between rows, padding above and below the text.
const LINE: usize = 18;
const GAP: usize = 36;
const PAD: usize = 12;
/// Pixels: the main column and the ways out.
const LEFT: usize = 40;
const WIDTH: usize = 420;
const SIDE: usize = 530;
const SIDE_WIDTH: usize = 230;
/// More lines than this are cut; the words below the picture have all.
const MOST_LINES: usize = 5;

/// Where a row lies.
struct Placed<'a> {
    row: &'a Row,
    says: Vec<String>,
    note: Vec<String>,
    exit: Vec<String>,
    top: usize,
    height: usize,
}

/// The picture, on one line: Markdown takes a block of HTML up to the first blank line.
#[must_use]
pub fn svg(title: &str, rows: &[Row], lang: Lang) -> String {
    let say = |words: &str| lang.under("paper", words);
    let placed = place(rows);
    let bottom = placed.last().map_or(0, |last| last.top + last.height) + 4;
    let width = SIDE + SIDE_WIDTH + 10;
    let told: Vec<String> = sentences(rows, lang).into_iter().map(|(words, _)| words).collect();
    let mut svg = format!(
        "<svg class=\"mayday-flow\" xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {bottom}\" role=\"img\" \
         aria-label=\"{title}\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"1.5\" font-family=\"sans-serif\" \
         font-size=\"14\"><title>{title}</title><desc>{}</desc>",
        plain(&told.join(" ")),
        title = plain(title),
    );
    for (index, here) in placed.iter().enumerate() {
        shape(&mut svg, here);
        if let Some(below) = placed.get(index + 1) {
            let (from, to) = (here.top + here.height, below.top);
            arrow(&mut svg, &[(middle(), from), (middle(), to)]);
            label(&mut svg, middle() + 8, from + 22, &say(here.row.on));
        }
        if let Some(exit) = &here.row.exit {
            side(&mut svg, here, &say(exit.on));
        }
        if let Some((on, to)) = here.row.skip
            && let Some(target) = placed.get(to)
        {
            let (y, end, rail) =
                (here.top + here.height / 2, target.top + target.height / 2, LEFT - 26);
            arrow(&mut svg, &[(LEFT, y), (rail, y), (rail, end), (LEFT, end)]);
            label(&mut svg, rail + 4, here.top + here.height + 16, &say(on));
        }
    }
    svg.push_str("</svg>");
    svg
}

const fn middle() -> usize {
    LEFT + WIDTH / 2
}

fn place(rows: &[Row]) -> Vec<Placed<'_>> {
    let mut top = 4;
    rows.iter()
        .map(|row| {
            let columns = if row.shape == Shape::Question { COLUMNS[1] } else { COLUMNS[0] };
            let says = lines(&row.says, columns);
            let note = lines(&row.note, columns);
            let exit = row.exit.as_ref().map_or_else(Vec::new, |exit| lines(&exit.to, COLUMNS[2]));
            let height = (says.len() + note.len()).max(exit.len()) * LINE + 2 * PAD;
            let here = Placed { row, says, note, exit, top, height };
            top += height + GAP;
            here
        })
        .collect()
}

fn shape(svg: &mut String, here: &Placed<'_>) {
    let (top, height, right) = (here.top, here.height, LEFT + WIDTH);
    svg.push_str(&match here.row.shape {
        Shape::Start | Shape::End => {
            format!("<rect x=\"{LEFT}\" y=\"{top}\" width=\"{WIDTH}\" height=\"{height}\" rx=\"{}\"/>", height / 2)
        }
        Shape::Work => format!("<rect x=\"{LEFT}\" y=\"{top}\" width=\"{WIDTH}\" height=\"{height}\"/>"),
        Shape::Question => {
            let (bottom, half, point) = (top + height, top + height / 2, 22);
            format!(
                "<polygon points=\"{LEFT},{half} {},{top} {},{top} {right},{half} {},{bottom} {},{bottom}\"/>",
                LEFT + point,
                right - point,
                right - point,
                LEFT + point
            )
        }
    });
    let all = here.says.len() + here.note.len();
    let mut y = top + (height - all * LINE) / 2 + 13;
    for (lines, size) in [(&here.says, 14), (&here.note, 12)] {
        for line in lines {
            words(svg, middle(), y, size, "middle", line);
            y += LINE;
        }
    }
}

fn side(svg: &mut String, here: &Placed<'_>, on: &str) {
    let half = here.top + here.height / 2;
    let height = here.exit.len() * LINE + 2 * PAD;
    let top = half - height / 2;
    arrow(svg, &[(LEFT + WIDTH, half), (SIDE, half)]);
    label(svg, LEFT + WIDTH + 8, half - 6, on);
    svg.push_str(&format!(
        "<rect x=\"{SIDE}\" y=\"{top}\" width=\"{SIDE_WIDTH}\" height=\"{height}\" stroke-dasharray=\"5 3\"/>"
    ));
    for (index, line) in here.exit.iter().enumerate() {
        words(svg, SIDE + SIDE_WIDTH / 2, top + PAD + 13 + index * LINE, 13, "middle", line);
    }
}

/// A line with a head at its end. The head is drawn, not referred to: a reference needs an id.
fn arrow(svg: &mut String, points: &[(usize, usize)]) {
    let path: Vec<String> = points.iter().map(|(x, y)| format!("{x},{y}")).collect();
    svg.push_str(&format!("<polyline points=\"{}\"/>", path.join(" ")));
    let [.., (from, _), (x, y)] = points else { return };
    let head = if from == x {
        format!("{x},{y} {},{} {},{}", x - 5, y - 9, x + 5, y - 9)
    } else {
        format!("{x},{y} {},{} {},{}", x - 9, y - 5, x - 9, y + 5)
    };
    svg.push_str(&format!("<polygon points=\"{head}\" fill=\"currentColor\"/>"));
}

fn label(svg: &mut String, x: usize, y: usize, on: &str) {
    if !on.is_empty() {
        words(svg, x, y, 12, "start", on);
    }
}

fn words(svg: &mut String, x: usize, y: usize, size: u8, anchor: &str, line: &str) {
    svg.push_str(&format!(
        "<text x=\"{x}\" y=\"{y}\" font-size=\"{size}\" text-anchor=\"{anchor}\" fill=\"currentColor\" stroke=\"none\">{}</text>",
        html(line)
    ));
}

/// Text on one line: a blank one would end the block of HTML in the middle of the picture.
fn plain(words: &str) -> String {
    html(&crate::text::one_line(words))
}

/// The words in lines of at most so many columns; a word that is longer is broken.
fn lines(words: &str, columns: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in crate::text::one_line(words).split(' ') {
        let mut rest = word.to_owned();
        if !line.is_empty() && measure_text_width(&line) + 1 + measure_text_width(&rest) <= columns
        {
            line.push(' ');
        } else if !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        while measure_text_width(&rest) > columns {
            let end = rest
                .char_indices()
                .map(|(at, c)| at + c.len_utf8())
                .take_while(|end| measure_text_width(&rest[..*end]) <= columns)
                .last();
            let tail = rest.split_off(end.unwrap_or(rest.len()));
            lines.push(std::mem::replace(&mut rest, tail));
        }
        line.push_str(&rest);
    }
    if !line.is_empty() {
        lines.push(line);
    }
    if lines.len() > MOST_LINES {
        lines.truncate(MOST_LINES);
        if let Some(last) = lines.last_mut() {
            last.push('…');
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_any_length_and_width_fit() {
        assert_eq!(lines("one two three", 7), ["one two", "three"]);
        assert_eq!(lines("", 7), [""; 0]);
        let all = format!("short {} 数据库不可用请立即处理", "x".repeat(200));
        for columns in [7, 27, 44] {
            assert!(
                lines(&all, columns).iter().all(|line| measure_text_width(line) <= columns + 1)
            );
        }
        assert_eq!(lines(&"w ".repeat(400), 10).len(), MOST_LINES);
    }
}
