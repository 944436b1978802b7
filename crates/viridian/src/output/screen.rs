//! A part of the terminal that is drawn again and again; one line per change where there is no terminal.

use std::io::{self, IsTerminal, Write};

/// Clears from the cursor to the end of the screen.
const CLEAR: &str = "\x1b[J";
/// Cuts lines that are wider than the terminal, so that a line stays one line.
const CUT: &str = "\x1b[?7l";
/// Lets lines run on again.
const RUN_ON: &str = "\x1b[?7h";

/// What is shown to people who watch.
#[derive(Debug)]
pub struct Screen {
    redraws: bool,
    /// What is shown now.
    shown: String,
    /// The last line that was printed where nothing can be redrawn.
    line: String,
}

impl Screen {
    /// The standard output: redrawn on a terminal, line by line elsewhere.
    pub fn new() -> Self {
        Self::redrawing(io::stdout().is_terminal())
    }

    /// A screen that is redrawn, or one that only gets longer.
    pub const fn redrawing(redraws: bool) -> Self {
        Self { redraws, shown: String::new(), line: String::new() }
    }

    /// Shows `drawing` in place of what was shown before, or prints `line` when it is another than the last.
    pub fn show(&mut self, drawing: &str, line: &str) -> io::Result<()> {
        let mut out = io::stdout().lock();
        if self.redraws {
            out.write_all(self.redraw(drawing).as_bytes())?;
        } else if is_news(&self.line, line) {
            writeln!(out, "{line}")?;
            line.clone_into(&mut self.line);
        }
        out.flush()
    }

    fn redraw(&mut self, drawing: &str) -> String {
        let drawing = drawing.trim_end();
        let height = self.shown.lines().count();
        drawing.clone_into(&mut self.shown);
        // `F` moves the cursor to the beginning of the line so many lines up.
        let back = if height == 0 { String::new() } else { format!("\x1b[{height}F{CLEAR}") };
        format!("{CUT}{back}{drawing}{RUN_ON}\n")
    }
}

impl Default for Screen {
    fn default() -> Self {
        Self::new()
    }
}

/// Whether a line says something new: counts that rise while a rollout waits are none, or a log would fill with them.
pub fn is_news(last: &str, line: &str) -> bool {
    const WAITS: &str = "waits for: ";
    let without_counts = |text: &str| text.replace(|character: char| character.is_ascii_digit(), "");
    match (last.split_once(WAITS), line.split_once(WAITS)) {
        (Some((before, last)), Some((now, line))) => {
            before != now || without_counts(last) != without_counts(line)
        }
        _ => last != line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_that_rise_are_no_news() {
        let check = |last, line, news| assert_eq!(is_news(last, line), news, "{line}");
        check("", "a  step 1/5  waits for: 3 of 9 outcomes", true);
        check("a  step 1/5  waits for: 3 of 9 outcomes", "a  step 1/5  waits for: 4 of 9 outcomes", false);
        check("a  step 1/5  waits for: 3 of 9 outcomes", "a  step 2/5  waits for: 3 of 9 outcomes", true);
        check("a  step 1/5  waits for: 3 of 9 outcomes", "a  step 1/5  waits for: time", true);
        check("a  Promoted", "a  Promoted", false);
    }

    #[test]
    fn a_drawing_takes_the_place_of_the_last() {
        let mut screen = Screen::redrawing(true);
        assert_eq!(screen.redraw("a\nb\n"), format!("{CUT}a\nb{RUN_ON}\n"));
        assert_eq!(screen.redraw("c"), format!("{CUT}\x1b[2F{CLEAR}c{RUN_ON}\n"));
        assert_eq!(screen.redraw("d"), format!("{CUT}\x1b[1F{CLEAR}d{RUN_ON}\n"));
    }
}
