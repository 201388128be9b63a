//! How long a step takes: what earlier runs recorded, or what its author planned, as one small table.

use crate::time::Span;

/// Rows of a table: a power of two, so that bits choose one.
pub(super) const ROWS: usize = 64;
/// A step that passed less often says too little about itself (clock design, forecast).
pub const ENOUGH: usize = 5;
/// Of a step's durations so many are kept, evenly over their order.
pub const KEPT: usize = 21;

/// Equally likely durations in ascending order, in milliseconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Table([i64; ROWS]);

impl Table {
    /// Always the same.
    pub(super) const fn exactly(span: Span) -> Self {
        Self([span.millis(); ROWS])
    }

    /// From durations in ascending order, what lies between two being as likely as they are.
    pub(super) fn recorded(sorted: &[i64]) -> Self {
        let count = i64::try_from(sorted.len()).unwrap_or(i64::MAX);
        let rows = i64::try_from(ROWS).unwrap_or(i64::MAX);
        Self(std::array::from_fn(|row| {
            let row = i64::try_from(row).unwrap_or(0);
            // The middle of the row, in units of 1 / (2 * ROWS) of the distance between two durations.
            let place = ((2 * row + 1) * count - rows).clamp(0, (count - 1).max(0) * 2 * rows);
            let below = usize::try_from(place / (2 * rows)).unwrap_or(0);
            let (low, high) = (sorted.get(below), sorted.get(below + 1));
            let low = low.copied().unwrap_or_default();
            let high = high.copied().unwrap_or(low);
            low + (high - low) / (2 * rows) * (place % (2 * rows))
                + (high - low) % (2 * rows) * (place % (2 * rows)) / (2 * rows)
        }))
    }

    /// From a planned duration: a triangle from 0.8 to 2 times it, with its peak there (clock design).
    pub(super) fn planned(span: Span) -> Self {
        let (low, peak, high) = (800, 1000, 2000_i64);
        let of = |mille: i64| {
            let span = span.millis();
            (span / 1000).saturating_mul(mille).saturating_add(span % 1000 * mille / 1000)
        };
        Self(std::array::from_fn(|row| {
            let odd = i64::try_from(2 * row + 1).unwrap_or(0);
            let rows = i64::try_from(2 * ROWS).unwrap_or(i64::MAX);
            let mille = if odd * (high - low) < rows * (peak - low) {
                low + (odd * (high - low) * (peak - low) / rows).isqrt()
            } else {
                high - ((rows - odd) * (high - low) * (high - peak) / rows).isqrt()
            };
            of(mille)
        }))
    }

    /// The row that these bits choose.
    #[expect(clippy::cast_possible_truncation, reason = "masked to less than ROWS")]
    pub(super) const fn row(&self, bits: u64) -> i64 {
        self.0[bits as usize & (ROWS - 1)]
    }

    pub(super) const fn median(&self) -> Span {
        Span::from_millis(self.0[ROWS / 2])
    }

    /// What is left when so much has passed already; and whether it already took longer than it ever did.
    pub(super) fn behind(&self, passed: Span) -> (Self, bool) {
        let passed = passed.millis().max(0);
        let open = &self.0[self.0.partition_point(|length| *length <= passed)..];
        if open.is_empty() {
            // Clock design: a tenth of its 90th percentile or a quarter of what has passed.
            let left = (self.0[ROWS * 9 / 10] / 10).max(passed / 4);
            return (Self([left; ROWS]), true);
        }
        let left: Vec<i64> = open.iter().map(|length| length - passed).collect();
        (Self::recorded(&left), false)
    }
}

/// At most [`KEPT`] of the durations in ascending order, the shortest and the longest among them.
#[must_use]
pub fn thinned(sorted: &[i64]) -> Vec<i64> {
    if sorted.len() <= KEPT {
        return sorted.to_vec();
    }
    (0..KEPT).map(|at| sorted[at * (sorted.len() - 1) / (KEPT - 1)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_of_records_has_their_middle_and_stays_between_them() {
        let table = Table::recorded(&[10, 20, 30, 40, 50]);
        assert_eq!(table.median().millis(), 30);
        assert_eq!((table.0[0], table.0[ROWS - 1]), (10, 50));
        assert!(table.0.is_sorted());
        assert_eq!(Table::recorded(&[7]), Table([7; ROWS]));
        assert_eq!(Table::recorded(&[]), Table([0; ROWS]));
    }

    #[test]
    fn a_planned_duration_is_rather_exceeded_than_undercut() {
        let table = Table::planned(Span::from_secs(100));
        assert!(table.0.is_sorted());
        assert!(table.0[0] >= 80_000 && table.0[ROWS - 1] <= 200_000);
        // The median of the triangle 0.8, 1, 2 is 2 - sqrt(0.6).
        assert!((table.median().millis() - 122_500).abs() < 1_500, "{:?}", table.median());
    }

    #[test]
    fn what_has_passed_leaves_only_the_longer_ones() {
        let table = Table::recorded(&[10, 20, 30, 40, 50]);
        let (left, over) = table.behind(Span::from_millis(35));
        assert!(!over && left.0[0] > 0 && left.0[ROWS - 1] == 15, "{left:?}");
        assert_eq!(table.behind(Span::from_millis(80)), (Table([20; ROWS]), true));
        assert_eq!(table.behind(Span::from_millis(50)).0, Table([12; ROWS]));
    }

    #[test]
    fn thinning_keeps_the_ends() {
        let many: Vec<i64> = (0..1000).collect();
        let few = thinned(&many);
        assert_eq!((few.len(), few[0], few[KEPT - 1], few[KEPT / 2]), (KEPT, 0, 999, 499));
        assert_eq!(thinned(&[1, 2]), [1, 2]);
    }
}
