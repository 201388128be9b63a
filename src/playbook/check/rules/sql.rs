//! Statements that do something else than they seem to.

use super::super::sql::Statement;
use super::super::{Found, In, Look, Spot};

rules! {
    "W127" "NOT IN with a subquery" Look::Statement(not_in);
    "One NULL in the result of the subquery makes `NOT IN` true for no row at all: the statement changes \
     or finds nothing and looks as if all were well. Write `NOT EXISTS (SELECT 1 FROM ... WHERE ...)`."

    "W138" "a sequence is set to a fixed number" Look::Statement(fixed_setval);
    "A fixed number in `setval` rewinds the sequence as soon as rows were written since. Take the number \
     from the table: `setval(seq, (SELECT max(id) FROM t))`."
}

fn not_in(_: &In<'_>, spot: &Spot<'_>, statement: &Statement, found: &mut Found<'_>) {
    if let Some(range) = statement.not_in_select() {
        let help = "write `NOT EXISTS (SELECT 1 FROM ... WHERE ...)`";
        let message = "with one NULL in the subquery this finds no row";
        found.add(found.within(spot, range), message, "", help);
    }
}

fn fixed_setval(_: &In<'_>, spot: &Spot<'_>, statement: &Statement, found: &mut Found<'_>) {
    let Some(at) = statement.find("SETVAL") else { return };
    let inside = &statement.tokens[at + 1..];
    let from_table =
        inside.iter().any(|token| matches!(token.text.as_str(), "SELECT" | "MAX" | "GREATEST"));
    let number = inside.iter().any(|token| token.text.bytes().all(|b| b.is_ascii_digit()));
    if number && !from_table {
        let range = found.within(spot, statement.tokens[at].range.clone());
        let help = "take it from the table: `setval(seq, (SELECT max(id) FROM t))`";
        found.add(range, "a fixed number rewinds the sequence", "", help);
    }
}
