//! A plain browser: the backend that served the page, by HTTP.

use mend_core::api::{Failure, Problem};
use serde::de::DeserializeOwned;

use super::{Answer, failure, fetch};

/// `GET` an address of this origin.
pub(super) async fn get<T: DeserializeOwned>(url: &str) -> Answer<T> {
    let (ok, text) = fetch(url).await?;
    if ok {
        return serde_json::from_str(&text).map_err(|_| failure("unexpected"));
    }
    match serde_json::from_str::<Problem>(&text) {
        Ok(problem) => {
            Err(Failure { code: problem.code, params: std::collections::BTreeMap::new() })
        }
        Err(_) => Err(failure("unexpected")),
    }
}
