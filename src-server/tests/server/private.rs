//! Nothing of one person for another: no guessing, no foreign names, and no personal word outside
//! the table that is made for it, whatever is logged.

use std::net::IpAddr;
use std::path::Path;

use mend_core::api::{Answers, CommandAnswer, Nonce, OpenSession, Session};
use mend_core::catalogue::Answer;
use mend_core::command::{AddNote, CommandBody, Complete};
use mend_core::event::{Outcome, PhotoRole, Visibility};
use mend_core::frame::batch;
use mend_core::tracking::TrackingCode;
use mend_server::Limits;
use mend_server::http::permissions::Endpoint;
use mend_server::limits::Tries;
use reqwest::{Client, Method, Response, StatusCode};

use crate::program::Served;
use crate::support::*;

fn from(n: u8) -> Client {
    let client = Client::builder().no_proxy();
    client.local_address(IpAddr::from([127, 0, 0, n])).build().unwrap()
}

fn too_many(response: &Response) -> bool {
    let told = response.headers().get("retry-after").is_some_and(|wait| wait != "0");
    assert_eq!(response.status() == StatusCode::TOO_MANY_REQUESTS, told);
    told
}

#[tokio::test]
async fn codes_are_guessed_a_few_times_from_one_address() {
    let track = Tries { tries: 5, window_ms: 60_000 };
    let town = Town::limited(Limits { track, ..Limits::default() }).await;
    let report = report_body(OLD_MILL);
    let code = report.tracking_code;
    town.accepted(&Key::new().report_as(&town, report)).await;
    let ask = async |client: &Client, code: TrackingCode| {
        client.get(town.url(&format!("/v1/track/{code}"))).send().await.unwrap()
    };
    let (guesser, neighbor) = (from(2), from(3));
    for n in 0..5 {
        let wrong = ask(&guesser, TrackingCode::from_random(0x1234_5678 + n)).await;
        assert_eq!(wrong.status(), StatusCode::NOT_FOUND);
    }
    let locked = ask(&guesser, code).await;
    assert!(too_many(&locked), "also the right one tells nothing then");
    assert_eq!(problem(locked).await.code, "too_many_attempts");
    assert_eq!(ask(&neighbor, code).await.status(), StatusCode::OK);
    town.clock.advance(61_000);
    assert_eq!(ask(&guesser, code).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn passwords_are_guessed_a_few_times_from_one_address_and_for_one_account() {
    let tries = |tries| Tries { tries, window_ms: 60_000 };
    let limits = Limits { sign_in: tries(4), account: tries(3), ..Limits::default() };
    let town = Town::limited(limits).await;
    let attempt = async |client: &Client, name: &str, password: &str| {
        let key = Key::new();
        let (name, password) = (Some(name.to_owned()), Some(password.to_owned()));
        let open = OpenSession { nonce: key.nonce(&town).await, name, password };
        let frame = key.open_frame(&town, &open).bytes;
        client.post(town.url("/v1/session")).body(frame).send().await.unwrap()
    };
    // One address tries many names: each is below its own limit, all together are not.
    let guesser = from(2);
    for name in ["streets-1", "streets-2", "dispatcher", "nobody"] {
        assert_eq!(attempt(&guesser, name, "wrong").await.status(), StatusCode::UNAUTHORIZED);
    }
    let right = town.password("streets-1");
    assert!(too_many(&attempt(&guesser, "streets-1", &right).await));
    assert_eq!(attempt(&from(3), "streets-1", &right).await.status(), StatusCode::OK);
    // Many addresses try one name.
    for n in 4..6 {
        let wrong = attempt(&from(n), "dispatcher", "wrong").await;
        assert_eq!(wrong.status(), StatusCode::UNAUTHORIZED);
    }
    let right = town.password("dispatcher");
    assert!(too_many(&attempt(&from(6), "dispatcher", &right).await));
    assert_eq!(attempt(&from(7), "streets-2", &town.password("streets-2")).await.status(), 200);
    town.clock.advance(61_000);
    assert_eq!(attempt(&guesser, "dispatcher", &right).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn no_endpoint_answers_a_foreign_name_or_page() {
    let town = Town::new().await;
    let token = Key::new().session(&town).await.token;
    let id = "01a213dd-4d00-7000-8000-000000000001";
    let mut paths: Vec<(Method, String)> = Endpoint::ALL
        .iter()
        .map(|endpoint| {
            let (method, path) = endpoint.method_and_path();
            let path = path
                .replace("{kind}", "service_request")
                .replace("{subject}", id)
                .replace("{id}", id)
                .replace("{hash}", &"ab".repeat(32))
                .replace("{code}", "7K4M2QX9");
            let query = match endpoint {
                Endpoint::Changes => "?scope=me",
                Endpoint::Stream => "?at=me@0",
                _ => "",
            };
            (method.parse().unwrap(), path + query)
        })
        .collect();
    for page in ["/", "/index.html", "/requests", "/app.js", "/v1", "/v1/none"] {
        paths.push((Method::GET, page.to_owned()));
        paths.push((Method::HEAD, page.to_owned()));
        paths.push((Method::OPTIONS, page.to_owned()));
    }
    let own = town.running.addr.to_string();
    for (method, path) in paths {
        let ask = |host: &str, origin: Option<&str>| {
            let mut request = town.request(method.clone(), &path).bearer_auth(&token);
            request = request.header("host", host);
            if let Some(origin) = origin {
                request = request.header("origin", origin);
            }
            request.send()
        };
        for host in ["evil.example", "127.0.0.1.evil.example", "mend.internal:80"] {
            let refused = ask(host, None).await.unwrap();
            assert_eq!(refused.status(), StatusCode::MISDIRECTED_REQUEST, "{method} {path} {host}");
        }
        for origin in ["http://evil.example", "null", "http://localhost.evil.example", "file://"] {
            let refused = ask(&own, Some(origin)).await.unwrap();
            assert_eq!(refused.status(), StatusCode::FORBIDDEN, "{method} {path} {origin}");
            assert!(!refused.headers().contains_key("access-control-allow-origin"));
        }
    }
}

#[tokio::test]
async fn what_is_somebody_elses_is_not_found_however_it_is_asked_for() {
    let town = Town::new().await;
    let anna = Key::new();
    let bytes = jpeg();
    let photo = photo_ref(&bytes, PhotoRole::Before);
    let mut report = report_body(OLD_MILL);
    report.photos = vec![photo];
    report.description = "Nobody else reads these words".into();
    let code = report.tracking_code;
    let said = anna.report_as(&town, report);
    town.accepted(&said).await;
    let token = anna.session(&town).await.token;
    let (id, hash) = (said.subject, photo.hash);
    let order = town.subject_request(&token, id).await.order.unwrap();
    let path = format!("/v1/photos/service_request/{id}/{hash}");
    let sent = town.piece(&path, 0, bytes.clone()).bearer_auth(&token).send().await.unwrap();
    assert_eq!(sent.status(), StatusCode::NO_CONTENT);

    let strangers = [Key::new().session(&town).await, town.signed_in("streets-2").await.1];
    let upper = id.to_string().to_uppercase();
    let escaped: String = id.to_string().bytes().map(|b| format!("%{b:02x}")).collect();
    let bare = id.to_string().replace('-', "");
    let mut paths = Vec::new();
    for id in [
        id.to_string(),
        upper,
        escaped,
        bare,
        format!("{{{id}}}"),
        format!("{id}%00"),
        format!("{id}/"),
    ] {
        for kind in [
            "service_request",
            "work_order",
            "Service_Request",
            "request",
            "person",
            "%2e%2e",
            "0",
            "1",
        ] {
            paths.push(format!("/v1/subjects/{kind}/{id}"));
            for hash in
                [hash.to_string(), hash.to_string().to_uppercase(), "0".repeat(64), "%2e%2e".into()]
            {
                paths.push(format!("/v1/photos/{kind}/{id}/{hash}"));
            }
        }
    }
    let name = &hash.to_string()[..2];
    paths.extend([
        format!("/v1/photos/work_order/{order}/{hash}"),
        format!("/v1/subjects/work_order/{order}"),
        format!("/v1/photos/service_request/{id}/..%2f{name}%2f{hash}.jpg"),
        format!("/photos/{name}/{hash}.jpg"),
        format!("/..%2fphotos%2f{name}%2f{hash}.jpg"),
        "/..%2fmend.sqlite".into(),
        "/%2e%2e/mend.sqlite".into(),
        "//v1//subjects".into(),
        "/mend.sqlite".into(),
        "/demo-accounts.txt".into(),
        format!("/v1/changes?scope=me:{}", anna.principal()),
        format!("/v1/changes?scope=ME:{}&scope=me:{}", anna.principal(), anna.principal()),
        format!("/v1/changes?scope=me%3A{}&after=0", anna.principal()),
        format!("/v1/changes/stream?at=me:{}@0", anna.principal()),
        format!("/v1/changes/stream?at=me@0&at=me:{}@0", anna.principal()),
        "/v1/changes?scope=crew:streets-1".into(),
        "/v1/changes?scope=crew:*".into(),
        "/v1/changes?scope=city%00".into(),
        "/v1/notices?key=x&after=-9223372036854775808&after=0".into(),
    ]);
    let secret = [
        b"Nobody else reads".as_slice(),
        b"214 Kestrel",
        &bytes[bytes.len() / 2..],
        code.to_string().as_bytes(),
    ]
    .map(<[u8]>::to_vec);
    let methods =
        [Method::GET, Method::HEAD, Method::OPTIONS, Method::PUT, Method::DELETE, Method::TRACE];
    for session in &strangers {
        for path in &paths {
            for method in &methods {
                let request = town.request(method.clone(), path).bearer_auth(&session.token);
                let request = request.header("range", "bytes=0-99").header("if-none-match", "*");
                let response = request.send().await.unwrap();
                let (status, length) = (response.status(), response.content_length());
                assert!(
                    !status.is_success() && status != StatusCode::NOT_MODIFIED,
                    "{method} {path}: {status}"
                );
                assert!(!response.headers().contains_key("upload-length"), "{method} {path}");
                assert_ne!(length, Some(photo.bytes), "{method} {path}");
                let body = response.bytes().await.unwrap();
                for secret in &secret {
                    assert!(!contains(&body, secret), "{method} {path}");
                }
            }
            // Nor is it changed.
            let piece = town.piece(path, 0, vec![1]).bearer_auth(&session.token).send().await;
            assert!(!piece.unwrap().status().is_success(), "PATCH {path}");
        }
    }
    // Its owner has it.
    let mine = town.request(Method::GET, &path).bearer_auth(&token).send().await.unwrap();
    assert!(mine.bytes().await.unwrap() == bytes);
}

/// By the first byte, which most places do not have: logs are long, and words are many.
fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    let Some((first, rest)) = needle.split_first() else { return true };
    let mut from = haystack;
    while let Some(at) = from.iter().position(|byte| byte == first) {
        from = &from[at + 1..];
        if from.starts_with(rest) {
            return true;
        }
    }
    false
}

/// A word in each spelling in which it may come out again.
fn spellings(word: &str) -> Vec<(String, Vec<u8>)> {
    use base64::Engine as _;
    use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
    let bytes = word.as_bytes();
    let each = |form: fn(&u8) -> String| bytes.iter().map(form).collect::<String>();
    let mut found = vec![
        word.to_owned(),
        word.to_lowercase(),
        word.to_uppercase(),
        each(|b| format!("{b:02x}")),
        each(|b| format!("{b:02X}")),
        each(|b| format!("\\u{b:04x}")),
        each(|b| format!("\\x{b:02x}")),
        each(|b| format!("%{b:02X}")),
        format!("{bytes:?}").trim_matches(['[', ']']).to_owned(),
    ];
    // In the middle of other bytes: what does not depend on those beside it.
    for offset in 0..3 {
        for engine in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
            let text = engine.encode([&vec![b'-'; offset], bytes].concat());
            found.push(text[4..text.len() - 4].to_owned());
        }
    }
    // What is left of a short one says nothing.
    found.retain(|text| text.len() >= 6);
    found.into_iter().map(|text| (format!("{word} as {text}"), text.into_bytes())).collect()
}

/// Everything in the database outside of `content`, row by row.
fn rows_beside_content(data: &Path) -> Vec<(String, Vec<u8>)> {
    use rusqlite::types::ValueRef;
    let database = rusqlite::Connection::open(data.join("mend.sqlite")).unwrap();
    let mut names = database
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'content'")
        .unwrap();
    let names: Vec<String> =
        names.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
    assert!(names.contains(&"events".to_owned()) && names.contains(&"commands".to_owned()));
    let mut found = Vec::new();
    for name in names {
        let mut statement = database.prepare(&format!("SELECT * FROM \"{name}\"")).unwrap();
        let columns = statement.column_count();
        let mut rows = statement.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            let mut bytes = Vec::new();
            for column in 0..columns {
                match row.get_ref(column).unwrap() {
                    ValueRef::Text(text) | ValueRef::Blob(text) => bytes.extend(text),
                    ValueRef::Integer(n) => bytes.extend(n.to_string().bytes()),
                    ValueRef::Real(n) => bytes.extend(n.to_string().bytes()),
                    ValueRef::Null => {}
                }
                bytes.push(b'|');
            }
            found.push((name.clone(), bytes));
        }
    }
    found
}

/// What residents, crews and strangers said, sent and asked for, each with a word that stands
/// nowhere else. The program runs as talkative as it can be.
#[cfg(unix)]
#[tokio::test]
async fn no_personal_word_is_in_a_log_an_event_or_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let served = Served::start(folder.path(), "trace");
    let town = Town::new().await;
    let client = Client::builder().no_proxy().build().unwrap();
    let url = |path: &str| format!("http://{}{path}", served.address);
    let commands =
        async |body: Vec<u8>| client.post(url("/v1/commands")).body(body).send().await.unwrap();
    let say = async |said: &Said| {
        let response = commands(batch([said.bytes.as_slice()])).await;
        match response.json::<Answers>().await.unwrap().answers.remove(0) {
            CommandAnswer::Accepted(accepted) => accepted,
            other => panic!("{other:?}"),
        }
    };
    let open = async |key: &Key, account: Option<(&str, &str)>| {
        let nonce = client.post(url("/v1/session/nonce")).send().await.unwrap();
        let nonce = nonce.json::<Nonce>().await.unwrap().nonce;
        let (name, password) = (account.map(|a| a.0.to_owned()), account.map(|a| a.1.to_owned()));
        let frame = key.open_frame(&town, &OpenSession { nonce, name, password });
        client.post(url("/v1/session")).body(frame.bytes).send().await.unwrap()
    };
    let get = async |token: &str, path: &str| {
        client.get(url(path)).bearer_auth(token).send().await.unwrap().text().await.unwrap()
    };
    // Words of people, which only `content` keeps and only their readers get.
    let mut said_words = Vec::new();
    let mut word = |what: &str| {
        let word = format!("Qz{what}Qz{}", said_words.len());
        said_words.push(word.clone());
        word
    };
    let (anna, stranger) = (Key::new(), Key::new());
    let mut report = report_body(OLD_MILL);
    report.service_code = "abandoned_vehicle".into();
    report.description = format!("Call me at {}", word("Description"));
    report.location.label = word("Label");
    // A plate has eight signs at most.
    report.answers = [
        ("state".to_owned(), Answer::Choice("wrecked".into())),
        ("plate".to_owned(), Answer::Text("QZPL8XJ".into())),
        ("looks".to_owned(), Answer::Text(word("Looks"))),
    ]
    .into();
    said_words.push("QZPL8XJ".into());
    let code = report.tracking_code;
    let said = anna.report_as(&town, report);
    say(&said).await;
    let note = |text: String, visibility| CommandBody::AddNote(AddNote { text, visibility });
    let mut word = |what: &str| {
        let word = format!("Qz{what}Qz{}", said_words.len());
        said_words.push(word.clone());
        word
    };
    say(&anna.say(&town, said.subject, &note(word("Note"), Visibility::Public))).await;
    let session: Session = open(&anna, None).await.json().await.unwrap();
    let snapshot =
        get(&session.token, &format!("/v1/subjects/service_request/{}", said.subject)).await;
    for word in &said_words {
        assert!(snapshot.contains(word.as_str()), "its owner reads {word}");
    }
    let mut word = |what: &str| {
        let word = format!("Qz{what}Qz{}", said_words.len());
        said_words.push(word.clone());
        word
    };
    let snapshot: serde_json::Value = serde_json::from_str(&snapshot).unwrap();
    let order = snapshot["state"].to_string();
    let order = order.split("\"order\":\"").nth(1).unwrap().split('"').next().unwrap();
    let (_, password) =
        served.accounts.iter().find(|(name, _)| name == "dispatcher").cloned().unwrap();
    let desk = Key::new();
    let desk_session: Session =
        open(&desk, Some(("dispatcher", &password))).await.json().await.unwrap();
    say(&desk.say(&town, said.subject, &note(word("Internal"), Visibility::Internal))).await;
    let complete = CommandBody::Complete(Complete {
        outcome: Outcome::Mended,
        note: word("Complete"),
        photos: Vec::new(),
    });
    let done = desk.say(&town, order.parse().unwrap(), &complete);
    // A desk may or may not complete; what it says is kept or refused, and logged in neither case.
    let answered = commands(batch([done.bytes.as_slice()])).await.text().await.unwrap();
    let snapshot =
        get(&desk_session.token, &format!("/v1/subjects/service_request/{}", said.subject)).await;
    assert!(snapshot.contains("QzInternalQz"));

    // Words of nobody's, which must come back in no answer either: asked for, broken, wrong.
    let mut wrong_words = Vec::new();
    let mut word = |what: &str| {
        let word = format!("Qz{what}Qz{}", wrong_words.len());
        wrong_words.push(word.clone());
        word
    };
    let mut heard = vec![("complete".to_owned(), answered.into_bytes())];
    let mut requests = Vec::new();
    for path in [
        "/v1/track/",
        "/v1/subjects/service_request/",
        "/v1/subjects/",
        "/v1/photos/service_request/",
        "/v1/",
        "/",
        "/%41",
    ] {
        requests.push(client.get(url(&format!("{path}{}", word("Path")))));
        requests.push(client.delete(url(&format!("{path}{}.html", word("File")))));
    }
    for path in [
        "/v1/changes?scope=",
        "/v1/changes?scope=me&after=",
        "/v1/changes/stream?at=",
        "/v1/notices?after=",
        "/health?",
        "/?",
    ] {
        requests
            .push(client.get(url(&format!("{path}{}", word("Query")))).bearer_auth(&session.token));
    }
    for header in [
        "authorization",
        "cookie",
        "user-agent",
        "referer",
        "x-forwarded-for",
        "host",
        "origin",
        "if-none-match",
        "range",
        "content-type",
        "accept-language",
    ] {
        requests.push(client.get(url("/v1/changes?scope=me")).header(header, word("Header")));
        requests.push(
            client
                .get(url("/v1/city"))
                .header(header, format!("http://{}.example", word("Header"))),
        );
    }
    requests.push(client.request(Method::from_bytes(b"QZMETHODQZ").unwrap(), url("/v1/city")));
    wrong_words.push("QZMETHODQZ".into());
    let mut word = |what: &str| {
        let word = format!("Qz{what}Qz{}", wrong_words.len());
        wrong_words.push(word.clone());
        word
    };
    requests.push(client.get(url("/v1/changes?scope=me")).bearer_auth(word("Token")));
    for body in [word("Body"), format!("{{\"up_to\":\"{}\"}}", word("Json"))] {
        requests.push(client.post(url("/v1/commands")).body(body.clone()));
        requests.push(client.post(url("/v1/session")).body(body.clone()));
        requests.push(client.post(url("/v1/notices/read")).bearer_auth(&session.token).body(body));
    }
    // Well signed and senseless, and well said with a signature that does not fit.
    let mut head = anna.head(&town, said.subject, &note(String::new(), Visibility::Public));
    for body in [
        format!("{{\"text\":17,\"visibility\":\"{}\"}}", word("Frame")),
        format!("{{\"{}\":1}}", word("Field")),
        format!("[\"{}\"", word("Cut")),
    ] {
        head.command =
            anna.head(&town, said.subject, &note(String::new(), Visibility::Public)).command;
        let frame = anna.seal(&head, body.as_bytes());
        requests.push(client.post(url("/v1/commands")).body(batch([frame.bytes.as_slice()])));
    }
    let mut broken = anna.say(&town, said.subject, &note(word("Broken"), Visibility::Public));
    *broken.bytes.last_mut().unwrap() ^= 1;
    requests.push(client.post(url("/v1/commands")).body(batch([broken.bytes.as_slice()])));
    let reused = anna.seal(
        &{
            let mut head = anna.head(&town, said.subject, &note(String::new(), Visibility::Public));
            head.command = said.id;
            head
        },
        &note(word("Reused"), Visibility::Public).to_json().unwrap(),
    );
    requests.push(client.post(url("/v1/commands")).body(batch([reused.bytes.as_slice()])));
    let foreign = stranger.say(&town, said.subject, &note(word("Foreign"), Visibility::Public));
    requests.push(client.post(url("/v1/commands")).body(batch([foreign.bytes.as_slice()])));
    // A photo that carries more than the picture.
    let mut carries = jpeg();
    let comment = word("Exif");
    let mut segment = vec![0xff, 0xfe, 0, comment.len() as u8 + 2];
    segment.extend(comment.bytes());
    carries.splice(2..2, segment);
    let photo = photo_ref(&carries, PhotoRole::Before);
    let mut with_photo = report_body(OLD_MILL);
    with_photo.photos = vec![photo];
    let with_photo = anna.report_as(&town, with_photo);
    say(&with_photo).await;
    requests.push(
        client
            .patch(url(&format!(
                "/v1/photos/service_request/{}/{}",
                with_photo.subject, photo.hash
            )))
            .bearer_auth(&session.token)
            .header("tus-resumable", "1.0.0")
            .header("content-type", "application/offset+octet-stream")
            .header("upload-offset", 0)
            .body(carries),
    );
    for request in requests {
        let response = request.send().await.unwrap();
        let about = format!("{} {}", response.url(), response.status());
        let mut bytes = format!("{:?}", response.headers()).into_bytes();
        bytes.extend(response.bytes().await.unwrap());
        heard.push((about, bytes));
    }
    for (name, password) in [(word("Name"), "x".into()), ("dispatcher".into(), word("Password"))] {
        let response = open(&stranger, Some((&name, &password))).await;
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        heard.push(("sign-in".into(), response.bytes().await.unwrap().to_vec()));
    }
    // What others get of anna's.
    let other: Session = open(&stranger, None).await.json().await.unwrap();
    for path in [
        format!("/v1/subjects/service_request/{}", said.subject),
        format!("/v1/subjects/work_order/{order}"),
        "/v1/changes?scope=me".to_owned(),
        "/v1/notices".to_owned(),
        format!("/v1/changes?scope=me:{}", anna.principal()),
        format!("/v1/track/{code}"),
    ] {
        heard.push((path.clone(), get(&other.token, &path).await.into_bytes()));
    }
    let (stdout, stderr) = served.end();
    assert!(contains(&stderr, b"answered"), "it was talkative");

    let secrets = [
        said.subject.to_string(),
        session.token.clone(),
        desk_session.token.clone(),
        code.to_string(),
        code.to_string().replace('-', ""),
        photo.hash.to_string(),
        password.clone(),
    ];
    let mut found = Vec::new();
    let mut look = |place: &str, bytes: &[u8], words: &[String]| {
        for word in words {
            for (spelling, needle) in spellings(word) {
                if contains(bytes, &needle) {
                    found.push(format!("{place}: {spelling}"));
                }
            }
        }
    };
    look("log", &stderr, &said_words);
    look("log", &stderr, &wrong_words);
    look("log", &stderr, &secrets[1..]);
    look("output", &stdout, &said_words);
    look("output", &stdout, &wrong_words);
    for (about, bytes) in &heard {
        look(about, bytes, &said_words);
        // What was asked for stands in the name of the question here, not in the answer.
        look("an answer", bytes, &wrong_words);
    }
    for (table, bytes) in rows_beside_content(folder.path()) {
        look(&table, &bytes, &said_words);
        look(&table, &bytes, &wrong_words);
        look(&table, &bytes, &secrets[1..3]);
        look(&table, &bytes, &secrets[6..]);
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}
