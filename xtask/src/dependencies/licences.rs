//! Every package may be used under some combination of the allowed licences.
//!
//! Entry point: [`check`]. It understands SPDX expressions as they occur: `AND`, `OR`, `WITH`, parentheses, and the old
//! `/` for `OR`. What a licence demands is left to people.

use super::built::Built;
use crate::fault::Fault;

/// A fault for each package whose licence is missing, unreadable or not allowed.
pub(super) fn check(built: &[Built], allowed: &[String]) -> Vec<Fault> {
    let mut faults = Vec::new();
    for package in built {
        let message = match package.licence.as_deref().map(|licence| (licence, is_allowed(licence, allowed)))
        {
            Some((_, Some(true))) => continue,
            Some((licence, Some(false))) => format!("is licensed under {licence}, which is not allowed"),
            Some((licence, None)) => format!("has a licence that is no SPDX expression: {licence}"),
            None => "has no licence".to_owned(),
        };
        faults.push(Fault::new(package.to_string(), message));
    }
    faults
}

/// Whether the allowed licences fulfil the expression; nothing when it is none.
fn is_allowed(expression: &str, allowed: &[String]) -> Option<bool> {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let mut reader = Reader { words: spaced.split_whitespace().collect(), at: 0, allowed };
    let answer = reader.either()?;
    (reader.at == reader.words.len()).then_some(answer)
}

/// Reads an expression word by word and knows the answer of what it has read. `AND` binds tighter than `OR`.
struct Reader<'a> {
    words: Vec<&'a str>,
    at: usize,
    allowed: &'a [String],
}

impl Reader<'_> {
    fn either(&mut self) -> Option<bool> {
        let mut answer = self.both()?;
        while self.skip("OR") {
            answer |= self.both()?;
        }
        Some(answer)
    }

    fn both(&mut self) -> Option<bool> {
        let mut answer = self.one()?;
        while self.skip("AND") {
            answer &= self.one()?;
        }
        Some(answer)
    }

    fn one(&mut self) -> Option<bool> {
        if self.skip("(") {
            let answer = self.either()?;
            return self.skip(")").then_some(answer);
        }
        let mut licence = self.next()?.to_owned();
        if self.skip("WITH") {
            licence = format!("{licence} WITH {}", self.next()?);
        }
        Some(self.allowed.contains(&licence))
    }

    fn skip(&mut self, word: &str) -> bool {
        let found = self.words.get(self.at) == Some(&word);
        self.at += usize::from(found);
        found
    }

    /// The next identifier.
    fn next(&mut self) -> Option<&str> {
        let word = *self.words.get(self.at)?;
        self.at += 1;
        (!matches!(word, "AND" | "OR" | "WITH" | "(" | ")")).then_some(word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_fulfilled_by_allowed_licences() {
        let allowed = ["MIT", "ISC", "Apache-2.0 WITH LLVM-exception"].map(str::to_owned);
        let check = |expression: &str, expected| {
            assert_eq!(is_allowed(expression, &allowed), expected, "{expression}");
        };
        check("MIT", Some(true));
        check("GPL-3.0", Some(false));
        check("GPL-3.0 OR MIT", Some(true));
        check("GPL-3.0/MIT", Some(true));
        check("GPL-3.0 AND MIT", Some(false));
        check("ISC AND (GPL-3.0 OR MIT)", Some(true));
        check("(ISC OR MIT) AND GPL-3.0", Some(false));
        check("MIT OR ISC AND GPL-3.0", Some(true));
        check("Apache-2.0 WITH LLVM-exception", Some(true));
        check("Apache-2.0", Some(false));
        check("MIT WITH LLVM-exception", Some(false));
    }

    #[test]
    fn what_is_no_expression_is_not_guessed_at() {
        let check =
            |expression: &str| assert_eq!(is_allowed(expression, &["MIT".to_owned()]), None, "{expression}");
        check("");
        check("MIT OR");
        check("OR MIT");
        check("(MIT");
        check("MIT)");
        check("MIT MIT");
        check("MIT WITH");
    }

    #[test]
    fn every_kind_of_fault_is_told() {
        let package = |licence: Option<&str>| Built {
            licence: licence.map(str::to_owned),
            ..Built::example("a", "1.0.0")
        };
        let packages = [Some("MIT"), Some("GPL-3.0"), Some("see file ("), None].map(package);
        assert_eq!(check(&packages, &["MIT".to_owned()]).len(), 3);
    }
}
