//! What callers may say of an answer, and what of it is a bad opinion: [`Opinions::of`].

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// So many categories an application has at most.
pub const MOST_CATEGORIES: usize = 64;

/// What feedback says of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Opinion {
    /// `true`, or what the application's callers say when they are content.
    Good,
    /// `false`, or what they say when they are not.
    Bad,
}

/// What callers of an application may say besides "good" and "bad".
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Opinions {
    /// The numbers they may give; from 0 to 1 when absent, of which those below a half are bad.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rating: Option<Scale>,
    /// The words they may give, and what each means.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub categories: BTreeMap<String, Opinion>,
}

/// A range of numbers, of which more is better: `from <= bad < to`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Scale {
    /// The least that may be given.
    pub from: u32,
    /// The most.
    pub to: u32,
    /// What is bad: this and less.
    pub bad: u32,
}

/// What a caller says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Said<'a> {
    /// Good or not.
    Boolean(bool),
    /// How good.
    Number(f64),
    /// In a word.
    Category(&'a str),
}

/// Why what a caller says is no opinion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotAnOpinion {
    /// The number is not on the application's scale.
    OutOfRange,
    /// The application has no such category.
    UnknownCategory,
}

impl Opinions {
    /// The opinion that is meant.
    ///
    /// # Errors
    /// It is none that callers of the application may have.
    pub fn of(&self, said: Said<'_>) -> Result<Opinion, NotAnOpinion> {
        let opinion = |is_good| if is_good { Opinion::Good } else { Opinion::Bad };
        match (said, self.rating) {
            (Said::Boolean(is_good), _) => Ok(opinion(is_good)),
            (Said::Number(number), None) if (0.0..=1.0).contains(&number) => Ok(opinion(number >= 0.5)),
            (Said::Number(number), Some(scale)) if scale.has(number) => {
                Ok(opinion(number > f64::from(scale.bad)))
            }
            (Said::Number(_), _) => Err(NotAnOpinion::OutOfRange),
            (Said::Category(word), _) => {
                self.categories.get(word).copied().ok_or(NotAnOpinion::UnknownCategory)
            }
        }
    }

    /// Whether nothing is said beyond what every application takes.
    pub fn is_usual(&self) -> bool {
        *self == Self::default()
    }
}

impl Scale {
    fn has(self, number: f64) -> bool {
        (f64::from(self.from)..=f64::from(self.to)).contains(&number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_is_good_bad_or_nothing() {
        let check = |opinions: &Opinions, said, expected| {
            assert_eq!(opinions.of(said), expected, "{said:?} of {opinions:?}");
        };
        let (good, bad) = (Ok(Opinion::Good), Ok(Opinion::Bad));
        let (beyond, unknown) = (Err(NotAnOpinion::OutOfRange), Err(NotAnOpinion::UnknownCategory));
        let usual = Opinions::default();
        check(&usual, Said::Boolean(true), good);
        check(&usual, Said::Number(0.5), good);
        check(&usual, Said::Number(0.49), bad);
        check(&usual, Said::Number(1.01), beyond);
        check(&usual, Said::Number(f64::NAN), beyond);
        check(&usual, Said::Category("wrong"), unknown);
        let stars = Opinions {
            rating: Some(Scale { from: 1, to: 5, bad: 2 }),
            categories: [("wrong".to_owned(), Opinion::Bad), ("helpful".to_owned(), Opinion::Good)].into(),
        };
        check(&stars, Said::Boolean(false), bad);
        check(&stars, Said::Number(1.0), bad);
        check(&stars, Said::Number(2.0), bad);
        check(&stars, Said::Number(2.5), good);
        check(&stars, Said::Number(5.0), good);
        check(&stars, Said::Number(0.0), beyond);
        check(&stars, Said::Number(5.1), beyond);
        check(&stars, Said::Number(f64::INFINITY), beyond);
        check(&stars, Said::Category("wrong"), bad);
        check(&stars, Said::Category("helpful"), good);
        check(&stars, Said::Category("Wrong"), unknown);
    }
}
