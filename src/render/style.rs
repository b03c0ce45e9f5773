//! Width and colour of terminal text. The caller finds both; this module only applies them.

use anstyle::{AnsiColor, Color};
use custody_controls::status::{Disposition, RequirementStatus};

const MIN_WIDTH: usize = 40;
const MAX_WIDTH: usize = 120;

/// How much is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Detail {
    /// What a reviewer needs to see first; citations are counted.
    #[default]
    Glance,
    /// Accounts, every judged subject and every citation too.
    Full,
}

/// How terminal text is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Columns of the terminal; what is used lies between 40 and 120.
    pub width: usize,
    /// Whether colours are wanted.
    pub colour: bool,
    /// How much is said.
    pub detail: Detail,
}

impl Style {
    /// The columns that are used.
    #[must_use]
    pub fn columns(&self) -> usize {
        self.width.clamp(MIN_WIDTH, MAX_WIDTH)
    }

    /// `text` in `tone`, where colours are wanted. `text` is escaped before.
    pub(crate) fn paint(&self, tone: Tone, text: &str) -> String {
        let look = tone.look();
        if !self.colour || text.is_empty() || look == anstyle::Style::new() {
            return text.to_owned();
        }
        format!("{}{text}{}", look.render(), look.render_reset())
    }
}

/// What a piece of text is, as far as its look goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    Plain,
    Heading,
    Quiet,
    Warning,
    Posture(Disposition),
    Status(RequirementStatus),
}

impl Tone {
    const fn look(self) -> anstyle::Style {
        let plain = anstyle::Style::new();
        match self {
            Self::Plain => plain,
            Self::Heading => plain.bold(),
            Self::Quiet => plain.dimmed(),
            Self::Warning => coloured(AnsiColor::Yellow).bold(),
            Self::Posture(disposition) => match disposition {
                Disposition::Approve => coloured(AnsiColor::Green).bold(),
                Disposition::Remediate => coloured(AnsiColor::Yellow).bold(),
                Disposition::Escalate => coloured(AnsiColor::Magenta).bold(),
            },
            Self::Status(status) => match status {
                RequirementStatus::Satisfied => coloured(AnsiColor::Green),
                RequirementStatus::ExceptionBacked => coloured(AnsiColor::Cyan),
                RequirementStatus::Partial | RequirementStatus::Stale => {
                    coloured(AnsiColor::Yellow)
                }
                RequirementStatus::Missing => coloured(AnsiColor::Red),
            },
        }
    }
}

const fn coloured(colour: AnsiColor) -> anstyle::Style {
    anstyle::Style::new().fg_color(Some(Color::Ansi(colour)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colour_is_applied_only_where_wanted() {
        let style = |colour| Style {
            width: 80,
            colour,
            detail: Detail::Glance,
        };
        let tone = Tone::Posture(Disposition::Approve);
        assert_eq!(style(false).paint(tone, "approve"), "approve");
        assert_eq!(
            style(true).paint(tone, "approve"),
            "\u{1b}[1m\u{1b}[32mapprove\u{1b}[0m"
        );
        assert_eq!(style(true).paint(Tone::Plain, "approve"), "approve");
    }

    #[test]
    fn width_is_kept_readable() {
        for (width, expected) in [(0, 40), (40, 40), (80, 80), (500, 120)] {
            let style = Style {
                width,
                colour: false,
                detail: Detail::Glance,
            };
            assert_eq!(style.columns(), expected);
        }
    }
}
