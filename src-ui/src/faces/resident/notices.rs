//! Notices: what happened to one's reports, newest first.

use leptos::prelude::*;
use mend_core::api::{Notice, NoticeKind, NoticesView};
use serde_json::{Value, json};

use super::home::row_key;
use crate::components::banner::{FailureNote, OfflineBanner};
use crate::components::icon::Icon;
use crate::components::page::{Empty, Heading, Loading};
use crate::components::shell::ResidentShell;
use crate::components::words::service_short;
use crate::context::{failure_of, use_room};
use crate::format;
use crate::i18n::t;

/// The notices' screen. Being shown is being read: what was new stays marked while one is here.
#[component]
pub(crate) fn Notices() -> impl IntoView {
    let room = use_room();
    let gateway = room.gateway;
    let notices = room.live(move || gateway.call::<NoticesView>("notices", Value::Null));
    let lost = failure_of(notices);
    // What was unread when it was first shown here.
    let fresh = StoredValue::new(std::collections::BTreeSet::<i64>::new());
    let list = Memo::new(move |_| {
        notices.get().map(|answer| {
            let mut list = answer.map(|view| view.notices).unwrap_or_default();
            for notice in &mut list {
                if !notice.read {
                    fresh.update_value(|fresh| {
                        fresh.insert(notice.seq);
                    });
                }
                notice.read = fresh.with_value(|fresh| !fresh.contains(&notice.seq));
            }
            list
        })
    });
    Effect::new(move |_| {
        let newest = notices.with(|answer| {
            let view = answer.as_ref()?.as_ref().ok()?;
            (view.unread > 0).then(|| view.notices.first().map(|notice| notice.seq))?
        });
        if let Some(seq) = newest {
            leptos::task::spawn_local(async move {
                let read = gateway.call::<()>("read_notices", json!({ "up_to": seq }));
                if let Err(failure) = read.await {
                    leptos::logging::error!("notices stay unread: {}", failure.code);
                }
            });
        }
    });

    view! {
        <ResidentShell>
            <OfflineBanner/>
            <div class="body body-list">
                <Heading text=t!("notices-title")/>
                {move || match (lost.get(), list.with(|list| list.as_ref().map(Vec::is_empty))) {
                    (Some(failure), _) => view! { <FailureNote failure/> }.into_any(),
                    (_, None) => view! { <Loading/> }.into_any(),
                    (_, Some(true)) => {
                        view! { <div class="card"><Empty icon="bell" text=t!("notices-empty")/></div> }
                            .into_any()
                    }
                    (_, Some(false)) => {
                        view! {
                            <ul class="card rows" data-testid="notices">
                                <For
                                    each=move || list.get().unwrap_or_default()
                                    key=row_key
                                    let:notice
                                >
                                    <li><NoticeRow notice/></li>
                                </For>
                            </ul>
                        }
                            .into_any()
                    }
                }}
            </div>
        </ResidentShell>
    }
}

#[component]
fn NoticeRow(notice: Notice) -> impl IntoView {
    let (kind, class, icon) = match notice.kind {
        NoticeKind::Received => ("received", "st-received", "st-received"),
        NoticeKind::Assigned => ("assigned", "st-assigned", "st-assigned"),
        NoticeKind::Started => ("started", "st-progress", "st-progress"),
        NoticeKind::Resolved => ("resolved", "st-resolved", "st-resolved"),
        NoticeKind::OnHold => ("on_hold", "st-hold", "st-hold"),
        NoticeKind::Duplicate => ("duplicate", "st-closed", "st-duplicate"),
        NoticeKind::PhotosMissing => ("photos_missing", "st-hold", "image"),
    };
    let service = service_short(&notice.service_code);
    let by = notice.by.clone().unwrap_or_else(|| t!("notice-the-city"));
    let words = |part: &str| {
        let id = format!("notice-{kind}{part}");
        t!(&id, service = service.clone(), by = by.clone(), number = notice.number.clone())
    };
    view! {
        <a
            class="it it-t"
            href=format!("/reports/{}", notice.request)
            data-testid="notice"
            data-kind=kind
        >
            <span class=format!("disc disc-st {class}")><Icon name=icon/></span>
            <span class="grow stack g1">
                <span class="ttl">{words("")}</span>
                <span class="sub">{words(".text")}</span>
                <time class="sub quiet">{format::ago(notice.at)}</time>
            </span>
            {(!notice.read)
                .then(|| {
                    view! { <span class="fresh"><span class="vh">{t!("notice-new")}</span></span> }
                })}
        </a>
    }
}
