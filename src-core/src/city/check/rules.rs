//! Services, their questions, and the routes that lead to those who mend.

use std::collections::BTreeSet;

use super::{Faults, Part, is_code};
use crate::catalogue::{
    Answer, Crew, PlaceNeed, Priority, Question, QuestionKind, Service, Sla, Visibility,
};
use crate::city::pack::{BEYOND, CityPack, OUTLINE, RouteRule, RouteTarget, TimeRule};
use crate::city::route::{SERVICE_DEPARTMENT, UNROUTED};
use crate::city::zones;

const MAX_QUESTIONS: usize = 30;
const MAX_CHOICES: usize = 60;
const RESERVED_ROUTES: [&str; 2] = [SERVICE_DEPARTMENT, UNROUTED];

/// What is wrong with services in themselves.
pub(super) fn services(pack: &CityPack, faults: &mut Faults) {
    let part = Part::Service;
    if pack.services.services.is_empty() {
        faults.add(&part, None, "The city has no services.", "Write at least one service.");
    }
    let mut seen = BTreeSet::new();
    for (i, service) in pack.services.services.iter().enumerate() {
        faults.code(&part, Some(i), "service", &service.code, &mut seen);
        for department in std::iter::once(&service.department).chain(&service.alternatives) {
            if !pack.departments.iter().any(|d| d.code == *department) {
                faults.unknown(&part, i, "department", department);
            }
        }
        for kind in service.asset_kinds.iter().filter(|kind| !is_code(kind)) {
            faults.not_a_code(&part, Some(i), "kind of asset", kind);
        }
        let promises = || std::iter::once(&service.sla).chain(service.sla_at.values());
        if !promises().all(Sla::is_sound) {
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

fn questions(service: &Service, index: usize, faults: &mut Faults) {
    let part = Part::Question(index);
    let count = service.questions.len();
    faults.limit(&part, "questions in a service", count, MAX_QUESTIONS);
    let mut seen = BTreeSet::new();
    for (i, question) in service.questions.iter().enumerate() {
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
        if question.kind == QuestionKind::Plate && question.public != Visibility::Never {
            faults.add(
                &part,
                i,
                format!("The question {:?} would make a licence plate public.", question.code),
                "Write public = \"never\".",
            );
        }
        for raise in &question.raises {
            if !can_decide(question, &raise.when) {
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

/// Whether a rule may wait for this answer: one that the question can have, and no prose.
fn can_decide(question: &Question, answer: &Answer) -> bool {
    question.problem_with(answer).is_none() && !matches!(answer, Answer::Text(_))
}

/// What is wrong with routes in themselves.
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
            RouteTarget::Crew(code) => crew(pack, i, code, false, faults),
            RouteTarget::Contractor(code) => crew(pack, i, code, true, faults),
        }
        route_conditions(pack, rule, i, faults);
        if let Some(time) = &rule.time {
            route_time(time, i, faults);
        }
        let kinds = rule.asset.iter().flat_map(|asset| &asset.kinds).map(|k| ("kind of asset", k));
        let owners = rule.asset.iter().flat_map(|asset| &asset.owners).map(|o| ("owner", o));
        for (what, code) in kinds.chain(owners).filter(|(_, code)| !is_code(code)) {
            faults.not_a_code(&part, Some(i), what, code);
        }
    }
}

fn crew(pack: &CityPack, i: usize, code: &str, contractor: bool, faults: &mut Faults) {
    let part = Part::Route;
    let (wanted, other) = if contractor { ("contractor", "crew") } else { ("crew", "contractor") };
    match pack.crews.iter().find(|crew| crew.code == code) {
        None => faults.unknown(&part, i, wanted, code),
        Some(crew) if crew.contractor != contractor => faults.add(
            &part,
            i,
            format!("{code:?} is a {other}, not a {wanted}."),
            format!("Write {other} = {code:?}."),
        ),
        Some(_) => {}
    }
}

fn route_conditions(pack: &CityPack, rule: &RouteRule, i: usize, faults: &mut Faults) {
    let part = Part::Route;
    for (layer, codes) in &rule.zones {
        let zones = pack.zones.get(layer).filter(|_| layer != OUTLINE && layer != BEYOND);
        let Some(zones) = zones else {
            faults.unknown(&part, i, "layer of zones", layer);
            continue;
        };
        for code in codes {
            if !zones.features.iter().any(|f| zones::text(f, "code") == Some(code)) {
                faults.add(
                    &part,
                    i,
                    format!("There is no zone {code:?} in the layer {layer:?}."),
                    format!("Write the code of a zone in zones/{layer}.geojson, or add it there."),
                );
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
        for (asked, answer) in &rule.answers {
            match service.question(asked) {
                None => faults.add(
                    &part,
                    i,
                    format!("The service {code:?} has no question {asked:?}."),
                    format!("Write one of its questions{}.", listed(questions_of(service))),
                ),
                Some(question) if !can_decide(question, answer) => faults.add(
                    &part,
                    i,
                    format!(
                        "The question {asked:?} of {code:?} never has the answer {}.",
                        spoken(answer)
                    ),
                    match &question.kind {
                        QuestionKind::Flag => "Write true or false.".to_owned(),
                        QuestionKind::Choice(choices) => {
                            format!("Write one of its choices{}.", listed(choices))
                        }
                        QuestionKind::Text | QuestionKind::Plate => {
                            "Ask for a choice or a flag; no rule reads texts.".to_owned()
                        }
                    },
                ),
                Some(_) => {}
            }
        }
    }
}

fn questions_of(service: &Service) -> impl IntoIterator<Item = &String> {
    service.questions.iter().map(|question| &question.code)
}

/// `: a, b, c`, or nothing.
fn listed<'a>(codes: impl IntoIterator<Item = &'a String>) -> String {
    let codes: Vec<&str> = codes.into_iter().map(String::as_str).collect();
    if codes.is_empty() { String::new() } else { format!(": {}", codes.join(", ")) }
}

/// An answer as city folders write it.
pub(super) fn spoken(answer: &Answer) -> String {
    match answer {
        Answer::Flag(flag) => flag.to_string(),
        Answer::Choice(text) | Answer::Text(text) => format!("{text:?}"),
    }
}

fn route_time(time: &TimeRule, i: usize, faults: &mut Faults) {
    let part = Part::Route;
    if let Some(month) = time.months.iter().find(|month| !(1..=12).contains(*month)) {
        faults.add(&part, i, format!("There is no month {month}."), "Write months as 1 to 12.");
    }
    if let Some([from, until]) = &time.between {
        match (minute_of(from), minute_of(until)) {
            (Some(a), Some(b)) if a == b => faults.add(
                &part,
                i,
                format!("The time from {from} until {until} is empty."),
                "Write two different times, or leave it out for the whole day.",
            ),
            (Some(_), Some(_)) => {}
            _ => faults.add(
                &part,
                i,
                format!("{from:?} to {until:?} is no time of day."),
                "Write between = [\"22:00\", \"06:00\"], 24 hours.",
            ),
        }
    }
}

/// The minute of the day that `HH:MM` is, 24 hours.
pub(super) fn minute_of(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let two = |digits: &str, below: u16| {
        let plain = digits.len() == 2 && digits.bytes().all(|b| b.is_ascii_digit());
        plain.then(|| digits.parse::<u16>().ok())?.filter(|n| *n < below)
    };
    Some(two(hour, 24)? * 60 + two(minute, 60)?)
}

/// What shows when services, routes and crews are laid beside each other. Expects sound ones.
pub(super) fn fit(pack: &CityPack, faults: &mut Faults) {
    let kinds: BTreeSet<&str> = pack.gazetteer.assets.iter().map(|a| a.kind.as_str()).collect();
    for (i, service) in pack.services.services.iter().enumerate() {
        let code = &service.code;
        for kind in service.asset_kinds.iter().filter(|kind| !kinds.contains(kind.as_str())) {
            faults.warn(
                &Part::Service,
                i,
                format!(
                    "The service {code:?} is about assets of kind {kind:?}, and there are none."
                ),
                "Write such assets into assets.csv, or leave the kind out.",
            );
        }
        promises(service, i, faults);
        who_mends(pack, service, i, faults);
    }
    for (i, rule) in pack.routes.iter().enumerate() {
        leads_to_its_own(pack, rule, i, faults);
        let Some(asset) = &rule.asset else { continue };
        for kind in asset.kinds.iter().filter(|kind| !kinds.contains(kind.as_str())) {
            faults.warn(
                &Part::Route,
                i,
                format!(
                    "The route {:?} is for assets of kind {kind:?}, and there are none.",
                    rule.code
                ),
                "Write such assets into assets.csv, or leave the kind out.",
            );
        }
        for owner in &asset.owners {
            let owned = pack.gazetteer.assets.iter().any(|a| {
                a.owner.as_deref().unwrap_or(crate::city::CITY_OWNER) == owner.as_str()
                    && (asset.kinds.is_empty() || asset.kinds.contains(&a.kind))
            });
            if !owned {
                faults.warn(
                    &Part::Route,
                    i,
                    format!(
                        "The route {:?} is for assets of {owner:?}, who owns none such.",
                        rule.code
                    ),
                    "Correct the owner, or write such assets into assets.csv.",
                );
            }
        }
    }
}

/// Every priority that a request of the service can have, the lowest first.
pub(super) fn priorities(service: &Service) -> BTreeSet<Priority> {
    let raised = service.questions.iter().flat_map(|question| &question.raises);
    std::iter::once(service.priority)
        .chain(raised.map(|raise| raise.to).filter(|to| *to > service.priority))
        .collect()
}

fn promises(service: &Service, i: usize, faults: &mut Faults) {
    let code = &service.code;
    let promised = || std::iter::once(&service.sla).chain(service.sla_at.values());
    if promised().any(|sla| *sla == Sla::NextServiceDay) && service.place != PlaceNeed::Route {
        faults.warn(
            &Part::Service,
            i,
            format!("The service {code:?} promises the next service day, and asks for no route."),
            "Write place = \"route\": without a route nothing can be promised.",
        );
    }
    let possible = priorities(service);
    for (priority, _) in service.sla_at.iter().filter(|(priority, _)| !possible.contains(priority))
    {
        faults.warn(
            &Part::Service,
            i,
            format!(
                "No request of {code:?} is ever {}, for which it has a promise.",
                named(*priority)
            ),
            "Raise to that priority by an answer, or remove the promise.",
        );
    }
    for (q, question) in service.questions.iter().enumerate() {
        if question.raises.iter().any(|raise| raise.to <= service.priority) {
            faults.warn(
                &Part::Question(i),
                q,
                format!(
                    "The question {:?} raises to a priority that every request of {code:?} has.",
                    question.code
                ),
                format!("Raise above {}, or remove it.", named(service.priority)),
            );
        }
    }
}

/// A priority as city folders write it.
pub(super) fn named(priority: Priority) -> &'static str {
    match priority {
        Priority::Low => "low",
        Priority::Medium => "medium",
        Priority::High => "high",
        Priority::Critical => "critical",
    }
}

/// The department that a rule leads to.
fn department_of<'a>(pack: &'a CityPack, to: &'a RouteTarget) -> Option<&'a str> {
    match to {
        RouteTarget::Department(code) => Some(code),
        RouteTarget::Crew(code) | RouteTarget::Contractor(code) => {
            pack.crews.iter().find(|crew| crew.code == *code).map(|crew| crew.department.as_str())
        }
    }
}

/// A service goes to its owner or one of its alternatives, and nowhere else by mistake. A rule for
/// all services may lead anywhere.
fn leads_to_its_own(pack: &CityPack, rule: &RouteRule, i: usize, faults: &mut Faults) {
    let Some(department) = department_of(pack, &rule.to) else { return };
    for service in rule.services.iter().filter_map(|code| pack.services.service(code)) {
        if service.department != department
            && !service.alternatives.iter().any(|other| other == department)
        {
            faults.add(
                &Part::Route,
                i,
                format!(
                    "The route {:?} leads {:?} to {department:?}, which is neither its department \
                     nor an alternative.",
                    rule.code, service.code
                ),
                format!(
                    "Add {department:?} to the alternatives of {:?} in services.toml, or lead \
                     elsewhere.",
                    service.code
                ),
            );
        }
    }
}

/// Whether anyone can ever be sent for a service. One of the department that sorts what is left over
/// needs neither route nor crew: those people send it on by hand.
fn who_mends(pack: &CityPack, service: &Service, i: usize, faults: &mut Faults) {
    let code = &service.code;
    let rules = || {
        pack.routes.iter().filter(|rule| rule.services.is_empty() || rule.services.contains(code))
    };
    if service.department == pack.unrouted_department {
        return;
    }
    if rules().next().is_none() {
        faults.add(
            &Part::Service,
            i,
            format!("No route takes {code:?}."),
            format!(
                "Write a route for it into routes.toml; with department = {:?} each request waits \
                 on that board until someone assigns it.",
                service.department
            ),
        );
        return;
    }
    if rules().any(|rule| !matches!(rule.to, RouteTarget::Department(_))) {
        return;
    }
    let has_crew = |department: &str| pack.crews.iter().any(|c: &Crew| c.department == department);
    let boards: Vec<&str> = rules()
        .filter_map(|rule| department_of(pack, &rule.to))
        .chain([service.department.as_str()])
        .collect();
    if boards.iter().any(|department| has_crew(department)) {
        if !rules().any(|rule| rule.services.contains(code)) {
            faults.warn(
                &Part::Service,
                i,
                format!(
                    "No route names {code:?}: each request waits on the board of {:?} until \
                     someone there assigns it.",
                    service.department
                ),
                "Write a route for it, or leave it so.",
            );
        }
    } else {
        faults.add(
            &Part::Service,
            i,
            format!(
                "Nobody can mend {code:?}: no route leads it to a crew, and {:?} has no crew.",
                service.department
            ),
            "Write a crew of that department into crews.toml, or a route to a crew.",
        );
    }
}
