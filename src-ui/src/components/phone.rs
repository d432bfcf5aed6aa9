//! A telephone number: to press in a browser, to read in the app's window, which opens nothing
//! outside itself.

use leptos::prelude::*;

use super::icon::Icon;
use crate::context::use_room;
use crate::gateway::Gateway;

/// A sentence that names a number.
#[component]
pub(crate) fn Phone(
    /// The number.
    number: String,
    /// The sentence.
    text: String,
    /// In the sprite.
    icon: &'static str,
    /// In the styles.
    class: &'static str,
) -> impl IntoView {
    match use_room().gateway {
        Gateway::Browser => {
            let href = format!("tel:{}", number.replace(' ', ""));
            view! { <a class=class href=href><Icon name=icon size="i-20"/>{text}</a> }.into_any()
        }
        Gateway::App => {
            view! { <p class=class><Icon name=icon size="i-20"/><span>{text}</span></p> }.into_any()
        }
    }
}
