//! One report in a list: what and where, how far it is, and what comes next.

use leptos::prelude::*;
use mend_core::api::{Delivery, ReportSummary};
use mend_core::subject::RequestStatus;

use crate::components::photo::RowPhoto;
use crate::components::seam::Seam;
use crate::components::status::{Chip, delivery_look, request_look};
use crate::components::words::service_name;
use crate::format::{self, Names};
use crate::i18n::t;

/// Where a report's row leads.
pub(crate) fn href(report: &ReportSummary) -> String {
    match report.request {
        Some(id) => format!("/reports/{id}"),
        None => "/report".to_owned(),
    }
}

/// What will happen next, or what has.
pub(crate) fn next_words(report: &ReportSummary) -> String {
    match (&report.delivery, report.status, report.promise) {
        (Delivery::Draft, ..) => t!("next-draft"),
        (Delivery::Waiting | Delivery::Sending | Delivery::Blocked { .. }, ..) => {
            t!("next-waiting")
        }
        (Delivery::SignInNeeded, ..) => t!("next-sign-in"),
        (Delivery::NeedsYou { .. }, ..) => t!("next-needs-you"),
        (_, Some(RequestStatus::Resolved | RequestStatus::Closed), _) => {
            format::moment(report.moved_at)
        }
        // The promised dates move while work waits.
        (_, Some(RequestStatus::OnHold), _) => t!("next-on-hold"),
        (_, Some(RequestStatus::Received | RequestStatus::Reopened), Some(promise)) => {
            t!("next-reply-by", date = format::due_day(promise.response_due, Names::Short))
        }
        (_, Some(_), Some(promise)) => {
            t!("next-mended-by", date = format::due_day(promise.resolution_due, Names::Short))
        }
        _ => t!("next-city-answers"),
    }
}

/// A row that leads to the report.
#[component]
pub(crate) fn ReportRow(
    /// Which.
    report: ReportSummary,
) -> impl IntoView {
    let title = report.service_code.as_deref().map_or_else(|| t!("report-unnamed"), service_name);
    let place = if report.place.is_empty() { t!("report-no-place") } else { report.place.clone() };
    let status = report.status.filter(|_| on_the_citys_side(&report.delivery));
    let sent = report.request.is_some();
    let code = report.tracking_code.map(|code| code.to_string());
    view! {
        <a class="it it-t" href=href(&report) data-testid="report-card" data-code=code>
            <RowPhoto photo=report.photo service_code=report.service_code.clone()/>
            <span class="grow stack g1">
                <span class="ttl">{title}</span>
                <span class="sub clip">{place}</span>
                {status.map(|status| view! { <Seam status/> })}
                <span class="row between wrap row-chips">
                    {match status {
                        Some(status) if report.delivery == Delivery::Received => {
                            view! { <Chip look=request_look(status) testid="status-chip"/> }.into_any()
                        }
                        _ => {
                            view! { <Chip look=delivery_look(&report.delivery) testid="delivery-chip"/> }
                                .into_any()
                        }
                    }}
                    <span class="sub" class:quiet=!sent>{next_words(&report)}</span>
                </span>
            </span>
        </a>
    }
}

fn on_the_citys_side(delivery: &Delivery) -> bool {
    matches!(delivery, Delivery::WordsReceived { .. } | Delivery::Received)
}
