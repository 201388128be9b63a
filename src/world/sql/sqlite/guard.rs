//! What a statement may do on a SQLite connection, asked by the engine while it compiles each one.

use rusqlite::Connection;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};

use crate::effect::EffectClass;

/// What holds a read step back, for the record.
pub(super) const READ_GUARDS: [&str; 3] = ["read-only file", "query_only", "authorizer"];

/// What to make of "not authorized".
pub(super) const WHY: &str = "a step's statements run in one transaction that mayday opens and ends, \
                              and a read step only reads";

/// Pragmas that take an argument and only tell something.
const TELLING: &[&str] = &[
    "foreign_key_check",
    "foreign_key_list",
    "index_info",
    "index_list",
    "index_xinfo",
    "integrity_check",
    "quick_check",
    "table_info",
    "table_list",
    "table_xinfo",
];

/// Refuses what would end the transaction around the statements, and in a read step everything that
/// does not read. `VACUUM INTO` counts: it attaches the file that it writes.
pub(super) fn set(
    connection: &mut Connection,
    class: EffectClass,
    alone: bool,
) -> rusqlite::Result<()> {
    connection.authorizer(Some(move |context: AuthContext<'_>| allow(&context, class, alone)))
}

/// Lets mayday itself end the transaction.
pub(super) fn lift(connection: &mut Connection) -> rusqlite::Result<()> {
    connection.authorizer(None::<fn(AuthContext<'_>) -> Authorization>)
}

fn allow(context: &AuthContext<'_>, class: EffectClass, alone: bool) -> Authorization {
    let fine = match &context.action {
        AuthAction::Transaction { .. } | AuthAction::Savepoint { .. } => alone,
        _ if class != EffectClass::Read => true,
        AuthAction::Select
        | AuthAction::Read { .. }
        | AuthAction::Function { .. }
        | AuthAction::Recursive
        | AuthAction::Pragma { pragma_value: None, .. } => true,
        AuthAction::Pragma { pragma_name, .. } => {
            TELLING.contains(&pragma_name.to_lowercase().as_str())
        }
        _ => false,
    };
    if fine { Authorization::Allow } else { Authorization::Deny }
}
