//! Text in columns, without lines around it.

use comfy_table::{ContentArrangement, Table, presets};

/// How far columns stand apart.
const GAP: u16 = 3;

/// Rows under a heading, in columns.
pub(super) fn columns<const N: usize>(heading: [&str; N], rows: Vec<[String; N]>) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(heading.map(str::to_uppercase));
    for row in rows {
        table.add_row(row);
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, GAP));
    }
    lines(&table.to_string())
}

/// Names and values, one pair per line.
pub(super) fn pairs<const N: usize>(pairs: [(&str, String); N]) -> String {
    let told: Vec<_> = pairs.into_iter().filter(|(_, value)| !value.is_empty()).collect();
    let width = told.iter().map(|(name, _)| name.len()).max().unwrap_or(0) + usize::from(GAP);
    let mut text = String::new();
    for (name, value) in told {
        text.push_str(&format!("{name:width$}{value}\n"));
    }
    text
}

/// The lines of a text without space at their ends.
fn lines(text: &str) -> String {
    let mut trimmed = String::new();
    for line in text.lines() {
        trimmed.push_str(line.trim_end());
        trimmed.push('\n');
    }
    trimmed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_they_must_be() {
        let rows = vec![["a".to_owned(), "bb".to_owned()], ["ccc".to_owned(), String::new()]];
        assert_eq!(columns(["x", "y"], rows), "X     Y\na     bb\nccc\n");
    }

    #[test]
    fn pairs_without_a_value_are_left_out() {
        let text = pairs([
            ("name", "a".to_owned()),
            ("longer than the others", String::new()),
            ("unit", "user".to_owned()),
        ]);
        assert_eq!(text, "name   a\nunit   user\n");
    }
}
