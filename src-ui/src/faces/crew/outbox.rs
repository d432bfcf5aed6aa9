//! What of the crew's work is still on this device.

use leptos::prelude::*;
use mend_core::api::{Delivery, Failure, OutboxItem};
use serde_json::Value;

use super::sync::SyncState;
use crate::components::banner::{FailureNote, FailureOf, ProblemBanner, SignInBanner};
use crate::components::page::{Empty, Heading, Loading};
use crate::components::photo::RowPhoto;
use crate::components::shell::CrewShell;
use crate::components::status::{Chip, delivery_look};
use crate::components::words::{refusal_words, service_short};
use crate::context::use_room;
use crate::faces::resident::home::row_key;
use crate::faces::resident::reports::{Decide, RetryNow};
use crate::format;
use crate::i18n::{find, t};

/// The outbox's screen.
#[component]
pub(crate) fn Outbox() -> impl IntoView {
    let room = use_room();
    let gateway = room.gateway;
    let outbox = room.live(move || gateway.call::<Vec<OutboxItem>>("outbox", Value::Null));
    let failure = RwSignal::new(None::<Failure>);
    let list = Memo::new(move |_| {
        let items = outbox.get().and_then(Result::ok).unwrap_or_default();
        items
            .into_iter()
            .filter(|item| item.account.is_some() && item.delivery != Delivery::Received)
            .collect::<Vec<_>>()
    });
    view! {
        <CrewShell>
            <div class="body body-list">
                <header class="row between wrap g2 crew-head">
                    <Heading text=t!("outbox-title")/>
                    <SyncState/>
                </header>
                <ProblemBanner/>
                <SignInBanner/>
                <p class="muted">{t!("outbox-text")}</p>
                <FailureOf failure/>
                {move || match outbox.with(|o| o.as_ref().map(|o| o.as_ref().err().cloned())) {
                    None => view! { <Loading/> }.into_any(),
                    Some(Some(failure)) => view! { <FailureNote failure/> }.into_any(),
                    Some(None) => {
                        view! {
                            <Show
                                when=move || !list.with(Vec::is_empty)
                                fallback=|| view! { <div class="card"><Empty icon="cloud-ok" text=t!("outbox-empty")/></div> }
                            >
                                <ul class="card rows" data-testid="outbox">
                                    <For each=move || list.get() key=row_key let:item>
                                        <li><Item item failure/></li>
                                    </For>
                                </ul>
                                <div><RetryNow failure/></div>
                            </Show>
                        }
                            .into_any()
                    }
                }}
            </div>
        </CrewShell>
    }
}

#[component]
fn Item(item: OutboxItem, failure: RwSignal<Option<Failure>>) -> impl IntoView {
    let what = item.service_code.as_deref().map(service_short).unwrap_or_default();
    let title = find(&format!("action-{}", item.action), &[]).unwrap_or_else(|| t!("action-other"));
    let about = t!("order-title", what = what, place = item.place.clone());
    let more = match &item.delivery {
        Delivery::NeedsYou { refusal } => {
            let (what, way) = refusal_words(refusal);
            Some(
                view! {
                    <div class="it-more stack g3" data-testid="needs-you">
                        <p class="sm"><b>{what}</b> " " {way}</p>
                        <Decide item=item.clone() failure/>
                    </div>
                }
                .into_any(),
            )
        }
        Delivery::Blocked { .. } => {
            Some(view! { <p class="it-more sm muted">{t!("blocked-text")}</p> }.into_any())
        }
        // What to do about a sign-in that has ended stands once, above the list.
        _ => None,
    };
    view! {
        <div class="it it-t" data-testid="outbox-item" data-action=item.action.clone()>
            <RowPhoto photo=item.photo service_code=item.service_code.clone()/>
            <div class="grow stack g1">
                <p class="ttl">{title}</p>
                <p class="sub">{about}</p>
                <div class="row between wrap row-chips">
                    <Chip look=delivery_look(&item.delivery) testid="delivery-chip"/>
                    <span class="sub num">{format::moment(item.at)}</span>
                </div>
            </div>
        </div>
        {more}
    }
}
