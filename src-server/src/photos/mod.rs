//! Photos: bytes that an accepted command names, checked, kept by their hash.

mod files;
mod jpeg;

pub use files::PhotoFiles;
pub use jpeg::{BadPhoto, Checked, PIXELS_LIMIT, check};
