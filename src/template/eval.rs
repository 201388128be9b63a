//! The value of a syntax tree.
//!
//! Walks minijinja's tree over plain JSON values instead of running its compiled form: every fault can
//! say which part it is about, kinds are checked, and no part can grow beyond a known size.

use std::borrow::Cow;

use minijinja::machinery::ast::{
    BinOp, BinOpKind, CallArg, Compare, CompareOpKind, Const, Expr, Filter, Map as Mapping, Slice,
    Test, UnaryOp, UnaryOpKind,
};
use serde_json::{Map, Value};

use super::names::literal_key;
use super::ops::{arithmetic, compare, concat};
use super::parse::range;
use super::scope::Scope;
use super::value::{kind, shown};
use super::{Fault, View, checks, filters};

type Evaluated<'s> = Result<Cow<'s, Value>, Fault>;

/// Arguments of a filter or test.
#[derive(Debug, Default)]
pub(super) struct Args {
    /// By position.
    pub by_position: Vec<Value>,
    /// By name.
    pub by_name: Map<String, Value>,
}

impl Scope<'_> {
    /// The value of an expression, in the view wanted.
    pub(super) fn eval<'s>(&'s self, expr: &Expr<'_>, view: View) -> Evaluated<'s> {
        let here = |why: String| Fault::new(why, Some(range(expr)));
        let owned = |value: Value| Ok(Cow::Owned(value));
        match expr {
            Expr::Var(var) if var.id == "steps" => {
                Err(here("`steps` needs the id of a step: `steps.<id>`".to_owned()))
            }
            Expr::Var(var) => {
                self.value(var.id, view).map(Cow::Borrowed).map_err(|f| f.at(range(expr)))
            }
            Expr::Const(constant) => literal(constant).map(Cow::Owned).map_err(here),
            Expr::GetAttr(get) => self.member(expr, &get.expr, &Value::from(get.name), view),
            Expr::GetItem(get) => {
                let key = self.eval(&get.subscript_expr, View::Compute)?;
                self.member(expr, &get.expr, &key, view)
            }
            Expr::Slice(slice) => {
                self.slice(slice, view).and_then(|v| v.map_err(here)).map(Cow::Owned)
            }
            Expr::UnaryOp(unary) => self.unary(unary)?.map(Cow::Owned).map_err(here),
            Expr::BinOp(op) => self.binary(op)?.map(Cow::Owned).map_err(here),
            Expr::Compare(chain) => {
                self.chain(chain)?.map(|t| Cow::Owned(Value::Bool(t))).map_err(here)
            }
            Expr::IfExpr(choice) => {
                if self.truth(&choice.test_expr)? {
                    self.eval(&choice.true_expr, view)
                } else if let Some(other) = &choice.false_expr {
                    self.eval(other, view)
                } else {
                    Err(here("`if` needs an `else` here".to_owned()))
                }
            }
            Expr::Filter(filter) => self.filter(filter, view).map_err(|f| f.or_at(range(expr))),
            Expr::Test(test) => {
                let truth = self.test(test).map_err(|f| f.or_at(range(expr)))?;
                owned(Value::Bool(truth))
            }
            Expr::Call(_) => {
                Err(here("there are no functions here; use a filter: `x | length`".to_owned()))
            }
            Expr::List(list) => owned(Value::Array(self.all(&list.items, view)?)),
            Expr::Tuple(tuple) => owned(Value::Array(self.all(&tuple.items, view)?)),
            Expr::Map(map) => self.map(map, view)?.map(Cow::Owned).map_err(here),
        }
    }

    /// The truth of a condition; only true and false have one.
    pub(super) fn truth(&self, expr: &Expr<'_>) -> Result<bool, Fault> {
        let value = self.eval(expr, View::Compute)?;
        value.as_bool().ok_or_else(|| {
            let is = match value.as_ref() {
                Value::Bool(_) | Value::Null | Value::Number(_) | Value::String(_) => shown(&value),
                _ => kind(&value).to_owned(),
            };
            Fault::new(format!("{}is {is}, not true or false", subject(expr)), Some(range(expr)))
        })
    }

    fn all(&self, items: &[Expr<'_>], view: View) -> Result<Vec<Value>, Fault> {
        items.iter().map(|item| self.eval(item, view).map(Cow::into_owned)).collect()
    }

    fn map(&self, map: &Mapping<'_>, view: View) -> Result<Result<Value, String>, Fault> {
        let mut made = Map::new();
        for (key, value) in map.keys.iter().zip(&map.values) {
            let Value::String(key) = self.eval(key, View::Compute)?.into_owned() else {
                return Ok(Err("the keys of a map are texts".to_owned()));
            };
            made.insert(key, self.eval(value, view)?.into_owned());
        }
        Ok(Ok(Value::Object(made)))
    }

    fn unary(&self, unary: &UnaryOp<'_>) -> Result<Result<Value, String>, Fault> {
        Ok(match unary.op {
            UnaryOpKind::Not => Ok(Value::Bool(!self.truth(&unary.expr)?)),
            UnaryOpKind::Neg => {
                let value = self.eval(&unary.expr, View::Compute)?;
                arithmetic(BinOpKind::Sub, &Value::from(0), &value)
            }
        })
    }

    /// `base.key` and `base[key]`.
    fn member<'s>(
        &'s self,
        whole: &Expr<'_>,
        base: &Expr<'_>,
        key: &Value,
        view: View,
    ) -> Evaluated<'s> {
        let place = range(whole);
        if matches!(base, Expr::Var(var) if var.id == "steps") {
            let literal = match whole {
                Expr::GetAttr(get) => Some(get.name),
                Expr::GetItem(get) => literal_key(&get.subscript_expr),
                _ => None,
            };
            let Some(id) = literal else {
                let why = "`steps` needs the id of a step, written out: `steps.<id>`";
                return Err(Fault::new(why, Some(place)));
            };
            return self.step(id, view).map(Cow::Borrowed).map_err(|fault| fault.at(place));
        }
        let base_value = self.eval(base, view)?;
        let missing = |why: String| Fault {
            message: why,
            range: Some(place.clone()),
            undefined: Some(path(whole)),
        };
        let what = path(base);
        let no_such = match (base_value.as_ref(), key) {
            (Value::Object(_), Value::String(key)) => format!("`{what}` has no `{key}`"),
            (Value::Array(items), Value::Number(_)) => {
                format!("`{what}` has no item {} ({})", shown(key), count(items.len()))
            }
            (other, key) => format!("`{what}` is {}, it has no {}", kind(other), shown(key)),
        };
        pick(base_value, key).ok_or_else(|| missing(no_such))
    }

    fn slice(&self, slice: &Slice<'_>, view: View) -> Result<Result<Value, String>, Fault> {
        let whole = self.eval(&slice.expr, view)?;
        let mut bounds = [None; 3];
        for (bound, expr) in bounds.iter_mut().zip([&slice.start, &slice.stop, &slice.step]) {
            if let Some(expr) = expr {
                let value = self.eval(expr, View::Compute)?;
                let Some(int) = value.as_i64() else {
                    return Ok(Err(format!("{} is not a whole number", shown(&value))));
                };
                *bound = Some(int);
            }
        }
        let [from, until, stride] = bounds;
        if stride.is_some_and(|stride| stride != 1) {
            return Ok(Err("slices have no step here".to_owned()));
        }
        Ok(match whole.as_ref() {
            Value::Array(items) => {
                let (first, end) = window(from, until, items.len());
                Ok(Value::Array(items[first..end].to_vec()))
            }
            Value::String(text) => {
                let (first, end) = window(from, until, text.chars().count());
                Ok(Value::String(text.chars().skip(first).take(end - first).collect()))
            }
            other => Err(format!("{} has no parts to take", kind(other))),
        })
    }

    fn binary(&self, op: &BinOp<'_>) -> Result<Result<Value, String>, Fault> {
        if let Some(comparison) = comparison(op.op) {
            let (left, right) =
                (self.eval(&op.left, View::Compute)?, self.eval(&op.right, View::Compute)?);
            return Ok(compare(comparison, &left, &right).map(Value::Bool));
        }
        match op.op {
            BinOpKind::ScAnd => {
                Ok(Ok(Value::Bool(self.truth(&op.left)? && self.truth(&op.right)?)))
            }
            BinOpKind::ScOr => Ok(Ok(Value::Bool(self.truth(&op.left)? || self.truth(&op.right)?))),
            BinOpKind::Concat => {
                let (left, right) =
                    (self.eval(&op.left, View::Read)?, self.eval(&op.right, View::Read)?);
                Ok(concat(&left, &right))
            }
            _ => {
                let (left, right) =
                    (self.eval(&op.left, View::Compute)?, self.eval(&op.right, View::Compute)?);
                Ok(arithmetic(op.op, &left, &right))
            }
        }
    }

    fn chain(&self, chain: &Compare<'_>) -> Result<Result<bool, String>, Fault> {
        let mut left = self.eval(&chain.expr, View::Compute)?;
        for link in &chain.ops {
            let right = self.eval(&link.expr, View::Compute)?;
            match compare(link.op, &left, &right) {
                Ok(true) => left = right,
                other => return Ok(other),
            }
        }
        Ok(Ok(true))
    }

    fn filter<'s>(&'s self, filter: &Filter<'_>, view: View) -> Evaluated<'s> {
        let Some(subject) = &filter.expr else {
            return Err(Fault::new("a filter needs a value in front of it", None));
        };
        let inner = if filters::reads_time(applied(filter)) { View::Compute } else { view };
        let value = self.eval(subject, inner);
        let args = self.args(&filter.args, inner)?;
        if filter.name == "default" {
            let fallback =
                || args.by_position.first().cloned().unwrap_or(Value::String(String::new()));
            let wide = args.by_position.len() > 1 || !args.by_name.is_empty();
            match value {
                Err(fault) if fault.undefined.is_some() && is_path(subject) => {
                    return Ok(Cow::Owned(fallback()));
                }
                Ok(_) if wide => {}
                other => return other,
            }
        }
        let value = value?;
        match filters::apply(filter.name, &value, &args) {
            Ok(Some(value)) => Ok(Cow::Owned(value)),
            Ok(None) => Err(Fault {
                message: format!("`{}` is empty, it has no {}", path(subject), filter.name),
                range: None,
                undefined: Some(path(subject)),
            }),
            Err(why) => Err(Fault::new(format!("`{}`: {why}", filter.name), None)),
        }
    }

    fn test(&self, test: &Test<'_>) -> Result<bool, Fault> {
        let value = self.eval(&test.expr, View::Compute);
        if matches!(test.name, "defined" | "undefined") {
            let defined = match value {
                Ok(_) => true,
                Err(fault) if fault.undefined.is_some() && is_path(&test.expr) => false,
                Err(fault) => return Err(fault),
            };
            return Ok(defined == (test.name == "defined"));
        }
        let args = self.args(&test.args, View::Compute)?;
        if let Some(name) = args.by_name.keys().next() {
            let why = format!("`is {}`: takes nothing by name, and no `{name}`", test.name);
            return Err(Fault::new(why, None));
        }
        let value = value?;
        checks::apply(test.name, &value, &args.by_position)
            .map_err(|why| Fault::new(format!("`is {}`: {why}", test.name), None))
    }

    fn args(&self, written: &[CallArg<'_>], view: View) -> Result<Args, Fault> {
        let mut args = Args::default();
        for arg in written {
            match arg {
                CallArg::Pos(expr) => args.by_position.push(self.eval(expr, view)?.into_owned()),
                CallArg::Kwarg(name, expr) => {
                    args.by_name.insert((*name).to_owned(), self.eval(expr, view)?.into_owned());
                }
                CallArg::PosSplat(e) | CallArg::KwargSplat(e) => {
                    return Err(Fault::new("`*` and `**` are not known here", Some(range(e))));
                }
            }
        }
        Ok(args)
    }
}

/// The comparison that an operator is.
pub(super) const fn comparison(op: BinOpKind) -> Option<CompareOpKind> {
    Some(match op {
        BinOpKind::Eq => CompareOpKind::Eq,
        BinOpKind::Ne => CompareOpKind::Ne,
        BinOpKind::Lt => CompareOpKind::Lt,
        BinOpKind::Lte => CompareOpKind::Lte,
        BinOpKind::Gt => CompareOpKind::Gt,
        BinOpKind::Gte => CompareOpKind::Gte,
        BinOpKind::In => CompareOpKind::In,
        _ => return None,
    })
}

fn literal(constant: &Const) -> Result<Value, String> {
    serde_json::to_value(&constant.value).map_err(|_| "this literal has no JSON form".to_owned())
}

fn is_path(expr: &Expr<'_>) -> bool {
    matches!(expr, Expr::Var(_) | Expr::GetAttr(_) | Expr::GetItem(_) | Expr::Filter(_))
}

/// The filter that is applied to values: of `map('int')` the one that it names.
fn applied<'e>(filter: &'e Filter<'_>) -> &'e str {
    match filter.args.first() {
        Some(CallArg::Pos(name)) if filter.name == "map" => {
            literal_key(name).unwrap_or(filter.name)
        }
        _ => filter.name,
    }
}

/// `rows[0].n`, or words for what cannot be written so shortly.
pub(super) fn path(expr: &Expr<'_>) -> String {
    match expr {
        Expr::Var(var) => var.id.to_owned(),
        Expr::GetAttr(get) => format!("{}.{}", path(&get.expr), get.name),
        Expr::GetItem(get) => match &get.subscript_expr {
            Expr::Const(key) => {
                format!("{}[{}]", path(&get.expr), literal(key).unwrap_or_default())
            }
            other => format!("{}[{}]", path(&get.expr), path(other)),
        },
        Expr::Filter(filter) => match &filter.expr {
            Some(inner) => format!("{} | {}", path(inner), filter.name),
            None => filter.name.to_owned(),
        },
        _ => "the value".to_owned(),
    }
}

fn subject(expr: &Expr<'_>) -> String {
    if is_path(expr) { format!("`{}` ", path(expr)) } else { String::new() }
}

fn count(items: usize) -> String {
    match items {
        0 => "it is empty".to_owned(),
        1 => "it has 1".to_owned(),
        n => format!("it has {n}"),
    }
}

/// One member of a map or list, without copying the rest.
fn pick<'s>(base: Cow<'s, Value>, key: &Value) -> Option<Cow<'s, Value>> {
    let index = |len: usize| {
        let at = key.as_i64()?;
        let from_end = usize::try_from(at.unsigned_abs()).ok()?;
        if at < 0 { len.checked_sub(from_end) } else { Some(from_end) }
    };
    match base {
        Cow::Borrowed(Value::Object(map)) => map.get(key.as_str()?).map(Cow::Borrowed),
        Cow::Borrowed(Value::Array(items)) => items.get(index(items.len())?).map(Cow::Borrowed),
        Cow::Owned(Value::Object(mut map)) => {
            map.get_mut(key.as_str()?).map(|v| Cow::Owned(v.take()))
        }
        Cow::Owned(Value::Array(mut items)) => {
            let at = index(items.len())?;
            items.get_mut(at).map(|v| Cow::Owned(v.take()))
        }
        _ => None,
    }
}

/// The bounds of a slice; negative ones count from the end.
fn window(start: Option<i64>, stop: Option<i64>, len: usize) -> (usize, usize) {
    let place = |bound: i64| {
        let size = usize::try_from(bound.unsigned_abs()).unwrap_or(usize::MAX);
        if bound < 0 { len.saturating_sub(size) } else { size.min(len) }
    };
    let from = start.map_or(0, place);
    (from, stop.map_or(len, place).max(from))
}
