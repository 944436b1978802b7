//! Upstreams that speak TLS.

use crate::world::World;
use viridian_core::outcome::Class;
use viridian_platform::tls::trusting;
use viridian_testkit::table::{placement, table};
use viridian_testkit::upstream::Upstream;

const CHAT: &str = "/apps/support-chat/v1/chat/completions";

#[tokio::test]
async fn an_upstream_that_is_trusted_is_spoken_to() {
    let (upstream, certificate) = Upstream::start_tls().await;
    let tables = [table("support-chat", placement("v1", &upstream.url()))];
    let world = World::with(tables, |config| config.trust = Some(trusting([certificate]).unwrap()));
    let mut caller = world.caller().await;
    for _ in 0..3 {
        assert_eq!(caller.post(CHAT, "{}").await.status, 200);
    }
    assert_eq!(upstream.connections(), 1);
    assert_eq!(upstream.last().headers["host"], upstream.url().strip_prefix("https://").unwrap());
}

#[tokio::test]
async fn an_upstream_that_is_not_trusted_gets_no_request() {
    let (upstream, _certificate) = Upstream::start_tls().await;
    let (_other, certificate) = Upstream::start_tls().await;
    let tables = [table("support-chat", placement("v1", &upstream.url()))];
    let world = World::with(tables, |config| config.trust = Some(trusting([certificate]).unwrap()));
    assert_eq!(world.caller().await.post(CHAT, "{}").await.status, 502);
    assert_eq!(upstream.requests(), 0);
    assert_eq!(world.count(Class::Unreachable).await, 1);
}
