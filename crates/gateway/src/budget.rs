//! How many bytes of request bodies are held at once, over all workers. Entry point: [`Budget::reserve`].

use std::sync::atomic::{AtomicUsize, Ordering};

/// A number of bytes that may be held at once.
#[derive(Debug)]
pub(crate) struct Budget {
    limit: usize,
    held: AtomicUsize,
}

/// Bytes that are held; given back when dropped.
#[derive(Debug)]
pub(crate) struct Reserved<'a> {
    budget: &'a Budget,
    bytes: usize,
}

impl Budget {
    pub(crate) const fn new(limit: usize) -> Self {
        Self { limit, held: AtomicUsize::new(0) }
    }

    /// Reserves bytes, if so many are left.
    pub(crate) fn reserve(&self, bytes: usize) -> Option<Reserved<'_>> {
        let held = self.held.fetch_add(bytes, Ordering::Relaxed);
        let reserved = Reserved { budget: self, bytes };
        (held.saturating_add(bytes) <= self.limit).then_some(reserved)
    }
}

impl Reserved<'_> {
    /// Reserves so many more; nothing is kept when there are not so many left.
    pub(crate) fn grow(mut self, bytes: usize) -> Option<Self> {
        let held = self.budget.held.fetch_add(bytes, Ordering::Relaxed);
        self.bytes += bytes;
        (held.saturating_add(bytes) <= self.budget.limit).then_some(self)
    }
}

impl Drop for Reserved<'_> {
    fn drop(&mut self) {
        self.budget.held.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_refused_and_what_is_dropped_is_given_back() {
        let budget = Budget::new(10);
        let six = budget.reserve(6).unwrap();
        assert!(budget.reserve(5).is_none());
        let ten = six.grow(4).unwrap();
        assert!(budget.reserve(1).is_none());
        drop(ten);
        assert!(budget.reserve(10).unwrap().grow(1).is_none());
        assert!(budget.reserve(10).is_some());
    }
}
