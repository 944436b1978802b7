//! `viridian gateway`: looks at gateways through the control plane, and talks to the one on this machine through its
//! socket, for which nobody else has to be there.

use super::{describe, get};
use crate::args::{DescribeArgs, GatewayArgs, GatewayVerb, GetArgs, Kind, ListArgs, PinArgs, SocketArgs};
use crate::client::escaped;
use crate::exit::Exit;
use crate::output::{note, standing_table};
use crate::settings::Settings;
use anyhow::{Context, Result};
use bytes::Bytes;
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde::de::DeserializeOwned;
use std::path::Path;
use std::time::Duration;
use tokio::net::UnixStream;
use tokio::time::timeout;
use viridian_wire::error_body::Problem;
use viridian_wire::operator::{PinList, PinStatus, Standing};

/// How long the gateway may take to answer: it writes to its own disk.
const LIMIT: Duration = Duration::from_secs(10);

pub(super) async fn run(verb: &GatewayVerb, settings: &Settings) -> Result<Exit> {
    match verb {
        GatewayVerb::List(ListArgs { watch }) => {
            let all =
                GetArgs { kind: Kind::Gateways, name: None, application: None, active: false, watch: *watch };
            get::run(&all, settings).await
        }
        GatewayVerb::Describe(GatewayArgs { name }) => {
            describe::run(&DescribeArgs { kind: Kind::Gateways, name: name.clone() }, settings).await
        }
        GatewayVerb::Tables(args) => tables(args, settings).await,
        GatewayVerb::PinBaseline(args) => change(Method::POST, args, settings).await,
        GatewayVerb::Unpin(args) => change(Method::DELETE, args, settings).await,
        GatewayVerb::Pins(args) => list(args, settings).await,
    }
}

async fn change(method: Method, args: &PinArgs, settings: &Settings) -> Result<Exit> {
    let path = format!("/v1/pins/{}", escaped(&args.application));
    let status: PinStatus = match ask(&args.socket.socket, method, &path).await? {
        Ok(status) => status,
        Err(exit) => return Ok(exit),
    };
    settings.output.one(&status, |status| {
        let where_to = if status.pinned { "is pinned to its baseline" } else { "follows its table" };
        format!("{} {where_to} on this gateway.", status.application)
    })?;
    if let Some(reason) = &status.until_stopped {
        note(format_args!("warning: a restart of the gateway ends this: {reason}"));
    }
    Ok(Exit::Ok)
}

async fn list(args: &SocketArgs, settings: &Settings) -> Result<Exit> {
    let list: PinList = match ask(&args.socket, Method::GET, "/v1/pins").await? {
        Ok(list) => list,
        Err(exit) => return Ok(exit),
    };
    settings.output.several(&list.pinned, |names| {
        let lines: Vec<&str> = names.iter().map(viridian_core::id::ApplicationName::as_str).collect();
        if lines.is_empty() { "Nothing is pinned on this gateway.".to_owned() } else { lines.join("\n") }
    })?;
    Ok(Exit::Ok)
}

async fn tables(args: &SocketArgs, settings: &Settings) -> Result<Exit> {
    let standing: Standing = match ask(&args.socket, Method::GET, "/v1/tables").await? {
        Ok(standing) => standing,
        Err(exit) => return Ok(exit),
    };
    settings.output.one(&standing, standing_table)?;
    Ok(Exit::Ok)
}

/// What the gateway answers; an exit when it did not do as asked and that was said.
async fn ask<T: DeserializeOwned>(socket: &Path, method: Method, path: &str) -> Result<Result<T, Exit>> {
    let exchanged = timeout(LIMIT, exchange(socket, method, path)).await;
    let answered = exchanged.context("the gateway does not answer").and_then(|answer| answer);
    let (status, body) = answered.with_context(|| format!("ask the gateway at {}", socket.display()))?;
    if status.is_success() {
        return Ok(Ok(serde_json::from_slice(&body)?));
    }
    let problem: Problem<'_> = serde_json::from_slice(&body)?;
    note(format_args!("error: {}", problem.detail));
    Ok(Err(if status.is_client_error() { Exit::Invalid } else { Exit::Error }))
}

async fn exchange(socket: &Path, method: Method, path: &str) -> Result<(StatusCode, Bytes)> {
    let stream = UnixStream::connect(socket).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let request =
        Request::builder().method(method).uri(path).header("host", "gateway").body(Empty::<Bytes>::new())?;
    let asked = async {
        let answer = sender.send_request(request).await?;
        let status = answer.status();
        anyhow::Ok((status, answer.into_body().collect().await?.to_bytes()))
    };
    tokio::pin!(asked);
    tokio::select! {
        answer = &mut asked => answer,
        ended = connection => { ended?; asked.await }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use viridian_core::analysis::row::Origin;
    use viridian_core::id::{BootId, NodeName};
    use viridian_gateway::{Config, Gateway};
    use viridian_testkit::table::{placement, snapshot, table};

    #[tokio::test]
    async fn the_gateway_on_this_machine_is_told() {
        let directory = tempfile::tempdir().unwrap();
        let socket = directory.path().join("gateway.sock");
        let origin = Origin { node: NodeName::parse("gateway-1").unwrap(), boot: BootId(1) };
        let mut config = Config::new("127.0.0.1:0".parse().unwrap(), origin);
        config.socket = Some(socket.clone());
        let gateway = Gateway::start(config).unwrap();
        gateway.handle().offer(&snapshot([table("support-chat", placement("v1", "http://127.0.0.1:9"))]));

        let pin = |method| ask::<PinStatus>(&socket, method, "/v1/pins/support-chat");
        assert!(pin(Method::POST).await.unwrap().unwrap().pinned);
        let list: PinList = ask(&socket, Method::GET, "/v1/pins").await.unwrap().unwrap();
        assert_eq!(list.pinned, gateway.handle().pinned());
        assert_eq!(list.pinned.len(), 1);
        let standing: Standing = ask(&socket, Method::GET, "/v1/tables").await.unwrap().unwrap();
        assert_eq!(standing, gateway.handle().standing());
        let shown = standing_table(&standing);
        for word in ["gateway-1", "not since the start", "support-chat", "pinned"] {
            assert!(shown.contains(word), "{word} is not in\n{shown}");
        }
        assert!(!pin(Method::DELETE).await.unwrap().unwrap().pinned);
        let unknown = ask::<PinStatus>(&socket, Method::POST, "/v1/pins/suport-chat").await.unwrap();
        assert_eq!(unknown, Err(Exit::Invalid));
        assert!(ask::<PinList>(&directory.path().join("none"), Method::GET, "/v1/pins").await.is_err());
    }
}
