//! What kind of image some bytes are, and where a JPEG ends.

use super::PhotoError;

/// The kinds that can be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Jpeg,
    Png,
    WebP,
}

/// Names the kind by its first bytes.
///
/// # Errors
/// [`PhotoError::FormatUnsupported`] for kinds that are known and cannot be opened,
/// [`PhotoError::NotImage`] for all else.
pub(super) fn sniff(bytes: &[u8]) -> Result<Format, PhotoError> {
    let unsupported = |format| Err(PhotoError::FormatUnsupported { format });
    match bytes {
        [0xff, 0xd8, 0xff, ..] => Ok(Format::Jpeg),
        [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, ..] => Ok(Format::Png),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Ok(Format::WebP),
        [_, _, _, _, b'f', b't', b'y', b'p', brand @ ..] => match brand.get(..4) {
            Some(b"avif" | b"avis") => unsupported("AVIF"),
            Some(b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"hevx" | b"mif1" | b"msf1") => {
                unsupported("HEIC")
            }
            _ => Err(PhotoError::NotImage),
        },
        [b'G', b'I', b'F', b'8', ..] => unsupported("GIF"),
        [b'I', b'I', b'*', 0, ..] | [b'M', b'M', 0, b'*', ..] => unsupported("TIFF"),
        // A bitmap says its own header's size here, so that a text that begins with BM is none.
        [b'B', b'M', _, _, _, _, 0, 0, 0, 0, _, _, 0, 0, 12 | 40 | 108 | 124, 0, 0, 0, ..] => {
            unsupported("BMP")
        }
        _ => Err(PhotoError::NotImage),
    }
}

/// Where a JPEG ends, and how it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct JpegEnd {
    /// Offset of the end-of-image marker.
    pub at: usize,
    /// Written in one pass from top to bottom (SOF0, SOF1), not progressively.
    pub sequential: bool,
}

/// Finds the end-of-image marker behind at least one scan (ITU T.81, annex B). None: there is none.
///
/// A decoder fills what is missing with grey and says nothing; a report with half a photo helps
/// nobody. A preview in the EXIF block has an end of its own, so segments are stepped over.
pub(super) fn jpeg_end(bytes: &[u8]) -> Option<JpegEnd> {
    let (mut scans, mut sequential) = (0, false);
    let mut rest = bytes.get(2..)?;
    loop {
        match next_marker(&mut rest)? {
            0xd9 if scans > 0 => {
                let mut at = bytes.len() - rest.len() - 2;
                // The marker begins with its fill bytes.
                while bytes[..at].last() == Some(&0xff) {
                    at -= 1;
                }
                return Some(JpegEnd { at, sequential });
            }
            0xd9 => return None,
            // Markers without a length: TEM, RST0–7, SOI; 00 is a stuffed byte.
            0x00 | 0x01 | 0xd0..=0xd8 => {}
            marker => {
                let (length, _) = rest.split_first_chunk::<2>()?;
                rest = rest.get(usize::from(u16::from_be_bytes(*length)).max(2)..)?;
                scans += u32::from(marker == 0xda);
                sequential |= matches!(marker, 0xc0 | 0xc1);
            }
        }
    }
}

/// The byte behind the next 0xFF (fill bytes skipped); `rest` then begins behind it.
fn next_marker(rest: &mut &[u8]) -> Option<u8> {
    let at = rest.iter().position(|byte| *byte == 0xff)?;
    let behind = rest.get(at..)?;
    let at = behind.iter().position(|byte| *byte != 0xff)?;
    let marker = *behind.get(at)?;
    *rest = behind.get(at + 1..)?;
    Some(marker)
}
