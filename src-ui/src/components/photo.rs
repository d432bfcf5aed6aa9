//! Photos that lie on this device.

use leptos::prelude::*;
use mend_core::id::PhotoHash;

use super::icon::ServiceIcon;
use crate::gateway::Gateway;
use crate::i18n::t;

/// One photo in a frame that keeps its place while it loads.
#[component]
pub(crate) fn Photo(
    /// Which.
    hash: PhotoHash,
    /// What it shows; empty where the words beside it say so already.
    #[prop(into)]
    alt: String,
    /// Size: `ph-64`, `ph-72`, …
    #[prop(optional)]
    class: &'static str,
    /// The small rendition.
    #[prop(optional)]
    thumb: bool,
    /// A word on it.
    #[prop(optional, into)]
    tag: Option<String>,
) -> impl IntoView {
    view! {
        <span class=format!("ph {class}")>
            <img src=Gateway::photo_url(hash, thumb) alt=alt decoding="async"/>
            {tag.map(|tag| view! { <span class="tag">{tag}</span> })}
        </span>
    }
}

/// A photo of a list row, or the service's icon in its place.
#[component]
pub(crate) fn RowPhoto(
    /// Which.
    photo: Option<PhotoHash>,
    /// The service.
    service_code: Option<String>,
) -> impl IntoView {
    match photo {
        Some(hash) => view! { <Photo hash alt="" class="ph-64" thumb=true/> }.into_any(),
        None => view! {
            <span class="disc disc-64">
                <ServiceIcon code=service_code.unwrap_or_default() size="i-28"/>
            </span>
        }
        .into_any(),
    }
}

/// Before and after, side by side; or the photos of one side alone.
#[component]
pub(crate) fn BeforeAfter(
    /// The resident's.
    before: Vec<PhotoHash>,
    /// The crew's.
    after: Vec<PhotoHash>,
) -> impl IntoView {
    let both = !before.is_empty() && !after.is_empty();
    let side = |photos: Vec<PhotoHash>, tag: String, alt: String| {
        photos
            .into_iter()
            .map(|hash| {
                let tag = both.then(|| tag.clone());
                match tag {
                    Some(tag) => view! { <Photo hash alt=alt.clone() tag=tag/> }.into_any(),
                    None => view! { <Photo hash alt=alt.clone()/> }.into_any(),
                }
            })
            .collect_view()
    };
    let count = before.len() + after.len();
    (count > 0).then(|| {
        view! {
            <div
                class=if count == 1 { "photos photos-1" } else { "photos" }
                data-testid="photos"
            >
                {side(before, t!("photo-before"), t!("photo-alt-before"))}
                {side(after, t!("photo-after"), t!("photo-alt-after"))}
            </div>
        }
    })
}
