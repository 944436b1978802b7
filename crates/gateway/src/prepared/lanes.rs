//! The endpoints of a placement: whose turn it is, and which of them rest because they could not be connected to. Entry
//! points: [`Lanes::first`], and [`Lanes::others`] when that one fails.

use super::endpoint::{self, Endpoint, NotABaseUrl};
use http::uri::PathAndQuery;
use rustls::ClientConfig;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use viridian_core::environment;
use viridian_core::time::Timestamp;
use viridian_platform::tls;

/// For how long nobody but one request tries an endpoint that could not be connected to, in milliseconds. A server that
/// restarts takes longer; one that is back gets its share again before anybody looks.
const REST: u64 = 1_000;

/// The mark of an endpoint that does not rest.
const WELL: u64 = 0;

/// Why endpoints cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Endpoint(#[from] NotABaseUrl),
    #[error("the path of endpoint '{0}' does not fit a request")]
    Prefix(String),
    #[error(transparent)]
    Trust(#[from] tls::Error),
}

/// The endpoints of a placement; there is at least one.
pub(crate) struct Lanes {
    list: Vec<Lane>,
    /// Which endpoint is next.
    turn: AtomicUsize,
}

/// An endpoint with the request target that nearly every request asks it for.
pub(crate) struct Lane {
    pub(crate) endpoint: Endpoint,
    /// The target of inference without a query, when the release and the protocol fix it.
    pub(crate) inference: Option<PathAndQuery>,
    /// Since when it rests, in milliseconds of the node's clock.
    rest: AtomicU64,
}

impl Lanes {
    /// Takes endpoints apart. `inference` is the path that nearly every request asks for, where there is one; `trust`
    /// says whom `https` endpoints are trusted by: whom the machine trusts when it is absent.
    pub(super) fn prepare(
        endpoints: &[environment::Endpoint],
        inference: Option<&str>,
        trust: Option<&Arc<ClientConfig>>,
    ) -> Result<Self, Error> {
        let machine = match trust {
            None if endpoints.iter().any(endpoint::is_https) => Some(tls::client_config()?),
            _ => None,
        };
        let trust = trust.or(machine.as_ref());
        let list: Result<Vec<Lane>, Error> =
            endpoints.iter().map(|text| Lane::prepare(text, inference, trust)).collect();
        Ok(Self { list: list?, turn: AtomicUsize::new(0) })
    }

    /// The endpoint to try first: the next of those that are well. One that has rested for long enough is tried by the
    /// first request to come by; the others go on as if it still rested until that one has succeeded.
    pub(crate) fn first(&self, now: impl Fn() -> Timestamp) -> &Lane {
        if let [only] = self.list.as_slice() {
            return only;
        }
        if let Some(rested) = self.list.iter().find(|lane| lane.is_to_be_tried(&now)) {
            return rested;
        }
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        let mut well = self.list.iter().filter(|lane| lane.is_well());
        let count = well.clone().count().max(1);
        well.nth(turn % count).unwrap_or(&self.list[turn % self.list.len()])
    }

    /// What is left to try, those first that are well.
    pub(crate) fn others<'a>(&'a self, first: &'a Lane) -> impl Iterator<Item = &'a Lane> {
        let others = self.list.iter().filter(move |lane| !std::ptr::eq(*lane, first));
        others.clone().filter(|lane| lane.is_well()).chain(others.filter(|lane| !lane.is_well()))
    }

    /// How many there are.
    pub(crate) const fn count(&self) -> usize {
        self.list.len()
    }
}

impl Lane {
    fn prepare(
        text: &environment::Endpoint,
        inference: Option<&str>,
        trust: Option<&Arc<ClientConfig>>,
    ) -> Result<Self, Error> {
        let endpoint = Endpoint::parse(text, trust)?;
        // A prefix that does not fit would fail every request, so it is tried once here.
        let root = endpoint.target("/", None);
        root.ok_or_else(|| Error::Prefix(text.to_string()))?;
        let inference = inference.and_then(|path| endpoint.target(path, None));
        Ok(Self { endpoint, inference, rest: AtomicU64::new(WELL) })
    }

    /// It could not be connected to.
    pub(crate) fn fail(&self, now: Timestamp) {
        self.rest.store(now.0.max(WELL + 1), Ordering::Relaxed);
    }

    /// It was connected to.
    pub(crate) fn succeed(&self) {
        if !self.is_well() {
            self.rest.store(WELL, Ordering::Relaxed);
        }
    }

    fn is_well(&self) -> bool {
        self.rest.load(Ordering::Relaxed) == WELL
    }

    /// Whether it has rested for long enough and nobody else tries it: from now on the caller does.
    fn is_to_be_tried(&self, now: impl Fn() -> Timestamp) -> bool {
        let since = self.rest.load(Ordering::Relaxed);
        if since == WELL {
            return false;
        }
        let now = now().0;
        let is_over = now.saturating_sub(since) >= REST;
        is_over && self.rest.compare_exchange(since, now, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lanes(count: u16) -> Lanes {
        let endpoints: Vec<_> =
            (0..count).map(|port| environment::Endpoint(format!("http://blue:{port}"))).collect();
        Lanes::prepare(&endpoints, None, None).unwrap()
    }

    /// Who is tried first by so many requests at a moment, by the number of the port.
    fn firsts(lanes: &Lanes, at: u64, requests: usize) -> Vec<u16> {
        (0..requests).map(|_| lanes.first(|| Timestamp(at)).endpoint.port).collect()
    }

    #[test]
    fn the_well_take_turns_and_the_rested_are_tried_once() {
        let lanes = lanes(3);
        assert_eq!(firsts(&lanes, 0, 4), [0, 1, 2, 0]);
        lanes.list[1].fail(Timestamp(0));
        assert_eq!(firsts(&lanes, REST - 1, 4), [0, 2, 0, 2]);
        assert_eq!(
            firsts(&lanes, REST + 1, 3),
            [1, 0, 2],
            "the first request tries it, the others do not wait"
        );
        assert_eq!(firsts(&lanes, 2 * REST, 2), [0, 2], "it is being tried");
        lanes.list[1].succeed();
        let mut back = firsts(&lanes, 2 * REST, 3);
        back.sort_unstable();
        assert_eq!(back, [0, 1, 2]);
    }

    #[test]
    fn when_none_is_well_all_take_turns() {
        let lanes = lanes(2);
        for lane in &lanes.list {
            lane.fail(Timestamp(5));
        }
        let mut tried = firsts(&lanes, 6, 2);
        tried.sort_unstable();
        assert_eq!(tried, [0, 1]);
        assert_eq!(firsts(&super::tests::lanes(1), 0, 2), [0, 0]);
    }

    #[test]
    fn the_others_are_everyone_else_once() {
        let lanes = lanes(4);
        lanes.list[0].fail(Timestamp(1));
        lanes.list[2].fail(Timestamp(1));
        let others: Vec<u16> = lanes.others(&lanes.list[1]).map(|lane| lane.endpoint.port).collect();
        assert_eq!(others, [3, 0, 2]);
    }
}
