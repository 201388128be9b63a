//! Deterministic simulation: a seed gives a playbook, an operator, a world, crashes; the laws hold anyway.
//!
//! Each seed is a whole incident: up to 40 steps of all kinds, right and wrong answers, up to ten faults,
//! and resumes until the run is closed. `laws` holds what the engine records and begins against what the
//! simulated world knows to be true (reliability design, section 2.5). One seed alone:
//! `MAYDAY_SEED=17 cargo nextest run --all-features simulation`.

use std::collections::BTreeMap;

use super::{Count, Row};

mod book;
mod dice;
mod laws;
mod life;
mod nature;
mod operator;
mod outside;
mod paper;
mod resumed;

/// Each test lives this many: four, so that both cores have some and a busy machine ends none.
const QUARTER: Count = Count { ci: 2_500, soak: 250_000 };
/// One seed in so many is lived twice: it must leave the same trace.
const TWICE: u64 = 32;

fn lives(seed: u64) -> life::Lived {
    life::live(seed).unwrap_or_else(|broken| {
        panic!("{broken}\nagain: MAYDAY_SEED={seed} cargo nextest run --all-features simulation")
    })
}

/// The one seed asked for.
fn only() -> Option<u64> {
    std::env::var("MAYDAY_SEED").ok()?.parse().ok()
}

fn seeds(row: &mut Row, first: u64) {
    if let Some(seed) = only() {
        lives(seed);
        return row.skip_rest("one seed was asked for");
    }
    let (mut sessions, mut crashes) = (0, 0);
    let mut rows: BTreeMap<String, u32> = BTreeMap::new();
    row.each(|n| {
        let seed = first + 4 * u64::from(n);
        let lived = lives(seed);
        if seed % TWICE == first {
            let again = lives(seed);
            assert_eq!(lived.nature.trace, again.nature.trace, "I10: seed {seed} went another way");
        }
        sessions += lived.sessions;
        crashes += lived.crashes;
        for (told, count) in &lived.nature.rows {
            *rows.entry(told.clone()).or_default() += count;
        }
    });
    let wanted = usize::try_from(row.wanted()).unwrap();
    assert!(
        crashes > wanted / 2 && sessions > 2 * wanted,
        "{crashes} crashes, {sessions} sessions"
    );
    for told in resumed::TABLE {
        assert!(rows.contains_key(*told), "no seed went through `{told}`: {rows:#?}");
    }
    for told in rows.keys() {
        assert!(resumed::TABLE.contains(&told.as_str()), "`{told}` is not in the table");
    }
}

/// A second's worth: for whoever changes the engine, and for the tests of the tests.
#[test]
fn some_seeds_keep_every_law() {
    for seed in 1_000_000..1_000_040 {
        lives(seed);
    }
}

#[test]
fn seeds_keep_every_law() {
    seeds(
        &mut Row::new(
            "S01",
            "simulated incidents, every fourth seed from 0: laws I1 to I10",
            QUARTER,
        ),
        0,
    );
}

#[test]
fn seeds_behind_them_keep_every_law() {
    seeds(
        &mut Row::new(
            "S02",
            "simulated incidents, every fourth seed from 1: laws I1 to I10",
            QUARTER,
        ),
        1,
    );
}

#[test]
fn more_seeds_keep_every_law() {
    seeds(
        &mut Row::new(
            "S03",
            "simulated incidents, every fourth seed from 2: laws I1 to I10",
            QUARTER,
        ),
        2,
    );
}

#[test]
fn still_more_seeds_keep_every_law() {
    seeds(
        &mut Row::new(
            "S04",
            "simulated incidents, every fourth seed from 3: laws I1 to I10",
            QUARTER,
        ),
        3,
    );
}
