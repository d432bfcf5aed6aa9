//! What kind of image some bytes are, and how a JPEG is laid out.

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

/// How a JPEG is laid out (ITU T.81, annex B), without a look at its pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct JpegOutline {
    /// Offset of the end-of-image marker.
    pub end: usize,
    /// Written from top to bottom (SOF0, SOF1), not progressively.
    pub sequential: bool,
    /// Coefficients that a decoder must keep until the last scan, in all of 2 bytes, for 64 pixels;
    /// zero where each row can be drawn as it comes.
    pub kept_by_64: u64,
}

/// Reads the outline up to the end-of-image marker behind at least one scan. None: there is no such
/// marker.
///
/// A decoder fills what is missing with grey and says nothing; a report with half a photo helps
/// nobody. A preview in the EXIF block has an end of its own, so segments are stepped over.
pub(super) fn jpeg_outline(bytes: &[u8]) -> Option<JpegOutline> {
    let mut outline = JpegOutline::default();
    let (mut scans, mut components, mut coefficients) = (0, 0, 0);
    let mut rest = bytes.get(2..)?;
    loop {
        match next_marker(&mut rest)? {
            0xd9 if scans > 0 => {
                outline.end = bytes.len() - rest.len() - 2;
                // The marker begins with its fill bytes.
                while bytes[..outline.end].last() == Some(&0xff) {
                    outline.end -= 1;
                }
                return Some(outline);
            }
            0xd9 => return None,
            // Markers without a length: TEM, RST0–7, SOI; 00 is a stuffed byte.
            0x00 | 0x01 | 0xd0..=0xd8 => {}
            marker => {
                let (length, _) = rest.split_first_chunk::<2>()?;
                let (segment, behind) =
                    rest.split_at_checked(usize::from(u16::from_be_bytes(*length)).max(2))?;
                rest = behind;
                match marker {
                    0xc0..=0xc2 => {
                        outline.sequential = marker != 0xc2;
                        (components, coefficients) = frame(segment);
                    }
                    0xda => {
                        scans += 1;
                        let all = segment.get(2).is_some_and(|count| *count == components);
                        if !(outline.sequential && all) {
                            outline.kept_by_64 = coefficients;
                        }
                    }
                    _ => {}
                }
            }
        }
    }
}

/// Of a frame header (T.81, B.2.2): how many components it has, and how many coefficients all of
/// them have for 64 pixels.
fn frame(segment: &[u8]) -> (u8, u64) {
    let components = segment.get(8..).unwrap_or_default().chunks_exact(3);
    let samplings = components.map(|c| (u64::from(c[1] >> 4), u64::from(c[1] & 15)));
    let (mut samples, mut widest, mut highest) = (0, 1, 1);
    for (across, down) in samplings {
        samples += across * down;
        widest = widest.max(across);
        highest = highest.max(down);
    }
    (segment.get(7).copied().unwrap_or_default(), (64 * samples).div_ceil(widest * highest))
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
