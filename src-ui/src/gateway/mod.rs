//! The one way out of the interface: IPC in the app's window, HTTP in a browser.

mod app;
mod browser;
mod photo;

use mend_core::api::Failure;
use serde::de::DeserializeOwned;
use serde_json::Value;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::JsValue;
use wasm_bindgen_futures::JsFuture;
use web_sys::Response;

pub(crate) use photo::send_photo;

/// An answer, or why there is none.
pub(crate) type Answer<T> = Result<T, Failure>;

/// Where this interface runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gateway {
    /// In the app's window.
    App,
    /// In a browser, served by the backend.
    Browser,
}

impl Gateway {
    /// The app's window carries the shell's bridge; a browser does not.
    pub(crate) fn detect() -> Self {
        if app::bridge().is_some() { Self::App } else { Self::Browser }
    }

    /// Calls `command` of the app with an object of arguments.
    pub(crate) async fn call<T: DeserializeOwned>(self, command: &str, args: Value) -> Answer<T> {
        match self {
            Self::App => app::invoke(command, &args).await,
            // Screens that call the app are not shown in a browser.
            Self::Browser => Err(failure("not_in_browser")),
        }
    }

    /// The city, if this device ever heard of one.
    pub(crate) async fn city(self) -> Answer<Option<mend_core::api::CityView>> {
        match self {
            Self::App => self.call("city", Value::Null).await,
            Self::Browser => browser::get("/v1/services").await.map(Some),
        }
    }

    /// What anyone with this code may know.
    pub(crate) async fn track(
        self,
        code: mend_core::tracking::TrackingCode,
    ) -> Answer<mend_core::api::Tracked> {
        browser::get(&format!("/v1/track/{code}")).await
    }

    /// Calls `heard` whenever anything that the answers hold has changed.
    pub(crate) fn on_change(self, heard: impl Fn() + 'static) {
        if self == Self::App {
            app::listen("changed", heard);
        }
    }

    /// Address of a photo on this device.
    pub(crate) fn photo_url(hash: mend_core::id::PhotoHash, thumb: bool) -> String {
        app::photo_url(hash, thumb)
    }
}

/// A failure that carries no facts.
pub(crate) fn failure(code: &str) -> Failure {
    Failure { code: code.to_owned(), params: std::collections::BTreeMap::new() }
}

/// The text behind an address of this origin.
pub(crate) async fn fetch_text(url: &str) -> Answer<String> {
    let (ok, text) = fetch(url).await?;
    if ok { Ok(text) } else { Err(failure("not_found")) }
}

async fn fetch(url: &str) -> Answer<(bool, String)> {
    let lost = |_: JsValue| failure("no_network");
    let window = web_sys::window().ok_or_else(|| failure("unexpected"))?;
    let response: Response =
        JsFuture::from(window.fetch_with_str(url)).await.map_err(lost)?.unchecked_into();
    let text = JsFuture::from(response.text().map_err(lost)?).await.map_err(lost)?;
    Ok((response.ok(), text.as_string().unwrap_or_default()))
}
