//! One face per group of people. A screen that does not exist yet is absent.

use leptos::prelude::*;

use crate::components::page::Heading;
use crate::components::shell::Brand;
use crate::i18n::t;

pub(crate) mod crew;
pub(crate) mod portal;
pub(crate) mod resident;

/// An address that leads nowhere.
#[component]
pub(crate) fn NotFound() -> impl IntoView {
    view! {
        <div class="page-narrow">
            <header class="top"><Brand/></header>
            <main id="main" class="body" tabindex="-1">
                <Heading text=t!("not-found-title")/>
                <p class="muted">{t!("not-found-text")}</p>
                <a class="btn btn-signal btn-lg" href="/">{t!("not-found-home")}</a>
            </main>
        </div>
    }
}
