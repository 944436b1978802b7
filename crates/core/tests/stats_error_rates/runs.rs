//! Simulated runs, and whether as many of them went wrong as chance explains.

/// The error every test here is held to.
pub(crate) const ALPHA: f64 = 0.05;
/// How many runs without `VIRIDIAN_SIMULATION_RUNS`.
const RUNS: u64 = 300;
/// A test that is right fails once in so many.
const CHANCE: f64 = 1e-5;

/// SplitMix64.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) const fn seeded(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x5851_f42d))
    }

    /// Dice that will fall as these will.
    pub(crate) const fn copy(&self) -> Self {
        Self(self.0)
    }

    pub(crate) fn hits(&mut self, probability: f64) -> bool {
        self.uniform() < probability
    }

    /// Between 0, included, and 1.
    pub(crate) fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    pub(crate) fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }
}

fn runs() -> u64 {
    std::env::var("VIRIDIAN_SIMULATION_RUNS").map_or(RUNS, |runs| runs.parse().unwrap())
}

/// The chance of so many or more of `runs`, when each is wrong with probability `alpha`.
fn chance_of(wrong: u64, runs: u64, alpha: f64) -> f64 {
    let mut exactly = (1.0 - alpha).powf(runs as f64);
    let mut fewer = 0.0;
    for k in 0..wrong {
        fewer += exactly;
        exactly *= (runs - k) as f64 / (k + 1) as f64 * alpha / (1.0 - alpha);
    }
    1.0 - fewer
}

/// Runs under the null, each until the evidence reaches `1/ALPHA` or it is over.
pub(crate) fn check(what: &str, ever_wrong: impl Fn(&mut Dice) -> bool) {
    check_at(ALPHA, what, ever_wrong);
}

/// The same for tests held to another error.
pub(crate) fn check_at(alpha: f64, what: &str, ever_wrong: impl Fn(&mut Dice) -> bool) {
    let runs = runs();
    let wrong = (1..=runs).filter(|run| ever_wrong(&mut Dice(run * 0x5851_f42d))).count() as u64;
    println!("{what}: wrong in {wrong} of {runs} runs, {alpha} allowed");
    assert!(chance_of(wrong, runs, alpha) > CHANCE, "{what}: wrong in {wrong} of {runs} runs");
}

/// How many runs of what is looked at once, for each run of what is looked at always: they are short.
const SHORT: u64 = 10;

/// Runs under the null of what is looked at once: about as many are wrong as the test says, a third more or less and what chance
/// explains of that.
pub(crate) fn check_near(what: &str, alpha: f64, is_wrong: impl Fn(&mut Dice) -> bool) {
    let runs = SHORT * runs();
    let wrong = (1..=runs).filter(|run| is_wrong(&mut Dice(run * 0x2545_f491))).count() as u64;
    println!("{what}: wrong in {wrong} of {runs} runs, {alpha} said");
    assert!(chance_of(wrong, runs, 4.0 / 3.0 * alpha) > CHANCE, "{what}: wrong in {wrong} of {runs} runs");
    assert!(
        1.0 - chance_of(wrong + 1, runs, alpha / 1.5) > CHANCE,
        "{what}: wrong in {wrong} of {runs} runs"
    );
}

pub(crate) fn is_reached(log_e: f64) -> bool {
    log_e >= -ALPHA.ln()
}

/// Runs in which there is something to find; each gives after how much it was found, if it was. At least nine of ten have
/// to find it, half of them after at most `median`.
pub(crate) fn check_finds(what: &str, median: u64, found_after: impl Fn(&mut Dice) -> Option<u64>) {
    let runs = runs();
    let mut found: Vec<u64> =
        (1..=runs).filter_map(|run| found_after(&mut Dice(run * 0x1234_567f))).collect();
    found.sort_unstable();
    let middle = found.get(runs as usize / 2).copied();
    println!("{what}: found in {} of {runs} runs, half of all after {middle:?}", found.len());
    assert!(found.len() as u64 * 10 >= runs * 9, "{what}: found in {} of {runs}", found.len());
    assert!(middle.is_some_and(|middle| middle <= median), "{what}: found after {middle:?}");
}
