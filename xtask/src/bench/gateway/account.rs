//! What the kernel accounts to a process and its children. Entry point: [`Account::of`].

use std::fs;

use anyhow::{Context, Result};

/// How much time one tick of `/proc/<pid>/stat` is, in microseconds: the kernel's interface counts 100 a second on every
/// machine.
const TICK_US: f64 = 10_000.0;

/// What the kernel accounts to a process and its children.
#[derive(Debug, Clone, Copy)]
pub(super) struct Account {
    ticks: f64,
    /// Resident memory, in megabytes of 1024 kilobytes each.
    pub(super) rss_mb: f64,
}

impl Account {
    /// The account of a process and its children as it stands.
    pub(super) fn of(pid: u32) -> Result<Self> {
        let mut account = Self { ticks: ticks(pid)?, rss_mb: rss_mb(pid)? };
        let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"))
            .with_context(|| format!("read the children of process {pid}"))?;
        for child in children.split_whitespace() {
            let child = Self::of(child.parse().context("read the number of a process")?)?;
            account.ticks += child.ticks;
            account.rss_mb += child.rss_mb;
        }
        Ok(account)
    }

    /// The processor time since an earlier account, in microseconds.
    pub(super) fn cpu_us_since(&self, before: &Self) -> f64 {
        (self.ticks - before.ticks) * TICK_US
    }
}

/// Time in user and in kernel mode.
fn ticks(pid: u32) -> Result<f64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))
        .with_context(|| format!("read the account of process {pid}"))?;
    parse_ticks(&stat).with_context(|| format!("understand the account of process {pid}"))
}

/// The 14th and 15th field; the second is a name in brackets that may hold anything.
fn parse_ticks(stat: &str) -> Option<f64> {
    let (_, behind_name) = stat.rsplit_once(')')?;
    let mut fields = behind_name.split_whitespace().skip(11);
    let user: f64 = fields.next()?.parse().ok()?;
    let system: f64 = fields.next()?.parse().ok()?;
    Some(user + system)
}

fn rss_mb(pid: u32) -> Result<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))
        .with_context(|| format!("read the memory of process {pid}"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    Ok(kilobytes.with_context(|| format!("understand the memory of process {pid}"))? / 1024.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_may_hold_anything() {
        let stat = "42 (a) b (c) S 1 42 42 0 -1 4194304 100 0 0 0 77 23 0 0 20 0 1 0 100";
        assert_eq!(parse_ticks(stat), Some(100.0));
        assert_eq!(parse_ticks("42"), None);
    }
}
