//! Doing the same many times over on a few threads.

use anyhow::{Result, anyhow};
use std::sync::atomic::{AtomicU64, Ordering};

/// What each number below `count` comes to, in order, whatever the number of threads.
///
/// # Errors
/// A thread panicked.
pub(crate) fn each<T: Send>(threads: usize, count: u64, work: impl Fn(u64) -> T + Sync) -> Result<Vec<T>> {
    let next = AtomicU64::new(0);
    let take = || {
        let numbers = std::iter::from_fn(|| Some(next.fetch_add(1, Ordering::Relaxed)));
        numbers.take_while(|number| *number < count).map(|number| (number, work(number))).collect::<Vec<_>>()
    };
    let mut all = std::thread::scope(|scope| -> Result<Vec<(u64, T)>> {
        let workers: Vec<_> = (0..threads.max(1)).map(|_| scope.spawn(take)).collect();
        let mut all = Vec::new();
        for worker in workers {
            all.extend(worker.join().map_err(|_| anyhow!("a run failed"))?);
        }
        Ok(all)
    })?;
    all.sort_by_key(|(number, _)| *number);
    Ok(all.into_iter().map(|(_, one)| one).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_done_once_and_told_in_order() {
        for threads in [0, 1, 3, 20] {
            let doubled = each(threads, 10, |number| 2 * number).unwrap();
            assert_eq!(doubled, (0..10).map(|number| 2 * number).collect::<Vec<_>>(), "{threads} threads");
        }
    }

    #[test]
    fn a_panic_is_an_error() {
        let failed = each(2, 10, |number| assert_ne!(number, 7));
        assert!(failed.is_err());
    }
}
