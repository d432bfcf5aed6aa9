//! Photos for the window, by the app's own scheme: `mend://localhost/photos/<hash>`, with
//! `?thumb` a small one. Windows and Android spell the scheme `http://mend.localhost/…`.

use mend_core::id::PhotoHash;
use mend_device::{Device, photo::PhotoSize};
use tauri::http::{Request, Response, StatusCode, header};

/// What the page asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// Which photo.
    pub(crate) hash: PhotoHash,
    /// Whole or small.
    pub(crate) size: PhotoSize,
}

impl Wanted {
    /// None: the address names no photo.
    pub(crate) fn read<B>(request: &Request<B>) -> Option<Self> {
        let hash = request.uri().path().strip_prefix("/photos/")?.parse().ok()?;
        let thumb = request.uri().query() == Some("thumb");
        Some(Self { hash, size: if thumb { PhotoSize::Thumb } else { PhotoSize::Full } })
    }
}

/// Looks for it on this device.
pub(crate) async fn answer(device: &Device, wanted: Option<Wanted>) -> Response<Vec<u8>> {
    let Some(wanted) = wanted else { return response(None) };
    let bytes = device.photo_bytes(wanted.hash, wanted.size).await;
    response(bytes.unwrap_or_else(|error| {
        tracing::error!(%error, hash = %wanted.hash, "a photo cannot be read");
        None
    }))
}

/// A JPEG, or 404. A hash names its bytes for ever, so the window may keep them.
fn response(jpeg: Option<Vec<u8>>) -> Response<Vec<u8>> {
    let Some(jpeg) = jpeg else {
        let mut missing = Response::new(Vec::new());
        *missing.status_mut() = StatusCode::NOT_FOUND;
        return missing;
    };
    let mut found = Response::new(jpeg);
    let headers = found.headers_mut();
    headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static("image/jpeg"));
    headers.insert(
        header::CACHE_CONTROL,
        header::HeaderValue::from_static("private, max-age=31536000, immutable"),
    );
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, header::HeaderValue::from_static("nosniff"));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(uri: &str) -> Option<Wanted> {
        Wanted::read(&Request::builder().uri(uri).body(()).unwrap())
    }

    #[test]
    fn a_photo_is_asked_for_by_its_hash_alone() {
        let hex = "ab".repeat(32);
        let whole = read(&format!("mend://localhost/photos/{hex}")).unwrap();
        assert_eq!((whole.hash.to_string(), whole.size), (hex.clone(), PhotoSize::Full));
        let small = read(&format!("http://mend.localhost/photos/{hex}?thumb")).unwrap();
        assert_eq!(small.size, PhotoSize::Thumb);
        for bad in
            ["mend://localhost/photos/..%2fkeys", "mend://localhost/photos/", "mend://localhost/x"]
        {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    #[test]
    fn what_is_not_here_is_404() {
        assert_eq!(response(None).status(), StatusCode::NOT_FOUND);
        assert_eq!(response(Some(vec![1])).headers()[header::CONTENT_TYPE], "image/jpeg");
    }
}
