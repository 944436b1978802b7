//! A release in an environment, ready to be sent to: endpoints taken apart, the secret read, header values and the
//! texts that are spliced into bodies made. Entry point: [`Placement::prepare`].

use super::lanes::{self, Lanes};
use http::HeaderValue;
use rustls::ClientConfig;
use serde_json::value::RawValue;
use std::sync::Arc;
use viridian_core::application::Protocol;
use viridian_core::environment::SecretReference;
use viridian_core::id::EnvironmentName;
use viridian_core::release::{Model, Parameters, Precedence};
use viridian_core::routing::table;
use viridian_platform::secret;

/// The path of chat completions, the only one of its protocol that is inference.
pub(crate) const CHAT_PATH: &str = "/v1/chat/completions";

/// The field of a body that names the model.
const MODEL_FIELD: &str = "model";

/// The field of an Open Inference body that holds parameters.
const PARAMETERS_FIELD: &str = "parameters";

/// More endpoints than any environment of one application has; a longer list is a mistake.
const MOST_ENDPOINTS: usize = 1_024;

/// A release in an environment, ready to be sent to.
pub(crate) struct Placement {
    pub(crate) lanes: Lanes,
    /// Where it runs.
    pub(crate) environment: EnvironmentName,
    /// What callers are told: the release's version.
    pub(crate) version: HeaderValue,
    /// Replaces the caller's credentials.
    pub(crate) bearer: Option<HeaderValue>,
    pub(crate) edits: Edits,
    /// The part of an Open Inference path that names the model, when the release does.
    pub(crate) model_path: Option<String>,
}

/// What is changed in the body of a request. Values are JSON texts.
#[derive(Debug, Default)]
pub(crate) struct Edits {
    /// What always replaces the caller's field.
    pub(crate) set: Vec<Edit>,
    /// What stands in when the caller has no such field.
    pub(crate) default: Vec<Edit>,
    /// The field whose object is changed; absent when it is the body itself.
    pub(crate) within: Option<&'static str>,
}

/// A field of a body.
#[derive(Debug)]
pub(crate) struct Edit {
    pub(crate) name: String,
    pub(crate) value: String,
}

/// Why a placement cannot be served.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("release {0} has no endpoint")]
    NoEndpoint(String),
    #[error("release {release} has {count} endpoints, more than {MOST_ENDPOINTS}")]
    TooManyEndpoints { release: String, count: usize },
    #[error(transparent)]
    Lanes(#[from] lanes::Error),
    #[error(transparent)]
    Secret(#[from] secret::Error),
    #[error("{0} holds a secret that does not fit a header")]
    SecretCharacters(String),
    #[error("version '{0}' does not fit a header")]
    Version(String),
    #[error("'model' is set by the release's model, not by a parameter")]
    ModelParameter,
    #[error("parameter '{name}' is no JSON value")]
    Parameter { name: String, source: serde_json::Error },
}

/// What a placement is prepared with.
pub(crate) struct Means<'a> {
    pub(crate) protocol: Protocol,
    /// Whom `https` endpoints are trusted by; absent: whom the machine trusts.
    pub(crate) trust: Option<&'a Arc<ClientConfig>>,
    /// What references led to in the table that serves now.
    pub(crate) known_bearers: &'a [(SecretReference, HeaderValue)],
}

impl Placement {
    /// Does once what requests need. Reads the secret; blocks on files.
    pub(crate) fn prepare(placement: &table::Placement, means: &Means<'_>) -> Result<Self, Error> {
        let model_path = match means.protocol {
            Protocol::OpenInference => placement.model.as_ref().map(model_path),
            Protocol::OpenAi | Protocol::Http => None,
        };
        let version = HeaderValue::from_str(&placement.version)
            .map_err(|_| Error::Version(placement.version.clone()))?;
        Ok(Self {
            lanes: lanes(placement, model_path.as_deref(), means)?,
            environment: placement.environment.clone(),
            version,
            bearer: bearer(placement, means)?,
            edits: Edits::of(placement, means.protocol)?,
            model_path,
        })
    }
}

impl Edits {
    fn of(placement: &table::Placement, protocol: Protocol) -> Result<Self, Error> {
        let mut edits = Self::default();
        match protocol {
            Protocol::OpenAi => {}
            // The model is named in the path.
            Protocol::OpenInference => edits.within = Some(PARAMETERS_FIELD),
            // It has no place for parameters.
            Protocol::Http => return Ok(edits),
        }
        if let Some(model) = &placement.model
            && protocol == Protocol::OpenAi
        {
            let value = serde_json::Value::from(model.name.as_str()).to_string();
            edits.set.push(Edit { name: MODEL_FIELD.to_owned(), value });
        }
        let Parameters { precedence, values } = &placement.parameters;
        let parameters = match precedence {
            Precedence::Caller => &mut edits.default,
            Precedence::Release => &mut edits.set,
        };
        for (name, value) in values {
            if name == MODEL_FIELD && protocol == Protocol::OpenAi {
                return Err(Error::ModelParameter);
            }
            let valid: Result<&RawValue, _> = serde_json::from_str(value);
            let value = valid.map_err(|source| Error::Parameter { name: name.clone(), source })?;
            parameters.push(Edit { name: name.clone(), value: value.get().to_owned() });
        }
        Ok(edits)
    }

    /// Whether bodies pass unchanged.
    pub(crate) fn is_empty(&self) -> bool {
        self.set.is_empty() && self.default.is_empty()
    }
}

fn lanes(placement: &table::Placement, model_path: Option<&str>, means: &Means<'_>) -> Result<Lanes, Error> {
    let count = placement.endpoints.len();
    if count == 0 {
        return Err(Error::NoEndpoint(placement.release.to_string()));
    }
    if count > MOST_ENDPOINTS {
        return Err(Error::TooManyEndpoints { release: placement.release.to_string(), count });
    }
    let inference = match means.protocol {
        Protocol::OpenAi => Some(CHAT_PATH.to_owned()),
        Protocol::OpenInference => model_path.map(|path| format!("{path}/infer")),
        Protocol::Http => None,
    };
    Ok(Lanes::prepare(&placement.endpoints, inference.as_deref(), means.trust)?)
}

/// The credentials of the environment. A secret that is in service stays so when its source can no longer be read:
/// otherwise a lost file would stand in the way of a rollback.
fn bearer(placement: &table::Placement, means: &Means<'_>) -> Result<Option<HeaderValue>, Error> {
    let Some(reference) = &placement.bearer else { return Ok(None) };
    let secret = match secret::resolve(reference) {
        Ok(secret) => secret,
        Err(error) => {
            let known = means.known_bearers.iter().find(|(known, _)| known == reference);
            return known.map(|(_, value)| Some(value.clone())).ok_or(Error::Secret(error));
        }
    };
    let mut value = HeaderValue::from_str(&format!("Bearer {}", secret.expose()))
        .map_err(|_| Error::SecretCharacters(reference.to_string()))?;
    value.set_sensitive(true);
    Ok(Some(value))
}

/// The part of an Open Inference path that names a model.
fn model_path(model: &Model) -> String {
    let name = encode_segment(&model.name);
    match &model.version {
        Some(version) => format!("/v2/models/{name}/versions/{}", encode_segment(version)),
        None => format!("/v2/models/{name}"),
    }
}

/// A text as one segment of a path: everything but unreserved characters is encoded (RFC 3986, section 2.3).
fn encode_segment(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}
