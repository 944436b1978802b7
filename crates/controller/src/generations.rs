//! The numbers of routing tables: taken from blocks that the database gives out once, so that they only rise, whatever
//! happens to the process that took them.

use crate::error::Error;
use crate::ledger::Ledger;
use std::collections::HashMap;
use std::ops::Range;
use viridian_core::id::{ApplicationName, Generation};

/// How many generations are reserved at a time, so that a rollback needs no write before it is published.
const BLOCK: u64 = 100;
/// How many have to be at hand while nothing can be written.
const RESERVE: u64 = 20;

/// Generations that were reserved and not used yet, by application.
#[derive(Default)]
pub(crate) struct Generations {
    reserved: HashMap<ApplicationName, Range<u64>>,
}

impl Generations {
    /// Makes sure that there are some to use without writing anything. The few that are left when a new block is
    /// reserved are never used.
    pub(crate) fn reserve(
        &mut self,
        store: &impl Ledger,
        application: &ApplicationName,
    ) -> Result<(), Error> {
        let left = self.reserved.get(application).map_or(0, |block| block.end - block.start);
        if left < RESERVE {
            let block = store.reserve_generations(application, BLOCK)?;
            self.reserved.insert(application.clone(), block);
        }
        Ok(())
    }

    /// The next of those that were reserved; nothing when none is left.
    pub(crate) fn next(&mut self, application: &ApplicationName) -> Option<Generation> {
        self.reserved.get_mut(application)?.next().map(Generation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use viridian_core::time::Timestamp;
    use viridian_store::Store;
    use viridian_wire::manifest::{self, Manifest};

    const APPLICATION: &str = "
apiVersion: viridian.dev/v1
kind: Application
metadata: {name: chat}
spec:
  protocol: openai
  unit: request
  environments: {blue: {endpoints: ['http://127.0.0.1:1']}}
";

    /// What a controller does with its numbers, in the order of the loop.
    #[derive(Debug, Clone, Copy)]
    enum Deed {
        /// A look that finds nothing to publish.
        Reserve,
        /// A look that publishes a table.
        Publish,
        /// The disk is full: a table is published without reserving.
        PublishUnreserved,
        /// The process ends, and what it had reserved is forgotten.
        Restart,
    }

    fn deeds() -> impl Strategy<Value = Vec<Deed>> {
        let deed = prop_oneof![
            1 => Just(Deed::Reserve),
            8 => Just(Deed::Publish),
            4 => Just(Deed::PublishUnreserved),
            1 => Just(Deed::Restart),
        ];
        prop::collection::vec(deed, 1..300)
    }

    fn store(directory: &std::path::Path) -> (Store, ApplicationName) {
        let store = Store::open(directory).unwrap();
        let documents = manifest::read("chat.yaml", APPLICATION).finish().unwrap();
        let Manifest::Application(manifest) = &documents[0].manifest else { panic!("another kind") };
        store.apply_application(&manifest.application, Timestamp(0)).unwrap();
        (store, manifest.application.name.clone())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn generations_rise_whatever_happens(deeds in deeds()) {
            let directory = tempfile::tempdir().unwrap();
            let (store, application) = store(directory.path());
            let mut generations = Generations::default();
            let mut published = Generation(0);
            for deed in deeds {
                match deed {
                    Deed::Restart => generations = Generations::default(),
                    Deed::Reserve | Deed::Publish => generations.reserve(&store, &application).unwrap(),
                    Deed::PublishUnreserved => {}
                }
                let next = match deed {
                    Deed::Publish | Deed::PublishUnreserved => generations.next(&application),
                    Deed::Reserve | Deed::Restart => None,
                };
                prop_assert!(next.is_some() || !matches!(deed, Deed::Publish), "none was at hand");
                if let Some(next) = next {
                    prop_assert!(next > published, "{next:?} after {published:?}");
                    published = next;
                }
            }
        }
    }

    #[test]
    fn some_are_at_hand_while_nothing_can_be_written() {
        let directory = tempfile::tempdir().unwrap();
        let (store, application) = store(directory.path());
        let mut generations = Generations::default();
        for _ in 0..3 * BLOCK {
            generations.reserve(&store, &application).unwrap();
            let Range { start, end } = generations.reserved[&application];
            assert!(end - start >= RESERVE, "{start}..{end}");
            assert!(generations.next(&application).is_some());
        }
    }
}
