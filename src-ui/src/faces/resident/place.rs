//! Step 2: where is it? One field that takes an address or coordinates.

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use leptos_router::hooks::use_navigate;
use mend_core::api::{FlowStep, PlaceCandidate, PlaceKind, Preview};
use mend_core::location::{Location, LocationSource};
use serde_json::json;

use super::flow::{Flow, address, use_flow};
use super::outside::Outside;
use super::report::ActionBar;
use crate::components::field::FieldError;
use crate::components::icon::Icon;
use crate::components::page::Heading;
use crate::components::words::asset_kind;
use crate::context::use_room;
use crate::format;
use crate::i18n::t;

/// What the field knows.
#[derive(Clone, Copy)]
struct Finder {
    flow: Flow,
    found: RwSignal<Vec<PlaceCandidate>>,
    /// The option that the arrows are on.
    active: RwSignal<Option<usize>>,
    open: RwSignal<bool>,
    /// Something was searched for and nothing found.
    nothing: RwSignal<bool>,
    error: RwSignal<Option<String>>,
    asked: StoredValue<u32>,
}

impl Finder {
    fn search(self, text: String) {
        let turn = self.asked.try_update_value(|n| {
            *n += 1;
            *n
        });
        if text.trim().is_empty() {
            self.found.set(Vec::new());
            self.open.set(false);
            self.nothing.set(false);
            return;
        }
        let gateway = self.flow.gateway();
        leptos::task::spawn_local(async move {
            let args = json!({ "text": text });
            let answer = gateway.call::<Vec<PlaceCandidate>>("search_places", args).await;
            if self.asked.try_get_value() != turn {
                return;
            }
            match answer {
                Ok(found) => {
                    self.nothing.set(found.is_empty());
                    self.open.set(!found.is_empty());
                    self.active.set(None);
                    self.found.set(found);
                }
                Err(failure) => self.flow.failure.set(Some(failure)),
            }
        });
    }

    fn choose(self, place: PlaceCandidate) {
        // An answer that is still on its way must not open the list again.
        self.asked.update_value(|n| *n += 1);
        self.open.set(false);
        self.nothing.set(false);
        self.error.set(None);
        self.flow.failure.set(None);
        self.flow.change(|draft| {
            draft.place_text.clone_from(&place.label);
            draft.place = Some(Location {
                point: place.point,
                source: match place.kind {
                    PlaceKind::Asset => LocationSource::Asset,
                    PlaceKind::Coordinates => LocationSource::Coordinates,
                    PlaceKind::Address | PlaceKind::Street | PlaceKind::Intersection => {
                        LocationSource::Address
                    }
                },
                accuracy_m: None,
                fix_age_s: None,
                asset: place.asset,
                label: place.label,
            });
        });
    }

    fn key(self, event: &KeyboardEvent) {
        let count = self.found.with_untracked(Vec::len);
        let at = self.active.get_untracked();
        match event.key().as_str() {
            "ArrowDown" if count > 0 => {
                event.prevent_default();
                self.open.set(true);
                self.active.set(Some(at.map_or(0, |at| (at + 1) % count)));
            }
            "ArrowUp" if count > 0 => {
                event.prevent_default();
                self.open.set(true);
                self.active.set(Some(at.map_or(count - 1, |at| (at + count - 1) % count)));
            }
            "Enter" if self.open.get_untracked() && count > 0 => {
                event.prevent_default();
                let place = self.found.with_untracked(|found| found.get(at.unwrap_or(0)).cloned());
                if let Some(place) = place {
                    self.choose(place);
                }
            }
            "Escape" if self.open.get_untracked() => {
                event.prevent_default();
                self.open.set(false);
                self.active.set(None);
            }
            _ => {}
        }
    }
}

/// The step.
#[component]
pub(crate) fn PlaceStep() -> impl IntoView {
    let room = use_room();
    let flow = use_flow();
    let finder = Finder {
        flow,
        found: RwSignal::new(Vec::new()),
        active: RwSignal::new(None),
        open: RwSignal::new(false),
        nothing: RwSignal::new(false),
        error: RwSignal::new(None),
        asked: StoredValue::new(0),
    };
    let place = Memo::new(move |_| flow.get(|draft| draft.place.clone()).flatten());
    let near = RwSignal::new(Vec::<PlaceCandidate>::new());
    let preview = RwSignal::new(None::<Preview>);
    Effect::new(move |_| {
        let Some(point) = place.get().map(|place| place.point) else {
            near.set(Vec::new());
            preview.set(None);
            return;
        };
        leptos::task::spawn_local(async move {
            let args = json!({ "point": point });
            if let Ok(list) = room.gateway.call::<Vec<PlaceCandidate>>("near_places", args).await {
                near.try_set(list);
            }
            let args = json!({ "service_code": null, "point": point });
            if let Ok(answer) = room.gateway.call::<Preview>("preview", args).await {
                preview.try_set(Some(answer));
            }
        });
    });
    let navigate = use_navigate();
    let next = move |_| {
        if place.get_untracked().is_none() {
            let typed = flow.draft.with_untracked(|draft| {
                draft.as_ref().is_some_and(|draft| !draft.place_text.trim().is_empty())
            });
            finder.error.set(Some(if typed { t!("place-choose") } else { t!("place-missing") }));
            focus_field("place");
        } else {
            navigate(&address(FlowStep::What), Default::default());
        }
    };

    view! {
        <div class="body">
            <Heading text=t!("place-title")/>
            <PlaceField finder/>
            <Outside preview=preview.into()/>
            {move || {
                place
                    .get()
                    .filter(|_| !finder.open.get())
                    .map(|place| view! { <Chosen place near=near.get() finder/> })
            }}
        </div>
        <ActionBar>
            <button class="btn btn-signal btn-lg btn-wide" type="button" on:click=next>
                {t!("place-use")}
            </button>
        </ActionBar>
    }
}

/// What a place is, where its name alone does not say it.
fn about(place: &PlaceCandidate) -> Option<String> {
    match (&place.asset, &place.instead_of) {
        (Some(asset), _) => Some(asset_kind(&asset.kind)),
        (None, Some(number)) => Some(t!("place-instead", number = number.clone())),
        (None, None) => None,
    }
}

/// Moves focus to a field by its id.
pub(crate) fn focus_field(id: &str) {
    use wasm_bindgen::JsCast;
    if let Some(field) = document().get_element_by_id(id) {
        // A field that is shown takes focus.
        let _ = field.unchecked_into::<web_sys::HtmlElement>().focus();
    }
}

#[component]
fn PlaceField(finder: Finder) -> impl IntoView {
    let flow = finder.flow;
    let text = move || flow.get(|draft| draft.place_text.clone()).unwrap_or_default();
    let input = move |value: String| {
        finder.error.set(None);
        flow.typed(|draft| {
            draft.place_text.clone_from(&value);
            // Words that were changed no longer name the place that was chosen.
            draft.place = None;
        });
        finder.search(value);
    };
    view! {
        <div class="field" class:is-bad=move || finder.error.with(Option::is_some)>
            <label class="usa-label" for="place">{t!("place-label")}</label>
            <p class="hint usa-hint" id="place-hint">{t!("place-hint")}</p>
            <div class="in-wrap combo">
                <Icon name="search"/>
                <input
                    class="in usa-input"
                    id="place"
                    type="text"
                    role="combobox"
                    autocomplete="off"
                    autocapitalize="words"
                    spellcheck="false"
                    enterkeyhint="search"
                    aria-autocomplete="list"
                    aria-controls="place-list"
                    aria-describedby="place-hint place-error"
                    aria-expanded=move || if finder.open.get() { "true" } else { "false" }
                    aria-activedescendant=move || {
                        finder.active.get().map(|at| format!("place-option-{at}"))
                    }
                    aria-invalid=move || finder.error.with(Option::is_some).then_some("true")
                    prop:value=text
                    on:input:target=move |event| input(event.target().value())
                    on:keydown=move |event| finder.key(&event)
                />
                {move || {
                    (!text().is_empty()).then(|| {
                        view! {
                            <button
                                class="ib in-end"
                                type="button"
                                aria-label=t!("place-clear")
                                on:click=move |_| {
                                    input(String::new());
                                    focus_field("place");
                                }
                            >
                                <Icon name="x" size="i-20"/>
                            </button>
                        }
                    })
                }}
                <ul
                    class="options"
                    id="place-list"
                    role="listbox"
                    aria-label=t!("place-options")
                    class:is-open=move || finder.open.get()
                >
                    <For
                        each=move || { finder.found.get().into_iter().enumerate().collect::<Vec<_>>() }
                        key=|(at, place)| (*at, place.label.clone())
                        children=move |(at, place)| {
                            let label = place.label.clone();
                            let about = about(&place);
                            view! {
                                <li
                                    id=format!("place-option-{at}")
                                    role="option"
                                    aria-selected=move || {
                                        if finder.active.get() == Some(at) { "true" } else { "false" }
                                    }
                                    // The field keeps the focus, so that the list stays.
                                    on:mousedown=move |event| event.prevent_default()
                                    on:click=move |_| finder.choose(place.clone())
                                >
                                    <Icon name="pin" size="i-20"/>
                                    <span>
                                        {label}
                                        {about.map(|about| view! { <small class="option-about">{about}</small> })}
                                    </span>
                                </li>
                            }
                        }
                    />
                </ul>
            </div>
            <p class="vh" role="status">
                {move || {
                    finder.open.get().then(|| t!("place-found", count = finder.found.with(Vec::len)))
                }}
            </p>
            <FieldError
                id="place-error"
                text=Signal::derive(move || {
                    finder.error.get().or_else(|| finder.nothing.get().then(|| t!("place-nothing")))
                })
            />
        </div>
    }
}

/// The chosen place, and what lies next to it.
#[component]
fn Chosen(place: Location, near: Vec<PlaceCandidate>, finder: Finder) -> impl IntoView {
    let chosen = place.label.clone();
    let others: Vec<_> =
        near.into_iter().filter(|other| other.label != place.label).take(4).collect();
    let any = !others.is_empty();
    view! {
        <section class="card chosen" data-testid="chosen-place" aria-labelledby="chosen">
            <div class="it">
                <span class="disc disc-ink"><Icon name="pin"/></span>
                <div class="grow">
                    <p class="sub row between wrap row-chips" id="chosen">
                        {source_words(place.source)}
                        <span class="st st-ontime">
                            <Icon name="check" size="i-16"/>
                            {t!("place-chosen")}
                        </span>
                    </p>
                    <p class="ttl" data-testid="place-label">{chosen}</p>
                </div>
            </div>
        </section>
        {any
            .then(|| {
                view! {
                    <section class="stack g1" aria-labelledby="near">
                        <h2 class="eyebrow" id="near">{t!("place-near")}</h2>
                        <ul class="near">
                            {others
                                .into_iter()
                                .map(|other| {
                                    let label = other.label.clone();
                                    let far = other.distance_m.map(format::distance);
                                    view! {
                                        <li>
                                            <button
                                                class="ch"
                                                type="button"
                                                on:click=move |_| finder.choose(other.clone())
                                            >
                                                <span class="grow">{label}</span>
                                                <span class="muted num">{far}</span>
                                            </button>
                                        </li>
                                    }
                                })
                                .collect_view()}
                        </ul>
                    </section>
                }
            })}
    }
}

fn source_words(source: LocationSource) -> String {
    match source {
        LocationSource::Photo => t!("place-from-photo"),
        LocationSource::Coordinates => t!("place-from-coordinates"),
        LocationSource::Asset => t!("place-from-asset"),
        _ => t!("place-from-address"),
    }
}
