//! Complete the work: photo, what was done, a note. One scroll, kept at every change.

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_navigate, use_params_map};
use mend_core::api::{CompletionDraft, DraftPhoto, Failure, OrderPage};
use mend_core::event::Outcome;
use mend_core::id::PhotoHash;
use mend_core::time::Timestamp;
use serde_json::json;

use super::sync::SyncState;
use crate::components::banner::FailureOf;
use crate::components::field::{MAX_TEXT, TextArea};
use crate::components::icon::Icon;
use crate::components::page::{BackBar, Heading};
use crate::components::photo::Photo;
use crate::components::picker::{MAX_PHOTOS, PhotoPicker};
use crate::components::words::service_short;
use crate::context::{Room, use_room};
use crate::faces::resident::place::focus_field;
use crate::faces::resident::report::ActionBar;
use crate::format;
use crate::i18n::t;
use crate::typing::Typing;

/// The completion being written.
#[derive(Clone, Copy)]
struct Work {
    room: Room,
    draft: RwSignal<Option<CompletionDraft>>,
    kept_at: RwSignal<Option<Timestamp>>,
    failure: RwSignal<Option<Failure>>,
    photo_busy: RwSignal<bool>,
    saving: StoredValue<bool>,
    again: StoredValue<bool>,
    typing: Typing,
}

impl Work {
    fn edit(self, change: impl FnOnce(&mut CompletionDraft)) {
        self.draft.update(|draft| {
            if let Some(draft) = draft {
                change(draft);
            }
        });
    }

    fn change(self, change: impl FnOnce(&mut CompletionDraft)) {
        self.edit(change);
        self.save();
    }

    fn typed(self, change: impl FnOnce(&mut CompletionDraft)) {
        self.edit(change);
        self.typing.key(move || self.save());
    }

    /// One save at a time, and none while a photo is on its way: the device's draft is ahead.
    fn save(self) {
        self.typing.done();
        if self.saving.try_get_value() != Some(false) || self.photo_busy.get_untracked() {
            self.again.try_update_value(|again| *again = true);
            return;
        }
        self.saving.set_value(true);
        leptos::task::spawn_local(async move {
            loop {
                self.again.try_update_value(|again| *again = false);
                match self.keep().await {
                    Some(Ok(())) => {
                        self.kept_at.try_set(Some(format::now()));
                    }
                    Some(Err(failure)) => {
                        self.failure.try_set(Some(failure));
                    }
                    None => break,
                }
                if self.again.try_get_value() != Some(true) {
                    break;
                }
            }
            self.saving.try_update_value(|saving| *saving = false);
        });
    }

    async fn keep(self) -> Option<crate::gateway::Answer<()>> {
        let draft = self.draft.try_get_untracked().flatten()?;
        let args = json!({ "draft": draft });
        Some(self.room.gateway.call::<()>("save_completion_draft", args).await)
    }
}

/// The screen.
#[component]
pub(crate) fn Complete() -> impl IntoView {
    let room = use_room();
    let params = use_params_map();
    let order = params.with_untracked(|params| params.get("id").unwrap_or_default());
    let work = Work {
        room,
        draft: RwSignal::new(None),
        kept_at: RwSignal::new(None),
        failure: RwSignal::new(None),
        photo_busy: RwSignal::new(false),
        saving: StoredValue::new(false),
        again: StoredValue::new(false),
        typing: Typing::new(),
    };
    work.typing.keep_on_leaving(move || work.save());
    let page = RwSignal::new(None::<OrderPage>);
    let back = format!("/crew/orders/{order}");
    leptos::task::spawn_local(async move {
        let args = json!({ "order": order });
        match room.gateway.call::<CompletionDraft>("completion_draft", args).await {
            Ok(draft) => drop(work.draft.try_set(Some(draft))),
            Err(failure) => drop(work.failure.try_set(Some(failure))),
        }
        if let Ok(order) = room.gateway.call::<OrderPage>("order", json!({ "id": order })).await {
            page.try_set(Some(order));
        }
    });
    on_cleanup(move || work.save());
    Effect::new(move |_| {
        if !work.photo_busy.get() && work.again.try_get_value() == Some(true) {
            work.save();
        }
    });

    let photos = Memo::new(move |_| {
        work.draft.with(|draft| draft.as_ref().map(|d| d.photos.clone()).unwrap_or_default())
    });
    let before = Memo::new(move |_| page.with(|page| page.as_ref().map(|p| p.before.clone())));
    let about = Signal::derive(move || {
        page.with(|page| {
            page.as_ref().map(|page| {
                t!(
                    "order-title",
                    what = service_short(&page.summary.service_code),
                    place = page.summary.place.clone()
                )
            })
        })
        .unwrap_or_default()
    });
    view! {
        <div class="frame frame-flow">
            <main id="main" class="page page-narrow" tabindex="-1">
                <BackBar href=back back=t!("order-one")><SyncState/></BackBar>
                <div class="body">
                    <div class="row between wrap g2">
                        <Heading text=t!("complete-title")/>
                        {move || {
                            work.kept_at.get().map(|at| {
                                view! {
                                    <span class="st st-info num" data-testid="kept">
                                        <Icon name="check" size="i-16"/>
                                        {t!("complete-kept", time = format::time(at))}
                                    </span>
                                }
                            })
                        }}
                    </div>
                    <p class="muted">{move || about.get()}</p>
                    <FailureOf failure=work.failure/>
                    <AfterPhotos work photos before/>
                    <OutcomeChoice work/>
                    <TextArea
                        id="note"
                        label=t!("complete-note")
                        hint=t!("complete-note-hint")
                        value=Signal::derive(move || {
                            work.draft
                                .with(|draft| draft.as_ref().map(|d| d.note.clone()))
                                .unwrap_or_default()
                        })
                        on_input=move |text| work.typed(|draft| draft.note = text)
                    />
                </div>
                <ActionBar>
                    <Finish work/>
                </ActionBar>
            </main>
        </div>
    }
}

#[component]
fn AfterPhotos(
    work: Work,
    photos: Memo<Vec<DraftPhoto>>,
    before: Memo<Option<Vec<PhotoHash>>>,
) -> impl IntoView {
    let first_before = Memo::new(move |_| before.get().and_then(|list| list.first().copied()));
    let full = Memo::new(move |_| photos.with(|photos| photos.len() >= MAX_PHOTOS));
    let remove = move |hash: PhotoHash| {
        let Some(draft) = work.draft.with_untracked(|draft| draft.as_ref().map(|d| d.id)) else {
            return;
        };
        leptos::task::spawn_local(async move {
            let args = json!({ "draft": draft, "hash": hash });
            match work.room.gateway.call::<()>("photo_remove", args).await {
                Ok(()) => work.edit(|draft| draft.photos.retain(|photo| photo.hash != hash)),
                Err(failure) => work.failure.set(Some(failure)),
            }
        });
    };
    view! {
        <div class="photos after-photos" data-testid="draft-photos">
            {move || {
                first_before
                    .get()
                    .map(|hash| view! { <Photo hash alt=t!("photo-alt-before") tag=t!("photo-before")/> })
            }}
            <For
                each=move || { photos.get().into_iter().enumerate().collect::<Vec<_>>() }
                key=|(at, photo)| (*at, photo.hash)
                children=move |(at, photo)| {
                    let hash = photo.hash;
                    view! {
                        <div class="with-remove">
                            <Photo hash alt=t!("photo-alt-after") tag=t!("photo-after")/>
                            <button
                                class="ib ib-line"
                                type="button"
                                aria-label=t!("photo-remove", number = at + 1)
                                on:click=move |_| remove(hash)
                            >
                                <Icon name="trash"/>
                            </button>
                        </div>
                    }
                }
            />
            <Show when=move || !full.get()>
                <PhotoPicker
                    id="photo"
                    label=Signal::derive(move || {
                        if photos.with(Vec::is_empty) {
                            t!("complete-photo")
                        } else {
                            t!("photo-another")
                        }
                    })
                    draft=Signal::derive(move || {
                        work.draft.with(|draft| draft.as_ref().map(|d| d.id))
                    })
                    before=move || work.save()
                    added=move |photo: DraftPhoto| {
                        work.edit(|draft| {
                            if draft.photos.iter().all(|known| known.hash != photo.hash) {
                                draft.photos.push(photo);
                            }
                        });
                    }
                    busy=work.photo_busy
                    failure=work.failure
                    large=Signal::derive(|| false)
                />
            </Show>
        </div>
    }
}

#[component]
fn OutcomeChoice(work: Work) -> impl IntoView {
    let outcome = Memo::new(move |_| work.draft.with(|draft| draft.as_ref().map(|d| d.outcome)));
    let choices = [(Outcome::Mended, "outcome-mended"), (Outcome::MadeSafe, "outcome-made-safe")];
    view! {
        <fieldset class="field">
            <legend class="lab">{t!("complete-outcome")}</legend>
            <div class="row wrap g2">
                {choices
                    .into_iter()
                    .map(|(choice, id)| {
                        view! {
                            <label class="pill">
                                <input
                                    type="radio"
                                    name="outcome"
                                    id=id
                                    prop:checked=move || outcome.get() == Some(choice)
                                    on:change=move |_| work.change(|draft| draft.outcome = choice)
                                />
                                <Icon name="check" size="i-20"/>
                                <span>{t!(id)}</span>
                            </label>
                        }
                    })
                    .collect_view()}
            </div>
        </fieldset>
    }
}

#[component]
fn Finish(work: Work) -> impl IntoView {
    let room = work.room;
    let busy = RwSignal::new(false);
    let navigate = use_navigate();
    let finish = move |_| {
        let Some((id, long)) = work.draft.with_untracked(|draft| {
            draft.as_ref().map(|draft| (draft.id, draft.note.chars().nth(MAX_TEXT).is_some()))
        }) else {
            return;
        };
        if long {
            focus_field("note");
            return;
        }
        if busy.get_untracked() || work.photo_busy.get_untracked() {
            return;
        }
        busy.set(true);
        work.failure.set(None);
        let navigate = navigate.clone();
        leptos::task::spawn_local(async move {
            work.typing.done();
            let done = match work.keep().await {
                Some(Err(failure)) => Err(failure),
                _ => room.gateway.call::<()>("complete_order", json!({ "draft": id })).await,
            };
            match done {
                Ok(()) => {
                    // What is done is no draft any more: nothing may save it again.
                    work.draft.set(None);
                    navigate("/crew", NavigateOptions { replace: true, ..Default::default() });
                }
                Err(failure) => {
                    work.failure.set(Some(failure));
                    window().scroll_to_with_x_and_y(0.0, 0.0);
                }
            }
            busy.try_set(false);
        });
    };
    view! {
        <button
            class="btn btn-signal btn-lg btn-wide"
            type="button"
            disabled=move || busy.get() || work.photo_busy.get() || work.draft.with(Option::is_none)
            on:click=finish
        >
            <Icon name="check"/>
            {t!("complete-do")}
        </button>
        {move || {
            room.offline().then(|| {
                view! {
                    <p class="act-hint">
                        <Icon name="offline" size="i-18"/>
                        {t!("complete-offline")}
                    </p>
                }
            })
        }}
    }
}
