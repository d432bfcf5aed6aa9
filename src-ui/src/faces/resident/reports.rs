//! My reports, with every state that a report on its way can be in.

use leptos::prelude::*;
use leptos_router::hooks::use_navigate;
use mend_core::api::{Delivery, Failure, OutboxItem, ReportDraft, ReportSummary};
use mend_core::id::CommandId;
use serde_json::{Value, json};

use super::flow::address;
use super::home::{row_key, worth_showing};
use super::row::ReportRow;
use crate::components::banner::{FailureNote, FailureOf, OfflineBanner};
use crate::components::icon::Icon;
use crate::components::page::{Empty, Heading, Loading};
use crate::components::shell::ResidentShell;
use crate::components::words::refusal_words;
use crate::context::{failure_of, use_room};
use crate::i18n::t;

/// A report with what carries it, while that waits here.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
struct Entry {
    report: ReportSummary,
    item: Option<OutboxItem>,
}

fn is_with_city(report: &ReportSummary) -> bool {
    report.delivery == Delivery::Received
}

/// All of this device's reports.
#[component]
pub(crate) fn Reports() -> impl IntoView {
    let room = use_room();
    let gateway = room.gateway;
    let reports = room.live(move || gateway.call::<Vec<ReportSummary>>("my_reports", Value::Null));
    let outbox = room.live(move || gateway.call::<Vec<OutboxItem>>("outbox", Value::Null));
    let failure = RwSignal::new(None::<Failure>);

    let entries = Memo::new(move |_| {
        let items = outbox.get().and_then(Result::ok).unwrap_or_default();
        reports.get().map(|answer| {
            answer
                .unwrap_or_default()
                .into_iter()
                .filter(worth_showing)
                .map(|report| {
                    let item = items
                        .iter()
                        .find(|item| {
                            item.account.is_none() && Some(item.subject.id) == report.request
                        })
                        .cloned();
                    Entry { report, item }
                })
                .collect::<Vec<_>>()
        })
    });
    let part = move |with_city: bool| {
        Memo::new(move |_| {
            entries
                .get()
                .unwrap_or_default()
                .into_iter()
                .filter(|entry| is_with_city(&entry.report) == with_city)
                .collect::<Vec<_>>()
        })
    };
    let (here, there) = (part(false), part(true));
    let waiting = Memo::new(move |_| {
        here.with(|here| here.iter().any(|entry| entry.report.delivery != Delivery::Draft))
    });
    let empty = Memo::new(move |_| entries.with(|entries| entries.as_ref().map(Vec::is_empty)));
    let lost = failure_of(reports);

    view! {
        <ResidentShell>
            <OfflineBanner/>
            <div class="body">
                <Heading text=t!("reports-title")/>
                <FailureOf failure/>
                {move || match (lost.get(), empty.get()) {
                    (Some(failure), _) => view! { <FailureNote failure/> }.into_any(),
                    (_, None) => view! { <Loading/> }.into_any(),
                    (_, Some(true)) => {
                        view! {
                            <div class="card">
                                <Empty icon="reports" text=t!("reports-empty")>
                                    <a class="btn btn-signal btn-lg" href="/report">
                                        <Icon name="camera"/>
                                        {t!("home-report")}
                                    </a>
                                </Empty>
                            </div>
                        }
                            .into_any()
                    }
                    (_, Some(false)) => {
                        view! {
                            <div class="cols">
                                <Show when=move || !here.with(Vec::is_empty)>
                                    <section class="stack" aria-labelledby="reports-here">
                                        <div class="sec">
                                            <h2 id="reports-here">{t!("reports-here")}</h2>
                                            <Show when=move || waiting.get()>
                                                <RetryNow failure/>
                                            </Show>
                                        </div>
                                        <ul class="card rows" data-testid="reports-here">
                                            <For each=move || here.get() key=row_key let:entry>
                                                <li>
                                                    <Trouble entry=entry.clone() failure/>
                                                </li>
                                            </For>
                                        </ul>
                                        <p class="hint foot-hint">{t!("reports-here-hint")}</p>
                                    </section>
                                </Show>
                                <Show when=move || !there.with(Vec::is_empty)>
                                    <section class="stack" aria-labelledby="reports-there">
                                        <div class="sec">
                                            <h2 id="reports-there">{t!("reports-there")}</h2>
                                        </div>
                                        <ul class="card rows" data-testid="reports-there">
                                            <For each=move || there.get() key=row_key let:entry>
                                                <li><ReportRow report=entry.report/></li>
                                            </For>
                                        </ul>
                                    </section>
                                </Show>
                            </div>
                        }
                            .into_any()
                    }
                }}
            </div>
        </ResidentShell>
    }
}

/// Asks the device to try at once.
#[component]
pub(crate) fn RetryNow(
    /// Where a failure is shown.
    failure: RwSignal<Option<Failure>>,
) -> impl IntoView {
    let room = use_room();
    let retry = move |_| {
        leptos::task::spawn_local(async move {
            failure.set(room.gateway.call::<()>("retry_now", Value::Null).await.err());
        });
    };
    view! {
        <button class="lk" type="button" on:click=retry>
            <Icon name="sync" size="i-20"/>
            {t!("retry-now")}
        </button>
    }
}

/// A row, and below it what a person must know or decide.
#[component]
fn Trouble(entry: Entry, failure: RwSignal<Option<Failure>>) -> impl IntoView {
    let Entry { report, item } = entry;
    let more = match &report.delivery {
        Delivery::NeedsYou { refusal } => {
            let (what, way) = refusal_words(refusal);
            Some(
                view! {
                    <div class="it-more stack g3" data-testid="needs-you">
                        <p class="sm"><b>{what}</b> " " {way}</p>
                        {item.map(|item| view! { <Decide item failure/> })}
                    </div>
                }
                .into_any(),
            )
        }
        Delivery::Blocked { .. } => {
            Some(view! { <p class="it-more sm muted">{t!("blocked-text")}</p> }.into_any())
        }
        Delivery::SignInNeeded => Some(
            view! {
                <div class="it-more">
                    <a class="btn btn-tonal btn-sm" href="/crew/sign-in">{t!("sign-in-go")}</a>
                </div>
            }
            .into_any(),
        ),
        Delivery::Draft => report.draft.map(|draft| {
            view! { <div class="it-more"><DropDraft draft failure/></div> }.into_any()
        }),
        _ => None,
    };
    view! {
        <ReportRow report/>
        {more}
    }
}

/// Put right what was refused, or take it out of the queue for good. Trying again as it is goes for
/// everything at once: see [`RetryNow`].
#[component]
pub(crate) fn Decide(
    /// What was refused: all of it, or only photos of what the city has.
    item: OutboxItem,
    /// Where a failure is shown.
    failure: RwSignal<Option<Failure>>,
    /// The screen shows this alone: when it has gone, so has the screen.
    #[prop(optional)]
    alone: bool,
) -> impl IntoView {
    let room = use_room();
    let navigate = use_navigate();
    let command = item.command;
    let gone = alone && !item.accepted;
    let drop = move || {
        let navigate = navigate.clone();
        leptos::task::spawn_local(async move {
            let args = json!({ "command": command });
            let done = room.gateway.call::<()>("discard_outbox_item", args).await;
            if gone && done.is_ok() {
                navigate("/reports", Default::default());
            }
            failure.try_set(done.err());
        });
    };
    let (label, sure) = if item.accepted {
        (t!("discard-photo"), t!("discard-photo-sure"))
    } else {
        (t!("discard-report"), t!("discard-report-sure"))
    };
    // What the city has is not written anew, and only reports have a draft to go back to.
    let change =
        (!item.accepted && item.action == "report").then(|| view! { <ChangeIt command failure/> });
    view! {
        <div class="row wrap g2">
            {change}
            <Twice label sure done=drop/>
        </div>
    }
}

/// Makes a draft of a report on its way and opens it where it can be checked.
#[component]
pub(crate) fn ChangeIt(
    /// Of the report.
    command: CommandId,
    /// Where a failure is shown.
    failure: RwSignal<Option<Failure>>,
    /// Nobody has to do it.
    #[prop(optional)]
    quiet: bool,
) -> impl IntoView {
    let room = use_room();
    let navigate = use_navigate();
    let change = move |_| {
        let navigate = navigate.clone();
        leptos::task::spawn_local(async move {
            let args = json!({ "command": command });
            match room.gateway.call::<ReportDraft>("edit_report", args).await {
                Ok(draft) => navigate(&address(draft.step), Default::default()),
                Err(why) => {
                    failure.try_set(Some(why));
                }
            }
        });
    };
    view! {
        <button
            class="btn btn-sm"
            class:btn-signal=!quiet
            class:btn-tonal=quiet
            type="button"
            data-testid="change-it"
            on:click=change
        >
            <Icon name="edit" size="i-20"/>
            {t!("change-refused")}
        </button>
    }
}

#[component]
fn DropDraft(draft: mend_core::id::DraftId, failure: RwSignal<Option<Failure>>) -> impl IntoView {
    let room = use_room();
    let drop = move || {
        leptos::task::spawn_local(async move {
            let args = json!({ "id": draft });
            failure.set(room.gateway.call::<()>("discard_report_draft", args).await.err());
        });
    };
    view! {
        <div class="row wrap g2">
            <a class="btn btn-tonal btn-sm" href="/report">{t!("draft-continue")}</a>
            <Twice label=t!("draft-discard") sure=t!("draft-discard-sure") done=drop/>
        </div>
    }
}

/// For what cannot be undone: the first press asks, the second does it.
#[component]
pub(crate) fn Twice(
    /// What it does.
    #[prop(into)]
    label: String,
    /// The question.
    #[prop(into)]
    sure: String,
    /// Does it.
    done: impl Fn() + 'static,
) -> impl IntoView {
    let asked = RwSignal::new(false);
    let press = move |_| {
        if asked.get_untracked() {
            done();
        } else {
            asked.set(true);
        }
    };
    view! {
        <button
            class="btn btn-sm"
            type="button"
            class:btn-danger=move || asked.get()
            class:btn-line=move || !asked.get()
            on:click=press
            on:blur=move |_| asked.set(false)
        >
            {move || if asked.get() { sure.clone() } else { label.clone() }}
        </button>
    }
}
