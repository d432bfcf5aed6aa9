//! `GET /v1/track/{code}`: what is public of a request, for whoever has its code.

use std::net::SocketAddr;

use axum::extract::rejection::PathRejection;
use axum::extract::{ConnectInfo, Path, State};
use axum::response::Response;
use mend_core::api::{PublicRequest, Snapshot, Tracked, WireEvent};
use mend_core::catalogue::Visibility;
use mend_core::city::City;
use mend_core::event::{Actor, Content, EventBody};
use mend_core::subject::{ServiceRequest, SubjectState};
use mend_core::tracking::{BadCode, TrackingCode};
use mend_core::view::steps;

use super::problem::{Code, Problem};
use super::{Shared, counted, fresh};

/// All requests with this code: mostly one.
pub async fn get(
    State(server): State<Shared>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    path: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let Path(code) = path?;
    // A mistyped code tells nothing, so it costs nothing.
    let code: TrackingCode = code.parse().map_err(|bad| {
        Problem::new(match bad {
            BadCode::Malformed => Code::TrackingMalformed,
            BadCode::Mistyped => Code::TrackingMistyped,
        })
    })?;
    server.counters.track.count(&counted(address).to_string(), server.clock.now())?;
    let found = server.readers.read(move |reads| reads.tracked(code)).await?;
    let requests: Vec<_> =
        found.into_iter().filter_map(|snapshot| public(&server.city, snapshot)).collect();
    if requests.is_empty() {
        return Err(Problem::new(Code::NotFound));
    }
    Ok(fresh(&Tracked { requests }))
}

/// What anyone may know of a request. Its photos are not among it: the public sees only what the
/// server has re-encoded itself.
fn public(city: &City, snapshot: Snapshot) -> Option<PublicRequest> {
    let SubjectState::ServiceRequest(request) = snapshot.state else {
        return None;
    };
    let events: Vec<WireEvent> = snapshot.events.into_iter().filter(|e| !is_own_note(e)).collect();
    let name = |code: &str| city.crew(code).map(|crew| crew.name.clone());
    let place = match snapshot.content.get(&request.place) {
        Some(Content::Place(location)) if place_is_public(city, &request) => {
            Some(location.label.clone()).filter(|label| !label.is_empty())
        }
        _ => None,
    };
    Some(PublicRequest {
        steps: steps(&events, &snapshot.content, name, |_| false),
        number: request.number.unwrap_or_default(),
        service_code: request.service_code,
        place,
        status: request.status,
        promise: request.promise,
    })
}

/// A resident's words may say who and where they are: they are not for everyone who has the code.
fn is_own_note(event: &WireEvent) -> bool {
    matches!(event, WireEvent::Seen(event)
        if event.actor == Actor::Resident && matches!(event.body, EventBody::NoteAdded { .. }))
}

fn place_is_public(city: &City, request: &ServiceRequest) -> bool {
    match city.catalogue().service(&request.service_code).map(|service| service.public) {
        Some(Visibility::AtOnce) => true,
        // Started work counts as assessed, and so does finished work.
        Some(Visibility::AfterAssessment) => {
            request.started_at.is_some() || request.resolved_at.is_some()
        }
        Some(Visibility::Coarse | Visibility::Never) | None => false,
    }
}
