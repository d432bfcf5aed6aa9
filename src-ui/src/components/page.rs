//! Arriving on a screen: title, focus and one polite announcement.

use leptos::html;
use leptos::prelude::*;

use super::icon::Icon;
use crate::context::use_room;
use crate::i18n::t;

/// The screen's h1. When it appears, focus goes to it and its words are announced; while it stays,
/// the window's title follows it, and what it says anew is announced too.
#[component]
pub(crate) fn Heading(
    /// Its words.
    #[prop(into)]
    text: Signal<String>,
    /// `h-1` unless told otherwise.
    #[prop(default = "h-1")]
    class: &'static str,
) -> impl IntoView {
    let room = use_room();
    let node: NodeRef<html::H1> = NodeRef::new();
    Effect::new(move |_| {
        let text = text.get();
        if room.arrived.get_value() {
            room.announcement.set(text.clone());
        }
        document().set_title(&t!("window-title", screen = text));
    });
    node.on_load(move |heading| {
        if room.arrived.get_value() {
            // The heading is in the page; it takes focus because of its tabindex.
            let _ = heading.focus();
            window().scroll_to_with_x_and_y(0.0, 0.0);
        }
        room.arrived.set_value(true);
    });
    view! { <h1 class=class tabindex="-1" node_ref=node>{move || text.get()}</h1> }
}

/// The bar of a screen that one came to from another.
#[component]
pub(crate) fn BackBar(
    /// Where back leads.
    #[prop(into)]
    href: String,
    /// What is there.
    #[prop(into)]
    back: String,
    /// What stands at the other end in words.
    #[prop(optional, into)]
    middle: Signal<String>,
    /// What else stands there.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="top top-back">
            <a class="lk back" href=href>
                <Icon name="left" size="i-20"/>
                <span>{back}</span>
            </a>
            <p class="middle" data-testid="bar-text">{move || middle.get()}</p>
            {children.map(|children| children())}
        </div>
    }
}

/// Space for what is a moment away.
#[component]
pub(crate) fn Loading() -> impl IntoView {
    view! {
        <div class="loading" aria-busy="true">
            <span class="vh">{t!("loading")}</span>
            <i></i><i></i><i></i>
        </div>
    }
}

/// A screen with nothing in it yet.
#[component]
pub(crate) fn Empty(
    /// In the sprite.
    icon: &'static str,
    /// What will be here, and when.
    #[prop(into)]
    text: String,
    /// The way on, where there is one.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="empty">
            <Icon name=icon size="i-40"/>
            <p>{text}</p>
            {children.map(|children| children())}
        </div>
    }
}
