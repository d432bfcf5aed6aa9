//! Me: who is signed in on this device, and signing out.

use leptos::prelude::*;
use leptos_router::hooks::use_navigate;
use mend_core::api::{Account, Failure};
use mend_core::decide::Role;
use serde_json::{Value, json};

use super::sync::SyncState;
use crate::components::banner::{FailureNote, FailureOf};
use crate::components::icon::Icon;
use crate::components::page::{Heading, Loading};
use crate::components::shell::CrewShell;
use crate::context::{failure_of, use_room};
use crate::faces::resident::home::row_key;
use crate::faces::resident::reports::Twice;
use crate::format::{self, Names};
use crate::i18n::t;

/// The screen.
#[component]
pub(crate) fn Me() -> impl IntoView {
    let room = use_room();
    let gateway = room.gateway;
    let accounts = room.live(move || gateway.call::<Vec<Account>>("accounts", Value::Null));
    let failure = RwSignal::new(None::<Failure>);
    let lost = failure_of(accounts);
    let list = Memo::new(move |_| accounts.get().map(Result::unwrap_or_default));
    view! {
        <CrewShell>
            <div class="body body-list">
                <header class="row between wrap g2 crew-head">
                    <Heading text=t!("nav-me")/>
                    <SyncState/>
                </header>
                <FailureOf failure/>
                {move || match (lost.get(), list.with(|list| list.as_ref().map(Vec::is_empty))) {
                    (Some(failure), _) => view! { <FailureNote failure/> }.into_any(),
                    (_, None) => view! { <Loading/> }.into_any(),
                    (_, Some(true)) => {
                        view! {
                            <p class="muted">{t!("me-nobody")}</p>
                            <a class="btn btn-signal btn-lg btn-wide" href="/crew/sign-in">
                                <Icon name="key"/>
                                {t!("sign-in-do")}
                            </a>
                        }
                            .into_any()
                    }
                    (_, Some(false)) => {
                        view! {
                            <ul class="card rows">
                                <For
                                    each=move || list.get().unwrap_or_default()
                                    key=row_key
                                    let:account
                                >
                                    <li><Person account failure/></li>
                                </For>
                            </ul>
                            <a class="btn btn-line btn-wide" href="/">
                                <Icon name="camera"/>
                                {t!("me-report")}
                            </a>
                        }
                            .into_any()
                    }
                }}
            </div>
        </CrewShell>
    }
}

#[component]
fn Person(account: Account, failure: RwSignal<Option<Failure>>) -> impl IntoView {
    let room = use_room();
    let navigate = use_navigate();
    let what = match (&account.crew, account.role) {
        (Some(crew), _) => crew.name.clone(),
        (None, Role::Dispatcher) => t!("role-dispatcher"),
        (None, Role::Crew) => t!("role-crew"),
    };
    let until = t!("me-until", date = format::day(account.valid_until, Names::Long));
    let name = account.name.clone();
    let out = {
        let name = name.clone();
        move || {
            let (name, navigate) = (name.clone(), navigate.clone());
            leptos::task::spawn_local(async move {
                match room.gateway.call::<()>("sign_out", json!({ "name": name })).await {
                    Ok(()) => navigate("/", Default::default()),
                    Err(why) => {
                        failure.try_set(Some(why));
                    }
                }
            });
        }
    };
    view! {
        <div class="it it-t" data-testid="account">
            <span class="disc disc-56"><Icon name="user" size="i-28"/></span>
            <div class="grow">
                <p class="ttl">{what}</p>
                <p class="sub">{name}</p>
                <p class="sub">{until}</p>
            </div>
        </div>
        <div class="it-more stack g2">
            <p class="sm muted">{t!("me-out-hint")}</p>
            <div><Twice label=t!("me-out") sure=t!("me-out-sure") done=out/></div>
        </div>
    }
}
