//! Icons: one sprite, fetched once and laid into the page. They never carry meaning alone.

use leptos::prelude::*;
use mend_core::catalogue::Service;

use crate::gateway::fetch_text;

/// Puts the sprite into the page, so that every [`Icon`] finds its drawing.
pub(crate) async fn load() {
    let Ok(sprite) = fetch_text("/icons/sprite.svg").await else { return };
    let document = document();
    if let (Some(body), Ok(holder)) = (document.body(), document.create_element("div")) {
        holder.set_class_name("sprite");
        // The document's own parser accepts both; an icon that is missing is only not drawn.
        let _ = holder.set_attribute("aria-hidden", "true");
        holder.set_inner_html(&sprite);
        let _ = body.append_child(&holder);
    }
}

/// Fetches the services' drawings, `icons/services/<code>.svg`, each once. Pages may show them
/// before they are here: a drawing appears where it is referred to as soon as it is in the page.
pub(crate) fn load_services(services: &[Service]) {
    for service in services {
        let id = format!("i-svc-{}", service.code);
        if document().get_element_by_id(&id).is_some() {
            continue;
        }
        let Some(place) = lay_down(&id) else { continue };
        let url = format!("/icons/services/{}.svg", service.code);
        leptos::task::spawn_local(async move {
            // A missing file may come back as the application's own page.
            let drawing = fetch_text(&url).await.ok().filter(|text| text.contains("<svg "));
            place.set_inner_html(drawing.as_deref().unwrap_or(FLAG));
        });
    }
}

/// For a service without a drawing.
const FLAG: &str = "<use href=\"#i-flag\"></use>";

fn lay_down(id: &str) -> Option<web_sys::Element> {
    let document = document();
    let symbol = document.create_element_ns(Some("http://www.w3.org/2000/svg"), "symbol").ok()?;
    symbol.set_id(id);
    symbol.set_attribute("viewBox", "0 0 24 24").ok()?;
    let sprite = document.query_selector(".sprite > svg").ok()??;
    sprite.append_child(&symbol).ok()?;
    Some(symbol)
}

/// A drawing of the sprite, by its name without `i-`.
#[component]
pub(crate) fn Icon(
    /// Name in the sprite.
    #[prop(into)]
    name: String,
    /// Size: `i-16`, `i-20`, …
    #[prop(optional)]
    size: &'static str,
) -> impl IntoView {
    view! {
        <svg class=format!("i {size}") aria-hidden="true" focusable="false">
            <use href=format!("#i-{name}")></use>
        </svg>
    }
}

/// A service's drawing, of the city's own icons.
#[component]
pub(crate) fn ServiceIcon(
    /// The service's code; a flag while there is none.
    #[prop(into)]
    code: String,
    /// Size.
    #[prop(optional)]
    size: &'static str,
) -> impl IntoView {
    view! { <Icon name=if code.is_empty() { "flag".to_owned() } else { format!("svc-{code}") } size/> }
}

/// The brand's mark.
#[component]
pub(crate) fn Mark() -> impl IntoView {
    view! {
        <svg class="mark" aria-hidden="true" focusable="false">
            <use href="#mark"></use>
        </svg>
    }
}
