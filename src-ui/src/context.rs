//! What every screen can reach: the gateway, the city, and answers that stay true by themselves.

use std::future::Future;

use leptos::prelude::*;
use mend_core::api::{CityView, Failure, Named, Status};
use mend_core::catalogue::Service;

use crate::gateway::{Answer, Gateway};

/// An answer that is fetched again whenever something has changed. The old one stays until the
/// new one is there, and nothing is drawn anew when both are equal.
pub(crate) type Live<T> = RwSignal<Option<Answer<T>>>;

/// Shared by all screens.
#[derive(Clone, Copy)]
pub(crate) struct Room {
    /// The way out.
    pub(crate) gateway: Gateway,
    /// Counts changes.
    pub(crate) changed: RwSignal<u32>,
    /// The city; none: never heard of one.
    pub(crate) city: Live<Option<CityView>>,
    /// Network and queue.
    pub(crate) status: Live<Status>,
    /// What a screen reader is told after navigation.
    pub(crate) announcement: RwSignal<String>,
    /// The first screen takes no focus away from where the browser put it.
    pub(crate) arrived: StoredValue<bool>,
}

/// The room that [`crate::app::App`] provides around every screen.
pub(crate) fn use_room() -> Room {
    expect_context()
}

impl Room {
    /// What the city is known of.
    pub(crate) fn city_now(self) -> Option<CityView> {
        self.city.get().and_then(Result::ok).flatten()
    }

    /// A service of the city by its code.
    pub(crate) fn service(self, code: &str) -> Option<Service> {
        self.city.with(|city| {
            let city = city.as_ref()?.as_ref().ok()?.as_ref()?;
            city.services.iter().find(|service| service.code == code).cloned()
        })
    }

    /// The last known state of network and queue.
    pub(crate) fn status_now(self) -> Option<Status> {
        self.status.get().and_then(Result::ok)
    }

    /// Whether the last contact with the city failed.
    pub(crate) fn offline(self) -> bool {
        self.status_now().is_some_and(|status| status.online == Some(false))
    }

    /// Fetches now and after every change.
    pub(crate) fn live<T, F, Fut>(self, fetch: F) -> Live<T>
    where
        T: Clone + PartialEq + Send + Sync + 'static,
        F: Fn() -> Fut + 'static,
        Fut: Future<Output = Answer<T>> + 'static,
    {
        let out: Live<T> = RwSignal::new(None);
        let asked = StoredValue::new(0_u32);
        let shown = StoredValue::new(0_u32);
        Effect::new(move |_| {
            self.changed.track();
            asked.update_value(|n| *n += 1);
            let turn = asked.get_value();
            let answer = fetch();
            leptos::task::spawn_local(async move {
                let answer = answer.await;
                // Answers may overtake each other, and the screen may be gone.
                if shown.try_get_value().is_some_and(|last| last < turn) {
                    shown.set_value(turn);
                    show(out, answer);
                }
            });
        });
        out
    }
}

fn show<T: PartialEq + Send + Sync + 'static>(out: Live<T>, answer: Answer<T>) {
    let keep = out.try_with_untracked(|old| match (old, &answer) {
        (Some(old), answer) if old == answer => true,
        // Better what was true a moment ago than an empty screen.
        (Some(Ok(_)), Err(Failure { code, .. })) => code == "no_network",
        _ => false,
    });
    if keep == Some(false) {
        out.set(Some(answer));
    }
}

/// Why there is no answer. "Could not be read" must never look like "nothing there".
pub(crate) fn failure_of<T: Clone + Send + Sync + 'static>(live: Live<T>) -> Memo<Option<Failure>> {
    Memo::new(move |_| {
        live.with(|answer| answer.as_ref().and_then(|answer| answer.as_ref().err().cloned()))
    })
}

/// The name that people read, for a code.
pub(crate) fn name_of(list: &[Named], code: &str) -> Option<String> {
    list.iter().find(|named| named.code == code).map(|named| named.name.clone())
}
