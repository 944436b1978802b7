//! How long it takes until a control plane is ready that has years behind it.

use crate::manifests;
use crate::result;
use crate::viridian::{ANY_PORT, Viridian};
use bytes::Bytes;
use http::Request;
use serde_json::json;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use viridian_testkit::caller::Caller;

/// Where the database is, in a directory `data`; made by `years::make` of the store's tests.
const DIRECTORY: &str = "VIRIDIAN_TEST_DIRECTORY";
const SAMPLES: usize = 5;
/// How often it is asked.
const PAUSE: Duration = Duration::from_millis(5);

/// Starts on the same database again and again, and writes down the milliseconds as JSON.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "measures: `cargo xtask bench start` runs it on the release build"]
async fn from_the_start_until_it_is_ready() {
    let home = PathBuf::from(std::env::var_os(DIRECTORY).unwrap());
    let nowhere = "http://127.0.0.1:9";
    let manifest = manifests::two_releases("parcels", "request", [nowhere, nowhere]);
    let mut samples = Vec::new();
    for _ in 0..SAMPLES {
        let started_at = Instant::now();
        let mut viridian = Viridian::start(&home, &manifest, ANY_PORT);
        let mut caller = Caller::connect(viridian.admin()).await;
        loop {
            let asked = Request::get("/readyz").header("host", viridian.admin().to_string());
            let asked = asked.body(Bytes::new()).unwrap();
            if caller.send(asked).await.status == 200 {
                break;
            }
            tokio::time::sleep(PAUSE).await;
        }
        samples.push((started_at.elapsed().as_secs_f64() * 1e4).round() / 10.0);
        viridian.kill();
    }
    result::tell(&json!(samples).to_string());
}
