//! Step 3: what is it? The city's services, as a group of radio buttons.

use leptos::prelude::*;
use leptos_router::hooks::use_navigate;
use mend_core::api::FlowStep;

use super::flow::{address, use_flow};
use super::report::ActionBar;
use crate::components::field::FieldError;
use crate::components::icon::{Icon, ServiceIcon};
use crate::components::page::Heading;
use crate::components::phone::Phone;
use crate::components::words::service_name;
use crate::context::use_room;
use crate::i18n::t;

/// The step.
#[component]
pub(crate) fn WhatStep() -> impl IntoView {
    let room = use_room();
    let flow = use_flow();
    let error = RwSignal::new(None::<String>);
    let services =
        Memo::new(move |_| room.city_now().map(|city| city.services).unwrap_or_default());
    let chosen = Memo::new(move |_| flow.get(|draft| draft.service_code.clone()).flatten());
    let choose = move |code: String| {
        error.set(None);
        flow.change(|draft| {
            // Answers belong to the service that asked.
            if draft.service_code.as_deref() != Some(&code) {
                draft.answers.clear();
            }
            draft.service_code = Some(code);
        });
    };
    let navigate = use_navigate();
    let next = move |_| {
        if chosen.get_untracked().is_some() {
            navigate(&address(FlowStep::Details), Default::default());
        } else {
            error.set(Some(t!("what-missing")));
            super::place::focus_field("service-0");
        }
    };
    view! {
        <div class="body">
            <Heading text=t!("what-title")/>
            <Show
                when=move || !services.with(Vec::is_empty)
                fallback=|| view! { <p class="bn"><Icon name="info"/><span>{t!("what-no-services")}</span></p> }
            >
                <fieldset class="stack g3" aria-describedby="what-error">
                    <legend class="lab">{t!("what-legend")}</legend>
                    <div class="tiles" data-testid="services">
                        <For
                            each=move || { services.get().into_iter().enumerate().collect::<Vec<_>>() }
                            key=|(_, service)| service.code.clone()
                            children=move |(at, service)| {
                                let code = StoredValue::new(service.code.clone());
                                let here = Memo::new(move |_| {
                                    chosen.with(|chosen| {
                                        code.with_value(|code| chosen.as_ref() == Some(code))
                                    })
                                });
                                view! {
                                    <label class="tile">
                                        <input
                                            type="radio"
                                            name="service"
                                            id=format!("service-{at}")
                                            value=service.code.clone()
                                            prop:checked=move || here.get()
                                            on:change=move |_| choose(code.get_value())
                                        />
                                        <ServiceIcon code=service.code.clone() size="i-32"/>
                                        <span>{service_name(&service.code)}</span>
                                        <span class="tick"><Icon name="check" size="i-14"/></span>
                                    </label>
                                }
                            }
                        />
                    </div>
                    <FieldError id="what-error" text=error/>
                </fieldset>
            </Show>
            <Danger/>
        </div>
        <ActionBar>
            <Show
                when=move || !services.with(Vec::is_empty)
                fallback=|| {
                    view! {
                        <a class="btn btn-signal btn-lg btn-wide" href="/">
                            {t!("what-later")}
                        </a>
                    }
                }
            >
                <button
                    class="btn btn-signal btn-lg btn-wide"
                    type="button"
                    on:click=next.clone()
                >
                    {t!("next-details")}
                </button>
            </Show>
        </ActionBar>
    }
}

/// Whom to call when someone is in danger.
#[component]
pub(crate) fn Danger() -> impl IntoView {
    let room = use_room();
    move || {
        let number = room.city_now()?.emergency_number;
        Some(view! {
            <Phone
                text=t!("danger-call", number = number.clone())
                number
                icon="alert"
                class="danger"
            />
        })
    }
}
