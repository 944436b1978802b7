//! What a gateway brings, as it left it. Entry point: [`Brought::read`].

use super::Door;
use super::answer::Refusal;
use axum::RequestExt;
use axum::body::Bytes;
use axum::extract::{Extension, FromRequest, Request};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use serde::de::DeserializeOwned;
use std::net::SocketAddr;
use viridian_wire::door::mark;

/// A body that is what was sent, as far as whoever sent it marks what it sends.
pub(super) struct Brought(Bytes);

impl Brought {
    /// What it says.
    pub(super) fn read<T: DeserializeOwned>(&self) -> Result<T, Refusal> {
        serde_json::from_slice(&self.0).map_err(|error| Refusal::Malformed(error.to_string()))
    }
}

impl FromRequest<Door> for Brought {
    type Rejection = Refusal;

    async fn from_request(mut request: Request, door: &Door) -> Result<Self, Refusal> {
        let given = request.headers().get(CONTENT_TYPE).cloned();
        let peer = request.extract_parts::<Extension<SocketAddr>>().await;
        let body = Bytes::from_request(request, door).await.map_err(|rejection| match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Refusal::Oversized,
            _ => Refusal::Malformed(rejection.to_string()),
        })?;
        if mark::check(given.as_ref().map(AsRef::as_ref), &body).is_err() {
            if let Ok(Extension(peer)) = peer {
                door.turned_away.tell(peer.ip(), &Refusal::Changed.to_string());
            }
            return Err(Refusal::Changed);
        }
        Ok(Self(body))
    }
}
