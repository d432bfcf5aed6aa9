//! Chance with a seed: the only source of it in a simulated world.

use rand_pcg::Pcg64Mcg;
use rand_pcg::rand_core::Rng as _;

/// A stream of chance.
#[derive(Debug, Clone)]
pub struct Dice(Pcg64Mcg);

impl Dice {
    /// The stream of a seed. The stream's number keeps streams of one seed apart.
    pub fn new(seed: u64, stream: u64) -> Self {
        let mut dice = Self(Pcg64Mcg::new(
            (u128::from(seed) << 64) ^ (u128::from(stream) << 17) ^ 0xcafe_f00d_d15e_a5e5,
        ));
        // Seeds that lie side by side begin alike; a few draws part them.
        for _ in 0..4 {
            dice.bits();
        }
        dice
    }

    /// Any 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// Any bytes.
    pub fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        for chunk in bytes.chunks_mut(8) {
            let bits = self.bits().to_be_bytes();
            chunk.copy_from_slice(&bits[..chunk.len()]);
        }
        bytes
    }

    /// A whole number below `n`; 0 for 0.
    pub fn below(&mut self, n: usize) -> usize {
        let wide = u128::from(self.bits()) * (n as u128);
        usize::try_from(wide >> 64).unwrap_or(0)
    }

    /// From `low` to `high`, both of them too.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        let span = usize::try_from(high.saturating_sub(low)).unwrap_or(0).saturating_add(1);
        low.saturating_add(i64::try_from(self.below(span)).unwrap_or(0))
    }

    /// True once in `n` times.
    pub fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    /// One of them.
    pub fn pick<'a, T>(&mut self, of: &'a [T]) -> Option<&'a T> {
        of.get(self.below(of.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_again_and_its_neighbor_something_else() {
        let draw = |seed, stream| Dice::new(seed, stream).bytes::<12>();
        assert_eq!(draw(7, 1), draw(7, 1));
        assert_ne!(draw(7, 1), draw(8, 1));
        assert_ne!(draw(7, 1), draw(7, 2));
        let mut dice = Dice::new(1, 1);
        let mut seen = [0; 5];
        for _ in 0..10_000 {
            seen[dice.below(5)] += 1;
        }
        assert!(seen.iter().all(|n| (1_800..2_200).contains(n)), "{seen:?}");
        assert!((0..1_000).all(|_| (-3..=3).contains(&dice.between(-3, 3))));
    }
}
