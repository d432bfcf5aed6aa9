//! How things stand with the network, always in sight.

use leptos::prelude::*;
use mend_core::api::Status;

use crate::components::status::{Chip, Look};
use crate::context::use_room;
use crate::format;
use crate::i18n::t;

fn look(status: &Status) -> Look {
    let time = || status.last_contact.map(format::time).unwrap_or_default();
    if status.needs_you > 0 {
        let word = t!("sync-needs-you", count = status.needs_you);
        return Look { class: "st-over", icon: "alert", word };
    }
    match (status.online, status.waiting) {
        (Some(false), 0) => Look { class: "st-hold", icon: "offline", word: t!("sync-offline") },
        (Some(false), n) => {
            Look { class: "st-hold", icon: "offline", word: t!("sync-offline-waiting", count = n) }
        }
        _ if status.sign_in_needed => {
            Look { class: "st-soon", icon: "key", word: t!("sign-in-go") }
        }
        _ if status.problem.is_some() => {
            Look { class: "st-soon", icon: "alert", word: t!("sync-problem") }
        }
        (_, n) if n > 0 => {
            Look { class: "st-info", icon: "sync", word: t!("sync-sending", count = n) }
        }
        (Some(true), _) => {
            Look { class: "st-ontime", icon: "cloud-ok", word: t!("sync-all-sent", time = time()) }
        }
        _ => Look { class: "st-received", icon: "sync", word: t!("sync-connecting") },
    }
}

/// "All sent · 14:02", "Offline, 2 waiting".
#[component]
pub(crate) fn SyncState() -> impl IntoView {
    let room = use_room();
    let status = Memo::new(move |_| room.status_now());
    view! {
        <span role="status" data-testid="sync-state">
            {move || status.get().map(|status| view! { <Chip look=look(&status)/> })}
        </span>
    }
}
