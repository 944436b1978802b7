//! Bodies of the Open Inference Protocol that hold tensors as raw bytes behind their JSON. Entry points: [`json`], and
//! [`length_after`] when the JSON was rewritten. A header says where the JSON ends; without it the body is JSON alone.

use crate::refusal::Refusal;
use http::{HeaderMap, HeaderName, HeaderValue};

/// How long the JSON is that tensors follow; zero when there is none.
pub(crate) const JSON_LENGTH: HeaderName = HeaderName::from_static("inference-header-content-length");

/// Whether tensors follow the JSON of a body.
pub(crate) fn follow(headers: &HeaderMap) -> bool {
    headers.contains_key(JSON_LENGTH)
}

/// The JSON of a body.
pub(crate) fn json<'b>(body: &'b [u8], headers: &HeaderMap) -> Result<&'b [u8], Refusal> {
    match headers.get(JSON_LENGTH) {
        None => Ok(body),
        Some(length) => length_of(length).and_then(|length| body.get(..length)).ok_or_else(|| {
            Refusal::malformed_json("inference-header-content-length does not say where it ends")
        }),
    }
}

/// What the header says of a body that was so long when it came and is so long now. Absent when it is not sent.
pub(crate) fn length_after(headers: &HeaderMap, came: usize, now: usize) -> Option<HeaderValue> {
    let length = length_of(headers.get(JSON_LENGTH)?)?;
    Some(HeaderValue::from((length + now).saturating_sub(came)))
}

fn length_of(header: &HeaderValue) -> Option<usize> {
    header.to_str().ok()?.parse().ok()
}
