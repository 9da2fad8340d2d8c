//! Where the bytes of a piece of code went.

/// How far code moved that is relaxed: offsets in what Cranelift emitted to offsets in what it became.
#[derive(Debug, Default)]
pub(crate) struct Moves(Vec<Move>);

/// From an offset on, everything moved by a distance.
#[derive(Clone, Copy, Debug)]
pub(super) struct Move {
    /// In the code as it was.
    pub from: u32,
    /// There is padding in front of what stands there.
    pub is_padded: bool,
    /// The sum up to here.
    pub distance: i32,
}

impl Moves {
    /// `moves` are in order.
    pub(super) fn new(moves: Vec<Move>) -> Moves {
        Moves(moves)
    }

    /// Where what begins at an offset begins now.
    pub fn start(&self, offset: u32) -> u32 {
        self.after(offset, self.0.partition_point(|it| it.from <= offset))
    }

    /// Where what ends at an offset ends now: a call's return address is in front of the padding behind the call.
    pub fn end(&self, offset: u32) -> u32 {
        self.after(offset, self.0.partition_point(|it| (it.from, it.is_padded) <= (offset, false)))
    }

    fn after(&self, offset: u32, count: usize) -> u32 {
        let distance = count.checked_sub(1).map_or(0, |last| self.0[last].distance);
        offset.wrapping_add_signed(distance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_is_behind_what_ends_and_in_front_of_what_begins() {
        let moves = Moves::new(vec![
            Move { from: 10, is_padded: false, distance: -3 },
            Move { from: 10, is_padded: true, distance: 6 },
            Move { from: 20, is_padded: false, distance: 2 },
        ]);
        assert_eq!([9, 10, 19, 20].map(|offset| moves.start(offset)), [9, 16, 25, 22]);
        assert_eq!([9, 10, 19, 20].map(|offset| moves.end(offset)), [9, 7, 25, 22]);
        assert_eq!(Moves::default().start(7), 7);
    }
}
