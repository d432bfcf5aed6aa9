//! A thin HTTP client: one function for each endpoint, no decisions.

use std::time::Duration;

use futures_util::{Stream, StreamExt};
use mend_core::api::{
    Answers, ChangesPage, Nonce, NoticesPage, NoticesRead, Problem, Session, Snapshot,
};
use mend_core::id::{PhotoHash, SubjectRef};
use reqwest::header::{
    ACCEPT, AUTHORIZATION, CONTENT_TYPE, ETAG, HeaderMap, IF_NONE_MATCH, RETRY_AFTER,
};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode, Url};
use serde::de::DeserializeOwned;

use crate::sse::Events;

/// How long a server may take for a small answer.
const ANSWER: Duration = Duration::from_secs(30);
/// How long a photo, a piece of one, or a pack may take.
const PHOTO: Duration = Duration::from_secs(180);
/// The stream says something at least this often, or it is dead.
const SILENCE: Duration = Duration::from_secs(60);
/// The version of tus (tus.io/protocols) by which photos are sent, and its words.
const TUS: &str = "1.0.0";
const TUS_RESUMABLE: &str = "tus-resumable";
const UPLOAD_OFFSET: &str = "upload-offset";
/// Most bytes of an answer that is no photo and no pack.
const ANSWER_LIMIT: usize = 16 << 20;

/// Why there is no answer, or not the one that was hoped for.
#[derive(Debug, thiserror::Error)]
pub enum TransportError {
    /// No answer: no network, no server, or cut off. What was sent may have arrived.
    #[error("the server could not be reached: {0}")]
    Offline(String),
    /// The server said no.
    #[error("the server said no: {} ({})", .0.code, .0.status)]
    Problem(Problem),
    /// The server, or what stands before it, has no time, and says when to come again.
    #[error("the server asks to wait for {} s: {} ({})", .wait.as_secs(), .problem.code, .problem.status)]
    Later {
        /// In its words.
        problem: Problem,
        /// At least so long.
        wait: Duration,
    },
    /// An answer that this program does not understand.
    #[error("the server's answer cannot be read: {0}")]
    Unreadable(String),
}

impl TransportError {
    /// Stable code; the interface has a sentence for each.
    pub fn code(&self) -> &str {
        match self {
            Self::Offline(_) => "offline",
            Self::Problem(problem) | Self::Later { problem, .. } => &problem.code,
            Self::Unreadable(_) => "server_unreadable",
        }
    }

    /// The HTTP status, if there was an answer.
    pub const fn status(&self) -> Option<u16> {
        match self {
            Self::Problem(problem) | Self::Later { problem, .. } => Some(problem.status),
            _ => None,
        }
    }
}

/// The client only carries bytes; what they say is read elsewhere. So an answer that ends too early,
/// which it calls one that cannot be decoded, is a link that broke.
impl From<reqwest::Error> for TransportError {
    fn from(error: reqwest::Error) -> Self {
        // reqwest's own text says only "error sending request"; the cause is behind it.
        let mut text = error.to_string();
        let mut cause = std::error::Error::source(&error);
        while let Some(error) = cause {
            text = format!("{text}: {error}");
            cause = error.source();
        }
        Self::Offline(text)
    }
}

/// The answer to a question for the city pack.
#[derive(Debug)]
pub enum CityAnswer {
    /// The kept one is the newest.
    Same,
    /// A newer one.
    Pack {
        /// Its mark.
        etag: String,
        /// JSON.
        bytes: Vec<u8>,
    },
}

/// A client of one server.
#[derive(Debug, Clone)]
pub struct Transport {
    client: Client,
    base: Url,
}

impl Transport {
    /// A client of the server at `base`, such as `http://127.0.0.1:3000`. None if that is no
    /// address of a server, or no client can be made.
    pub fn new(base: &str) -> Option<Self> {
        // reqwest without a provider of its own panics also for plain HTTP. A second call finds
        // the first one's provider and leaves it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut base = Url::parse(base.trim()).ok()?;
        if !matches!(base.scheme(), "http" | "https") || base.host_str().is_none() {
            return None;
        }
        if !base.path().ends_with('/') {
            let path = format!("{}/", base.path());
            base.set_path(&path);
        }
        let loopback = matches!(base.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
        let mut client = Client::builder()
            .user_agent(concat!("mend/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(Duration::from_secs(10))
            // A signed frame goes to the server that it was meant for, and to no other.
            .redirect(reqwest::redirect::Policy::none());
        if loopback {
            client = client.no_proxy();
        }
        Some(Self { client: client.build().ok()?, base })
    }

    fn url(&self, path: &[&str], query: &[(&str, String)]) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().push("v1").extend(path);
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }

    fn request(&self, method: Method, url: Url, token: Option<&str>) -> RequestBuilder {
        let request = self.client.request(method, url);
        match token {
            Some(token) => request.header(AUTHORIZATION, format!("Bearer {token}")),
            None => request,
        }
    }

    /// `GET /v1/city`, if it is newer than `etag`.
    ///
    /// # Errors
    /// [`TransportError`].
    pub async fn city(&self, etag: Option<&str>) -> Result<CityAnswer, TransportError> {
        let mut request = self.request(Method::GET, self.url(&["city"], &[]), None).timeout(PHOTO);
        if let Some(etag) = etag {
            request = request.header(IF_NONE_MATCH, etag);
        }
        let response = request.send().await?;
        if response.status() == StatusCode::NOT_MODIFIED {
            return Ok(CityAnswer::Same);
        }
        let response = checked(response).await?;
        let etag = response
            .headers()
            .get(ETAG)
            .and_then(|etag| etag.to_str().ok())
            .unwrap_or_default()
            .to_owned();
        let bytes = limited(response, mend_core::city::pack::MAX_PACK_BYTES).await?;
        Ok(CityAnswer::Pack { etag, bytes })
    }

    /// `POST /v1/session/nonce`.
    ///
    /// # Errors
    /// [`TransportError`].
    pub async fn nonce(&self) -> Result<Nonce, TransportError> {
        let url = self.url(&["session", "nonce"], &[]);
        json(self.request(Method::POST, url, None).timeout(ANSWER)).await
    }

    /// `POST /v1/session` with a signed OpenSession frame.
    ///
    /// # Errors
    /// [`TransportError`].
    pub async fn open_session(&self, frame: Vec<u8>) -> Result<Session, TransportError> {
        let url = self.url(&["session"], &[]);
        json(octets(self.request(Method::POST, url, None), frame).timeout(ANSWER)).await
    }

    /// `DELETE /v1/session`.
    ///
    /// # Errors
    /// [`TransportError`].
    pub async fn end_session(&self, token: &str) -> Result<(), TransportError> {
        let url = self.url(&["session"], &[]);
        let request = self.request(Method::DELETE, url, Some(token)).timeout(ANSWER);
        checked(request.send().await?).await.map(|_| ())
    }

    /// `POST /v1/commands` with a batch.
    ///
    /// # Errors
    /// [`TransportError`]; the batch may have arrived all the same.
    pub async fn commands(&self, batch: Vec<u8>) -> Result<Answers, TransportError> {
        let url = self.url(&["commands"], &[]);
        json(octets(self.request(Method::POST, url, None), batch).timeout(ANSWER)).await
    }

    fn photo_url(&self, subject: SubjectRef, hash: PhotoHash) -> Url {
        let (id, hash) = (subject.id.to_string(), hash.to_string());
        self.url(&["photos", subject.kind.as_str(), &id, &hash], &[])
    }

    /// `HEAD` of a photo: how many of its bytes the server has.
    ///
    /// # Errors
    /// [`TransportError`].
    pub async fn photo_offset(
        &self,
        token: &str,
        subject: SubjectRef,
        hash: PhotoHash,
    ) -> Result<u64, TransportError> {
        let request = self.request(Method::HEAD, self.photo_url(subject, hash), Some(token));
        let response = request.header(TUS_RESUMABLE, TUS).timeout(ANSWER).send().await?;
        let response = checked(response).await.map_err(|mut error| {
            // An answer to HEAD has no words, only its number.
            if let TransportError::Problem(problem) = &mut error {
                match problem.status {
                    401 => problem.code = "session_expired".to_owned(),
                    404 => problem.code = "not_found".to_owned(),
                    _ => {}
                }
            }
            error
        })?;
        upload_offset(response.headers())
    }

    /// `PATCH` of a photo: its bytes from `at` on. How many bytes the server has then: if it has
    /// others than it was sent, it says so in the same way, and the photo goes on there.
    ///
    /// # Errors
    /// [`TransportError`]; the piece may have arrived all the same.
    pub async fn photo_piece(
        &self,
        token: &str,
        subject: SubjectRef,
        hash: PhotoHash,
        at: u64,
        piece: Vec<u8>,
    ) -> Result<u64, TransportError> {
        let response = self
            .request(Method::PATCH, self.photo_url(subject, hash), Some(token))
            .header(TUS_RESUMABLE, TUS)
            .header(UPLOAD_OFFSET, at)
            .header(CONTENT_TYPE, "application/offset+octet-stream")
            .body(piece)
            .timeout(PHOTO)
            .send()
            .await?;
        if response.status() == StatusCode::CONFLICT
            && let Ok(there) = upload_offset(response.headers())
        {
            return Ok(there);
        }
        upload_offset(checked(response).await?.headers())
    }

    /// `GET` of a photo's bytes.
    ///
    /// # Errors
    /// [`TransportError`].
    pub async fn photo(
        &self,
        token: &str,
        subject: SubjectRef,
        hash: PhotoHash,
    ) -> Result<Vec<u8>, TransportError> {
        let request =
            self.request(Method::GET, self.photo_url(subject, hash), Some(token)).timeout(PHOTO);
        let limit = usize::try_from(mend_core::command::PHOTO_BYTES_LIMIT).unwrap_or(usize::MAX);
        limited(checked(request.send().await?).await?, limit).await
    }

    /// `GET /v1/changes`.
    ///
    /// # Errors
    /// [`TransportError`].
    pub async fn changes(
        &self,
        token: &str,
        scope: &str,
        after: i64,
    ) -> Result<ChangesPage, TransportError> {
        let query = [("scope", scope.to_owned()), ("after", after.to_string())];
        let url = self.url(&["changes"], &query);
        json(self.request(Method::GET, url, Some(token)).timeout(ANSWER)).await
    }

    /// `GET /v1/changes/stream` from these cursors on: pages as they come.
    ///
    /// # Errors
    /// [`TransportError`], at once or as an item; after one the stream is over.
    pub async fn stream(
        &self,
        token: &str,
        at: &[(String, i64)],
    ) -> Result<impl Stream<Item = Result<ChangesPage, TransportError>> + use<>, TransportError>
    {
        let query: Vec<_> = at.iter().map(|(s, n)| ("at", format!("{s}@{n}"))).collect();
        let url = self.url(&["changes", "stream"], &query);
        let request =
            self.request(Method::GET, url, Some(token)).header(ACCEPT, "text/event-stream");
        let silent = || TransportError::Offline("the server says nothing more".into());
        let response =
            tokio::time::timeout(ANSWER, request.send()).await.map_err(|_| silent())??;
        let response = checked(response).await?;
        // Not the client's own read timeout: that one also cuts off a slow upload.
        let pieces = futures_util::stream::try_unfold(response, move |mut response| async move {
            let piece = tokio::time::timeout(SILENCE, response.chunk()).await;
            let piece = piece.map_err(|_| silent())??;
            Ok::<_, TransportError>(piece.map(|piece| (piece, response)))
        });
        let mut events = Events::default();
        let pages = pieces
            .map(move |piece| piece.and_then(|piece| events.take_in(&piece)))
            .flat_map(|pages| {
                futures_util::stream::iter(match pages {
                    Ok(pages) => pages.into_iter().map(Ok).collect(),
                    Err(error) => vec![Err(error)],
                })
            });
        Ok(pages)
    }

    /// `GET /v1/subjects/{kind}/{id}`.
    ///
    /// # Errors
    /// [`TransportError`].
    pub async fn subject(
        &self,
        token: &str,
        subject: SubjectRef,
    ) -> Result<Snapshot, TransportError> {
        let id = subject.id.to_string();
        let url = self.url(&["subjects", subject.kind.as_str(), &id], &[]);
        json(self.request(Method::GET, url, Some(token)).timeout(ANSWER)).await
    }

    /// `GET /v1/notices`.
    ///
    /// # Errors
    /// [`TransportError`].
    pub async fn notices(&self, token: &str, after: i64) -> Result<NoticesPage, TransportError> {
        let url = self.url(&["notices"], &[("after", after.to_string())]);
        json(self.request(Method::GET, url, Some(token)).timeout(ANSWER)).await
    }

    /// `POST /v1/notices/read`.
    ///
    /// # Errors
    /// [`TransportError`].
    pub async fn read_notices(
        &self,
        token: &str,
        up_to: i64,
    ) -> Result<NoticesPage, TransportError> {
        let url = self.url(&["notices", "read"], &[]);
        let request = self.request(Method::POST, url, Some(token)).json(&NoticesRead { up_to });
        json(request.timeout(ANSWER)).await
    }
}

fn octets(request: RequestBuilder, body: Vec<u8>) -> RequestBuilder {
    request.header(CONTENT_TYPE, "application/octet-stream").body(body)
}

async fn json<T: DeserializeOwned>(request: RequestBuilder) -> Result<T, TransportError> {
    let bytes = limited(checked(request.send().await?).await?, ANSWER_LIMIT).await?;
    serde_json::from_slice(&bytes).map_err(|error| TransportError::Unreadable(error.to_string()))
}

/// A server that is broken, or none of ours, must not fill the memory.
async fn limited(response: Response, limit: usize) -> Result<Vec<u8>, TransportError> {
    let mut bytes = Vec::new();
    let mut pieces = response.bytes_stream();
    while let Some(piece) = pieces.next().await {
        bytes.extend_from_slice(&piece?);
        if bytes.len() > limit {
            return Err(TransportError::Unreadable(format!("more than {limit} bytes")));
        }
    }
    Ok(bytes)
}

fn upload_offset(headers: &HeaderMap) -> Result<u64, TransportError> {
    headers
        .get(UPLOAD_OFFSET)
        .and_then(|offset| offset.to_str().ok()?.parse().ok())
        .ok_or_else(|| TransportError::Unreadable("no offset of an upload".into()))
}

/// The wait that a server asks for when it has no time, in whole seconds. The other form, a date,
/// needs both clocks to agree; then one's own waits must do.
fn told_to_wait(response: &Response) -> Option<Duration> {
    let status = response.status();
    if !matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
        return None;
    }
    let seconds = response.headers().get(RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds))
}

async fn checked(response: Response) -> Result<Response, TransportError> {
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let wait = told_to_wait(&response);
    let body = limited(response, 64 << 10).await.unwrap_or_default();
    let problem = serde_json::from_slice(&body).unwrap_or_else(|_| Problem {
        type_: "about:blank".into(),
        title: status.canonical_reason().unwrap_or_default().to_owned(),
        status: status.as_u16(),
        detail: String::new(),
        // Not Mend's own words: whatever stands before the server speaks for it.
        code: if status.is_server_error() {
            "server_away".to_owned()
        } else {
            format!("http_{}", status.as_u16())
        },
    });
    Err(match wait {
        Some(wait) => TransportError::Later { problem, wait },
        None => TransportError::Problem(problem),
    })
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    /// What the client makes of a server that says this once and hangs up.
    async fn told(answer: &'static str) -> TransportError {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let server = tokio::spawn(async move {
            let (mut line, _) = listener.accept().await.unwrap();
            assert!(line.read(&mut [0; 4096]).await.unwrap() > 0);
            line.write_all(answer.as_bytes()).await.unwrap();
        });
        let error = Transport::new(&address).unwrap().nonce().await.unwrap_err();
        server.await.unwrap();
        error
    }

    #[tokio::test]
    async fn an_answer_that_breaks_off_is_a_link_that_broke() {
        assert_eq!(
            told("HTTP/1.1 200 OK\r\ncontent-length: 90\r\n\r\n{\"no").await.code(),
            "offline"
        );
        let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\n{\"no\r\n";
        assert_eq!(told(chunked).await.code(), "offline");
        let whole = "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n{\"no";
        assert_eq!(told(whole).await.code(), "server_unreadable");
    }

    #[tokio::test]
    async fn a_server_without_time_says_when_to_come_again() {
        let busy = "HTTP/1.1 429 Too Many Requests\r\nretry-after: 17\r\ncontent-length: 0\r\n\r\n";
        match told(busy).await {
            TransportError::Later { wait, problem } => {
                assert_eq!((wait.as_secs(), problem.status), (17, 429));
            }
            other => panic!("{other:?}"),
        }
        // A date is none, and a wait that other answers name is another thing.
        for other in [
            "HTTP/1.1 503 Away\r\nretry-after: Wed, 25 Nov 2026 10:00:00 GMT\r\ncontent-length: 0\r\n\r\n",
            "HTTP/1.1 404 Not Found\r\nretry-after: 17\r\ncontent-length: 0\r\n\r\n",
        ] {
            assert!(matches!(told(other).await, TransportError::Problem(_)));
        }
    }

    #[tokio::test]
    async fn a_gateways_own_words_mean_that_the_server_is_away() {
        let away = "HTTP/1.1 502 Bad Gateway\r\ncontent-length: 5\r\n\r\n<h1>!";
        let error = told(away).await;
        assert_eq!((error.code(), error.status()), ("server_away", Some(502)));
    }
}
