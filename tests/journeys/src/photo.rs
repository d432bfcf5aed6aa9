//! Photos as cameras write them: pixels, and EXIF with position, time and orientation.

use std::io::Cursor;

use anyhow::{Context, Result};
use exif::{Field, In, Rational, Tag, Value, experimental::Writer};
use image::{Rgb, RgbImage, codecs::jpeg::JpegEncoder};

/// A photo to be taken.
#[derive(Debug, Clone, PartialEq)]
pub struct CameraPhoto {
    /// Degrees WGS84, north positive.
    pub lat: f64,
    /// Degrees WGS84, east positive.
    pub lon: f64,
    /// EXIF orientation, 1 to 8.
    pub orientation: u16,
    /// The camera's clock, as EXIF writes it: `2026:11:19 08:12:00`.
    pub taken_at: String,
    /// Pixels as stored, before orientation.
    pub width: u32,
    /// Pixels as stored, before orientation.
    pub height: u32,
    /// Photos with different seeds have different pixels.
    pub seed: u32,
}

impl CameraPhoto {
    /// A phone held upright there.
    pub fn at(lat: f64, lon: f64) -> Self {
        Self {
            lat,
            lon,
            orientation: 6,
            taken_at: "2026:11:19 08:12:00".to_owned(),
            width: 1600,
            height: 1200,
            seed: 1,
        }
    }

    /// The same with other pixels.
    #[must_use]
    pub fn with_seed(mut self, seed: u32) -> Self {
        self.seed = seed;
        self
    }

    /// A JPEG file with its EXIF.
    pub fn jpeg(&self) -> Result<Vec<u8>> {
        let mut pixels = Vec::new();
        JpegEncoder::new_with_quality(&mut pixels, 90).encode_image(&self.pixels())?;
        let exif = self.exif()?;
        let length = u16::try_from(2 + EXIF.len() + exif.len()).context("small EXIF")?;
        let (start, rest) = pixels.split_at(2);
        let marker: &[u8] = &[0xff, 0xe1];
        Ok([start, marker, &length.to_be_bytes(), EXIF, &exif, rest].concat())
    }

    /// A road with gravel: flat areas and fine detail, so that the file has a photo's size.
    fn pixels(&self) -> RgbImage {
        let mut noise = self.seed.wrapping_mul(0x9e37_79b9) | 1;
        RgbImage::from_fn(self.width, self.height, |x, y| {
            noise ^= noise << 13;
            noise ^= noise >> 17;
            noise ^= noise << 5;
            let grain = (noise >> 27) as u8;
            let (dx, dy) = (x.abs_diff(self.width / 2), y.abs_diff(self.height / 2));
            let hole = dx * dx * 2 + dy * dy * 3 < self.height * self.height / 6;
            let light = (x * 60 / self.width.max(1)) as u8;
            let base = if hole { 40 } else { 120 };
            Rgb([base + light / 2 + grain, base + grain, base + grain / 2])
        })
    }

    fn exif(&self) -> Result<Vec<u8>> {
        let text = |text: &str| Value::Ascii(vec![text.as_bytes().to_vec()]);
        let (north, east) = (self.lat >= 0.0, self.lon >= 0.0);
        let fields = [
            (Tag::Orientation, Value::Short(vec![self.orientation])),
            (Tag::Make, text("Journey")),
            (Tag::DateTimeOriginal, text(&self.taken_at)),
            (Tag::GPSLatitudeRef, text(if north { "N" } else { "S" })),
            (Tag::GPSLatitude, degrees(self.lat)),
            (Tag::GPSLongitudeRef, text(if east { "E" } else { "W" })),
            (Tag::GPSLongitude, degrees(self.lon)),
        ]
        .map(|(tag, value)| Field { tag, ifd_num: In::PRIMARY, value });
        let mut writer = Writer::new();
        for field in &fields {
            writer.push_field(field);
        }
        let mut bytes = Cursor::new(Vec::new());
        writer.write(&mut bytes, false)?;
        Ok(bytes.into_inner())
    }
}

const EXIF: &[u8] = b"Exif\0\0";

/// Degrees, minutes and seconds, to a thousandth of a second: 3 cm.
fn degrees(value: f64) -> Value {
    let units = (value.abs() * 3600.0 * 1000.0).round() as u32;
    let (seconds, minutes) = (units % 60_000, units / 60_000);
    let rational = |num: u32, denom: u32| Rational { num, denom };
    Value::Rational(vec![
        rational(minutes / 60, 1),
        rational(minutes % 60, 1),
        rational(seconds, 1000),
    ])
}

/// Everything in a JPEG that is not needed to draw it: `APP1` to `APP15` (EXIF, XMP, IPTC, maker
/// notes) and comments, by marker. Empty for a clean photo.
pub fn metadata(jpeg: &[u8]) -> Result<Vec<u8>> {
    let mut found = Vec::new();
    let mut at = 2;
    anyhow::ensure!(jpeg.starts_with(&[0xff, 0xd8]), "not a JPEG");
    loop {
        let [0xff, marker, high, low] = *jpeg.get(at..at + 4).context("a JPEG's segment")? else {
            anyhow::bail!("no segment at byte {at}");
        };
        match marker {
            // Start of the scan: pixels from here on.
            0xda => return Ok(found),
            0xe1..=0xef | 0xfe => found.push(marker),
            _ => {}
        }
        at += 2 + usize::from(u16::from_be_bytes([high, low]));
    }
}

#[cfg(test)]
mod tests {
    use exif::Reader;

    use super::*;

    #[test]
    fn a_camera_photo_says_where_when_and_how_it_was_held() {
        let jpeg = CameraPhoto::at(44.652_37, -123.087_41).jpeg().unwrap();
        let read = Reader::new().read_from_container(&mut Cursor::new(&jpeg)).unwrap();
        let shown = |tag| {
            read.get_field(tag, In::PRIMARY).unwrap().display_value().with_unit(&read).to_string()
        };
        assert_eq!(shown(Tag::GPSLatitude), "44 deg 39 min 8.532 sec N");
        assert_eq!(shown(Tag::GPSLongitude), "123 deg 5 min 14.676 sec W");
        assert_eq!(shown(Tag::DateTimeOriginal), "2026-11-19 08:12:00");
        assert_eq!(
            read.get_field(Tag::Orientation, In::PRIMARY).unwrap().value.get_uint(0),
            Some(6)
        );
        assert_eq!(image::load_from_memory(&jpeg).unwrap().width(), 1600);
        assert_eq!(metadata(&jpeg).unwrap(), [0xe1]);
    }

    #[test]
    fn a_clean_photo_carries_nothing_and_seeds_differ() {
        let photo = CameraPhoto { width: 64, height: 48, ..CameraPhoto::at(1.0, 2.0) };
        let mut clean = Vec::new();
        JpegEncoder::new(&mut clean).encode_image(&photo.pixels()).unwrap();
        assert!(metadata(&clean).unwrap().is_empty());
        assert_ne!(photo.pixels(), photo.with_seed(2).pixels());
        assert!(metadata(b"GIF89a").is_err());
    }
}
