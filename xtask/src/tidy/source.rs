//! A Rust file as its rules see it: without comments, with its test code cut out.
//!
//! Entry point: [`parse`]. It knows tokens, not the language: enough to find names and braces, and it never has to
//! follow the grammar.

use std::collections::BTreeSet;

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

use super::tree::Text;
use crate::fault::Fault;

/// One Rust file. `production` is empty for a file that only tests use.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) path: String,
    pub(super) text: String,
    pub(super) production: TokenStream,
    /// Lines of the file that are not test code, comments and blank lines included.
    pub(super) production_lines: usize,
}

/// What is left of a file when its tests are cut out.
#[derive(Default)]
struct Cut {
    lines: usize,
    /// Modules declared for tests only, whose files are test code as a whole.
    modules: Vec<String>,
}

/// The Rust files among `texts`, and a fault for each that is not Rust.
pub(super) fn parse(texts: &[Text]) -> (Vec<Source>, Vec<Fault>) {
    let mut sources = Vec::new();
    let mut faults = Vec::new();
    let mut test_modules = BTreeSet::new();
    for text in texts.iter().filter(|text| text.path.ends_with(".rs")) {
        let Ok(tokens) = text.content.parse::<TokenStream>() else {
            faults.push(Fault::new(&text.path, "is not Rust: brackets or quotes do not match"));
            continue;
        };
        let mut cut = Cut::default();
        let production = without_tests(tokens, &mut cut);
        let home = children_of(&text.path);
        test_modules.extend(cut.modules.iter().map(|module| format!("{home}/{module}")));
        let production_lines = text.content.lines().count().saturating_sub(cut.lines);
        sources.push(Source {
            path: text.path.clone(),
            text: text.content.clone(),
            production,
            production_lines,
        });
    }
    for source in &mut sources {
        if is_test(&source.path, &test_modules) {
            source.production = TokenStream::new();
            source.production_lines = 0;
        }
    }
    (sources, faults)
}

impl Source {
    /// The only file of a small example.
    #[cfg(test)]
    pub(super) fn example(path: &str, content: &str) -> Self {
        let (mut sources, faults) = parse(&[Text { path: path.into(), content: content.into() }]);
        assert_eq!(faults, []);
        sources.remove(0)
    }
}

/// Test code by its place, or because its parent declares it so.
fn is_test(path: &str, test_modules: &BTreeSet<String>) -> bool {
    let by_place = path.split('/').any(|part| matches!(part, "tests" | "tests.rs" | "benches" | "examples"));
    let declared =
        |module: &String| path == format!("{module}.rs") || path.starts_with(&format!("{module}/"));
    by_place || test_modules.iter().any(declared)
}

/// The directory in which the modules that a file declares have their files.
fn children_of(path: &str) -> &str {
    let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
    match name {
        "lib.rs" | "main.rs" | "mod.rs" => directory,
        _ => path.trim_end_matches(".rs"),
    }
}

/// Drops each `#[cfg(test)]` with the item behind it, at every depth.
fn without_tests(tokens: TokenStream, cut: &mut Cut) -> TokenStream {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut kept = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        if is_test_attribute(&tokens[at..]) {
            let end = end_of_item(&tokens, at);
            cut.item(&tokens[at..=end]);
            at = end + 1;
            continue;
        }
        kept.push(match &tokens[at] {
            TokenTree::Group(group) => TokenTree::Group(group_without_tests(group, cut)),
            other => other.clone(),
        });
        at += 1;
    }
    kept.into_iter().collect()
}

fn group_without_tests(group: &Group, cut: &mut Cut) -> Group {
    let mut kept = Group::new(group.delimiter(), without_tests(group.stream(), cut));
    kept.set_span(group.span());
    kept
}

/// Written with spaces by the printer of tokens, whatever the author wrote.
fn is_test_attribute(tokens: &[TokenTree]) -> bool {
    let [TokenTree::Punct(hash), TokenTree::Group(group), ..] = tokens else { return false };
    let condition = group.stream().to_string().replace(' ', "");
    hash.as_char() == '#' && (condition == "cfg(test)" || condition.starts_with("cfg(all(test,"))
}

/// An item ends at its semicolon or with its braces, or where the tokens end.
fn end_of_item(tokens: &[TokenTree], start: usize) -> usize {
    let ends = |token: &TokenTree| match token {
        TokenTree::Punct(punct) => punct.as_char() == ';',
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        _ => false,
    };
    let length = tokens[start..].iter().position(ends);
    length.map_or(tokens.len() - 1, |length| start + length)
}

impl Cut {
    fn item(&mut self, tokens: &[TokenTree]) {
        if let (Some(first), Some(last)) = (tokens.first(), tokens.last()) {
            self.lines += last.span().end().line + 1 - first.span().start().line;
        }
        for pair in tokens.windows(3) {
            if let [TokenTree::Ident(keyword), TokenTree::Ident(name), TokenTree::Punct(end)] = pair
                && keyword == "mod"
                && end.as_char() == ';'
            {
                self.modules.push(name.to_string());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(path: &str, content: &str) -> Text {
        Text { path: path.into(), content: content.into() }
    }

    #[test]
    fn tests_are_cut_out_at_every_depth() {
        let source = Source::example(
            "a.rs",
            "fn a() {}\nimpl A {\n    #[cfg(test)]\n    fn b() {}\n}\n\n#[cfg(test)]\nmod tests {\n    fn c() {}\n}\n",
        );
        assert_eq!(source.production.to_string().replace(' ', ""), "fna(){}implA{}");
        assert_eq!(source.production_lines, 4);
    }

    #[test]
    fn a_file_that_only_tests_declare_has_no_production_code() {
        let texts = [
            text("src/lib.rs", "#[cfg(test)]\nmod oracle;\nmod rule;\n"),
            text("src/oracle.rs", "fn read() {}"),
            text("src/oracle/numbers.rs", "fn read() {}"),
            text("src/rule.rs", "fn rule() {}"),
            text("src/rule/tests.rs", "fn test() {}"),
            text("tests/story.rs", "fn test() {}"),
        ];
        let (sources, faults) = parse(&texts);
        assert_eq!(faults, []);
        let production = |source: &&Source| source.production_lines > 0;
        let paths: Vec<&str> = sources.iter().filter(production).map(|source| source.path.as_str()).collect();
        assert_eq!(paths, ["src/lib.rs", "src/rule.rs"]);
    }

    #[test]
    fn what_is_not_rust_is_a_fault() {
        let (sources, faults) = parse(&[text("a.rs", "fn a( {}"), text("b.md", "fn a( {}")]);
        assert!(sources.is_empty());
        assert_eq!(faults.len(), 1);
    }
}
