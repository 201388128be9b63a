//! What people wrote, in the page: their words as text, never as markup.

use crate::report::markup::{Markup, put};
use crate::report::prose::{Piece, Said};

/// Everything that people wrote, below its own headings.
pub(super) fn written(out: &mut Markup, said: &[Said]) {
    if said.is_empty() {
        return;
    }
    put!(
        out,
        "<section aria-labelledby=\"written\"><h2 id=\"written\">{}</h2>\n",
        out.say("What people wrote")
    );
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
            put!(out, "{}", Markup::raw(if entry { "<ul>" } else { "</ul>\n" }));
            list = entry;
        }
        match piece {
            Piece::Words(text) => put!(out, "<p>{}</p>\n", text),
            Piece::Entry(text) => put!(out, "<li>{}</li>", text),
            Piece::Lines(lines) => plain(out, lines),
            Piece::Changed(name, lines) => {
                let words = format!("Somebody changed what the record says in “{name}”:");
                put!(out, "<p>{}</p>\n", out.say(&words));
                plain(out, lines);
            }
            Piece::More => {
                put!(out, "<p>{}</p>\n", out.say("It goes on in the post-mortem itself."));
            }
        }
    }
    if list {
        put!(out, "</ul>\n");
    }
}

fn plain(out: &mut Markup, lines: &[String]) {
    put!(
        out,
        "<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"{}\"><pre>",
        out.say("As written")
    );
    for line in lines {
        put!(out, "{}{}", line, Markup::raw("\n"));
    }
    put!(out, "</pre></div>\n");
}
