//! Step 4: what the service asks, and anything else.

use std::collections::BTreeMap;

use leptos::prelude::*;
use leptos_router::hooks::use_navigate;
use mend_core::api::FlowStep;
use mend_core::catalogue::{Answer, Question, QuestionKind, Service};

use super::flow::{Flow, address, use_flow};
use super::place::focus_field;
use super::report::ActionBar;
use crate::components::field::{FieldError, MAX_TEXT, TextArea};
use crate::components::icon::Icon;
use crate::components::page::Heading;
use crate::components::words::{choice_text, question_text};
use crate::context::use_room;
use crate::i18n::{find, t};

type Errors = RwSignal<BTreeMap<String, String>>;

/// The step.
#[component]
pub(crate) fn DetailsStep() -> impl IntoView {
    let room = use_room();
    let flow = use_flow();
    let errors: Errors = RwSignal::new(BTreeMap::new());
    let service = Memo::new(move |_| {
        let code = flow.get(|draft| draft.service_code.clone()).flatten()?;
        room.service(&code)
    });
    let navigate = use_navigate();
    let next = move |_| {
        let problem = service.get_untracked().and_then(|service| first_missing(flow, &service));
        let long = flow.draft.with_untracked(|draft| {
            draft.as_ref().is_some_and(|draft| draft.description.chars().nth(MAX_TEXT).is_some())
        });
        match problem {
            Some(question) => {
                focus_field(&format!("q-{question}"));
                errors.update(|errors| {
                    errors.insert(question, t!("details-missing"));
                });
            }
            None if long => focus_field("anything-else"),
            None => navigate(&address(FlowStep::Review), Default::default()),
        }
    };
    view! {
        <div class="body">
            <Heading text=t!("details-title")/>
            <Emergency service/>
            {move || {
                service.get().map(|service| {
                    let code = service.code.clone();
                    service
                        .questions
                        .into_iter()
                        .map(|question| view! { <Ask service=code.clone() question errors/> })
                        .collect_view()
                })
            }}
            <TextArea
                id="anything-else"
                label=t!("details-else")
                hint=t!("details-else-hint")
                value=Signal::derive(move || {
                    flow.get(|draft| draft.description.clone()).unwrap_or_default()
                })
                on_input=move |text| flow.typed(|draft| draft.description = text)
            />
        </div>
        <ActionBar>
            <button class="btn btn-signal btn-lg btn-wide" type="button" on:click=next>
                {t!("next-review")}
            </button>
        </ActionBar>
    }
}

fn first_missing(flow: Flow, service: &Service) -> Option<String> {
    flow.draft.with_untracked(|draft| {
        let problem = service.check_answers(&draft.as_ref()?.answers).err()?;
        Some(problem.question)
    })
}

/// Danger comes before everything else.
#[component]
fn Emergency(service: Memo<Option<Service>>) -> impl IntoView {
    let room = use_room();
    let flow = use_flow();
    let danger = Memo::new(move |_| {
        service.with(|service| {
            service.as_ref().is_some_and(|service| {
                service.questions.iter().filter(|question| question.emergency).any(|question| {
                    flow.get(|draft| draft.answers.get(&question.code).cloned()).flatten()
                        == Some(Answer::Flag(true))
                })
            })
        })
    });
    view! {
        <div role="alert">
            {move || {
                let number = room.city_now()?.emergency_number;
                danger.get().then(|| {
                    view! {
                        <div class="bn st-over" data-testid="emergency">
                            <Icon name="alert"/>
                            <p>
                                <b>{t!("emergency-title")}</b> " "
                                {t!("emergency-call", number = number)}
                            </p>
                        </div>
                    }
                })
            }}
        </div>
    }
}

#[component]
fn Ask(service: String, question: Question, errors: Errors) -> impl IntoView {
    let flow = use_flow();
    let code = question.code.clone();
    let label = question_text(&service, &code);
    let hint = find(&format!("q-{service}-{code}-hint"), &[]);
    let answer = {
        let code = code.clone();
        Memo::new(move |_| flow.get(|draft| draft.answers.get(&code).cloned()).flatten())
    };
    let set = {
        let code = code.clone();
        move |answer: Answer, typing: bool| {
            errors.update(|errors| {
                errors.remove(&code);
            });
            let code = code.clone();
            let change = move |draft: &mut mend_core::api::ReportDraft| {
                draft.answers.insert(code, answer);
            };
            if typing { flow.typed(change) } else { flow.change(change) }
        }
    };
    let error = {
        let code = code.clone();
        Signal::derive(move || errors.with(|errors| errors.get(&code).cloned()))
    };
    let error_id = format!("q-{code}-error");
    let optional =
        (!question.required).then(|| view! { " " <span class="opt">{t!("optional")}</span> });
    match question.kind {
        QuestionKind::Choice(choices) => {
            let few = choices.len() <= 3;
            let name = format!("q-{code}");
            view! {
                <fieldset class="field" aria-describedby=error_id.clone() data-question=code.clone()>
                    <legend class="lab">{label}{optional}</legend>
                    {hint.map(|hint| view! { <p class="hint">{hint}</p> })}
                    <div class=if few { "seg" } else { "card choices" }>
                        {choices
                            .into_iter()
                            .enumerate()
                            .map(|(at, choice)| {
                                let set = set.clone();
                                let text = choice_text(&service, &code, &choice);
                                let mine = Answer::Choice(choice.clone());
                                let here = {
                                    let mine = mine.clone();
                                    move || answer.with(|answer| answer.as_ref() == Some(&mine))
                                };
                                // The first one carries the question's own id, for its error.
                                let id = if at == 0 {
                                    format!("q-{code}")
                                } else {
                                    format!("q-{code}-{at}")
                                };
                                view! {
                                    <label class=if few { "seg-i" } else { "ch" }>
                                        <input
                                            type="radio"
                                            id=id
                                            name=name.clone()
                                            value=choice
                                            prop:checked=here
                                            on:change=move |_| set(mine.clone(), false)
                                        />
                                        {(!few).then(|| view! { <i class="rd"></i> })}
                                        <span>{text}</span>
                                    </label>
                                }
                            })
                            .collect_view()}
                    </div>
                    <FieldError id=error_id.clone() text=error/>
                </fieldset>
            }
            .into_any()
        }
        QuestionKind::Flag => {
            let on = move || answer.with(|answer| answer == &Some(Answer::Flag(true)));
            view! {
                <label class="card sw" data-question=code.clone()>
                    <span>
                        <span class="ttl">{label}</span>
                        {hint.map(|hint| view! { <span class="sub">{hint}</span> })}
                    </span>
                    <input
                        class="vh"
                        type="checkbox"
                        role="switch"
                        id=format!("q-{code}")
                        prop:checked=on
                        on:change:target=move |event| set(Answer::Flag(event.target().checked()), false)
                    />
                    <i aria-hidden="true"></i>
                </label>
            }
            .into_any()
        }
        QuestionKind::Text => {
            let text = move || {
                answer.with(|answer| match answer {
                    Some(Answer::Text(text)) => text.clone(),
                    _ => String::new(),
                })
            };
            view! {
                <div class="field" class:is-bad=move || error.with(Option::is_some) data-question=code.clone()>
                    <label class="usa-label" for=format!("q-{code}")>{label}{optional}</label>
                    {hint.map(|hint| view! { <p class="hint">{hint}</p> })}
                    <input
                        class="in usa-input"
                        type="text"
                        id=format!("q-{code}")
                        aria-describedby=error_id.clone()
                        prop:value=text
                        on:input:target=move |event| set(Answer::Text(event.target().value()), true)
                    />
                    <FieldError id=error_id.clone() text=error/>
                </div>
            }
            .into_any()
        }
    }
}
