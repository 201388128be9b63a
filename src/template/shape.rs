//! An expression as a plain tree with positions, for reading it without running it.
//!
//! Owns the way from the engine's syntax tree to [`Shape`], so that the static checks need not know
//! the engine. Evaluates nothing and knows no names.

use std::ops::Range;

use minijinja::machinery::ast;
use serde_json::Value;

use super::{Fault, parse};

/// A part of an expression.
#[derive(Clone, Debug, PartialEq)]
pub struct Shape {
    /// Where it stands, in bytes of the expression or text.
    pub range: Range<usize>,
    /// What it is.
    pub kind: Kind,
}

/// Kinds of parts.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// A top-level name.
    Name(String),
    /// A literal.
    Constant(Value),
    /// `base.field`.
    Field(Box<Shape>, String),
    /// `base[index]`, `base[from:to]`.
    Item(Box<Shape>, Vec<Shape>),
    /// `a == b`, chained: the words of the comparison and what stands right of it.
    Compare(Box<Shape>, Vec<(Comparison, Shape)>),
    /// `a + b` and the like; the text is the operator.
    Arithmetic(&'static str, Box<Shape>, Box<Shape>),
    /// `a ~ b`.
    Join(Box<Shape>, Box<Shape>),
    /// `a and b`, `a or b`.
    Logic(Box<Shape>, Box<Shape>),
    /// `not a`.
    Not(Box<Shape>),
    /// `-a`.
    Negate(Box<Shape>),
    /// `a if test else b`: test, yes, no.
    Choice(Box<Shape>, Box<Shape>, Option<Box<Shape>>),
    /// `a | name(arguments)`.
    Filter(String, Option<Box<Shape>>, Vec<Shape>),
    /// `a is name(arguments)`.
    Test(String, Box<Shape>, Vec<Shape>),
    /// `name(arguments)`.
    Call(Box<Shape>, Vec<Shape>),
    /// `name=value`, as an argument.
    Named(String, Box<Shape>),
    /// `*values` and `**values`, as an argument.
    Splat(Box<Shape>),
    /// A list or tuple.
    List(Vec<Shape>),
    /// A map: keys and values, one after the other.
    Map(Vec<Shape>),
}

/// Ways to compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `==`, `!=`.
    Equal,
    /// `<`, `<=`, `>`, `>=`.
    Order,
    /// `in`, `not in`.
    Within,
}

impl Shape {
    /// Visits this part and everything below it, outermost first.
    pub fn walk<'a>(&'a self, visit: &mut dyn FnMut(&'a Self)) {
        visit(self);
        self.children(&mut |child| child.walk(visit));
    }

    /// Visits the parts directly below this one.
    pub fn children<'a>(&'a self, visit: &mut dyn FnMut(&'a Self)) {
        match &self.kind {
            Kind::Name(_) | Kind::Constant(_) => {}
            Kind::Field(base, _)
            | Kind::Not(base)
            | Kind::Negate(base)
            | Kind::Named(_, base)
            | Kind::Splat(base) => visit(base),
            Kind::Item(base, items) | Kind::Call(base, items) | Kind::Test(_, base, items) => {
                visit(base);
                items.iter().for_each(visit);
            }
            Kind::Filter(_, base, items) => {
                if let Some(base) = base {
                    visit(base);
                }
                items.iter().for_each(visit);
            }
            Kind::List(items) | Kind::Map(items) => items.iter().for_each(visit),
            Kind::Compare(first, others) => {
                visit(first);
                for (_, other) in others {
                    visit(other);
                }
            }
            Kind::Arithmetic(_, a, b) | Kind::Join(a, b) | Kind::Logic(a, b) => {
                visit(a);
                visit(b);
            }
            Kind::Choice(test, yes, no) => {
                visit(test);
                visit(yes);
                if let Some(no) = no {
                    visit(no);
                }
            }
        }
    }

    /// The dotted path from a top-level name, as far as it is literal.
    #[must_use]
    pub fn path(&self) -> Option<Vec<&str>> {
        match &self.kind {
            Kind::Name(name) => Some(vec![name]),
            Kind::Field(base, field) => {
                let mut path = base.path()?;
                path.push(field);
                Some(path)
            }
            Kind::Item(base, items) => match items.as_slice() {
                [Shape { kind: Kind::Constant(Value::String(field)), .. }] => {
                    let mut path = base.path()?;
                    path.push(field);
                    Some(path)
                }
                _ => None,
            },
            _ => None,
        }
    }
}

/// The tree of an expression.
///
/// # Errors
/// What is wrong with its syntax or size, with its range.
pub fn of_expression(expression: &str) -> Result<Shape, Fault> {
    parse::expression(expression).map(|tree| shape(&tree))
}

/// The trees of all `{{ }}` of a text.
///
/// # Errors
/// What is wrong with its syntax or size, with its range.
pub fn of_text(text: &str) -> Result<Vec<Shape>, Fault> {
    if !text.contains('{') {
        return Ok(Vec::new());
    }
    let tree = parse::template(text)?;
    let mut shapes = Vec::new();
    statement(&tree, &mut shapes);
    Ok(shapes)
}

fn statement(tree: &ast::Stmt<'_>, shapes: &mut Vec<Shape>) {
    match tree {
        ast::Stmt::Template(template) => {
            template.children.iter().for_each(|child| statement(child, shapes));
        }
        ast::Stmt::EmitExpr(emit) => shapes.push(shape(&emit.expr)),
        ast::Stmt::IfCond(choice) => {
            shapes.push(shape(&choice.expr));
            let below = choice.true_body.iter().chain(&choice.false_body);
            below.for_each(|child| statement(child, shapes));
        }
        _ => {}
    }
}

fn shape(tree: &ast::Expr<'_>) -> Shape {
    Shape { range: parse::range(tree), kind: kind(tree) }
}

fn boxed(tree: &ast::Expr<'_>) -> Box<Shape> {
    Box::new(shape(tree))
}

fn kind(tree: &ast::Expr<'_>) -> Kind {
    match tree {
        ast::Expr::Var(var) => Kind::Name(var.id.to_owned()),
        ast::Expr::Const(constant) => {
            Kind::Constant(serde_json::to_value(&constant.value).unwrap_or_default())
        }
        ast::Expr::Slice(slice) => {
            let bounds = [&slice.start, &slice.stop, &slice.step];
            Kind::Item(boxed(&slice.expr), bounds.into_iter().flatten().map(shape).collect())
        }
        ast::Expr::UnaryOp(unary) => match unary.op {
            ast::UnaryOpKind::Not => Kind::Not(boxed(&unary.expr)),
            ast::UnaryOpKind::Neg => Kind::Negate(boxed(&unary.expr)),
        },
        ast::Expr::BinOp(binary) => operation(binary.op, boxed(&binary.left), shape(&binary.right)),
        ast::Expr::Compare(compare) => Kind::Compare(
            boxed(&compare.expr),
            compare.ops.iter().map(|op| (comparison(op.op), shape(&op.expr))).collect(),
        ),
        ast::Expr::IfExpr(choice) => Kind::Choice(
            boxed(&choice.test_expr),
            boxed(&choice.true_expr),
            choice.false_expr.as_ref().map(boxed),
        ),
        ast::Expr::Filter(filter) => Kind::Filter(
            filter.name.to_owned(),
            filter.expr.as_ref().map(boxed),
            arguments(&filter.args),
        ),
        ast::Expr::Test(test) => {
            Kind::Test(test.name.to_owned(), boxed(&test.expr), arguments(&test.args))
        }
        ast::Expr::GetAttr(get) => Kind::Field(boxed(&get.expr), get.name.to_owned()),
        ast::Expr::GetItem(get) => Kind::Item(boxed(&get.expr), vec![shape(&get.subscript_expr)]),
        ast::Expr::Call(call) => Kind::Call(boxed(&call.expr), arguments(&call.args)),
        ast::Expr::List(list) => Kind::List(list.items.iter().map(shape).collect()),
        ast::Expr::Tuple(tuple) => Kind::List(tuple.items.iter().map(shape).collect()),
        ast::Expr::Map(map) => Kind::Map(map.keys.iter().chain(&map.values).map(shape).collect()),
    }
}

fn operation(op: ast::BinOpKind, left: Box<Shape>, right: Shape) -> Kind {
    use ast::BinOpKind as Op;
    let compared = match op {
        Op::Eq | Op::Ne => Some(Comparison::Equal),
        Op::Lt | Op::Lte | Op::Gt | Op::Gte => Some(Comparison::Order),
        Op::In => Some(Comparison::Within),
        _ => None,
    };
    if let Some(comparison) = compared {
        return Kind::Compare(left, vec![(comparison, right)]);
    }
    let right = Box::new(right);
    match op {
        Op::ScAnd | Op::ScOr => Kind::Logic(left, right),
        Op::Concat => Kind::Join(left, right),
        Op::Add => Kind::Arithmetic("+", left, right),
        Op::Sub => Kind::Arithmetic("-", left, right),
        Op::Mul => Kind::Arithmetic("*", left, right),
        Op::Div | Op::FloorDiv => Kind::Arithmetic("/", left, right),
        Op::Rem => Kind::Arithmetic("%", left, right),
        _ => Kind::Arithmetic("**", left, right),
    }
}

fn comparison(op: ast::CompareOpKind) -> Comparison {
    use ast::CompareOpKind as Op;
    match op {
        Op::Eq | Op::Ne => Comparison::Equal,
        Op::Lt | Op::Lte | Op::Gt | Op::Gte => Comparison::Order,
        Op::In | Op::NotIn => Comparison::Within,
    }
}

fn arguments(arguments: &[ast::CallArg<'_>]) -> Vec<Shape> {
    let one = |argument: &ast::CallArg<'_>| match argument {
        ast::CallArg::Pos(value) => shape(value),
        ast::CallArg::Kwarg(name, value) => {
            let kind = Kind::Named((*name).to_owned(), boxed(value));
            Shape { range: parse::range(value), kind }
        }
        ast::CallArg::PosSplat(value) | ast::CallArg::KwargSplat(value) => {
            Shape { range: parse::range(value), kind: Kind::Splat(boxed(value)) }
        }
    };
    arguments.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_know_where_they_stand() {
        let text = "rows[0].n == before + 2 and steps.a.status | lower is in ['ok']";
        let whole = of_expression(text).unwrap();
        let mut seen = Vec::new();
        whole.walk(&mut |part| seen.push(&text[part.range.clone()]));
        for part in ["rows[0].n == before + 2", "before + 2", "rows[0]", "steps.a.status", "before"]
        {
            assert!(seen.contains(&part), "{part} in {seen:?}");
        }
    }

    #[test]
    fn a_text_gives_all_its_expressions_and_a_slip_its_place() {
        let found = of_text("at {{ a.b }} and {{ c }}").unwrap();
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].path().unwrap(), ["a", "b"]);
        let fault = of_text("at {{ a + }}").unwrap_err();
        assert!(fault.range.is_some() && !fault.message.is_empty());
        assert!(of_expression("a ==").is_err());
    }
}
