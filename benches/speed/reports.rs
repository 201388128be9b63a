//! What a report costs: runs of 10,000 and of 100,000 events, as Markdown, as a page, as JSON.

use mayday::journal::{Holder, Store};
use mayday::run::event::{Event, Kind};
use mayday::time::Timestamp;

use crate::Trouble;
use crate::fixture::Bench;
use crate::measure::{command, in_turns, used};
use crate::table::Row;

/// Notes made durable together.
const TOGETHER: u64 = 1_000;

/// The goals: 1 s for 10,000 events; 256 MiB for 100,000.
pub fn reports(bench: &Bench) -> Result<Vec<Row>, Trouble> {
    // A thousand steps are some thousands of events; what people note makes the rest.
    if !bench.mayday("steps1000", &["run", "p", "--env", "bench", "--no-input"]).status()?.success()
    {
        return Err("the run did not come to its end".into());
    }
    let mut rows = Vec::new();
    for (events, most) in [(10_000, 1.0), (100_000, 3.0)] {
        lengthen(bench, events)?;
        for format in ["md", "html", "json"] {
            let ours = || bench.mayday("steps1000", &["report", "--format", format]);
            let what = format!("report of {events} events, {format}");
            let times = in_turns(5, vec![command(ours())])?;
            rows.push(Row::amount(&what, " s", times[0].median, most));
            let peak = used(ours())?.peak;
            rows.push(Row::amount(&format!("{what}, peak memory"), " MiB", peak, 256.0));
        }
    }
    bench.forget()?;
    Ok(rows)
}

/// Notes until the record has so many events.
fn lengthen(bench: &Bench, events: u64) -> Result<(), Trouble> {
    let store = Store::new(bench.folder().join("state"));
    let id = store.list()?.into_iter().next().ok_or("no run was recorded")?;
    let at: Timestamp = "2026-11-22T10:00:00Z".parse()?;
    let holder = Holder { operator: "bench".to_owned(), since: at };
    let resumed = store.resume(&id, &holder, Box::new(|_| None))?;
    let (mut journal, read) = (resumed.journal, resumed.read);
    let last = read.events.last().ok_or("an empty record")?.1.clone();
    while journal.next_seq() < events {
        let number = journal.next_seq();
        let text = format!("note {number} of somebody who looks on");
        let kind = Kind::Noted { text, when: None, files: Vec::new() };
        journal.stage(Event { kind, by: "bench".to_owned(), ..last.clone() })?;
        if number % TOGETHER == 0 {
            journal.commit()?;
        }
    }
    journal.commit()?;
    journal.checkpoint()?;
    Ok(())
}
