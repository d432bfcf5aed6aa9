//! What must be said above a screen.

use leptos::prelude::*;
use mend_core::api::Failure;

use super::icon::Icon;
use super::words::failure_words;
use crate::context::use_room;
use crate::gateway::failure;
use crate::i18n::t;

/// Something that did not work: what happened, what is kept, what to do.
#[component]
pub(crate) fn FailureNote(
    /// Why.
    failure: Failure,
) -> impl IntoView {
    let (what, way) = failure_words(&failure);
    view! {
        <div class="bn st-over" role="alert" data-testid="failure" data-code=failure.code>
            <Icon name="alert"/>
            <p><b>{what}</b> " " {way}</p>
        </div>
    }
}

/// The failure of a signal, while there is one.
#[component]
pub(crate) fn FailureOf(
    /// Where it is kept.
    failure: RwSignal<Option<Failure>>,
) -> impl IntoView {
    move || failure.get().map(|failure| view! { <FailureNote failure/> })
}

/// Says what the city, although it was reached, did not take or give.
#[component]
pub(crate) fn ProblemBanner() -> impl IntoView {
    view! { <div role="status"><Problem class="bn st-soon"/></div> }
}

#[component]
fn Problem(class: &'static str) -> impl IntoView {
    let room = use_room();
    let problem = Memo::new(move |_| {
        room.status_now().filter(|status| status.online != Some(false))?.problem
    });
    move || {
        problem.get().map(|code| {
            let (what, way) = failure_words(&failure(&code));
            view! {
                <div class=class data-testid="problem" data-code=code>
                    <Icon name="alert"/>
                    <p class="grow"><b>{what}</b> " " {way}</p>
                </div>
            }
        })
    }
}

/// Says that a sign-in has run out, and leads to the next one.
#[component]
pub(crate) fn SignInBanner() -> impl IntoView {
    let room = use_room();
    let needed = Memo::new(move |_| room.status_now().is_some_and(|status| status.sign_in_needed));
    view! {
        <div role="status">
            {move || {
                needed.get().then(|| {
                    let (what, way) = failure_words(&failure("sign_in_needed"));
                    view! {
                        <div class="bn st-soon" data-testid="sign-in-needed">
                            <Icon name="key"/>
                            <div class="grow row wrap between g2">
                                <p><b>{what}</b> " " {way}</p>
                                <a class="btn btn-line" href="/crew/sign-in">{t!("sign-in-go")}</a>
                            </div>
                        </div>
                    }
                })
            }}
        </div>
    }
}

/// Says that there is no network and what still works, or what the reached city says no to.
#[component]
pub(crate) fn OfflineBanner() -> impl IntoView {
    let room = use_room();
    let waiting = Memo::new(move |_| room.status_now().map_or(0, |status| status.waiting));
    let offline = Memo::new(move |_| room.offline());
    view! {
        <div role="status">
            <Problem class="bn bn-bar"/>
            {move || {
                offline.get().then(|| {
                    view! {
                        <div class="bn bn-bar" data-testid="offline">
                            <Icon name="offline"/>
                            <p class="grow"><b>{t!("offline-title")}</b> " " {t!("offline-text")}</p>
                            {move || {
                                (waiting.get() > 0).then(|| {
                                    view! {
                                        <a class="bn-link" href="/reports">
                                            {t!("offline-waiting", count = waiting.get())}
                                        </a>
                                    }
                                })
                            }}
                        </div>
                    }
                })
            }}
        </div>
    }
}
