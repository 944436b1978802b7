//! What a process is to be, from what was typed. Entry point: [`of`].

use super::{Callers, Control, Evidence, Internal, Remote, Role};
use crate::args::{RoleName, ServeArgs};
use crate::exit::Usage;
use anyhow::{Context, Result};
use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Duration;
use viridian_core::environment::SecretReference;
use viridian_core::id::NodeName;
use viridian_platform::tls::{ClientFiles, Pair, ServerFiles};
use viridian_platform::webhook::Webhook;
use viridian_store::Retention;
use viridian_wire::api::ManifestText;

/// Where a controller lets gateways in unless told otherwise.
const INTERNAL: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 8082);
/// The socket of a gateway elsewhere, in the directory of its own.
const SOCKET: &str = "gateway.sock";
/// Where the machine tells its name.
const HOST_NAME: &str = "/proc/sys/kernel/hostname";

/// The role of a process.
///
/// # Errors
/// Something that the role needs is missing, which is a fault of the command line, or cannot be read.
pub(super) fn of(arguments: &ServeArgs) -> Result<Role> {
    let callers = Callers {
        listen: arguments.listen,
        workers: arguments.workers.and_then(NonZeroUsize::new),
        socket: arguments.socket.clone(),
    };
    Ok(match arguments.role {
        RoleName::All => Role::All(control(arguments, arguments.internal)?, callers, Evidence::Flows),
        RoleName::Controller => {
            Role::Controller(control(arguments, Some(arguments.internal.unwrap_or(INTERNAL)))?)
        }
        RoleName::Gateway => {
            if !arguments.files.is_empty() {
                return usage(
                    "a gateway applies no manifests: give --file to the controller, or use `viridian apply`",
                );
            }
            let remote = remote(arguments)?;
            let socket = callers.socket.unwrap_or_else(|| remote.directory.join(SOCKET));
            Role::Gateway(Callers { socket: Some(socket), ..callers }, remote)
        }
    })
}

fn control(arguments: &ServeArgs, internal: Option<SocketAddr>) -> Result<Control> {
    let token = match &arguments.admin_token_file {
        Some(path) => Some(crate::read_token(path)?),
        None => arguments.admin_token.clone(),
    };
    let internal = internal.map(|address| {
        let own = pair(&arguments.internal_certificate, &arguments.internal_key);
        let client_authorities = arguments.internal_client_ca.clone();
        let tls = own.map(|own| ServerFiles { own, client_authorities });
        Ok::<_, anyhow::Error>(Internal { address, token: internal_token(arguments)?, tls })
    });
    Ok(Control {
        data_directory: arguments.data_dir.clone(),
        admin: arguments.admin,
        token,
        internal: internal.transpose()?,
        manifests: read(&arguments.files)?,
        webhook: webhook(arguments)?,
        retention: Retention { rows: arguments.keep_rows, epochs: arguments.keep_epochs },
    })
}

/// How long whoever is called may take to answer.
const ANSWER: Duration = Duration::from_secs(10);

fn webhook(arguments: &ServeArgs) -> Result<Option<Webhook>> {
    let Some(address) = &arguments.notify else { return Ok(None) };
    let bearer = arguments.notify_token.clone().map(SecretReference::try_from).transpose();
    let bearer =
        bearer.map_err(|_| Usage("--notify-token is no reference: give env:NAME or file:PATH".to_owned()))?;
    let webhook = Webhook::new(address, bearer, ANSWER);
    Ok(Some(webhook.map_err(|unusable| Usage(format!("--notify: {unusable}")))?))
}

fn remote(arguments: &ServeArgs) -> Result<Remote> {
    let Some(url) = arguments.controller.clone() else { return usage("a gateway needs --controller URL") };
    let Some(name) = arguments.node.clone().or_else(machine) else {
        return usage("this machine has no name that a gateway could have: give --node NAME");
    };
    let node = NodeName::parse(&name)
        .map_err(|error| Usage(format!("the name of the gateway (--node): {error}")))?;
    let directory = arguments.data_dir.join(format!("gateway-{node}"));
    let tls = ClientFiles {
        authorities: arguments.controller_ca.clone(),
        own: pair(&arguments.controller_certificate, &arguments.controller_key),
    };
    Ok(Remote { url, token: internal_token(arguments)?, node, tls, health: arguments.health, directory })
}

/// A certificate with its key; neither is taken without the other.
fn pair(certificate: &Option<PathBuf>, key: &Option<PathBuf>) -> Option<Pair> {
    Some(Pair { certificate: certificate.clone()?, key: key.clone()? })
}

fn internal_token(arguments: &ServeArgs) -> Result<String> {
    match (&arguments.internal_token_file, &arguments.internal_token) {
        (Some(path), _) => crate::read_token(path),
        (None, Some(token)) if !token.trim().is_empty() => Ok(token.trim().to_owned()),
        _ => usage(
            "controller and gateways know each other by a token: set VIRIDIAN_INTERNAL_TOKEN or give \
             --internal-token-file, the same for all of them",
        ),
    }
}

fn usage<T>(message: &str) -> Result<T> {
    Err(Usage(message.to_owned()).into())
}

/// The name of this machine, as far as it is one.
fn machine() -> Option<String> {
    let name = std::fs::read_to_string(Path::new(HOST_NAME)).ok()?.trim().to_ascii_lowercase();
    NodeName::parse(&name).is_ok().then_some(name)
}

fn read(files: &[PathBuf]) -> Result<Vec<ManifestText>> {
    let text = |path: &PathBuf| {
        let text =
            std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
        Ok(ManifestText { file: path.display().to_string(), text })
    };
    files.iter().map(text).collect()
}
