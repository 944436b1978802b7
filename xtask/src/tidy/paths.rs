//! The names that a piece of code mentions, as paths: `crate::routing::{Table, decide}` gives two.
//!
//! Entry points: [`named`] for all of them, [`imported`] for those of `use` items. What a path means is left to the rules.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// A path of at least one name, and the line of its first name in its own group, counted from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NamedPath {
    pub(super) names: Vec<String>,
    pub(super) line: usize,
}

/// Every path in `tokens`, in reading order. Keywords are names here; comments and literals are not.
pub(super) fn named(tokens: &TokenStream) -> Vec<NamedPath> {
    let mut found = Vec::new();
    collect(tokens, &[], &mut found);
    found
}

/// The paths of the `use` items that stand directly in a module.
pub(super) fn imported(tokens: &TokenStream) -> Vec<NamedPath> {
    let mut found = Vec::new();
    let mut items = tokens.clone().into_iter();
    while let Some(token) = items.next() {
        if matches!(&token, TokenTree::Ident(keyword) if keyword == "use") {
            let is_end = |token: &TokenTree| matches!(token, TokenTree::Punct(mark) if mark.as_char() == ';');
            let item: TokenStream = items.by_ref().take_while(|token| !is_end(token)).collect();
            collect(&item, &[], &mut found);
        }
    }
    found
}

/// `prefix` is what stands before the braces of a `use`.
fn collect(tokens: &TokenStream, prefix: &[String], found: &mut Vec<NamedPath>) {
    let tokens: Vec<TokenTree> = tokens.clone().into_iter().collect();
    let mut at = 0;
    while at < tokens.len() {
        match &tokens[at] {
            TokenTree::Group(group) => {
                collect(&group.stream(), &[], found);
                at += 1;
            }
            // Behind `as` stands a new name, not a mentioned one.
            TokenTree::Ident(keyword) if keyword == "as" && !prefix.is_empty() => at += 2,
            TokenTree::Ident(first) => {
                let line = first.span().start().line;
                let (mut names, next) = follow(&tokens, at);
                names.splice(0..0, prefix.iter().cloned());
                at = next;
                match tokens.get(at) {
                    Some(TokenTree::Group(group)) if is_use_list(&tokens, at) => {
                        collect(&group.stream(), &names, found);
                        at += 1;
                    }
                    _ => found.push(NamedPath { names, line }),
                }
            }
            _ => at += 1,
        }
    }
}

/// The names that are joined by `::` from `at` on, and the place behind the last of them and its `::`.
fn follow(tokens: &[TokenTree], mut at: usize) -> (Vec<String>, usize) {
    let mut names = Vec::new();
    while let Some(TokenTree::Ident(name)) = tokens.get(at) {
        names.push(name.to_string());
        at += 1;
        if !is_joint(tokens, at) {
            break;
        }
        at += 2;
    }
    (names, at)
}

/// `::` is two marks to the lexer.
fn is_joint(tokens: &[TokenTree], at: usize) -> bool {
    let is_colon =
        |token: Option<&TokenTree>| matches!(token, Some(TokenTree::Punct(mark)) if mark.as_char() == ':');
    is_colon(tokens.get(at)) && is_colon(tokens.get(at + 1))
}

/// Braces behind `::` occur nowhere but in a `use`.
fn is_use_list(tokens: &[TokenTree], at: usize) -> bool {
    let braces = matches!(&tokens[at], TokenTree::Group(group) if group.delimiter() == Delimiter::Brace);
    braces && at >= 2 && is_joint(tokens, at - 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(code: &str, expected: &[&str]) {
        let found: Vec<String> =
            named(&code.parse().unwrap()).iter().map(|path| path.names.join("::")).collect();
        assert_eq!(found, expected, "{code}");
    }

    #[test]
    fn paths_are_found_wherever_they_stand() {
        check("a::b(c)", &["a::b", "c"]);
        check("x: Vec<a::B>", &["x", "Vec", "a::B"]);
        check("a::b::<c::D>()", &["a::b", "c::D"]);
        check("format!(\"{}\", a::b)", &["format", "a::b"]);
        check("// a::b\nc", &["c"]);
        check("\"a::b\"", &[]);
    }

    #[test]
    fn the_lists_of_a_use_are_unfolded() {
        check("use a::{b, c::{d, e as f}, self};", &["use", "a::b", "a::c::d", "a::c::e", "a::self"]);
        check("use a::*;", &["use", "a"]);
        check("use a::{b::*, c};", &["use", "a::b", "a::c"]);
    }

    #[test]
    fn only_use_items_import() {
        let code = "pub use a::{B, c::D};\nfn e() { f::g(); }\nuse h::I;";
        let found: Vec<String> =
            imported(&code.parse().unwrap()).iter().map(|path| path.names.join("::")).collect();
        assert_eq!(found, ["a::B", "a::c::D", "h::I"]);
    }

    #[test]
    fn a_block_behind_a_name_is_no_list() {
        check("if a::b { c }", &["if", "a::b", "c"]);
        check("a::B { c: d }", &["a::B", "c", "d"]);
    }

    #[test]
    fn lines_count_from_one() {
        assert_eq!(named(&"\na::b".parse().unwrap())[0].line, 2);
    }
}
