//! Photos of a few pixels, and where they are kept.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use mend_core::id::PhotoHash;
use sha2::{Digest, Sha256};

/// How many different photos there are.
pub const COUNT: usize = 24;

/// A photo.
#[derive(Debug, Clone)]
pub struct Picture {
    /// Its name.
    pub hash: PhotoHash,
    /// A real JPEG, 8 by 8 pixels.
    pub bytes: Vec<u8>,
}

static PICTURES: LazyLock<Vec<Picture>> = LazyLock::new(|| {
    let picture = |n: usize| {
        let shade = |at: usize| u8::try_from((at * 7 + n * 31) % 251).unwrap_or(0);
        let pixels: Vec<u8> = (0..8 * 8 * 3).map(shade).collect();
        let mut bytes = Vec::new();
        let encoder = jpeg_encoder::Encoder::new(&mut bytes, 60);
        // Eight by eight pixels fit; if they did not, the server would refuse an empty photo.
        let _ = encoder.encode(&pixels, 8, 8, jpeg_encoder::ColorType::Rgb);
        Picture { hash: PhotoHash(Sha256::digest(&bytes).into()), bytes }
    };
    (0..COUNT).map(picture).collect()
});

/// All of them.
pub fn pictures() -> &'static [Picture] {
    &PICTURES
}

/// The bytes that should stand under a name.
pub fn bytes_of(hash: PhotoHash) -> Option<&'static [u8]> {
    static BY_HASH: LazyLock<BTreeMap<PhotoHash, usize>> = LazyLock::new(|| {
        pictures().iter().enumerate().map(|(at, picture)| (picture.hash, at)).collect()
    });
    BY_HASH.get(&hash).and_then(|at| pictures().get(*at)).map(|picture| picture.bytes.as_slice())
}
