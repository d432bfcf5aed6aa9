//! What the headers of one piece of an upload say, by the words of tus 1.0 (tus.io/protocols).

/// The version of the words, in the header `Tus-Resumable` of every question and answer.
pub const VERSION: &str = "1.0.0";
/// The only type of a piece.
pub const PIECE_TYPE: &str = "application/offset+octet-stream";

/// Why headers announce no piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadPiece {
    /// Another version than [`VERSION`], or none.
    #[error("another version of tus")]
    Version,
    /// Another type than [`PIECE_TYPE`], or none.
    #[error("another type of content")]
    Type,
    /// No offset, or one that is no number of bytes.
    #[error("no offset")]
    Offset,
}

/// Where in the photo a piece begins, from the values of `Tus-Resumable`, `Content-Type` and
/// `Upload-Offset` as they came; none: there is no such header, or more than one.
///
/// # Errors
/// See [`BadPiece`].
pub fn offset(
    version: Option<&[u8]>,
    type_: Option<&[u8]>,
    offset: Option<&[u8]>,
) -> Result<u64, BadPiece> {
    if version != Some(VERSION.as_bytes()) {
        return Err(BadPiece::Version);
    }
    if !type_.is_some_and(|type_| type_.eq_ignore_ascii_case(PIECE_TYPE.as_bytes())) {
        return Err(BadPiece::Type);
    }
    let digits = offset.ok_or(BadPiece::Offset)?;
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return Err(BadPiece::Offset);
    }
    // Digits are ASCII, so only a number of more than 64 bits fails.
    let digits = std::str::from_utf8(digits).map_err(|_| BadPiece::Offset)?;
    digits.parse().map_err(|_| BadPiece::Offset)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_say_where_a_piece_begins() {
        let (one, octets) = (Some(&b"1.0.0"[..]), Some(PIECE_TYPE.as_bytes()));
        assert_eq!(offset(one, octets, Some(b"0")), Ok(0));
        assert_eq!(offset(one, octets, Some(b"0524288")), Ok(524_288));
        let mixed = Some(&b"Application/Offset+Octet-Stream"[..]);
        assert_eq!(offset(one, mixed, Some(b"18446744073709551615")), Ok(u64::MAX));
        for version in [None, Some(&b""[..]), Some(b"1.0"), Some(b"0.2.2"), Some(b"1.0.0 ")] {
            assert_eq!(offset(version, octets, Some(b"0")), Err(BadPiece::Version));
        }
        for type_ in [None, Some(&b"image/jpeg"[..]), Some(b"application/octet-stream")] {
            assert_eq!(offset(one, type_, Some(b"0")), Err(BadPiece::Type));
        }
        let bad: [&[u8]; 8] =
            [b"", b"-1", b"+1", b"1.0", b"0x10", b" 1", b"18446744073709551616", b"\xff"];
        for digits in bad {
            assert_eq!(offset(one, octets, Some(digits)), Err(BadPiece::Offset), "{digits:?}");
        }
        assert_eq!(offset(one, octets, None), Err(BadPiece::Offset));
    }
}
