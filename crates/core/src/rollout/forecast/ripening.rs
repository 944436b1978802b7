//! What callers say counts once its request is old enough: which requests of a rollout count by a moment, which do not yet,
//! and how many of the newest were not needed. Ages are told in requests.

use super::Stretch;
use crate::weight::Weight;

/// What is left of stretches without the newest so many requests.
pub(super) fn without_newest(stretches: &[Stretch], requests: f64) -> Vec<Stretch> {
    let newest = newest(stretches, requests);
    let left = |(all, new): (&Stretch, &Stretch)| Stretch { requests: all.requests - new.requests, ..*all };
    stretches.iter().zip(&newest).map(left).collect()
}

/// The newest so many requests of stretches, or all there are.
pub(super) fn newest(stretches: &[Stretch], mut requests: f64) -> Vec<Stretch> {
    let mut newest = stretches.to_vec();
    for stretch in newest.iter_mut().rev() {
        stretch.requests = stretch.requests.min(requests);
        requests -= stretch.requests;
    }
    newest
}

/// How many of the newest requests were not needed where all together brought so many parts too many, when so many requests
/// under one share alone bring one.
pub(super) fn spared(stretches: &[Stretch], mut parts: f64, need: impl Fn(Weight) -> f64) -> f64 {
    let mut requests = 0.0;
    for stretch in stretches.iter().rev() {
        let brings = if stretch.weight.compares() { stretch.requests / need(stretch.weight) } else { 0.0 };
        if brings > parts {
            return requests + stretch.requests * parts / brings;
        }
        parts -= brings;
        requests += stretch.requests;
    }
    requests
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Stretches of so many requests at a share in per cent.
    fn stretches(of: &[(f64, u16)]) -> Vec<Stretch> {
        let stretch = |&(requests, percent): &(f64, u16)| Stretch {
            requests,
            weight: Weight::from_basis_points(percent * 100).unwrap(),
        };
        of.iter().map(stretch).collect()
    }

    fn requests(stretches: &[Stretch]) -> Vec<f64> {
        stretches.iter().map(|stretch| stretch.requests).collect()
    }

    #[test]
    fn the_newest_are_taken_from_the_end() {
        let check = |taken: f64, new: [f64; 3], old: [f64; 3]| {
            let all = stretches(&[(100.0, 5), (50.0, 0), (10.0, 50)]);
            assert_eq!(requests(&newest(&all, taken)), new, "{taken}");
            assert_eq!(requests(&without_newest(&all, taken)), old, "{taken}");
        };
        check(0.0, [0.0, 0.0, 0.0], [100.0, 50.0, 10.0]);
        check(4.0, [0.0, 0.0, 4.0], [100.0, 50.0, 6.0]);
        check(60.0, [0.0, 50.0, 10.0], [100.0, 0.0, 0.0]);
        check(70.0, [10.0, 50.0, 10.0], [90.0, 0.0, 0.0]);
        check(1_000.0, [100.0, 50.0, 10.0], [0.0, 0.0, 0.0]);
    }

    #[test]
    fn what_brings_nothing_is_spared_with_what_came_after_it() {
        let check = |parts: f64, of: &[(f64, u16)], expected: f64| {
            // Ten requests bring a part.
            assert_eq!(spared(&stretches(of), parts, |_| 10.0), expected, "{parts} of {of:?}");
        };
        check(0.0, &[(100.0, 50)], 0.0);
        check(2.5, &[(100.0, 50)], 25.0);
        check(0.0, &[(100.0, 50), (70.0, 0)], 70.0);
        check(1.0, &[(100.0, 50), (70.0, 0), (10.0, 5)], 80.0);
        check(1.5, &[(100.0, 50), (70.0, 0), (10.0, 5)], 85.0);
        check(20.0, &[(100.0, 50)], 100.0);
        check(0.0, &[], 0.0);
    }
}
