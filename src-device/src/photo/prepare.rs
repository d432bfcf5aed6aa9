//! Shrunk, in the colours of sRGB, upright, re-encoded without metadata, hashed.

use std::io::Cursor;

use fast_image_resize::images::Image as Resized;
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use image::{
    ColorType, DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits, RgbImage,
};
use jpeg_encoder::Encoder;
use mend_core::id::PhotoHash;
use mend_core::photo_hint::{self, Hint, NoHint, Orientation};
use sha2::{Digest, Sha256};
use zune_jpeg::JpegDecoder;
use zune_jpeg::errors::DecodeErrors;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::color::to_srgb;
use super::formats::{Format, jpeg_outline, sniff};
use super::{MEMORY_LIMIT, ORIGINAL_LIMIT, PIXEL_LIMIT, PhotoError};

/// Most pixels of the longer side of what is kept and sent.
pub const LONG_SIDE: u32 = 2048;
/// Most pixels of the longer side of a thumbnail.
pub const THUMB_SIDE: u32 = 320;
/// Quality of what is sent: 82 of 100, where the eye sees no loss in a street.
const QUALITY: u8 = 82;

/// A photo as it is kept and sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Prepared {
    /// A JPEG without any metadata.
    pub jpeg: Vec<u8>,
    /// The same, at most [`THUMB_SIDE`] pixels long.
    pub thumb: Vec<u8>,
    /// SHA-256 of `jpeg`.
    pub sha256: PhotoHash,
    /// Pixels, as seen upright.
    pub width: u32,
    /// Pixels, as seen upright.
    pub height: u32,
    /// What the original said of place and time.
    pub hint: Result<Hint, NoHint>,
}

/// Takes a photo as a camera or a file gave it. Slow (a tenth of a second): never on an async
/// thread.
///
/// # Errors
/// [`PhotoError`] with the reason, for a person.
pub fn prepare(bytes: &[u8]) -> Result<Prepared, PhotoError> {
    let size = bytes.len() as u64;
    if size > ORIGINAL_LIMIT {
        return Err(PhotoError::TooLarge { bytes: size });
    }
    let Decoded { rgb, profile } = match sniff(bytes)? {
        Format::Jpeg => decode_jpeg(bytes)?,
        Format::Png => decode_other(bytes, ImageFormat::Png)?,
        Format::WebP => decode_other(bytes, ImageFormat::WebP)?,
    };
    let hint = photo_hint::read(bytes);
    let orientation = hint.as_ref().map_or(Orientation::Upright, |hint| hint.orientation);
    // Shrinking first: converting and turning then meet a fourth of the pixels.
    let rgb = upright(to_srgb(shrink(rgb, LONG_SIDE)?, profile.as_deref()), orientation);
    let (width, height) = rgb.dimensions();
    let jpeg = encode(&rgb)?;
    let thumb = encode(&shrink(rgb, THUMB_SIDE)?)?;
    let sha256 = PhotoHash(Sha256::digest(&jpeg).into());
    Ok(Prepared { jpeg, thumb, sha256, width, height, hint })
}

/// The thumbnail of a photo that the server gave, already clean. Slow: never on an async thread.
///
/// # Errors
/// [`PhotoError`] if the bytes are no photo after all.
pub fn thumbnail(jpeg: &[u8]) -> Result<Vec<u8>, PhotoError> {
    match sniff(jpeg)? {
        Format::Jpeg => encode(&shrink(decode_jpeg(jpeg)?.rgb, THUMB_SIDE)?),
        Format::Png | Format::WebP => Err(PhotoError::NotImage),
    }
}

/// Pixels as they are stored, and what they mean.
struct Decoded {
    rgb: RgbImage,
    /// An ICC profile, unread.
    profile: Option<Vec<u8>>,
}

/// Whether so many pixels can be opened, `bytes_by_64` for each 64 of them; asked before any of
/// them is decoded.
fn check_pixels(width: u32, height: u32, bytes_by_64: u64) -> Result<(), PhotoError> {
    if width == 0 || height == 0 {
        return Err(PhotoError::Truncated);
    }
    let pixels = u64::from(width) * u64::from(height);
    if pixels > PIXEL_LIMIT || pixels.saturating_mul(bytes_by_64) / 64 > MEMORY_LIMIT {
        return Err(PhotoError::TooManyPixels { width, height });
    }
    Ok(())
}

/// What stands in the place of a JPEG's end marker: bits that begin no symbol. A code of ones alone
/// is forbidden (ITU T.81, annex C), so a decoder that needs more than there is fails at the first
/// symbol behind the end. At the marker itself it would go on with zeros, also in strict mode, and
/// a download that broke off and was closed would be a photo with a grey half. A whole photo is
/// decoded without a look at these bits, which go on as its last byte's padding does.
const NO_SYMBOL: [u8; 2] = [0xff, 0x00];

/// Decodes a JPEG. Strictly: what a lenient decoder would fill with grey is refused.
fn decode_jpeg(bytes: &[u8]) -> Result<Decoded, PhotoError> {
    let failed = |error: DecodeErrors| match error {
        DecodeErrors::Unsupported(_) => PhotoError::FormatUnsupported { format: "JPEG" },
        _ => PhotoError::Truncated,
    };
    let mut header = jpeg_decoder(bytes);
    header.decode_headers().map_err(failed)?;
    let info = header.info().ok_or(PhotoError::Truncated)?;
    let (width, height) = (u32::from(info.width), u32::from(info.height));
    check_pixels(width, height, 64 * 3)?;
    let outline = jpeg_outline(bytes).ok_or(PhotoError::Truncated)?;
    check_pixels(width, height, 64 * 3 + 2 * outline.kept_by_64)?;
    let profile = header.icc_profile();

    let mut coded = bytes.get(..outline.end).unwrap_or_default().to_vec();
    if outline.sequential {
        coded.extend(NO_SYMBOL.repeat(64));
    } else {
        // Scan upon scan: the last one's end is not the picture's.
        coded.extend([0xff, 0xd9]);
    }
    let pixels = jpeg_decoder(&coded).decode().map_err(failed)?;
    let rgb = RgbImage::from_raw(width, height, pixels).ok_or(PhotoError::Truncated)?;
    Ok(Decoded { rgb, profile })
}

fn jpeg_decoder(bytes: &[u8]) -> JpegDecoder<ZCursor<&[u8]>> {
    let options = DecoderOptions::default()
        .set_strict_mode(true)
        .set_max_width(usize::from(u16::MAX))
        .set_max_height(usize::from(u16::MAX))
        .jpeg_set_out_colorspace(ColorSpace::RGB);
    JpegDecoder::new_with_options(ZCursor::new(bytes), options)
}

fn decode_other(bytes: &[u8], format: ImageFormat) -> Result<Decoded, PhotoError> {
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut limits = Limits::default();
    limits.max_alloc = Some(MEMORY_LIMIT);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|_| PhotoError::Truncated)?;
    let (width, height) = decoder.dimensions();
    // As they are decoded, and again as eight-bit RGB if that is something else.
    let color = decoder.color_type();
    let (decoded, kept) = (u64::from(color.bytes_per_pixel()), 3);
    let bytes_a_pixel = if color == ColorType::Rgb8 { kept } else { decoded + kept };
    check_pixels(width, height, 64 * bytes_a_pixel)?;
    let profile = decoder.icc_profile().ok().flatten();
    let image = DynamicImage::from_decoder(decoder).map_err(|error| match error {
        ImageError::Limits(_) => PhotoError::TooManyPixels { width, height },
        _ => PhotoError::Truncated,
    })?;
    Ok(Decoded { rgb: on_white(image), profile })
}

/// JPEG knows no transparency; what was transparent becomes paper, not black.
fn on_white(image: DynamicImage) -> RgbImage {
    if !image.color().has_alpha() {
        return image.into_rgb8();
    }
    let rgba = image.into_rgba8();
    let (width, height) = rgba.dimensions();
    let blend = |value: u8, alpha: u8| {
        let (value, alpha) = (u32::from(value), u32::from(alpha));
        u8::try_from((value * alpha + 255 * (255 - alpha) + 127) / 255).unwrap_or(255)
    };
    let mut rgb = RgbImage::new(width, height);
    for (pixel, drawn) in rgba.pixels().zip(rgb.pixels_mut()) {
        let [r, g, b, a] = pixel.0;
        drawn.0 = [blend(r, a), blend(g, a), blend(b, a)];
    }
    rgb
}

/// At most `side` pixels long, sides in proportion, never enlarged. Lanczos with three lobes.
fn shrink(rgb: RgbImage, side: u32) -> Result<RgbImage, PhotoError> {
    let (width, height) = rgb.dimensions();
    let long = width.max(height);
    if long <= side {
        return Ok(rgb);
    }
    let scale = |length: u32| {
        let length = (u64::from(length) * u64::from(side) + u64::from(long) / 2) / u64::from(long);
        u32::try_from(length).unwrap_or(side).max(1)
    };
    let (to_width, to_height) = (scale(width), scale(height));
    let source = Resized::from_vec_u8(width, height, rgb.into_raw(), PixelType::U8x3)
        .map_err(|_| PhotoError::Truncated)?;
    let mut target = Resized::new(to_width, to_height, PixelType::U8x3);
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Lanczos3));
    Resizer::new().resize(&source, &mut target, &options).map_err(|_| PhotoError::Truncated)?;
    RgbImage::from_raw(to_width, to_height, target.into_vec()).ok_or(PhotoError::Truncated)
}

fn upright(rgb: RgbImage, orientation: Orientation) -> RgbImage {
    use image::imageops::{flip_horizontal, flip_vertical, rotate90, rotate180, rotate270};
    match orientation {
        Orientation::Upright => rgb,
        Orientation::FlipHorizontal => flip_horizontal(&rgb),
        Orientation::Rotate180 => rotate180(&rgb),
        Orientation::FlipVertical => flip_vertical(&rgb),
        Orientation::Transpose => flip_horizontal(&rotate90(&rgb)),
        Orientation::Rotate90 => rotate90(&rgb),
        Orientation::Transverse => flip_horizontal(&rotate270(&rgb)),
        Orientation::Rotate270 => rotate270(&rgb),
    }
}

fn encode(rgb: &RgbImage) -> Result<Vec<u8>, PhotoError> {
    let side = |length| u16::try_from(length).map_err(|_| PhotoError::Truncated);
    let (width, height) = (side(rgb.width())?, side(rgb.height())?);
    let mut jpeg = Vec::new();
    Encoder::new(&mut jpeg, QUALITY)
        .encode(rgb.as_raw(), width, height, jpeg_encoder::ColorType::Rgb)
        .map_err(|_| PhotoError::Truncated)?;
    Ok(jpeg)
}
