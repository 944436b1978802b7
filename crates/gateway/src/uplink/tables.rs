//! Takes tables as they come, and says what became of them.

use super::backoff::Backoff;
use super::following::Following;
use super::lines::Lines;
use super::{Error, Uplink, refused};
use http_body_util::{BodyExt, Limited};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::sleep;
use viridian_crash as crash;
use viridian_platform::causes::Causes;
use viridian_wire::door::{ACKNOWLEDGEMENTS, Frame, Hello, PROTOCOL, Serving, TABLES, line};
use viridian_wire::snapshot::Delta;

/// After this long without a word the connection counts as dead.
const SILENCE: Duration = Duration::from_secs(15);
/// The most of a refusal that is read.
const REFUSAL: usize = 64 * 1024;

/// Follows the controller until told to stop.
pub(super) async fn follow(uplink: &Uplink, mut stop: watch::Receiver<bool>) {
    let mut backoff = Backoff::default();
    let mut said = String::new();
    loop {
        let ended = tokio::select! {
            ended = take(uplink, &mut backoff) => ended,
            _ = stop.wait_for(|stopped| *stopped) => return,
        };
        let (wait, text) = match ended {
            Error::Superseded => (Backoff::superseded(), Causes(&Error::Superseded).to_string()),
            other => (backoff.after(&other, chance()), Causes(&other).to_string()),
        };
        // The same trouble is told once, not at each attempt.
        if text != said {
            tracing::warn!(controller = %uplink.controller, "out of touch with the controller: {text}");
            said = text;
        }
        tokio::select! {
            () = sleep(wait) => {}
            _ = stop.wait_for(|stopped| *stopped) => return,
        }
    }
}

/// Takes tables until something goes wrong.
async fn take(uplink: &Uplink, backoff: &mut Backoff) -> Error {
    let mut lines = match come(uplink).await {
        Ok(lines) => lines,
        Err(error) => return error,
    };
    let mut following = Following::default();
    loop {
        let frame = match next(&mut lines).await {
            Ok(frame) => frame,
            Err(error) => return error,
        };
        // What follows from a beat alone is nothing: a controller may send them and refuse everything else.
        if matches!(frame, Frame::Delta(_)) {
            backoff.reset();
            uplink.back.notify_one();
        }
        let served = match following.take(frame, uplink.handle.is_lease_over()) {
            Ok(Some(delta)) => serve_by(uplink, delta).await,
            Ok(None) => Ok(()),
            Err(error) => Err(error),
        };
        if let Err(error) = served {
            return error;
        }
    }
}

/// A number from 0 to 1 that is another one for each gateway.
pub(super) fn chance() -> f64 {
    f64::from(getrandom::u32().unwrap_or(u32::MAX / 2)) / f64::from(u32::MAX)
}

/// Introduces the gateway with what it serves by.
async fn come(uplink: &Uplink) -> Result<Lines, Error> {
    let serving = uplink.handle.serving().into_iter();
    let hello = Hello {
        protocol: PROTOCOL,
        origin: uplink.origin.clone(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        serving: serving.map(|(application, generation)| Serving { application, generation }).collect(),
        checks_lines: true,
    };
    let answer = uplink.open(TABLES, &hello).await?;
    let status = answer.status();
    if status.is_success() {
        return Ok(Lines::of(answer.into_body()));
    }
    let reason = Limited::new(answer.into_body(), REFUSAL).collect().await;
    let reason = reason.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    Err(refused(status, &reason))
}

async fn next(lines: &mut Lines) -> Result<Frame, Error> {
    let line = lines.next(SILENCE).await?;
    line::read(&line).map_err(|error| Error::Unreadable(error.to_string()))
}

async fn serve_by(uplink: &Uplink, delta: Delta) -> Result<(), Error> {
    let handle = uplink.handle.clone();
    let taken = tokio::task::spawn_blocking(move || handle.apply(&delta)).await;
    let acknowledgement = taken.map_err(|error| Error::Unreadable(error.to_string()))?;
    crash::at(crash::Place::Unacknowledged);
    uplink.post(ACKNOWLEDGEMENTS, &acknowledgement).await?;
    Ok(())
}
