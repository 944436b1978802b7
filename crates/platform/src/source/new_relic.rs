//! New Relic: NRQL through NerdGraph, `POST /graphql`.

use super::{Error, Measured, answer, finish, with_secret};
use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use serde_json::{Value, json};
use viridian_core::environment::{Endpoint, SecretReference};

/// The question; account and query are variables, so that nothing has to be escaped.
const GRAPHQL: &str = "query($account: Int!, $query: Nrql!) \
    { actor { account(id: $account) { nrql(query: $query) { results } } } }";

pub(super) fn request(
    url: &Endpoint,
    api_key: &SecretReference,
    account: u64,
    query: &str,
) -> Result<Request<Full<Bytes>>, Error> {
    let request = Request::post(format!("{url}/graphql"))
        .header("accept", "application/json")
        .header("content-type", "application/json");
    let asked = json!({"query": GRAPHQL, "variables": {"account": account, "query": query}});
    finish(with_secret(request, "api-key", "", api_key)?, Bytes::from(asked.to_string()))
}

/// The only number of the only row.
pub(super) fn measured(answer: &Value) -> Result<Measured, Error> {
    if let Some(error) = answer.pointer("/errors/0/message").and_then(Value::as_str) {
        return Err(Error::Answer(format!("it answers an error: {error}")));
    }
    let rows = answer.pointer("/data/actor/account/nrql/results").and_then(Value::as_array);
    let row = match rows.map(Vec::as_slice) {
        Some([row]) => row,
        Some(rows) => {
            let count = rows.len();
            return Err(Error::Answer(format!("the query has {count} rows where one was expected")));
        }
        None => return Err(Error::Answer("its answer is none of New Relic".to_owned())),
    };
    let fields: Vec<&Value> = row
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(name, _)| !matches!(name.as_str(), "beginTimeSeconds" | "endTimeSeconds"))
        .map(|(_, value)| value)
        .collect();
    let value = match fields.as_slice() {
        [one] => answer::number(one)?,
        more => {
            let count = more.len();
            return Err(Error::Answer(format!("the row has {count} fields where one number was expected")));
        }
    };
    let at = row.get("endTimeSeconds").map(answer::moment).transpose()?;
    Ok(Measured { value, at, unit: None })
}
