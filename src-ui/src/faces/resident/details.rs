//! Step 4: what the service asks, and anything else.

use std::collections::BTreeMap;

use leptos::attr::custom::custom_attribute;
use leptos::prelude::*;
use leptos_router::hooks::use_navigate;
use mend_core::api::FlowStep;
use mend_core::catalogue::{Answer, AnswerProblemKind, Question, QuestionKind, Service};

use super::flow::{Flow, address, use_flow};
use super::place::focus_field;
use super::report::ActionBar;
use crate::components::field::{FieldError, MAX_TEXT, TextArea};
use crate::components::page::Heading;
use crate::components::phone::Phone;
use crate::components::words::{choice_text, question_text};
use crate::context::use_room;
use crate::format;
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
        let problem = service.get_untracked().and_then(|service| first_problem(flow, &service));
        let long = flow.draft.with_untracked(|draft| {
            draft.as_ref().is_some_and(|draft| draft.description.chars().nth(MAX_TEXT).is_some())
        });
        match problem {
            Some((question, words)) => {
                focus_field(&format!("q-{question}"));
                errors.update(|errors| {
                    errors.insert(question, words);
                });
            }
            None if long => focus_field("anything-else"),
            None => navigate(&address(FlowStep::Review), Default::default()),
        }
    };
    view! {
        <div class="body">
            <Emergency service quiet=true/>
            <Heading text=t!("details-title")/>
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

fn first_problem(flow: Flow, service: &Service) -> Option<(String, String)> {
    flow.draft.with_untracked(|draft| {
        let problem = service.check_answers(&draft.as_ref()?.answers).err()?;
        let words = match (problem.kind, service.question(&problem.question)) {
            (AnswerProblemKind::TooLong, Some(question)) => too_long(question),
            _ => t!("details-missing"),
        };
        Some((problem.question, words))
    })
}

fn too_long(question: &Question) -> String {
    let limit = u32::try_from(question.limit()).map_or(f64::INFINITY, f64::from);
    t!("answer-too-long", limit = format::number(limit))
}

/// Danger comes before everything else on the screen: whom to call, as soon as someone says that
/// it is an emergency.
#[component]
pub(crate) fn Emergency(
    /// The service that asks.
    service: Memo<Option<Service>>,
    /// Says whom to call also before that, where the service knows emergencies.
    #[prop(optional)]
    quiet: bool,
) -> impl IntoView {
    let room = use_room();
    let flow = use_flow();
    let asks = Memo::new(move |_| {
        service.with(|service| {
            service.as_ref().is_some_and(|service| service.questions.iter().any(|q| q.emergency))
        })
    });
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
    // Whoever says so further down sees it all the same.
    Effect::new(move |before: Option<bool>| {
        let now = danger.get();
        if now && before == Some(false) {
            window().scroll_to_with_x_and_y(0.0, 0.0);
        }
        now
    });
    view! {
        {move || {
            let number = room.city_now()?.emergency_number;
            // The same words in the same place before and after, so that nothing moves.
            ((quiet && asks.get()) || danger.get()).then(|| {
                let call = t!("emergency-call", number = number.clone());
                let testid = move || if danger.get() { "emergency" } else { "emergency-quiet" };
                view! {
                    <div class="emergency" class:st-over=move || danger.get() data-testid=testid>
                        <p class="h-3">{t!("emergency-title")}</p>
                        <Phone text=call number icon="phone" class="emergency-call"/>
                    </div>
                }
            })
        }}
        <div class="vh" role="alert">
            {move || {
                let number = room.city_now()?.emergency_number;
                danger.get().then(|| {
                    view! { {t!("emergency-title")} " " {t!("emergency-call", number = number)} }
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
    match question.kind.clone() {
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
        QuestionKind::Text | QuestionKind::Plate => {
            let plate = question.kind == QuestionKind::Plate;
            let (limit, over) = (question.limit(), too_long(&question));
            let error = Signal::derive(move || {
                let long = answer.with(|answer| {
                    matches!(answer, Some(Answer::Text(text)) if text.trim().chars().nth(limit).is_some())
                });
                if long { Some(over.clone()) } else { error.get() }
            });
            let hint_id = hint.is_some().then(|| format!("q-{code}-hint"));
            let described = match &hint_id {
                Some(hint_id) => format!("{hint_id} {error_id}"),
                None => error_id.clone(),
            };
            let text = move || {
                answer.with(|answer| match answer {
                    Some(Answer::Text(text)) => text.clone(),
                    _ => String::new(),
                })
            };
            view! {
                <div class="field" class:is-bad=move || error.with(Option::is_some) data-question=code.clone()>
                    <label class="usa-label" for=format!("q-{code}")>{label}{optional}</label>
                    {hint.map(|hint| view! { <p class="hint" id=hint_id.clone()>{hint}</p> })}
                    {if question.required && !plate {
                        // What must be said in words gets room for them.
                        view! {
                            <textarea
                                class="in usa-textarea"
                                id=format!("q-{code}")
                                rows="3"
                                required=true
                                aria-describedby=described
                                aria-invalid=move || error.with(Option::is_some).then_some("true")
                                prop:value=text
                                on:input:target=move |event| {
                                    set(Answer::Text(event.target().value()), true);
                                }
                            ></textarea>
                        }
                            .into_any()
                    } else {
                        view! {
                            <input
                                {..custom_attribute("autocorrect", plate.then_some("off"))}
                                class=if plate { "in in-code in-plate usa-input" } else { "in usa-input" }
                                type="text"
                                id=format!("q-{code}")
                                autocomplete=plate.then_some("off")
                                autocapitalize=plate.then_some("characters")
                                spellcheck=plate.then_some("false")
                                required=question.required
                                aria-describedby=described
                                aria-invalid=move || error.with(Option::is_some).then_some("true")
                                prop:value=text
                                on:input:target=move |event| {
                                    let field = event.target();
                                    if plate {
                                        capitals(&field);
                                    }
                                    set(Answer::Text(field.value()), true);
                                }
                            />
                        }
                            .into_any()
                    }}
                    <FieldError id=error_id.clone() text=error/>
                </div>
            }
            .into_any()
        }
    }
}

/// Plates are written in capitals, whatever the keyboard says; the cursor stays where it is.
fn capitals(field: &web_sys::HtmlInputElement) {
    let (typed, at) = (field.value(), field.selection_start().ok().flatten());
    let upper = typed.to_uppercase();
    if upper != typed {
        field.set_value(&upper);
        if let Some(at) = at {
            // A field that has just lost the focus has no cursor to keep.
            let _ = field.set_selection_range(at, at);
        }
    }
}
