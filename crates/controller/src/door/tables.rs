//! The stream of tables to one gateway.

use super::answer::Refusal;
use super::{Door, read};
use crate::hub::{Subscription, Update};
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use std::convert::Infallible;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::timeout;
use viridian_core::id::BootId;
use viridian_wire::door::line::{self, Check};
use viridian_wire::door::{Frame, Hello, PROTOCOL};

/// How long nothing is said at most, a third of what a gateway takes for silence.
const BEAT: Duration = Duration::from_secs(5);

/// A stream that is under way.
struct Sending {
    tables: Subscription,
    boot: BootId,
    closing: watch::Receiver<bool>,
    ended: bool,
}

pub(super) async fn stream(State(door): State<Door>, body: Bytes) -> Result<Response, Refusal> {
    let Hello { protocol, origin, version, serving, checks_lines } = read(&body)?;
    let check = if checks_lines { Check::Digest } else { Check::Nothing };
    if protocol != PROTOCOL {
        return Err(Refusal::Protocol(protocol));
    }
    tracing::info!(node = %origin.node, version, serving = serving.len(), "a gateway came");
    let serving = serving.into_iter().map(|serving| (serving.application, serving.generation));
    let tables = door.hub.open(&origin.node, origin.boot, serving);
    if let Some(silence) = tables.replaced() {
        tracing::warn!(
            node = %origin.node,
            "the process before this one said no farewell: what it counted in the last {} ms is lost",
            silence.as_millis()
        );
    }
    door.nudge.wake();
    let sending = Sending { tables, boot: origin.boot, closing: door.closing, ended: false };
    let frames = stream::unfold(sending, move |mut sending| async move {
        let frame = sending.next().await?;
        Some((Ok::<_, Infallible>(Bytes::from(line::write(&frame, check))), sending))
    });
    Ok(([(CONTENT_TYPE, "application/x-ndjson")], Body::from_stream(frames)).into_response())
}

impl Sending {
    /// What is sent next; nothing at the end.
    async fn next(&mut self) -> Option<Frame> {
        if self.ended {
            return None;
        }
        let update = tokio::select! {
            update = timeout(BEAT, self.tables.next()) => update,
            _ = self.closing.wait_for(|closing| *closing) => return None,
        };
        Some(match update {
            Ok(Some(update)) => Frame::Delta(Update::into(update)),
            Ok(None) => {
                self.ended = true;
                // The same process may have come again, and this stream is the one it follows: it asks anew.
                return self.tables.is_superseded(self.boot).then_some(Frame::Superseded);
            }
            // What it was sent, or its answer, was lost: it is sent what it lacks when it asks anew.
            Err(_) if self.tables.is_unanswered() => return None,
            Err(_) => Frame::Beat,
        })
    }
}
