//! Where readers are in their feeds, as the queries of `/v1/changes` say it: `scope=me&after=17`
//! for one page, `at=me@17&at=crew:streets-1@4` for a stream. Nothing here says who may read what.

use axum::extract::Query;
use axum::http::Uri;
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// Most feeds of one stream.
pub const FEEDS: usize = 64;
/// Longest query, in bytes: so many feeds with room for their names.
pub const QUERY_LIMIT: usize = 16 << 10;

/// One feed, and after which row to read on.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Cursor {
    /// The feed, as its reader calls it: `me`, `crew:CODE`, …
    pub scope: String,
    /// The last row that its reader has; 0 for none.
    #[serde(default)]
    pub after: i64,
}

/// The cursor of one page; none: the query says no such thing.
pub fn page(uri: &Uri) -> Option<Cursor> {
    query(uri)
}

/// The cursors of a stream, 1 to [`FEEDS`]; none: the query says no such thing.
pub fn stream(uri: &Uri) -> Option<Vec<Cursor>> {
    let pairs: Vec<(String, String)> = query(uri)?;
    let mut cursors = Vec::new();
    for (_, at) in pairs.iter().filter(|(name, _)| name == "at") {
        if cursors.len() == FEEDS {
            return None;
        }
        let (scope, after) = at.rsplit_once('@')?;
        cursors.push(Cursor { scope: scope.to_owned(), after: after.parse().ok()? });
    }
    (!cursors.is_empty()).then_some(cursors)
}

fn query<T: DeserializeOwned>(uri: &Uri) -> Option<T> {
    if uri.query().is_some_and(|query| query.len() > QUERY_LIMIT) {
        return None;
    }
    Query::try_from_uri(uri).ok().map(|Query(found)| found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uri(query: &str) -> Uri {
        format!("/v1/changes?{query}").parse().unwrap()
    }

    fn at(scope: &str, after: i64) -> Cursor {
        Cursor { scope: scope.to_owned(), after }
    }

    #[test]
    fn one_page_names_one_feed() {
        assert_eq!(page(&uri("scope=me&after=17")), Some(at("me", 17)));
        assert_eq!(page(&uri("scope=crew%3Astreets-1")), Some(at("crew:streets-1", 0)));
        for bad in ["", "after=1", "scope=me&after=", "scope=me&after=x", "scope=me&scope=city"] {
            assert_eq!(page(&uri(bad)), None, "{bad}");
        }
    }

    #[test]
    fn a_stream_names_some_feeds() {
        let two = stream(&uri("at=me@17&else=1&at=crew%3Astreets-1%404"));
        assert_eq!(two, Some(vec![at("me", 17), at("crew:streets-1", 4)]));
        assert_eq!(stream(&uri("at=a@b@-3")), Some(vec![at("a@b", -3)]));
        for bad in ["", "at=", "at=me", "at=me@", "at=me@1&at=me@9223372036854775808"] {
            assert_eq!(stream(&uri(bad)), None, "{bad}");
        }
    }

    #[test]
    fn so_many_feeds_and_no_more() {
        let many = |count| uri(&"at=me@1&".repeat(count));
        assert_eq!(stream(&many(FEEDS)).map(|cursors| cursors.len()), Some(FEEDS));
        assert_eq!(stream(&many(FEEDS + 1)), None);
    }

    #[test]
    fn a_query_without_end_is_not_read() {
        let name = |length| format!("scope={}", "m".repeat(length - "scope=".len()));
        assert!(page(&uri(&name(QUERY_LIMIT))).is_some());
        assert!(page(&uri(&name(QUERY_LIMIT + 1))).is_none());
        let at = |length| format!("at={}@1", "m".repeat(length - "at=@1".len()));
        assert!(stream(&uri(&at(QUERY_LIMIT))).is_some());
        assert!(stream(&uri(&at(QUERY_LIMIT + 1))).is_none());
    }
}
