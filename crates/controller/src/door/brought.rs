//! What a gateway brings: as it left it, and in its own name. Entry point: [`Brought::read`].

use super::answer::Refusal;
use super::speaker::{Said, Speaker};
use super::{Door, TurnedAway};
use axum::RequestExt;
use axum::body::Bytes;
use axum::extract::{Extension, FromRequest, Request};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;
use std::net::SocketAddr;
use std::sync::Arc;
use viridian_wire::door::mark;

/// A body that is what was sent, as far as whoever sent it marks what it sends.
pub(super) struct Brought {
    text: Bytes,
    peer: SocketAddr,
    speaker: Speaker,
    turned_away: Arc<TurnedAway>,
}

impl Brought {
    /// What it says.
    ///
    /// # Errors
    /// It cannot be read, or is said in the name of a gateway that whoever brought it may not speak for.
    pub(super) fn read<T: DeserializeOwned + Said>(&self) -> Result<T, Refusal> {
        let said: T =
            serde_json::from_slice(&self.text).map_err(|error| Refusal::Malformed(error.to_string()))?;
        let checked = self.speaker.check(said.node());
        checked.inspect_err(|refusal| self.turned_away.tell(self.peer.ip(), &refusal.to_string()))?;
        Ok(said)
    }
}

impl FromRequest<Door> for Brought {
    type Rejection = Response;

    async fn from_request(mut request: Request, door: &Door) -> Result<Self, Response> {
        let given = request.headers().get(CONTENT_TYPE).cloned();
        let from = request.extract_parts::<(Extension<SocketAddr>, Extension<Speaker>)>().await;
        let (Extension(peer), Extension(speaker)) = from.map_err(IntoResponse::into_response)?;
        let taken = Bytes::from_request(request, door).await.map_err(|rejection| match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Refusal::Oversized,
            _ => Refusal::Malformed(rejection.to_string()),
        });
        let text = taken.map_err(IntoResponse::into_response)?;
        if mark::check(given.as_ref().map(AsRef::as_ref), &text).is_err() {
            door.turned_away.tell(peer.ip(), &Refusal::Changed.to_string());
            return Err(Refusal::Changed.into_response());
        }
        Ok(Self { text, peer, speaker, turned_away: Arc::clone(&door.turned_away) })
    }
}
