//! Scores: numbers on a scale, of which more is better, that callers or a judge give answers; guards compare their means.
//! Entry point: [`Definition::of`], for what a piece of feedback says.
//!
//! As a declared metric is, a score is known by its name and by what it means: a digest of its scale and of who gives it.
//! What another version of a judge says, or the same on another scale, is another score, wherever it is counted and however
//! late it arrives: the two are never pooled, and both arms are held to the same judge.
//!
//! A sample of answers that are to be judged is a draw like any other: [`Bucket::of`](crate::routing::bucket::Bucket::of) their
//! ids, under a salt that is not that of the arms, takes as large a part of either arm.

use crate::own_name::OwnName;
use serde::{Deserialize, Serialize};
use std::fmt;

/// So many scores an application declares at most.
pub const MOST_SCORES: usize = 8;
/// The longest name of a judge, in bytes.
pub const LONGEST_JUDGE: usize = 128;
/// Levels of a scale below its top: hundredths.
pub const LEVELS: u8 = 100;
/// What stands before the name where a score is stored.
const PREFIX: &str = "score/";

/// A score, wherever it is counted, guarded or told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Score {
    meaning: u64,
    name: OwnName,
    from: u32,
    to: u32,
}

/// What an application declares.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Definition {
    /// The score.
    pub score: Score,
    /// Who gives it, with the version; whoever likes to when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub judge: Option<String>,
}

/// How far below the top of its scale an answer was scored, in hundredths of the scale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Level(u8);

/// One score of one answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Given {
    /// Which score.
    pub score: Score,
    /// How far below the top.
    pub level: Level,
}

/// Why what is said is no score.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotAScore {
    /// The application declares none of this name.
    Unknown,
    /// It does, and has it from another judge.
    OtherJudge,
    /// The number is not on its scale, or is none.
    OutOfRange,
}

/// A text that is not a score, or a number that is no level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotStored;

impl Score {
    /// A score by its name, the digest of what it means, and its scale; nothing for a name that is empty, too long, or not of
    /// ASCII letters, digits and dashes, and for a scale without two ends.
    pub fn new(name: &str, meaning: u64, from: u32, to: u32) -> Option<Self> {
        Some(Self { meaning, name: OwnName::new(name)?, from, to }).filter(|_| from < to)
    }

    /// The name people gave it.
    pub fn name(&self) -> &str {
        self.name.as_str()
    }

    /// The least that may be given.
    pub const fn from(self) -> u32 {
        self.from
    }

    /// The most.
    pub const fn to(self) -> u32 {
        self.to
    }

    /// The points of the whole scale.
    pub fn width(self) -> f64 {
        f64::from(self.to - self.from)
    }

    /// The level of a number, to the nearest hundredth of the scale; nothing for one that is not on the scale.
    pub fn level(self, number: f64) -> Option<Level> {
        let is_on_scale = (f64::from(self.from)..=f64::from(self.to)).contains(&number);
        let below = (f64::from(self.to) - number) / self.width() * f64::from(LEVELS);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 100")]
        let level = is_on_scale.then(|| Level(below.round() as u8));
        level
    }

    /// The number that lies so many hundredths of the scale below the top.
    pub fn below_top(self, hundredths: f64) -> f64 {
        f64::from(self.to) - hundredths / f64::from(LEVELS) * self.width()
    }

    /// The same of a mean, if there is one.
    pub fn mean(self, hundredths: Option<f64>) -> Option<f64> {
        hundredths.map(|hundredths| self.below_top(hundredths))
    }
}

impl Definition {
    /// The score that is meant by a name, a judge and a number. What the application means now comes first in
    /// `definitions`; what a rollout under way began with may follow.
    ///
    /// # Errors
    /// It is none that answers of the application are given.
    pub fn of(
        definitions: &[Self],
        (name, judge): (&str, Option<&str>),
        number: Option<f64>,
    ) -> Result<Given, NotAScore> {
        let mut named = definitions.iter().filter(|definition| definition.score.name() == name).peekable();
        named.peek().ok_or(NotAScore::Unknown)?;
        let definition = named.find(|definition| definition.judge.as_deref() == judge);
        let score = definition.ok_or(NotAScore::OtherJudge)?.score;
        let level = number.and_then(|number| score.level(number)).ok_or(NotAScore::OutOfRange)?;
        Ok(Given { score, level })
    }
}

impl Level {
    /// The hundredths.
    pub const fn hundredths(self) -> u8 {
        self.0
    }
}

impl TryFrom<u8> for Level {
    type Error = NotStored;

    fn try_from(hundredths: u8) -> Result<Self, NotStored> {
        if hundredths <= LEVELS { Ok(Self(hundredths)) } else { Err(NotStored) }
    }
}

impl From<Level> for u8 {
    fn from(level: Level) -> Self {
        level.0
    }
}

/// As it is stored: `score/<name>/<meaning>/<from>-<to>`. People are told its name.
impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{}/{:016x}/{}-{}", self.name(), self.meaning, self.from, self.to)
    }
}

impl From<Score> for String {
    fn from(score: Score) -> Self {
        score.to_string()
    }
}

impl TryFrom<String> for Score {
    type Error = NotStored;

    fn try_from(text: String) -> Result<Self, NotStored> {
        text.parse()
    }
}

impl std::str::FromStr for Score {
    type Err = NotStored;

    fn from_str(text: &str) -> Result<Self, NotStored> {
        let mut parts = text.strip_prefix(PREFIX).ok_or(NotStored)?.split('/');
        let (name, meaning) = parts.next().zip(parts.next()).ok_or(NotStored)?;
        let (from, to) = parts.next().and_then(|scale| scale.split_once('-')).ok_or(NotStored)?;
        let meaning = u64::from_str_radix(meaning, 16).map_err(|_| NotStored)?;
        let end = |number: &str| number.parse::<u32>().map_err(|_| NotStored);
        match parts.next() {
            None => Self::new(name, meaning, end(from)?, end(to)?).ok_or(NotStored),
            Some(_) => Err(NotStored),
        }
    }
}

impl fmt::Display for NotStored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no score")
    }
}

impl std::error::Error for NotStored {}

#[cfg(test)]
mod tests {
    use super::*;

    fn defined(name: &str, (from, to): (u32, u32), judge: Option<&str>) -> Definition {
        let meaning = u64::from(from) << 32 | u64::from(to) << 8 | judge.map_or(0, str::len) as u64;
        let score = Score::new(name, meaning, from, to).unwrap();
        Definition { score, judge: judge.map(str::to_owned) }
    }

    #[test]
    fn what_is_said_is_a_score_or_refused() {
        let now = [
            defined("helpful", (1, 5), None),
            defined("faithful", (0, 1), Some("judge-2")),
            // A rollout began with this one.
            defined("faithful", (0, 1), Some("judge-1")),
        ];
        let check = |said, number, expected: Result<(usize, u8), NotAScore>| {
            let expected =
                expected.map(|(place, level)| Given { score: now[place].score, level: Level(level) });
            assert_eq!(Definition::of(&now, said, number), expected, "{said:?}: {number:?}");
        };
        check(("helpful", None), Some(5.0), Ok((0, 0)));
        check(("helpful", None), Some(4.2), Ok((0, 20)));
        check(("helpful", None), Some(1.0), Ok((0, 100)));
        check(("helpful", None), Some(0.99), Err(NotAScore::OutOfRange));
        check(("helpful", None), Some(5.01), Err(NotAScore::OutOfRange));
        check(("helpful", None), Some(f64::NAN), Err(NotAScore::OutOfRange));
        check(("helpful", None), Some(f64::INFINITY), Err(NotAScore::OutOfRange));
        check(("helpful", None), None, Err(NotAScore::OutOfRange));
        check(("helpful", Some("judge-2")), Some(4.0), Err(NotAScore::OtherJudge));
        check(("faithful", Some("judge-2")), Some(0.955), Ok((1, 5)));
        check(("faithful", Some("judge-1")), Some(0.25), Ok((2, 75)));
        check(("faithful", Some("judge-3")), Some(0.25), Err(NotAScore::OtherJudge));
        check(("faithful", None), Some(0.25), Err(NotAScore::OtherJudge));
        check(("Helpful", None), Some(4.0), Err(NotAScore::Unknown));
    }

    #[test]
    fn a_score_is_read_as_it_was_written() {
        let score = Score::new("helpful", 7, 1, 5).unwrap();
        assert_eq!(score.to_string(), "score/helpful/0000000000000007/1-5");
        assert_eq!(score.to_string().parse(), Ok(score));
        for text in ["helpful", "score/helpful", "score/helpful/7", "score/helpful/7/5-1", "score/h/7/1-5/x"]
        {
            assert_eq!(text.parse::<Score>(), Err(NotStored), "{text}");
        }
        assert!(serde_json::from_str::<Level>("101").is_err());
    }
}
