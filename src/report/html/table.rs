//! A table that scrolls by itself where the page is narrow, with its name for whoever hears it read.

use crate::report::markup::{Markup, put};

/// Begins a section with its heading.
pub(super) fn section(out: &mut Markup, id: &'static str, title: &str) {
    put!(out, "<section aria-labelledby=\"{}\"><h2 id=\"{}\">{}</h2>\n", id, id, out.say(title));
}

/// Ends it.
pub(super) fn end(out: &mut Markup) {
    put!(out, "</section>\n");
}

/// A table that is being filled.
pub(super) struct Table {
    name: &'static str,
    heads: &'static [&'static str],
    body: Markup,
    rows: usize,
}

impl Table {
    pub(super) fn new(name: &'static str, heads: &'static [&'static str]) -> Self {
        Self { name, heads, body: Markup::default(), rows: 0 }
    }

    /// Begins a row; `id` is what links to it, where it is not empty.
    pub(super) fn row(&mut self, id: &str) -> &mut Self {
        if self.rows > 0 {
            put!(self.body, "</tr>\n");
        }
        self.rows += 1;
        if id.is_empty() {
            put!(self.body, "<tr>");
        } else {
            put!(self.body, "<tr id=\"{}\">", id);
        }
        self
    }

    /// A row that names those below it.
    pub(super) fn group(&mut self, name: &str, columns: usize) {
        self.row("");
        put!(
            self.body,
            "<th class=\"group\" scope=\"colgroup\" colspan=\"{}\">{}</th>",
            columns,
            name
        );
    }

    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        put!(self.body, "<td>{}</td>", text);
        self
    }

    pub(super) fn markup(&mut self, markup: &Markup) -> &mut Self {
        put!(self.body, "<td>{}</td>", markup);
        self
    }

    /// The cell that names its row.
    pub(super) fn head(&mut self, markup: &Markup) -> &mut Self {
        put!(self.body, "<th scope=\"row\">{}</th>", markup);
        self
    }

    #[expect(clippy::needless_pass_by_value, reason = "callers make it on the spot")]
    pub(super) fn number(&mut self, number: String) -> &mut Self {
        put!(self.body, "<td class=\"n\">{}</td>", number);
        self
    }

    /// A time: it is never broken over lines.
    #[expect(clippy::needless_pass_by_value, reason = "callers make it on the spot")]
    pub(super) fn time(&mut self, time: String) -> &mut Self {
        put!(self.body, "<td class=\"t\">{}</td>", time);
        self
    }

    /// A link to an event of the record.
    pub(super) fn event(&mut self, seq: &serde_json::Value) -> &mut Self {
        match seq.as_i64() {
            Some(seq) => put!(self.body, "<td class=\"n\"><a href=\"#e{}\">{}</a></td>", seq, seq),
            None => put!(self.body, "<td></td>"),
        }
        self
    }

    pub(super) fn write(self, out: &mut Markup) {
        if self.rows == 0 {
            return;
        }
        put!(
            out,
            "<div class=\"scroll\" role=\"group\" tabindex=\"0\" aria-label=\"{}\"><table><thead><tr>",
            out.say(self.name)
        );
        for head in self.heads {
            put!(out, "<th scope=\"col\">{}</th>", out.say(head));
        }
        put!(out, "</tr></thead><tbody>\n{}</tr>\n</tbody></table></div>\n", self.body);
    }
}
