//! Chance with a fixed seed.

use rand_pcg::{Pcg32, rand_core::Rng as _};

use crate::plane::Pt;

/// The seed of Port Alder. Another seed makes another city.
pub const SEED: u64 = 0xA1DE_2026;

/// A stream of chance. Each part of the city has its own, so that a change in one leaves the others.
pub struct Dice(Pcg32);

impl Dice {
    /// The stream with a number.
    #[must_use]
    pub fn new(stream: u64) -> Self {
        Self(Pcg32::new(SEED, stream))
    }

    /// Uniform in `[0, 1)`.
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

    /// A whole number below `n`.
    pub fn below(&mut self, n: usize) -> usize {
        (self.unit() * n as f64) as usize
    }

    /// About normal (the sum of six uniform ones), mean 0, deviation 1, never beyond 4.3.
    pub fn normal(&mut self) -> f64 {
        let sum: f64 = (0..6).map(|_| self.unit()).sum();
        (sum - 3.0) * std::f64::consts::SQRT_2
    }
}

/// Smooth noise over the plane in about `[-1, 1]`; `scale` metres from hill to hill.
#[must_use]
pub fn noise(p: Pt, scale: f64, stream: u32) -> f64 {
    let lattice = |i: i64, j: i64| {
        let mut h = (i as u64)
            .wrapping_mul(0x9E37_79B9_7F4A_7C15)
            .wrapping_add((j as u64).wrapping_mul(0xC2B2_AE3D_27D4_EB4F))
            .wrapping_add(u64::from(stream).wrapping_mul(0x1656_67B1_9E37_79F9))
            .wrapping_add(SEED);
        h ^= h >> 29;
        h = h.wrapping_mul(0xBF58_476D_1CE4_E5B9);
        h ^= h >> 32;
        (h % 20_001) as f64 / 10_000.0 - 1.0
    };
    let (x, y) = (p.x / scale, p.y / scale);
    let (i, j) = (x.floor(), y.floor());
    let ease = |t: f64| t * t * (3.0 - 2.0 * t);
    let (u, v) = (ease(x - i), ease(y - j));
    let (i, j) = (i as i64, j as i64);
    let low = lattice(i, j) * (1.0 - u) + lattice(i + 1, j) * u;
    let high = lattice(i, j + 1) * (1.0 - u) + lattice(i + 1, j + 1) * u;
    low * (1.0 - v) + high * v
}
