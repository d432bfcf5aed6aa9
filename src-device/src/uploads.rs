//! Photos on their way from the interface into the device, in pieces: raw bodies do not arrive
//! everywhere, and a photo of 40 MB is no single message.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use mend_core::id::DraftId;

use crate::error::DeviceError;
use crate::photo::{ORIGINAL_LIMIT, PhotoError};

/// Most uploads at once: the memory that a broken page can take is bounded.
const AT_ONCE: usize = 4;

#[derive(Debug)]
struct Upload {
    draft: DraftId,
    expected: usize,
    bytes: Vec<u8>,
}

/// The uploads that are under way.
#[derive(Debug, Default)]
pub(crate) struct Uploads {
    next: u32,
    open: BTreeMap<u32, Upload>,
}

impl Uploads {
    /// Begins one of `bytes` bytes. With too many under way the oldest is given up.
    pub(crate) fn begin(&mut self, draft: DraftId, bytes: u64) -> Result<u32, DeviceError> {
        if bytes > ORIGINAL_LIMIT {
            return Err(PhotoError::TooLarge { bytes }.into());
        }
        let expected = usize::try_from(bytes).map_err(|_| PhotoError::TooLarge { bytes })?;
        while self.open.len() >= AT_ONCE {
            self.open.pop_first();
        }
        self.next = self.next.wrapping_add(1);
        self.open.insert(self.next, Upload { draft, expected, bytes: Vec::new() });
        Ok(self.next)
    }

    /// Takes the next piece, in base64.
    pub(crate) fn piece(&mut self, upload: u32, data: &str) -> Result<(), DeviceError> {
        let open = self.open.get_mut(&upload).ok_or(DeviceError::UploadGone)?;
        let piece = STANDARD.decode(data).map_err(|_| DeviceError::BadPiece)?;
        if open.bytes.len() + piece.len() > open.expected {
            self.open.remove(&upload);
            return Err(DeviceError::BadPiece);
        }
        open.bytes.extend_from_slice(&piece);
        Ok(())
    }

    /// Ends one: the draft that it is for, and its bytes.
    pub(crate) fn finish(&mut self, upload: u32) -> Result<(DraftId, Vec<u8>), DeviceError> {
        let open = self.open.remove(&upload).ok_or(DeviceError::UploadGone)?;
        if open.bytes.len() < open.expected {
            return Err(PhotoError::Truncated.into());
        }
        Ok((open.draft, open.bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DRAFT: DraftId = DraftId::from_bytes([1; 16]);

    #[test]
    fn pieces_come_together() {
        let mut uploads = Uploads::default();
        let id = uploads.begin(DRAFT, 6).unwrap();
        uploads.piece(id, "YWJj").unwrap();
        uploads.piece(id, "ZGVm").unwrap();
        assert_eq!(uploads.finish(id).unwrap(), (DRAFT, b"abcdef".to_vec()));
        assert_eq!(uploads.finish(id).unwrap_err().code(), "upload_gone");
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let mut uploads = Uploads::default();
        assert_eq!(uploads.begin(DRAFT, 40_000_001).unwrap_err().code(), "photo_too_large");
        let id = uploads.begin(DRAFT, 4).unwrap();
        assert_eq!(uploads.piece(id, "not base64").unwrap_err().code(), "bad_piece");
        uploads.piece(id, "YWJj").unwrap();
        assert_eq!(uploads.finish(id).unwrap_err().code(), "photo_truncated");
        let id = uploads.begin(DRAFT, 2).unwrap();
        assert_eq!(uploads.piece(id, "YWJj").unwrap_err().code(), "bad_piece");
        let first = uploads.begin(DRAFT, 1).unwrap();
        for _ in 0..AT_ONCE {
            uploads.begin(DRAFT, 1).unwrap();
        }
        assert_eq!(uploads.piece(first, "YQ==").unwrap_err().code(), "upload_gone");
    }
}
