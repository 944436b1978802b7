//! The socket through which an operator on this machine reaches the gateway when nothing else is there: HTTP over a file
//! that only its owner can open. Entry point: [`serve`].
//!
//! `GET /v1/tables`, `GET /v1/pins`, and `POST` and `DELETE /v1/pins/{application}`. It has a thread of its own, so that it waits for no
//! request and no request waits for it.

use crate::error::{Error, PinError};
use crate::handle::Handle;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use serde::Serialize;
use std::convert::Infallible;
use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::time::Duration;
use tokio::runtime;
use tokio::task::LocalSet;
use viridian_core::id::ApplicationName;
use viridian_wire::error_body::Problem;
use viridian_wire::operator::{PinList, PinStatus};

/// How long a peer may take to send a head: it is on this machine.
const HEAD_TIME: Duration = Duration::from_secs(5);

type Answer = Response<Full<Bytes>>;

/// Listens until `end`, on a thread of its own.
pub(crate) fn serve(
    path: &Path,
    handle: Handle,
    end: impl Future<Output = ()> + Send + 'static,
) -> Result<(), Error> {
    let unusable = |source| Error::Socket { path: path.to_owned(), source };
    let listener = bind(path).map_err(unusable)?;
    let runtime = runtime::Builder::new_current_thread().enable_all().build().map_err(Error::Start)?;
    let work = move || {
        let local = LocalSet::new();
        let ended = local.block_on(&runtime, async {
            let listener = tokio::net::UnixListener::from_std(listener)?;
            tokio::select! {
                ended = accept(&listener, &handle) => ended,
                () = end => Ok(()),
            }
        });
        if let Err(error) = ended {
            tracing::error!(%error, "the socket for operators cannot be listened on");
        }
    };
    std::thread::Builder::new().name("gateway-socket".to_owned()).spawn(work).map_err(Error::Start)?;
    Ok(())
}

/// A socket that appears under its name with its permissions. One that nobody listens on is left from before.
fn bind(path: &Path) -> io::Result<UnixListener> {
    if UnixStream::connect(path).is_ok() {
        return Err(io::Error::new(io::ErrorKind::AddrInUse, "another gateway listens on it"));
    }
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(".new");
    match fs::remove_file(&unfinished) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(&unfinished)?;
    fs::set_permissions(&unfinished, Permissions::from_mode(0o600))?;
    fs::rename(&unfinished, path)?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

async fn accept(listener: &tokio::net::UnixListener, handle: &Handle) -> io::Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        let handle = handle.clone();
        tokio::task::spawn_local(async move {
            let service = service_fn(|request| {
                let answer = answer(&handle, &request);
                async { Ok::<_, Infallible>(answer) }
            });
            let mut http = http1::Builder::new();
            http.timer(TokioTimer::new()).header_read_timeout(HEAD_TIME).keep_alive(false);
            // Whoever hung up has nobody left to tell.
            let _ended = http.serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

fn answer(handle: &Handle, request: &Request<Incoming>) -> Answer {
    let path = request.uri().path();
    if path == "/v1/pins" && request.method() == Method::GET {
        return json(StatusCode::OK, &PinList { pinned: handle.pinned() });
    }
    if path == "/v1/tables" && request.method() == Method::GET {
        return json(StatusCode::OK, &handle.standing());
    }
    let Some(name) = path.strip_prefix("/v1/pins/") else {
        return problem(StatusCode::NOT_FOUND, "unknown_path", "there is nothing at this path");
    };
    let Ok(application) = ApplicationName::parse(name) else {
        return problem(StatusCode::BAD_REQUEST, "invalid_name", "this is no name of an application");
    };
    if request.method() == Method::POST {
        pinned(handle, application)
    } else if request.method() == Method::DELETE {
        unpinned(handle, application)
    } else {
        problem(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "use POST or DELETE")
    }
}

fn pinned(handle: &Handle, application: ApplicationName) -> Answer {
    let until_stopped = match handle.pin_baseline(&application) {
        Ok(()) => None,
        Err(error @ PinError::Unknown(_)) => {
            return problem(StatusCode::NOT_FOUND, "unknown_application", &error.to_string());
        }
        Err(error) => Some(error.to_string()),
    };
    json(StatusCode::OK, &PinStatus { application, pinned: true, until_stopped })
}

fn unpinned(handle: &Handle, application: ApplicationName) -> Answer {
    match handle.unpin(&application) {
        Ok(()) => json(StatusCode::OK, &PinStatus { application, pinned: false, until_stopped: None }),
        Err(error) => problem(StatusCode::INSUFFICIENT_STORAGE, "pin_holds", &error.to_string()),
    }
}

fn problem(status: StatusCode, code: &str, detail: &str) -> Answer {
    let title = status.canonical_reason().unwrap_or_default();
    let problem = Problem {
        kind: "about:blank".into(),
        title: title.into(),
        status: status.as_u16(),
        detail: detail.into(),
        code: code.into(),
    };
    json(status, &problem)
}

fn json(status: StatusCode, body: &impl Serialize) -> Answer {
    // A shape of ours can always be written.
    let mut answer = Response::new(Full::new(Bytes::from(serde_json::to_vec(body).unwrap_or_default())));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    answer
}
