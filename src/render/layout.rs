//! Wraps text and lays out tables for a terminal, counting columns as the terminal does.
//!
//! Everything that enters is escaped here, so nothing that a source wrote reaches the terminal as it is.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::escape::{escape_control, paragraphs};
use super::style::{Style, Tone};

const GAP: usize = 2;
const MIN_FLEXIBLE: usize = 14;
const FURTHER: usize = 4;

/// Text of a terminal, built line by line.
#[derive(Debug)]
pub(crate) struct Canvas<'s> {
    pub(crate) style: &'s Style,
    out: String,
}

impl<'s> Canvas<'s> {
    pub(crate) const fn new(style: &'s Style) -> Self {
        Self {
            style,
            out: String::new(),
        }
    }

    /// All lines, the last one ended too.
    pub(crate) fn finish(self) -> String {
        self.out
    }

    /// An empty line, unless it would be the first or a second one.
    pub(crate) fn blank(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with("\n\n") {
            self.out.push('\n');
        }
    }

    /// A section's heading after an empty line.
    pub(crate) fn heading(&mut self, text: &str) {
        self.blank();
        self.para(0, Tone::Heading, text);
    }

    /// Wrapped text, indented.
    pub(crate) fn para(&mut self, indent: usize, tone: Tone, text: &str) {
        self.hanging(&" ".repeat(indent), Tone::Plain, tone, text);
    }

    /// Prose that somebody else wrote, with a bar before every line: it cannot pass for ours.
    pub(crate) fn quoted(&mut self, indent: usize, text: &str) {
        let bar = format!("{}│ ", " ".repeat(indent));
        let width = self.style.columns().saturating_sub(bar.width()).max(1);
        for paragraph in paragraphs(text) {
            for line in wrap(&paragraph, width) {
                self.out.push_str(&self.style.paint(Tone::Quiet, &bar));
                self.out.push_str(&line);
                self.out.push('\n');
            }
        }
    }

    /// Wrapped text behind a label that is padded to `width`.
    pub(crate) fn field(&mut self, label: &str, width: usize, tone: Tone, text: &str) {
        self.hanging(&format!("{label:<width$}"), Tone::Quiet, tone, text);
    }

    /// A command to type, never wrapped: it is to be copied.
    pub(crate) fn command(&mut self, text: &str) {
        self.out.push_str("  ");
        self.out.push_str(&escape_control(text));
        self.out.push('\n');
    }

    /// Text that is to be copied in one go, as a URL or a digest: never wrapped.
    pub(crate) fn whole(&mut self, label: &str, width: usize, text: &str) {
        let label = format!("{label:<width$}");
        self.out.push_str(&self.style.paint(Tone::Quiet, &label));
        self.out.push_str(&escape_control(text));
        self.out.push('\n');
    }

    /// Differently toned pieces in one paragraph, wrapped at their spaces; further lines stand further in.
    pub(crate) fn pieces(&mut self, indent: usize, pieces: &[(Tone, &str)]) {
        let further = indent + FURTHER;
        let mut used = indent;
        self.out.push_str(&" ".repeat(indent));
        for (tone, text) in pieces {
            let text = escape_control(text);
            let mut run = String::new();
            for word in text.split_inclusive(' ') {
                if used + word.trim_end().width() > self.style.columns() && used > further {
                    self.out.push_str(&self.style.paint(*tone, run.trim_end()));
                    run.clear();
                    self.out.push('\n');
                    self.out.push_str(&" ".repeat(further));
                    used = further;
                }
                run.push_str(word);
                used += word.width();
            }
            self.out.push_str(&self.style.paint(*tone, &run));
        }
        self.out.push('\n');
    }

    /// A table whose last column takes what is left; stacked where that is too little.
    pub(crate) fn table(&mut self, headings: &[&str], rows: &[Vec<Cell>]) {
        let widths = widths(headings, rows);
        let fixed: usize = widths
            .iter()
            .rev()
            .skip(1)
            .map(|width| width + GAP)
            .sum::<usize>();
        let left = self.style.columns().saturating_sub(fixed);
        let last = widths.last().copied().unwrap_or_default();
        if left < MIN_FLEXIBLE.min(last) || fixed > self.style.columns() + GAP {
            return self.stacked(headings, rows);
        }
        let headings: Vec<Cell> = headings
            .iter()
            .map(|text| Cell::new(Tone::Quiet, text))
            .collect();
        for row in std::iter::once(&headings).chain(rows) {
            self.row(row, &widths, left);
        }
    }

    fn row(&mut self, cells: &[Cell], widths: &[usize], left: usize) {
        let mut indent = 0;
        for (index, (cell, width)) in cells.iter().zip(widths).enumerate() {
            if index + 1 == cells.len() {
                for (number, line) in wrap(&cell.text, left).iter().enumerate() {
                    if number > 0 {
                        self.out.push('\n');
                        self.out.push_str(&" ".repeat(indent));
                    }
                    self.out.push_str(&self.style.paint(cell.tone, line));
                }
            } else {
                self.out.push_str(&self.style.paint(cell.tone, &cell.text));
                let padding = width + GAP - cell.text.width().min(*width);
                self.out.push_str(&" ".repeat(padding));
                indent += width + GAP;
            }
        }
        self.out.truncate(self.out.trim_end_matches(' ').len());
        self.out.push('\n');
    }

    fn stacked(&mut self, headings: &[&str], rows: &[Vec<Cell>]) {
        let label = headings.iter().map(|heading| heading.width()).max();
        for row in rows {
            for (heading, cell) in headings.iter().zip(row) {
                self.field(
                    heading,
                    label.unwrap_or_default() + 1,
                    cell.tone,
                    &cell.text,
                );
            }
            self.blank();
        }
    }

    fn hanging(&mut self, label: &str, label_tone: Tone, tone: Tone, text: &str) {
        let indent = label.width();
        let width = self.style.columns().saturating_sub(indent).max(1);
        let lines = wrap(&escape_control(text), width);
        for (number, line) in lines.iter().enumerate() {
            if number == 0 {
                self.out.push_str(&self.style.paint(label_tone, label));
            } else {
                self.out.push_str(&" ".repeat(indent));
            }
            self.out.push_str(&self.style.paint(tone, line));
            self.out.push('\n');
        }
    }
}

/// A table's cell.
#[derive(Debug)]
pub(crate) struct Cell {
    tone: Tone,
    // INVARIANT: escaped, so one line.
    text: String,
}

impl Cell {
    pub(crate) fn new(tone: Tone, text: &str) -> Self {
        Self {
            tone,
            text: escape_control(text).into_owned(),
        }
    }
}

fn widths(headings: &[&str], rows: &[Vec<Cell>]) -> Vec<usize> {
    headings
        .iter()
        .enumerate()
        .map(|(column, heading)| {
            rows.iter()
                .filter_map(|row| row.get(column))
                .map(|cell| cell.text.width())
                .chain([heading.width()])
                .max()
                .unwrap_or_default()
        })
        .collect()
}

/// Breaks `text` at spaces into lines of at most `width` columns; a longer word is broken where it must.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() && line.width() + 1 + word.width() > width {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        for letter in word.chars() {
            if line.width() + letter.width().unwrap_or_default() > width && !line.is_empty() {
                lines.push(std::mem::take(&mut line));
            }
            line.push(letter);
        }
    }
    lines.push(line);
    lines
}

#[cfg(test)]
#[path = "layout_tests.rs"]
mod tests;
