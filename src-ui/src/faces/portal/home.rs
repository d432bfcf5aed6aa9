//! The portal's first page.

use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos_router::hooks::{use_navigate, use_params_map};
use mend_core::api::CityView;
use mend_core::catalogue::Sla;
use mend_core::tracking::{BadCode, TrackingCode};

use crate::components::banner::FailureNote;
use crate::components::field::FieldError;
use crate::components::icon::{Icon, ServiceIcon};
use crate::components::page::Heading;
use crate::components::phone::Phone;
use crate::components::shell::Brand;
use crate::components::words::{service_description, service_name};
use crate::context::{name_of, use_room};
use crate::faces::resident::place::focus_field;
use crate::faces::resident::what::Danger;
use crate::i18n::t;

/// Services, tracking, and how to report for now.
#[component]
pub(crate) fn PortalHome() -> impl IntoView {
    let room = use_room();
    view! {
        <div class="portal">
            <header class="top top-portal"><Brand/></header>
            <main id="main" class="body" tabindex="-1">
                <Heading text=t!("portal-title") class="h-display"/>
                <div class="split split-portal">
                    <div class="stack g4">
                        <TrackForm/>
                        {move || room.city_now().map(|city| view! { <HowToReport city/> })}
                    </div>
                    <section class="stack g3" aria-labelledby="services">
                        <h2 class="h-2" id="services">{t!("portal-services")}</h2>
                        {move || match room.city.get() {
                            Some(Err(failure)) => view! { <FailureNote failure/> }.into_any(),
                            Some(Ok(Some(city))) => view! { <Services city/> }.into_any(),
                            _ => ().into_any(),
                        }}
                    </section>
                </div>
            </main>
        </div>
    }
}

#[component]
fn HowToReport(city: CityView) -> impl IntoView {
    let line = city.service_line;
    view! {
        <section class="card pad stack g3" data-testid="how-to-report">
            <h2 class="h-2">{t!("portal-report")}</h2>
            <p>{t!("portal-report-text")}</p>
            <Phone
                number=line.clone()
                text=t!("portal-call", phone = line)
                icon="phone"
                class="btn btn-tonal btn-wide"
            />
            <Danger/>
        </section>
    }
}

#[component]
fn Services(city: CityView) -> impl IntoView {
    view! {
        <ul class="card rows services" data-testid="services">
            {city
                .services
                .iter()
                .map(|service| {
                    let by = name_of(&city.departments, &service.department);
                    view! {
                        <li class="it" data-service=service.code.clone()>
                            <span class="disc"><ServiceIcon code=service.code.clone()/></span>
                            <div class="grow">
                                <p class="ttl">{service_name(&service.code)}</p>
                                {service_description(&service.code)
                                    .map(|words| view! { <p class="for">{words}</p> })}
                                <p class="sub">{by} " · " {sla_words(service.sla)}</p>
                            </div>
                        </li>
                    }
                })
                .collect_view()}
        </ul>
    }
}

fn sla_words(sla: Sla) -> String {
    match (sla, sla.figures()) {
        (_, None) => t!("sla-next-service-day"),
        (Sla::Hours { .. }, Some((response, resolution))) => {
            t!("sla-hours", response = response, resolution = resolution)
        }
        (_, Some((response, resolution))) => {
            t!("sla-days", response = response, resolution = resolution)
        }
    }
}

/// The code's field.
#[component]
pub(crate) fn TrackForm() -> impl IntoView {
    // What was typed a moment ago is corrected, not typed again.
    let params = use_params_map();
    let code =
        RwSignal::new(params.with_untracked(|params| params.get("code").unwrap_or_default()));
    let error = RwSignal::new(None::<String>);
    let navigate = use_navigate();
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        match code.get_untracked().parse::<TrackingCode>() {
            Ok(code) => {
                error.set(None);
                navigate(&format!("/track/{code}"), Default::default());
            }
            Err(why) => {
                error.set(Some(code_problem(why)));
                focus_field("code");
            }
        }
    };
    view! {
        <form class="card pad stack g3" on:submit=submit novalidate>
            <h2 class="h-2">{t!("track-title")}</h2>
            <div class="field" class:is-bad=move || error.with(Option::is_some)>
                <label class="usa-label" for="code">{t!("track-label")}</label>
                <p class="hint usa-hint" id="code-hint">{t!("track-hint")}</p>
                <input
                    class="in in-code usa-input"
                    id="code"
                    type="text"
                    autocomplete="off"
                    autocapitalize="characters"
                    spellcheck="false"
                    placeholder="7K4M-2QX6"
                    aria-describedby="code-hint code-error"
                    aria-invalid=move || error.with(Option::is_some).then_some("true")
                    prop:value=move || code.get()
                    on:input:target=move |event| code.set(event.target().value())
                />
                <FieldError id="code-error" text=error/>
            </div>
            <button class="btn btn-signal btn-lg btn-wide" type="submit">
                <Icon name="search"/>
                {t!("track-do")}
            </button>
        </form>
    }
}

/// What is wrong with a text that is no code.
pub(crate) fn code_problem(why: BadCode) -> String {
    match why {
        BadCode::Malformed => t!("track-malformed"),
        BadCode::Mistyped => t!("track-mistyped"),
    }
}
