//! Files and functions stay short enough to be read in one go.
//!
//! Entry point: [`check`]. Only production code counts. Written exemptions are in `policy.toml`, and one that nobody
//! needs any more is a fault.

use std::collections::BTreeMap;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use super::source::Source;
use crate::fault::Fault;
use crate::policy::Exemptions;

/// The aim is 200. Twice that is where a file certainly has more than one purpose.
const LONGEST_FILE: usize = 400;
/// The aim is 30. What does not fit a screen is not read as one thought.
const LONGEST_FUNCTION: usize = 80;

/// Something with a length. `key` is what an exemption calls it.
struct Measured {
    key: String,
    path: String,
    line: usize,
    lines: usize,
}

/// A fault for each file and function beyond the wall, and for each idle exemption.
pub(super) fn check(sources: &[Source], exemptions: &Exemptions) -> Vec<Fault> {
    let files: Vec<Measured> = sources.iter().map(file).collect();
    let functions: Vec<Measured> = sources.iter().flat_map(functions_of).collect();
    let mut faults = compare(&files, LONGEST_FILE, &exemptions.files);
    faults.extend(compare(&functions, LONGEST_FUNCTION, &exemptions.functions));
    faults
}

fn compare(all: &[Measured], longest: usize, exemptions: &BTreeMap<String, String>) -> Vec<Fault> {
    let mut idle: Vec<&String> = exemptions.keys().collect();
    let mut faults = Vec::new();
    for measured in all.iter().filter(|measured| measured.lines > longest) {
        idle.retain(|key| **key != measured.key);
        if !exemptions.contains_key(&measured.key) {
            let message =
                format!("{} has {} production lines, the wall is {longest}", measured.key, measured.lines);
            faults.push(Fault::at_line(&measured.path, measured.line, message));
        }
    }
    let idle =
        idle.into_iter().map(|key| Fault::new("xtask/policy.toml", format!("{key} needs no exemption")));
    faults.extend(idle);
    faults
}

fn file(source: &Source) -> Measured {
    let path = source.path.clone();
    Measured { key: path.clone(), path, line: 1, lines: source.production_lines }
}

fn functions_of(source: &Source) -> Vec<Measured> {
    let mut found = Vec::new();
    collect(&source.path, &source.production, &mut found);
    found
}

/// A function is `fn`, a name, and the first braces behind it; nested ones are measured too.
fn collect(path: &str, tokens: &TokenStream, found: &mut Vec<Measured>) {
    let tokens: Vec<TokenTree> = tokens.clone().into_iter().collect();
    for (at, token) in tokens.iter().enumerate() {
        if let TokenTree::Group(group) = token {
            collect(path, &group.stream(), found);
        }
        let [TokenTree::Ident(keyword), TokenTree::Ident(name), rest @ ..] = &tokens[at..] else { continue };
        if keyword != "fn" {
            continue;
        }
        if let Some(end) = end_of_body(rest) {
            let line = keyword.span().start().line;
            found.push(Measured {
                key: format!("{path}::{name}"),
                path: path.into(),
                line,
                lines: end + 1 - line,
            });
        }
    }
}

/// The line of the closing brace. A function that is only declared ends with a semicolon before any brace.
fn end_of_body(signature: &[TokenTree]) -> Option<usize> {
    for token in signature {
        match token {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                return Some(group.span().end().line);
            }
            TokenTree::Punct(mark) if mark.as_char() == ';' => return None,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A function of `lines` lines.
    fn function(name: &str, lines: usize) -> String {
        format!("fn {name}() {{\n{}}}\n", "a();\n".repeat(lines - 2))
    }

    fn faults(text: &str, exemptions: &Exemptions) -> Vec<String> {
        let faults = check(&[Source::example("a.rs", text)], exemptions);
        faults.iter().map(ToString::to_string).collect()
    }

    fn exempt(key: &str) -> BTreeMap<String, String> {
        BTreeMap::from([(key.to_owned(), "A reason.".to_owned())])
    }

    #[test]
    fn a_file_may_have_as_many_lines_as_the_wall_and_not_one_more() {
        let none = Exemptions::default();
        assert!(faults(&"// a\n".repeat(LONGEST_FILE), &none).is_empty());
        let faults = faults(&"// a\n".repeat(LONGEST_FILE + 1), &none);
        assert_eq!(faults, ["a.rs:1: a.rs has 401 production lines, the wall is 400"]);
    }

    #[test]
    fn a_function_may_have_as_many_lines_as_the_wall_and_not_one_more() {
        let none = Exemptions::default();
        assert!(faults(&function("short", LONGEST_FUNCTION), &none).is_empty());
        let long = format!("impl A {{\n{}}}", function("long", LONGEST_FUNCTION + 1));
        assert_eq!(faults(&long, &none), ["a.rs:2: a.rs::long has 81 production lines, the wall is 80"]);
    }

    #[test]
    fn tests_may_be_long() {
        let tests = format!("#[cfg(test)]\nmod tests {{\n{}}}", function("long", LONGEST_FILE));
        assert!(faults(&tests, &Exemptions::default()).is_empty());
    }

    #[test]
    fn an_exemption_is_for_one_thing_and_must_be_needed() {
        let long = function("long", LONGEST_FUNCTION + 1);
        let exempted = Exemptions { functions: exempt("a.rs::long"), ..Exemptions::default() };
        assert!(faults(&long, &exempted).is_empty());
        let other = Exemptions { functions: exempt("a.rs::other"), ..Exemptions::default() };
        assert_eq!(faults(&long, &other).len(), 2);
        let idle = Exemptions { files: exempt("a.rs"), ..Exemptions::default() };
        assert_eq!(faults("", &idle), ["xtask/policy.toml: a.rs needs no exemption"]);
    }
}
