//! Every JSON shape that crosses a border: HTTP between device and server (first half), and IPC
//! between the app and its interface (second half). Times are milliseconds UTC
//! ([`Timestamp`]); places are (lat, lon) degrees; words are codes that `locales/` turns into
//! sentences.
//!
//! # HTTP (`/v1`)
//! | endpoint | who | body → answer |
//! |---|---|---|
//! | `GET /health` | all | → [`Health`] |
//! | `GET /v1/city` (`ETag`, `If-None-Match`) | all | → the city pack |
//! | `GET /v1/services` | all | → [`CityView`]: what a browser shows before it has the pack |
//! | `POST /v1/session/nonce` | all | → [`Nonce`] |
//! | `POST /v1/session` | a signed OpenSession frame, `application/octet-stream` | → [`Session`] |
//! | `DELETE /v1/session` | bearer | → 204 |
//! | `POST /v1/commands` | frames, each behind a big-endian u32 length | → [`Answers`] |
//! | `HEAD /v1/photos/{kind}/{subject}/{hash}` | bearer who named it | → `Upload-Offset`, `Upload-Length` |
//! | `PATCH` of the same | the same; a piece, by tus 1.0 | → 204 and `Upload-Offset`; 409 with it |
//! | `GET /v1/photos/{kind}/{subject}/{hash}` | bearer who sees the subject | → JPEG |
//! | `GET /v1/changes?scope=S&after=N` | bearer with the scope | → [`ChangesPage`] |
//! | `GET /v1/changes/stream?at=S@N&at=…` | bearer | SSE `changes`, data a [`ChangesPage`] |
//! | `GET /v1/subjects/{kind}/{id}` | bearer who sees it | → [`Snapshot`] |
//! | `GET /v1/notices?after=N` | bearer | → [`NoticesPage`] |
//! | `POST /v1/notices/read` | bearer; [`NoticesRead`] | → [`NoticesPage`] without rows |
//! | `GET /v1/track/{code}` | all, limited | → [`Tracked`] |
//!
//! Errors are RFC 9457 problem+json with a member `code` ([`Problem`]).
//!
//! # IPC (Tauri commands of the app; arguments by these names, answer or [`Failure`])
//! | command | arguments | answer |
//! |---|---|---|
//! | `city` | | `Option<CityView>` (none: never connected yet) |
//! | `status` | | [`Status`] |
//! | `report_draft` | | [`ReportDraft`], the unfinished one or a new one |
//! | `save_report_draft` | `draft: ReportDraft` | `()` |
//! | `discard_report_draft` | `id` | `()` |
//! | `photo_begin` | `draft: DraftId`, `bytes: u64` | `u32`, an upload number |
//! | `photo_piece` | `upload: u32`, `data: String` (base64) | `()` |
//! | `photo_finish` | `upload: u32` | [`DraftPhoto`], added to the draft |
//! | `photo_remove` | `draft`, `hash` | `()` |
//! | `search_places` | `text` | `Vec<PlaceCandidate>` |
//! | `near_places` | `point: Point` | `Vec<PlaceCandidate>` |
//! | `preview` | `service_code: Option<String>`, `point` | [`Preview`] |
//! | `send_report` | `draft: DraftId` | [`Receipt`] |
//! | `my_reports` | | `Vec<ReportSummary>`, newest first, drafts and waiting ones too |
//! | `request` | `id: SubjectId` | [`RequestPage`] |
//! | `notices` | | [`NoticesView`] |
//! | `read_notices` | `up_to: i64` | `()` |
//! | `outbox` | | `Vec<OutboxItem>`, oldest first |
//! | `retry_now` | | `()` |
//! | `discard_outbox_item` | `command: CommandId` | `()`; of an accepted one only refused photos |
//! | `edit_report` | `command: CommandId` | [`ReportDraft`], of a report that has no answer, or was refused |
//! | `withdraw` | `request: SubjectId` | `()` |
//! | `accounts` | | `Vec<Account>` signed in on this installation |
//! | `sign_in` | `name`, `password` | [`Account`] |
//! | `sign_out` | `name` | `()` |
//! | `today` | | [`Today`] |
//! | `order` | `id: SubjectId` | [`OrderPage`] |
//! | `start_order` | `id` | `()` |
//! | `completion_draft` | `order: SubjectId` | [`CompletionDraft`] |
//! | `save_completion_draft` | `draft: CompletionDraft` | `()` |
//! | `complete_order` | `draft: DraftId` | `()` |
//!
//! Photos are shown from `mend://localhost/photos/<hash>` (thumbnail: `?thumb`). Whenever
//! anything that these answers hold has changed, the window gets the event `changed`.

mod http;
mod ipc;

pub use http::*;
pub use ipc::*;
