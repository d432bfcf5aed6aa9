//! A chosen file on its way to the device's room, in pieces: a whole photo in one call would stop
//! the window, and Android passes no raw bytes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use js_sys::{ArrayBuffer, Uint8Array};
use mend_core::api::DraftPhoto;
use mend_core::id::DraftId;
use serde_json::json;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::JsValue;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, File};

use super::{Answer, Gateway, failure};

/// Bytes in one piece.
const PIECE: f64 = 786_432.0;

/// Sends `file` to the draft and answers with the cleaned photo. `progress` hears 0 to 1.
pub(crate) async fn send_photo(
    gateway: Gateway,
    draft: DraftId,
    file: &File,
    progress: impl Fn(f64),
) -> Answer<DraftPhoto> {
    let size = file.size();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a file's size is a whole number from 0 on"
    )]
    let bytes = size as u64;
    progress(0.0);
    let upload: u32 =
        gateway.call("photo_begin", json!({ "draft": draft, "bytes": bytes })).await?;
    let mut at = 0.0;
    while at < size {
        let end = (at + PIECE).min(size);
        let piece = read(file, at, end).await.map_err(|_| failure("photo_unreadable"))?;
        let data = STANDARD.encode(piece);
        let () = gateway.call("photo_piece", json!({ "upload": upload, "data": data })).await?;
        at = end;
        progress(at / size);
    }
    gateway.call("photo_finish", json!({ "upload": upload })).await
}

async fn read(file: &File, from: f64, to: f64) -> Result<Vec<u8>, JsValue> {
    let blob: Blob = file.slice_with_f64_and_f64(from, to)?;
    let buffer: ArrayBuffer = JsFuture::from(blob.array_buffer()).await?.unchecked_into();
    Ok(Uint8Array::new(&buffer).to_vec())
}
