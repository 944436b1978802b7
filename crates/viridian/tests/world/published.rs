//! What controllers sent gateways over lines, and what is never true of it. Entry point: [`Published::watch`].

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use viridian_core::routing::table::RoutingTable;
use viridian_testkit::line::{Line, Way};
use viridian_wire::door::{Frame, line};

/// Tables that passed over lines.
pub(crate) struct Published {
    seen: Arc<Mutex<Vec<(usize, RoutingTable)>>>,
}

impl Published {
    /// Writes down every table that passes from now on. Nothing else may tamper with the lines meanwhile.
    pub(crate) fn watch(lines: &[Line]) -> Self {
        let seen = Arc::<Mutex<Vec<(usize, RoutingTable)>>>::default();
        for (number, line) in lines.iter().enumerate() {
            let seen = Arc::clone(&seen);
            line.tamper(Way::Back, move |piece| {
                let tables = tables_in(&piece).into_iter().map(|table| (number, table));
                seen.lock().unwrap().extend(tables);
                vec![piece]
            });
        }
        Self { seen }
    }

    /// Panics unless to each gateway the terms and numbers of tables only rose, and one number was one table everywhere.
    pub(crate) fn expect_sound(&self) {
        let seen = self.seen.lock().unwrap();
        let mut latest = HashMap::new();
        let mut known: HashMap<_, &RoutingTable> = HashMap::new();
        for (line, table) in seen.iter() {
            let now = (table.term, table.generation);
            let before = latest.insert((line, &table.application), now);
            assert!(before.is_none_or(|before| before <= now), "gateway {line}: {now:?} after {before:?}");
            let first = known.entry((&table.application, table.generation)).or_insert(table);
            assert_eq!(*first, table, "one number, two tables");
        }
        assert!(!seen.is_empty(), "INVALID: no table passed");
    }
}

/// The tables in a piece of a stream, if it is one of them.
pub(crate) fn tables_in(piece: &[u8]) -> Vec<RoutingTable> {
    match frame_in(piece) {
        Some(Frame::Delta(delta)) => delta.tables,
        _ => Vec::new(),
    }
}

/// The frame in a chunk of a stream.
pub(crate) fn frame_in(piece: &[u8]) -> Option<Frame> {
    let start = piece.windows(2).position(|end| end == b"\r\n")? + 2;
    line::read(piece[start..].split(|byte| *byte == b'\n').next()?).ok()
}
