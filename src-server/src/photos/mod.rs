//! Photos: bytes that an accepted command names, come in pieces, checked, kept by their hash.

mod jpeg;
mod piece;

pub use jpeg::{BadPhoto, Checked, PIXELS_LIMIT, check};
pub use piece::{BadPiece, PIECE_TYPE, VERSION, offset};
