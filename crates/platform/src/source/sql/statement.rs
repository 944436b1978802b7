//! What is sent for a question: [`Statement::of`].

use viridian_core::question::{Piece, Question, pieces};

/// The longest row, in characters of its JSON: a number, a moment and a unit are far shorter.
pub(super) const LONGEST_ROW: usize = 4_096;

/// A query, and what its parameters `$1`, `$2` and so on are.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Statement {
    pub(super) text: String,
    pub(super) parameters: Vec<String>,
}

impl Statement {
    /// The rows of the question as JSON: two at most, to tell one from more, and of each a character more than may be.
    ///
    /// Placeholders become parameters, one for each name however often it stands there, so that no name can be a part of
    /// the language. As a part of another query the question can neither write nor be several.
    pub(super) fn of(question: &Question) -> Self {
        let mut asked = String::with_capacity(question.query.len());
        let mut parameters: Vec<String> = Vec::new();
        for piece in pieces(&question.query) {
            match piece {
                Piece::Text(part) => asked.push_str(part),
                Piece::Placeholder(placeholder) => {
                    let name = question.name(placeholder).unwrap_or_default();
                    let at = parameters.iter().position(|known| known == name).unwrap_or_else(|| {
                        parameters.push(name.to_owned());
                        parameters.len() - 1
                    });
                    asked.push_str(&format!("${}", at + 1));
                }
            }
        }
        let asked = asked.trim_end().trim_end_matches(';');
        let cut = LONGEST_ROW + 1;
        // The line break ends a comment with which the question may end.
        let text =
            format!("SELECT left(row_to_json(asked)::text, {cut}) FROM (\n{asked}\n) AS asked LIMIT 2");
        Self { text, parameters }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn check(query: &str, asked: &str, parameters: &[&str]) {
        let names = ["parcels-v2", "green", "parcels", "friday"].map(str::to_owned);
        let question = Question { query: query.to_owned(), unit: None, names, oldest: Duration::ZERO };
        let text = format!("SELECT left(row_to_json(asked)::text, 4097) FROM (\n{asked}\n) AS asked LIMIT 2");
        let parameters = parameters.iter().map(|name| (*name).to_owned()).collect();
        assert_eq!(Statement::of(&question), Statement { text, parameters });
    }

    #[test]
    fn placeholders_become_parameters() {
        check("select 1", "select 1", &[]);
        check("select 1 ;\n", "select 1 ", &[]);
        check(
            "select avg(c) from o where r = {{release}} and e = {{environment}} or r2 = {{release}}",
            "select avg(c) from o where r = $1 and e = $2 or r2 = $1",
            &["parcels-v2", "green"],
        );
    }
}
