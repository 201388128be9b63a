//! A page on its own: one HTML file without scripts and without anything from elsewhere, to print.

use pulldown_cmark::{Options, Parser, html};

use super::mark;
use super::page::STYLE;
use crate::ui::lang::Lang;

const BASE: &str = include_str!("print.css");

/// The file. `markdown` is a page of [`super::page`].
#[must_use]
pub fn document(title: &str, markdown: &str, lang: Lang) -> String {
    let mut body = String::with_capacity(markdown.len() * 2);
    html::push_html(&mut body, Parser::new_ext(markdown, Options::ENABLE_TABLES));
    format!(
        "<!doctype html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{}</title>\n<style>\n{BASE}{STYLE}</style>\n\
         </head>\n<body>\n<main>\n{body}</main>\n</body>\n</html>\n",
        lang.code(),
        mark::html(title)
    )
}
