//! Which names a syntax tree uses.

use minijinja::machinery::ast::{CallArg, Expr, Stmt};

use super::NameUse;
use super::parse::range;

/// Collects the names used by an expression.
pub(super) fn of_expression(expr: &Expr<'_>, found: &mut Vec<NameUse>) {
    if let Some(path) = literal_path(expr) {
        found.push(NameUse { path, range: range(expr) });
        return;
    }
    for part in parts(expr) {
        of_expression(part, found);
    }
}

/// Collects the names used by the statements of a text.
pub(super) fn of_statements(statements: &[Stmt<'_>], found: &mut Vec<NameUse>) {
    for statement in statements {
        match statement {
            Stmt::Template(t) => of_statements(&t.children, found),
            Stmt::EmitExpr(e) => of_expression(&e.expr, found),
            Stmt::IfCond(i) => {
                of_expression(&i.expr, found);
                of_statements(&i.true_body, found);
                of_statements(&i.false_body, found);
            }
            _ => {}
        }
    }
}

/// `steps.health.status` as its words, when every word is written out.
pub(super) fn literal_path(expr: &Expr<'_>) -> Option<Vec<String>> {
    match expr {
        Expr::Var(var) => Some(vec![var.id.to_owned()]),
        Expr::GetAttr(get) => {
            let mut path = literal_path(&get.expr)?;
            path.push(get.name.to_owned());
            Some(path)
        }
        Expr::GetItem(get) => {
            let mut path = literal_path(&get.expr)?;
            path.push(literal_key(&get.subscript_expr)?.to_owned());
            Some(path)
        }
        _ => None,
    }
}

/// The text of a subscript that is a literal text.
pub(super) fn literal_key<'e>(subscript: &'e Expr<'_>) -> Option<&'e str> {
    match subscript {
        Expr::Const(constant) => constant.value.as_str(),
        _ => None,
    }
}

/// How deep an expression is nested.
pub(super) fn depth(expr: &Expr<'_>) -> usize {
    1 + parts(expr).into_iter().map(depth).max().unwrap_or(0)
}

/// How deep the expressions and blocks of a text are nested.
pub(super) fn statement_depth(statement: &Stmt<'_>) -> usize {
    let deepest = |body: &[Stmt<'_>]| body.iter().map(statement_depth).max().unwrap_or(0);
    1 + match statement {
        Stmt::Template(t) => deepest(&t.children),
        Stmt::EmitExpr(e) => depth(&e.expr),
        Stmt::IfCond(i) => depth(&i.expr).max(deepest(&i.true_body)).max(deepest(&i.false_body)),
        _ => 0,
    }
}

/// The expressions directly inside an expression.
fn parts<'e, 'a>(expr: &'e Expr<'a>) -> Vec<&'e Expr<'a>> {
    match expr {
        Expr::Var(_) | Expr::Const(_) => Vec::new(),
        Expr::Slice(e) => {
            let bounds = [&e.start, &e.stop, &e.step].into_iter().flatten();
            std::iter::once(&e.expr).chain(bounds).collect()
        }
        Expr::UnaryOp(e) => vec![&e.expr],
        Expr::BinOp(e) => vec![&e.left, &e.right],
        Expr::Compare(e) => {
            std::iter::once(&e.expr).chain(e.ops.iter().map(|op| &op.expr)).collect()
        }
        Expr::IfExpr(e) => {
            [&e.test_expr, &e.true_expr].into_iter().chain(e.false_expr.as_ref()).collect()
        }
        Expr::Filter(e) => e.expr.iter().chain(e.args.iter().map(argument)).collect(),
        Expr::Test(e) => std::iter::once(&e.expr).chain(e.args.iter().map(argument)).collect(),
        Expr::GetAttr(e) => vec![&e.expr],
        Expr::GetItem(e) => vec![&e.expr, &e.subscript_expr],
        Expr::Call(e) => std::iter::once(&e.expr).chain(e.args.iter().map(argument)).collect(),
        Expr::List(e) => e.items.iter().collect(),
        Expr::Tuple(e) => e.items.iter().collect(),
        Expr::Map(e) => e.keys.iter().chain(&e.values).collect(),
    }
}

fn argument<'e, 'a>(arg: &'e CallArg<'a>) -> &'e Expr<'a> {
    match arg {
        CallArg::Pos(e) | CallArg::Kwarg(_, e) | CallArg::PosSplat(e) | CallArg::KwargSplat(e) => e,
    }
}
