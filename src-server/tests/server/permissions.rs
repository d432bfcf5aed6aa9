//! Walks the whole table of permissions: every row, every kind of caller, the running server.

use mend_core::api::{Answers, CommandAnswer, OpenSession};
use mend_core::command::{AddNote, Assign, CommandBody, PhotoRef};
use mend_core::event::{PhotoRole, Visibility};
use mend_core::frame::batch;
use mend_core::refusal::RefusalCode;
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
    let reported = Reported { by: resident.clone(), said, accepted, order, token };
    let world =
        World { town, reported, resident, crew, other_crew, dispatcher, code, before, after };
    // The photos are there, so that reading them depends on the reader alone.
    for (token, target, photo) in [
        (&world.reported.token, Target::RequestPhoto, &world.before),
        (&session.token, Target::OrderPhoto, &world.after),
    ] {
        let path = world.path(Endpoint::PhotoPiece, target);
        let sent = world.town.piece(&path, 0, photo.1.clone()).bearer_auth(token).send();
        assert_eq!(sent.await.unwrap().status(), StatusCode::NO_CONTENT);
    }
    world
}

impl World {
    /// The command of a row, as this caller signs it. About a request and an order of its own:
    /// what one caller does changes nothing for the next.
    async fn command(&self, target: Target, caller: Caller) -> Said {
        let town = &self.town;
        let stranger = Key::new();
        let key = match caller {
            // Without a session, and with one: commands do not ask.
            Caller::Nobody | Caller::UnknownKey => &stranger,
            Caller::Resident => &self.resident,
            Caller::Crew => &self.crew,
            Caller::OtherCrew => &self.other_crew,
            Caller::Dispatcher => &self.dispatcher,
        };
        if target == Target::Own {
            return key.report(town, HARBOR);
        }
        let reported = town.reported(&self.resident, OLD_MILL).await;
        match target {
            Target::Request => {
                let note = AddNote { text: "Seen".into(), visibility: Visibility::Public };
                key.say(town, reported.said.subject, &CommandBody::AddNote(note))
            }
            Target::Order => key.start(town, reported.order),
            Target::Assignment => {
                let session = self.crew.session(town).await;
                let order = town.subject_order(&session.token, reported.order).await;
                let assign = CommandBody::Assign(Assign { crew: "streets-2".into() });
                key.say_with(town, order.id, &assign, |head| head.based_on = order.version)
            }
            other => panic!("no command about {other:?}"),
        }
    }

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
            // All of it is here: nothing more comes at its end.
            Endpoint::PhotoPiece => {
                let photo = if target == Target::OrderPhoto { &self.after } else { &self.before };
                self.town.piece(&self.path(endpoint, target), photo.0.bytes, Vec::new())
            }
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

/// The same of a command's answer.
fn answered(answers: Answers) -> Verdict {
    match answers.answers.as_slice() {
        [CommandAnswer::Accepted(_)] => Verdict::Yes,
        [CommandAnswer::Retry { code }] if code == "sign_in_needed" => Verdict::SignIn,
        [CommandAnswer::Refused { refusal, .. }]
            if matches!(refusal.code, RefusalCode::NotAllowed | RefusalCode::NotFound) =>
        {
            Verdict::No
        }
        other => panic!("neither yes nor no: {other:?}"),
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
            let found = if *endpoint == Endpoint::Commands {
                let said = world.command(*target, caller).await;
                let response = request.body(batch([said.bytes.as_slice()])).send().await.unwrap();
                answered(response.json().await.unwrap())
            } else {
                verdict(request.send().await.unwrap().status())
            };
            if found != *expected {
                wrong.push(format!(
                    "{endpoint:?} {target:?} {caller:?}: {found:?}, not {expected:?}"
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
