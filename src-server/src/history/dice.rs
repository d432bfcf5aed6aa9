//! Chance with a seed.

use rand_pcg::Pcg32;
use rand_pcg::rand_core::Rng as _;

/// A stream of chance. Everything that is drawn has a stream of its own, so that a change in one
/// leaves the others as they were.
pub struct Dice(Pcg32);

impl Dice {
    /// A stream of a seed.
    pub fn new(seed: u64, stream: u64) -> Self {
        Self(Pcg32::new(seed, stream))
    }

    /// Any 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// Uniform in [0, 1).
    pub fn unit(&mut self) -> f64 {
        f64::from(self.0.next_u32()) / 4_294_967_296.0
    }

    /// Uniform between two numbers.
    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// True with a probability.
    pub fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// A whole number below `n`; 0 for 0.
    pub fn below(&mut self, n: usize) -> usize {
        ((self.unit() * n as f64) as usize).min(n.saturating_sub(1))
    }

    /// One of them.
    pub fn pick<'a, T>(&mut self, of: &'a [T]) -> Option<&'a T> {
        of.get(self.below(of.len()))
    }
}

/// Weights as running sums, to draw from.
#[derive(Debug, Clone, Default)]
pub struct Urn {
    sums: Vec<f64>,
}

impl Urn {
    /// An urn with these weights; none of them is negative.
    pub fn new(weights: impl IntoIterator<Item = f64>) -> Self {
        let mut sum = 0.0;
        let sums = weights
            .into_iter()
            .map(|weight| {
                sum += weight;
                sum
            })
            .collect();
        Self { sums }
    }

    /// The place of one of the weights, as often as its share says. None: there is no weight.
    pub fn draw(&self, dice: &mut Dice) -> Option<usize> {
        let all = self.sums.last().copied().filter(|all| *all > 0.0)?;
        let at = dice.unit() * all;
        Some(self.sums.partition_point(|sum| *sum <= at).min(self.sums.len() - 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_urn_gives_what_its_weights_say() {
        let urn = Urn::new([1.0, 0.0, 3.0]);
        let mut dice = Dice::new(1, 1);
        let mut seen = [0; 3];
        for _ in 0..10_000 {
            seen[urn.draw(&mut dice).unwrap()] += 1;
        }
        assert_eq!(seen[1], 0);
        assert!((2_300..2_700).contains(&seen[0]), "{seen:?}");
        assert_eq!(Urn::new([]).draw(&mut dice), None);
        assert_eq!(Urn::new([0.0]).draw(&mut dice), None);
    }
}
