//! Reads a stream line by line, with a bound on each.

use super::Error;
use bytes::{Buf, BytesMut};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use std::time::Duration;
use tokio::time::timeout;

/// The longest line, in bytes: an update of 256 tables is far below.
const LONGEST: usize = 32 * 1024 * 1024;

/// The lines of an answer.
pub(super) struct Lines {
    body: Incoming,
    waiting: BytesMut,
}

impl Lines {
    pub(super) fn of(body: Incoming) -> Self {
        Self { body, waiting: BytesMut::new() }
    }

    /// The next line, when it comes before the other side counts as silent.
    pub(super) async fn next(&mut self, silence: Duration) -> Result<BytesMut, Error> {
        loop {
            if let Some(end) = memchr::memchr(b'\n', &self.waiting) {
                let line = self.waiting.split_to(end);
                self.waiting.advance(1);
                return Ok(line);
            }
            if self.waiting.len() > LONGEST {
                return Err(Error::Unreadable(format!("a line is longer than {LONGEST} bytes")));
            }
            let frame = timeout(silence, self.body.frame()).await.map_err(|_| Error::Silent(silence))?;
            let frame = frame.ok_or(Error::Ended)?.map_err(|error| Error::Unreadable(error.to_string()))?;
            if let Some(data) = frame.data_ref() {
                self.waiting.extend_from_slice(data);
            }
        }
    }
}
