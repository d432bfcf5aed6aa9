//! The application: its addresses, and what every screen shares.

use leptos::prelude::*;
use leptos_router::components::{Route, Router, Routes};
use leptos_router::hooks::use_location;
use leptos_router::path;
use mend_core::api::Status;
use serde_json::Value;

use crate::components::icon::load_services;
use crate::components::shell::focus_main;
use crate::context::Room;
use crate::faces::{NotFound, crew, portal, resident};
use crate::format;
use crate::gateway::{Gateway, failure};
use crate::i18n::t;

/// The whole application.
#[component]
pub(crate) fn App() -> impl IntoView {
    let gateway = Gateway::detect();
    let mut room = Room {
        gateway,
        changed: RwSignal::new(0),
        city: RwSignal::new(None),
        status: RwSignal::new(None),
        announcement: RwSignal::new(String::new()),
        arrived: StoredValue::new(false),
    };
    room.city = room.live(move || async move {
        let city = gateway.city().await;
        if let Ok(Some(city)) = &city {
            format::set_zone(&city.time_zone);
            load_services(&city.services);
        }
        city
    });
    room.status = room.live(move || async move {
        match gateway {
            Gateway::App => gateway.call::<Status>("status", Value::Null).await,
            Gateway::Browser => Err(failure("not_in_browser")),
        }
    });
    gateway.on_change(move || room.changed.update(|n| *n = n.wrapping_add(1)));
    provide_context(room);

    view! {
        <button class="skip usa-skipnav" type="button" on:click=|_| focus_main()>
            {t!("skip-to-content")}
        </button>
        <Router>
            <Face/>
            // Dates need the city's zone, and the city's answer is a moment away.
            <Show when=move || room.city.with(Option::is_some)>
                {match gateway {
                    Gateway::App => view! { <AppRoutes/> }.into_any(),
                    Gateway::Browser => view! { <BrowserRoutes/> }.into_any(),
                }}
            </Show>
        </Router>
        <p class="vh" role="status" aria-live="polite">{move || room.announcement.get()}</p>
    }
}

/// Tells the styles which face is shown: density and target sizes follow.
#[component]
fn Face() -> impl IntoView {
    let path = use_location().pathname;
    Effect::new(move |_| {
        let face = if path.with(|path| path.starts_with("/crew")) { "crew" } else { "resident" };
        if let Some(body) = document().body() {
            // A data attribute of a fixed name is always accepted.
            let _ = body.dataset().set("face", face);
        }
    });
}

#[component]
fn AppRoutes() -> impl IntoView {
    view! {
        <Routes fallback=NotFound>
            <Route path=path!("/") view=resident::home::Home/>
            <Route path=path!("/report/:step?") view=resident::report::ReportFlow/>
            <Route path=path!("/receipt/:id") view=resident::receipt::ReceiptPage/>
            <Route path=path!("/reports") view=resident::reports::Reports/>
            <Route path=path!("/reports/:id") view=resident::request::RequestScreen/>
            <Route path=path!("/notices") view=resident::notices::Notices/>
            <Route path=path!("/crew") view=crew::today::TodayScreen/>
            <Route path=path!("/crew/sign-in") view=crew::sign_in::SignIn/>
            <Route path=path!("/crew/orders/:id") view=crew::order::OrderScreen/>
            <Route path=path!("/crew/orders/:id/complete") view=crew::complete::Complete/>
            <Route path=path!("/crew/outbox") view=crew::outbox::Outbox/>
            <Route path=path!("/crew/me") view=crew::me::Me/>
        </Routes>
    }
}

#[component]
fn BrowserRoutes() -> impl IntoView {
    view! {
        <Routes fallback=NotFound>
            <Route path=path!("/") view=portal::home::PortalHome/>
            <Route path=path!("/track/:code") view=portal::track::Track/>
        </Routes>
    }
}
