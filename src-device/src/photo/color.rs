//! Colours: what a photo's profile means by its numbers, said in sRGB.
//!
//! What is kept carries no profile (it would name the camera), and whoever reads a picture without
//! one takes its numbers for sRGB. Phones write Display P3: left as they are, its reds and greens
//! come out pale.

use image::RgbImage;
use moxcms::{ColorProfile, DataColorSpace, Layout, ParsingOptions, TransformOptions};

/// Largest profile that is looked into. Phones write 0.5 KB; a table for a scanner has half a
/// megabyte.
const PROFILE_LIMIT: usize = 4 << 20;
/// Most entries of a table of colours in a profile: 64 steps of three colours, to three.
const TABLE_LIMIT: usize = 64 * 64 * 64 * 3;

/// The picture in sRGB. A profile that is broken, too large, or of a space that these pixels are
/// not in (ink, say) is passed over: a photo with slightly wrong colours is better than none.
///
/// `profile` is an ICC profile (ISO 15076-1) for the pixels as they are; one for grey is followed
/// where the three channels are the same.
pub(super) fn to_srgb(rgb: RgbImage, profile: Option<&[u8]>) -> RgbImage {
    match profile.and_then(|profile| convert(&rgb, profile)) {
        Some(converted) => converted,
        None => rgb,
    }
}

fn convert(rgb: &RgbImage, profile: &[u8]) -> Option<RgbImage> {
    if profile.len() > PROFILE_LIMIT {
        return None;
    }
    let limits = ParsingOptions {
        max_profile_size: PROFILE_LIMIT + 1,
        max_allowed_clut_size: TABLE_LIMIT,
        ..ParsingOptions::default()
    };
    let from = ColorProfile::new_from_slice_with_options(profile, limits).ok()?;
    let (layout, pixels) = match from.color_space {
        DataColorSpace::Rgb => (Layout::Rgb, None),
        DataColorSpace::Gray => (Layout::Gray, Some(grey(rgb)?)),
        _ => return None,
    };
    let transform = from
        .create_transform_8bit(
            layout,
            &ColorProfile::new_srgb(),
            Layout::Rgb,
            TransformOptions::default(),
        )
        .ok()?;
    let mut converted = RgbImage::new(rgb.width(), rgb.height());
    transform.transform(pixels.as_deref().unwrap_or(rgb.as_raw()), &mut converted).ok()?;
    Some(converted)
}

/// One channel of a grey picture; none: it has colours.
fn grey(rgb: &RgbImage) -> Option<Vec<u8>> {
    rgb.pixels().map(|pixel| (pixel.0 == [pixel.0[0]; 3]).then_some(pixel.0[0])).collect()
}

#[cfg(test)]
mod tests {
    use image::Rgb;

    use super::*;

    /// What follows from the definitions, in f64: the pixel's curve, its space's matrix to XYZ at
    /// D65, the inverse of sRGB's, sRGB's curve. Both spaces have the white of D65, so there is no
    /// adaptation between them.
    ///
    /// The matrices follow from the chromaticities of the primaries by solving for the white point
    /// (SMPTE RP 177): sRGB from IEC 61966-2-1, Display P3 with the primaries of SMPTE EG 432-1
    /// and white D65, Adobe RGB (1998) from its specification, section 4.3.
    fn by_definition(pixel: [u8; 3], primaries: [[f64; 2]; 3], curve: fn(f64) -> f64) -> [f64; 3] {
        let linear = pixel.map(|v| curve(f64::from(v) / 255.0));
        let xyz = times(to_xyz(primaries), linear);
        let srgb = times(inverse(to_xyz(SRGB)), xyz);
        srgb.map(|v| {
            let v = v.clamp(0.0, 1.0);
            255.0 * if v <= 0.003_130_8 { 12.92 * v } else { 1.055 * v.powf(1.0 / 2.4) - 0.055 }
        })
    }

    const SRGB: [[f64; 2]; 3] = [[0.64, 0.33], [0.30, 0.60], [0.15, 0.06]];
    const P3: [[f64; 2]; 3] = [[0.680, 0.320], [0.265, 0.690], [0.150, 0.060]];
    const ADOBE: [[f64; 2]; 3] = [[0.64, 0.33], [0.21, 0.71], [0.15, 0.06]];
    const D65: [f64; 2] = [0.3127, 0.3290];

    fn srgb_curve(v: f64) -> f64 {
        if v <= 0.04045 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
    }

    fn adobe_curve(v: f64) -> f64 {
        v.powf(563.0 / 256.0)
    }

    fn xyz([x, y]: [f64; 2]) -> [f64; 3] {
        [x / y, 1.0, (1.0 - x - y) / y]
    }

    fn to_xyz(primaries: [[f64; 2]; 3]) -> [[f64; 3]; 3] {
        let columns = primaries.map(xyz);
        let matrix = [0, 1, 2].map(|row| [0, 1, 2].map(|column: usize| columns[column][row]));
        let share = times(inverse(matrix), xyz(D65));
        matrix.map(|row| [0, 1, 2].map(|column: usize| row[column] * share[column]))
    }

    fn times(matrix: [[f64; 3]; 3], vector: [f64; 3]) -> [f64; 3] {
        matrix.map(|row| row.iter().zip(vector).map(|(a, b)| a * b).sum())
    }

    fn inverse(m: [[f64; 3]; 3]) -> [[f64; 3]; 3] {
        let minor = |row: usize, column: usize| {
            let (a, b) = ((row + 1) % 3, (row + 2) % 3);
            let (c, d) = ((column + 1) % 3, (column + 2) % 3);
            m[a][c] * m[b][d] - m[a][d] * m[b][c]
        };
        let determinant: f64 =
            [0, 1, 2].iter().map(|&column| m[0][column] * minor(0, column)).sum();
        [0, 1, 2].map(|row| [0, 1, 2].map(|column| minor(column, row) / determinant))
    }

    fn one(pixel: [u8; 3]) -> RgbImage {
        RgbImage::from_pixel(1, 1, Rgb(pixel))
    }

    #[test]
    fn the_definitions_give_the_published_values() {
        // IEC 61966-2-1 states 0.4124 0.3576 0.1805 in its first row.
        let row = to_xyz(SRGB)[0];
        for (found, published) in row.into_iter().zip([0.4124, 0.3576, 0.1805]) {
            assert!((found - published).abs() < 1e-4, "{row:?}");
        }
        let grey = by_definition([128; 3], P3, srgb_curve);
        assert!(grey.iter().all(|v| (v - 128.0).abs() < 1e-6), "{grey:?}");
    }

    #[test]
    fn display_p3_and_adobe_rgb_become_srgb() {
        let spaces = [
            (ColorProfile::new_display_p3(), P3, srgb_curve as fn(f64) -> f64),
            (ColorProfile::new_adobe_rgb(), ADOBE, adobe_curve),
        ];
        for (profile, primaries, curve) in spaces {
            let profile = profile.encode().unwrap();
            let steps = [0, 13, 51, 102, 153, 204, 230, 255];
            let mut moved = 0;
            for r in steps {
                for g in steps {
                    for b in steps {
                        let expected = by_definition([r, g, b], primaries, curve);
                        let found = to_srgb(one([r, g, b]), Some(&profile)).get_pixel(0, 0).0;
                        for (found, expected) in found.into_iter().zip(expected) {
                            // Fixed point of 13 bits: dark values, where sRGB is steep, move by two.
                            assert!(
                                (f64::from(found) - expected).abs() <= 2.5,
                                "{r} {g} {b}: {found}, expected {expected}"
                            );
                        }
                        moved += u32::from(found != [r, g, b]);
                    }
                }
            }
            assert!(moved > 300, "{moved} of 512 colours moved");
        }
    }

    /// A stop sign's red as a phone writes it.
    #[test]
    fn a_red_of_display_p3_becomes_the_red_that_was_seen() {
        let profile = ColorProfile::new_display_p3().encode().unwrap();
        let found = to_srgb(one([187, 42, 43]), Some(&profile)).get_pixel(0, 0).0;
        let expected = by_definition([187, 42, 43], P3, srgb_curve);
        assert!(expected[0] > 202.0 && expected[1] < 25.0, "{expected:?}");
        for (found, expected) in found.into_iter().zip(expected) {
            assert!((f64::from(found) - expected).abs() <= 2.0, "{found}, expected {expected}");
        }
    }

    #[test]
    fn a_profile_for_grey_counts_for_grey_pictures_alone() {
        let profile = ColorProfile::new_gray_with_gamma(1.8).encode().unwrap();
        let found = to_srgb(one([100; 3]), Some(&profile)).get_pixel(0, 0).0;
        let linear = (100.0f64 / 255.0).powf(1.8);
        let expected = 255.0 * (1.055 * linear.powf(1.0 / 2.4) - 0.055);
        assert!(found.iter().all(|v| (f64::from(*v) - expected).abs() <= 2.0), "{found:?}");
        assert!((expected - 100.0).abs() > 10.0, "{expected}");
        assert_eq!(to_srgb(one([1, 2, 3]), Some(&profile)), one([1, 2, 3]));
    }

    #[test]
    fn what_cannot_be_followed_is_passed_over() {
        let picture = one([200, 30, 40]);
        let whole = ColorProfile::new_display_p3().encode().unwrap();
        let mut ink = whole.clone();
        ink[16..20].copy_from_slice(b"CMYK");
        let mut large = whole.clone();
        large.resize(PROFILE_LIMIT + 1, 0);
        for profile in [&b""[..], b"a profile", &whole[..100], &ink, &large] {
            assert_eq!(to_srgb(picture.clone(), Some(profile)), picture);
        }
        assert_eq!(to_srgb(picture.clone(), None), picture);
    }

    proptest::proptest! {
        #[test]
        fn no_damage_to_a_profile_panics(
            changes in proptest::collection::vec((proptest::prelude::any::<proptest::sample::Index>(),
                proptest::prelude::any::<u8>()), 1..6),
            cut: proptest::sample::Index,
        ) {
            let mut profile = ColorProfile::new_display_p3().encode().unwrap();
            for (at, value) in changes {
                let at = at.index(profile.len());
                profile[at] = value;
            }
            let _ = to_srgb(one([1, 2, 3]), Some(&profile));
            profile.truncate(cut.index(profile.len()));
            let _ = to_srgb(one([1, 2, 3]), Some(&profile));
        }
    }
}
