//! Home: one gold card, and what became of one's reports.

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use mend_core::api::{Account, Delivery, ReportSummary};
use mend_core::decide::Role;
use serde_json::Value;

use super::row::ReportRow;
use crate::components::banner::{FailureNote, OfflineBanner};
use crate::components::icon::Icon;
use crate::components::page::{Empty, Heading, Loading};
use crate::components::shell::{Brand, ResidentShell};
use crate::context::{failure_of, use_room};
use crate::i18n::t;

/// How many reports are shown before "All".
const SHOWN: usize = 4;

/// A draft that holds nothing is none.
pub(crate) fn worth_showing(report: &ReportSummary) -> bool {
    report.delivery != Delivery::Draft
        || report.photo.is_some()
        || report.service_code.is_some()
        || !report.place.is_empty()
}

/// The resident's first screen.
#[component]
pub(crate) fn Home() -> impl IntoView {
    let room = use_room();
    let gateway = room.gateway;
    let reports = room.live(move || gateway.call::<Vec<ReportSummary>>("my_reports", Value::Null));
    let accounts = room.live(move || gateway.call::<Vec<Account>>("accounts", Value::Null));
    let lost = failure_of(reports);
    straight_to_work();

    let list = Memo::new(move |_| {
        reports.get().map(|answer| {
            answer.unwrap_or_default().into_iter().filter(worth_showing).collect::<Vec<_>>()
        })
    });
    let draft = Memo::new(move |_| {
        list.get()?.into_iter().find(|report| report.delivery == Delivery::Draft)
    });
    let count = Memo::new(move |_| list.with(|list| list.as_ref().map_or(0, Vec::len)));

    view! {
        <ResidentShell>
            <header class="top top-home"><Brand/></header>
            <OfflineBanner/>
            <div class="body home">
                <div class="stack g4">
                    <Heading text=t!("home-title") class="h-display"/>
                    <NoCity/>
                    <a class="report" href="/report" data-testid="report-a-problem">
                        <span class="disc disc-56"><Icon name="camera" size="i-28"/></span>
                        <span class="grow">
                            <b>{t!("home-report")}</b>
                            <span>
                                {move || match draft.get() {
                                    Some(draft) => continue_words(&draft),
                                    None => t!("home-report-hint"),
                                }}
                            </span>
                        </span>
                        <Icon name="right"/>
                    </a>
                </div>
                <section class="stack" aria-labelledby="home-reports">
                    <div class="sec">
                        <h2 id="home-reports">{t!("reports-title")}</h2>
                        {move || {
                            (count.get() > SHOWN).then(|| {
                                view! {
                                    <a class="lk" href="/reports">
                                        {t!("home-all", count = count.get())}
                                        <Icon name="right" size="i-20"/>
                                    </a>
                                }
                            })
                        }}
                    </div>
                    {move || match (lost.get(), list.with(|list| list.as_ref().map(Vec::is_empty))) {
                        (Some(failure), _) => view! { <FailureNote failure/> }.into_any(),
                        (_, None) => view! { <Loading/> }.into_any(),
                        (_, Some(true)) => {
                            view! { <div class="card"><Empty icon="reports" text=t!("reports-empty")/></div> }.into_any()
                        }
                        (_, Some(false)) => {
                            view! {
                                <ul class="card rows" data-testid="reports">
                                    <For
                                        each=move || {
                                            list.get().unwrap_or_default().into_iter().take(SHOWN)
                                        }
                                        key=row_key
                                        let:report
                                    >
                                        <li><ReportRow report/></li>
                                    </For>
                                </ul>
                            }
                                .into_any()
                        }
                    }}
                </section>
                <footer class="foot">
                    {move || match crew_name(accounts.get()) {
                        Some(name) => {
                            view! {
                                <a class="lk lk-quiet" href="/crew">
                                    {t!("home-crew", crew = name)}
                                </a>
                            }
                        }
                        None => {
                            view! {
                                <a class="lk lk-quiet" href="/crew/sign-in">{t!("home-staff")}</a>
                            }
                        }
                    }}
                </footer>
            </div>
        </ResidentShell>
    }
}

/// A row is drawn anew only when something in it has changed.
pub(crate) fn row_key<T: serde::Serialize>(row: &T) -> String {
    serde_json::to_string(row).unwrap_or_default()
}

fn continue_words(draft: &ReportSummary) -> String {
    match (&draft.service_code, draft.place.is_empty()) {
        (Some(code), _) => {
            t!("home-continue-what", what = crate::components::words::service_name(code))
        }
        (None, false) => t!("home-continue-what", what = draft.place.clone()),
        (None, true) => t!("home-continue"),
    }
}

pub(crate) fn crew_name(accounts: Option<crate::gateway::Answer<Vec<Account>>>) -> Option<String> {
    let accounts = accounts?.ok()?;
    let account = accounts.into_iter().find(|account| account.role == Role::Crew)?;
    Some(account.crew.map_or(account.name, |crew| crew.name))
}

/// A crew's device opens at the day's orders. Only at the start: later, Home is Home.
fn straight_to_work() {
    let room = use_room();
    if room.arrived.get_value() {
        return;
    }
    let navigate = use_navigate();
    leptos::task::spawn_local(async move {
        let accounts = room.gateway.call::<Vec<Account>>("accounts", Value::Null).await;
        if crew_name(Some(accounts)).is_some() {
            navigate("/crew", NavigateOptions { replace: true, ..Default::default() });
        }
    });
}

/// Before the first contact nothing is known of the city; what is written is kept all the same.
#[component]
fn NoCity() -> impl IntoView {
    let room = use_room();
    move || {
        room.city_now().is_none().then(|| {
            view! {
                <div class="bn" data-testid="no-city">
                    <Icon name="info"/>
                    <p><b>{t!("no-city-title")}</b> " " {t!("no-city-text")}</p>
                </div>
            }
        })
    }
}
