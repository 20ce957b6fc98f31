//! A seeded random number generator as an argument: one seed, and an independent stream for each purpose.
//!
//! ChaCha gives the same stream on every version and platform, so that a seed gives the same report everywhere. Only integers are drawn, because the
//! rounding of floats may differ.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A stream of random numbers.
#[derive(Debug, Clone)]
pub(crate) struct SeededRng(ChaCha8Rng);

impl SeededRng {
    /// The stream for a purpose (`question`). The same seed, question and number always give the same stream; other streams do not influence it.
    pub(crate) fn new(seed: u64, question: &str, number: u64) -> Self {
        // FNV-1a. Any fixed hash would do, but it must never change: seeds would give other reports.
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        let bytes = seed.to_le_bytes().into_iter().chain(question.bytes()).chain(number.to_le_bytes());
        for byte in bytes {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
        Self(ChaCha8Rng::seed_from_u64(hash))
    }

    /// A number below a bound. Panics when the bound is 0.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound).expect("a bound fits 64 bits");
        // The bias of the remainder is less than bound ÷ 2⁶⁴.
        usize::try_from(self.0.next_u64() % bound).expect("less than a bound that is a usize")
    }

    /// True with a probability of `share` in a thousand.
    pub(crate) fn permille(&mut self, share: usize) -> bool {
        self.below(1_000) < share
    }

    /// One of several things. Panics when the list is empty.
    pub(crate) fn pick<'a, T>(&mut self, things: &'a [T]) -> &'a T {
        &things[self.below(things.len())]
    }

    /// Shuffles things (Fisher–Yates).
    pub(crate) fn shuffle<T>(&mut self, things: &mut [T]) {
        for last in (1..things.len()).rev() {
            things.swap(last, self.below(last + 1));
        }
    }
}

/// Divides a whole into parts in proportion to weights by largest remainders: each part is rounded down first, then the largest remainders get one
/// more each, the earlier part first on a tie. The parts add up to the whole.
pub(crate) fn divide(whole: usize, weights: &[usize]) -> Vec<usize> {
    let total: usize = weights.iter().sum();
    if total == 0 {
        return vec![0; weights.len()];
    }
    let mut parts: Vec<usize> = weights.iter().map(|weight| whole * weight / total).collect();
    let mut rest = whole - parts.iter().sum::<usize>();
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by_key(|index| (std::cmp::Reverse(whole * weights[*index] % total), *index));
    for index in order {
        if rest == 0 {
            break;
        }
        parts[index] += 1;
        rest -= 1;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_depends_on_seed_question_and_number() {
        let draw = |seed, question, number| SeededRng::new(seed, question, number).below(1_000_000);
        assert_eq!(draw(1, "answer", 100_000), draw(1, "answer", 100_000));
        assert_ne!(draw(1, "answer", 100_000), draw(2, "answer", 100_000));
        assert_ne!(draw(1, "answer", 100_000), draw(1, "start", 100_000));
        assert_ne!(draw(1, "answer", 100_000), draw(1, "answer", 100_001));
    }

    #[test]
    fn the_first_number_of_a_stream_never_changes() {
        assert_eq!(SeededRng::new(2018, "the promise of a seed", 1).below(1_000_000), 680_046);
    }

    #[test]
    fn parts_add_up_to_the_whole() {
        for whole in [0, 1, 7, 100, 2_400] {
            assert_eq!(divide(whole, &[3, 0, 5, 11, 1]).iter().sum::<usize>(), whole);
        }
        assert_eq!(divide(10, &[1, 1, 1]), [4, 3, 3]);
        assert_eq!(divide(5, &[0, 0]), [0, 0]);
    }
}
