//! Tests of the catalogue.

use super::*;

fn pothole() -> Service {
    let question = |code: &str, kind, required| Question {
        code: code.into(),
        kind,
        required,
        public: Visibility::AtOnce,
        raises: Vec::new(),
        emergency: false,
    };
    let mut hazard = question("hazard", QuestionKind::Flag, false);
    hazard.raises = vec![Raise { to: Priority::Critical, when: Answer::Flag(true) }];
    Service {
        code: "pothole".into(),
        department: "streets".into(),
        alternatives: Vec::new(),
        priority: Priority::High,
        sla: Sla::Range { response_days: 5, resolution_days: 10 },
        sla_at: BTreeMap::new(),
        questions: vec![
            question("where", QuestionKind::Choice(vec!["lane".into(), "path".into()]), true),
            hazard,
            question("more", QuestionKind::Text, false),
        ],
        photo: Wanted::Asked,
        place: PlaceNeed::Point,
        asset_kinds: Vec::new(),
        public: Visibility::AtOnce,
    }
}

fn answers(list: &[(&str, Answer)]) -> BTreeMap<String, Answer> {
    list.iter().map(|(code, answer)| ((*code).to_owned(), answer.clone())).collect()
}

#[test]
fn answers_are_checked_in_order() {
    let service = pothole();
    let lane = || Answer::Choice("lane".into());
    let cases = [
        (answers(&[]), Some(("where", AnswerProblemKind::Missing))),
        (answers(&[("where", lane())]), None),
        (
            answers(&[("where", Answer::Choice("roof".into()))]),
            Some(("where", AnswerProblemKind::UnknownChoice)),
        ),
        (
            answers(&[("where", Answer::Text("lane".into()))]),
            Some(("where", AnswerProblemKind::WrongKind)),
        ),
        (
            answers(&[("where", lane()), ("size", lane())]),
            Some(("size", AnswerProblemKind::UnknownQuestion)),
        ),
        (
            answers(&[("where", lane()), ("more", Answer::Text("é".repeat(5_001)))]),
            Some(("more", AnswerProblemKind::TooLong)),
        ),
        (answers(&[("where", lane()), ("more", Answer::Text("é".repeat(5_000)))]), None),
    ];
    for (given, expected) in cases {
        let found = service.check_answers(&given).err().map(|p| (p.question, p.kind));
        assert_eq!(found, expected.map(|(q, k)| (q.to_owned(), k)), "{given:?}");
    }
}

#[test]
fn a_required_text_is_not_answered_by_blanks() {
    let mut service = pothole();
    service.questions[2].required = true;
    let given =
        answers(&[("where", Answer::Choice("lane".into())), ("more", Answer::Text("  ".into()))]);
    let problem = service.check_answers(&given).unwrap_err();
    assert_eq!((problem.question.as_str(), problem.kind.code()), ("more", "missing"));
}

#[test]
fn answers_raise_but_never_lower() {
    let mut service = pothole();
    let yes = answers(&[("hazard", Answer::Flag(true))]);
    assert_eq!(service.priority_for(&yes).0, Priority::Critical);
    assert_eq!(service.priority_for(&yes).1.map(|q| q.code.as_str()), Some("hazard"));
    let no = answers(&[("hazard", Answer::Flag(false))]);
    assert_eq!(service.priority_for(&no), (Priority::High, None));
    service.questions[1].raises[0].to = Priority::Low;
    assert_eq!(service.priority_for(&yes), (Priority::High, None));
}

#[test]
fn answers_are_tagged_in_json() {
    let given = answers(&[
        ("a", Answer::Choice("lane".into())),
        ("b", Answer::Flag(true)),
        ("c", Answer::Text("x".into())),
    ]);
    let json = serde_json::to_string(&given).unwrap();
    assert_eq!(json, r#"{"a":{"choice":"lane"},"b":{"flag":true},"c":{"text":"x"}}"#);
    assert_eq!(serde_json::from_str::<BTreeMap<String, Answer>>(&json).unwrap(), given);
}

#[test]
fn service_levels_read_as_cities_write_them() {
    let range = Sla::Range { response_days: 5, resolution_days: 10 };
    let cases = [
        ("5-10 business days", Some(range)),
        ("5–10 days", Some(range)),
        ("10 business days", Some(Sla::Days(10))),
        ("24-48 hours", Some(Sla::Hours { response: 24, resolution: 48 })),
        ("72 hours", Some(Sla::Hours { response: 36, resolution: 72 })),
        ("10-5 days", None),
        ("0 days", None),
        ("next  service day", Some(Sla::NextServiceDay)),
        ("next service days", None),
        ("0-5 days", None),
        ("5 weeks", None),
        ("9999 hours", None),
        ("soon", None),
        ("", None),
    ];
    for (text, expected) in cases {
        assert_eq!(text.parse::<Sla>().ok(), expected, "{text:?}");
    }
    assert_eq!(Sla::Days(5).figures(), Some((3, 5)));
    assert_eq!(Sla::Days(1).figures(), Some((1, 1)));
    assert_eq!(Sla::NextServiceDay.figures(), None);
    assert_eq!(Sla::NextServiceDay.to_string(), "next service day");
    assert_eq!(range.to_string(), "5-10 business days");
    assert_eq!(Sla::Days(9).to_string(), "9 business days");
    assert_eq!(Sla::Hours { response: 24, resolution: 48 }.to_string(), "24-48 hours");
}

#[test]
fn a_priority_may_have_a_promise_of_its_own() {
    let mut service = pothole();
    service.sla_at.insert(Priority::Critical, Sla::Hours { response: 4, resolution: 24 });
    assert_eq!(service.sla_for(Priority::Critical).to_string(), "4-24 hours");
    assert_eq!(service.sla_for(Priority::High), service.sla);
}

#[test]
fn priorities_are_ordered() {
    assert!(Priority::Low < Priority::Medium);
    assert!(Priority::Medium < Priority::High);
    assert!(Priority::High < Priority::Critical);
}
