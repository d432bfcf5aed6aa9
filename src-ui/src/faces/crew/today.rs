//! Today: the crew's orders, the next one on top.

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use mend_core::api::{Delivery, Failure, OrderSummary, Today};
use mend_core::subject::OrderStatus;
use serde_json::{Value, json};

use super::sync::SyncState;
use crate::components::banner::{FailureNote, FailureOf, ProblemBanner, SignInBanner};
use crate::components::icon::{Icon, ServiceIcon};
use crate::components::page::{Empty, Heading, Loading};
use crate::components::photo::Photo;
use crate::components::shell::CrewShell;
use crate::components::status::{Chip, PriorityMark, delivery_look, due_look, order_look};
use crate::components::words::service_short;
use crate::context::use_room;
use crate::faces::resident::home::row_key;
use crate::format::{self, Names};
use crate::i18n::t;

/// The day's screen.
#[component]
pub(crate) fn TodayScreen() -> impl IntoView {
    let room = use_room();
    let gateway = room.gateway;
    let today = room.live(move || gateway.call::<Today>("today", Value::Null));
    let failure = RwSignal::new(None::<Failure>);
    let good = Memo::new(move |_| today.get().and_then(Result::ok));
    // Whoever is not signed in comes to the sign-in.
    let navigate = use_navigate();
    Effect::new(move |_| {
        let gone = today
            .with(|today| matches!(today, Some(Err(failure)) if failure.code == "sign_in_needed"));
        if gone {
            navigate("/crew/sign-in", NavigateOptions { replace: true, ..Default::default() });
        }
    });
    let part = move |done: bool| {
        Memo::new(move |_| {
            let orders = good.get().map(|today| today.orders).unwrap_or_default();
            orders.into_iter().filter(|order| order.status.is_open() != done).collect::<Vec<_>>()
        })
    };
    let (open, done) = (part(false), part(true));
    let next = Memo::new(move |_| open.with(|open| open.first().cloned()));
    let rest = Memo::new(move |_| open.get().into_iter().skip(1).collect::<Vec<_>>());
    let title = Signal::derive(move || match good.get() {
        Some(_) => t!("today-title", count = open.with(Vec::len)),
        None => t!("nav-today"),
    });

    view! {
        <CrewShell>
            <div class="body">
                <header class="stack">
                    <div class="row between wrap g1">
                        <Heading text=title/>
                        <SyncState/>
                    </div>
                    <p class="muted">
                        {move || {
                            good.get().map(|today| {
                                let date = format::day(format::now(), Names::Short);
                                t!("today-crew", crew = today.crew.name, date = date)
                            })
                        }}
                    </p>
                </header>
                <ProblemBanner/>
                <SignInBanner/>
                <FailureOf failure/>
                {move || match today.with(|today| today.as_ref().map(|today| today.as_ref().err().cloned())) {
                    None => view! { <Loading/> }.into_any(),
                    Some(Some(failure)) => view! { <FailureNote failure/> }.into_any(),
                    Some(None) => {
                        view! {
                            <div class="cols">
                                <Show
                                    when=move || next.with(Option::is_some)
                                    fallback=|| view! { <div class="card"><Empty icon="check" text=t!("today-empty")/></div> }
                                >
                                    {move || next.get().map(|order| view! { <Next order failure/> })}
                                </Show>
                                <Show when=move || !(rest.with(Vec::is_empty) && done.with(Vec::is_empty))>
                                    <div class="stack g4">
                                        <Show when=move || !rest.with(Vec::is_empty)>
                                            <section class="stack" aria-labelledby="later">
                                                <div class="sec"><h2 id="later">{t!("today-later")}</h2></div>
                                                <ul class="card rows" data-testid="orders">
                                                    <For each=move || rest.get() key=row_key let:order>
                                                        <li><OrderRow order/></li>
                                                    </For>
                                                </ul>
                                            </section>
                                        </Show>
                                        <Show when=move || !done.with(Vec::is_empty)>
                                            <section class="stack" aria-labelledby="done">
                                                <div class="sec"><h2 id="done">{t!("today-done")}</h2></div>
                                                <ul class="card rows" data-testid="orders-done">
                                                    <For each=move || done.get() key=row_key let:order>
                                                        <li><OrderRow order/></li>
                                                    </For>
                                                </ul>
                                            </section>
                                        </Show>
                                    </div>
                                </Show>
                            </div>
                        }
                            .into_any()
                    }
                }}
            </div>
        </CrewShell>
    }
}

/// What a crew must know of an order's way to the city; nothing when all of it is there.
pub(crate) fn waits(order: &OrderSummary) -> Option<crate::components::status::Look> {
    (order.delivery != Delivery::Received).then(|| delivery_look(&order.delivery))
}

/// The order that comes next, with its one action.
#[component]
fn Next(order: OrderSummary, failure: RwSignal<Option<Failure>>) -> impl IntoView {
    let href = format!("/crew/orders/{}", order.id);
    let started = order.status == OrderStatus::Started;
    let held = order.status == OrderStatus::Held;
    let due = order.due.filter(|_| !held);
    let id = order.id;
    let title =
        t!("order-title", what = service_short(&order.service_code), place = order.place.clone());
    view! {
        <article class="card next-order stack g3" data-testid="order-card" data-number=order.number.clone()>
            <div class="row between">
                {if started || held {
                    view! { <Chip look=order_look(order.status) testid="status-chip"/> }.into_any()
                } else {
                    view! { <p class="muted">{t!("today-next")}</p> }.into_any()
                }}
                <PriorityMark priority=order.priority/>
            </div>
            <a class="row row-t g3 plain" href=href.clone()>
                {match order.photo {
                    Some(hash) => view! { <Photo hash alt="" class="ph-88" thumb=true/> }.into_any(),
                    None => {
                        view! {
                            <span class="disc disc-88">
                                <ServiceIcon code=order.service_code.clone() size="i-40"/>
                            </span>
                        }
                            .into_any()
                    }
                }}
                <span class="grow stack g2">
                    <span class="h-2">{title}</span>
                    <span class="muted">{t!("request-number", number = order.number.clone())}</span>
                    <span class="row wrap g2">
                        {due.map(|due| view! { <Chip look=due_look(due)/> })}
                        {waits(&order).map(|look| view! { <Chip look testid="delivery-chip"/> })}
                    </span>
                </span>
            </a>
            {if started {
                view! {
                    <a class="btn btn-signal btn-lg btn-wide" href=format!("{href}/complete")>
                        <Icon name="check"/>
                        {t!("order-complete")}
                    </a>
                }
                    .into_any()
            } else {
                view! { <Start id held failure/> }.into_any()
            }}
        </article>
    }
}

/// Starts work on an order.
#[component]
pub(crate) fn Start(
    /// Which.
    id: mend_core::id::SubjectId,
    /// It waits, so work goes on and does not begin.
    held: bool,
    /// Where a failure is shown.
    failure: RwSignal<Option<Failure>>,
) -> impl IntoView {
    let room = use_room();
    let busy = RwSignal::new(false);
    let start = move |_| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        leptos::task::spawn_local(async move {
            let started = room.gateway.call::<()>("start_order", json!({ "id": id })).await;
            failure.try_set(started.err());
            busy.try_set(false);
        });
    };
    view! {
        <button
            class="btn btn-signal btn-lg btn-wide"
            type="button"
            disabled=move || busy.get()
            on:click=start
        >
            <Icon name="play"/>
            {if held { t!("order-resume") } else { t!("order-start") }}
        </button>
    }
}

#[component]
fn OrderRow(order: OrderSummary) -> impl IntoView {
    // Whoever waits for parts has no date to keep.
    let running = order.status.is_open() && order.status != OrderStatus::Held;
    view! {
        <a
            class="it it-t"
            href=format!("/crew/orders/{}", order.id)
            data-testid="order-card"
            data-number=order.number.clone()
        >
            <span class="disc disc-56"><ServiceIcon code=order.service_code.clone() size="i-28"/></span>
            <span class="grow stack g1">
                <span class="row between g2 row-t">
                    <span class="ttl">{service_short(&order.service_code)}</span>
                    {order.status.is_open().then(|| view! { <PriorityMark priority=order.priority/> })}
                </span>
                <span class="sub">{order.place.clone()}</span>
                <span class="row wrap g2 row-chips">
                    {match order.due {
                        Some(due) if running => view! { <Chip look=due_look(due)/> }.into_any(),
                        _ => {
                            view! { <Chip look=order_look(order.status) testid="status-chip"/> }
                                .into_any()
                        }
                    }}
                    {waits(&order).map(|look| view! { <Chip look testid="delivery-chip"/> })}
                </span>
            </span>
        </a>
    }
}
