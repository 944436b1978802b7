//! `docs/interop.md`: a table with one row per peer. Entry point: [`write()`].
//!
//! Rows are replaced as a whole, by the peer's name, and stay in its order; the text around them is left alone.

use std::fmt;
use std::fs;

use anyhow::{Context, Result};

use crate::project;

const PAGE: &str = "docs/interop.md";
/// The line that closes the head of the table.
const RULE: &str = "|---|---|---|---|---|";

/// What a run against a peer came to.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) peer: &'static str,
    pub(super) versions: String,
    pub(super) date: String,
    pub(super) what: &'static str,
    pub(super) result: String,
}

impl Row {
    /// What the rows of this peer begin with.
    fn key(&self) -> String {
        format!("| `{}` |", self.peer)
    }
}

impl fmt::Display for Row {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { versions, date, what, result, .. } = self;
        write!(formatter, "{} {versions} | {date} | {what} | {result} |", self.key())
    }
}

/// Puts the row of a peer in the place of its former one.
pub(super) fn write(row: &Row) -> Result<()> {
    let path = project::root().join(PAGE);
    let page = fs::read_to_string(&path).with_context(|| format!("read {PAGE}"))?;
    let page = with_row(&page, row).with_context(|| format!("{PAGE} has no table with the line {RULE}"))?;
    fs::write(&path, page).with_context(|| format!("write {PAGE}"))
}

/// The page with this row instead of the peer's former one; nothing when the page has no table.
fn with_row(page: &str, row: &Row) -> Option<String> {
    let (head, rest) = page.split_once(RULE)?;
    let is_row = |line: &&str| line.starts_with('|');
    let rest = rest.strip_prefix('\n').unwrap_or(rest);
    let former = rest.lines().take_while(is_row).filter(|line| !line.starts_with(&row.key()));
    let mut rows: Vec<String> = former.map(str::to_owned).chain([row.to_string()]).collect();
    rows.sort();
    let below: Vec<&str> = rest.lines().skip_while(is_row).collect();
    let lines = [vec![RULE], rows.iter().map(String::as_str).collect(), below].concat();
    Some(format!("{head}{}\n", lines.join("\n")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_takes_the_place_of_its_peers_former_one() {
        let row = |peer, result: &str| Row {
            peer,
            versions: "1.0".to_owned(),
            date: "2026-01-02".to_owned(),
            what: "talked",
            result: result.to_owned(),
        };
        let page = format!("# Page\n\n| a | b |\n{RULE}\n\nBelow.\n");
        let page = with_row(&page, &row("nginx", "good")).unwrap();
        let page = with_row(&page, &row("mlserver", "good")).unwrap();
        let page = with_row(&page, &row("nginx", "better")).unwrap();
        let rows = "| `mlserver` | 1.0 | 2026-01-02 | talked | good |\n| `nginx` | 1.0 | 2026-01-02 | talked | better |";
        assert_eq!(page, format!("# Page\n\n| a | b |\n{RULE}\n{rows}\n\nBelow.\n"));
        assert_eq!(with_row("no table", &row("nginx", "good")), None);
    }
}
