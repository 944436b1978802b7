//! Reading one statement word by word: names, numbers, shares, durations. A reader that does not find what it needs
//! says what it expected.

use crate::id::NotAName;
use crate::weight::Weight;
use std::time::Duration;

/// The words of a statement that were not read yet.
pub(crate) struct Words<'a> {
    rest: std::iter::Peekable<std::str::SplitWhitespace<'a>>,
}

impl<'a> Words<'a> {
    /// The words of a text. A comma after a word is only punctuation.
    pub(crate) fn of(text: &'a str) -> Self {
        Self { rest: text.split_whitespace().peekable() }
    }

    pub(crate) fn next(&mut self) -> Option<&'a str> {
        self.rest.next().map(|word| word.trim_end_matches(','))
    }

    /// The next word; `what` says what it should be when there is none.
    pub(crate) fn word(&mut self, what: &str) -> Result<&'a str, String> {
        self.next().ok_or_else(|| format!("{what} is missing at the end"))
    }

    /// Reads the next word if it is this one.
    pub(crate) fn skip(&mut self, word: &str) -> bool {
        self.rest.next_if(|next| next.trim_end_matches(',') == word).is_some()
    }

    pub(crate) fn expect(&mut self, word: &str) -> Result<(), String> {
        match self.next() {
            Some(next) if next == word => Ok(()),
            Some(next) => Err(format!("expected '{word}', found '{next}'")),
            None => Err(format!("'{word}' is missing at the end")),
        }
    }

    pub(crate) fn expect_all(&mut self, words: &[&str]) -> Result<(), String> {
        words.iter().try_for_each(|word| self.expect(word))
    }

    pub(crate) fn end(&mut self) -> Result<(), String> {
        self.next().map_or(Ok(()), |next| Err(format!("'{next}' is one word too many")))
    }

    /// Whether everything was read.
    pub(crate) fn is_over(&mut self) -> bool {
        self.rest.peek().is_none()
    }

    /// A whole number.
    pub(crate) fn number(&mut self) -> Result<usize, String> {
        let word = self.word("a whole number")?;
        word.parse().map_err(|_| format!("'{word}' is not a whole number"))
    }

    /// A number such as `0.5`.
    pub(crate) fn decimal(&mut self) -> Result<f64, String> {
        let word = self.word("a number")?;
        word.parse().map_err(|_| format!("'{word}' is not a number"))
    }

    /// A share such as `0.5%`, as a fraction.
    pub(crate) fn share(&mut self) -> Result<f64, String> {
        let word = self.word("a share such as 5%")?;
        let percent = word.strip_suffix('%').and_then(|digits| digits.parse::<f64>().ok());
        match percent {
            Some(percent) if (0.0..=100.0).contains(&percent) => Ok(percent / 100.0),
            _ => Err(format!("'{word}' is not a share from 0% to 100%")),
        }
    }

    /// A share in whole basis points.
    pub(crate) fn weight(&mut self) -> Result<Weight, String> {
        let share = self.share()?;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share from 0 to 1")]
        let basis_points = (share * 10_000.0).round() as u16;
        Weight::from_basis_points(basis_points).map_err(|error| error.to_string())
    }

    /// A duration such as `800ms`, `30s`, `10m` or `2h`.
    pub(crate) fn duration(&mut self) -> Result<Duration, String> {
        let word = self.word("a duration such as 10m")?;
        duration(word).ok_or_else(|| format!("'{word}' is not a duration such as 800ms, 30s, 10m or 2h"))
    }

    /// A rate such as `20/s`, per second.
    pub(crate) fn rate(&mut self) -> Result<f64, String> {
        let word = self.word("a rate such as 20/s")?;
        let rate = word.split_once('/').and_then(|(count, unit)| {
            let seconds = match unit {
                "s" => 1.0,
                "min" => 60.0,
                "h" => 3_600.0,
                _ => return None,
            };
            count.parse::<f64>().ok().filter(|count| *count >= 0.0).map(|count| count / seconds)
        });
        rate.ok_or_else(|| format!("'{word}' is not a rate such as 20/s, 30/min or 5/h"))
    }
}

fn duration(word: &str) -> Option<Duration> {
    let digits = word.find(|sign: char| !sign.is_ascii_digit())?;
    let count: u64 = word.get(..digits)?.parse().ok()?;
    let millis = match word.get(digits..)? {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return None,
    };
    count.checked_mul(millis).map(Duration::from_millis)
}

/// The parts of a list, between commas that are not quoted.
pub(crate) fn clauses(list: &str) -> Vec<&str> {
    let mut quoted = false;
    list.split(move |sign| {
        quoted ^= sign == '"';
        sign == ',' && !quoted
    })
    .map(str::trim)
    .collect()
}

/// A name, as a type of its own.
pub(crate) fn name<N: TryFrom<String, Error = NotAName>>(text: &str) -> Result<N, String> {
    N::try_from(text.to_owned()).map_err(|fault| fault.to_string())
}
