//! One request by its tracking code, as far as it is public.

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use mend_core::api::{PublicRequest, Tracked};
use mend_core::subject::RequestStatus;
use mend_core::tracking::TrackingCode;

use super::home::{TrackForm, code_problem};
use crate::components::banner::FailureNote;
use crate::components::icon::{Icon, ServiceIcon};
use crate::components::page::{BackBar, Empty, Heading, Loading};
use crate::components::seam::Seam;
use crate::components::status::{Chip, request_look};
use crate::components::timeline::Timeline;
use crate::components::words::service_name;
use crate::context::use_room;
use crate::format::{self, Names};
use crate::gateway::{Answer, failure};
use crate::i18n::t;

/// The result of a look-up.
#[component]
pub(crate) fn Track() -> impl IntoView {
    let room = use_room();
    let gateway = room.gateway;
    let params = use_params_map();
    let typed = Memo::new(move |_| params.with(|params| params.get("code").unwrap_or_default()));
    let code = Memo::new(move |_| typed.with(|text| text.parse::<TrackingCode>()));
    let found = room.live(move || {
        let code = code.get();
        async move {
            let answer: Answer<Tracked> = match code {
                Ok(code) => gateway.track(code).await,
                Err(_) => Err(failure("bad_code")),
            };
            answer
        }
    });
    let title = Signal::derive(move || t!("track-result", code = typed.get().to_uppercase()));
    view! {
        <div class="portal">
            <main id="main" class="page-wide" tabindex="-1">
                <BackBar href="/" back=t!("portal-back")/>
                <div class="body">
                    <Heading text=title/>
                    {move || match (code.get(), found.get()) {
                        (Err(why), _) => {
                            view! {
                                <p class="bn st-over" role="alert">
                                    <Icon name="alert"/>
                                    <span>{code_problem(why)}</span>
                                </p>
                                <TrackForm/>
                            }
                                .into_any()
                        }
                        (_, None) => view! { <Loading/> }.into_any(),
                        (_, Some(Err(failure))) if failure.code != "not_found" => {
                            view! {
                                <FailureNote failure/>
                                <button
                                    class="btn btn-signal btn-lg"
                                    type="button"
                                    on:click=move |_| room.changed.update(|n| *n = n.wrapping_add(1))
                                >
                                    <Icon name="sync"/>
                                    {t!("retry-now")}
                                </button>
                            }
                                .into_any()
                        }
                        (_, Some(Ok(tracked))) if !tracked.requests.is_empty() => {
                            tracked
                                .requests
                                .into_iter()
                                .map(|request| view! { <TrackedRequest request/> })
                                .collect_view()
                                .into_any()
                        }
                        _ => {
                            view! {
                                <div class="card"><Empty icon="search" text=t!("track-nothing")/></div>
                                <TrackForm/>
                            }
                                .into_any()
                        }
                    }}
                </div>
            </main>
        </div>
    }
}

/// Dates are shown while they are to come: what waits has none, and what is done needs none.
fn shows_dates(status: RequestStatus) -> bool {
    status.is_open() && status != RequestStatus::OnHold
}

#[component]
fn TrackedRequest(request: PublicRequest) -> impl IntoView {
    let promise = request.promise.filter(|_| shows_dates(request.status));
    let mut steps = request.steps;
    // Kept oldest first; read newest first, like one's own reports.
    steps.reverse();
    view! {
        <article class="card pad stack g4" data-testid="tracked" data-number=request.number.clone()>
            <div class="row row-t g3">
                <span class="disc disc-56"><ServiceIcon code=request.service_code.clone() size="i-28"/></span>
                <div class="grow">
                    <h2 class="h-2">{service_name(&request.service_code)}</h2>
                    <p class="muted">{request.place.unwrap_or_else(|| t!("track-no-place"))}</p>
                    <p class="muted">{t!("request-number", number = request.number.clone())}</p>
                </div>
            </div>
            <div class="stack g3">
                <div class="row"><Chip look=request_look(request.status) testid="status-chip"/></div>
                <Seam status=request.status/>
            </div>
            {promise
                .map(|promise| {
                    view! {
                        <dl class="facts">
                            <dt>{t!("promise-reply")}</dt>
                            <dd>{format::day(promise.response_due, Names::Long)}</dd>
                            <dt>{t!("promise-mended")}</dt>
                            <dd>{format::day(promise.resolution_due, Names::Long)}</dd>
                        </dl>
                    }
                })}
            <Timeline steps/>
        </article>
    }
}
