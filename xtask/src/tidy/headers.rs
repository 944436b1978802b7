//! Every Rust file opens with `//!` and at least one sentence on what it is for.
//!
//! Entry point: [`check`]. Whether the sentence is true is left to people.

use super::source::Source;
use crate::fault::Fault;

/// Fewer words say no more than the name of the file does.
const FEWEST_WORDS: usize = 4;

/// A fault for each file without a header, and for each whose first paragraph is no sentence.
pub(super) fn check(sources: &[Source]) -> Vec<Fault> {
    sources
        .iter()
        .filter_map(|source| Some(Fault::at_line(&source.path, 1, fault_of(&source.text)?)))
        .collect()
}

fn fault_of(text: &str) -> Option<&'static str> {
    let header = text.lines().map_while(|line| line.strip_prefix("//!")).map(str::trim);
    let paragraph: Vec<&str> = header.take_while(|line| !line.is_empty()).collect();
    let Some(last) = paragraph.last() else {
        return Some("opens without a `//!` header");
    };
    let words: usize = paragraph.iter().map(|line| line.split_whitespace().count()).sum();
    let ends = last.trim_end_matches(')').ends_with(['.', ':', '?']);
    (words < FEWEST_WORDS || !ends).then_some("the `//!` header does not begin with a sentence")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_a_sentence() {
        let check = |text: &str, faults: usize| {
            assert_eq!(super::check(&[Source::example("a.rs", text)]).len(), faults, "{text}");
        };
        check("//! What this is for.\n\nfn a() {}", 0);
        check("//! What this file\n//! is for.\n//!\n//! Entry point: `a`", 0);
        check("//! What this is for (and what not).\n", 0);
        check("fn a() {}", 1);
        check("", 1);
        check("// What this is for.\nfn a() {}", 1);
        check("\n//! What this is for.", 1);
        check("//! core\n", 1);
        check("//! What this is for\n", 1);
    }
}
