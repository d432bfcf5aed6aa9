//! Words for the domain's codes.

use leptos::prelude::*;
use mend_core::api::{Failure, FlowStep, Step, StepKind};
use mend_core::catalogue::{Answer, Priority, Service};
use mend_core::event::HoldReason;
use mend_core::refusal::Refusal;
use mend_core::subject::{OrderStatus, RequestStatus};

use crate::context::use_room;
use crate::format;
use crate::i18n::{find, t};

/// "Pothole and road damage".
pub(crate) fn service_name(code: &str) -> String {
    find(&format!("service-{code}"), &[]).unwrap_or_else(|| code.to_owned())
}

/// "Pothole".
pub(crate) fn service_short(code: &str) -> String {
    find(&format!("service-{code}-short"), &[]).unwrap_or_else(|| service_name(code))
}

/// What a service is for, in a sentence.
pub(crate) fn service_description(code: &str) -> Option<String> {
    find(&format!("service-{code}-description"), &[])
}

/// "Streetlight".
pub(crate) fn asset_kind(kind: &str) -> String {
    find(&format!("asset-{kind}"), &[]).unwrap_or_else(|| kind.to_owned())
}

/// What a service asks.
pub(crate) fn question_text(service: &str, question: &str) -> String {
    find(&format!("q-{service}-{question}"), &[]).unwrap_or_else(|| question.to_owned())
}

/// One of the answers it offers.
pub(crate) fn choice_text(service: &str, question: &str, choice: &str) -> String {
    find(&format!("a-{service}-{question}-{choice}"), &[]).unwrap_or_else(|| choice.to_owned())
}

/// An answer in words.
pub(crate) fn answer_text(service: &str, question: &str, answer: &Answer) -> String {
    match answer {
        Answer::Choice(choice) => choice_text(service, question, choice),
        Answer::Flag(true) => t!("answer-yes"),
        Answer::Flag(false) => t!("answer-no"),
        Answer::Text(text) => text.clone(),
    }
}

/// Questions with their answers, in the order they are asked.
pub(crate) fn answers_in_words(
    service: &Service,
    answers: &std::collections::BTreeMap<String, Answer>,
) -> Vec<(String, String)> {
    service
        .questions
        .iter()
        .filter_map(|question| {
            let answer = answers.get(&question.code)?;
            let text = answer_text(&service.code, &question.code, answer);
            (!text.trim().is_empty()).then(|| (question_text(&service.code, &question.code), text))
        })
        .collect()
}

/// One of the eight words.
pub(crate) fn status_word(status: RequestStatus) -> String {
    match status {
        RequestStatus::Received => t!("status-received"),
        RequestStatus::Assigned => t!("status-assigned"),
        RequestStatus::InProgress => t!("status-in-progress"),
        RequestStatus::OnHold => t!("status-on-hold"),
        RequestStatus::Resolved => t!("status-resolved"),
        RequestStatus::Closed => t!("status-closed"),
        RequestStatus::Reopened => t!("status-reopened"),
    }
}

/// A crew's word for where an order stands.
pub(crate) fn order_word(status: OrderStatus) -> String {
    match status {
        OrderStatus::Unassigned => t!("status-received"),
        OrderStatus::Assigned => t!("status-assigned"),
        OrderStatus::Started => t!("status-in-progress"),
        OrderStatus::Held => t!("status-on-hold"),
        OrderStatus::Completed => t!("status-resolved"),
        OrderStatus::Cancelled => t!("status-closed"),
    }
}

/// "High".
pub(crate) fn priority_word(priority: Priority) -> String {
    match priority {
        Priority::Low => t!("priority-low"),
        Priority::Medium => t!("priority-medium"),
        Priority::High => t!("priority-high"),
        Priority::Critical => t!("priority-critical"),
    }
}

/// The head of a step in a timeline.
pub(crate) fn step_title(kind: StepKind, by: Option<&str>) -> String {
    match (kind, by) {
        (StepKind::Received, _) => t!("step-received"),
        (StepKind::Assigned, Some(by)) => t!("step-assigned-to", crew = by),
        (StepKind::Assigned, None) => t!("step-assigned"),
        (StepKind::Started, _) => t!("step-started"),
        (StepKind::Resolved, _) => t!("step-resolved"),
        (StepKind::Note, _) => t!("step-note"),
        (StepKind::Photos, _) => t!("step-photos"),
        (StepKind::OnHold, _) => t!("step-on-hold"),
        (StepKind::Resumed, _) => t!("step-resumed"),
        (StepKind::Reopened, _) => t!("step-reopened"),
        (StepKind::Closed | StepKind::Duplicate, _) => t!("step-closed"),
        (StepKind::Cancelled, _) => t!("step-cancelled"),
        (StepKind::Withdrawn, _) => t!("step-withdrawn"),
        (StepKind::Amended, _) => t!("step-amended"),
        (StepKind::PhotosMissing, _) => t!("step-photos-missing"),
        (StepKind::Newer, _) => t!("step-newer"),
    }
}

/// Why something waits or ended, beside what a person wrote; nothing for a step that says it all.
pub(crate) fn step_reason(step: &Step) -> Option<String> {
    match step.kind {
        StepKind::OnHold => step.held_for.map(hold_reason),
        StepKind::Closed => Some(t!("step-closed-why")),
        StepKind::Duplicate => Some(t!("step-duplicate-why")),
        StepKind::Withdrawn => Some(t!("step-withdrawn-why")),
        StepKind::PhotosMissing => Some(t!("step-photos-missing-why")),
        _ => None,
    }
}

/// "Parts or material are on their way."
pub(crate) fn hold_reason(reason: HoldReason) -> String {
    match reason {
        HoldReason::Parts => t!("hold-parts"),
        HoldReason::Weather => t!("hold-weather"),
        HoldReason::OtherParty => t!("hold-other_party"),
        HoldReason::Access => t!("hold-access"),
        HoldReason::Resident => t!("hold-resident"),
        HoldReason::Other => t!("hold-other"),
    }
}

/// "Place".
pub(crate) fn flow_word(step: FlowStep) -> String {
    match step {
        FlowStep::Photo => t!("flow-photo"),
        FlowStep::Place => t!("flow-place"),
        FlowStep::What => t!("flow-what"),
        FlowStep::Details => t!("flow-details"),
        FlowStep::Review => t!("flow-review"),
    }
}

/// What happened, and on the next line what is kept and what to do.
pub(crate) fn failure_words(failure: &Failure) -> (String, String) {
    let room = use_room();
    let city = room.city.with_untracked(|city| {
        city.as_ref().and_then(|answer| answer.as_ref().ok().cloned().flatten())
    });
    let mut args: Vec<(&str, fluent_bundle::FluentValue<'_>)> = Vec::new();
    if let Some(city) = city {
        args.push(("city", city.name.into()));
        args.push(("service_line", city.service_line.into()));
    }
    for (name, value) in &failure.params {
        // Figures are read as figures: 5000 is said "5,000".
        let value = value.parse().map_or_else(|_| value.clone(), format::number);
        args.push((name, value.into()));
    }
    let text = find(&format!("refusal-{}", failure.code), &args)
        .unwrap_or_else(|| crate::i18n::sentence("refusal-unknown", &args));
    match text.split_once('\n') {
        Some((what, way)) => (what.to_owned(), way.to_owned()),
        None => (text, String::new()),
    }
}

/// The same for the city's refusal.
pub(crate) fn refusal_words(refusal: &Refusal) -> (String, String) {
    failure_words(&Failure {
        code: refusal.code.as_str().to_owned(),
        params: refusal.params.clone(),
    })
}
