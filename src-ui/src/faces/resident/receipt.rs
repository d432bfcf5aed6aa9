//! The receipt: a ticket with the tracking code, and what happens now.

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use mend_core::api::{Delivery, RequestPage};
use mend_core::tracking::TrackingCode;
use serde_json::json;

use super::report::ActionBar;
use crate::components::banner::FailureNote;
use crate::components::icon::Icon;
use crate::components::page::{Heading, Loading};
use crate::components::photo::RowPhoto;
use crate::components::words::{refusal_words, service_name};
use crate::context::use_room;
use crate::format::{self, Names};
use crate::i18n::{find, t};

/// The receipt's screen.
#[component]
pub(crate) fn ReceiptPage() -> impl IntoView {
    let room = use_room();
    let gateway = room.gateway;
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get("id").unwrap_or_default()));
    let page = room.live(move || gateway.call::<RequestPage>("request", json!({ "id": id.get() })));
    let good = Memo::new(move |_| page.get().and_then(Result::ok));
    let head = Signal::derive(move || match page.get() {
        None => t!("loading"),
        Some(Ok(page)) => head_words(&page),
        Some(Err(_)) => t!("request-title"),
    });
    let failed = Memo::new(move |_| page.with(|page| matches!(page, Some(Err(_)))));
    view! {
        <div class="flow flow-narrow">
            <header class="top top-flow">
                <span class="ib" aria-hidden="true"></span>
                <p class="flow-where">{t!("receipt-bar")}</p>
                <a class="ib" href="/" aria-label=t!("receipt-close")><Icon name="x"/></a>
            </header>
            <main id="main" class="flow-step" tabindex="-1">
                <div class="body">
                    <section class="ticket" data-testid="receipt">
                        <div class="ticket-h on-ink">
                            <span class="disc disc-56">
                                {move || {
                                    let icon = match good.get() {
                                        Some(page) => head_icon(&page),
                                        None if failed.get() => "alert",
                                        None => "cloud-up",
                                    };
                                    view! { <Icon name=icon size="i-28"/> }
                                }}
                            </span>
                            <Heading text=head/>
                            <p class="sub">{move || good.get().map(|page| head_hint(&page))}</p>
                        </div>
                        {move || match page.get() {
                            None => view! { <Loading/> }.into_any(),
                            Some(Err(failure)) => view! { <FailureNote failure/> }.into_any(),
                            Some(Ok(page)) => view! { <Ticket page/> }.into_any(),
                        }}
                    </section>
                    // What the city refused does not go by itself: its way on is with the report.
                    {move || {
                        good.get()
                            .filter(|page| !refused(page))
                            .map(|page| view! { <Now page/> })
                    }}
                </div>
                <ActionBar>
                    <a class="btn btn-signal btn-lg btn-wide" href="/">{t!("receipt-done")}</a>
                    <Show when=move || !failed.get()>
                        <a class="lk" href=move || format!("/reports/{}", id.get())>
                            {t!("receipt-follow")}
                        </a>
                    </Show>
                </ActionBar>
            </main>
        </div>
    }
}

fn refused(page: &RequestPage) -> bool {
    matches!(page.summary.delivery, Delivery::NeedsYou { .. })
}

fn head_icon(page: &RequestPage) -> &'static str {
    match page.summary.delivery {
        Delivery::Received | Delivery::WordsReceived { .. } => "check",
        Delivery::NeedsYou { .. } => "alert",
        _ => "cloud-up",
    }
}

fn head_words(page: &RequestPage) -> String {
    match &page.summary.delivery {
        Delivery::Received | Delivery::WordsReceived { .. } => {
            match (&page.with, page.summary.promise) {
                (Some(with), Some(promise)) => t!(
                    "receipt-sent-by",
                    with = with.as_str(),
                    date = format::due_day(promise.response_due, Names::Long)
                ),
                (None, Some(promise)) => t!(
                    "receipt-sent-date",
                    date = format::due_day(promise.response_due, Names::Long)
                ),
                _ => t!("receipt-sent"),
            }
        }
        Delivery::Sending => t!("receipt-sending"),
        Delivery::NeedsYou { refusal } => refusal_words(refusal).0,
        _ => t!("receipt-saved"),
    }
}

fn head_hint(page: &RequestPage) -> String {
    match &page.summary.delivery {
        Delivery::Received => t!("receipt-sent-hint"),
        Delivery::WordsReceived { photos_done, photos } => {
            t!("receipt-photos-hint", done = *photos_done, photos = *photos)
        }
        Delivery::NeedsYou { refusal } => refusal_words(refusal).1,
        _ => t!("receipt-saved-hint"),
    }
}

#[component]
fn Ticket(page: RequestPage) -> impl IntoView {
    let refused = refused(&page);
    let summary = page.summary;
    let what = summary.service_code.as_deref().map_or_else(|| t!("report-unnamed"), service_name);
    view! {
        <div class="ticket-b">
            <div class="row row-t g3">
                <RowPhoto photo=summary.photo service_code=summary.service_code.clone()/>
                <div class="grow">
                    <p class="ttl">{what}</p>
                    <p class="muted">{summary.place}</p>
                    <p class="muted sm">
                        {match &summary.number {
                            None if refused => ().into_any(),
                            Some(number) => {
                                view! {
                                    <span data-testid="report-number">
                                        {t!("request-number", number = number.as_str())}
                                    </span>
                                }
                                    .into_any()
                            }
                            None => view! { <span>{t!("receipt-number-later")}</span> }.into_any(),
                        }}
                    </p>
                </div>
            </div>
            <div class="cut"></div>
            {summary
                .tracking_code
                .map(|code| {
                    view! {
                        <div class="stack g1">
                            <p class="sm muted">{t!("receipt-code")}</p>
                            <p class="code" data-testid="tracking-code">{code.to_string()}</p>
                            <p class="sm muted">{spelled(code)}</p>
                        </div>
                    }
                })}
        </div>
    }
}

/// The code as one says it on the phone.
pub(crate) fn spelled(code: TrackingCode) -> String {
    let words: Vec<String> = code
        .to_string()
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|symbol| find(&format!("spell-{symbol}"), &[]).unwrap_or_else(|| symbol.to_string()))
        .collect();
    words.join(" · ")
}

/// What has happened, and what will.
#[component]
fn Now(page: RequestPage) -> impl IntoView {
    let summary = page.summary;
    let there = matches!(summary.delivery, Delivery::Received | Delivery::WordsReceived { .. });
    let all = summary.delivery == Delivery::Received;
    let saved = format::moment(summary.at);
    let steps = [
        (true, "check", t!("now-saved"), saved),
        (
            there,
            if there { "check" } else { "cloud-up" },
            if there { t!("now-words-there") } else { t!("now-sends") },
            if all { t!("now-all-there") } else { t!("now-sends-text") },
        ),
        match summary.promise {
            Some(promise) => (
                true,
                "calendar",
                t!("now-reply", date = format::due_day(promise.response_due, Names::Long)),
                t!("now-mended", date = format::due_day(promise.resolution_due, Names::Long)),
            ),
            None => (false, "calendar", t!("now-answers"), t!("now-answers-text")),
        },
    ];
    view! {
        <section class="card pad stack g3" aria-labelledby="now">
            <h2 class="h-3" id="now">{t!("now-title")}</h2>
            <ol class="tl">
                {steps
                    .into_iter()
                    .map(|(done, icon, title, text)| {
                        view! {
                            <li class=if done { "done" } else { "todo" }>
                                <span class="dot"><Icon name=icon size="i-18"/></span>
                                <p class="t">{title}</p>
                                <p class="w">{text}</p>
                            </li>
                        }
                    })
                    .collect_view()}
            </ol>
        </section>
    }
}
