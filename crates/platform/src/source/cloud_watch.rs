//! CloudWatch of AWS: the points of one expression or metric, `GetMetricData` in JSON, signed.

mod sign;

use super::{Error, Measured, WINDOW, answer, excerpt};
use crate::secret;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use serde_json::{Value, json};
use sign::{Keys, Scope};
use std::time::Duration;
use viridian_core::environment::Endpoint;
use viridian_core::source::AwsKeys;
use viridian_core::time::{Timestamp, readable};

/// The operation, as this service names it in its JSON protocol.
const OPERATION: &str = "GraniteServiceVersion20100801.GetMetricData";
/// AWS refuses what was signed longer ago or later than this by its own clock.
const MOST_SKEW: Duration = Duration::from_secs(5 * 60);
/// So many periods are asked for at least: the latest ones may have no number yet.
const PERIODS: u32 = 5;

/// How CloudWatch is asked.
pub(super) struct Asking<'a> {
    pub(super) url: &'a Endpoint,
    pub(super) region: &'a str,
    pub(super) keys: &'a AwsKeys,
    pub(super) period: Duration,
}

impl Asking<'_> {
    /// Only periods that are over are asked for: a sum over half of one is too small.
    pub(super) fn request(&self, query: &str, now: Timestamp) -> Result<Request<Full<Bytes>>, Error> {
        let period = self.period.as_secs().max(1);
        let end = now.0 / 1_000 / period * period;
        let begin = end.saturating_sub(WINDOW.max(self.period * PERIODS).as_secs());
        let asked = json!({
            "StartTime": begin,
            "EndTime": end,
            "ScanBy": "TimestampDescending",
            "MetricDataQueries": queries(query, period)?,
        });
        let request = Request::post(format!("{}/", self.url))
            .header("accept", "application/json")
            .header("content-type", "application/x-amz-json-1.0")
            .header("x-amz-target", OPERATION)
            .body(Bytes::from(asked.to_string()))
            .map_err(|error| Error::Form(error.to_string()))?;
        let keys = Keys {
            access_key: secret::resolve(&self.keys.access_key)?,
            secret_key: secret::resolve(&self.keys.secret_key)?,
            session_token: self.keys.session_token.as_ref().map(secret::resolve).transpose()?,
        };
        let scope = Scope { region: self.region, service: "monitoring" };
        let signed = sign::sign(request, &keys, scope, now).map_err(Error::Form)?;
        Ok(signed.map(Full::new))
    }

    /// The last point of the only series. It is of the period that begins at its moment, and so of the end of that.
    pub(super) fn measured(&self, answer: &Value) -> Result<Measured, Error> {
        if let Some(message) = said(&answer["Messages"]) {
            return Err(Error::Answer(format!("its answer is not whole: {message}")));
        }
        let one = match answer["MetricDataResults"].as_array().map(Vec::as_slice) {
            Some([one]) => one,
            Some([]) => return Err(Error::Answer("the expression has no series".to_owned())),
            Some(more) => {
                let count = more.len();
                return Err(Error::Answer(format!(
                    "the expression has {count} series where one was expected: aggregate them"
                )));
            }
            None => return Err(Error::Answer("its answer is none of CloudWatch".to_owned())),
        };
        match one["StatusCode"].as_str() {
            Some("Complete") => {}
            Some("PartialData") => return Err(Error::Answer("it has a part of the data only".to_owned())),
            other => {
                let why = said(&one["Messages"]).unwrap_or_default();
                return Err(Error::Answer(format!("it answers {}: {why}", other.unwrap_or("no status"))));
            }
        }
        let list = |name: &str| one[name].as_array().map(Vec::as_slice).unwrap_or_default();
        let (moments, values) = (list("Timestamps"), list("Values"));
        if moments.len() != values.len() {
            return Err(Error::Answer("it has more moments than values, or fewer".to_owned()));
        }
        let mut last: Option<(Timestamp, &Value)> = None;
        for (moment, value) in moments.iter().zip(values) {
            let begun = answer::moment(moment)?;
            if last.is_none_or(|(at, _)| begun > at) {
                last = Some((begun, value));
            }
        }
        let Some((begun, value)) = last else {
            return Err(Error::Answer("the series has no points".to_owned()));
        };
        Ok(Measured { value: answer::number(value)?, at: Some(begun.plus(self.period)), unit: None })
    }
}

/// What is asked: an expression, or the list of queries that the console of CloudWatch shows as JSON, of which one returns data.
fn queries(query: &str, period: u64) -> Result<Value, Error> {
    if !query.trim_start().starts_with('[') {
        return Ok(json!([{"Id": "asked", "Expression": query, "Period": period}]));
    }
    serde_json::from_str(query)
        .map_err(|error| Error::Form(format!("its query is no list of queries in JSON: {error}")))
}

/// The first of several messages: what AWS adds when it could not do all of what it was asked.
fn said(messages: &Value) -> Option<String> {
    let first = messages.as_array()?.first()?;
    let text = |name: &str| first[name].as_str().unwrap_or_default();
    Some(excerpt(&format!("{} ({})", text("Value"), text("Code"))))
}

/// Why a request was refused. What AWS says about a signature repeats what was signed, a token among it, and is not shown.
pub(super) fn refused(answer: &Response<Bytes>, now: Timestamp) -> Error {
    let status = answer.status().as_u16();
    let told: Value = serde_json::from_slice(answer.body()).unwrap_or_default();
    let kind = told["__type"].as_str().unwrap_or_default();
    let kind = kind.rsplit('#').next().unwrap_or_default();
    let message = told["message"].as_str().or_else(|| told["Message"].as_str()).unwrap_or_default();
    let is_about_time = ["Expired", "Skewed"].iter().any(|word| kind.contains(word));
    let is_about_signature = kind.contains("Signature");
    if (is_about_time || is_about_signature)
        && let Some(skew) = skew(answer, now)
    {
        let (skew, most) = (readable(skew), readable(MOST_SKEW));
        return Error::Answer(format!(
            "it refuses the signature ({kind}): its clock and ours are {skew} apart, and {most} is the most it bears"
        ));
    }
    if is_about_signature || is_about_time {
        return Error::Answer(format!("it refuses the signature ({kind}): check the keys and the region"));
    }
    if kind.contains("Throttl") || status == 503 {
        return Error::Reach(format!("it is asked too often, or too busy (status {status}{})", after(kind)));
    }
    if kind.is_empty() {
        return Error::Status { status, excerpt: excerpt(&String::from_utf8_lossy(answer.body())) };
    }
    Error::Answer(format!("it answers an error: {} ({kind})", excerpt(message)))
}

fn after(kind: &str) -> String {
    if kind.is_empty() { String::new() } else { format!(", {kind}") }
}

/// How far its clock, as it told it with the answer, is from ours; nothing while that is no reason to refuse a signature.
fn skew(answer: &Response<Bytes>, now: Timestamp) -> Option<Duration> {
    let date = answer.headers().get("date")?.to_str().ok()?;
    let theirs = jiff::fmt::rfc2822::parse(date).ok()?.timestamp().as_millisecond();
    let apart = Duration::from_millis(u64::try_from(theirs).ok()?.abs_diff(now.0));
    (apart >= MOST_SKEW).then_some(apart)
}
