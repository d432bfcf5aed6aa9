//! Step 1: show us the problem.

use leptos::prelude::*;
use mend_core::api::{DraftPhoto, FlowStep, PlaceCandidate};
use mend_core::id::PhotoHash;
use mend_core::location::{Location, LocationSource};
use serde_json::json;

use super::flow::{address, use_flow};
use super::report::ActionBar;
use crate::components::icon::Icon;
use crate::components::page::Heading;
use crate::components::photo::Photo;
use crate::components::picker::{MAX_PHOTOS, PhotoPicker};
use crate::context::use_room;
use crate::i18n::t;

/// The step.
#[component]
pub(crate) fn PhotoStep() -> impl IntoView {
    let flow = use_flow();
    let photos = Memo::new(move |_| flow.get(|draft| draft.photos.clone()).unwrap_or_default());
    let none = Signal::derive(move || photos.with(Vec::is_empty));
    let full = Memo::new(move |_| photos.with(|photos| photos.len() >= MAX_PHOTOS));
    let label =
        Signal::derive(move || if none.get() { t!("photo-take") } else { t!("photo-another") });
    // Saves that were put off while the photo was on its way.
    Effect::new(move |_| {
        if !flow.photo_busy.get() {
            flow.catch_up();
        }
    });
    view! {
        <div class="body">
            <Heading text=t!("photo-title")/>
            <div class="shots">
                <PhotoStrip photos/>
                <div class="stack g4">
                    // The question that a photo raises comes before the next photo: it is in sight
                    // as soon as the photo is.
                    <PhotoHint photos/>
                    <Show
                        when=move || !full.get()
                        fallback=|| {
                            view! { <p class="hint">{t!("photo-full", limit = MAX_PHOTOS)}</p> }
                        }
                    >
                        <PhotoPicker
                            id="photo"
                            label
                            draft=Signal::derive(move || flow.get(|draft| draft.id))
                            before=move || flow.save()
                            added=move |photo: DraftPhoto| {
                                flow.edit(|draft| {
                                    if draft.photos.iter().all(|known| known.hash != photo.hash) {
                                        draft.photos.push(photo);
                                    }
                                });
                            }
                            busy=flow.photo_busy
                            failure=flow.failure
                            large=none
                        />
                    </Show>
                    <p class="hint row row-t g2">
                        <Icon name="lock" size="i-18"/>
                        <span>{t!("photo-clean")}</span>
                    </p>
                </div>
            </div>
        </div>
        <ActionBar>
            <a class="btn btn-signal btn-lg btn-wide" href=address(FlowStep::Place)>
                {t!("next-place")}
            </a>
            {move || none.get().then(|| view! { <p class="act-hint">{t!("photo-optional")}</p> })}
        </ActionBar>
    }
}

#[component]
fn PhotoStrip(photos: Memo<Vec<DraftPhoto>>) -> impl IntoView {
    let room = use_room();
    let flow = use_flow();
    let remove = move |hash: PhotoHash| {
        let Some(draft) = flow.draft.with_untracked(|draft| draft.as_ref().map(|d| d.id)) else {
            return;
        };
        leptos::task::spawn_local(async move {
            let args = json!({ "draft": draft, "hash": hash });
            match room.gateway.call::<()>("photo_remove", args).await {
                Ok(()) => flow.edit(|draft| draft.photos.retain(|photo| photo.hash != hash)),
                Err(failure) => flow.failure.set(Some(failure)),
            }
        });
    };
    view! {
        <ul class="strip" data-testid="draft-photos">
            <For
                each=move || { photos.get().into_iter().enumerate().collect::<Vec<_>>() }
                key=|(at, photo)| (*at, photo.hash)
                children=move |(at, photo)| {
                    let hash = photo.hash;
                    let number = at + 1;
                    view! {
                        <li>
                            <Photo hash alt=t!("photo-alt-number", number = number)/>
                            <button
                                class="ib ib-line"
                                type="button"
                                aria-label=t!("photo-remove", number = number)
                                on:click=move |_| remove(hash)
                            >
                                <Icon name="trash"/>
                            </button>
                        </li>
                    }
                }
            />
        </ul>
    }
}

/// Where the photo says that it was taken: offered, never silently used.
#[component]
fn PhotoHint(photos: Memo<Vec<DraftPhoto>>) -> impl IntoView {
    let flow = use_flow();
    let dismissed = RwSignal::new(false);
    let hint = Memo::new(move |_| {
        photos.with(|photos| photos.iter().find_map(|photo| photo.hint.clone()))
    });
    let place = Memo::new(move |_| flow.get(|draft| draft.place.clone()).flatten());
    let accept = move |hint: PlaceCandidate| {
        flow.change(|draft| {
            draft.place_text.clone_from(&hint.label);
            draft.place = Some(Location {
                point: hint.point,
                source: LocationSource::Photo,
                accuracy_m: None,
                fix_age_s: None,
                asset: None,
                label: hint.label,
            });
        });
    };
    move || {
        let hint = hint.get()?;
        let used =
            place.get().is_some_and(|p| p.source == LocationSource::Photo && p.point == hint.point);
        if used {
            return Some(
                view! {
                    <div class="bn st-ontime" role="status" data-testid="photo-hint-used">
                        <Icon name="check"/>
                        <p>{t!("photo-hint-used", place = hint.label)}</p>
                    </div>
                }
                .into_any(),
            );
        }
        if dismissed.get() || place.get().is_some() {
            return None;
        }
        let label = hint.label.clone();
        Some(
            view! {
                <section class="card pad stack g3" data-testid="photo-hint" aria-labelledby="hint">
                    <div class="row row-t g3">
                        <span class="disc"><Icon name="pin"/></span>
                        <div>
                            <h2 class="h-3" id="hint">{t!("photo-hint-title")}</h2>
                            <p class="muted">{t!("photo-hint-text", place = label)}</p>
                        </div>
                    </div>
                    <div class="two">
                        <button
                            class="btn btn-ink"
                            type="button"
                            on:click=move |_| accept(hint.clone())
                        >
                            {t!("photo-hint-use")}
                        </button>
                        <button
                            class="btn btn-line"
                            type="button"
                            on:click=move |_| dismissed.set(true)
                        >
                            {t!("photo-hint-choose")}
                        </button>
                    </div>
                </section>
            }
            .into_any(),
        )
    }
}
