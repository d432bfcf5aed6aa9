//! The portal: the interface in a browser, out of the program itself.

use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;

use super::Shared;
use super::city::is_cached;
use super::problem::{Code, Problem};

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../src-ui/dist"]
#[allow_missing = true]
struct Interface;

const INDEX: &str = "index.html";
/// Nothing but the server's own files, and no other page around it. WebAssembly needs its word.
const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
                      img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; \
                      manifest-src 'self'; base-uri 'self'; form-action 'self'; \
                      frame-ancestors 'none'";

fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, end)| end) {
        Some("html") => "text/html; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("jpg" | "jpeg") => "image/jpeg",
        Some("ico") => "image/x-icon",
        Some("woff2") => "font/woff2",
        Some("json" | "webmanifest") => "application/json",
        Some("ftl" | "txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

/// A file of the interface; for any other page of it, its entry, which knows its own pages.
pub async fn serve(
    State(_): State<Shared>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let path = uri.path().trim_start_matches('/');
    if path == "v1" || path.starts_with("v1/") {
        return Problem::new(Code::NotFound).into_response();
    }
    if method != Method::GET && method != Method::HEAD {
        return Problem::new(Code::MethodNotAllowed).into_response();
    }
    // A name with a dot is a file: one that is missing must not come back as a page.
    let is_page = !path.rsplit('/').next().unwrap_or_default().contains('.');
    let path = if is_page { INDEX } else { path };
    match Interface::get(path) {
        Some(file) => {
            let etag = format!("\"{}\"", hex::encode(file.metadata.sha256_hash()));
            let about = [
                (CONTENT_TYPE, content_type(path)),
                (CONTENT_SECURITY_POLICY, POLICY),
                (CACHE_CONTROL, "no-cache"),
                (ETAG, etag.as_str()),
            ];
            if is_cached(&headers, &etag) {
                (StatusCode::NOT_MODIFIED, about).into_response()
            } else {
                (about, file.data).into_response()
            }
        }
        None if is_page => (
            StatusCode::NOT_FOUND,
            [(CONTENT_TYPE, "text/plain; charset=utf-8"), (CONTENT_SECURITY_POLICY, POLICY)],
            "This server was built without the portal. The app works with it all the same.\n",
        )
            .into_response(),
        None => Problem::new(Code::NotFound).into_response(),
    }
}
