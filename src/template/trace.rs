//! The evaluated parts of a condition: `rows[0].n == 50  ->  47 == 50  ->  false`.

use std::borrow::Cow;

use minijinja::machinery::ast::{BinOpKind, CompareOpKind, Expr, UnaryOpKind};

use super::View;
use super::eval::comparison;
use super::scope::Scope;
use super::value::shown;

/// Characters of a condition repeated in its trace.
const MAX_SOURCE: usize = 200;

/// The trace of a condition that was evaluated without a fault.
pub(super) fn trace(source: &str, expr: &Expr<'_>, scope: &Scope<'_>, truth: bool) -> String {
    let source = crate::text::one_line(source);
    let source = crate::text::cut(source.trim(), MAX_SOURCE);
    let filled = filled(expr, scope);
    if filled == truth.to_string() || filled == source {
        format!("{source}  ->  {truth}")
    } else {
        format!("{source}  ->  {filled}  ->  {truth}")
    }
}

/// The expression with its operands replaced by their values.
fn filled(expr: &Expr<'_>, scope: &Scope<'_>) -> String {
    match expr {
        Expr::UnaryOp(not) if matches!(not.op, UnaryOpKind::Not) => match &not.expr {
            Expr::BinOp(op) if matches!(op.op, BinOpKind::In) => {
                format!("{} not in {}", operand(&op.left, scope), operand(&op.right, scope))
            }
            inner => format!("not {}", grouped(inner, scope)),
        },
        Expr::BinOp(op) => match (op.op, comparison(op.op)) {
            (BinOpKind::ScAnd, _) => joined("and", &op.left, &op.right, false, scope),
            (BinOpKind::ScOr, _) => joined("or", &op.left, &op.right, true, scope),
            (_, Some(sign)) => {
                format!("{} {} {}", operand(&op.left, scope), word(sign), operand(&op.right, scope))
            }
            _ => operand(expr, scope),
        },
        Expr::Compare(chain) => {
            let mut text = operand(&chain.expr, scope);
            for link in &chain.ops {
                text.extend([" ", word(link.op), " ", &operand(&link.expr, scope)]);
            }
            text
        }
        _ => operand(expr, scope),
    }
}

/// Both sides; the second one is not evaluated when the first decides.
fn joined(
    sign: &str,
    left: &Expr<'_>,
    right: &Expr<'_>,
    decides: bool,
    scope: &Scope<'_>,
) -> String {
    let first = grouped(left, scope);
    if scope.truth(left).is_ok_and(|truth| truth == decides) {
        format!("{first} {sign} ...")
    } else {
        format!("{first} {sign} {}", grouped(right, scope))
    }
}

fn grouped(expr: &Expr<'_>, scope: &Scope<'_>) -> String {
    let text = filled(expr, scope);
    match expr {
        Expr::BinOp(op) if matches!(op.op, BinOpKind::ScAnd | BinOpKind::ScOr) => {
            format!("({text})")
        }
        _ => text,
    }
}

fn operand(expr: &Expr<'_>, scope: &Scope<'_>) -> String {
    scope
        .eval(expr, View::Compute)
        .map_or("?".into(), |value| Cow::from(shown(&value)))
        .into_owned()
}

const fn word(op: CompareOpKind) -> &'static str {
    match op {
        CompareOpKind::Eq => "==",
        CompareOpKind::Ne => "!=",
        CompareOpKind::Lt => "<",
        CompareOpKind::Lte => "<=",
        CompareOpKind::Gt => ">",
        CompareOpKind::Gte => ">=",
        CompareOpKind::In => "in",
        CompareOpKind::NotIn => "not in",
    }
}
