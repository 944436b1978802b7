//! Which application a request addresses and what it asks of it. Entry points: [`Address::read`], which needs nothing but
//! the head, and [`Address::resolve`], which asks the tables in service.
//!
//! An application is named, in this order: by the path `/apps/<application>/…`, by the header
//! `x-viridian-application`, as the `model` of a chat completion, as the model of an Open Inference path. Only paths that
//! the application's protocol lists pass, because model servers expose control paths without authentication beside them.

mod path;

use crate::prepared::lanes::Lane;
use crate::prepared::placement::{CHAT_PATH, Placement};
use crate::prepared::table::Table;
use crate::refusal::Refusal;
use crate::snapshot::Serving;
use http::request::Parts;
use http::uri::PathAndQuery;
use http::{HeaderName, Method};
use std::borrow::Cow;
use std::sync::Arc;
use viridian_core::application::Protocol;

/// Names the application a request is for.
pub(crate) const APPLICATION_HEADER: HeaderName = HeaderName::from_static("x-viridian-application");

/// The path of feedback; it belongs to no application.
pub(crate) const FEEDBACK_PATH: &str = "/v1/feedback";

const MODELS_PATH: &str = "/v1/models";
const APPLICATIONS: &str = "/apps/";
const MODELS: &str = "/v2/models/";

/// What the head of a request says about where it goes.
#[derive(Debug)]
pub(crate) struct Address<'a> {
    method: &'a Method,
    /// The application it names outright.
    application: Option<&'a str>,
    /// The path of the application's protocol.
    pub(crate) path: &'a str,
    query: Option<&'a str>,
}

/// What a request asks for.
pub(crate) enum Asked<'a> {
    /// Something of an application.
    Of(Arc<Table>, Call<'a>),
    /// The list of applications that speak OpenAI, or the one that was named.
    Models(Option<&'a str>),
    /// It cannot be said before the body names the model.
    Unnamed,
    /// Something of the gateway itself.
    Gateway(Question),
}

/// What callers who speak Open Inference ask a server before they ask for a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Question {
    /// Whether it runs.
    Live,
    /// Whether it can answer.
    Ready,
    /// What it is.
    Metadata,
}

/// A request to the upstream of an application.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Call<'a> {
    pub(crate) purpose: Purpose,
    path: UpstreamPath<'a>,
    query: Option<&'a str>,
}

/// Whether a request is evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// It is what the application is for: drawn and counted.
    Inference,
    /// It asks about the server: answered by the baseline, not counted.
    Inspection,
}

/// The path to send upstream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum UpstreamPath<'a> {
    /// As it came.
    Same(&'a str),
    /// Of the release's model; as it came when the release has none.
    OfModel { tail: &'a str, otherwise: &'a str },
}

impl<'a> Address<'a> {
    /// Reads the address of a request; refuses paths that servers read differently.
    pub(crate) fn read(head: &'a Parts) -> Result<Self, Refusal> {
        let whole = head.uri.path();
        if !path::is_unambiguous(whole) {
            return Err(Refusal::unsafe_path());
        }
        let (application, path) = match whole.strip_prefix(APPLICATIONS).and_then(|rest| rest.split_once('/'))
        {
            Some((name, _)) => (Some(name), &whole[APPLICATIONS.len() + name.len()..]),
            None => (header(head), whole),
        };
        Ok(Self { method: &head.method, application, path, query: head.uri.query() })
    }

    /// The path, without what names the application before it.
    pub(crate) const fn path(&self) -> &'a str {
        self.path
    }

    /// Whether it is feedback, which the gateway takes itself.
    pub(crate) fn is_feedback(&self) -> bool {
        self.path == FEEDBACK_PATH
    }

    /// The protocol in whose shape a caller is told of an error, as far as the path shows it.
    pub(crate) fn protocol(&self, serving: &Serving) -> Protocol {
        let named = self.application.and_then(|name| serving.tables.get(name));
        match named {
            Some(table) => table.routing.protocol,
            None if self.path.starts_with("/v1/") => Protocol::OpenAi,
            None if self.path.starts_with("/v2/") => Protocol::OpenInference,
            None => Protocol::Http,
        }
    }

    /// What is asked of which application. `model` is what the body names, once it is read.
    pub(crate) fn resolve(&self, serving: &Serving, model: Option<&str>) -> Result<Asked<'a>, Refusal> {
        if let Some(name) = self.application {
            let table = serving.tables.get(name).ok_or_else(|| Refusal::unknown_application(name))?;
            if self.path == MODELS_PATH && table.routing.protocol == Protocol::OpenAi {
                return self.models(Some(name));
            }
            return self.call(table);
        }
        if self.path == CHAT_PATH {
            return self.resolve_model(serving, model);
        }
        if self.path == MODELS_PATH {
            return self.models(None);
        }
        if let Some(question) = question(self.path) {
            self.allow(Method::GET, "GET")?;
            return Ok(Asked::Gateway(question));
        }
        let model_path = self.path.strip_prefix(MODELS).ok_or_else(Refusal::not_addressed)?;
        let name = model_path.split('/').next().unwrap_or(model_path);
        let speaks = |table: &&Arc<Table>| table.routing.protocol == Protocol::OpenInference;
        let table = serving.tables.get(name).filter(speaks);
        self.call(table.ok_or_else(|| Refusal::unknown_application(name))?)
    }

    fn resolve_model(&self, serving: &Serving, model: Option<&str>) -> Result<Asked<'a>, Refusal> {
        self.allow(Method::POST, "POST")?;
        let Some(name) = model else { return Ok(Asked::Unnamed) };
        let speaks = |table: &&Arc<Table>| table.routing.protocol == Protocol::OpenAi;
        let table = serving.tables.get(name).filter(speaks);
        self.call(table.ok_or_else(|| Refusal::unknown_model(name))?)
    }

    fn models(&self, name: Option<&'a str>) -> Result<Asked<'a>, Refusal> {
        self.allow(Method::GET, "GET")?;
        Ok(Asked::Models(name))
    }

    fn call(&self, table: &Arc<Table>) -> Result<Asked<'a>, Refusal> {
        let (purpose, path) = match table.routing.protocol {
            Protocol::OpenAi => self.openai()?,
            Protocol::OpenInference => self.open_inference()?,
            Protocol::Http => self.plain(&table.routing.allow_paths)?,
        };
        Ok(Asked::Of(Arc::clone(table), Call { purpose, path, query: self.query }))
    }

    fn openai(&self) -> Result<(Purpose, UpstreamPath<'a>), Refusal> {
        if self.path != CHAT_PATH {
            return Err(Refusal::path_not_allowed());
        }
        self.allow(Method::POST, "POST")?;
        Ok((Purpose::Inference, UpstreamPath::Same(self.path)))
    }

    fn open_inference(&self) -> Result<(Purpose, UpstreamPath<'a>), Refusal> {
        if question(self.path).is_some() {
            self.allow(Method::GET, "GET")?;
            return Ok((Purpose::Inspection, UpstreamPath::Same(self.path)));
        }
        let tail = path::model_tail(self.path).ok_or_else(Refusal::path_not_allowed)?;
        let purpose = match tail {
            "/infer" => Purpose::Inference,
            "" | "/ready" => Purpose::Inspection,
            _ => return Err(Refusal::path_not_allowed()),
        };
        match purpose {
            Purpose::Inference => self.allow(Method::POST, "POST")?,
            Purpose::Inspection => self.allow(Method::GET, "GET")?,
        }
        Ok((purpose, UpstreamPath::OfModel { tail, otherwise: self.path }))
    }

    fn plain(&self, allowed: &[String]) -> Result<(Purpose, UpstreamPath<'a>), Refusal> {
        if !allowed.iter().any(|pattern| path::matches(pattern, self.path)) {
            return Err(Refusal::path_not_allowed());
        }
        let purpose = match *self.method {
            Method::POST => Purpose::Inference,
            Method::GET | Method::HEAD => Purpose::Inspection,
            _ => return Err(Refusal::method_not_allowed("GET, HEAD, POST")),
        };
        Ok((purpose, UpstreamPath::Same(self.path)))
    }

    fn allow(&self, method: Method, name: &'static str) -> Result<(), Refusal> {
        if *self.method == method { Ok(()) } else { Err(Refusal::method_not_allowed(name)) }
    }
}

impl Call<'_> {
    /// The request target at an endpoint of a placement. Absent when the parts do not make one, which paths that came
    /// over HTTP do.
    pub(crate) fn target(&self, placement: &Placement, lane: &Lane) -> Option<PathAndQuery> {
        if self.purpose == Purpose::Inference
            && self.query.is_none()
            && let Some(target) = &lane.inference
        {
            return Some(target.clone());
        }
        lane.endpoint.target(&self.upstream_path(placement), self.query)
    }

    fn upstream_path(&self, placement: &Placement) -> Cow<'_, str> {
        match (self.path, &placement.model_path) {
            (UpstreamPath::Same(path), _) => path.into(),
            (UpstreamPath::OfModel { tail, .. }, Some(model)) => format!("{model}{tail}").into(),
            (UpstreamPath::OfModel { otherwise, .. }, None) => otherwise.into(),
        }
    }
}

/// The paths of a server that are no model's.
fn question(path: &str) -> Option<Question> {
    match path {
        "/v2/health/live" => Some(Question::Live),
        "/v2/health/ready" => Some(Question::Ready),
        "/v2" => Some(Question::Metadata),
        _ => None,
    }
}

fn header(head: &Parts) -> Option<&str> {
    // A name that is no text is no application's name; it is looked up as one and not found.
    head.headers.get(APPLICATION_HEADER).map(|name| name.to_str().unwrap_or("?"))
}
