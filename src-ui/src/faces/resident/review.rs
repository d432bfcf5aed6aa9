//! Step 5: check and send. Nothing has left the device before this.

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use mend_core::api::{FlowStep, Preview, Receipt, ReportDraft};
use mend_core::catalogue::{Visibility, Wanted};
use serde_json::json;

use super::details::Emergency;
use super::flow::{address, use_flow};
use super::outside::Outside;
use super::report::{ActionBar, photos_words};
use crate::components::icon::{Icon, ServiceIcon};
use crate::components::page::Heading;
use crate::components::photo::Photo;
use crate::components::words::{answers_in_words, service_name};
use crate::context::use_room;
use crate::format::{self, Names};
use crate::i18n::t;

/// What is still missing before a report can go, and where to add it.
fn missing(draft: &ReportDraft, photo: Option<Wanted>) -> Option<(String, FlowStep)> {
    if draft.service_code.is_none() {
        Some((t!("review-no-service"), FlowStep::What))
    } else if draft.place.is_none() {
        Some((t!("review-no-place"), FlowStep::Place))
    } else if photo == Some(Wanted::Required) && draft.photos.is_empty() {
        Some((t!("review-no-photo"), FlowStep::Photo))
    } else {
        None
    }
}

/// The step.
#[component]
pub(crate) fn ReviewStep() -> impl IntoView {
    let room = use_room();
    let flow = use_flow();
    let preview = RwSignal::new(None::<Preview>);
    let sending = RwSignal::new(false);
    let draft = flow.draft;
    let asked = Memo::new(move |_| {
        flow.get(|draft| Some((draft.service_code.clone(), draft.place.as_ref()?.point))).flatten()
    });
    Effect::new(move |_| {
        let Some((service_code, point)) = asked.get() else { return };
        leptos::task::spawn_local(async move {
            let args = json!({ "service_code": service_code, "point": point });
            preview.try_set(room.gateway.call::<Preview>("preview", args).await.ok());
        });
    });
    let gap = Memo::new(move |_| {
        draft.with(|draft| {
            let draft = draft.as_ref()?;
            let photo = draft.service_code.as_deref().and_then(|code| room.service(code));
            missing(draft, photo.map(|service| service.photo))
        })
    });
    let service = Memo::new(move |_| {
        let code = flow.get(|draft| draft.service_code.clone()).flatten()?;
        room.service(&code)
    });
    let public = Memo::new(move |_| service.with(|s| s.as_ref().map(|s| s.public)));
    let navigate = use_navigate();
    let send = move |_| {
        let Some(id) = draft.with_untracked(|draft| draft.as_ref().map(|draft| draft.id)) else {
            return;
        };
        if sending.get_untracked() || gap.get_untracked().is_some() {
            return;
        }
        sending.set(true);
        flow.failure.set(None);
        let navigate = navigate.clone();
        leptos::task::spawn_local(async move {
            let sent = match flow.settle().await {
                Ok(()) => room.gateway.call::<Receipt>("send_report", json!({ "draft": id })).await,
                Err(failure) => Err(failure),
            };
            match sent {
                Ok(receipt) => {
                    // What was sent is no draft any more: nothing may save it again.
                    flow.draft.set(None);
                    navigate(
                        &format!("/receipt/{}", receipt.request),
                        NavigateOptions { replace: true, ..Default::default() },
                    );
                }
                Err(failure) => {
                    flow.failure.set(Some(failure));
                    window().scroll_to_with_x_and_y(0.0, 0.0);
                }
            }
            sending.try_set(false);
        });
    };

    view! {
        <div class="body">
            <Emergency service/>
            <Heading text=t!("review-title")/>
            <Outside preview=Signal::derive(move || preview.get())/>
            {move || {
                gap.get().map(|(text, _)| {
                    view! {
                        <div class="bn st-soon" role="status" data-testid="review-gap">
                            <Icon name="alert"/>
                            <p><b>{text}</b></p>
                        </div>
                    }
                })
            }}
            {move || {
                let edits = draft.with(|draft| draft.as_ref().and_then(|d| d.edits.clone()))?;
                let words = t!("review-edits", code = edits.tracking_code.to_string());
                Some(
                    view! {
                        <div class="bn st-info" data-testid="review-edits">
                            <Icon name="edit"/>
                            <p>{words}</p>
                        </div>
                    },
                )
            }}
            {move || draft.get().map(|draft| view! { <Summary draft/> })}
            <div class="well row row-t g3">
                <Icon name="lock" size="i-20"/>
                <div class="sm stack g1">
                    <p><b>{t!("review-public")}</b> " " {move || public_words(public.get())}</p>
                    <p><b>{t!("review-city-only")}</b> " " {t!("review-city-only-text")}</p>
                </div>
            </div>
            {move || {
                let preview = preview.get()?;
                let promise = preview.promise.filter(|_| preview.inside)?;
                let reply = format::due_day(promise.response_due, Names::Long);
                let mended = format::due_day(promise.resolution_due, Names::Long);
                Some(
                    view! {
                        <div class="row row-t g3 promise-line" data-testid="promise-preview">
                            <Icon name="calendar"/>
                            <p>
                                <b>{t!("review-promise", date = reply)}</b>
                                <br/>
                                <span class="muted sm">{t!("review-promise-mended", date = mended)}</span>
                            </p>
                        </div>
                    },
                )
            }}
        </div>
        <ActionBar>
            // What is missing is the next thing to do, and so the one action.
            {move || match gap.get() {
                Some((_, step)) => {
                    view! {
                        <a class="btn btn-signal btn-lg btn-wide" href=address(step)>
                            {t!("review-add")}
                        </a>
                    }
                        .into_any()
                }
                None => {
                    view! {
                        <button
                            class="btn btn-signal btn-lg btn-wide"
                            type="button"
                            disabled=move || sending.get()
                            on:click=send.clone()
                        >
                            <Icon name="send"/>
                            {t!("review-send")}
                        </button>
                    }
                        .into_any()
                }
            }}
            {move || room.offline().then(|| view! { <p class="act-hint">{t!("review-offline")}</p> })}
        </ActionBar>
    }
}

/// What everyone may see of a report, and when.
fn public_words(public: Option<Visibility>) -> String {
    match public {
        None | Some(Visibility::AtOnce) => t!("review-public-text"),
        Some(Visibility::AfterAssessment) => t!("review-public-later"),
        Some(Visibility::Coarse) => t!("review-public-coarse"),
        Some(Visibility::Never) => t!("review-public-never"),
    }
}

#[component]
fn Summary(draft: ReportDraft) -> impl IntoView {
    let room = use_room();
    let service = draft.service_code.as_deref().and_then(|code| room.service(code));
    let what = draft.service_code.as_deref().map_or_else(|| t!("review-not-chosen"), service_name);
    let answers =
        service.map(|service| answers_in_words(&service, &draft.answers)).unwrap_or_default();
    let place = draft.place.as_ref().map_or_else(|| t!("report-no-place"), |p| p.label.clone());
    let photo = draft.photos.first().map(|photo| photo.hash);
    let said = draft.description.clone();
    let bare = answers.is_empty() && said.trim().is_empty();
    view! {
        <div class="card rows" data-testid="review">
            <div class="it">
                {match photo {
                    Some(hash) => view! { <Photo hash alt="" class="ph-64" thumb=true/> }.into_any(),
                    None => {
                        view! { <span class="disc disc-64"><Icon name="camera" size="i-28"/></span> }
                            .into_any()
                    }
                }}
                <p class="grow ttl">{photos_words(draft.photos.len())}</p>
                <Change step=FlowStep::Photo what=t!("flow-photo")/>
            </div>
            <div class="it">
                <span class="disc disc-64"><Icon name="pin" size="i-28"/></span>
                <p class="grow ttl">{place}</p>
                <Change step=FlowStep::Place what=t!("flow-place")/>
            </div>
            <div class="it">
                <span class="disc disc-64">
                    <ServiceIcon code=draft.service_code.clone().unwrap_or_default() size="i-28"/>
                </span>
                <p class="grow ttl">{what}</p>
                <Change step=FlowStep::What what=t!("flow-what")/>
            </div>
            <div>
                <div class="it">
                    <span class="disc disc-64"><Icon name="note" size="i-28"/></span>
                    <div class="grow">
                        <p class="ttl">{t!("details-title")}</p>
                        {bare.then(|| view! { <p class="sub">{t!("review-no-details")}</p> })}
                    </div>
                    <Change step=FlowStep::Details what=t!("flow-details")/>
                </div>
                {(!bare)
                    .then(|| {
                        view! {
                            <div class="it-more stack g2">
                                <dl class="facts">
                                    {answers
                                        .into_iter()
                                        .map(|(question, answer)| {
                                            view! { <dt>{question}</dt> <dd>{answer}</dd> }
                                        })
                                        .collect_view()}
                                </dl>
                                {(!said.trim().is_empty())
                                    .then(|| view! { <p class="sm said clamp">{said}</p> })}
                            </div>
                        }
                    })}
            </div>
        </div>
    }
}

#[component]
fn Change(step: FlowStep, what: String) -> impl IntoView {
    view! {
        <a class="lk" href=address(step)>
            {t!("review-change")}
            <span class="vh">" " {what}</span>
        </a>
    }
}
