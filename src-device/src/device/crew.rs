//! What a crew does: sign in, see the day's orders, start, complete.

use mend_core::api::{Account, CompletionDraft, OrderPage, Today};
use mend_core::decide::Role;
use mend_core::event::Outcome;
use mend_core::id::{DraftId, SubjectId};
use mend_core::refusal::RefusalCode;
use mend_core::subject::SubjectState;
use mend_core::sync::Input;

use super::Device;
use crate::error::{DeviceError, random};
use crate::keys::Author;
use crate::outbox;
use crate::pages;
use crate::store::{AccountRow, DraftBody};

impl Device {
    /// IPC `accounts`: those that are signed in, the last one first.
    ///
    /// # Errors
    /// [`DeviceError`].
    pub async fn accounts(&self) -> Result<Vec<Account>, DeviceError> {
        let rows = self.shared.db.read(|t| t.accounts()).await?;
        Ok(rows.into_iter().filter(|row| row.signed_in).map(|row| row.account).collect())
    }

    /// IPC `sign_in`. Needs a network. Work that waited for it goes with the bytes that it had.
    ///
    /// # Errors
    /// `offline`, `no_city`, or what the server says of name and password.
    pub async fn sign_in(&self, name: &str, password: &str) -> Result<Account, DeviceError> {
        let name = name.trim();
        let rows = self.shared.db.read(|t| t.accounts()).await?;
        let known = rows.into_iter().find(|row| row.account.name == name);
        // The key of an account stays the same on this device: work that it signed may wait.
        let secret = match known {
            Some(row) => row.secret,
            None => random()?,
        };
        let signing = ed25519_dalek::SigningKey::from_bytes(&secret);
        let author = Author { signing, account: None };
        let key = author.key();
        let session = self.shared.open_session(&author, Some((name, password))).await?;
        let Some(account) = session.account.clone() else {
            return Err(DeviceError::Internal("a sign-in without an account".into()));
        };
        let row = AccountRow {
            account: account.clone(),
            secret,
            signed_in: true,
            signed_in_at: self.shared.now(),
        };
        self.shared.db.write(move |t| t.keep_account(&row)).await?;
        self.shared.sessions.lock().await.insert(key, session);
        self.shared.load_authors().await?;
        self.shared.set_online(true);
        self.shared.note_sign_in(key, false);
        self.shared.handle(Input::SignedIn(key)).await?;
        self.shared.accounts.notify_one();
        self.shared.wake_all();
        Ok(account)
    }

    /// IPC `sign_out`. What its crew sees leaves this device; its finished work stays and is sent.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn sign_out(&self, name: &str) -> Result<(), DeviceError> {
        let name = name.trim().to_owned();
        let key = self
            .shared
            .db
            .write(move |t| {
                let mut row = t
                    .accounts()?
                    .into_iter()
                    .find(|row| row.account.name == name)
                    .ok_or(DeviceError::Refused(RefusalCode::NotFound.into()))?;
                row.signed_in = false;
                t.keep_account(&row)?;
                let key = Author::staff(&row).key();
                t.keep_only_scopes(key, &[])?;
                Ok::<_, DeviceError>(key)
            })
            .await?;
        self.shared.accounts.notify_one();
        let session = self.shared.sessions.lock().await.remove(&key);
        self.sweep().await?;
        self.shared.bump();
        if let Some(session) = session {
            let transport = self.shared.transport.clone();
            // A courtesy to the server; the session ends by itself within a day.
            tokio::spawn(async move { transport.end_session(&session.token).await });
        }
        Ok(())
    }

    /// The staff accounts that are signed in as members of a crew, the last one first.
    async fn crew_members(&self) -> Result<Vec<AccountRow>, DeviceError> {
        let rows = self.shared.db.read(|t| t.accounts()).await?;
        Ok(rows
            .into_iter()
            .filter(|row| {
                row.signed_in && row.account.role == Role::Crew && row.account.crew.is_some()
            })
            .collect())
    }

    /// IPC `today`: the orders of the crew whose member signed in last.
    ///
    /// # Errors
    /// `sign_in_needed` if nobody of a crew is signed in.
    pub async fn today(&self) -> Result<Today, DeviceError> {
        let member = self.crew_members().await?.into_iter().next();
        let Some((account, Some(crew))) = member.map(|row| (row.account.name, row.account.crew))
        else {
            return Err(RefusalCode::SignInNeeded.into());
        };
        let now = self.server_now();
        self.shared.page(move |look| pages::today(look, &account, &crew, now)).await
    }

    /// IPC `order`.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn order(&self, id: SubjectId) -> Result<OrderPage, DeviceError> {
        let page = self.shared.page(move |look| pages::order(look, id)).await?;
        page.ok_or_else(|| RefusalCode::NotFound.into())
    }

    /// The signed-in account whose crew has this order, or had it.
    async fn author_for(&self, order: SubjectId) -> Result<Author, DeviceError> {
        let members = self.crew_members().await?;
        let row = self.shared.db.read(move |t| t.subject(order)).await?;
        let Some(SubjectState::WorkOrder(order)) = row.map(|row| row.state) else {
            return Err(RefusalCode::NotFound.into());
        };
        let of = |crew: &String| {
            members
                .iter()
                .find(|row| row.account.crew.as_ref().is_some_and(|own| own.code == *crew))
        };
        order
            .crew
            .iter()
            .chain(&order.former_crews)
            .find_map(of)
            .or(members.first())
            .map(Author::staff)
            .ok_or_else(|| RefusalCode::SignInNeeded.into())
    }

    /// IPC `start_order`.
    ///
    /// # Errors
    /// `not_found`, `sign_in_needed`.
    pub async fn start_order(&self, id: SubjectId) -> Result<(), DeviceError> {
        let author = self.author_for(id).await?;
        let row = self.act(author, move |t, act| outbox::start_order(t, act, id)).await?;
        self.queued(&row).await
    }

    /// IPC `completion_draft`: the unfinished one of this order, or a new one that is kept.
    ///
    /// # Errors
    /// [`DeviceError`].
    pub async fn completion_draft(&self, order: SubjectId) -> Result<CompletionDraft, DeviceError> {
        let now = self.shared.now();
        let id = DraftId::v7(now, random()?);
        self.shared
            .db
            .write(move |t| {
                if let Some(draft) = t.completion_draft(order)? {
                    return Ok(draft);
                }
                let draft = CompletionDraft {
                    id,
                    order,
                    photos: Vec::new(),
                    outcome: Outcome::Mended,
                    note: String::new(),
                    saved_at: now,
                };
                t.add_draft(&DraftBody::Completion(draft.clone()))?;
                Ok(draft)
            })
            .await
    }

    /// IPC `save_completion_draft`; photos as with reports.
    ///
    /// # Errors
    /// [`DeviceError::DraftGone`].
    pub async fn save_completion_draft(
        &self,
        mut draft: CompletionDraft,
    ) -> Result<(), DeviceError> {
        draft.saved_at = self.shared.now();
        self.save(DraftBody::Completion(draft)).await
    }

    /// IPC `complete_order`. When this returns, the work is signed and kept, and goes by itself.
    ///
    /// # Errors
    /// What is against the rules; then the draft is as it was.
    pub async fn complete_order(&self, draft: DraftId) -> Result<(), DeviceError> {
        let order = self
            .shared
            .db
            .read(move |t| match t.draft(draft)? {
                Some(DraftBody::Completion(draft)) => Ok(draft.order),
                _ => Err(DeviceError::DraftGone),
            })
            .await?;
        let author = self.author_for(order).await?;
        let row = self.act(author, move |t, act| outbox::complete_order(t, act, draft)).await?;
        self.queued(&row).await
    }
}
