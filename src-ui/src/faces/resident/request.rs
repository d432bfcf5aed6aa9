//! One request: the promise on top, photos before and after, and every step.

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use mend_core::api::{Delivery, Failure, OutboxItem, RequestPage, StepKind};
use mend_core::event::Promise;
use mend_core::id::SubjectId;
use mend_core::subject::RequestStatus;
use mend_core::time::Timestamp;
use serde_json::{Value, json};

use super::reports::{ChangeIt, Decide, Twice};
use super::row::next_words;
use crate::components::banner::{FailureNote, FailureOf, OfflineBanner};
use crate::components::icon::Icon;
use crate::components::page::{BackBar, Heading, Loading};
use crate::components::photo::BeforeAfter;
use crate::components::seam::Seam;
use crate::components::shell::ResidentShell;
use crate::components::status::{Chip, delivery_look, request_look};
use crate::components::timeline::Timeline;
use crate::components::words::{refusal_words, service_short, step_reason};
use crate::context::use_room;
use crate::format::{self, Names};
use crate::i18n::t;

/// One request's screen.
#[component]
pub(crate) fn RequestScreen() -> impl IntoView {
    let room = use_room();
    let gateway = room.gateway;
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get("id").unwrap_or_default()));
    let page = room.live(move || gateway.call::<RequestPage>("request", json!({ "id": id.get() })));
    let outbox = room.live(move || gateway.call::<Vec<OutboxItem>>("outbox", Value::Null));
    let waiting = Memo::new(move |_| {
        let items = outbox.get().and_then(Result::ok).unwrap_or_default();
        let own = |item: &OutboxItem| item.account.is_none();
        let here = |item: &OutboxItem| item.subject.id.to_string() == id.get();
        items.into_iter().filter(|item| own(item) && here(item)).collect::<Vec<_>>()
    });
    let failure = RwSignal::new(None::<Failure>);
    let good = Memo::new(move |_| page.get().and_then(Result::ok));
    let title = Signal::derive(move || match good.get() {
        Some(page) => title_of(&page),
        None => t!("request-title"),
    });
    let number = Signal::derive(move || {
        good.get()
            .and_then(|page| page.summary.number)
            .map(|number| t!("request-number", number = number))
            .unwrap_or_default()
    });

    view! {
        <ResidentShell>
            <BackBar href="/reports" back=t!("reports-title") middle=number/>
            <OfflineBanner/>
            <div class="body">
                <Heading text=title/>
                <FailureOf failure/>
                {move || match page.get() {
                    None => view! { <Loading/> }.into_any(),
                    Some(Err(failure)) => view! { <FailureNote failure/> }.into_any(),
                    Some(Ok(page)) => view! { <Page page waiting failure/> }.into_any(),
                }}
            </div>
        </ResidentShell>
    }
}

fn title_of(page: &RequestPage) -> String {
    let what =
        page.summary.service_code.as_deref().map_or_else(|| t!("report-unnamed"), service_short);
    let place = page.summary.place.clone();
    let mended = page.steps.iter().any(|step| step.kind == StepKind::Resolved);
    match page.summary.status {
        // What was closed as a duplicate was not mended under this number.
        Some(RequestStatus::Resolved | RequestStatus::Closed) if mended => {
            t!("request-mended", what = what, place = place)
        }
        _ => t!("request-open", what = what, place = place),
    }
}

#[component]
fn Page(
    page: RequestPage,
    /// What of it is still on its way.
    waiting: Memo<Vec<OutboxItem>>,
    failure: RwSignal<Option<Failure>>,
) -> impl IntoView {
    let decide = move || {
        let needs = |item: &OutboxItem| matches!(item.delivery, Delivery::NeedsYou { .. });
        let item = waiting.get().into_iter().find(needs);
        item.map(|item| view! { <Decide item failure alone=true/> })
    };
    let summary = page.summary;
    let (request, status) = (summary.request, summary.status);
    // What was reopened is not mended, whatever was said before.
    let settled = summary.status.is_some_and(|status| !status.is_open());
    let resolved_at = page
        .steps
        .iter()
        .find(|step| step.kind == StepKind::Resolved)
        .map(|step| step.at)
        .filter(|_| settled);
    let held = summary.status == Some(RequestStatus::OnHold);
    let ended = page
        .steps
        .first()
        .filter(|step| matches!(step.kind, StepKind::Duplicate | StepKind::Withdrawn));
    let ended = ended.and_then(step_reason);
    let over = ended.is_some();
    let received_at =
        page.steps.iter().find(|step| step.kind == StepKind::Received).map(|step| step.at);
    let on_its_way = summary.delivery != Delivery::Received;
    let refused = match &summary.delivery {
        Delivery::NeedsYou { refusal } => Some(refusal_words(refusal)),
        _ => None,
    };
    let stopped = refused.is_some();
    let outcome = ended
        .or_else(|| outcome_words(resolved_at, received_at, summary.promise))
        .unwrap_or_else(|| match summary.delivery {
            Delivery::Waiting => t!("receipt-saved"),
            _ => next_words(&summary),
        });
    let steps = page.steps;
    let said = page.description;
    view! {
        <div class="split" data-testid="request">
            <div class="stack g4">
                <div class="stack g3 lead">
                    <div class="row wrap g3">
                        {summary
                            .status
                            .filter(|_| summary.number.is_some() || !on_its_way)
                            .map(|status| view! { <Chip look=request_look(status) testid="status-chip"/> })}
                        {on_its_way
                            .then(|| view! { <Chip look=delivery_look(&summary.delivery) testid="delivery-chip"/> })}
                        {page.with.clone().filter(|_| !over).map(|with| view! { <span class="muted sm">{t!("request-with", with = with)}</span> })}
                    </div>
                    {summary.status.filter(|_| !over).map(|status| view! { <Seam status/> })}
                    {(!stopped).then_some(outcome).map(|words| view! { <p class="outcome">{words}</p> })}
                </div>
                {refused
                    .map(|(what, way)| {
                        view! {
                            <div class="bn st-over" data-testid="needs-you">
                                <Icon name="alert"/>
                                <p><b>{what}</b> " " {way}</p>
                            </div>
                            {decide}
                        }
                    })}
                <BeforeAfter before=page.before after=page.after/>
                {summary
                    .promise
                    // What was taken back has no dates, and what became part of another has that one's.
                    .filter(|_| !over)
                    .map(|promise| view! { <PromiseCard promise resolved_at held/> })}
                {(!said.is_empty())
                    .then(|| {
                        view! {
                            <section class="card pad stack g2">
                                <h2 class="h-3">{t!("request-said")}</h2>
                                <p class="said">{said}</p>
                            </section>
                        }
                    })}
                {(!stopped)
                    .then(|| view! { <StillYours request status waiting failure/> })}
                {summary
                    .tracking_code
                    .map(|code| {
                        view! {
                            <section class="card pad row between wrap g2">
                                <h2 class="h-3">{t!("receipt-code")}</h2>
                                <p class="code code-sm" data-testid="tracking-code">{code.to_string()}</p>
                            </section>
                        }
                    })}
            </div>
            {(!steps.is_empty())
                .then(|| {
                    view! {
                        <section class="stack g3 steps" aria-labelledby="every-step">
                            <div class="row between">
                                <h2 class="h-2" id="every-step">{t!("request-steps")}</h2>
                                <span class="sm muted">{t!("request-newest-first")}</span>
                            </div>
                            <Timeline steps with_photos=true/>
                        </section>
                    }
                })}
        </div>
    }
}

/// What its reporter can still do: change the words that the city has not answered, and take back
/// what no crew has begun.
#[component]
fn StillYours(
    request: Option<SubjectId>,
    /// None: the city has not answered.
    status: Option<RequestStatus>,
    waiting: Memo<Vec<OutboxItem>>,
    failure: RwSignal<Option<Failure>>,
) -> impl IntoView {
    let room = use_room();
    let change = move || {
        let unanswered = |item: &&OutboxItem| item.action == "report" && !item.accepted;
        let command = waiting.get().iter().find(unanswered).map(|item| item.command);
        command.map(|command| view! { <ChangeIt command failure quiet=true/> })
    };
    let take_back = move || {
        leptos::task::spawn_local(async move {
            let args = json!({ "request": request });
            failure.try_set(room.gateway.call::<()>("withdraw", args).await.err());
        });
    };
    let not_begun = matches!(
        status,
        None | Some(RequestStatus::Received | RequestStatus::Assigned | RequestStatus::Reopened)
    );
    let withdraw = move || {
        let asked = waiting.get().iter().any(|item| item.action == "withdraw");
        (not_begun && !asked).then(|| {
            view! { <Twice label=t!("withdraw") sure=t!("withdraw-sure") done=take_back/> }
        })
    };
    view! { <div class="row wrap g2" data-testid="still-yours">{change} {withdraw}</div> }
}

/// "Mended in 4 days. The promise was Thursday 3 December."
fn outcome_words(
    resolved: Option<Timestamp>,
    received: Option<Timestamp>,
    promise: Option<Promise>,
) -> Option<String> {
    let (resolved, received) = (resolved?, received?);
    let days = (resolved.0 - received.0) / mend_core::time::DAY_MS;
    let done = if days < 1 { t!("mended-same-day") } else { t!("mended-in-days", days = days) };
    Some(match promise {
        Some(promise) => {
            let date = format::day(promise.resolution_due, Names::Long);
            format!("{done} {}", t!("mended-promise-was", date = date))
        }
        None => done,
    })
}

/// The dates that the city stands by, and whether it has kept them.
#[component]
fn PromiseCard(
    promise: Promise,
    resolved_at: Option<Timestamp>,
    /// Work waits, and the dates move with it.
    held: bool,
) -> impl IntoView {
    let kept = resolved_at.is_some_and(|at| at <= promise.resolution_due);
    view! {
        <section class="card pad stack g3" data-testid="promise">
            <h2 class="h-3">{t!("promise-title")}</h2>
            <dl class="facts">
                <dt>{t!("promise-reply")}</dt>
                <dd>{format::day(promise.response_due, Names::Long)}</dd>
                <dt>{t!("promise-mended")}</dt>
                <dd class="row wrap g2">
                    <span>{format::day(promise.resolution_due, Names::Long)}</span>
                    {kept
                        .then(|| {
                            view! {
                                <span class="st st-ontime">
                                    <Icon name="check" size="i-16"/>
                                    {t!("promise-kept")}
                                </span>
                            }
                        })}
                    {held
                        .then(|| {
                            view! {
                                <span class="st st-hold">
                                    <Icon name="st-hold" size="i-16"/>
                                    {t!("promise-paused")}
                                </span>
                            }
                        })}
                </dd>
            </dl>
        </section>
    }
}
