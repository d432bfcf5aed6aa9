//! Photos: from the bytes that a camera or a file gave to the bytes that are kept and sent.

mod color;
mod files;
mod formats;
mod prepare;

pub use files::dimensions;
pub use mend_photos::{Layout, PhotoFiles, PhotoSize};
pub use prepare::{LONG_SIDE, Prepared, THUMB_SIDE, prepare, thumbnail};

/// Most bytes of a photo before it is shrunk: 40 MB.
pub const ORIGINAL_LIMIT: u64 = 40_000_000;
/// Most pixels of a photo before it is shrunk: twice what a phone of today takes when it takes its
/// time, and half of what the largest sensors can.
pub const PIXEL_LIMIT: u64 = 100_000_000;
/// Most bytes that a photo may take while it is opened, beside its file: some ways of writing an
/// image need three times the memory of others, and a phone has little.
pub const MEMORY_LIMIT: u64 = 450_000_000;

/// Why a photo cannot be taken. Each has a remedy that a person can follow.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PhotoError {
    /// The bytes are of no kind of image.
    #[error("this file is not a photo")]
    NotImage,
    /// A kind of image that this program cannot open.
    #[error("photos of the kind {format} cannot be opened here")]
    FormatUnsupported {
        /// `HEIC`, `AVIF`, `GIF`, `TIFF`, `BMP` or `JPEG` (a rare variant of it).
        format: &'static str,
    },
    /// It ends too early, or is damaged inside.
    #[error("the photo is not complete")]
    Truncated,
    /// More bytes than [`ORIGINAL_LIMIT`].
    #[error("the photo has {bytes} bytes, more than {ORIGINAL_LIMIT}")]
    TooLarge {
        /// Its size.
        bytes: u64,
    },
    /// More pixels than [`PIXEL_LIMIT`], by its header, or more than can be opened within
    /// [`MEMORY_LIMIT`], written as they are.
    #[error("the photo has {width} × {height} pixels, more than can be opened here")]
    TooManyPixels {
        /// Its width.
        width: u32,
        /// Its height.
        height: u32,
    },
}

impl PhotoError {
    /// Stable code; the interface has a sentence for each.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotImage => "photo_not_image",
            Self::FormatUnsupported { .. } => "photo_format_unsupported",
            Self::Truncated => "photo_truncated",
            Self::TooLarge { .. } => "photo_too_large",
            Self::TooManyPixels { .. } => "photo_too_many_pixels",
        }
    }

    /// Facts for the sentence.
    pub fn params(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::NotImage | Self::Truncated => Vec::new(),
            Self::FormatUnsupported { format } => vec![("format", (*format).to_owned())],
            Self::TooLarge { .. } => vec![("limit", ORIGINAL_LIMIT.to_string())],
            Self::TooManyPixels { width, height } => {
                vec![("width", width.to_string()), ("height", height.to_string())]
            }
        }
    }
}
