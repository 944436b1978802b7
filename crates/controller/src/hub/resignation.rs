//! A controller that another one has replaced. Entry point: [`Hub::resign_if_fenced`], for whoever wrote something.

use super::Hub;
use viridian_core::id::Term;
use viridian_store::Error;

impl Hub {
    /// Its controller has learnt whether another one acts: then nobody is told anything any more, no lease is renewed here,
    /// and gateways look for the other one.
    pub fn resign_if_fenced(&self, error: &Error) {
        let Error::Fenced { own, current } = error else { return };
        if self.successor.set(*current).is_ok() {
            tracing::error!(%own, %current, "another controller acts: this one resigns");
            // Whoever waits for a table learns that none will come.
            self.changes.send_modify(|_| {});
        }
    }

    /// The term of the controller that acts in place of this one, once that is known.
    pub fn successor(&self) -> Option<Term> {
        self.successor.get().copied()
    }

    /// Waits until another controller acts in place of this one.
    pub async fn resigned(&self) -> Term {
        let mut changes = self.changes.subscribe();
        loop {
            changes.borrow_and_update();
            if let Some(successor) = self.successor() {
                return successor;
            }
            // The sender is here, so there is always one.
            let _ = changes.changed().await;
        }
    }
}
