//! No text names the host of a package registry: where packages come from is set on the machine that builds.
//!
//! Entry point: [`check`]. Lock files are passed over, because tools write them.

use super::tree::Text;
use crate::fault::Fault;

/// Each in two halves, so that this file does not contain what it looks for.
const HOSTS: [(&str, &str); 7] = [
    ("crates", ".io"),
    ("pypi", ".org"),
    ("pythonhosted", ".org"),
    ("npmjs", ".org"),
    ("npmjs", ".com"),
    ("rubygems", ".org"),
    ("proxy.golang", ".org"),
];

const LOCK_FILES: [&str; 3] = ["Cargo.lock", "package-lock.json", "pnpm-lock.yaml"];

/// A fault for each line that names a registry.
pub(super) fn check(texts: &[Text]) -> Vec<Fault> {
    let hosts: Vec<String> = HOSTS.iter().map(|(name, domain)| format!("{name}{domain}")).collect();
    let mut faults = Vec::new();
    for text in texts.iter().filter(|text| !is_lock_file(&text.path)) {
        for (index, line) in text.content.lines().enumerate() {
            let line = line.to_lowercase();
            if let Some(host) = hosts.iter().find(|host| line.contains(host.as_str())) {
                faults.push(Fault::at_line(
                    &text.path,
                    index + 1,
                    format!("names the package registry {host}"),
                ));
            }
        }
    }
    faults
}

fn is_lock_file(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    LOCK_FILES.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(path: &str, content: String) -> usize {
        check(&[Text { path: path.into(), content }]).len()
    }

    #[test]
    fn every_host_is_found_in_any_case_and_on_every_line() {
        for (name, domain) in HOSTS {
            assert_eq!(
                faults("README.md", format!("https://{name}{domain}/x\nfrom {name}{domain}")),
                2,
                "{name}"
            );
            assert_eq!(faults("README.md", format!("{name}{domain}").to_uppercase()), 1, "{name}");
        }
        assert_eq!(faults("README.md", "crates and pypi and npm".into()), 0);
    }

    #[test]
    fn lock_files_are_passed_over_wherever_they_lie() {
        let (name, domain) = HOSTS[0];
        assert_eq!(faults("Cargo.lock", format!("{name}{domain}")), 0);
        assert_eq!(faults("fuzz/Cargo.lock", format!("{name}{domain}")), 0);
        assert_eq!(faults("Cargo.toml", format!("{name}{domain}")), 1);
    }
}
