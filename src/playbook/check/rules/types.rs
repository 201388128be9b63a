//! Kinds of values: what can be seen to be wrong before anything runs.

use super::super::scope::{Sight, Type};
use super::super::{Found, In, Look, Spot};
use crate::template::Fault;
use crate::template::shape::{Comparison, Kind, Shape};

rules! {
    "E068" "values of different kinds are compared" Look::Shape(compare);
    "A text is never equal to a number, and a list has no order. `stdout` is text even when it looks \
     like a number: write `stdout | trim | int`. Durations and times are numbers of seconds."

    "E069" "something that is no number is computed with" Look::Shape(compute);
    "`+ - * / %` compute with numbers. Texts are joined with `~`; numbers in a text are read with \
     `| int` or `| float`."

    "E070" "a list is read as if it were one row" Look::Shape(list_field);
    "`rows` is a list, also when it has one row: write `rows[0].n`, or `rows | length`."

    "W111" "a condition is always true" Look::Shape(always);
    "A condition that names nothing that can change checks nothing. As an expectation it is false \
     safety; as a `when` it is noise."

    "W112" "a step or phase can never be reached" Look::Told;
    "Its `when` is always false. Somebody switched it off and forgot, or it never worked. Take it out \
     or put the real condition in."

    "E093" "a value that is neither true nor false decides" Look::Shape(truth);
    "Only true and false decide in `when`, `expect`, `that`, `and`, `or` and `not`: a text or a number \
     there is a slip, such as `when: cause` for `when: cause == 'active'`, or quotes too many."
}

fn sight<'a>(spot: &Spot<'a>) -> Sight<'a> {
    Sight { piece: spot.piece, section: spot.site.section }
}

fn compare(around: &In<'_>, spot: &Spot<'_>, read: Result<&Shape, &Fault>, found: &mut Found<'_>) {
    let Ok(shape) = read else { return };
    let sight = sight(spot);
    let mut faults = Vec::new();
    shape.walk(&mut |part| {
        let Kind::Compare(first, others) = &part.kind else { return };
        let mut left = first.as_ref();
        for (comparison, right) in others {
            let kinds = (around.names.type_of(left, &sight), around.names.type_of(right, &sight));
            if let Some((message, help)) = mismatch(*comparison, kinds) {
                faults.push((left.range.start..right.range.end, message, help));
            }
            left = right;
        }
    });
    for (range, message, help) in faults {
        found.add(found.within(spot, range), message, "", help);
    }
}

fn mismatch(comparison: Comparison, (a, b): (Type, Type)) -> Option<(String, &'static str)> {
    let help = |a: Type, b: Type| match (a, b) {
        (Type::Text, Type::Number) | (Type::Number, Type::Text) => {
            "turn the text into a number with `| int`, or put the number into quotes"
        }
        (Type::List, _) | (_, Type::List) => {
            "count a list with `| length`, or take one item: `x[0]`"
        }
        _ => "compare values of one kind",
    };
    let unknown = a == Type::Any || b == Type::Any;
    match comparison {
        Comparison::Within => None,
        Comparison::Order => {
            let odd = [a, b].into_iter().find(|kind| matches!(kind, Type::List | Type::Truth));
            if let Some(odd) = odd {
                return Some((format!("{} has no order", odd.words()), help(a, b)));
            }
            (!unknown && a != b).then(|| (differ(a, b), help(a, b)))
        }
        Comparison::Equal => (!unknown && a != b).then(|| (differ(a, b), help(a, b))),
    }
}

fn differ(a: Type, b: Type) -> String {
    format!("{} is compared with {}", a.words(), b.words())
}

fn compute(around: &In<'_>, spot: &Spot<'_>, read: Result<&Shape, &Fault>, found: &mut Found<'_>) {
    let Ok(shape) = read else { return };
    let sight = sight(spot);
    let mut faults = Vec::new();
    shape.walk(&mut |part| {
        let Kind::Arithmetic(operator, left, right) = &part.kind else { return };
        for side in [left, right] {
            let kind = around.names.type_of(side, &sight);
            if !matches!(kind, Type::Any | Type::Number) {
                faults.push((side.range.clone(), *operator, kind));
            }
        }
    });
    for (range, operator, kind) in faults {
        let help = match kind {
            Type::Text if operator == "+" => "join texts with `~`; read a number with `| int`",
            Type::Text => "read a number with `| int`",
            Type::List => "count a list with `| length`, or add it up with `| sum`",
            _ => "compute with numbers only",
        };
        let message = format!("`{operator}` needs numbers, this is {}", kind.words());
        found.add(found.within(spot, range), message, "", help);
    }
}

fn list_field(
    around: &In<'_>,
    spot: &Spot<'_>,
    read: Result<&Shape, &Fault>,
    found: &mut Found<'_>,
) {
    let Ok(shape) = read else { return };
    let sight = sight(spot);
    let mut faults = Vec::new();
    shape.walk(&mut |part| {
        if let Kind::Field(base, field) = &part.kind
            && around.names.type_of(base, &sight) == Type::List
        {
            faults.push((part.range.clone(), base, field));
        }
    });
    for (range, base, field) in faults {
        let name = base.path().map_or("this".to_owned(), |path| path.join("."));
        let help = match field.as_str() {
            "length" | "len" | "size" | "count" => format!("write `{name} | length`"),
            _ => format!("write `{name}[0].{field}`"),
        };
        let message = format!("`{name}` is a list and has no field `{field}`");
        found.add(found.within(spot, range), message, "", &help);
    }
}

/// True when the part is a condition by its key.
fn is_condition(path: &str) -> bool {
    let key = path.rsplit(['.', ']']).next().unwrap_or_default();
    matches!(key, "when" | "expect" | "that" | "done_if" | "second_person")
}

fn always(_: &In<'_>, spot: &Spot<'_>, read: Result<&Shape, &Fault>, found: &mut Found<'_>) {
    let Ok(shape) = read else { return };
    let path = spot.piece.path.as_str();
    if !is_condition(path) {
        return;
    }
    let mut names = 0;
    shape.walk(&mut |part| names += usize::from(matches!(part.kind, Kind::Name(_))));
    let range = found.within(spot, shape.range.clone());
    if names > 0 {
        return;
    }
    let truth = crate::template::holds(&spot_text(spot), &crate::template::Names::default());
    let truth = truth.map(|held| held.truth);
    match truth {
        Ok(false) if path.ends_with("when") => {
            let what = if spot.site.step.is_some() { "step" } else { "phase" };
            let message = format!("this {what} can never be reached");
            found.add_as(
                "W112",
                range,
                message,
                "always false",
                "take it out, or name the real condition",
            );
        }
        Ok(true) => {
            let help = "name what must hold, such as `exit_code == 0`, or leave the line out";
            found.add(range, "this condition is always true", "checks nothing", help);
        }
        _ => {}
    }
}

/// Whatever decides must be true or false.
fn truth(around: &In<'_>, spot: &Spot<'_>, read: Result<&Shape, &Fault>, found: &mut Found<'_>) {
    let Ok(shape) = read else { return };
    let mut deciding = Vec::new();
    if is_condition(&spot.piece.path) {
        deciding.push(shape);
    }
    shape.walk(&mut |part| match &part.kind {
        Kind::Logic(a, b) => deciding.extend([a.as_ref(), b.as_ref()]),
        Kind::Not(a) | Kind::Choice(a, ..) => deciding.push(a),
        _ => {}
    });
    let sight = sight(spot);
    for part in deciding {
        let kind = around.names.type_of(part, &sight);
        if !matches!(kind, Type::Any | Type::Truth) {
            let help = match kind {
                Type::List => "count it: `x | length > 0`",
                Type::Number => "compare it: `x > 0`",
                _ => "compare it: `x == 'word'`; the outer quotes belong to YAML",
            };
            let message = format!("{} decides here", kind.words());
            let range = found.within(spot, part.range.clone());
            found.add(range, message, "neither true nor false", help);
        }
    }
}

fn spot_text(spot: &Spot<'_>) -> String {
    match spot.piece.part {
        crate::steps::Part::Expression(text) | crate::steps::Part::Condition(text) => {
            text.to_owned()
        }
        _ => String::new(),
    }
}
