//! What we depend on: licences, bans, oldest versions, and a sentence of defence for each direct dependency.
//!
//! Entry point: [`check`], over what is really built on any platform. Known weaknesses are looked up by people where
//! the database of advisories can be reached; `docs/dependencies.md` says how.

mod built;
mod defences;
mod licences;

use std::collections::BTreeMap;

use anyhow::Result;

use self::built::Built;
use crate::fault::{self, Fault};
use crate::policy::{Minimum, Policy};

/// Examines every dependency and fails when one breaks a decision of `policy.toml`.
pub(crate) fn check() -> Result<()> {
    let policy = Policy::load()?;
    let built = built::read()?;
    let mut faults = licences::check(&built, &policy.licences.allowed);
    faults.extend(strangers(&built));
    faults.extend(bans(&built, &policy.bans));
    faults.extend(minimums(&built, &policy.minimums));
    faults.extend(defences::check()?);
    fault::report("dependencies", faults)
}

/// Packages from anywhere but the default registry have no fixed content.
fn strangers(built: &[Built]) -> Vec<Fault> {
    let strangers = built.iter().filter(|package| !package.is_from_registry);
    strangers
        .map(|package| Fault::new(package.to_string(), "does not come from the package registry"))
        .collect()
}

fn bans(built: &[Built], bans: &BTreeMap<String, String>) -> Vec<Fault> {
    let reason = |package: &Built| bans.get(&package.name).map(|reason| format!("is banned. {reason}"));
    built.iter().filter_map(|package| Some(Fault::new(package.to_string(), reason(package)?))).collect()
}

fn minimums(built: &[Built], minimums: &BTreeMap<String, Minimum>) -> Vec<Fault> {
    let mut faults = Vec::new();
    for package in built {
        if let Some(minimum) = minimums.get(&package.name)
            && package.version < minimum.version
        {
            let message = format!("must be at least {}. {}", minimum.version, minimum.reason);
            faults.push(Fault::new(package.to_string(), message));
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ban_names_its_reason() {
        let banned = BTreeMap::from([("ring".to_owned(), "One library is enough.".to_owned())]);
        let faults = bans(&[Built::example("ring", "0.17.0"), Built::example("serde", "1.0.0")], &banned);
        assert_eq!(faults, [Fault::new("ring 0.17.0", "is banned. One library is enough.")]);
    }

    #[test]
    fn every_version_that_is_built_must_be_new_enough() {
        let minimum = Minimum { version: "1.11.0".parse().unwrap(), reason: "Timers.".to_owned() };
        let minimums_of_hyper = BTreeMap::from([("hyper".to_owned(), minimum)]);
        let check = |version: &str| minimums(&[Built::example("hyper", version)], &minimums_of_hyper).len();
        assert_eq!(check("1.11.0"), 0);
        assert_eq!(check("1.12.3"), 0);
        assert_eq!(check("1.9.9"), 1);
        assert_eq!(check("0.14.30"), 1);
    }

    #[test]
    fn a_package_from_elsewhere_is_a_fault() {
        let forked = Built { is_from_registry: false, ..Built::example("hyper", "1.12.0") };
        assert_eq!(strangers(&[forked, Built::example("serde", "1.0.0")]).len(), 1);
    }
}
