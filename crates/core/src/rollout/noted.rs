//! A report that led to nothing, and that perhaps nobody reads: what people are told beside its verdicts is found when somebody
//! does, once. A thousand rollouts are decided over every second, and a few of them are looked at.

use super::report::Report;
use crate::analysis::judge::{Units, tell};
use crate::analysis::measurement::Evidence;
use std::sync::{Arc, OnceLock};

/// A report and the evidence it was made of.
#[derive(Debug)]
pub struct Noted {
    report: Report,
    evidence: Arc<Evidence>,
    units: Units,
    told: OnceLock<Report>,
}

impl Noted {
    /// A report on evidence that was [`decided`](crate::analysis::judge::decided) over.
    pub const fn new(report: Report, evidence: Arc<Evidence>, units: Units) -> Self {
        Self { report, evidence, units, told: OnceLock::new() }
    }

    /// All of it.
    pub fn read(&self) -> &Report {
        self.told.get_or_init(|| {
            let mut told = self.report.clone();
            tell(&mut told.analysis, &self.evidence, self.units);
            told
        })
    }
}
