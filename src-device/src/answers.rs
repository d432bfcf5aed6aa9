//! What the city's answers leave in the store.

use mend_core::sync::Effect;

use crate::store::{StoreError, Tables};

/// Keeps what the sync machine has made of an answer. All of it in the caller's one transaction.
///
/// # Errors
/// [`StoreError`]; then nothing is kept, the machine is ahead of the store, and after a restart the
/// same bytes are sent again and get the same answer.
pub fn keep(tables: Tables<'_>, effects: &[Effect]) -> Result<(), StoreError> {
    for effect in effects {
        match effect {
            Effect::State(command, state) => tables.set_item_state(*command, state)?,
            Effect::Answer(command, answer) => tables.set_answer(*command, answer)?,
            Effect::Photo(command, hash, state) => {
                tables.set_photo_state(*command, *hash, state)?;
            }
            Effect::Online(_) => {}
        }
    }
    // What was only kept for an unanswered command may go now.
    tables.forget_unseen()
}

/// Removes commands that are with the city in full and stand in its own word about the subject:
/// nothing needs them any more. A report stays: it knows when the person sent it.
///
/// # Errors
/// [`StoreError`].
pub fn drop_done(tables: Tables<'_>) -> Result<(), StoreError> {
    for row in tables.outbox()? {
        let Some(answer) = &row.answer else { continue };
        let told = tables
            .subject(row.subject.id)?
            .is_some_and(|subject| subject.state.version() >= answer.version);
        let report = row.opened()?.head.type_ == 1;
        if told && !report && row.item().done() {
            tables.remove_from_outbox(row.command)?;
        }
    }
    Ok(())
}
