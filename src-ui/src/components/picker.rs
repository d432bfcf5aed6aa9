//! Taking or choosing a photo.

use leptos::ev;
use leptos::prelude::*;
use mend_core::api::{DraftPhoto, Failure};
use mend_core::id::DraftId;

use super::icon::Icon;
use crate::context::use_room;
use crate::gateway::send_photo;
use crate::i18n::t;

/// Most photos of one report.
pub(crate) const MAX_PHOTOS: usize = 10;

/// A labelled file field: the camera on a phone, a file on a desk. Reads in pieces, shows how far.
#[component]
pub(crate) fn PhotoPicker(
    /// Unique on the screen.
    id: &'static str,
    /// What is asked for.
    #[prop(into)]
    label: Signal<String>,
    /// To which draft the photo goes.
    draft: Signal<Option<DraftId>>,
    /// Called before the chooser opens: the app may be killed while the camera is.
    before: impl Fn() + 'static,
    /// Receives the cleaned photo.
    added: impl Fn(DraftPhoto) + Clone + 'static,
    /// Whether a photo is on its way.
    busy: RwSignal<bool>,
    /// Where a failure is shown.
    failure: RwSignal<Option<Failure>>,
    /// Large while there is no photo yet.
    #[prop(into)]
    large: Signal<bool>,
) -> impl IntoView {
    let room = use_room();
    let progress = RwSignal::new(0.0_f64);
    let chosen = move |event: ev::Targeted<ev::Event, web_sys::HtmlInputElement>| {
        let input = event.target();
        let (Some(files), Some(draft)) = (input.files(), draft.get_untracked()) else { return };
        let files: Vec<web_sys::File> = (0..files.length()).filter_map(|i| files.get(i)).collect();
        if files.is_empty() || busy.get_untracked() {
            return;
        }
        busy.set(true);
        failure.set(None);
        let added = added.clone();
        leptos::task::spawn_local(async move {
            for file in files {
                match send_photo(room.gateway, draft, &file, |share| progress.set(share)).await {
                    Ok(photo) => added(photo),
                    Err(why) => failure.set(Some(why)),
                }
            }
            // The same file may be chosen again.
            input.set_value("");
            busy.set(false);
        });
    };
    view! {
        <div class="picker" class:picker-lg=move || large.get() class:is-busy=move || busy.get()>
            <input
                id=id
                type="file"
                accept="image/*"
                capture="environment"
                aria-describedby=format!("{id}-progress")
                disabled=move || busy.get() || draft.with(Option::is_none)
                on:click=move |_| before()
                on:change:target=chosen
            />
            <label for=id>
                <span class="disc disc-56"><Icon name="camera" size="i-28"/></span>
                <span class="ttl">{move || if busy.get() { t!("photo-reading") } else { label.get() }}</span>
            </label>
            <div id=format!("{id}-progress") class="picker-bar" role="status">
                {move || {
                    busy.get().then(|| {
                        view! {
                            <progress max="1" prop:value=move || progress.get() aria-label=t!("photo-reading")></progress>
                        }
                    })
                }}
            </div>
        </div>
    }
}
