//! The seam: a request's five steps, sewn as they happen. The chip beside it says it in words.

use leptos::prelude::*;
use mend_core::subject::RequestStatus;

/// Five stitches, as many sewn as have happened.
#[component]
pub(crate) fn Seam(
    /// Where the request stands.
    status: RequestStatus,
) -> impl IntoView {
    let (sewn, going) = match status {
        // What was mended and is not after all begins anew.
        RequestStatus::Received | RequestStatus::Reopened => (1, true),
        RequestStatus::Assigned => (2, true),
        RequestStatus::InProgress => (3, true),
        RequestStatus::OnHold => (3, false),
        RequestStatus::Resolved | RequestStatus::Closed => (5, false),
    };
    let class = if status == RequestStatus::Resolved { "seam ok" } else { "seam" };
    view! {
        <div class=class aria-hidden="true">
            {(0..5)
                .map(|stitch| {
                    let class = if stitch < sewn {
                        "on"
                    } else if stitch == sewn && going {
                        "now"
                    } else {
                        ""
                    };
                    view! { <i class=class></i> }
                })
                .collect_view()}
        </div>
    }
}

/// Where one is in a flow: a line in as many parts as there are steps.
#[component]
pub(crate) fn ProgressLine(
    /// Steps begun, the present one among them.
    done: usize,
    /// The steps' names.
    names: Vec<String>,
) -> impl IntoView {
    view! {
        <ol class="prog" aria-hidden="true">
            {names
                .into_iter()
                .enumerate()
                .map(|(at, name)| {
                    let class = match (at + 1).cmp(&done) {
                        std::cmp::Ordering::Less => "on past",
                        std::cmp::Ordering::Equal => "on here",
                        std::cmp::Ordering::Greater => "",
                    };
                    view! { <li class=class><span>{name}</span></li> }
                })
                .collect_view()}
        </ol>
    }
}
