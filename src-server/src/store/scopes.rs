//! Which feeds tell of a subject: a pure reading of its state.

use std::collections::BTreeSet;

use mend_core::api::me_scope;
use mend_core::subject::SubjectState;

/// The feed that dispatchers read.
pub const CITY: &str = "city";

/// The feed of a crew.
pub fn crew(code: &str) -> String {
    format!("crew:{code}")
}

/// The feed of a department.
pub fn department(code: &str) -> String {
    format!("department:{code}")
}

/// The feeds in which a subject is, as it stands. A crew's feed has orders only: it needs no
/// request.
pub fn of(state: &SubjectState) -> BTreeSet<String> {
    let mut scopes = BTreeSet::from([CITY.to_owned()]);
    match state {
        SubjectState::ServiceRequest(request) => {
            scopes.extend(request.reporter.map(me_scope));
            scopes.extend(request.department.as_deref().map(department));
        }
        SubjectState::WorkOrder(order) => {
            scopes.insert(department(&order.department));
            scopes.extend(order.crew.as_deref().map(crew));
        }
    }
    scopes
}
