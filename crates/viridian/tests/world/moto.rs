//! Moto, which answers as AWS does and checks signatures as it does: a metric of CloudWatch is read, and only with the right key.

use crate::process::Process;
use crate::result;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tempfile::TempDir;
use viridian_core::environment::{Endpoint, SecretReference};
use viridian_core::id::SourceName;
use viridian_core::question::Question;
use viridian_core::source::{AwsKeys, Source, SourceKind};
use viridian_core::time::Timestamp;
use viridian_platform::client::Client;
use viridian_platform::source::{Measured, read};

/// Where the task runner says the Python with Moto is.
const PYTHON: &str = "VIRIDIAN_MOTO_PYTHON";
const PERIOD: Duration = Duration::from_secs(60);
/// One metric of one release.
const FAULTS: &str = r#"[{"Id": "asked", "MetricStat": {"Metric": {"Namespace": "Gpu", "MetricName": "Faults",
  "Dimensions": [{"Name": "Release", "Value": "{{release}}"}]}, "Period": 60, "Stat": "Sum"}}]"#;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Moto: `cargo xtask interop moto` installs it"]
async fn a_metric_is_read_with_the_right_key() {
    let home = TempDir::new().unwrap();
    let moto = Moto::start();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
    let now = Timestamp(u64::try_from(now).unwrap());
    let ask = async |secret: &str, release: &str| moto.ask(home.path(), secret, release, now).await;
    let found = ask(&moto.secret, "parcels-v2").await.unwrap();
    assert_eq!(found.value, 12.5);
    let at = found.at.unwrap();
    assert!(at.0.is_multiple_of(60_000) && at <= now && now.since(at) < 4 * PERIOD, "{at:?} {now:?}");
    let missing = ask(&moto.secret, "parcels-v3").await;
    assert!(missing.as_ref().is_err_and(|why| why.contains("the series has no points")), "{missing:?}");
    let refused = ask("of somebody else", "parcels-v2").await;
    assert!(refused.as_ref().is_err_and(|why| why.contains("SignatureDoesNotMatch")), "{refused:?}");
    result::tell(
        "the latest whole minute of a metric read with a signature that it checked, no points told, and a wrong key refused",
    );
}

/// A running Moto with a metric in it.
struct Moto {
    port: u16,
    key: String,
    secret: String,
    _process: Process,
}

impl Moto {
    fn start() -> Self {
        let python = std::env::var_os(PYTHON).unwrap();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python/moto_server.py");
        let mut process = Process::start(Command::new(PathBuf::from(python)).arg(script));
        let told = |line: &str| {
            let mut words = line.strip_prefix("moto ")?.split(' ').map(str::to_owned);
            Some((words.next()?.parse().ok()?, words.next()?, words.next()?))
        };
        let (port, key, secret) = process.until_it_says("where it listens", told);
        Self { port, key, secret, _process: process }
    }

    async fn ask(
        &self,
        home: &Path,
        secret: &str,
        release: &str,
        now: Timestamp,
    ) -> Result<Measured, String> {
        let file = |name: &str, text: &str| {
            std::fs::write(home.join(name), text).unwrap();
            SecretReference::File(home.join(name).display().to_string())
        };
        let (access_key, secret_key) = (file("key", &self.key), file("secret", secret));
        let keys = AwsKeys { access_key, secret_key, session_token: None };
        let source = Source {
            name: SourceName::parse("aws").unwrap(),
            url: Some(Endpoint(format!("http://127.0.0.1:{}", self.port))),
            kind: SourceKind::CloudWatch { region: "eu-central-1".to_owned(), keys, period: PERIOD },
            timeout: Duration::from_secs(30),
            retries: 0,
        };
        let names = [release, "green", "parcels", "friday"].map(str::to_owned);
        let question =
            Question { query: FAULTS.to_owned(), unit: None, names, oldest: Duration::from_secs(90) };
        read(&Client::new(), &source, &question, now).await.map_err(|error| error.to_string())
    }
}
