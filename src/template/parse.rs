//! From text to syntax tree, within limits.
//!
//! The parser is minijinja's. It recurses, so what it may see is bounded by its own tokeniser first:
//! a chain of 2,000 `elif` or 12 KiB of `x.a.a.a` would otherwise end the process.

use std::ops::Range;

use minijinja::Error;
use minijinja::machinery::ast::{Expr, Stmt};
use minijinja::machinery::{Span, Token, Tokenizer, parse, parse_expr};
use minijinja::syntax::SyntaxConfig;

use super::Fault;

/// Largest expression, in bytes.
pub const MAX_EXPRESSION: usize = 4 * 1024;
/// Largest tag of a text, in bytes.
pub const MAX_TAG: usize = 1024;
/// Most tags in a text.
pub const MAX_TAGS: usize = 2_000;
/// Largest text, in bytes.
pub const MAX_TEMPLATE: usize = 256 * 1024;
/// Largest text that comes out of a text or out of any part of an expression, in bytes.
pub const MAX_RENDERED: usize = 8 * 1024 * 1024;
/// Most words and signs in one expression or tag; bounds the depth of chains.
const MAX_TOKENS: usize = 200;
/// Most brackets open at once.
const MAX_DEPTH: usize = 16;
/// Most `{% %}` in a text.
const MAX_BLOCKS: usize = 40;

/// The tree of an expression.
pub(super) fn expression(source: &str) -> Result<Expr<'_>, Fault> {
    if source.trim().is_empty() {
        return Err(Fault::new("the expression is empty", None));
    }
    if source.len() > MAX_EXPRESSION {
        return Err(too_large("expression", "bytes", source.len(), MAX_EXPRESSION));
    }
    bounded(source, true)?;
    parse_expr(source).map_err(|e| syntax(&e, source))
}

/// The tree of a text.
pub(super) fn template(source: &str) -> Result<Stmt<'_>, Fault> {
    if source.len() > MAX_TEMPLATE {
        return Err(too_large("text", "bytes", source.len(), MAX_TEMPLATE));
    }
    bounded(source, false)?;
    parse(source, "", syntax_rules()?).map_err(|e| syntax(&e, source))
}

/// A final line break of an author's text is text.
fn syntax_rules() -> Result<SyntaxConfig, Fault> {
    SyntaxConfig::builder().keep_trailing_newline(true).build().map_err(|e| syntax(&e, ""))
}

/// Refuses what could exhaust the stack of the parser, or of whoever walks the tree.
fn bounded(source: &str, in_expression: bool) -> Result<(), Fault> {
    let mut tokens = Tokenizer::new(source, "", in_expression, syntax_rules()?);
    let (mut tags, mut blocks, mut words, mut depth) = (0, 0, 0, 0_usize);
    let mut opened = 0;
    while let Some((token, span)) = tokens.next_token().map_err(|e| syntax(&e, source))? {
        match token {
            Token::VariableStart | Token::BlockStart => {
                tags += 1;
                blocks += usize::from(matches!(token, Token::BlockStart));
                (words, depth, opened) = (0, 0, span.start_offset as usize);
            }
            Token::ParenOpen | Token::BracketOpen | Token::BraceOpen => depth += 1,
            Token::ParenClose | Token::BracketClose | Token::BraceClose => {
                depth = depth.saturating_sub(1);
            }
            _ => {}
        }
        words += usize::from(!matches!(token, Token::TemplateData(_)));
        let length = span.end_offset as usize - opened;
        if !in_expression && !matches!(token, Token::TemplateData(_)) && length > MAX_TAG {
            return Err(too_large("tag", "bytes", length, MAX_TAG).at(span_range(span)));
        }
        for (what, unit, count, most) in [
            ("text", "tags", tags, MAX_TAGS),
            ("text", "{% %} tags", blocks, MAX_BLOCKS),
            ("expression", "words and signs", words, MAX_TOKENS),
            ("expression", "open brackets", depth, MAX_DEPTH),
        ] {
            if count > most {
                return Err(too_large(what, unit, count, most).at(span_range(span)));
            }
        }
    }
    Ok(())
}

fn too_large(what: &str, unit: &str, count: usize, most: usize) -> Fault {
    Fault::new(format!("the {what} is too large: {count} {unit}, at most {most}"), None)
}

/// A syntax error in our words, with its place: whole characters, where minijinja names one byte.
fn syntax(error: &Error, source: &str) -> Fault {
    let detail = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
    let range = error
        .range()
        .map(|range| source.floor_char_boundary(range.start)..source.ceil_char_boundary(range.end));
    Fault::new(format!("syntax error: {detail}"), range)
}

/// The bytes of a span.
pub(super) fn span_range(span: Span) -> Range<usize> {
    span.start_offset as usize..span.end_offset as usize
}

/// The bytes of an expression. minijinja's own spans of operators start a word too early.
pub(super) fn range(expr: &Expr<'_>) -> Range<usize> {
    let whole = span_range(expr.span());
    let first = match expr {
        Expr::BinOp(e) => &e.left,
        Expr::Compare(e) => &e.expr,
        Expr::GetAttr(e) => &e.expr,
        Expr::GetItem(e) => &e.expr,
        Expr::Slice(e) => &e.expr,
        Expr::IfExpr(e) => &e.true_expr,
        Expr::Test(e) => &e.expr,
        Expr::Filter(e) => match &e.expr {
            Some(subject) => subject,
            None => return whole,
        },
        _ => return whole,
    };
    range(first).start..whole.end
}
