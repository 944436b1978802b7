//! Modules with the same parent form no cycle; a parent may name its children.
//!
//! Entry point: [`check`]. It follows `crate::`, `self::` and `super::` in production code, and names that a parent
//! passes on with `use`. Two modules that need each other are one module, or hide a third.

mod graph;

use std::collections::{BTreeMap, BTreeSet};

use self::graph::{Graph, Module};
use super::paths::{self, NamedPath};
use super::source::Source;
use crate::fault::Fault;

/// The modules of one crate.
struct Crate<'a> {
    sources: Vec<(Module, &'a Source)>,
    modules: BTreeSet<Module>,
    /// Names that a module passes on, and the module that they come from.
    passed_on: BTreeMap<(Module, String), Module>,
}

/// A fault for each cycle.
pub(super) fn check(sources: &[Source]) -> Vec<Fault> {
    let mut crates: BTreeMap<&str, Vec<(Module, &Source)>> = BTreeMap::new();
    for source in sources {
        if let Some((home, file)) = source.path.split_once("/src/") {
            crates.entry(home).or_default().push((module_of(file), source));
        }
    }
    crates.into_values().flat_map(|sources| Crate::new(sources).graph().cycles()).collect()
}

/// `routing/decide.rs` is `[routing, decide]`; the root of a crate is `[]`.
fn module_of(file: &str) -> Module {
    let mut names: Module = file.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    let last = names.last().map(String::as_str);
    if last == Some("mod") || (names.len() == 1 && matches!(last, Some("lib" | "main"))) {
        names.pop();
    }
    names
}

impl<'a> Crate<'a> {
    fn new(sources: Vec<(Module, &'a Source)>) -> Self {
        let modules = sources.iter().map(|(module, _)| module.clone()).collect();
        let mut this = Self { sources, modules, passed_on: BTreeMap::new() };
        this.passed_on = this.find_passed_on();
        this
    }

    /// A `use` in a parent of something in one of its children: whoever names it there means the child.
    fn find_passed_on(&self) -> BTreeMap<(Module, String), Module> {
        let mut passed_on = BTreeMap::new();
        for (parent, source) in &self.sources {
            for path in paths::imported(&source.production) {
                let below = [parent.as_slice(), &path.names].concat();
                let absolute = absolute(&path.names, parent).unwrap_or(below);
                let (module, rest) = self.split(&absolute);
                if let [name] = rest
                    && module.len() > parent.len()
                    && module.starts_with(parent)
                {
                    passed_on.insert((parent.clone(), name.clone()), module.to_vec());
                }
            }
        }
        passed_on
    }

    fn graph(&self) -> Graph {
        let mut graph = Graph::default();
        for (from, source) in &self.sources {
            for path in paths::named(&source.production) {
                if let Some(to) = self.target(&path, from) {
                    graph.add(from, &to, &format!("{}:{}", source.path, path.line));
                }
            }
        }
        graph
    }

    /// The module that a path leads to; nothing for a path that does not say where it starts.
    fn target(&self, path: &NamedPath, from: &Module) -> Option<Module> {
        let absolute = absolute(&path.names, from)?;
        let (module, rest) = self.split(&absolute);
        let passed_on = rest.first().and_then(|name| self.passed_on.get(&(module.to_vec(), name.clone())));
        Some(passed_on.cloned().unwrap_or_else(|| module.to_vec()))
    }

    /// The longest part of a path that is a module, and the names behind it.
    fn split<'p>(&self, path: &'p [String]) -> (&'p [String], &'p [String]) {
        let length = (0..=path.len()).rev().find(|length| self.modules.contains(&path[..*length]));
        path.split_at(length.unwrap_or(0))
    }
}

/// A path from the root of the crate.
fn absolute(names: &[String], from: &Module) -> Option<Module> {
    match names.first()?.as_str() {
        "crate" => Some(names[1..].to_vec()),
        "self" => Some([from.as_slice(), &names[1..]].concat()),
        "super" => {
            let up = names.iter().take_while(|name| *name == "super").count();
            let above = from.len().checked_sub(up)?;
            Some([&from[..above], &names[up..]].concat())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(files: &[(&str, &str)], expected: &[&str]) {
        let sources: Vec<Source> =
            files.iter().map(|(path, code)| Source::example(&format!("crates/x/src/{path}"), code)).collect();
        let faults: Vec<String> = super::check(&sources).iter().map(ToString::to_string).collect();
        assert_eq!(faults, expected, "{files:?}");
    }

    #[test]
    fn a_chain_is_no_cycle() {
        check(&[("lib.rs", "mod a; mod b;"), ("a.rs", "use crate::b::B;"), ("b.rs", "struct B;")], &[]);
    }

    #[test]
    fn two_modules_that_name_each_other_are_a_cycle() {
        let fault = ["crates/x/src/a.rs:1: modules form a cycle: a -> b (crates/x/src/a.rs:1), \
                      b -> a (crates/x/src/b.rs:2)"];
        check(&[("a.rs", "use crate::b::B;"), ("b.rs", "\nfn b() { super::a::a(); }")], &fault);
        check(&[("a.rs", "use crate::{c, b};"), ("b.rs", "\nuse crate::a;"), ("c.rs", "")], &fault);
    }

    #[test]
    fn a_long_cycle_is_found_once() {
        check(
            &[("a.rs", "use crate::b;"), ("b.rs", "use crate::c;"), ("c.rs", "use crate::a;")],
            &["crates/x/src/a.rs:1: modules form a cycle: a -> b (crates/x/src/a.rs:1), \
               b -> c (crates/x/src/b.rs:1), c -> a (crates/x/src/c.rs:1)"],
        );
    }

    #[test]
    fn files_of_a_folder_count_as_the_folder_outside_it_and_as_themselves_inside() {
        check(
            &[("a.rs", ""), ("a/deep.rs", "use crate::b::B;"), ("b.rs", "use crate::a::A;")],
            &["crates/x/src/a/deep.rs:1: modules form a cycle: a -> b (crates/x/src/a/deep.rs:1), \
               b -> a (crates/x/src/b.rs:1)"],
        );
        check(
            &[("a.rs", ""), ("a/one.rs", "use super::two::T;"), ("a/two.rs", "use crate::a::one::O;")],
            &["crates/x/src/a/one.rs:1: modules form a cycle: a::one -> a::two (crates/x/src/a/one.rs:1), \
               a::two -> a::one (crates/x/src/a/two.rs:1)"],
        );
    }

    #[test]
    fn a_parent_may_name_its_children_and_they_may_name_it() {
        check(&[("a.rs", "use self::deep::D;"), ("a/deep.rs", "use super::A; use crate::a::B;")], &[]);
        check(&[("lib.rs", "use crate::a::A; struct Error;"), ("a.rs", "use crate::Error;")], &[]);
    }

    #[test]
    fn a_name_that_the_parent_passes_on_does_not_hide_a_cycle() {
        check(
            &[("lib.rs", "pub use a::A;"), ("a.rs", "use crate::b::B;"), ("b.rs", "use crate::A;")],
            &["crates/x/src/a.rs:1: modules form a cycle: a -> b (crates/x/src/a.rs:1), \
               b -> a (crates/x/src/b.rs:1)"],
        );
    }

    #[test]
    fn tests_may_name_everything() {
        check(&[("a.rs", "use crate::b;"), ("b.rs", "#[cfg(test)]\nmod tests { use crate::a; }")], &[]);
    }
}
