//! The stream of tables to one gateway.

use super::answer::Refusal;
use super::{Brought, Door};
use crate::hub::{Subscription, Update};
use axum::body::{Body, Bytes};
use axum::extract::{Extension, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, oneshot, watch};
use tokio::time::timeout;
use viridian_core::id::BootId;
use viridian_wire::door::line::{self, Check};
use viridian_wire::door::{Frame, Hello, OLDEST_PROTOCOL, PROTOCOL};

/// How long nothing is said at most, a third of what a gateway takes for silence.
const BEAT: Duration = Duration::from_secs(5);

/// How long a gateway waits for its turn; then it comes again later.
const TURN: Duration = Duration::from_secs(5);
/// How long a gateway that takes everything it lacks keeps others waiting at most.
const WELCOME: Duration = Duration::from_secs(10);

/// A stream that is under way.
struct Sending {
    tables: Subscription,
    boot: BootId,
    closing: watch::Receiver<bool>,
    /// Dropped when the gateway has everything it lacked.
    welcome: Option<oneshot::Sender<()>>,
    ended: bool,
}

pub(super) async fn stream(
    State(door): State<Door>,
    Extension(peer): Extension<SocketAddr>,
    body: Brought,
) -> Result<Response, Refusal> {
    let Hello { protocol, origin, version, serving, checks_lines } = body.read()?;
    let check = if checks_lines { Check::Digest } else { Check::Nothing };
    if !(OLDEST_PROTOCOL..=PROTOCOL).contains(&protocol) {
        let refusal = Refusal::Protocol(protocol);
        door.turned_away.tell(peer.ip(), &format!("gateway {} {version}: {refusal}", origin.node));
        return Err(refusal);
    }
    let turn = timeout(TURN, Arc::clone(&door.welcomes).acquire_owned()).await;
    let turn = turn.map_err(|_| Refusal::Busy)?.map_err(|_| Refusal::Closing)?;
    tracing::info!(node = %origin.node, %peer, version, serving = serving.len(), "a gateway came");
    let serving = serving.into_iter().map(|serving| (serving.application, serving.generation));
    let (registry, node, boot) = (Arc::clone(&door.registry), origin.node.clone(), origin.boot);
    let opened = tokio::task::spawn_blocking(move || registry.open(&origin, serving)).await;
    let tables = opened.map_err(|_| Refusal::Closing)?;
    let tables = tables.map_err(|error| Refusal::Unwritable(error.to_string()))?;
    if let Some(silence) = tables.replaced() {
        tracing::warn!(
            %node,
            "the process before this one said no farewell: what it counted in the last {} ms is lost",
            silence.as_millis()
        );
    }
    door.nudge.wake();
    let sending = Sending { tables, boot, closing: door.closing, welcome: Some(hold(turn)), ended: false };
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
        if self.tables.has_everything() {
            self.welcome = None;
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

/// Keeps a turn until what is answered is dropped, or for as long as a gateway may keep others waiting.
fn hold(turn: OwnedSemaphorePermit) -> oneshot::Sender<()> {
    let (keep, done) = oneshot::channel();
    tokio::spawn(async move {
        // Either way the turn is over.
        let _over = timeout(WELCOME, done).await;
        drop(turn);
    });
    keep
}
