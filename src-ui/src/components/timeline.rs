//! What happened to a request, step by step.

use leptos::prelude::*;
use mend_core::api::{Step, StepKind};

use super::icon::Icon;
use super::photo::Photo;
use super::words::{step_reason, step_title};
use crate::format;
use crate::i18n::t;

/// Steps in the order given.
#[component]
pub(crate) fn Timeline(
    /// What happened.
    steps: Vec<Step>,
    /// Whether photos lie on this device.
    #[prop(optional)]
    with_photos: bool,
) -> impl IntoView {
    view! {
        <ol class="tl" data-testid="timeline">
            {steps
                .into_iter()
                .enumerate()
                .map(|(at, step)| view! { <TimelineStep step first=at == 0 with_photos/> })
                .collect_view()}
        </ol>
    }
}

#[component]
fn TimelineStep(step: Step, first: bool, with_photos: bool) -> impl IntoView {
    let (class, icon) = match step.kind {
        StepKind::Received => ("st-received", "st-received"),
        StepKind::Assigned => ("st-assigned", "st-assigned"),
        StepKind::Started => ("st-progress", "st-progress"),
        StepKind::Resolved => ("st-resolved", "st-resolved"),
        StepKind::Note => ("st-info", "message"),
        StepKind::Photos => ("st-info", "image"),
        StepKind::OnHold => ("st-hold", "st-hold"),
        StepKind::Resumed => ("st-progress", "play"),
        StepKind::Reopened => ("st-reopened", "st-reopened"),
        StepKind::Closed | StepKind::Cancelled | StepKind::Withdrawn => ("st-closed", "st-closed"),
        StepKind::Amended => ("st-info", "edit"),
        StepKind::PhotosMissing => ("st-hold", "image"),
        StepKind::Duplicate => ("st-closed", "st-duplicate"),
        StepKind::Newer => ("st-closed", "info"),
    };
    let when = match (&step.by, step.kind) {
        // The crew's name stands in the title already.
        (Some(by), kind) if kind != StepKind::Assigned => {
            t!("step-when-by", when = format::moment(step.at), by = by.as_str())
        }
        _ => format::moment(step.at),
    };
    let reason = step_reason(&step);
    let photos = if with_photos { step.photos.clone() } else { Vec::new() };
    view! {
        <li class=format!("{class}{}", if first { " now" } else { "" })>
            <span class="dot"><Icon name=icon size="i-18"/></span>
            <p class="t">{step_title(step.kind, step.by.as_deref())}</p>
            <p class="w">
                {when}
                {step.reported_later.then(|| view! { " · " {t!("step-reported-later")} })}
            </p>
            {reason.map(|reason| view! { <p class="y">{reason}</p> })}
            {step.note.map(|note| view! { <blockquote class="n">{note}</blockquote> })}
            {(!photos.is_empty())
                .then(|| {
                    view! {
                        <div class="row wrap g2 step-photos">
                            {photos
                                .into_iter()
                                .map(|hash| {
                                    view! { <Photo hash alt=t!("photo-alt-step") class="ph-72" thumb=true/> }
                                })
                                .collect_view()}
                        </div>
                    }
                })}
        </li>
    }
}
