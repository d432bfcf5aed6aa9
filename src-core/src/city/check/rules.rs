//! Services, their questions, and the routes that lead to those who mend.

use std::collections::BTreeSet;

use super::{Faults, Part};
use crate::catalogue::{Answer, QuestionKind, Service};
use crate::city::pack::{CityPack, OUTLINE, RouteRule, RouteTarget};
use crate::city::route::{SERVICE_DEPARTMENT, UNROUTED};
use crate::city::zones;

const MAX_QUESTIONS: usize = 30;
const MAX_CHOICES: usize = 60;
const RESERVED_ROUTES: [&str; 2] = [SERVICE_DEPARTMENT, UNROUTED];

pub(super) fn services(pack: &CityPack, faults: &mut Faults) {
    let part = Part::Service;
    if pack.services.services.is_empty() {
        faults.add(&part, None, "The city has no services.", "Write at least one service.");
    }
    let mut seen = BTreeSet::new();
    for (i, service) in pack.services.services.iter().enumerate() {
        faults.code(&part, Some(i), "service", &service.code, &mut seen);
        if !pack.departments.iter().any(|d| d.code == service.department) {
            faults.unknown(&part, i, "department", &service.department);
        }
        if !std::iter::once(&service.sla).chain(service.sla_at.values()).all(|s| s.is_sound()) {
            faults.add(
                &part,
                i,
                format!("The service {:?} promises what cannot be kept.", service.code),
                "Write figures of at least 1, the response not after the resolution.",
            );
        }
        questions(service, i, faults);
    }
}

fn questions(service: &Service, i: usize, faults: &mut Faults) {
    let part = Part::Service;
    faults.limit(&part, "questions in a service", service.questions.len(), MAX_QUESTIONS);
    let mut seen = BTreeSet::new();
    for question in &service.questions {
        faults.code(&part, Some(i), "question", &question.code, &mut seen);
        if let QuestionKind::Choice(choices) = &question.kind {
            faults.limit(&part, "choices in a question", choices.len(), MAX_CHOICES);
            let mut seen = BTreeSet::new();
            for choice in choices {
                faults.code(&part, Some(i), "choice", choice, &mut seen);
            }
            if choices.len() < 2 {
                faults.add(
                    &part,
                    i,
                    format!("The question {:?} leaves no choice.", question.code),
                    "Write at least two choices.",
                );
            }
        }
        if question.emergency && question.kind != QuestionKind::Flag {
            faults.add(
                &part,
                i,
                format!("The question {:?} cannot mark an emergency.", question.code),
                "Only a yes-or-no question can.",
            );
        }
        for raise in &question.raises {
            let possible = question.problem_with(&raise.when).is_none()
                && !matches!(raise.when, Answer::Text(_));
            if !possible {
                faults.add(
                    &part,
                    i,
                    format!("The question {:?} never has the answer that raises.", question.code),
                    "Raise for one of its choices, or for yes or no.",
                );
            }
        }
    }
}

pub(super) fn routes(pack: &CityPack, faults: &mut Faults) {
    let part = Part::Route;
    let mut seen = BTreeSet::new();
    for (i, rule) in pack.routes.iter().enumerate() {
        faults.code(&part, Some(i), "route", &rule.code, &mut seen);
        if RESERVED_ROUTES.contains(&rule.code.as_str()) {
            faults.add(
                &part,
                i,
                format!("The route code {:?} means something else already.", rule.code),
                "Choose another code.",
            );
        }
        match &rule.to {
            RouteTarget::Department(code) => {
                if !pack.departments.iter().any(|d| d.code == *code) {
                    faults.unknown(&part, i, "department", code);
                }
            }
            RouteTarget::Crew(code) => {
                if !pack.crews.iter().any(|c| c.code == *code) {
                    faults.unknown(&part, i, "crew", code);
                }
            }
        }
        route_conditions(pack, rule, i, faults);
    }
}

fn route_conditions(pack: &CityPack, rule: &RouteRule, i: usize, faults: &mut Faults) {
    let part = Part::Route;
    for (layer, codes) in &rule.zones {
        let zones = pack.zones.get(layer).filter(|_| layer != OUTLINE);
        let Some(zones) = zones else {
            faults.unknown(&part, i, "layer of zones", layer);
            continue;
        };
        for code in codes {
            if !zones.features.iter().any(|f| zones::text(f, "code") == Some(code)) {
                faults.unknown(&part, i, "zone", code);
            }
        }
    }
    if !rule.answers.is_empty() && rule.services.is_empty() {
        faults.add(
            &part,
            i,
            format!("The route {:?} asks for answers of no service.", rule.code),
            "Name the services whose answers it reads.",
        );
    }
    for code in &rule.services {
        let Some(service) = pack.services.service(code) else {
            faults.unknown(&part, i, "service", code);
            continue;
        };
        for (question, answer) in &rule.answers {
            let possible = service.question(question).is_some_and(|q| {
                q.problem_with(answer).is_none() && !matches!(answer, Answer::Text(_))
            });
            if !possible {
                faults.add(
                    &part,
                    i,
                    format!("The service {code:?} never has that answer to {question:?}."),
                    "Write a question of the service and one of its choices, or yes or no.",
                );
            }
        }
    }
}
