//! What bad input gets: a code and a way forward, and nothing is lost.

use mend_core::catalogue::Answer;
use mend_core::command::{AddNote, CommandBody, PHOTO_LIMIT};
use mend_core::event::{PhotoRole, Visibility};
use mend_core::refusal::RefusalCode;
use serde_json::{Value, json};

use crate::support::*;

#[tokio::test]
async fn reports_that_cannot_be_are_refused_with_their_reason() {
    let town = Town::new().await;
    let key = Key::new();
    type Change = fn(&mut mend_core::command::Report);
    let cases: [(&str, Change, RefusalCode); 9] = [
        ("10,000 characters", |r| r.description = "é".repeat(10_000), RefusalCode::TextTooLong),
        ("a long label", |r| r.location.label = "a".repeat(201), RefusalCode::TextTooLong),
        ("no answer", |r| r.answers.clear(), RefusalCode::MissingAnswer),
        (
            "an answer that is none of the choices",
            |r| {
                r.answers.insert("where".into(), Answer::Choice("moon".into()));
            },
            RefusalCode::BadAnswer,
        ),
        (
            "an answer of 10,000 characters",
            |r| {
                r.service_code = "streetlight".into();
                r.answers = [("pole".into(), Answer::Text("x".repeat(10_000)))].into();
            },
            RefusalCode::TextTooLong,
        ),
        ("no such service", |r| r.service_code = "moon_dust".into(), RefusalCode::UnknownService),
        (
            "outside the city",
            |r| r.location.point = mend_core::location::Point::new(44.7, -124.2).unwrap(),
            RefusalCode::OutsideCity,
        ),
        (
            "eleven photos",
            |r| {
                r.photos =
                    (0..=PHOTO_LIMIT).map(|_| photo_ref(&jpeg(), PhotoRole::Before)).collect()
            },
            RefusalCode::TooManyPhotos,
        ),
        (
            "a photo of 9 MB",
            |r| {
                let mut photo = photo_ref(&jpeg(), PhotoRole::Before);
                photo.bytes = 9 << 20;
                r.photos = vec![photo];
            },
            RefusalCode::PhotoTooLarge,
        ),
    ];
    for (what, change, code) in cases {
        let mut report = report_body(OLD_MILL);
        change(&mut report);
        assert_eq!(town.refused(&key.report_as(&town, report)).await, code, "{what}");
    }
    let session = key.session(&town).await;
    assert!(town.changes(&session.token, "me", 0).await.rows.is_empty());
}

/// A frame whose body no program of ours would make.
async fn raw(town: &Town, change: impl FnOnce(&mut Value)) -> RefusalCode {
    let key = Key::new();
    let body = CommandBody::Report(Box::new(report_body(OLD_MILL)));
    let mut json: Value = serde_json::from_slice(&body.to_json().unwrap()).unwrap();
    change(&mut json);
    let head = key.head(town, new_subject(), &body);
    town.refused(&key.seal(&head, json.to_string().as_bytes())).await
}

#[tokio::test]
async fn positions_that_are_none_are_refused() {
    let town = Town::new().await;
    for point in [
        json!({"lat": 0.0, "lon": 0.0}),
        json!({"lat": null, "lon": -124.0}),
        json!({"lat": 91.0, "lon": 0.0}),
    ] {
        let code = raw(&town, |body| body["location"]["point"] = point.clone()).await;
        assert_eq!(code, RefusalCode::BadPosition, "{point}");
    }
    assert_eq!(raw(&town, |body| body["photos"] = json!("many")).await, RefusalCode::BadBody);
    assert_eq!(raw(&town, |body| *body = json!([])).await, RefusalCode::BadBody);
}

#[tokio::test]
async fn notes_need_words_and_a_right() {
    let town = Town::new().await;
    let resident = Key::new();
    let reported = town.reported(&resident, OLD_MILL).await;
    let note =
        |text: &str, visibility| CommandBody::AddNote(AddNote { text: text.into(), visibility });
    let subject = reported.said.subject;
    let cases = [
        (&resident, note("  ", Visibility::Public), RefusalCode::EmptyText),
        (&resident, note("for staff", Visibility::Internal), RefusalCode::NotAllowed),
        (&Key::new(), note("hello", Visibility::Public), RefusalCode::NotFound),
    ];
    for (who, body, code) in cases {
        assert_eq!(town.refused(&who.say(&town, subject, &body)).await, code);
    }
    let note = resident.say(&town, subject, &note("Worse after rain", Visibility::Public));
    assert_eq!(town.accepted(&note).await.version, reported.accepted.version + 1);
}

/// Every value of every row of a table, as bytes.
fn values(database: &rusqlite::Connection, table: &str) -> Vec<Vec<u8>> {
    use rusqlite::types::ValueRef;
    let mut statement = database.prepare(&format!("SELECT * FROM \"{table}\"")).unwrap();
    let columns = statement.column_count();
    let mut rows = statement.query([]).unwrap();
    let mut all = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        all.extend((0..columns).map(|column| match row.get_ref(column).unwrap() {
            ValueRef::Null => Vec::new(),
            ValueRef::Integer(number) => number.to_string().into_bytes(),
            ValueRef::Real(number) => number.to_string().into_bytes(),
            ValueRef::Text(bytes) | ValueRef::Blob(bytes) => bytes.to_vec(),
        }));
    }
    all
}

/// What may be erased is not in the log: the words of a report stand in `content` alone.
#[tokio::test]
async fn personal_data_never_enters_the_log() {
    let town = Town::new().await;
    let key = Key::new();
    let mut report = report_body(OLD_MILL);
    report.description = "Call Wanda Quillfeather".into();
    report.service_code = "streetlight".into();
    report.answers = [("pole".into(), Answer::Text("behind the blue van".into()))].into();
    let said = key.report_as(&town, report);
    town.accepted(&said).await;
    let token = key.session(&town).await.token;
    let order = town.subject_request(&token, said.subject).await.order.unwrap();
    let note =
        |text: &str, visibility| CommandBody::AddNote(AddNote { text: text.into(), visibility });
    let own = note("My sister Odalys has the key", Visibility::Public);
    town.accepted(&key.say(&town, said.subject, &own)).await;
    let (dispatcher, desk) = town.signed_in("dispatcher").await;
    let internal = note("Beware of Mr Threlkeld", Visibility::Internal);
    town.accepted(&dispatcher.say(&town, said.subject, &internal)).await;
    let version = town.subject_order(&desk.token, order).await.version;
    let assign = CommandBody::Assign(mend_core::command::Assign { crew: "streets-1".into() });
    let assign = dispatcher.say_with(&town, order, &assign, |head| head.based_on = version);
    town.accepted(&assign).await;
    let (crew, _) = town.signed_in("streets-1").await;
    town.accepted(&crew.complete(&town, order, Vec::new())).await;
    // Refused words are nobody's to keep.
    let refused = note("Stranger Bartholomew", Visibility::Public);
    town.refused(&Key::new().say(&town, said.subject, &refused)).await;

    let database = rusqlite::Connection::open(town.data().join("mend.sqlite")).unwrap();
    let tables: Vec<String> = database
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table'")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    for table in ["events", "commands", "requests", "orders", "notices", "feeds", "content"] {
        assert!(!values(&database, table).is_empty(), "{table} is there, and not empty");
    }
    let holding = |table: &str, what: &str| {
        let holds = |value: &Vec<u8>| value.windows(what.len()).any(|w| w == what.as_bytes());
        values(&database, table).iter().filter(|value| holds(value)).count()
    };
    for what in
        ["Wanda", "blue van", "Kestrel", "-124.0", "44.629", "Odalys", "Threlkeld", "Filled and"]
    {
        assert_eq!(holding("content", what), 1, "{what}");
    }
    for table in tables.iter().filter(|table| *table != "content") {
        for what in [
            "Wanda",
            "blue van",
            "Kestrel",
            "124.04",
            "44.62",
            "Odalys",
            "Threlkeld",
            "Filled and",
            "Bartholomew",
        ] {
            assert_eq!(holding(table, what), 0, "{what} in {table}");
        }
    }
    assert_eq!(holding("content", "Bartholomew"), 0);
}
