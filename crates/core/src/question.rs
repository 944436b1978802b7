//! What a source is asked: a text in which placeholders stand for names of the candidate. Entry points: [`pieces`], and
//! [`Question::filled_in`] for sources whose questions are text.

use std::time::Duration;

/// What may stand in a question for a name of the candidate.
pub const PLACEHOLDERS: [&str; 4] = ["release", "environment", "application", "rollout"];

/// A question about one candidate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// What is asked, with its placeholders.
    pub query: String,
    /// The unit the number has to be in, where the source says one.
    pub unit: Option<String>,
    /// What each of [`PLACEHOLDERS`] stands for, in their order.
    pub names: [String; 4],
    /// How old the number may be, for sources that only know how far to look back.
    pub oldest: Duration,
}

/// A part of a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece<'a> {
    /// As it stands.
    Text(&'a str),
    /// What stood between two pairs of braces.
    Placeholder(&'a str),
}

/// The pieces of a question, in order. Braces that do not close make a placeholder of the rest.
pub fn pieces(query: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut parts = query.split("{{");
    let first = parts.next().map(Piece::Text);
    let others = parts.flat_map(|part| {
        let (placeholder, text) = part.split_once("}}").unwrap_or((part, ""));
        [Piece::Placeholder(placeholder), Piece::Text(text)]
    });
    first.into_iter().chain(others).filter(|piece| *piece != Piece::Text(""))
}

impl Question {
    /// What a placeholder stands for.
    pub fn name(&self, placeholder: &str) -> Option<&str> {
        let at = PLACEHOLDERS.iter().position(|known| *known == placeholder)?;
        Some(&self.names[at])
    }

    /// The question with the names in place of what stands for them. What stands for nothing stays as it is.
    pub fn filled_in(&self) -> String {
        let mut text = String::with_capacity(self.query.len());
        for piece in pieces(&self.query) {
            match piece {
                Piece::Text(part) => text.push_str(part),
                Piece::Placeholder(placeholder) => match self.name(placeholder) {
                    Some(name) => text.push_str(name),
                    None => text.extend(["{{", placeholder, "}}"]),
                },
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(query: &str, expected: &str) {
        let names = ["parcels-v2", "green", "parcels", "friday"].map(str::to_owned);
        let question =
            Question { query: query.to_owned(), unit: None, names, oldest: Duration::from_secs(90) };
        assert_eq!(question.filled_in(), expected);
    }

    #[test]
    fn names_take_the_place_of_what_stands_for_them() {
        check("up", "up");
        check("", "");
        check("up{release=\"{{release}}\"}", "up{release=\"parcels-v2\"}");
        check("{{application}}/{{environment}}{{rollout}}/{{application}}", "parcels/greenfriday/parcels");
        check("{{elsewhere}} {{release}}", "{{elsewhere}} parcels-v2");
    }
}
