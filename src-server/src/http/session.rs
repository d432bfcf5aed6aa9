//! `/v1/session`: a signed frame over a nonce becomes the right to read.

use std::net::SocketAddr;

use axum::Extension;
use axum::body::Body;
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use mend_core::api::{Account, Named, Nonce, OpenSession, Session as Answer};
use mend_core::command::TYPE_OPEN_SESSION;
use mend_core::frame::{self, FRAME_LIMIT};
use mend_core::id::Principal;
use mend_core::refusal::RefusalCode;
use mend_core::time::{DAY_MS, Timestamp};

use super::caller::Caller;
use super::problem::{Code, Problem, frame_problem};
use super::{Server, Shared, counted, fresh, read_body};
use crate::auth::sessions::{LIFE_MS, Session};
use crate::auth::{passwords, random};
use crate::intake::frames::refusal;
use crate::store::Binding;

/// How long a sign-in with a password holds, in milliseconds.
const SIGN_IN_MS: i64 = 14 * DAY_MS;
/// Longer texts are no name and no password; argon2 would read them all the same.
const CREDENTIAL_LIMIT: usize = 200;

/// Something to sign.
pub async fn nonce(State(server): State<Shared>) -> Result<Response, Problem> {
    let nonce = random::<32>()?;
    let now = server.clock.now();
    server.nonces.give(nonce, now);
    Ok(fresh(&Nonce { nonce: hex::encode(nonce), now }))
}

/// Opens a session; with name and password, binds the key to a staff account.
pub async fn open(
    State(server): State<Shared>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let bytes = read_body(&server, &headers, body, FRAME_LIMIT, Code::BodyTooLarge).await?;
    let frame = frame::open(&bytes).map_err(|bad| frame_problem(refusal(bad).code))?;
    if frame.head.city != server.city.id() {
        return Err(frame_problem(RefusalCode::WrongCity));
    }
    if (frame.head.type_, frame.head.version) != (TYPE_OPEN_SESSION, 1) {
        return Err(frame_problem(RefusalCode::UnknownCommand));
    }
    let asked: OpenSession =
        serde_json::from_slice(&frame.body).map_err(|_| Problem::new(Code::BadFrame))?;
    let now = server.clock.now();
    let mut nonce = [0; 32];
    if hex::decode_to_slice(&asked.nonce, &mut nonce).is_err() || !server.nonces.take(nonce, now) {
        return Err(Problem::new(Code::NonceExpired));
    }
    let key = frame.head.key;
    let binding = match (asked.name, asked.password) {
        (Some(name), Some(password)) => {
            Some(sign_in(&server, address, key, name, password, now).await?)
        }
        _ => bound(&server, key).await?.filter(|binding| binding.valid_until > now),
    };
    start(&server, key, binding, now)
}

/// The account that the key is bound to, if that account may act here.
async fn bound(server: &Server, key: Principal) -> Result<Option<Binding>, Problem> {
    let demo_allowed = server.demo_allowed;
    let binding = server.readers.read(move |reads| reads.binding(key)).await?;
    Ok(binding.filter(|binding| !binding.account.demo || demo_allowed))
}

async fn sign_in(
    server: &Server,
    address: SocketAddr,
    key: Principal,
    name: String,
    password: String,
    now: Timestamp,
) -> Result<Binding, Problem> {
    if name.len() > CREDENTIAL_LIMIT || password.len() > CREDENTIAL_LIMIT {
        return Err(Problem::new(Code::WrongPassword));
    }
    server.counters.sign_in.count(&counted(address).to_string(), now)?;
    server.counters.account.count(&name, now)?;
    let asked = name.clone();
    let account = server.readers.read(move |reads| reads.account(&asked)).await?;
    let account = account.filter(|account| !account.demo || server.demo_allowed);
    let hash = account.as_ref().map(|account| account.password_hash.clone());
    let turn = server.heavy.clone().acquire_owned().await;
    let fits = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        passwords::fits(&password, hash.as_deref())
    })
    .await
    .unwrap_or(false);
    let Some(account) = account.filter(|_| fits) else {
        return Err(Problem::new(Code::WrongPassword));
    };
    server.counters.account.forget(&name);
    // The key signs for one person for ever: what waits under it is that person's work.
    if let Some(other) = bound(server, key).await?
        && other.account.name != account.name
    {
        return Err(Problem::new(Code::AccountDiffers));
    }
    let valid_until = now.plus_ms(SIGN_IN_MS);
    server.committer.bind(key, account.name.clone(), valid_until).await?;
    Ok(Binding { account, valid_until })
}

fn start(
    server: &Server,
    key: Principal,
    binding: Option<Binding>,
    now: Timestamp,
) -> Result<Response, Problem> {
    let ends = now.plus_ms(LIFE_MS);
    // A session does not outlive the sign-in that gives it its scopes.
    let expires_at = binding.as_ref().map_or(ends, |binding| ends.min(binding.valid_until));
    let account = binding.as_ref().map(|binding| public_account(server, binding));
    let departments = server.city.pack().departments.iter().map(|d| d.code.clone());
    let session = Session::new(key, binding.map(|b| b.account), departments, expires_at);
    let token = hex::encode(random::<32>()?);
    let scopes = session.scopes.clone();
    server.sessions.open(&token, session, now);
    Ok(fresh(&Answer { token, expires_at, now, account, scopes }))
}

fn public_account(server: &Server, binding: &Binding) -> Account {
    let account = &binding.account;
    let crew = account.crew.as_ref().map(|code| Named {
        name: server.city.crew(code).map_or_else(|| code.clone(), |crew| crew.name.clone()),
        code: code.clone(),
    });
    Account {
        name: account.name.clone(),
        role: account.role,
        crew,
        valid_until: binding.valid_until,
    }
}

/// Ends the session.
pub async fn close(
    State(server): State<Shared>,
    Extension(caller): Extension<Caller>,
) -> StatusCode {
    server.sessions.close(&caller.token);
    StatusCode::NO_CONTENT
}
