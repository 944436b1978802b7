//! A report that is too long to be taken at once, in parts. Entry point: [`texts`].

use serde_json::Error;
use viridian_wire::tally::TallyReport;

/// A report as texts of at most so many bytes, each a report of its own. A single row that is longer is left as it is.
pub(super) fn texts(report: TallyReport, most: usize) -> Result<Vec<Vec<u8>>, Error> {
    let (mut whole, mut texts) = (vec![report], Vec::new());
    while let Some(report) = whole.pop() {
        let text = serde_json::to_vec(&report)?;
        if text.len() > most && rows(&report) > 1 {
            let (first, second) = halves(report);
            whole.extend([second, first]);
        } else {
            texts.push(text);
        }
    }
    Ok(texts)
}

const fn rows(report: &TallyReport) -> usize {
    report.tallies.len() + report.groups.len() + report.feedback.len()
}

/// Both say how the gateway fares and which guards have acted: the controller believes the last word.
fn halves(mut report: TallyReport) -> (TallyReport, TallyReport) {
    let half = |length: usize| length.div_ceil(2);
    let mut second = TallyReport {
        origin: report.origin.clone(),
        tallies: report.tallies.split_off(half(report.tallies.len())),
        groups: Vec::new(),
        feedback: Vec::new(),
        trips: report.trips.clone(),
        vitals: report.vitals.clone(),
    };
    // Rounded the other way: of three single rows, one goes along.
    second.groups = report.groups.split_off(report.groups.len() / 2);
    second.feedback = report.feedback.split_off(report.feedback.len() / 2);
    (report, second)
}

#[cfg(test)]
mod tests {
    use super::*;
    use viridian_core::analysis::row::{Origin, TallyRow};
    use viridian_core::analysis::tally::Tally;
    use viridian_core::arm::Arm;
    use viridian_core::id::{ApplicationName, BootId, EpochId, NodeName};
    use viridian_core::time::Timestamp;

    fn row(number: u64) -> TallyRow {
        TallyRow {
            application: ApplicationName::parse("chat").unwrap(),
            epoch: EpochId(1),
            slot: Timestamp(number),
            arm: Arm::Baseline,
            tally: Tally::default(),
        }
    }

    fn report(rows: u64) -> TallyReport {
        TallyReport {
            origin: Origin { node: NodeName::parse("gw").unwrap(), boot: BootId(1) },
            tallies: (0..rows).map(row).collect(),
            groups: vec![],
            feedback: vec![],
            trips: vec![],
            vitals: None,
        }
    }

    #[test]
    fn a_long_report_is_told_in_parts_that_are_short_enough() {
        let whole = serde_json::to_vec(&report(100)).unwrap().len();
        for most in [whole, whole - 1, whole / 7, 1] {
            let texts = texts(report(100), most).unwrap();
            let parts: Vec<TallyReport> =
                texts.iter().map(|text| serde_json::from_slice(text).unwrap()).collect();
            let slots: Vec<u64> = parts.iter().flat_map(|part| &part.tallies).map(|row| row.slot.0).collect();
            assert_eq!(slots, (0..100).collect::<Vec<_>>(), "each row once, {most}");
            assert!(parts.iter().all(|part| part.origin == report(0).origin));
            let is_short = |(text, part): (&Vec<u8>, &TallyReport)| text.len() <= most || rows(part) == 1;
            assert!(texts.iter().zip(&parts).all(is_short), "{most}");
        }
        assert_eq!(texts(report(100), whole).unwrap().len(), 1);
        assert_eq!(texts(report(0), 1).unwrap().len(), 1, "a sign of life is told however long it is");
    }
}
