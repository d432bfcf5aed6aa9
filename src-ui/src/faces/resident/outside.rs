//! A place that is not in the city, and whose it may be.

use leptos::prelude::*;
use mend_core::api::Preview;

use crate::components::icon::Icon;
use crate::context::use_room;
use crate::i18n::t;

/// Says so, if the place of `preview` is outside. The report can still be kept.
#[component]
pub(crate) fn Outside(preview: Signal<Option<Preview>>) -> impl IntoView {
    let room = use_room();
    move || {
        let preview = preview.get().filter(|preview| !preview.inside)?;
        let city = room.city_now()?;
        let (title, text) = match preview.whose {
            Some(whose) => (
                t!("outside-whose", whose = whose.name),
                t!("outside-their-line", phone = whose.service_line),
            ),
            None => (
                t!("outside-title", city = city.name),
                t!("outside-text", phone = city.service_line),
            ),
        };
        Some(view! {
            <div class="bn st-soon" role="alert" data-testid="outside">
                <Icon name="alert"/>
                <p>
                    <b>{title}</b>
                    " "
                    {text}
                </p>
            </div>
        })
    }
}
