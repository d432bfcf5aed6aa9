//! Signing in, once with a network; from then on the device works without.

use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos_router::hooks::use_navigate;
use mend_core::api::{Account, Failure};
use serde_json::json;

use crate::components::banner::FailureOf;
use crate::components::field::FieldError;
use crate::components::icon::Icon;
use crate::components::page::{BackBar, Heading};
use crate::context::use_room;
use crate::faces::resident::place::focus_field;
use crate::i18n::t;

/// The sign-in's screen.
#[component]
pub(crate) fn SignIn() -> impl IntoView {
    let room = use_room();
    let name = RwSignal::new(String::new());
    let password = RwSignal::new(String::new());
    let show = RwSignal::new(false);
    let busy = RwSignal::new(false);
    let missing = RwSignal::new(None::<&'static str>);
    let failure = RwSignal::new(None::<Failure>);
    let navigate = use_navigate();
    let error = move |field: &'static str, id: &'static str| {
        Signal::derive(move || (missing.get() == Some(field)).then(|| t!(id)))
    };
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        failure.set(None);
        let gap = if name.with_untracked(|name| name.trim().is_empty()) {
            Some("staff-name")
        } else if password.with_untracked(String::is_empty) {
            Some("staff-password")
        } else {
            None
        };
        missing.set(gap);
        if let Some(field) = gap {
            focus_field(field);
            return;
        }
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        let navigate = navigate.clone();
        leptos::task::spawn_local(async move {
            let args = json!({
                "name": name.get_untracked().trim(),
                "password": password.get_untracked(),
            });
            match room.gateway.call::<Account>("sign_in", args).await {
                Ok(_) => navigate("/crew", Default::default()),
                Err(why) => {
                    failure.try_set(Some(why));
                }
            }
            busy.try_set(false);
        });
    };
    view! {
        <main id="main" class="page page-narrow" tabindex="-1">
            <BackBar href="/" back=t!("nav-home")/>
            <form class="body" on:submit=submit novalidate>
                <Heading text=t!("sign-in-title")/>
                <p class="muted">{t!("sign-in-text")}</p>
                <FailureOf failure/>
                <div class="field" class:is-bad=move || missing.get() == Some("staff-name")>
                    <label class="usa-label" for="staff-name">{t!("sign-in-name")}</label>
                    <input
                        class="in usa-input"
                        id="staff-name"
                        name="username"
                        type="text"
                        autocomplete="username"
                        autocapitalize="none"
                        spellcheck="false"
                        aria-describedby="staff-name-error"
                        prop:value=move || name.get()
                        on:input:target=move |event| name.set(event.target().value())
                    />
                    <FieldError id="staff-name-error" text=error("staff-name", "sign-in-no-name")/>
                </div>
                <div class="field" class:is-bad=move || missing.get() == Some("staff-password")>
                    <label class="usa-label" for="staff-password">{t!("sign-in-password")}</label>
                    <input
                        class="in usa-input"
                        id="staff-password"
                        name="password"
                        type=move || if show.get() { "text" } else { "password" }
                        autocomplete="current-password"
                        aria-describedby="staff-password-error"
                        prop:value=move || password.get()
                        on:input:target=move |event| password.set(event.target().value())
                    />
                    <FieldError
                        id="staff-password-error"
                        text=error("staff-password", "sign-in-no-password")
                    />
                    <label class="ch check">
                        <input
                            type="checkbox"
                            prop:checked=move || show.get()
                            on:change:target=move |event| show.set(event.target().checked())
                        />
                        <i class="rd cb"></i>
                        <span>{t!("sign-in-show")}</span>
                    </label>
                </div>
                <button
                    class="btn btn-signal btn-lg btn-wide"
                    type="submit"
                    disabled=move || busy.get()
                >
                    <Icon name="key"/>
                    {move || if busy.get() { t!("sign-in-busy") } else { t!("sign-in-do") }}
                </button>
            </form>
        </main>
    }
}
