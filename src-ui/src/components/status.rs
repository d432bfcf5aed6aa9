//! Status: icon, word and colour, always the three.

use leptos::prelude::*;
use mend_core::api::Delivery;
use mend_core::catalogue::Priority;
use mend_core::subject::{OrderStatus, RequestStatus};
use mend_core::time::{DAY_MS, Timestamp};

use super::icon::Icon;
use super::words::{order_word, priority_word, status_word};
use crate::format::{self, Names};
use crate::i18n::t;

/// Colour, icon and word of a status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Look {
    /// `st-…` in the styles.
    pub(crate) class: &'static str,
    /// In the sprite.
    pub(crate) icon: &'static str,
    /// For people.
    pub(crate) word: String,
}

/// How a request's status looks.
pub(crate) fn request_look(status: RequestStatus) -> Look {
    let (class, icon) = match status {
        RequestStatus::Received => ("st-received", "st-received"),
        RequestStatus::Assigned => ("st-assigned", "st-assigned"),
        RequestStatus::InProgress => ("st-progress", "st-progress"),
        RequestStatus::OnHold => ("st-hold", "st-hold"),
        RequestStatus::Resolved => ("st-resolved", "st-resolved"),
        RequestStatus::Closed => ("st-closed", "st-closed"),
        RequestStatus::Reopened => ("st-reopened", "st-reopened"),
    };
    Look { class, icon, word: status_word(status) }
}

/// How an order's status looks to its crew.
pub(crate) fn order_look(status: OrderStatus) -> Look {
    let (class, icon) = match status {
        OrderStatus::Unassigned => ("st-received", "st-received"),
        OrderStatus::Assigned => ("st-assigned", "st-assigned"),
        OrderStatus::Started => ("st-progress", "st-progress"),
        OrderStatus::Held => ("st-hold", "st-hold"),
        OrderStatus::Completed => ("st-resolved", "st-resolved"),
        OrderStatus::Cancelled => ("st-closed", "st-closed"),
    };
    Look { class, icon, word: order_word(status) }
}

/// How far something is on its way to the city.
pub(crate) fn delivery_look(delivery: &Delivery) -> Look {
    let (class, icon, word) = match delivery {
        Delivery::Draft => ("st-closed", "edit", t!("delivery-draft")),
        Delivery::Waiting => ("st-info", "cloud-up", t!("delivery-waiting")),
        Delivery::Sending => ("st-info", "sync", t!("delivery-sending")),
        Delivery::WordsReceived { photos_done, photos } => (
            "st-info",
            "cloud-up",
            t!("delivery-photos", photo = (photos_done + 1).min(*photos), photos = *photos),
        ),
        Delivery::Received => ("st-ontime", "cloud-ok", t!("delivery-received")),
        Delivery::NeedsYou { .. } => ("st-over", "alert", t!("delivery-needs-you")),
        Delivery::Blocked { .. } => ("st-hold", "st-hold", t!("delivery-blocked")),
        Delivery::SignInNeeded => ("st-soon", "key", t!("delivery-sign-in")),
    };
    Look { class, icon, word }
}

/// A clock: on time, due soon or overdue.
pub(crate) fn due_look(due: Timestamp) -> Look {
    let now = format::now();
    if due < now {
        let since = if format::same_day(due, now) {
            format::time(due)
        } else {
            format::day(due, Names::Short)
        };
        let word = t!("due-overdue", date = since);
        return Look { class: "st-over", icon: "alert", word };
    }
    let date = format::due_day(due, Names::Short);
    if due.0 - now.0 < DAY_MS {
        let word = t!("due-soon", date = date, time = format::time(due));
        Look { class: "st-soon", icon: "soon", word }
    } else {
        Look { class: "st-ontime", icon: "clock", word: t!("due-by", date = date) }
    }
}

/// A status.
#[component]
pub(crate) fn Chip(
    /// Colour, icon and word.
    look: Look,
    /// What tests find it by.
    #[prop(optional)]
    testid: &'static str,
) -> impl IntoView {
    view! {
        <span class=format!("st {}", look.class) data-testid=(!testid.is_empty()).then_some(testid)>
            <Icon name=look.icon size="i-16"/>
            {look.word}
        </span>
    }
}

/// How urgent.
#[component]
pub(crate) fn PriorityMark(
    /// How urgent.
    priority: Priority,
) -> impl IntoView {
    let name = match priority {
        Priority::Low => "low",
        Priority::Medium => "medium",
        Priority::High => "high",
        Priority::Critical => "critical",
    };
    view! {
        <span class=format!("pri pri-{name}")>
            <Icon name=format!("pr-{name}") size="i-16"/>
            <span class="vh">{t!("priority-label")} " "</span>
            {priority_word(priority)}
        </span>
    }
}
