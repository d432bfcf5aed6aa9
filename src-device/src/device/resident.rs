//! What a resident does: report, look at what became of it, read notices.

use std::sync::Arc;

use mend_core::api::{
    FlowStep, Neighbor, NoticesView, PlaceCandidate, Preview, Receipt, ReportDraft, ReportSummary,
    RequestPage,
};
use mend_core::city::PromiseQuery;
use mend_core::id::{CommandId, DraftId, SubjectId};
use mend_core::location::Point;
use mend_core::refusal::RefusalCode;
use mend_core::sync::Input;
use mend_places::Places;

use super::Device;
use crate::error::{DeviceError, random};
use crate::outbox;
use crate::pages;
use crate::photo;
use crate::store::DraftBody;
use crate::sync::pull::tell_read;

/// Most candidates for a place that are offered at once.
const PLACES: usize = 8;

impl Device {
    /// IPC `report_draft`: the unfinished one, or a new one that is kept from now on.
    ///
    /// # Errors
    /// [`DeviceError`].
    pub async fn report_draft(&self) -> Result<ReportDraft, DeviceError> {
        let now = self.shared.now();
        let id = DraftId::v7(now, random()?);
        self.shared
            .db
            .write(move |t| {
                if let Some(draft) = t.report_draft()? {
                    return Ok(draft);
                }
                let draft = ReportDraft {
                    id,
                    step: FlowStep::Photo,
                    photos: Vec::new(),
                    place: None,
                    place_text: String::new(),
                    service_code: None,
                    answers: Default::default(),
                    description: String::new(),
                    saved_at: now,
                    edits: None,
                };
                t.add_draft(&DraftBody::Report(draft.clone()))?;
                Ok(draft)
            })
            .await
    }

    /// IPC `save_report_draft`. Photos are added and removed by their own methods; the list in
    /// `draft` is not looked at.
    ///
    /// # Errors
    /// [`DeviceError::DraftGone`] if it was sent or discarded meanwhile.
    pub async fn save_report_draft(&self, mut draft: ReportDraft) -> Result<(), DeviceError> {
        draft.saved_at = self.shared.now();
        self.save(DraftBody::Report(draft)).await
    }

    /// IPC `discard_report_draft`.
    ///
    /// # Errors
    /// [`DeviceError`].
    pub async fn discard_report_draft(&self, id: DraftId) -> Result<(), DeviceError> {
        self.shared.db.write(move |t| t.remove_draft(id)).await?;
        self.sweep().await?;
        self.shared.bump();
        Ok(())
    }

    /// IPC `search_places`. Waits while the index of places is made.
    ///
    /// # Errors
    /// `no_city`; `bad_position` if coordinates were typed that are no place.
    pub async fn search_places(&self, text: &str) -> Result<Vec<PlaceCandidate>, DeviceError> {
        let city = self.known_city()?;
        let text = text.to_owned();
        let search = move |places: &Places| places.search(&text, None, PLACES);
        let places = self.shared.places.ask(&city, search).await?;
        Ok(places.into_iter().map(PlaceCandidate::from).collect())
    }

    /// IPC `near_places`.
    ///
    /// # Errors
    /// `no_city`.
    pub async fn near_places(&self, point: Point) -> Result<Vec<PlaceCandidate>, DeviceError> {
        let city = self.known_city()?;
        let nearest = move |places: &Places| places.nearest(point, PLACES);
        let places = self.shared.places.ask(&city, nearest).await?;
        Ok(places.into_iter().map(PlaceCandidate::from).collect())
    }

    /// IPC `preview`: what the city would promise if the report came now.
    ///
    /// # Errors
    /// `no_city`.
    pub async fn preview(
        &self,
        service_code: Option<&str>,
        point: Point,
    ) -> Result<Preview, DeviceError> {
        let city = self.known_city()?;
        let inside = city.contains(point);
        let start = self.server_now();
        let promise = service_code.filter(|_| inside).and_then(|service| {
            let (priority, _) = city.priority(service, &Default::default());
            let sla = city.sla(service, priority)?;
            let zones = city.locate(point, start);
            city.promise(&PromiseQuery { sla, start, pauses: &[], zones: &zones })
        });
        let whose = city.beyond(point).filter(|_| !inside).map(|beyond| Neighbor {
            name: beyond.name.clone(),
            service_line: beyond.service_line.clone(),
        });
        Ok(Preview { inside, whose, promise })
    }

    /// IPC `send_report`. When this returns, the report is signed and kept, and goes by itself.
    ///
    /// # Errors
    /// What is missing or against the city's rules; then the draft is as it was.
    pub async fn send_report(&self, draft: DraftId) -> Result<Receipt, DeviceError> {
        let seed = self.shared.installation.seed;
        let sent = self
            .act(self.shared.me(), move |t, act| outbox::send_report(t, act, &seed, draft))
            .await?;
        match sent.supersedes {
            Some(older) => {
                self.shared.handle(Input::Superseded(older, sent.row.item())).await?;
                // Photos that the newer words leave out.
                self.sweep().await?;
                self.shared.push.notify_one();
            }
            None => self.queued(&sent.row).await?,
        }
        Ok(sent.receipt)
    }

    /// IPC `edit_report`: a report that the city has not answered, or has refused, becomes a draft,
    /// with its photos, at the last step. It stays on its way until the draft is sent, which then
    /// takes its place under the same tracking code.
    ///
    /// # Errors
    /// `answered` if the city has it; `draft_exists` if another report is not finished; `not_found`
    /// if it is no report that waits here. Then nothing has changed.
    pub async fn edit_report(&self, command: CommandId) -> Result<ReportDraft, DeviceError> {
        let (now, shared) = (self.shared.now(), Arc::clone(&self.shared));
        let id = DraftId::v7(now, random()?);
        let draft = self
            .shared
            .db
            .write(move |t| {
                let size = |hash| photo::dimensions(&shared.files, hash).map_err(DeviceError::from);
                outbox::edit_report(t, command, id, now, &size)
            })
            .await?;
        self.shared.bump();
        Ok(draft)
    }

    /// IPC `withdraw`: the reporter takes a request back.
    ///
    /// # Errors
    /// `work_started` and the like, as far as this device knows; `not_found`.
    pub async fn withdraw(&self, request: SubjectId) -> Result<(), DeviceError> {
        let row =
            self.act(self.shared.me(), move |t, act| outbox::withdraw(t, act, request)).await?;
        self.queued(&row).await
    }

    /// IPC `my_reports`, newest first.
    ///
    /// # Errors
    /// [`DeviceError`].
    pub async fn my_reports(&self) -> Result<Vec<ReportSummary>, DeviceError> {
        self.shared.page(pages::my_reports).await
    }

    /// IPC `request`.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn request(&self, id: SubjectId) -> Result<RequestPage, DeviceError> {
        let page = self.shared.page(move |look| pages::request(look, id)).await?;
        page.ok_or_else(|| RefusalCode::NotFound.into())
    }

    /// IPC `notices`.
    ///
    /// # Errors
    /// [`DeviceError`].
    pub async fn notices(&self) -> Result<NoticesView, DeviceError> {
        self.shared
            .db
            .read(|t| Ok(NoticesView { notices: t.notices()?, unread: t.unread()? }))
            .await
    }

    /// IPC `read_notices`. The server is told at once or at the next contact.
    ///
    /// # Errors
    /// [`DeviceError`].
    pub async fn read_notices(&self, up_to: i64) -> Result<(), DeviceError> {
        self.shared.db.write(move |t| t.read_notices(up_to)).await?;
        self.shared.bump();
        let shared = Arc::clone(&self.shared);
        tokio::spawn(async move {
            let told = match shared.session(shared.me().key()).await {
                Ok(session) => tell_read(&shared, &session).await,
                Err(error) => Err(error),
            };
            if let Err(error) = told {
                tracing::info!(%error, "the server will be told later what was read");
            }
        });
        Ok(())
    }
}
