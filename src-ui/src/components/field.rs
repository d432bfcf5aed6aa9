//! Fields: a label, a hint and an error that belong to them.

use leptos::prelude::*;

use super::icon::Icon;
use crate::format;
use crate::i18n::t;

/// Longest text, in characters.
pub(crate) const MAX_TEXT: usize = 5_000;

/// An error that belongs to a field.
#[component]
pub(crate) fn FieldError(
    /// Named by the field's `aria-describedby`.
    #[prop(into)]
    id: String,
    /// What is wrong; none: nothing.
    #[prop(into)]
    text: Signal<Option<String>>,
) -> impl IntoView {
    view! {
        <div id=id aria-live="polite">
            {move || {
                text.get().map(|text| {
                    view! {
                        <p class="err usa-error-message">
                            <Icon name="alert" size="i-18"/>
                            <span>{text}</span>
                        </p>
                    }
                })
            }}
        </div>
    }
}

/// A text of several lines, with a counter that never cuts anything off.
#[component]
pub(crate) fn TextArea(
    /// Unique on the screen.
    id: &'static str,
    /// What is asked.
    #[prop(into)]
    label: String,
    /// An example.
    #[prop(optional, into)]
    hint: String,
    /// What is typed.
    #[prop(into)]
    value: Signal<String>,
    /// Hears every change.
    on_input: impl Fn(String) + 'static,
) -> impl IntoView {
    let length = Memo::new(move |_| value.with(|text| text.chars().count()));
    let over = move || (length.get() > MAX_TEXT).then(|| too_long(length.get()));
    let near = Memo::new(move |_| length.get() > MAX_TEXT - 500);
    let describedby = format!("{id}-hint {id}-error");
    view! {
        <div class="field" class:is-bad=move || over().is_some()>
            <label class="usa-label" for=id>
                {label} " " <span class="opt">{t!("optional")}</span>
            </label>
            <textarea
                class="in usa-textarea"
                id=id
                rows="4"
                aria-describedby=describedby
                aria-invalid=move || over().map(|_| "true")
                prop:value=move || value.get()
                on:input:target=move |event| on_input(event.target().value())
            ></textarea>
            <div class="row between">
                <p class="hint usa-hint" id=format!("{id}-hint")>{hint}</p>
                <p class="hint num" aria-hidden="true">
                    {move || near.get().then(|| counter(length.get()))}
                </p>
            </div>
            <FieldError id=format!("{id}-error") text=Signal::derive(over)/>
        </div>
    }
}

#[expect(clippy::cast_precision_loss, reason = "a text that fits memory is shorter than 2^52")]
fn counter(length: usize) -> String {
    let (length, limit) = (format::number(length as f64), format::number(MAX_TEXT as f64));
    t!("text-counter", length = length, limit = limit)
}

#[expect(clippy::cast_precision_loss, reason = "a text that fits memory is shorter than 2^52")]
fn too_long(length: usize) -> String {
    let over = format::number((length - MAX_TEXT) as f64);
    t!("text-too-long", over = over, limit = format::number(MAX_TEXT as f64))
}
