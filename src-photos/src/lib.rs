//! Photos as files, one for server and device.
//!
//! [`PhotoFiles`] keeps whole photos under the hash of their bytes: a name is there only with all
//! of its bytes, whenever the power goes. [`Unfinished`] keeps what has come of photos that are
//! still being uploaded: what was acknowledged outlives a power cut, and what was only half written
//! is never taken for it. Both reach the disk through [`Disk`] alone, so that a simulation can put
//! one below them that forgets what was not synced. Nothing here looks into a picture.

mod disk;
mod files;
mod unfinished;

pub use disk::{Disk, RealDisk};
pub use files::{Layout, PhotoFiles, PhotoSize};
pub use unfinished::{Assembled, Bounds, Kept, Unfinished, Upload};

/// Most bytes of one piece of an upload, 512 KiB. A photo as devices make them is one or two
/// pieces. Through a round trip of 100 ms and 5 Mbit/s, a photo of 418 KB went with 90 % of the
/// speed of a plain upload; in pieces of 256 KiB with 81 %, of 128 KiB with 67 %. And what a cut
/// can lose is less than a second of that link.
pub const PIECE_LIMIT: usize = 512 << 10;

/// Fewest bytes to which a device shortens its pieces on a bad link, 16 KiB.
pub const PIECE_LEAST: usize = 16 << 10;
