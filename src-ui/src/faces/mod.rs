//! One face per group of people. A screen that does not exist yet is absent.

use leptos::prelude::*;

use crate::components::page::Heading;
use crate::i18n::t;

pub(crate) mod crew;
pub(crate) mod portal;
pub(crate) mod resident;

/// An address that leads nowhere.
#[component]
pub(crate) fn NotFound() -> impl IntoView {
    view! {
        <main id="main" class="page" tabindex="-1">
            <div class="body">
                <Heading text=t!("not-found-title")/>
                <p class="muted">{t!("not-found-text")}</p>
                <a class="btn btn-line" href="/">{t!("not-found-home")}</a>
            </div>
        </main>
    }
}
