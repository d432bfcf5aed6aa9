//! Feeds: what moved, for whom, read page by page or live.

use std::time::Duration;

use futures_util::StreamExt;
use mend_core::api::{Change, ChangesPage, NoticesPage, NoticesRead, WireEvent};
use mend_core::command::{AddNote, CommandBody};
use mend_core::event::Visibility;
use mend_core::time::DAY_MS;
use mend_server::Limits;
use mend_server::limits::Rate;
use reqwest::{Method, StatusCode};

use crate::support::*;

fn note(text: &str) -> CommandBody {
    CommandBody::AddNote(AddNote { text: text.into(), visibility: Visibility::Public })
}

#[tokio::test]
async fn an_unknown_key_reads_an_empty_feed_and_leaves_no_row() {
    let town = Town::new().await;
    let key = Key::new();
    let session = key.session(&town).await;
    assert_eq!((session.account, session.scopes), (None, vec!["me".to_owned()]));
    let page = town.changes(&session.token, "me", 0).await;
    assert_eq!((page.rows.len(), page.next, page.more), (0, 0, false));
    let notices: NoticesPage = town.get(&session.token, "/v1/notices").await;
    assert_eq!((notices.notices.len(), notices.unread), (0, 0));
    let read = NoticesRead { up_to: 9 };
    let answer = town
        .request(Method::POST, "/v1/notices/read")
        .bearer_auth(&session.token)
        .json(&read)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.json::<NoticesPage>().await.unwrap().read_up_to, 0);
    let database = rusqlite::Connection::open(town.data().join("mend.sqlite")).unwrap();
    for table in ["principals", "commands", "bindings", "feeds", "notices", "notices_read"] {
        let count: i64 = database
            .query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0))
            .unwrap();
        assert_eq!(count, 0, "{table}");
    }
}

#[tokio::test]
async fn changes_go_on_where_the_reader_was() {
    let town = Town::new().await;
    let key = Key::new();
    let reported = town.reported(&key, BEACON_HILL).await;
    let first = town.changes(&reported.token, "me", 0).await;
    assert!(matches!(first.rows.as_slice(), [Change::Enter(_)]));
    let version = reported.accepted.version;
    for text in ["one", "two"] {
        town.accepted(&key.say(&town, reported.said.subject, &note(text))).await;
    }
    let page = town.changes(&reported.token, "me", first.next).await;
    let [Change::Events { from_version, events, content, .. }] = page.rows.as_slice() else {
        panic!("{:?}", page.rows)
    };
    assert_eq!((*from_version, events.len(), content.len()), (version, 2, 2));
    assert!(events.iter().all(|event| matches!(event, WireEvent::Seen(_))));
    let end = town.changes(&reported.token, "me", page.next).await;
    assert_eq!((end.rows.len(), end.next), (0, page.next));
    // A cursor from another life begins anew.
    let anew = town.changes(&reported.token, "me", 1_000_000).await;
    assert!(matches!(anew.rows.as_slice(), [Change::Enter(_)]));
}

#[tokio::test]
async fn a_first_read_leaves_out_what_was_closed_long_ago() {
    let town = Town::new().await;
    let key = Key::new();
    let (crew, _) = town.signed_in("streets-1").await;
    let old = town.reported(&key, OLD_MILL).await;
    town.accepted(&crew.complete(&town, old.order, Vec::new())).await;
    town.clock.advance(31 * DAY_MS);
    let open = town.accepted(&key.report(&town, OLD_MILL)).await;
    let session = key.session(&town).await;
    let page = town.changes(&session.token, "me", 0).await;
    let seen: Vec<_> = page
        .rows
        .iter()
        .map(|row| match row {
            Change::Enter(snapshot) => snapshot.state.subject().id,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(seen, [open.subject.id]);
    // Who was there before is told of it all the same.
    let page = town.changes(&session.token, "me", 1).await;
    assert_eq!(page.rows.len(), 2);
}

#[tokio::test]
async fn a_long_feed_comes_in_pages_and_misses_nothing() {
    // More than a key may send at once.
    let frames_of_key = Rate { per_minute: 1_000, burst: 1_000 };
    let town = Town::limited(Limits { frames_of_key, ..Limits::default() }).await;
    let key = Key::new();
    let reports: Vec<_> = (0..230).map(|_| key.report(&town, BEACON_HILL)).collect();
    for frames in reports.chunks(100) {
        town.send(&frames.iter().collect::<Vec<_>>()).await;
    }
    let session = key.session(&town).await;
    let (mut seen, mut after, mut pages) = (std::collections::BTreeSet::new(), 0, 0);
    loop {
        let page = town.changes(&session.token, "me", after).await;
        assert!(page.rows.len() <= 200);
        for row in &page.rows {
            if let Change::Enter(snapshot) = row {
                seen.insert(snapshot.state.subject().id);
            }
        }
        pages += 1;
        assert!(page.next > after);
        after = page.next;
        if !page.more {
            break;
        }
    }
    assert_eq!((seen.len(), pages), (230, 2));
}

/// Reads a stream until it has brought a page.
struct Live<S> {
    stream: S,
    text: String,
}

impl<S: futures_util::Stream<Item = reqwest::Result<Bytes>> + Unpin, Bytes: AsRef<[u8]>> Live<S> {
    async fn next(&mut self) -> Option<ChangesPage> {
        tokio::time::timeout(Duration::from_secs(20), async {
            loop {
                if let Some((event, rest)) = self.text.split_once("\n\n") {
                    let (event, rest) = (event.to_owned(), rest.to_owned());
                    self.text = rest;
                    let data = event.lines().find_map(|line| line.strip_prefix("data: "));
                    if let Some(data) = data {
                        assert!(event.lines().any(|line| line == "event: changes"));
                        return Some(serde_json::from_str(data).unwrap());
                    }
                    continue;
                }
                let piece = self.stream.next().await?.ok()?;
                self.text.push_str(std::str::from_utf8(piece.as_ref()).unwrap());
            }
        })
        .await
        .expect("the stream says something in time")
    }
}

#[tokio::test]
async fn a_stream_brings_what_was_missed_then_what_happens_and_ends_with_the_server() {
    let town = Town::new().await;
    let key = Key::new();
    let reported = town.reported(&key, OLD_MILL).await;
    let (crew, session) = town.signed_in("streets-1").await;
    let response = town
        .request(Method::GET, "/v1/changes/stream?at=crew:streets-1@0&at=me@0")
        .bearer_auth(&session.token)
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let mut live = Live { stream: Box::pin(response.bytes_stream()), text: String::new() };
    let page = live.next().await.unwrap();
    assert_eq!(page.scope, "crew:streets-1");
    assert!(matches!(page.rows.as_slice(), [Change::Enter(_)]));
    town.accepted(&crew.start(&town, reported.order)).await;
    let page = live.next().await.unwrap();
    assert!(matches!(page.rows.as_slice(), [Change::Events { .. }]));
    town.running.shutdown().await;
    assert!(live.next().await.is_none(), "the stream ends with the server");
}

#[tokio::test]
async fn a_stream_ends_with_its_session() {
    let town = Town::new().await;
    let key = Key::new();
    let session = key.session(&town).await;
    let response = town
        .request(Method::GET, "/v1/changes/stream?at=me@0")
        .bearer_auth(&session.token)
        .send()
        .await
        .unwrap();
    let mut live = Live { stream: Box::pin(response.bytes_stream()), text: String::new() };
    town.clock.advance(DAY_MS + 1);
    // Something happens, for which the stream looks up.
    town.accepted(&key.report(&town, OLD_MILL)).await;
    assert!(live.next().await.is_none());
}

#[tokio::test]
async fn notices_are_read_once_and_for_all() {
    let town = Town::new().await;
    let reported = town.reported(&Key::new(), OLD_MILL).await;
    let page: NoticesPage = town.get(&reported.token, "/v1/notices?after=1").await;
    assert_eq!(page.notices.len(), 1);
    assert_eq!(page.unread, 2);
    let read = |up_to| {
        town.request(Method::POST, "/v1/notices/read")
            .bearer_auth(&reported.token)
            .json(&NoticesRead { up_to })
            .send()
    };
    for (up_to, unread, read_up_to) in [(1, 1, 1), (99, 0, 2), (1, 0, 2)] {
        let page: NoticesPage = read(up_to).await.unwrap().json().await.unwrap();
        assert_eq!((page.notices.len(), page.unread, page.read_up_to), (0, unread, read_up_to));
    }
}
