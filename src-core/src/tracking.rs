//! Tracking codes: the short receipt that opens what is public.
//!
//! Seven symbols of Crockford's base32 (35 random bits) and one check symbol, written 7K4M-2QX6.
//! The check is a weighted sum over GF(32) (polynomial x⁵+x²+1): the symbol in place i counts
//! αⁱ times. All weights differ and none is zero, so every single wrong symbol and every swap of
//! two symbols, neighbours or not, is found.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Crockford's alphabet: no I, L, O, U.
const SYMBOLS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const DIGITS: usize = 7;
/// Longest text that may be a code, in bytes: eight symbols with much between them.
pub const TEXT_LIMIT: usize = 128;

/// A tracking code with a right check symbol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TrackingCode(u64);

/// Why a text is no tracking code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadCode {
    /// Not eight symbols, or a symbol that no code has.
    #[error("a tracking code has eight letters and digits")]
    Malformed,
    /// Eight symbols that do not fit together: one is mistyped, or two are swapped.
    #[error("one letter or digit of the tracking code is wrong")]
    Mistyped,
}

/// Multiplication in GF(32) modulo x⁵+x²+1.
const fn gf_mul(mut a: u8, mut b: u8) -> u8 {
    let mut product = 0;
    while b > 0 {
        if b & 1 == 1 {
            product ^= a;
        }
        a <<= 1;
        if a & 0b10_0000 != 0 {
            a ^= 0b10_0101;
        }
        b >>= 1;
    }
    product
}

/// The check symbol of seven symbols; the check itself has weight α⁰ = 1.
fn check(digits: &[u8; DIGITS]) -> u8 {
    let mut weight = 1;
    let mut sum = 0;
    for digit in digits.iter().rev() {
        weight = gf_mul(weight, 2);
        sum ^= gf_mul(weight, *digit);
    }
    sum
}

impl TrackingCode {
    /// The code made of the low 35 bits of `random`.
    pub const fn from_random(random: u64) -> Self {
        Self(random & ((1 << 35) - 1))
    }

    fn digits(self) -> [u8; DIGITS] {
        let mut digits = [0; DIGITS];
        for (place, digit) in digits.iter_mut().enumerate() {
            *digit = (self.0 >> (5 * (DIGITS - 1 - place)) & 31) as u8;
        }
        digits
    }
}

impl fmt::Display for TrackingCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.digits();
        for (place, digit) in digits.iter().chain([&check(&digits)]).enumerate() {
            if place == 4 {
                f.write_str("-")?;
            }
            write!(f, "{}", SYMBOLS[usize::from(*digit)] as char)?;
        }
        Ok(())
    }
}

impl FromStr for TrackingCode {
    type Err = BadCode;

    /// Reads what a person types: any case, spaces and hyphens anywhere, I and L for 1, O for 0.
    fn from_str(text: &str) -> Result<Self, BadCode> {
        // Nobody types more; and what stood behind would not be looked at.
        if text.len() > TEXT_LIMIT {
            return Err(BadCode::Malformed);
        }
        let mut symbols = [0u8; DIGITS + 1];
        let mut found = 0;
        for c in text.chars() {
            let c = match c.to_ascii_uppercase() {
                ' ' | '-' | '\u{2010}'..='\u{2014}' | '\u{a0}' => continue,
                'I' | 'L' => '1',
                'O' => '0',
                c => c,
            };
            let value = SYMBOLS.iter().position(|s| *s as char == c).ok_or(BadCode::Malformed)?;
            let slot = symbols.get_mut(found).ok_or(BadCode::Malformed)?;
            *slot = u8::try_from(value).map_err(|_| BadCode::Malformed)?;
            found += 1;
        }
        if found != DIGITS + 1 {
            return Err(BadCode::Malformed);
        }
        let mut digits = [0; DIGITS];
        digits.copy_from_slice(&symbols[..DIGITS]);
        if check(&digits) != symbols[DIGITS] {
            return Err(BadCode::Mistyped);
        }
        Ok(Self(digits.iter().fold(0, |code, digit| code << 5 | u64::from(*digit))))
    }
}

impl Serialize for TrackingCode {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TrackingCode {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(d)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_code_that_people_are_shown_as_an_example_is_one() {
        assert!("7K4M-2QX6".parse::<TrackingCode>().is_ok());
    }

    #[test]
    fn nothing_may_stand_behind_a_code_however_far() {
        let code = "7K4M-2QX6";
        for between in [0, 1, 54, 55, 56, 118, 119, 120, 500] {
            let spaces = " ".repeat(between);
            let whole = format!("{code}{spaces}");
            assert_eq!(whole.parse::<TrackingCode>().is_ok(), whole.len() <= TEXT_LIMIT);
            let more = format!("{code}{spaces}7");
            assert_eq!(more.parse::<TrackingCode>(), Err(BadCode::Malformed), "{between} spaces");
        }
    }

    proptest! {
        #[test]
        fn codes_survive_writing_and_sloppy_reading(random: u64) {
            let code = TrackingCode::from_random(random);
            let text = code.to_string();
            prop_assert_eq!(text.len(), 9);
            prop_assert_eq!(text.parse(), Ok(code));
            let sloppy = text.to_lowercase().replace('-', " ").replace('0', "o").replace('1', "l");
            prop_assert_eq!(sloppy.parse(), Ok(code));
        }

        #[test]
        fn every_single_error_is_found(random: u64, place in 0usize..8, other in 0usize..32) {
            let text = TrackingCode::from_random(random).to_string().replace('-', "");
            let mut bytes = text.clone().into_bytes();
            bytes[place] = SYMBOLS[other];
            let wrong = String::from_utf8(bytes).unwrap();
            if wrong != text {
                prop_assert_eq!(wrong.parse::<TrackingCode>(), Err(BadCode::Mistyped));
            }
        }

        #[test]
        fn every_swap_is_found(random: u64, a in 0usize..8, b in 0usize..8) {
            let text = TrackingCode::from_random(random).to_string().replace('-', "");
            let mut bytes = text.clone().into_bytes();
            bytes.swap(a, b);
            let wrong = String::from_utf8(bytes).unwrap();
            if wrong != text {
                prop_assert_eq!(wrong.parse::<TrackingCode>(), Err(BadCode::Mistyped));
            }
        }

        #[test]
        fn no_text_panics(text in ".{0,80}") {
            let _ = text.parse::<TrackingCode>();
        }
    }
}
