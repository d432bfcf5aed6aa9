//! The app's window: the shell's bridge, reached by name so that nothing of it is linked.

use js_sys::{Function, JSON, Object, Promise, Reflect};
use mend_core::api::Failure;
use mend_core::id::PhotoHash;
use serde::de::DeserializeOwned;
use serde_json::Value;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::{Closure, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};

use super::{Answer, failure};

/// The shell's bridge, if this is its window.
pub(super) fn bridge() -> Option<JsValue> {
    let window = web_sys::window()?;
    let bridge = Reflect::get(&window, &"__TAURI_INTERNALS__".into()).ok()?;
    (!bridge.is_undefined()).then_some(bridge)
}

fn function(bridge: &JsValue, name: &str) -> Option<Function> {
    Reflect::get(bridge, &name.into()).ok()?.dyn_into().ok()
}

async fn invoke_raw(command: &str, args: &JsValue) -> Result<JsValue, JsValue> {
    let bridge = bridge().ok_or(JsValue::NULL)?;
    let invoke = function(&bridge, "invoke").ok_or(JsValue::NULL)?;
    let promise: Promise = invoke.call2(&bridge, &command.into(), args)?.dyn_into()?;
    JsFuture::from(promise).await
}

fn to_js(value: &Value) -> JsValue {
    match value {
        Value::Null => Object::new().into(),
        value => JSON::parse(&value.to_string()).unwrap_or_else(|_| Object::new().into()),
    }
}

fn to_json(value: &JsValue) -> Option<String> {
    if value.is_undefined() {
        return Some("null".to_owned());
    }
    JSON::stringify(value).ok().map(String::from)
}

/// Calls a command of the app.
pub(super) async fn invoke<T: DeserializeOwned>(command: &str, args: &Value) -> Answer<T> {
    match invoke_raw(command, &to_js(args)).await {
        Ok(answer) => to_json(&answer)
            .and_then(|text| serde_json::from_str(&text).ok())
            .ok_or_else(|| failure("unexpected")),
        Err(error) => Err(to_json(&error)
            .and_then(|text| serde_json::from_str::<Failure>(&text).ok())
            .unwrap_or_else(|| failure("unexpected"))),
    }
}

/// Calls `heard` on every event of this name, for as long as the window lives.
pub(super) fn listen(event: &str, heard: impl Fn() + 'static) {
    let Some(bridge) = bridge() else { return };
    let Some(transform) = function(&bridge, "transformCallback") else { return };
    let callback = Closure::<dyn Fn(JsValue)>::new(move |_| heard());
    let handler = transform.call1(&bridge, callback.as_ref()).unwrap_or(JsValue::NULL);
    callback.forget();
    let args = to_js(&serde_json::json!({ "event": event, "target": { "kind": "Any" } }));
    // A plain object takes every property.
    let _ = Reflect::set(&args, &"handler".into(), &handler);
    spawn_local(async move {
        if let Err(error) = invoke_raw("plugin:event|listen", &args).await {
            leptos::logging::error!("no live changes: {error:?}");
        }
    });
}

/// Address of a photo kept on this device. Windows and Android spell the app's scheme otherwise.
pub(super) fn photo_url(hash: PhotoHash, thumb: bool) -> String {
    let agent = web_sys::window()
        .and_then(|window| window.navigator().user_agent().ok())
        .unwrap_or_default();
    let origin = if agent.contains("Windows") || agent.contains("Android") {
        "http://mend.localhost"
    } else {
        "mend://localhost"
    };
    format!("{origin}/photos/{hash}{}", if thumb { "?thumb" } else { "" })
}
