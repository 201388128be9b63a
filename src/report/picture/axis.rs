//! Instants on a line. Long stretches in which nothing happens are cut short, and said to be.

/// Room that a cut takes, in pixels.
const CUT: f64 = 40.0;
/// Only what is longer is cut out, in milliseconds: five minutes.
const SHORTEST_CUT: i64 = 5 * 60 * 1000;
/// Most cuts of a picture.
const MOST_CUTS: usize = 6;
/// Least room between two ticks, in pixels.
const BETWEEN_TICKS: f64 = 72.0;

/// Steps between ticks, in seconds.
const STEPS: [i64; 19] = [
    1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200,
    86_400, 604_800,
];

/// A stretch of the line.
#[derive(Clone, Copy, Debug)]
struct Piece {
    from: i64,
    to: i64,
    x: f64,
    end: f64,
    cut: bool,
}

/// The line.
#[derive(Clone, Debug)]
pub(in crate::report) struct Axis {
    pieces: Vec<Piece>,
    /// Pixels a millisecond.
    scale: f64,
}

/// A mark on the line.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::report) struct Tick {
    pub x: f64,
    pub at: i64,
    /// Ticks are less than a minute apart.
    pub seconds: bool,
}

impl Axis {
    /// From `from` to `to` between two places. `busy` holds the stretches in which something happens, by their
    /// beginning; it begins at `from` and ends at `to`.
    #[expect(clippy::cast_precision_loss, reason = "a run is far shorter than 2^52 ms")]
    pub(in crate::report) fn new(busy: &[(i64, i64)], x: f64, end: f64) -> Self {
        let from = busy.first().map_or(0, |(from, _)| *from);
        let to = busy.iter().map(|(_, to)| *to).max().unwrap_or(from).max(from + 1);
        let gaps = gaps(busy, to - from);
        let gone: i64 = gaps.iter().map(|(from, to)| to - from).sum();
        let room = (end - x - CUT * gaps.len() as f64).max(1.0);
        let scale = room / (to - from - gone).max(1) as f64;
        let mut pieces = Vec::new();
        let (mut at, mut place) = (from, x);
        for (begins, ends) in gaps {
            let stop = place + (begins - at) as f64 * scale;
            pieces.push(Piece { from: at, to: begins, x: place, end: stop, cut: false });
            pieces.push(Piece { from: begins, to: ends, x: stop, end: stop + CUT, cut: true });
            (at, place) = (ends, stop + CUT);
        }
        pieces.push(Piece { from: at, to, x: place, end, cut: false });
        Self { pieces, scale }
    }

    /// Where an instant is.
    #[expect(clippy::cast_precision_loss, reason = "a run is far shorter than 2^52 ms")]
    pub(in crate::report) fn x(&self, at: i64) -> f64 {
        let within = self.pieces.iter().find(|piece| at <= piece.to);
        let Some(piece) = within.or(self.pieces.last()) else { return 0.0 };
        let whole = (piece.to - piece.from).max(1) as f64;
        let share = ((at - piece.from) as f64 / whole).clamp(0.0, 1.0);
        piece.x + share * (piece.end - piece.x)
    }

    /// What was cut out: from where to where in the picture, and how long it was in milliseconds.
    pub(in crate::report) fn cuts(&self) -> impl Iterator<Item = (f64, f64, i64)> {
        self.pieces.iter().filter(|piece| piece.cut).map(|cut| (cut.x, cut.end, cut.to - cut.from))
    }

    /// Round instants along the line.
    #[expect(clippy::cast_precision_loss, reason = "a run is far shorter than 2^52 ms")]
    pub(in crate::report) fn ticks(&self) -> Vec<Tick> {
        let wide = |step: &i64| (step * 1000) as f64 * self.scale >= BETWEEN_TICKS;
        let mut step = STEPS.into_iter().find(wide).unwrap_or(604_800) * 1000;
        // Beyond the table: weeks, doubled until they have room.
        while (step as f64) * self.scale < BETWEEN_TICKS && step < i64::MAX / 4 {
            step *= 2;
        }
        let mut ticks: Vec<Tick> = Vec::new();
        for piece in self.pieces.iter().filter(|piece| !piece.cut) {
            let mut at = piece.from.div_euclid(step) * step;
            while at <= piece.to {
                let x = self.x(at);
                let apart = ticks.last().is_none_or(|last| x - last.x >= BETWEEN_TICKS - 8.0);
                if at >= piece.from && apart {
                    ticks.push(Tick { x, at, seconds: step < 60_000 });
                }
                at += step;
            }
        }
        ticks
    }
}

/// The longest stretches in which nothing happens, by their beginning.
fn gaps(busy: &[(i64, i64)], whole: i64) -> Vec<(i64, i64)> {
    let mut gaps = Vec::new();
    let mut until = busy.first().map_or(0, |(from, _)| *from);
    for (from, to) in busy {
        let long = from - until;
        if long > SHORTEST_CUT && long > whole / 5 {
            // A little of it stays on both sides, so that nothing ends right at a cut.
            let rest = long / 40;
            gaps.push((until + rest, from - rest));
        }
        until = until.max(*to);
    }
    gaps.truncate(MOST_CUTS);
    gaps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_without_cuts_is_even() {
        let axis = Axis::new(&[(0, 0), (0, 100_000), (100_000, 100_000)], 10.0, 210.0);
        assert!((axis.x(50_000) - 110.0).abs() < 1e-9);
        assert!((axis.x(-5) - 10.0).abs() < 1e-9 && (axis.x(1 << 40) - 210.0).abs() < 1e-9);
        assert_eq!(axis.cuts().count(), 0);
        let ticks = axis.ticks();
        assert_eq!(ticks.iter().map(|tick| tick.at).collect::<Vec<_>>(), [0, 60_000]);
    }

    #[test]
    fn a_long_pause_is_cut_out() {
        let hour = 3_600_000;
        let axis = Axis::new(&[(0, 60_000), (10 * hour, 10 * hour + 60_000)], 0.0, 500.0);
        let cuts: Vec<_> = axis.cuts().collect();
        assert_eq!(cuts.len(), 1);
        assert!(cuts[0].2 > 9 * hour, "{cuts:?}");
        assert!((cuts[0].1 - cuts[0].0 - CUT).abs() < 1e-9);
        assert!(axis.x(60_000) < axis.x(10 * hour) && axis.x(10 * hour + 60_000) > 499.0);
    }

    #[test]
    fn ticks_have_room_whatever_the_length() {
        for whole in [1, 999, 60_000, 86_400_000, 400 * 86_400_000, 1 << 50] {
            let axis = Axis::new(&[(5, 5), (5 + whole, 5 + whole)], 0.0, 900.0);
            let ticks = axis.ticks();
            assert!(ticks.len() <= 14, "{whole}: {}", ticks.len());
            assert!(ticks.windows(2).all(|two| two[1].x - two[0].x >= 60.0), "{whole}");
        }
    }
}
