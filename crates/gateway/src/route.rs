//! Decides one request by the tables in service and applies the release it goes to. Entry point: [`route`]. It does not
//! wait, so a request is decided by one set of tables.

use crate::address::{Address, Asked, Call, Purpose};
use crate::falls::Falls;
use crate::headers::Answering;
use crate::key;
use crate::node::Node;
use crate::peek::Peek;
use crate::prepared::table::Table;
use crate::reading::Expected;
use crate::record::Recorder;
use crate::refusal::Refusal;
use crate::sliced;
use crate::splice;
use crate::stamp::{Decided, Stamp};
use crate::tensors;
use crate::worker::Worker;
use bytes::Bytes;
use http::HeaderValue;
use http::request::Parts;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;
use viridian_core::application::Protocol;
use viridian_core::arm::Arm;
use viridian_core::routing::companions::elsewhere;
use viridian_core::routing::decide::{Local, RequestKey, Standing, decide};
use viridian_core::time::Timestamp;

/// A request that has come in.
pub(crate) struct Arrival<'a> {
    pub(crate) worker: &'a Rc<Worker>,
    pub(crate) head: &'a Parts,
    pub(crate) address: Address<'a>,
    pub(crate) at: Instant,
}

/// A request that is ready to be sent.
pub(crate) struct Routed<'a> {
    pub(crate) table: Arc<Table>,
    pub(crate) arm: Arm,
    pub(crate) call: Call<'a>,
    pub(crate) body: Bytes,
    /// What the header says of the body that says where its JSON ends, if it is there.
    pub(crate) json_length: Option<HeaderValue>,
    pub(crate) answering: Answering,
    pub(crate) stamp: Stamp,
    /// Present when the request is counted.
    pub(crate) recorder: Option<Recorder>,
    /// What the answer is held against; present when it is read.
    pub(crate) expected: Option<Expected>,
}

/// Decides where a request goes and rewrites its body for the release there.
pub(crate) fn route<'a>(
    arrival: &Arrival<'a>,
    body: &Bytes,
    peek: Option<Peek<'_>>,
) -> Result<Routed<'a>, Refusal> {
    let peek = peek.as_ref();
    let serving = arrival.worker.node.tables.serving();
    let model = peek.and_then(|peek| peek.text("model"));
    let Asked::Of(table, call) = arrival.address.resolve(&serving, model.as_deref())? else {
        return Err(Refusal::model_missing());
    };
    if call.purpose == Purpose::Inspection {
        return Ok(inspect(table, call, body));
    }
    let (decision, elsewhere) = {
        let unit = key::unit(&table, &arrival.head.headers, peek);
        let node = &arrival.worker.node;
        let local = known_of_candidate(node, &table, node.clock().at(arrival.at));
        let uniform = arrival.worker.draws.next();
        let decision = decide(&table.routing, &RequestKey { unit: unit.as_deref(), uniform, local });
        (decision, elsewhere(&table.routing, &decision, unit.as_deref()))
    };
    let is_drawn = matches!(decision.standing, Standing::Drawn(_));
    let slices = table
        .routing
        .slicing
        .as_ref()
        .filter(|_| is_drawn)
        .map(|slicing| sliced::values(slicing, &arrival.head.headers, arrival.address.path()));
    let rewritten = match peek {
        Some(peek) => splice::apply(body, peek, &table.placement(decision.arm).edits)?,
        None => body.clone(),
    };
    let answering = answering(&table, peek);
    let reads = table.routing.reads;
    Ok(Routed {
        expected: reads.answers.then(|| Expected::of(&rewritten, reads)),
        json_length: tensors::length_after(&arrival.head.headers, body.len(), rewritten.len()),
        body: rewritten,
        answering,
        stamp: Stamp::signed(
            arrival.worker,
            &serving.signer,
            &table,
            Decided { decision: &decision, elsewhere, at: arrival.at },
        ),
        recorder: Some(Recorder::begin(
            arrival.worker,
            &table,
            (decision, Falls { slices, elsewhere }),
            (arrival.at, answering),
        )),
        arm: decision.arm,
        call,
        table,
    })
}

/// What keeps the candidate from a request on this gateway, if anything does. Reads numbers, no clock.
pub(crate) fn known_of_candidate(node: &Node, table: &Table, at: Timestamp) -> Local {
    if table.routing.comparison.is_none() && table.routing.experiment.is_none() {
        return Local::Open;
    }
    if table.pin.load(Ordering::Relaxed) {
        Local::PinnedByOperator
    } else if node.lease.is_over(at) {
        Local::LeaseExpired
    } else {
        table.watch.as_ref().map_or(Local::Open, |watch| watch.local())
    }
}

/// A question about the server is for the baseline, and no evidence.
fn inspect<'a>(table: Arc<Table>, call: Call<'a>, body: &Bytes) -> Routed<'a> {
    Routed {
        stamp: Stamp::unsigned(&table, Arm::Baseline),
        table,
        arm: Arm::Baseline,
        call,
        body: body.clone(),
        json_length: None,
        answering: Answering::Anything,
        recorder: None,
        expected: None,
    }
}

fn answering(table: &Table, peek: Option<&Peek<'_>>) -> Answering {
    let is_stream =
        table.routing.protocol == Protocol::OpenAi && peek.is_some_and(|peek| peek.is_true("stream"));
    match (is_stream, table.routing.reads.answers) {
        (true, _) => Answering::Events,
        (false, true) => Answering::Readable,
        (false, false) => Answering::Anything,
    }
}
