//! The report flow: Photo → Place → What → Details → Review. Back and close keep what was entered.

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_navigate, use_params_map};
use mend_core::api::FlowStep;

use super::details::DetailsStep;
use super::flow::{Flow, STEPS, address, from_slug, place_in_line, use_flow};
use super::photo_step::PhotoStep;
use super::place::PlaceStep;
use super::review::ReviewStep;
use super::what::WhatStep;
use crate::components::banner::FailureOf;
use crate::components::icon::{Icon, ServiceIcon};
use crate::components::page::{Heading, Loading};
use crate::components::photo::Photo;
use crate::components::seam::ProgressLine;
use crate::components::words::{flow_word, service_name};
use crate::format;
use crate::i18n::t;

/// The whole flow.
#[component]
pub(crate) fn ReportFlow() -> impl IntoView {
    let flow = Flow::new();
    provide_context(flow);
    let params = use_params_map();
    let step =
        Memo::new(move |_| params.with(|params| params.get("step").as_deref().and_then(from_slug)));
    let ready = RwSignal::new(false);
    let navigate = use_navigate();
    // Where one was, also after the app was killed.
    leptos::task::spawn_local(async move {
        match flow.load().await {
            Ok(last) => {
                if step.try_get_untracked().flatten().is_none() {
                    navigate(
                        &address(last),
                        NavigateOptions { replace: true, ..Default::default() },
                    );
                }
                ready.try_set(true);
            }
            Err(failure) => {
                flow.failure.try_set(Some(failure));
            }
        }
    });
    Effect::new(move |_| {
        let here = step.get();
        if let (true, Some(here)) = (ready.get(), here) {
            flow.failure.set(None);
            let moved = flow
                .draft
                .with_untracked(|draft| draft.as_ref().is_some_and(|draft| draft.step != here));
            if moved {
                flow.change(|draft| draft.step = here);
            }
        }
    });
    // What was typed a moment before closing is kept too.
    on_cleanup(move || flow.save());

    view! {
        <div class="flow">
            <FlowHead step/>
            <div class="flow-main">
                <SoFar/>
                <main id="main" class="flow-step" tabindex="-1">
                    <div class="flow-failure"><FailureOf failure=flow.failure/></div>
                    {move || {
                        if !ready.get() {
                            if flow.failure.with(Option::is_none) {
                                return view! { <div class="body"><Loading/></div> }.into_any();
                            }
                            return view! {
                                <div class="body">
                                    <Heading text=t!("home-report")/>
                                    <a class="btn btn-line" href="/">{t!("not-found-home")}</a>
                                </div>
                            }
                                .into_any();
                        }
                        match step.get() {
                            Some(FlowStep::Photo) => view! { <PhotoStep/> }.into_any(),
                            Some(FlowStep::Place) => view! { <PlaceStep/> }.into_any(),
                            Some(FlowStep::What) => view! { <WhatStep/> }.into_any(),
                            Some(FlowStep::Details) => view! { <DetailsStep/> }.into_any(),
                            Some(FlowStep::Review) => view! { <ReviewStep/> }.into_any(),
                            None => view! { <div class="body"><Loading/></div> }.into_any(),
                        }
                    }}
                </main>
            </div>
        </div>
    }
}

#[component]
fn FlowHead(step: Memo<Option<FlowStep>>) -> impl IntoView {
    let at = Memo::new(move |_| step.get().map_or(1, place_in_line));
    let back = move || match at.get() {
        1 => "/".to_owned(),
        at => address(STEPS[at - 2]),
    };
    view! {
        <header class="flowh">
            <div class="top top-flow">
                <a class="ib" href=back aria-label=t!("flow-back")><Icon name="left"/></a>
                <p class="flow-where num" data-testid="flow-step">
                    {move || {
                        let word = flow_word(STEPS[at.get() - 1]);
                        t!("flow-where", at = at.get(), of = STEPS.len(), step = word)
                    }}
                </p>
                <a class="ib" href="/" aria-label=t!("flow-close")><Icon name="x"/></a>
            </div>
            {move || {
                let names = STEPS.into_iter().map(flow_word).collect::<Vec<_>>();
                view! { <ProgressLine done=at.get() names/> }
            }}
        </header>
    }
}

/// In a wide window: what was entered, beside the present step.
#[component]
fn SoFar() -> impl IntoView {
    let flow = use_flow();
    let photo =
        Memo::new(move |_| flow.get(|draft| draft.photos.first().map(|p| p.hash)).flatten());
    let count = Memo::new(move |_| flow.get(|draft| draft.photos.len()).unwrap_or_default());
    let place = Memo::new(move |_| {
        flow.get(|draft| draft.place.as_ref().map(|place| place.label.clone())).flatten()
    });
    let what = Memo::new(move |_| flow.get(|draft| draft.service_code.clone()).flatten());
    view! {
        <aside class="sofar" aria-labelledby="sofar">
            <div class="row between">
                <h2 class="h-3" id="sofar">{t!("sofar-title")}</h2>
                <Kept/>
            </div>
            <div class="card sofar-card">
                {move || photo.get().map(|hash| view! { <Photo hash alt=t!("photo-alt-before")/> })}
                <dl class="sofar-list">
                    <div>
                        <dt>{t!("flow-photo")}</dt>
                        <dd>{move || photos_words(count.get())}</dd>
                    </div>
                    <div>
                        <dt>{t!("flow-place")}</dt>
                        <dd>{move || place.get().unwrap_or_else(|| t!("sofar-open"))}</dd>
                    </div>
                    <div>
                        <dt>{t!("flow-what")}</dt>
                        <dd class="row g2">
                            {move || what.get().map(|code| view! { <ServiceIcon code size="i-20"/> })}
                            {move || {
                                what.get()
                                    .as_deref()
                                    .map_or_else(|| t!("sofar-open"), service_name)
                            }}
                        </dd>
                    </div>
                </dl>
            </div>
            <p class="hint">{t!("sofar-hint")}</p>
        </aside>
    }
}

/// "2 photos".
pub(crate) fn photos_words(count: usize) -> String {
    t!("photos-count", count = count)
}

/// "Kept here, 8:09".
#[component]
pub(crate) fn Kept() -> impl IntoView {
    let flow = use_flow();
    view! {
        <span class="sm muted num" data-testid="kept">
            {move || flow.kept_at.get().map(|at| t!("kept-at", time = format::time(at)))}
        </span>
    }
}

/// The bar with the one primary action of a step.
#[component]
pub(crate) fn ActionBar(children: Children) -> impl IntoView {
    view! { <div class="act">{children()}</div> }
}
