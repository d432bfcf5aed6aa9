//! Walks the whole table of permissions: every row, every kind of caller, the running server.

use mend_core::api::OpenSession;
use mend_core::command::PhotoRef;
use mend_core::event::PhotoRole;
use mend_server::http::permissions::{Caller, Endpoint, Permission, TABLE, Target, Verdict};
use reqwest::{Method, RequestBuilder, StatusCode};

use crate::support::*;

/// A town in which each kind of caller exists.
struct World {
    town: Town,
    reported: Reported,
    resident: Key,
    crew: Key,
    other_crew: Key,
    dispatcher: Key,
    code: String,
    before: (PhotoRef, Vec<u8>),
    after: (PhotoRef, Vec<u8>),
}

async fn world() -> World {
    let town = Town::new().await;
    let resident = Key::new();
    let before = jpeg();
    let after = jpeg();
    let mut report = report_body(OLD_MILL);
    let code = report.tracking_code.to_string();
    let before = (photo_ref(&before, PhotoRole::Before), before);
    report.photos = vec![before.0];
    let said = resident.report_as(&town, report);
    let accepted = town.accepted(&said).await;
    let token = resident.session(&town).await.token;
    let order = town.subject_request(&token, said.subject).await.order.unwrap();
    let (crew, session) = town.signed_in("streets-1").await;
    let after = (photo_ref(&after, PhotoRole::After), after);
    town.accepted(&crew.complete(&town, order, vec![after.0])).await;
    let (other_crew, _) = town.signed_in("streets-2").await;
    let (dispatcher, _) = town.signed_in("dispatcher").await;
    let reported = Reported { said, accepted, order, token };
    let world =
        World { town, reported, resident, crew, other_crew, dispatcher, code, before, after };
    // The photos are there, so that reading them depends on the reader alone.
    for (token, target) in
        [(&world.reported.token, Target::RequestPhoto), (&session.token, Target::OrderPhoto)]
    {
        let put = world.request(Endpoint::PutPhoto, target).await.bearer_auth(token);
        assert_eq!(put.send().await.unwrap().status(), StatusCode::OK);
    }
    world
}

impl World {
    /// A fresh session for a kind of caller: one row closes its session.
    async fn token(&self, caller: Caller) -> Option<String> {
        let town = &self.town;
        Some(match caller {
            Caller::Nobody => return None,
            Caller::UnknownKey => Key::new().session(town).await.token,
            Caller::Resident => self.resident.session(town).await.token,
            Caller::Crew => self.crew.session(town).await.token,
            Caller::OtherCrew => self.other_crew.session(town).await.token,
            Caller::Dispatcher => self.dispatcher.session(town).await.token,
        })
    }

    fn feed(&self, target: Target) -> String {
        match target {
            Target::CrewFeed => "crew:streets-1".into(),
            Target::DepartmentFeed => "department:streets".into(),
            Target::CityFeed => "city".into(),
            Target::ReporterFeed => format!("me:{}", self.resident.principal()),
            _ => "me".into(),
        }
    }

    /// What the path's parts stand for.
    fn path(&self, endpoint: Endpoint, target: Target) -> String {
        let (kind, subject) = match target {
            Target::Order | Target::OrderPhoto => ("work_order", self.reported.order),
            _ => ("service_request", self.reported.said.subject),
        };
        let photo = if target == Target::OrderPhoto { &self.after } else { &self.before };
        let path = endpoint
            .path()
            .replace("{kind}", kind)
            .replace("{subject}", &subject.to_string())
            .replace("{id}", &subject.to_string())
            .replace("{hash}", &photo.0.hash.to_string())
            .replace("{code}", &self.code);
        match endpoint {
            Endpoint::Changes => format!("{path}?scope={}", self.feed(target)),
            Endpoint::Stream => format!("{path}?at={}@0", self.feed(target)),
            _ => path,
        }
    }

    async fn request(&self, endpoint: Endpoint, target: Target) -> RequestBuilder {
        let (method, _) = endpoint.method_and_path();
        let method: Method = method.parse().unwrap();
        let request = self.town.request(method, &self.path(endpoint, target));
        match endpoint {
            Endpoint::OpenSession => {
                let key = Key::new();
                let nonce = key.nonce(&self.town).await;
                let open = OpenSession { nonce, name: None, password: None };
                request.body(key.open_frame(&self.town, &open).bytes)
            }
            Endpoint::PutPhoto if target == Target::OrderPhoto => {
                request.body(self.after.1.clone())
            }
            Endpoint::PutPhoto => request.body(self.before.1.clone()),
            Endpoint::ReadNotices => request.body(r#"{"up_to":0}"#),
            _ => request,
        }
    }
}

fn verdict(status: StatusCode) -> Verdict {
    match status {
        StatusCode::UNAUTHORIZED => Verdict::SignIn,
        StatusCode::FORBIDDEN | StatusCode::NOT_FOUND => Verdict::No,
        status if status.is_success() => Verdict::Yes,
        other => panic!("neither yes nor no: {other}"),
    }
}

#[tokio::test]
async fn every_caller_gets_what_the_table_says_of_every_endpoint() {
    let world = world().await;
    let mut wrong = Vec::new();
    for Permission { endpoint, target, verdicts } in TABLE {
        for (caller, expected) in Caller::ALL.into_iter().zip(verdicts) {
            let mut request = world.request(*endpoint, *target).await;
            if let Some(token) = world.token(caller).await {
                request = request.bearer_auth(token);
            }
            let found = verdict(request.send().await.unwrap().status());
            if found != *expected {
                wrong.push(format!(
                    "{endpoint:?} {target:?} {caller:?}: {found:?}, not {expected:?}"
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
