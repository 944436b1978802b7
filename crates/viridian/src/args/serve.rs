//! The arguments of the verbs that run something: `serve` and `demo`.

use super::rollout::duration;
use clap::{Args, ValueEnum};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;
use viridian_store::Retention;

/// Arguments of `serve`.
#[derive(Debug, Clone, Args)]
pub struct ServeArgs {
    /// What this process is: everything in one, or one part of several processes.
    #[arg(long, env = "VIRIDIAN_ROLE", value_enum, default_value_t = RoleName::All)]
    pub role: RoleName,
    /// For a gateway: where the internal listener of its controller is.
    #[arg(long, env = "VIRIDIAN_CONTROLLER", value_name = "URL", required_if_eq("role", "gateway"))]
    pub controller: Option<String>,
    /// For a gateway: its name, which no other gateway has; the name of the machine unless given.
    #[arg(long, env = "VIRIDIAN_NODE", value_name = "NAME")]
    pub node: Option<String>,
    /// Where `viridian gateway` reaches the gateway on this machine; one elsewhere listens in its data directory unless
    /// told otherwise.
    #[arg(long, env = "VIRIDIAN_GATEWAY_SOCKET", value_name = "PATH")]
    pub socket: Option<PathBuf>,
    /// Where gateways elsewhere come in; a controller listens on 127.0.0.1:8082 unless told otherwise.
    #[arg(long, env = "VIRIDIAN_INTERNAL", value_name = "ADDRESS")]
    pub internal: Option<SocketAddr>,
    /// A file that holds the token controller and gateways know each other by.
    #[arg(long, value_name = "FILE", conflicts_with = "internal_token")]
    pub internal_token_file: Option<PathBuf>,
    /// The token itself; set it in the environment, where other users cannot see it.
    #[arg(long, env = "VIRIDIAN_INTERNAL_TOKEN", hide_env_values = true, value_name = "TOKEN")]
    pub internal_token: Option<String>,
    /// For the internal listener: the certificate gateways are shown, followed by those up to its authority. Without one
    /// only loopback addresses are listened on.
    #[arg(long, env = "VIRIDIAN_INTERNAL_CERTIFICATE", value_name = "FILE", requires = "internal_key")]
    pub internal_certificate: Option<PathBuf>,
    /// Its private key. Both files may change while the process runs.
    #[arg(long, env = "VIRIDIAN_INTERNAL_KEY", value_name = "FILE", requires = "internal_certificate")]
    pub internal_key: Option<PathBuf>,
    /// The authorities whose certificates gateways have to show, with their --node name among the DNS names; without it the
    /// token is enough.
    #[arg(long, env = "VIRIDIAN_INTERNAL_CLIENT_CA", value_name = "FILE", requires = "internal_certificate")]
    pub internal_client_ca: Option<PathBuf>,
    /// For a gateway: the authorities its controller's certificate is trusted by; those of the machine unless given.
    #[arg(long, env = "VIRIDIAN_CONTROLLER_CA", value_name = "FILE")]
    pub controller_ca: Option<PathBuf>,
    /// For a gateway: the certificate it shows its controller, issued for its --node name.
    #[arg(long, env = "VIRIDIAN_CONTROLLER_CERTIFICATE", value_name = "FILE", requires = "controller_key")]
    pub controller_certificate: Option<PathBuf>,
    /// Its private key.
    #[arg(long, env = "VIRIDIAN_CONTROLLER_KEY", value_name = "FILE", requires = "controller_certificate")]
    pub controller_key: Option<PathBuf>,
    /// For a gateway: where it tells whether it is alive and ready, and what it counts.
    #[arg(long, env = "VIRIDIAN_HEALTH", default_value = "127.0.0.1:8083", value_name = "ADDRESS")]
    pub health: SocketAddr,
    /// Where people are called: every critical notice is sent there by POST, as JSON with a `text`, until it is taken or has
    /// been tried for an hour. With many services the address is a secret; set it in the environment then.
    #[arg(long, env = "VIRIDIAN_NOTIFY", hide_env_values = true, value_name = "URL")]
    pub notify: Option<String>,
    /// The bearer token that is sent there, by reference: `env:NAME` or `file:PATH`.
    #[arg(long, env = "VIRIDIAN_NOTIFY_TOKEN", value_name = "REFERENCE", requires = "notify")]
    pub notify_token: Option<String>,
    /// Where everything that lasts is kept.
    #[arg(long, env = "VIRIDIAN_DATA_DIR", default_value = "./viridian-data", value_name = "DIRECTORY")]
    pub data_dir: PathBuf,
    /// How long rows of gateways and single opinions are kept before they become totals, such as `24h`.
    #[arg(long, env = "VIRIDIAN_KEEP_ROWS", default_value = "24h", value_name = "TIME", value_parser = duration)]
    pub keep_rows: Duration,
    /// How many totals of ended epochs each application keeps.
    #[arg(long, env = "VIRIDIAN_KEEP_EPOCHS", default_value_t = Retention::default().epochs, value_name = "COUNT")]
    pub keep_epochs: u32,
    /// Where callers are served.
    #[arg(long, env = "VIRIDIAN_LISTEN", default_value = "127.0.0.1:8080", value_name = "ADDRESS")]
    pub listen: SocketAddr,
    /// Where the control plane answers; other than the loopback interface only with a token.
    #[arg(long, env = "VIRIDIAN_ADMIN", default_value = "127.0.0.1:8081", value_name = "ADDRESS")]
    pub admin: SocketAddr,
    /// A file that holds the token the control plane asks for.
    #[arg(long, value_name = "FILE", conflicts_with = "admin_token")]
    pub admin_token_file: Option<PathBuf>,
    /// The token itself; set it in the environment, where other users cannot see it.
    #[arg(long, env = "VIRIDIAN_ADMIN_TOKEN", hide_env_values = true, value_name = "TOKEN")]
    pub admin_token: Option<String>,
    /// How many threads serve callers; one per processor unless given.
    #[arg(long)]
    pub workers: Option<usize>,
    /// Manifests to apply at the start.
    #[arg(short = 'f', long = "file", value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// What is logged, such as `info` or `viridian_gateway=debug`.
    #[arg(long, env = "VIRIDIAN_LOG", default_value = "info", value_name = "FILTER")]
    pub log: String,
}

/// What a process is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RoleName {
    /// Gateway and controller in one process.
    All,
    /// A gateway; its controller is elsewhere.
    Gateway,
    /// The controller; its gateways are elsewhere.
    Controller,
}

/// Arguments of `demo`.
#[derive(Debug, Clone, Args)]
pub struct DemoArgs {
    /// Leave everything running at the end, until Ctrl-C.
    #[arg(long)]
    pub keep: bool,
    /// What chance begins with: the same seed draws the same users and the same faults.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// How many users call.
    #[arg(long, default_value_t = 2_400)]
    pub users: usize,
    /// Print a line per change instead of redrawing a table.
    #[arg(long)]
    pub plain: bool,
    /// Keep the gateway's counters from the controller, to see that nothing is promoted or rolled back without them.
    #[arg(long)]
    pub cut_evidence: bool,
    /// How many seconds the demo may take.
    #[arg(long, default_value_t = 55)]
    pub limit: u64,
}
