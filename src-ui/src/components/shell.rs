//! The frame around a screen: a bar at the bottom of a phone that becomes a rail in a wide window.

use leptos::prelude::*;
use leptos_router::hooks::use_location;
use wasm_bindgen::JsCast;

use super::icon::{Icon, Mark};
use crate::context::use_room;
use crate::i18n::t;

/// One place of the bar.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tab {
    href: &'static str,
    icon: &'static str,
    label: &'static str,
}

const RESIDENT: &[Tab] = &[
    Tab { href: "/", icon: "home", label: "nav-home" },
    Tab { href: "/reports", icon: "reports", label: "nav-reports" },
    Tab { href: "/notices", icon: "bell", label: "nav-notices" },
];

const CREW: &[Tab] = &[
    Tab { href: "/crew", icon: "list", label: "nav-today" },
    Tab { href: "/crew/outbox", icon: "outbox", label: "nav-outbox" },
    Tab { href: "/crew/me", icon: "user", label: "nav-me" },
];

/// Moves focus past the bar.
pub(crate) fn focus_main() {
    if let Some(main) = document().get_element_by_id("main") {
        // It takes focus because of its tabindex.
        let _ = main.unchecked_into::<web_sys::HtmlElement>().focus();
    }
}

/// A resident's screen with its bar.
#[component]
pub(crate) fn ResidentShell(children: Children) -> impl IntoView {
    let room = use_room();
    let unread = Memo::new(move |_| room.status_now().map_or(0, |status| status.unread));
    view! { <Shell tabs=RESIDENT count_at="/notices" count=unread count_id="nav-unread">{children()}</Shell> }
}

/// A crew's screen with its bar.
#[component]
pub(crate) fn CrewShell(children: Children) -> impl IntoView {
    let room = use_room();
    let waiting = Memo::new(move |_| room.status_now().map_or(0, |status| status.waiting));
    view! { <Shell tabs=CREW count_at="/crew/outbox" count=waiting count_id="nav-waiting">{children()}</Shell> }
}

#[component]
fn Shell(
    tabs: &'static [Tab],
    count_at: &'static str,
    count: Memo<u32>,
    count_id: &'static str,
    children: Children,
) -> impl IntoView {
    let path = use_location().pathname;
    let tab = move |tab: &'static Tab| {
        let here = Memo::new(move |_| {
            path.with(|path| match tab.href {
                "/" | "/crew" => path == tab.href || path.starts_with("/crew/orders"),
                href => path.starts_with(href),
            })
        });
        view! {
            <a href=tab.href aria-current=move || here.get().then_some("page")>
                <span class="ti">
                    <Icon name=tab.icon/>
                    {(tab.href == count_at).then(|| view! { <Count count id=count_id/> })}
                </span>
                <span>{t!(tab.label)}</span>
            </a>
        }
    };
    view! {
        <div class="frame">
            <nav class="tabs" aria-label=t!("nav-label")>
                <Brand/>
                {tabs.iter().map(tab).collect_view()}
            </nav>
            <main id="main" class="page" tabindex="-1">{children()}</main>
        </div>
    }
}

#[component]
fn Count(count: Memo<u32>, id: &'static str) -> impl IntoView {
    move || {
        (count.get() > 0).then(|| {
            view! {
                <span class="count" data-testid=id>
                    <span aria-hidden="true">{count.get()}</span>
                    <span class="vh">{t!(id, count = count.get())}</span>
                </span>
            }
        })
    }
}

/// Mark, name and city.
#[component]
pub(crate) fn Brand() -> impl IntoView {
    let room = use_room();
    view! {
        <div class="brand">
            <Mark/>
            <span>
                <b>{t!("brand")}</b>
                <small>{move || room.city_now().map(|city| city.name)}</small>
            </span>
        </div>
    }
}
