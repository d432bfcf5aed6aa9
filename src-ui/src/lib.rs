//! Mend's interface: one Leptos application, in the app's window and in any browser.
//!
//! What a screen needs comes through [`gateway`], what it says through [`i18n`], and how it looks
//! lies in `styles/`. Nothing here knows a rule of the domain: those are in `mend_core`.

mod app;
mod components;
mod context;
mod faces;
mod format;
mod gateway;
pub mod i18n;
mod typing;

use wasm_bindgen::prelude::wasm_bindgen;

/// Fetches words and icons, then puts the application into the page.
#[wasm_bindgen(start)]
pub fn start() {
    console_error_panic_hook::set_once();
    wasm_bindgen_futures::spawn_local(async {
        i18n::load("en").await;
        components::icon::load().await;
        leptos::mount::mount_to_body(app::App);
    });
}
