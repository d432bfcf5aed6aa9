//! One order: what people said, where, and what to do next.

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use mend_core::api::{Failure, OrderPage};
use mend_core::subject::OrderStatus;
use serde_json::json;

use super::sync::SyncState;
use super::today::{Start, waits};
use crate::components::banner::{FailureNote, FailureOf};
use crate::components::icon::Icon;
use crate::components::page::{BackBar, Heading, Loading};
use crate::components::photo::BeforeAfter;
use crate::components::shell::CrewShell;
use crate::components::status::{Chip, PriorityMark, due_look, order_look};
use crate::components::timeline::Timeline;
use crate::components::words::{answers_in_words, service_short};
use crate::context::use_room;
use crate::faces::resident::report::ActionBar;
use crate::format;
use crate::i18n::t;

/// One order's screen.
#[component]
pub(crate) fn OrderScreen() -> impl IntoView {
    let room = use_room();
    let gateway = room.gateway;
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get("id").unwrap_or_default()));
    let page = room.live(move || gateway.call::<OrderPage>("order", json!({ "id": id.get() })));
    let failure = RwSignal::new(None::<Failure>);
    let good = Memo::new(move |_| page.get().and_then(Result::ok));
    let title = Signal::derive(move || match good.get() {
        Some(page) => t!(
            "order-title",
            what = service_short(&page.summary.service_code),
            place = page.summary.place
        ),
        None => t!("order-one"),
    });
    let number = Signal::derive(move || {
        good.get()
            .map(|page| t!("request-number", number = page.summary.number))
            .unwrap_or_default()
    });
    // The bar changes only with the order's own status, so that a press is never lost.
    let action = Memo::new(move |_| good.get().map(|page| (page.summary.id, page.summary.status)));

    view! {
        <CrewShell>
            <BackBar href="/crew" back=t!("nav-today")><SyncState/></BackBar>
            <div class="body">
                <div class="stack g1">
                    <Heading text=title/>
                    <p class="muted">{move || number.get()}</p>
                </div>
                <FailureOf failure/>
                {move || match page.get() {
                    None => view! { <Loading/> }.into_any(),
                    Some(Err(failure)) => view! { <FailureNote failure/> }.into_any(),
                    Some(Ok(page)) => view! { <Page page/> }.into_any(),
                }}
            </div>
            {move || {
                let (id, status) = action.get()?;
                match status {
                    OrderStatus::Completed | OrderStatus::Cancelled => None,
                    OrderStatus::Started => {
                        Some(
                            view! {
                                <ActionBar>
                                    <a
                                        class="btn btn-signal btn-lg btn-wide"
                                        href=format!("/crew/orders/{id}/complete")
                                    >
                                        <Icon name="check"/>
                                        {t!("order-complete")}
                                    </a>
                                </ActionBar>
                            }
                                .into_any(),
                        )
                    }
                    _ => {
                        let held = status == OrderStatus::Held;
                        Some(view! { <ActionBar><Start id held failure/></ActionBar> }.into_any())
                    }
                }
            }}
        </CrewShell>
    }
}

#[component]
fn Page(page: OrderPage) -> impl IntoView {
    let room = use_room();
    let summary = page.summary;
    let open = summary.status.is_open();
    let due = summary.due.filter(|_| open && summary.status != OrderStatus::Held);
    let answers = room
        .service(&summary.service_code)
        .map(|service| answers_in_words(&service, &page.answers))
        .unwrap_or_default();
    let said = page.description;
    let spot = page.location.map(|place| {
        t!(
            "order-position",
            lat = format!("{:.5}", place.point.lat()),
            lon = format!("{:.5}", place.point.lon())
        )
    });
    let notes = page.notes;
    view! {
        <div class="row wrap g2" data-testid="order">
            <Chip look=order_look(summary.status) testid="status-chip"/>
            {open.then(|| view! { <PriorityMark priority=summary.priority/> })}
            {due.map(|due| view! { <Chip look=due_look(due)/> })}
            {waits(&summary).map(|look| view! { <Chip look testid="delivery-chip"/> })}
        </div>
        <div class="split">
            <div class="stack g4">
                <BeforeAfter before=page.before after=page.after/>
                <section class="card pad row row-t g3">
                    <span class="disc"><Icon name="pin"/></span>
                    <div class="grow">
                        <h2 class="h-3">{summary.place}</h2>
                        <p class="muted">{spot}</p>
                    </div>
                </section>
            </div>
            <div class="stack g4">
                <section class="card pad stack g3">
                    <h2 class="h-3">{t!("order-said")}</h2>
                    {if said.trim().is_empty() && answers.is_empty() {
                        view! { <p class="muted">{t!("order-said-nothing")}</p> }.into_any()
                    } else {
                        view! {
                            {(!said.trim().is_empty())
                                .then(|| view! { <blockquote class="said">{said}</blockquote> })}
                            <dl class="facts">
                                {answers
                                    .into_iter()
                                    .map(|(question, answer)| {
                                        view! { <dt>{question}</dt> <dd>{answer}</dd> }
                                    })
                                    .collect_view()}
                            </dl>
                        }
                            .into_any()
                    }}
                </section>
                {(page.started_at.is_some() || page.completed_at.is_some())
                    .then(|| {
                        view! {
                            <section class="card pad">
                                <dl class="facts">
                                    {page
                                        .started_at
                                        .map(|at| {
                                            view! {
                                                <dt>{t!("order-started")}</dt>
                                                <dd>{format::moment(at)}</dd>
                                            }
                                        })}
                                    {page
                                        .completed_at
                                        .map(|at| {
                                            view! {
                                                <dt>{t!("order-completed")}</dt>
                                                <dd>{format::moment(at)}</dd>
                                            }
                                        })}
                                </dl>
                            </section>
                        }
                    })}
                {(!notes.is_empty())
                    .then(|| {
                        view! {
                            <section class="stack g3" aria-labelledby="notes">
                                <h2 class="h-3" id="notes">{t!("order-notes")}</h2>
                                <Timeline steps=notes with_photos=true/>
                            </section>
                        }
                    })}
            </div>
        </div>
    }
}
