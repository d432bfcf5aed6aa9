//! What a photo's EXIF says of place, time and orientation: a hint to confirm, never silently used.
//!
//! Bytes in, values out. The format is EXIF 3.0 (CIPA DC-008-2023) inside JPEG, PNG, WebP, TIFF
//! and HEIF; what a camera may have left broken is passed over, field by field.

use std::io::Cursor;

use exif::{DateTime, Error, Exif, Field, In, Reader, Tag, Value};

use crate::location::{BadPoint, Point};

/// Longest EXIF block that is looked into. Cameras write at most 64 KiB.
const EXIF_LIMIT: usize = 1 << 20;

/// What a photo says of itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Hint {
    /// Where it was taken, if it says so and that is a place.
    pub point: Option<Point>,
    /// Why a position that is there was not taken.
    pub refused: Option<PositionProblem>,
    /// When, by the camera's own clock, `2026-11-19T08:12:00`; without a zone, as cameras write it.
    pub taken_at: Option<String>,
    /// How its pixels are to be turned.
    pub orientation: Orientation,
}

/// A position that is there and is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PositionProblem {
    /// A number or a hemisphere is missing or of the wrong kind.
    #[error("the photo's position is not complete")]
    Incomplete,
    /// The numbers are no place; 0/0, which cameras write without a fix, is no number.
    #[error(transparent)]
    NoPlace(#[from] BadPoint),
}

/// Why a photo gives no hint at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoHint {
    /// It carries no EXIF, or is of a kind that cannot.
    #[error("the photo carries no EXIF")]
    NoExif,
    /// It carries EXIF that cannot be read.
    #[error("the photo's EXIF cannot be read")]
    Unreadable,
}

/// How the pixels are stored (EXIF tag 0x0112), as what must be done to see them upright.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Orientation {
    /// 1: upright; also what every value out of range is taken for.
    #[default]
    Upright,
    /// 2: mirror left and right.
    FlipHorizontal,
    /// 3: half a turn.
    Rotate180,
    /// 4: mirror top and bottom.
    FlipVertical,
    /// 5: mirror, then a quarter turn against the clock (exchange rows and columns).
    Transpose,
    /// 6: a quarter turn with the clock.
    Rotate90,
    /// 7: mirror, then a quarter turn with the clock.
    Transverse,
    /// 8: a quarter turn against the clock.
    Rotate270,
}

impl Orientation {
    /// From the tag's value.
    pub const fn from_exif(value: u32) -> Self {
        match value {
            2 => Self::FlipHorizontal,
            3 => Self::Rotate180,
            4 => Self::FlipVertical,
            5 => Self::Transpose,
            6 => Self::Rotate90,
            7 => Self::Transverse,
            8 => Self::Rotate270,
            _ => Self::Upright,
        }
    }

    /// Whether width and height change places.
    pub const fn swaps_sides(self) -> bool {
        matches!(self, Self::Transpose | Self::Rotate90 | Self::Transverse | Self::Rotate270)
    }
}

/// Reads the hint of an image file.
///
/// # Errors
/// [`NoHint`]. A broken field alone is no error: it is left out.
pub fn read(image: &[u8]) -> Result<Hint, NoHint> {
    let exif = parse(image)?;
    let (point, refused) = match position(&exif) {
        Ok(point) => (point, None),
        Err(problem) => (None, Some(problem)),
    };
    Ok(Hint { point, refused, taken_at: taken_at(&exif), orientation: orientation(&exif) })
}

fn parse(image: &[u8]) -> Result<Exif, NoHint> {
    let mut reader = Reader::new();
    reader.continue_on_error(true);
    let read = match webp_exif(image) {
        Some(raw) => reader.read_raw(raw.to_vec()),
        None => reader.read_from_container(&mut Cursor::new(image)),
    };
    match read {
        Ok(exif) => Ok(exif),
        Err(Error::PartialResult(partial)) => Ok(partial.into_inner().0),
        Err(Error::NotFound(_) | Error::InvalidFormat("Unknown image format")) => {
            Err(NoHint::NoExif)
        }
        Err(_) => Err(NoHint::Unreadable),
    }
}

/// The TIFF bytes in a WebP's EXIF chunk. Some writers put JPEG's `Exif\0\0` before them, which
/// the reader takes for damage; and an odd chunk is padded.
fn webp_exif(image: &[u8]) -> Option<&[u8]> {
    let mut rest = image.strip_prefix(b"RIFF")?.get(4..)?.strip_prefix(b"WEBP")?;
    loop {
        let (name, tail) = rest.split_first_chunk::<4>()?;
        let (length, tail) = tail.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
        if name == b"EXIF" {
            let raw = tail.get(..length.min(EXIF_LIMIT))?;
            return Some(raw.strip_prefix(b"Exif\0\0").unwrap_or(raw));
        }
        rest = tail.get(length.checked_add(length % 2)?..)?;
    }
}

fn field(exif: &Exif, tag: Tag) -> Option<&Field> {
    exif.get_field(tag, In::PRIMARY)
}

/// No position is `Ok(None)`: most photos have none, and that is no problem.
fn position(exif: &Exif) -> Result<Option<Point>, PositionProblem> {
    let (lat, lon) = (field(exif, Tag::GPSLatitude), field(exif, Tag::GPSLongitude));
    if lat.is_none() && lon.is_none() {
        return Ok(None);
    }
    let lat = degrees(lat)? * hemisphere(exif, Tag::GPSLatitudeRef, b'N', b'S')?;
    let lon = degrees(lon)? * hemisphere(exif, Tag::GPSLongitudeRef, b'E', b'W')?;
    Ok(Some(Point::new(lat, lon)?))
}

/// Degrees, minutes, seconds as three rationals. 0/0 becomes NaN here and is found by
/// [`Point::new`]; comparing it would let it pass.
fn degrees(field: Option<&Field>) -> Result<f64, PositionProblem> {
    match field.map(|f| &f.value) {
        Some(Value::Rational(parts)) => match parts.as_slice() {
            [d, m, s] => Ok(d.to_f64() + m.to_f64() / 60.0 + s.to_f64() / 3600.0),
            _ => Err(PositionProblem::Incomplete),
        },
        _ => Err(PositionProblem::Incomplete),
    }
}

fn hemisphere(exif: &Exif, tag: Tag, plus: u8, minus: u8) -> Result<f64, PositionProblem> {
    let letter = match field(exif, tag).map(|f| &f.value) {
        Some(Value::Ascii(texts)) => texts.first().and_then(|text| text.first()),
        _ => None,
    };
    match letter.map(u8::to_ascii_uppercase) {
        Some(letter) if letter == plus => Ok(1.0),
        Some(letter) if letter == minus => Ok(-1.0),
        _ => Err(PositionProblem::Incomplete),
    }
}

fn taken_at(exif: &Exif) -> Option<String> {
    [Tag::DateTimeOriginal, Tag::DateTimeDigitized, Tag::DateTime].into_iter().find_map(|tag| {
        let Value::Ascii(texts) = &field(exif, tag)?.value else { return None };
        let at = DateTime::from_ascii(texts.first()?).ok()?;
        let sound = (1..=12).contains(&at.month)
            && (1..=31).contains(&at.day)
            && at.hour < 24
            && at.minute < 60
            && at.second < 60
            && at.year >= 1900;
        sound.then(|| {
            format!(
                "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}",
                at.year, at.month, at.day, at.hour, at.minute, at.second
            )
        })
    })
}

fn orientation(exif: &Exif) -> Orientation {
    Orientation::from_exif(
        field(exif, Tag::Orientation).and_then(|f| f.value.get_uint(0)).unwrap_or(1),
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A little-endian TIFF with a GPS directory: (numerator, denominator) for degrees, minutes
    /// and seconds of latitude and longitude.
    fn tiff(lat: [(u32, u32); 3], lat_ref: u8, lon: [(u32, u32); 3], lon_ref: u8) -> Vec<u8> {
        let mut out = b"II*\0\x08\0\0\0".to_vec();
        let entry = |out: &mut Vec<u8>, tag: u16, kind: u16, count: u32, value: [u8; 4]| {
            out.extend(tag.to_le_bytes());
            out.extend(kind.to_le_bytes());
            out.extend(count.to_le_bytes());
            out.extend(value);
        };
        // IFD0 at 8: two entries, ends at 8 + 2 + 24 + 4 = 38, where the GPS directory begins.
        out.extend(2u16.to_le_bytes());
        entry(&mut out, 0x0112, 3, 1, [6, 0, 0, 0]);
        entry(&mut out, 0x8825, 4, 1, 38u32.to_le_bytes());
        out.extend(0u32.to_le_bytes());
        // GPS: four entries, ends at 38 + 2 + 48 + 4 = 92, where the numbers begin.
        out.extend(4u16.to_le_bytes());
        entry(&mut out, 1, 2, 2, [lat_ref, 0, 0, 0]);
        entry(&mut out, 2, 5, 3, 92u32.to_le_bytes());
        entry(&mut out, 3, 2, 2, [lon_ref, 0, 0, 0]);
        entry(&mut out, 4, 5, 3, 116u32.to_le_bytes());
        out.extend(0u32.to_le_bytes());
        for (n, d) in lat.into_iter().chain(lon) {
            out.extend(n.to_le_bytes());
            out.extend(d.to_le_bytes());
        }
        out
    }

    const LAT: [(u32, u32); 3] = [(44, 1), (37, 1), (3000, 100)];
    const LON: [(u32, u32); 3] = [(124, 1), (3, 1), (0, 1)];

    #[test]
    fn a_position_is_read_with_its_hemispheres() {
        let hint = read(&tiff(LAT, b'S', LON, b'W')).unwrap();
        let point = hint.point.unwrap();
        assert!((point.lat() + 44.625).abs() < 1e-9, "{point:?}");
        assert!((point.lon() + 124.05).abs() < 1e-9, "{point:?}");
        assert_eq!(hint.orientation, Orientation::Rotate90);
        assert_eq!(hint.refused, None);
    }

    #[test]
    fn what_is_no_place_is_named() {
        let none = [(0, 0); 3];
        let zero = [(0, 1); 3];
        let of = |lat, lat_ref, lon, lon_ref| {
            let hint = read(&tiff(lat, lat_ref, lon, lon_ref)).unwrap();
            assert_eq!(hint.point, None);
            hint.refused.unwrap()
        };
        assert_eq!(of(none, b'N', LON, b'E'), PositionProblem::NoPlace(BadPoint::NotANumber));
        assert_eq!(of(zero, b'N', zero, b'E'), PositionProblem::NoPlace(BadPoint::NullIsland));
        assert_eq!(
            of([(91, 1), (0, 1), (0, 1)], b'N', LON, b'E'),
            PositionProblem::NoPlace(BadPoint::OutOfRange)
        );
        assert_eq!(
            of([(1, 0), (0, 1), (0, 1)], b'N', LON, b'E'),
            PositionProblem::NoPlace(BadPoint::NotANumber)
        );
        assert_eq!(of(LAT, b'?', LON, b'E'), PositionProblem::Incomplete);
    }

    #[test]
    fn webp_with_and_without_the_prefix_of_jpeg() {
        let raw = tiff(LAT, b'N', LON, b'W');
        for prefix in [b"".as_slice(), b"Exif\0\0"] {
            let payload = [prefix, &raw].concat();
            let mut image = b"RIFF\0\0\0\0WEBP".to_vec();
            image.extend(b"VP8X\x03\0\0\0abc\0");
            image.extend(b"EXIF");
            image.extend(u32::try_from(payload.len()).unwrap().to_le_bytes());
            image.extend(&payload);
            assert!(read(&image).unwrap().point.is_some(), "prefix {prefix:?}");
        }
    }

    #[test]
    fn no_exif_is_said() {
        assert_eq!(read(b"GIF89a not of a kind that we read"), Err(NoHint::NoExif));
        assert_eq!(read(b""), Err(NoHint::NoExif));
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = read(&bytes);
        }

        #[test]
        fn no_damage_panics_or_gives_a_false_place(at: prop::sample::Index, value: u8) {
            let mut bytes = tiff(LAT, b'N', LON, b'W');
            let at = at.index(bytes.len());
            bytes[at] = value;
            if let Ok(Hint { point: Some(point), .. }) = read(&bytes) {
                prop_assert!(point.lat().abs() <= 90.0 && point.lon().abs() <= 180.0);
            }
        }
    }
}
