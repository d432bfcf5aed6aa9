//! The report being written: one draft, kept at every change.

use leptos::prelude::*;
use mend_core::api::{Failure, FlowStep, ReportDraft};
use mend_core::time::Timestamp;
use serde_json::json;

use crate::context::{Room, use_room};
use crate::format;
use crate::gateway::Answer;
use crate::typing::Typing;

/// The steps in their order.
pub(crate) const STEPS: [FlowStep; 5] =
    [FlowStep::Photo, FlowStep::Place, FlowStep::What, FlowStep::Details, FlowStep::Review];

/// The word in the address.
pub(crate) fn slug(step: FlowStep) -> &'static str {
    match step {
        FlowStep::Photo => "photo",
        FlowStep::Place => "place",
        FlowStep::What => "what",
        FlowStep::Details => "details",
        FlowStep::Review => "review",
    }
}

/// The step of an address.
pub(crate) fn from_slug(text: &str) -> Option<FlowStep> {
    STEPS.into_iter().find(|step| slug(*step) == text)
}

/// 1 to 5.
pub(crate) fn place_in_line(step: FlowStep) -> usize {
    STEPS.into_iter().position(|s| s == step).map_or(1, |at| at + 1)
}

/// The address of a step.
pub(crate) fn address(step: FlowStep) -> String {
    format!("/report/{}", slug(step))
}

/// Shared by the steps.
#[derive(Clone, Copy)]
pub(crate) struct Flow {
    room: Room,
    /// None until the device has answered.
    pub(crate) draft: RwSignal<Option<ReportDraft>>,
    /// When the device last kept it.
    pub(crate) kept_at: RwSignal<Option<Timestamp>>,
    /// The last thing that did not work.
    pub(crate) failure: RwSignal<Option<Failure>>,
    /// A photo is on its way to the device: the draft there is ahead of this one.
    pub(crate) photo_busy: RwSignal<bool>,
    saving: StoredValue<bool>,
    again: StoredValue<bool>,
    typing: Typing,
}

impl Flow {
    /// An empty flow around the unfinished draft.
    pub(crate) fn new() -> Self {
        let flow = Self {
            room: use_room(),
            draft: RwSignal::new(None),
            kept_at: RwSignal::new(None),
            failure: RwSignal::new(None),
            photo_busy: RwSignal::new(false),
            saving: StoredValue::new(false),
            again: StoredValue::new(false),
            typing: Typing::new(),
        };
        flow.typing.keep_on_leaving(move || flow.save());
        flow
    }

    /// The way out.
    pub(crate) fn gateway(self) -> crate::gateway::Gateway {
        self.room.gateway
    }

    /// Fetches the unfinished draft, or a new one.
    pub(crate) async fn load(self) -> Answer<FlowStep> {
        let draft: ReportDraft =
            self.room.gateway.call("report_draft", serde_json::Value::Null).await?;
        let step = draft.step;
        self.draft.set(Some(draft));
        Ok(step)
    }

    /// Reads something of the draft.
    pub(crate) fn get<T>(self, read: impl FnOnce(&ReportDraft) -> T) -> Option<T> {
        self.draft.with(|draft| draft.as_ref().map(read))
    }

    /// Changes the draft and keeps it at once.
    pub(crate) fn change(self, change: impl FnOnce(&mut ReportDraft)) {
        self.edit(change);
        self.save();
    }

    /// Changes the draft and keeps it a moment later.
    pub(crate) fn typed(self, change: impl FnOnce(&mut ReportDraft)) {
        self.edit(change);
        self.typing.key(move || self.save());
    }

    /// Changes only the picture of the draft here: the device has made the change already.
    pub(crate) fn edit(self, change: impl FnOnce(&mut ReportDraft)) {
        self.draft.update(|draft| {
            if let Some(draft) = draft {
                change(draft);
            }
        });
    }

    /// Keeps the draft now. One save at a time, so that an older one never lands on a newer.
    pub(crate) fn save(self) {
        self.typing.done();
        if self.saving.try_get_value() != Some(false) || self.photo_busy.get_untracked() {
            self.again.try_update_value(|again| *again = true);
            return;
        }
        self.saving.set_value(true);
        leptos::task::spawn_local(async move {
            loop {
                self.again.try_update_value(|again| *again = false);
                let Some(draft) = self.draft.try_get_untracked().flatten() else { break };
                let kept =
                    self.room.gateway.call::<()>("save_report_draft", json!({ "draft": draft }));
                match kept.await {
                    Ok(()) => {
                        self.kept_at.try_set(Some(format::now()));
                    }
                    Err(failure) => {
                        self.failure.try_set(Some(failure));
                    }
                }
                if self.again.try_get_value() != Some(true) {
                    break;
                }
            }
            self.saving.try_update_value(|saving| *saving = false);
        });
    }

    /// What was put off while a photo was on its way.
    pub(crate) fn catch_up(self) {
        if self.again.try_get_value() == Some(true) {
            self.save();
        }
    }

    /// Waits until the device has everything, then answers.
    pub(crate) async fn settle(self) -> Answer<()> {
        self.typing.done();
        let Some(draft) = self.draft.get_untracked() else { return Ok(()) };
        self.room.gateway.call::<()>("save_report_draft", json!({ "draft": draft })).await
    }
}

/// The flow that [`super::report::ReportFlow`] provides around its steps.
pub(crate) fn use_flow() -> Flow {
    expect_context()
}
