//! One statement: prepared by the server, its values bound, its rows as the server writes them.
//!
//! A query's rows are fetched through a cursor, because that is where the server itself turns every
//! type into text. Where no cursor is possible (`RETURNING`, SHOW, EXPLAIN, outside a transaction)
//! rows come in binary; the plain types are read here, and the server is asked for the text of others.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::pin::pin;

use futures_util::TryStreamExt;
use serde_json::Value;
use tokio_postgres::types::Type;
use tokio_postgres::{Client, Column, Error, SimpleQueryMessage, Statement};

use super::super::rewrite::Rewritten;
use super::super::table::Table;
use super::super::trouble::Trouble;
use super::super::words::{self, Verb};
use super::param::{Param, Raw};
use super::{said, value};

/// Rows fetched at a time, so that little is in memory beside what is kept.
const BATCH: usize = 100;

/// What is needed to run one statement.
pub(super) struct Task<'a> {
    pub(super) client: &'a Client,
    pub(super) rewritten: &'a Rewritten,
    pub(super) params: &'a BTreeMap<String, Value>,
    pub(super) row_cap: usize,
    pub(super) transaction: bool,
    /// Statements stay alive with the connection: dropping one sends a request whose answer nobody
    /// reads, and a farewell of the server would be taken for that answer.
    pub(super) kept: &'a RefCell<Vec<Statement>>,
}

/// Trouble with a statement, and what it says about the connection.
pub(super) struct Stumble {
    pub(super) trouble: Trouble,
    /// The connection is gone.
    pub(super) cut: bool,
    /// The statement may have begun to run.
    pub(super) sent: bool,
    /// SQLSTATE.
    pub(super) code: Option<String>,
}

impl From<Trouble> for Stumble {
    fn from(trouble: Trouble) -> Self {
        Self { trouble, cut: false, sent: false, code: None }
    }
}

impl Task<'_> {
    pub(super) async fn run(&self) -> Result<Table, Stumble> {
        let text = &self.rewritten.sql;
        let statement = self.client.prepare(text).await.map_err(|e| self.stumble(&e, false))?;
        self.kept.borrow_mut().push(statement.clone());
        let params = self.bound(&statement)?;
        let cursor =
            self.transaction && !statement.columns().is_empty() && words::verb(text) == Verb::Query;
        if cursor {
            self.through_cursor(&statement, &params).await
        } else {
            self.directly(&statement, &params).await
        }
    }

    fn stumble(&self, error: &Error, sent: bool) -> Stumble {
        Stumble {
            trouble: said::trouble(error, Some(self.rewritten)),
            cut: said::is_cut(error),
            sent,
            code: error.code().map(|code| code.code().to_owned()),
        }
    }

    fn bound(&self, statement: &Statement) -> Result<Vec<Param>, Trouble> {
        let names = self.rewritten.order.iter().zip(statement.params());
        names.map(|(name, kind)| Param::new(name, &self.params[name], kind)).collect()
    }

    fn table(&self, statement: &Statement) -> Table {
        Table::new(statement.columns().iter().map(Column::name), self.row_cap)
    }

    async fn through_cursor(
        &self,
        statement: &Statement,
        params: &[Param],
    ) -> Result<Table, Stumble> {
        let fail = |error: Error| {
            // Positions would count from the DECLARE, so none is told.
            let mut stumble = self.stumble(&error, true);
            stumble.trouble = said::trouble(&error, None);
            stumble
        };
        let declare = format!("DECLARE mayday_rows NO SCROLL CURSOR FOR {}", self.rewritten.sql);
        let declare =
            self.client.prepare_typed(&declare, statement.params()).await.map_err(fail)?;
        self.kept.borrow_mut().push(declare.clone());
        self.client.execute_raw(&declare, params).await.map_err(fail)?;
        let kinds: Vec<&Type> = statement.columns().iter().map(Column::type_).collect();
        let mut table = self.table(statement);
        let fetch = format!("FETCH FORWARD {BATCH} FROM mayday_rows");
        let mut whole_batch = true;
        while whole_batch && table.has_room() {
            let stream = self.client.simple_query_raw(&fetch).await.map_err(fail)?;
            let mut stream = pin!(stream);
            let mut fetched = 0;
            while let Some(message) = stream.try_next().await.map_err(fail)? {
                let SimpleQueryMessage::Row(row) = message else { continue };
                fetched += 1;
                let cells = kinds.iter().enumerate().map(|(at, kind)| {
                    let cell = row.try_get(at)?;
                    Ok(cell.map_or(Value::Null, |text| value::from_text(kind, text)))
                });
                table.push(cells.collect::<Result<_, Error>>().map_err(fail)?);
            }
            whole_batch = fetched == BATCH;
        }
        if whole_batch {
            let rest = self.client.simple_query("MOVE FORWARD ALL FROM mayday_rows").await;
            for message in rest.map_err(fail)? {
                if let SimpleQueryMessage::CommandComplete(rows) = message {
                    table.pass_over(rows);
                }
            }
        }
        self.client.batch_execute("CLOSE mayday_rows").await.map_err(fail)?;
        Ok(table)
    }

    async fn directly(&self, statement: &Statement, params: &[Param]) -> Result<Table, Stumble> {
        let fail = |error: Error| self.stumble(&error, true);
        let mut table = self.table(statement);
        let kinds: Vec<&Type> = statement.columns().iter().map(Column::type_).collect();
        let stream = self.client.query_raw(statement, params).await.map_err(fail)?;
        let mut stream = pin!(stream);
        let (mut kept, mut beyond) = (Vec::new(), 0);
        while let Some(row) = stream.try_next().await.map_err(fail)? {
            if kept.len() < self.row_cap {
                let cells = (0..row.len()).map(|at| row.try_get::<_, Option<Raw>>(at));
                kept.push(cells.collect::<Result<Vec<_>, _>>().map_err(fail)?);
            } else {
                beyond += 1;
            }
        }
        if statement.columns().is_empty() || words::counts_changes(&self.rewritten.sql) {
            table.affected(stream.rows_affected().unwrap_or(0));
        }
        for row in kept {
            let mut values = Vec::with_capacity(row.len());
            for (cell, kind) in row.into_iter().zip(&kinds) {
                values.push(match cell {
                    None => Value::Null,
                    Some(raw) => match value::from_binary(kind, &raw.0) {
                        Some(value) => value,
                        None => self.ask_for_text(kind, raw).await.map_err(fail)?,
                    },
                });
            }
            table.push(values);
        }
        table.pass_over(beyond);
        Ok(table)
    }

    /// Sends a value back and asks the server to write it: nobody knows its types better. What even
    /// the server cannot read back is shown as bytes.
    async fn ask_for_text(&self, kind: &Type, raw: Raw) -> Result<Value, Error> {
        let client = self.client;
        if self.transaction {
            client.batch_execute("SAVEPOINT mayday_text").await?;
        }
        let asked = async {
            let text = "SELECT pg_catalog.format('%s', $1)";
            let statement = client.prepare_typed(text, std::slice::from_ref(kind)).await?;
            client.query_one(&statement, &[&raw]).await?.try_get::<_, String>(0)
        };
        let answer = asked.await;
        if let Err(error) = &answer
            && said::is_cut(error)
        {
            return answer.map(Value::String);
        }
        if self.transaction {
            let back = "ROLLBACK TO SAVEPOINT mayday_text; RELEASE SAVEPOINT mayday_text";
            client.batch_execute(back).await?;
        }
        Ok(match answer {
            Ok(text) => value::from_text(kind, &text),
            Err(_) => value::undecoded(kind, &raw.0),
        })
    }
}
