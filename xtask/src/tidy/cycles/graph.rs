//! A graph of modules and the cycles in it.
//!
//! Entry points: [`Graph::add`] and [`Graph::cycles`]. It knows nothing of Rust.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::fault::Fault;

/// The names from the root of the crate to a module.
pub(super) type Module = Vec<String>;

/// Arrows between modules of one parent, each with the first place that draws it.
#[derive(Debug, Default)]
pub(super) struct Graph {
    arrows: BTreeMap<Module, BTreeMap<Module, String>>,
}

impl Graph {
    /// Adds the arrow between the two siblings in which the paths part. A module and what it contains are no siblings.
    pub(super) fn add(&mut self, from: &Module, to: &Module, place: &str) {
        let shared = from.iter().zip(to).take_while(|(left, right)| left == right).count();
        if shared < from.len() && shared < to.len() {
            let targets = self.arrows.entry(from[..=shared].to_vec()).or_default();
            targets.entry(to[..=shared].to_vec()).or_insert_with(|| place.to_owned());
        }
    }

    /// One fault for each shortest cycle, told from its first module on.
    pub(super) fn cycles(&self) -> Vec<Fault> {
        let mut cycles = BTreeSet::new();
        for (from, targets) in &self.arrows {
            for to in targets.keys() {
                cycles.extend(self.way(to, from).map(first_first));
            }
        }
        cycles.iter().map(|cycle| self.tell(cycle)).collect()
    }

    /// The shortest way along the arrows, both ends included.
    fn way(&self, from: &Module, to: &Module) -> Option<Vec<Module>> {
        let mut ways = VecDeque::from([vec![from.clone()]]);
        let mut seen = BTreeSet::from([from.clone()]);
        while let Some(way) = ways.pop_front() {
            let last = way.last()?;
            if last == to {
                return Some(way);
            }
            for next in self.arrows.get(last).into_iter().flat_map(BTreeMap::keys) {
                if seen.insert(next.clone()) {
                    ways.push_back([way.as_slice(), std::slice::from_ref(next)].concat());
                }
            }
        }
        None
    }

    fn tell(&self, cycle: &[Module]) -> Fault {
        let place = |from: &Module, to: &Module| self.arrows.get(from).and_then(|targets| targets.get(to));
        let pairs = cycle.iter().zip(cycle.iter().cycle().skip(1));
        let arrows: Vec<(String, &str)> = pairs
            .map(|(from, to)| {
                let place = place(from, to).map_or("", String::as_str);
                (format!("{} -> {} ({place})", from.join("::"), to.join("::")), place)
            })
            .collect();
        let story: Vec<&str> = arrows.iter().map(|(arrow, _)| arrow.as_str()).collect();
        let first = arrows.first().map_or("", |(_, place)| place);
        Fault::new(first, format!("modules form a cycle: {}", story.join(", ")))
    }
}

/// The same cycle, started at its smallest module, so that it is told once.
fn first_first(mut cycle: Vec<Module>) -> Vec<Module> {
    let first = (0..cycle.len()).min_by_key(|index| &cycle[*index]).unwrap_or(0);
    cycle.rotate_left(first);
    cycle
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(arrows: &[(&str, &str)]) -> Graph {
        let mut graph = Graph::default();
        for (from, to) in arrows {
            let module = |path: &str| path.split("::").map(str::to_owned).collect();
            graph.add(&module(from), &module(to), &format!("{from}.rs:1"));
        }
        graph
    }

    #[test]
    fn only_what_comes_back_is_a_cycle() {
        let check = |arrows: &[(&str, &str)], cycles: usize| {
            assert_eq!(graph(arrows).cycles().len(), cycles, "{arrows:?}");
        };
        check(&[("a", "b"), ("b", "c"), ("a", "c")], 0);
        check(&[("a", "b"), ("b", "a")], 1);
        check(&[("a", "b"), ("b", "c"), ("c", "b")], 1);
        check(&[("a", "b"), ("b", "a"), ("c", "d"), ("d", "c")], 2);
        check(&[("a", "a::b"), ("a::b", "a")], 0);
        check(&[("a::x", "b"), ("b", "a::y")], 1);
        check(&[("a", "a")], 0);
    }
}
