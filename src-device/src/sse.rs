//! Server-sent events (WHATWG HTML, section 9.2), as far as the changes stream uses them.

use mend_core::api::ChangesPage;

use crate::transport::TransportError;

/// Longest single event, in bytes.
pub const EVENT_LIMIT: usize = 16 << 20;

/// Puts events together from pieces that break anywhere. After an error it is of no more use.
#[derive(Debug, Default)]
pub struct Events {
    line: Vec<u8>,
    name: String,
    data: String,
}

impl Events {
    /// Takes in a piece and gives the pages that are now whole.
    ///
    /// # Errors
    /// [`TransportError::Unreadable`]: an event over [`EVENT_LIMIT`], or one that is no page.
    pub fn take_in(&mut self, piece: &[u8]) -> Result<Vec<ChangesPage>, TransportError> {
        let mut pages = Vec::new();
        for byte in piece {
            if *byte != b'\n' {
                self.line.push(*byte);
                if self.line.len() + self.data.len() > EVENT_LIMIT {
                    return Err(TransportError::Unreadable("an event without an end".into()));
                }
                continue;
            }
            let line = std::mem::take(&mut self.line);
            let line = String::from_utf8_lossy(&line);
            pages.extend(self.line(line.trim_end_matches('\r'))?);
        }
        Ok(pages)
    }

    fn line(&mut self, line: &str) -> Result<Option<ChangesPage>, TransportError> {
        if line.is_empty() {
            let (name, data) = (std::mem::take(&mut self.name), std::mem::take(&mut self.data));
            if name != "changes" || data.is_empty() {
                return Ok(None);
            }
            return serde_json::from_str(&data)
                .map(Some)
                .map_err(|error| TransportError::Unreadable(error.to_string()));
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.name),
            "data" => {
                if !self.data.is_empty() {
                    self.data.push('\n');
                }
                self.data.push_str(value);
            }
            // Comments keep the connection alive; the rest is not used.
            _ => {}
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use mend_core::time::Timestamp;

    use super::*;

    #[test]
    fn events_come_together_wherever_they_are_cut() {
        let page = ChangesPage {
            scope: "me:ü".into(),
            next: 7,
            more: false,
            now: Timestamp(5),
            rows: Vec::new(),
        };
        let json = serde_json::to_string(&page).unwrap();
        let text = format!(
            ": hello\n\nevent: changes\r\ndata: {json}\r\n\r\n: ping\nevent: other\ndata: x\n\n\
             event:changes\ndata:{json}\n\n"
        );
        for size in 1..40 {
            let mut events = Events::default();
            let pages: Vec<_> =
                text.as_bytes().chunks(size).flat_map(|c| events.take_in(c).unwrap()).collect();
            assert_eq!(pages, [page.clone(), page.clone()], "pieces of {size}");
        }
    }

    #[test]
    fn what_is_no_page_is_said() {
        let mut events = Events::default();
        assert!(events.take_in(b"event: changes\ndata: {\n\n").is_err());
    }
}
