//! Chance that can be repeated: sums of durations drawn from their tables.

use super::lasting::{ROWS, Table};
use crate::time::Span;

/// Bits of one number that choose a row.
const BITS: u32 = ROWS.ilog2();

/// FNV-1a, 64 bits: the same on every machine and in every version.
pub(in crate::run) fn hash(bytes: &[u8]) -> u64 {
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, step)
}

/// Splitmix64 (Steele, Lea, Flood 2014): small, fast, and good enough for sums.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

/// The median and the 90th percentile of the sum of one duration from each table.
pub(super) fn sums(tables: &[&Table], seed: u64, draws: usize) -> (Span, Span) {
    let mut chance = Chance(seed);
    let at_once = usize::try_from(u64::BITS / BITS).unwrap_or(1);
    let mut sums: Vec<i64> = (0..draws.max(1))
        .map(|_| {
            let mut sum = 0_i64;
            for chunk in tables.chunks(at_once) {
                let mut bits = chance.next();
                for table in chunk {
                    sum = sum.saturating_add(table.row(bits));
                    bits >>= BITS;
                }
            }
            sum
        })
        .collect();
    sums.sort_unstable();
    let at = |percent: usize| Span::from_millis(sums[(sums.len() - 1) * percent / 100]);
    (at(50), at(90))
}
