//! The part of Jinja that a report may use.
//!
//! What captures text or binds a value made of others could double it again and again, which no fuel
//! bounds: macros and captures are left out, and a name is bound only to what the context holds.

use minijinja::machinery::Span;
use minijinja::machinery::ast::{BinOpKind, CallArg, Expr, Stmt};

type Broken = (usize, String);

/// Whether the statement keeps to the rules; else the line and what is wrong there.
pub(super) fn obeyed(statement: &Stmt<'_>) -> Result<(), Broken> {
    match statement {
        Stmt::Template(whole) => all(&whole.children),
        Stmt::EmitRaw(_) => Ok(()),
        Stmt::EmitExpr(emit) => expression(&emit.expr, false),
        Stmt::IfCond(choice) => {
            expression(&choice.expr, false)?;
            all(&choice.true_body)?;
            all(&choice.false_body)
        }
        Stmt::ForLoop(each) => {
            if each.recursive {
                return refuse(each.span(), "`recursive`");
            }
            expression(&each.iter, true)?;
            each.filter_expr.as_ref().map_or(Ok(()), |filter| expression(filter, false))?;
            all(&each.body)?;
            all(&each.else_body)
        }
        Stmt::Set(set) => expression(&set.expr, true),
        Stmt::WithBlock(with) => {
            with.assignments.iter().try_for_each(|(_, value)| expression(value, true))?;
            all(&with.body)
        }
        Stmt::SetBlock(s) => refuse(s.span(), "`{% set %}` with a body"),
        Stmt::AutoEscape(s) => refuse(s.span(), "`{% autoescape %}`"),
        Stmt::FilterBlock(s) => refuse(s.span(), "`{% filter %}`"),
        Stmt::Block(s) => refuse(s.span(), "`{% block %}`"),
        Stmt::Import(s) => refuse(s.span(), "`{% import %}`"),
        Stmt::FromImport(s) => refuse(s.span(), "`{% from %}`"),
        Stmt::Extends(s) => refuse(s.span(), "`{% extends %}`"),
        Stmt::Include(s) => refuse(s.span(), "`{% include %}`"),
        Stmt::Macro(s) => refuse(s.span(), "`{% macro %}`"),
        Stmt::CallBlock(s) => refuse(s.span(), "`{% call %}`"),
        Stmt::Do(s) => refuse(s.span(), "`{% do %}`"),
    }
}

fn all(statements: &[Stmt<'_>]) -> Result<(), Broken> {
    statements.iter().try_for_each(obeyed)
}

fn refuse<T>(span: Span, what: &str) -> Result<T, Broken> {
    let line = span.start_line as usize;
    Err((line, format!("{what} cannot be used in a report; `if`, `for`, `set` and `with` can")))
}

/// `bound`: the value gets a name, and so may be used many times.
fn expression(expr: &Expr<'_>, bound: bool) -> Result<(), Broken> {
    let inner = |expr: &Expr<'_>| expression(expr, bound);
    let maybe = |expr: &Option<Expr<'_>>| expr.as_ref().map_or(Ok(()), inner);
    match expr {
        Expr::Var(_) | Expr::Const(_) => Ok(()),
        Expr::Slice(e) => {
            inner(&e.expr)?;
            maybe(&e.start)?;
            maybe(&e.stop)?;
            maybe(&e.step)
        }
        Expr::UnaryOp(e) => inner(&e.expr),
        Expr::BinOp(e) => {
            match e.op {
                BinOpKind::Mul | BinOpKind::Pow => return refuse(e.span(), "`*`"),
                BinOpKind::Concat | BinOpKind::Add if bound => {
                    return refuse(e.span(), "`~` or `+` in `set`, `with` or `for`");
                }
                _ => {}
            }
            inner(&e.left)?;
            inner(&e.right)
        }
        Expr::Compare(e) => {
            inner(&e.expr)?;
            e.ops.iter().try_for_each(|op| inner(&op.expr))
        }
        Expr::IfExpr(e) => {
            inner(&e.test_expr)?;
            inner(&e.true_expr)?;
            maybe(&e.false_expr)
        }
        Expr::Filter(e) => {
            maybe(&e.expr)?;
            arguments(&e.args, bound)
        }
        Expr::Test(e) => {
            inner(&e.expr)?;
            arguments(&e.args, bound)
        }
        Expr::GetAttr(e) => inner(&e.expr),
        Expr::GetItem(e) => {
            inner(&e.expr)?;
            inner(&e.subscript_expr)
        }
        Expr::Call(e) => refuse(e.span(), "a call"),
        Expr::List(e) if !bound || e.as_const().is_some() => e.items.iter().try_for_each(inner),
        Expr::Tuple(e) if !bound => e.items.iter().try_for_each(inner),
        Expr::Map(e) if !bound || e.as_const().is_some() => e.values.iter().try_for_each(inner),
        Expr::List(e) => refuse(e.span(), "a list of names in `set`, `with` or `for`"),
        Expr::Tuple(e) => refuse(e.span(), "a list of names in `set`, `with` or `for`"),
        Expr::Map(e) => refuse(e.span(), "a map of names in `set`, `with` or `for`"),
    }
}

fn arguments(args: &[CallArg<'_>], bound: bool) -> Result<(), Broken> {
    args.iter().try_for_each(|arg| match arg {
        CallArg::Pos(expr)
        | CallArg::Kwarg(_, expr)
        | CallArg::PosSplat(expr)
        | CallArg::KwargSplat(expr) => expression(expr, bound),
    })
}
