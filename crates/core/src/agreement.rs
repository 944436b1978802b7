//! How far two answers to one request agree, whichever is better: [`exact`] compares texts, [`semantic`] what an embedding model
//! makes of them. JSON is compared where it is read.

/// How far two answers agree, in hundredths: 0 is not at all, 100 is wholly. Hundredths, so that pairs can be counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Agreement(u8);

impl Agreement {
    /// Not at all.
    pub const NONE: Self = Self(0);
    /// Wholly.
    pub const WHOLE: Self = Self(100);
    /// All but wholly.
    pub const NEARLY: Self = Self(99);

    /// A part between 0 and 1, to the nearest hundredth; beyond is taken to the end, and what is no number to none.
    pub fn of(part: f64) -> Self {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 100")]
        Self((part.clamp(0.0, 1.0) * 100.0).round() as u8)
    }

    /// The hundredths that are missing.
    pub const fn missing(self) -> u8 {
        Self::WHOLE.0 - self.0
    }

    /// As a part between 0 and 1.
    pub fn part(self) -> f64 {
        f64::from(self.0) / 100.0
    }
}

/// Whether two texts are the same but for how much white space is where.
pub fn exact(baseline: &str, candidate: &str) -> Agreement {
    if baseline.split_whitespace().eq(candidate.split_whitespace()) {
        Agreement::WHOLE
    } else {
        Agreement::NONE
    }
}

/// The cosine of the angle between two embeddings, none where they point apart.
///
/// Nothing when they cannot be compared: of different lengths, of no length, or not finite.
pub fn semantic(baseline: &[f32], candidate: &[f32]) -> Option<Agreement> {
    if baseline.len() != candidate.len() {
        return None;
    }
    let dot =
        |a: &[f32], b: &[f32]| -> f64 { a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum() };
    let cosine = dot(baseline, candidate) / (dot(baseline, baseline) * dot(candidate, candidate)).sqrt();
    cosine.is_finite().then(|| Agreement::of(cosine))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_agree_when_their_words_do() {
        let check = |baseline, candidate, expected| {
            assert_eq!(exact(baseline, candidate), expected, "{baseline:?} and {candidate:?}");
        };
        check("Berlin", "Berlin\n", Agreement::WHOLE);
        check("a b", "a\n  b", Agreement::WHOLE);
        check("", " ", Agreement::WHOLE);
        check("Berlin", "berlin", Agreement::NONE);
        check("ab", "a b", Agreement::NONE);
    }

    #[test]
    fn embeddings_agree_by_their_direction() {
        let check = |baseline: &[f32], candidate: &[f32], expected: Option<f64>| {
            assert_eq!(
                semantic(baseline, candidate),
                expected.map(Agreement::of),
                "{baseline:?} and {candidate:?}"
            );
        };
        check(&[1.0, 0.0], &[3.0, 0.0], Some(1.0));
        check(&[1.0, 0.0], &[1.0, 1.0], Some(0.71));
        check(&[1.0, 0.0], &[0.0, 2.0], Some(0.0));
        check(&[1.0, 0.0], &[-1.0, 0.0], Some(0.0));
        check(&[1.0, 0.0], &[1.0], None);
        check(&[], &[], None);
        check(&[0.0], &[1.0], None);
        check(&[f32::NAN], &[1.0], None);
        check(&[f32::INFINITY], &[f32::INFINITY], None);
    }
}
