//! The window's questions, one Tauri command for each line of the IPC list in `mend_core::api`.
//! Nothing is decided here: each hands its arguments to the device and its answer back.

use mend_core::api::{
    Account, CityView, CompletionDraft, DraftPhoto, Failure, NoticesView, OrderPage, OutboxItem,
    PlaceCandidate, Preview, Receipt, ReportDraft, ReportSummary, RequestPage, Status, Today,
};
use mend_core::id::{CommandId, DraftId, PhotoHash, SubjectId};
use mend_core::location::Point;
use mend_device::Device;
use tauri::{State, Wry, ipc::Invoke};

type Shared<'a> = State<'a, Device>;
type Answer<T> = Result<T, Failure>;

/// All of them.
pub(crate) fn handler() -> impl Fn(Invoke<Wry>) -> bool {
    tauri::generate_handler![
        city,
        status,
        report_draft,
        save_report_draft,
        discard_report_draft,
        photo_begin,
        photo_piece,
        photo_finish,
        photo_remove,
        search_places,
        near_places,
        preview,
        send_report,
        my_reports,
        request,
        notices,
        read_notices,
        outbox,
        retry_now,
        discard_outbox_item,
        edit_report,
        withdraw,
        accounts,
        sign_in,
        sign_out,
        today,
        order,
        start_order,
        completion_draft,
        save_completion_draft,
        complete_order
    ]
}

#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn city(device: Shared<'_>) -> Answer<Option<CityView>> {
    Ok(device.city().await?)
}

#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn status(device: Shared<'_>) -> Answer<Status> {
    Ok(device.status().await?)
}

#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn report_draft(device: Shared<'_>) -> Answer<ReportDraft> {
    Ok(device.report_draft().await?)
}

#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn save_report_draft(device: Shared<'_>, draft: ReportDraft) -> Answer<()> {
    Ok(device.save_report_draft(draft).await?)
}

#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn discard_report_draft(device: Shared<'_>, id: DraftId) -> Answer<()> {
    Ok(device.discard_report_draft(id).await?)
}

#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn photo_begin(device: Shared<'_>, draft: DraftId, bytes: u64) -> Answer<u32> {
    Ok(device.photo_begin(draft, bytes).await?)
}

#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn photo_piece(device: Shared<'_>, upload: u32, data: String) -> Answer<()> {
    Ok(device.photo_piece(upload, &data).await?)
}

#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn photo_finish(device: Shared<'_>, upload: u32) -> Answer<DraftPhoto> {
    Ok(device.photo_finish(upload).await?)
}

#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn photo_remove(
    device: Shared<'_>,
    draft: DraftId,
    hash: PhotoHash,
) -> Answer<()> {
    Ok(device.photo_remove(draft, hash).await?)
}

#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn search_places(device: Shared<'_>, text: String) -> Answer<Vec<PlaceCandidate>> {
    Ok(device.search_places(&text).await?)
}

#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn near_places(device: Shared<'_>, point: Point) -> Answer<Vec<PlaceCandidate>> {
    Ok(device.near_places(point).await?)
}

#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn preview(
    device: Shared<'_>,
    service_code: Option<String>,
    point: Point,
) -> Answer<Preview> {
    Ok(device.preview(service_code.as_deref(), point).await?)
}

#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn send_report(device: Shared<'_>, draft: DraftId) -> Answer<Receipt> {
    Ok(device.send_report(draft).await?)
}

#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn my_reports(device: Shared<'_>) -> Answer<Vec<ReportSummary>> {
    Ok(device.my_reports().await?)
}

#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn request(device: Shared<'_>, id: SubjectId) -> Answer<RequestPage> {
    Ok(device.request(id).await?)
}

#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn notices(device: Shared<'_>) -> Answer<NoticesView> {
    Ok(device.notices().await?)
}

#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn read_notices(device: Shared<'_>, up_to: i64) -> Answer<()> {
    Ok(device.read_notices(up_to).await?)
}

#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn outbox(device: Shared<'_>) -> Answer<Vec<OutboxItem>> {
    Ok(device.outbox().await?)
}

#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn retry_now(device: Shared<'_>) -> Answer<()> {
    Ok(device.retry_now().await?)
}

#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn discard_outbox_item(device: Shared<'_>, command: CommandId) -> Answer<()> {
    Ok(device.discard_outbox_item(command).await?)
}

#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn edit_report(device: Shared<'_>, command: CommandId) -> Answer<ReportDraft> {
    Ok(device.edit_report(command).await?)
}

#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn withdraw(device: Shared<'_>, request: SubjectId) -> Answer<()> {
    Ok(device.withdraw(request).await?)
}

#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn accounts(device: Shared<'_>) -> Answer<Vec<Account>> {
    Ok(device.accounts().await?)
}

#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn sign_in(device: Shared<'_>, name: String, password: String) -> Answer<Account> {
    Ok(device.sign_in(&name, &password).await?)
}

#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn sign_out(device: Shared<'_>, name: String) -> Answer<()> {
    Ok(device.sign_out(&name).await?)
}

#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn today(device: Shared<'_>) -> Answer<Today> {
    Ok(device.today().await?)
}

#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn order(device: Shared<'_>, id: SubjectId) -> Answer<OrderPage> {
    Ok(device.order(id).await?)
}

#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn start_order(device: Shared<'_>, id: SubjectId) -> Answer<()> {
    Ok(device.start_order(id).await?)
}

#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn completion_draft(
    device: Shared<'_>,
    order: SubjectId,
) -> Answer<CompletionDraft> {
    Ok(device.completion_draft(order).await?)
}

#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn save_completion_draft(
    device: Shared<'_>,
    draft: CompletionDraft,
) -> Answer<()> {
    Ok(device.save_completion_draft(draft).await?)
}

#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn complete_order(device: Shared<'_>, draft: DraftId) -> Answer<()> {
    Ok(device.complete_order(draft).await?)
}

#[cfg(test)]
mod tests {
    include!("commands.in.rs");

    /// Names in the first column of the IPC table in `mend_core::api`.
    fn promised() -> Vec<&'static str> {
        let api = include_str!("../../src-core/src/api/mod.rs");
        let (_, table) = api.split_once("# IPC").unwrap();
        table
            .lines()
            .take_while(|line| line.starts_with("//!") || line.starts_with(' '))
            .filter_map(|line| line.strip_prefix("//! | `")?.split_once('`'))
            .map(|(name, _)| name)
            .collect()
    }

    #[test]
    fn the_lists_of_commands_agree() {
        assert_eq!(promised(), COMMANDS);
        let handled = include_str!("ipc.rs");
        for command in COMMANDS {
            assert!(handled.contains(&format!("async fn {command}(")), "{command}");
        }
    }

    #[test]
    fn the_window_may_call_exactly_these_and_listen() {
        let capability = include_str!("../capabilities/main.json");
        let capability: serde_json::Value = serde_json::from_str(capability).unwrap();
        let granted: Vec<&str> = capability["permissions"]
            .as_array()
            .unwrap()
            .iter()
            .map(|permission| permission.as_str().unwrap())
            .collect();
        let own = COMMANDS.iter().map(|command| format!("allow-{}", command.replace('_', "-")));
        let events = ["core:event:allow-listen", "core:event:allow-unlisten"];
        let expected: Vec<String> = events.map(str::to_owned).into_iter().chain(own).collect();
        assert_eq!(granted, expected);
    }
}
