//! What people wrote, in the page: their words as text, never as markup.

use crate::report::markup::{Markup, put};
use crate::report::prose::{Piece, Said};

/// Everything that people wrote, below its own headings.
pub(super) fn written(out: &mut Markup, said: &[Said]) {
    if said.is_empty() {
        return;
    }
    put!(out, "<section aria-labelledby=\"written\"><h2 id=\"written\">What people wrote</h2>\n");
    for below in said {
        if !below.heading.is_empty() {
            put!(out, "<h3>{}</h3>\n", below.heading);
        }
        pieces(out, &below.pieces);
    }
    put!(out, "</section>\n");
}

fn pieces(out: &mut Markup, pieces: &[Piece]) {
    let mut list = false;
    for piece in pieces {
        let entry = matches!(piece, Piece::Entry(_));
        if entry != list {
            put!(out, "{}", Markup(if entry { "<ul>" } else { "</ul>\n" }.to_owned()));
            list = entry;
        }
        match piece {
            Piece::Words(text) => put!(out, "<p>{}</p>\n", text),
            Piece::Entry(text) => put!(out, "<li>{}</li>", text),
            Piece::Lines(lines) => plain(out, lines),
            Piece::Changed(name, lines) => {
                put!(out, "<p>Somebody changed what the record says in “{}”:</p>\n", name);
                plain(out, lines);
            }
            Piece::More => put!(out, "<p>It goes on in the post-mortem itself.</p>\n"),
        }
    }
    if list {
        put!(out, "</ul>\n");
    }
}

fn plain(out: &mut Markup, lines: &[String]) {
    put!(
        out,
        "<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"As written\"><pre>"
    );
    for line in lines {
        put!(out, "{}{}", line, Markup("\n".to_owned()));
    }
    put!(out, "</pre></div>\n");
}
