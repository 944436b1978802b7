//! The rules of the house that the compiler does not know: direction, cycles, purity, headers, lengths, names, words.
//!
//! Entry point: [`tidy`]. Each rule is a module with a `check` that takes what it needs as values and returns faults;
//! reading files and asking cargo happens here and in `tree`.

mod arrows;
mod cycles;
mod decisions;
mod headers;
mod length;
mod names;
mod paths;
mod purity;
mod source;
mod tree;
mod words;

use anyhow::Result;

use crate::fault;
use crate::policy::Policy;
use crate::project;

/// Examines the whole project and fails when a rule is broken.
pub(crate) fn tidy() -> Result<()> {
    let policy = Policy::load()?;
    let members: Vec<arrows::Member> =
        project::metadata()?.packages.iter().map(arrows::Member::from).collect();
    let tree = tree::read(project::root())?;
    let (sources, mut faults) = source::parse(&tree.texts);
    faults.extend(arrows::check(&members, &policy.rooms));
    faults.extend(cycles::check(&sources));
    faults.extend(purity::check(&sources));
    faults.extend(headers::check(&sources));
    faults.extend(length::check(&sources, &policy.exemptions));
    faults.extend(names::check(&tree.paths));
    faults.extend(decisions::check(&tree.paths));
    faults.extend(words::check(&tree.texts));
    fault::report("tidy", faults)
}
