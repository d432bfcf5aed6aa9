//! What a kept photo's header says. The files themselves are kept by `mend_photos`.

use std::io::{self, Cursor};

use image::{ImageFormat, ImageReader};
use mend_core::id::PhotoHash;
use mend_photos::{PhotoFiles, PhotoSize};

/// Width and height of a kept photo in pixels; none: it is not here, or is no longer whole.
///
/// # Errors
/// When the disk says no.
pub fn dimensions(files: &PhotoFiles, hash: PhotoHash) -> io::Result<Option<(u32, u32)>> {
    let bytes = files.read(hash, PhotoSize::Full)?;
    Ok(bytes.and_then(|bytes| {
        ImageReader::with_format(Cursor::new(bytes), ImageFormat::Jpeg).into_dimensions().ok()
    }))
}
