//! What an uploaded photo must be: the bytes that were named, a JPEG of bearable size that
//! decodes, and nothing beside the picture. Devices clean their photos; this makes sure.

use std::io::Cursor;

use image::{ImageFormat, ImageReader, Limits};
use mend_core::id::PhotoHash;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// Most pixels; asked of the header, before anything is decoded.
pub const PIXELS_LIMIT: u64 = 40_000_000;

/// A photo that passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checked {
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
}

/// Why bytes are not the photo that was named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadPhoto {
    /// Other bytes than were named.
    #[error("these are not the bytes that were named")]
    WrongHash,
    /// No JPEG, or a broken one.
    #[error("this is not a whole JPEG photo")]
    NotAPhoto,
    /// Over [`PIXELS_LIMIT`].
    #[error("the photo has too many pixels")]
    TooManyPixels {
        /// As the header says.
        width: u32,
        /// As the header says.
        height: u32,
    },
    /// It carries more than the picture.
    #[error("the photo carries metadata")]
    HasMetadata,
}

impl BadPhoto {
    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::WrongHash => "photo_wrong_hash",
            Self::NotAPhoto => "photo_not_image",
            Self::TooManyPixels { .. } => "photo_too_many_pixels",
            Self::HasMetadata => "photo_has_metadata",
        }
    }
}

/// Checks an upload. Decodes it whole, which takes time and memory: not for async threads.
///
/// # Errors
/// See [`BadPhoto`].
pub fn check(hash: PhotoHash, bytes: &[u8]) -> Result<Checked, BadPhoto> {
    let found: [u8; 32] = Sha256::digest(bytes).into();
    if !bool::from(found.ct_eq(&hash.0)) {
        return Err(BadPhoto::WrongHash);
    }
    only_picture(bytes)?;
    let reader = || ImageReader::with_format(Cursor::new(bytes), ImageFormat::Jpeg);
    let (width, height) = reader().into_dimensions().map_err(|_| BadPhoto::NotAPhoto)?;
    if u64::from(width) * u64::from(height) > PIXELS_LIMIT {
        return Err(BadPhoto::TooManyPixels { width, height });
    }
    let mut whole = reader();
    let mut limits = Limits::default();
    // Three bytes a pixel, and as much again for the decoder's own work.
    limits.max_alloc = Some(PIXELS_LIMIT * 6);
    whole.limits(limits);
    whole.decode().map_err(|_| BadPhoto::NotAPhoto)?;
    Ok(Checked { width, height })
}

/// Walks over every segment (ITU-T T.81, annex B) and lets pass only what our own devices write to
/// draw the picture: JFIF without a thumbnail, Adobe's colour transform, tables, one of the three
/// usual frames, scans. A colour profile names the camera and is dropped by the devices. Anything
/// after the end of the image is something beside the picture, too.
fn only_picture(bytes: &[u8]) -> Result<(), BadPhoto> {
    let mut at = Walk { bytes, at: 0 };
    if at.marker()? != START_OF_IMAGE {
        return Err(BadPhoto::NotAPhoto);
    }
    loop {
        match at.marker()? {
            END_OF_IMAGE => break,
            // Its header, then coded data up to the next marker.
            START_OF_SCAN => {
                at.segment()?;
                at.skip_scan();
            }
            JFIF => {
                let body = at.segment()?;
                if body.len() != 14 || !body.starts_with(b"JFIF\0") || body[12..] != [0, 0] {
                    return Err(BadPhoto::HasMetadata);
                }
            }
            ADOBE => {
                let body = at.segment()?;
                if body.len() != 12 || !body.starts_with(b"Adobe") {
                    return Err(BadPhoto::HasMetadata);
                }
            }
            RESTART_INTERVAL => {
                if at.segment()?.len() != 2 {
                    return Err(BadPhoto::HasMetadata);
                }
            }
            // Baseline, extended and progressive frames; Huffman and quantization tables.
            0xc0..=0xc2 | 0xc4 | 0xdb => {
                at.segment()?;
            }
            // Every other marker that a segment may follow: EXIF and XMP are APP1, colour profiles
            // APP2, IPTC APP13, comments 0xfe; decoders pass over the rest without a look.
            0xc3..=0xcf | 0xdc..=0xfe => return Err(BadPhoto::HasMetadata),
            _ => return Err(BadPhoto::NotAPhoto),
        }
    }
    if at.at == bytes.len() { Ok(()) } else { Err(BadPhoto::HasMetadata) }
}

const START_OF_IMAGE: u8 = 0xd8;
const END_OF_IMAGE: u8 = 0xd9;
const START_OF_SCAN: u8 = 0xda;
const RESTART_INTERVAL: u8 = 0xdd;
const JFIF: u8 = 0xe0;
const ADOBE: u8 = 0xee;

struct Walk<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Walk<'a> {
    fn byte(&mut self) -> Result<u8, BadPhoto> {
        let byte = *self.bytes.get(self.at).ok_or(BadPhoto::NotAPhoto)?;
        self.at += 1;
        Ok(byte)
    }

    /// The code of the marker that must stand here; fill bytes may come before it.
    fn marker(&mut self) -> Result<u8, BadPhoto> {
        if self.byte()? != 0xff {
            return Err(BadPhoto::NotAPhoto);
        }
        loop {
            match self.byte()? {
                0xff => {}
                code => return Ok(code),
            }
        }
    }

    /// The body of the segment that stands here, behind its length.
    fn segment(&mut self) -> Result<&'a [u8], BadPhoto> {
        let length = usize::from(u16::from_be_bytes([self.byte()?, self.byte()?]));
        let body = length.checked_sub(2).ok_or(BadPhoto::NotAPhoto)?;
        let body = self.bytes.get(self.at..self.at + body).ok_or(BadPhoto::NotAPhoto)?;
        self.at += body.len();
        Ok(body)
    }

    /// Moves to the next marker that is not part of coded data.
    fn skip_scan(&mut self) {
        while let Some(pair) = self.bytes.get(self.at..self.at + 2) {
            // 0xff00 is a data byte, 0xffd0 to 0xffd7 restart the decoder.
            if pair[0] == 0xff && !matches!(pair[1], 0x00 | 0xd0..=0xd7 | 0xff) {
                return;
            }
            self.at += 1;
        }
        self.at = self.bytes.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn photo() -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        let image = image::RgbImage::from_fn(64, 48, |x, y| image::Rgb([x as u8, y as u8, 9]));
        image.write_to(&mut bytes, ImageFormat::Jpeg).unwrap();
        bytes.into_inner()
    }

    fn checked(bytes: &[u8]) -> Result<Checked, BadPhoto> {
        check(PhotoHash(Sha256::digest(bytes).into()), bytes)
    }

    /// The photo with one more segment after the start.
    fn with_segment(marker: u8, body: &[u8]) -> Vec<u8> {
        let clean = photo();
        let mut bytes = clean[..2].to_vec();
        bytes.extend([0xff, marker]);
        bytes.extend(u16::try_from(body.len() + 2).unwrap().to_be_bytes());
        bytes.extend(body);
        bytes.extend(&clean[2..]);
        bytes
    }

    #[test]
    fn a_clean_photo_passes() {
        assert_eq!(checked(&photo()), Ok(Checked { width: 64, height: 48 }));
        // Written for CMYK and by some encoders for RGB: version, two flags, the transform.
        let adobe = with_segment(0xee, b"Adobe\0\x64\0\0\0\0\x01");
        assert_eq!(checked(&adobe), Ok(Checked { width: 64, height: 48 }));
        assert!(checked(&with_segment(0xdd, &[0, 0])).is_ok(), "a restart interval of none");
    }

    #[test]
    fn anything_beside_the_picture_is_found() {
        let cases = [
            with_segment(0xe1, b"Exif\0\0MM\0*"),
            with_segment(0xe1, b"http://ns.adobe.com/xap/1.0/\0<x/>"),
            with_segment(0xed, b"Photoshop 3.0\0"),
            with_segment(0xfe, b"made by"),
            with_segment(0xe2, b"MPF\0"),
            with_segment(0xe2, b"ICC_PROFILE\0\x01\x01taken by Wanda"),
            with_segment(0xee, b"Adobe\0\x64\0\0\0\0\x01taken by Wanda"),
            with_segment(0xee, b"Adobe\0\x64"),
            with_segment(0xee, b"taken by you"),
            with_segment(0xdd, b"\0\0taken by Wanda"),
            with_segment(0xc8, b"taken by Wanda"),
            with_segment(0xdc, b"taken by Wanda"),
            with_segment(0xde, b"taken by Wanda"),
            with_segment(0xdf, b"taken by Wanda"),
            with_segment(0xf0, b"taken by Wanda"),
            with_segment(0xe0, b"JFXX\0\x13\0\0\0\0\0\0\0\0"),
            with_segment(0xe0, b"JFIF\0\x01\x01\0\0\x01\0\x01\x01\x01rgb"),
            [photo(), photo()].concat(),
            [photo(), vec![0]].concat(),
        ];
        for (n, bytes) in cases.iter().enumerate() {
            assert_eq!(checked(bytes), Err(BadPhoto::HasMetadata), "case {n}");
        }
    }

    #[test]
    fn what_is_no_photo_is_refused() {
        let whole = photo();
        for bytes in [&b""[..], b"GIF89a", &whole[..whole.len() / 2], &whole[..20], &[0xff; 40]] {
            assert_eq!(checked(bytes), Err(BadPhoto::NotAPhoto), "{} bytes", bytes.len());
        }
        assert_eq!(check(PhotoHash([0; 32]), &whole), Err(BadPhoto::WrongHash));
    }

    #[test]
    fn too_many_pixels_are_refused_by_the_header() {
        let mut bytes = photo();
        let frame = bytes.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
        bytes[frame + 5..frame + 9].copy_from_slice(&[0x40, 0, 0x40, 0]);
        assert_eq!(checked(&bytes), Err(BadPhoto::TooManyPixels { width: 0x4000, height: 0x4000 }));
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_panic(at: proptest::sample::Index, byte: u8, cut: proptest::sample::Index) {
            let mut bytes = photo();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            let _ = checked(&bytes);
            bytes.truncate(cut.index(bytes.len()));
            let _ = checked(&bytes);
        }
    }
}
